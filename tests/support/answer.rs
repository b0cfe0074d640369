//! An HTTP answer, read whole, and the shapes refusals have (security reference §4.0).

use super::client::Authorization;
use super::tokens::Tokens;
use reqwest::header::HeaderMap;
use scraper::{Html, Selector};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            url: response.url().to_string(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Parameters of the redirect.
    pub(crate) fn returned(&self) -> BTreeMap<String, String> {
        let location = self.location().unwrap_or_else(|| panic!("no redirect: {self:?}"));
        Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    /// A successful token response.
    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{self:?}");
        self.is_not_stored();
        serde_json::from_str(&self.body).unwrap()
    }

    /// **P400**(code), with any status: a page of ours with a reference number; no redirect, no cookie.
    pub(crate) fn is_refusal_page(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.header("content-type").unwrap().starts_with("text/html"), "{self:?}");
        assert_eq!(self.location(), None);
        assert_eq!(self.headers.get("set-cookie"), None, "{self:?}");
        self.is_not_stored();
        assert!(self.body.contains(&format!("Code: <code>{code}</code>")), "no code {code} in {}", self.body);
        self.reference();
    }

    /// The reference number of a page.
    pub(crate) fn reference(&self) -> String {
        let (_, rest) = self.body.split_once("Reference number: <code>").expect("a reference number");
        let (reference, _) = rest.split_once("</code>").unwrap();
        assert!(reference.starts_with("H-") && reference.len() == 11, "{reference}");
        reference.to_owned()
    }

    /// **R**(err): a redirect to the client with the error, issuer and state of its request, and no code.
    pub(crate) fn is_returned(&self, error: &str, request: &Authorization<'_>) {
        assert_eq!(self.status, 303, "{self:?}");
        let location = self.location().unwrap();
        let redirect_uri = request.client.redirect_uri.as_str();
        assert!(location.starts_with(&format!("{redirect_uri}?")), "{location}");
        let mut returned = self.returned();
        assert_eq!(returned.remove("error").as_deref(), Some(error), "{location}");
        assert_eq!(returned.remove("iss"), Some(request.client.issuer.clone()));
        let state = request.query.get("state").map(str::to_owned);
        assert_eq!(returned.remove("state"), state, "{location}");
        is_description(&returned.remove("error_description").unwrap_or_default());
        assert!(returned.is_empty(), "nothing else: {returned:?}");
    }

    /// **J4xx**(err): the error of the token endpoint or of a resource.
    pub(crate) fn is_error(&self, status: u16, error: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.header("content-type").unwrap().starts_with("application/json"), "{self:?}");
        self.is_not_stored();
        let mut body = self.json().as_object().unwrap().clone();
        assert_eq!(body.remove("error"), Some(Value::from(error)), "{self:?}");
        if let Some(description) = body.remove("error_description") {
            is_description(description.as_str().unwrap());
        }
        assert!(body.is_empty(), "nothing else: {body:?}");
    }

    pub(crate) fn is_not_stored(&self) {
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
    }

    pub(crate) fn page(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// Whether the page has an element like this.
    pub(crate) fn has(&self, selector: &str) -> bool {
        self.page().select(&Selector::parse(selector).unwrap()).next().is_some()
    }

    /// Asserts a sign-in screen that asks who somebody is.
    pub(crate) fn asks_who(&self) {
        assert_eq!(self.status, 200, "{self:?}");
        assert!(self.has("form[action$='/identify'] input[name=email]"), "{}", self.body);
    }

    /// Asserts a sign-in screen that asks for a password.
    pub(crate) fn asks_password(&self) {
        assert_eq!(self.status, 200, "{self:?}");
        assert!(self.has("form[action$='/password'] input[name=password]"), "{}", self.body);
    }
}

/// RFC 6749 §5.2.
fn is_description(text: &str) {
    let allowed = |c: char| matches!(c, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}');
    assert!(text.chars().all(allowed), "{text}");
    for leak in ["SELECT", "panicked", "src/", "/tmp", "redis:", "sqlx"] {
        assert!(!text.contains(leak), "{text}");
    }
}
