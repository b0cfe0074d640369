//! A browser without a screen: follows redirects, keeps cookies, fills in forms.

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, Url};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

/// A cookie, as far as the pages of the tests need it.
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
}

/// Somebody at a browser, and the page they see.
pub(crate) struct Agent {
    http: Client,
    cookies: Vec<Cookie>,
    url: Url,
    status: u16,
    body: String,
}

impl Agent {
    pub(crate) fn new() -> Self {
        // Everything is plain http here, but the client wants to know; a second time changes nothing.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let url = Url::parse("about:blank").unwrap();
        Self { http, cookies: Vec::new(), url, status: 0, body: String::new() }
    }

    pub(crate) async fn open(&mut self, url: &str) {
        self.go(Method::GET, Url::parse(url).unwrap(), Vec::new()).await;
    }

    /// Fills in and sends the form with this button.
    pub(crate) async fn submit(&mut self, button: &str, fields: &[(&str, &str)]) {
        let (url, form) = self.form(button, fields);
        self.go(Method::POST, url, form).await;
    }

    /// Follows the link with these words.
    pub(crate) async fn follow(&mut self, words: &str) {
        let target = {
            let page = Html::parse_document(&self.body);
            let links = Selector::parse("a[href]").unwrap();
            let says = |link: &ElementRef<'_>| link.text().collect::<String>().trim() == words;
            let link = page.select(&links).find(says);
            let link = link.unwrap_or_else(|| panic!("there is no link “{words}” at {}", self.shown()));
            self.url.join(link.attr("href").unwrap()).unwrap()
        };
        self.go(Method::GET, target, Vec::new()).await;
    }

    fn form(&self, button: &str, fields: &[(&str, &str)]) -> (Url, Vec<(String, String)>) {
        let page = Html::parse_document(&self.body);
        let buttons = Selector::parse("button").unwrap();
        let forms = Selector::parse("form").unwrap();
        let inputs = Selector::parse("input[name]").unwrap();
        let words = |element: ElementRef<'_>| element.text().collect::<String>().trim().to_owned();
        let pressed = page.select(&buttons).find(|element| words(*element) == button);
        let pressed = pressed.unwrap_or_else(|| panic!("there is no button “{button}” at {}", self.shown()));
        // A button may name a form it does not stand in.
        let form = match pressed.attr("form") {
            Some(id) => page.select(&forms).find(|form| form.attr("id") == Some(id)).unwrap(),
            None => pressed
                .ancestors()
                .filter_map(ElementRef::wrap)
                .find(|it| it.value().name() == "form")
                .unwrap(),
        };
        let mut data: Vec<(String, String)> = form
            .select(&inputs)
            .map(|input| {
                (input.attr("name").unwrap().to_owned(), input.attr("value").unwrap_or("").to_owned())
            })
            .filter(|(name, _)| fields.iter().all(|(filled, _)| filled != name))
            .collect();
        data.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        data.extend(
            pressed
                .attr("name")
                .map(|name| (name.to_owned(), pressed.attr("value").unwrap_or("").to_owned())),
        );
        (self.url.join(form.attr("action").unwrap_or("")).unwrap(), data)
    }

    async fn go(&mut self, mut method: Method, mut url: Url, mut form: Vec<(String, String)>) {
        for _ in 0..20 {
            let mut request =
                self.http.request(method.clone(), url.clone()).header(COOKIE, self.cookies_for(&url));
            if method == Method::POST {
                request = request.header(ORIGIN, self.url.origin().ascii_serialization()).form(&form);
            }
            let response =
                request.send().await.unwrap_or_else(|error| panic!("{url} does not answer: {error}"));
            for cookie in response.headers().get_all(SET_COOKIE) {
                self.keep(&url, cookie.to_str().unwrap());
            }
            let next = response.headers().get(LOCATION).map(|to| url.join(to.to_str().unwrap()).unwrap());
            self.url = url;
            self.status = response.status().as_u16();
            let Some(next) = next.filter(|_| response.status().is_redirection()) else {
                self.body = response.text().await.unwrap();
                return;
            };
            (method, url, form) = (Method::GET, next, Vec::new());
        }
        panic!("redirected for ever, now at {}", self.url);
    }

    fn cookies_for(&self, url: &Url) -> String {
        let fits = |cookie: &&Cookie| {
            url.host_str() == Some(&*cookie.host) && url.path().starts_with(cookie.path.trim_end_matches('/'))
        };
        let pairs =
            self.cookies.iter().filter(fits).map(|cookie| format!("{}={}", cookie.name, cookie.value));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, url: &Url, header: &str) {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attribute = |wanted: &str| {
            let mut pairs = header.split(';').skip(1).filter_map(|part| part.trim().split_once('='));
            pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        let (host, path) = (url.host_str().unwrap(), attribute("path").unwrap_or("/"));
        self.cookies.retain(|old| !(old.name == name && old.host == host && old.path == path));
        let gone = value.is_empty() || attribute("max-age") == Some("0");
        if !gone {
            let [host, path, name, value] = [host, path, name, value].map(str::to_owned);
            self.cookies.push(Cookie { host, path, name, value });
        }
    }

    /// What its cookies are worth.
    pub(crate) fn cookie_values(&self) -> Vec<String> {
        self.cookies.iter().map(|cookie| cookie.value.clone()).collect()
    }

    /// The page's heading.
    pub(crate) fn heading(&self) -> String {
        let page = Html::parse_document(&self.body);
        let heading = page.select(&Selector::parse("h1").unwrap()).next();
        let heading = heading.unwrap_or_else(|| panic!("a page without a heading at {}", self.shown()));
        heading.text().collect::<String>().trim().to_owned()
    }

    /// The JSON an application answered, with its status.
    pub(crate) fn json(&self) -> (u16, Value) {
        let json = serde_json::from_str(&self.body);
        (self.status, json.unwrap_or_else(|error| panic!("not JSON ({error}) at {}", self.shown())))
    }

    pub(crate) fn is_at(&self, base_url: &str) -> bool {
        self.url.as_str().starts_with(base_url)
    }

    /// Where we are and what is there, for the words of a failing test.
    pub(crate) fn shown(&self) -> String {
        let page = Html::parse_document(&self.body);
        let words = page.root_element().text().collect::<Vec<_>>().join(" ");
        format!("{} ({}):\n{}", self.url, self.status, words.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
