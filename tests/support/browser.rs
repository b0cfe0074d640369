//! A browser: a cookie jar, forms read from the page they stand on, and the headers browsers send with them.
//!
//! It follows redirects within the house only; one that leads elsewhere is its last answer.

use super::TestApp;
use super::answer::Answer;
use super::app::client;
use super::query::Query;
use super::tenant::Person;
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use scraper::{ElementRef, Selector};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

/// More redirects than this in a row are a loop.
const MAX_REDIRECTS: usize = 20;

pub(crate) struct Browser {
    http: reqwest::Client,
    base_url: String,
    secrets: Arc<Mutex<Vec<String>>>,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new(app: &TestApp) -> Self {
        Self {
            http: app.http.clone(),
            base_url: app.base_url.clone(),
            secrets: app.secrets.clone(),
            cookies: Mutex::default(),
        }
    }

    /// In a network nobody used before.
    pub(crate) fn elsewhere(app: &TestApp) -> Self {
        static NETWORKS: AtomicU8 = AtomicU8::new(2);
        let network = NETWORKS.fetch_add(1, Ordering::Relaxed);
        let address = Ipv4Addr::new(127, 0, network, 1);
        Self { http: client(Some(address.into())), ..Self::new(app) }
    }

    /// One request, as if the address was typed.
    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.send(self.http.get(self.absolute(url)).header("sec-fetch-site", "none")).await
    }

    /// A request and the redirects that follow within the house.
    pub(crate) async fn open(&self, url: &str) -> Answer {
        self.follow(self.get(url).await).await
    }

    /// Follows redirects within the house.
    pub(crate) async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..MAX_REDIRECTS {
            let target = answer.location().map(|location| self.absolute(location));
            match target.filter(|target| target.starts_with(&format!("{}/", self.base_url))) {
                None => return answer,
                Some(target) => answer = self.get(&target).await,
            }
        }
        panic!("redirected in a circle: {answer:?}")
    }

    /// Fills in and sends the form whose address ends so, and follows.
    pub(crate) async fn submit(&self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.follow(self.press(page, action, fields).await).await
    }

    /// Fills in and sends the form whose address ends so.
    pub(crate) async fn press(&self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        let (target, form) = form(page, action, fields);
        self.post(&target, &form).await
    }

    /// Posts a form as a page of the house does. Its referrer policy makes the origin opaque.
    pub(crate) async fn post(&self, url: &str, form: &Query) -> Answer {
        self.post_from(url, form, ("same-origin", "null")).await
    }

    /// Posts a form with the headers of a page somewhere.
    pub(crate) async fn post_from(&self, url: &str, form: &Query, (site, origin): (&str, &str)) -> Answer {
        let request =
            self.http.post(self.absolute(url)).header("sec-fetch-site", site).header(ORIGIN, origin);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(form.encoded())).await
    }

    /// Another site sends a form here: cookies that are `SameSite=Lax` stay at home, until the answer leads on.
    pub(crate) async fn sent_by_another_site(&self, url: &str, form: &Query) -> Answer {
        let request = self.http.post(self.absolute(url)).header("sec-fetch-site", "cross-site");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = Answer::of(request.body(form.encoded()).send().await.unwrap()).await;
        assert_eq!(answer.header("set-cookie"), None, "the browser forgets what it has: {answer:?}");
        self.follow(answer).await
    }

    /// Signs in with a password, from a sign-in screen to wherever that leads.
    pub(crate) async fn sign_in(&self, page: Answer, person: &Person) -> Answer {
        let page = if page.has("form[action$='/identify']") {
            self.submit(&page, "/identify", &[("email", &person.email)]).await
        } else {
            page
        };
        page.asks_password();
        let named = format!("input[name=username][value='{}']", person.email);
        assert!(page.has(&named), "the password of {} is asked for: {}", person.email, page.body);
        self.submit(&page, "/password", &[("password", &person.password)]).await
    }

    fn absolute(&self, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.base_url) } else { url.to_owned() }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = Box::pin(async { Answer::of(request.send().await.unwrap()).await }).await;
        for cookie in answer.headers.get_all("set-cookie") {
            self.keep(cookie.to_str().unwrap());
        }
        answer
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        if attributes.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            self.secrets.lock().unwrap().push(value.to_owned());
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A form as the browser would send it: its fields as they stand on the page, then what was typed or pressed.
pub(crate) fn form(page: &Answer, action: &str, fields: &[(&str, &str)]) -> (String, Query) {
    let html = page.page();
    let selector = Selector::parse("form").unwrap();
    let target = |form: &ElementRef<'_>| form.value().attr("action").unwrap_or_default().to_owned();
    let path = |form: &ElementRef<'_>| target(form).split('?').next().unwrap_or_default().to_owned();
    let mut forms = html.select(&selector).filter(|form| path(form).ends_with(action));
    let form = forms.next().unwrap_or_else(|| panic!("no form {action} on {}: {}", page.url, page.body));
    let mut filled = Query::default();
    for input in form.select(&Selector::parse("input[name]").unwrap()) {
        let value = input.value().attr("value").unwrap_or_default();
        let unticked =
            input.value().attr("type") == Some("checkbox") && input.value().attr("checked").is_none();
        if unticked {
            continue;
        }
        filled = filled.and(input.value().attr("name").unwrap(), value);
    }
    for (name, value) in fields {
        filled = filled.set(name, value);
    }
    (target(&form), filled)
}
