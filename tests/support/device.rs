//! Devices that wait for a person elsewhere, and the pages that person sees.

use super::answer::Answer;
use super::browser::Browser;
use super::client::{NewClient, TestClient};
use super::tenant::{Person, TestTenant};
use super::tokens::TokenRequest;
use hospes_protocol::token::GrantType;
use serde_json::Value;

/// An application on a television, which may refresh.
pub(crate) fn tv<'a>(tenant: &'a TestTenant<'a>, id: &str) -> NewClient<'a> {
    tenant.client(id).with(|client| {
        client.grant_types = vec![GrantType::DeviceCode, GrantType::RefreshToken];
        client.redirect_uris = Vec::new();
    })
}

/// A device that was told to wait.
pub(crate) struct Device<'a> {
    pub(crate) client: &'a TestClient<'a>,
    pub(crate) code: String,
    pub(crate) user_code: String,
    pub(crate) told: Value,
}

pub(crate) fn asking<'a>(client: &'a TestClient<'a>) -> TokenRequest<'a> {
    client.request(&[("scope", "openid email")])
}

impl<'a> Device<'a> {
    pub(crate) async fn of(client: &'a TestClient<'a>) -> Self {
        let answer = asking(client).send_to("/device_authorization").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.is_not_stored();
        let told = answer.json();
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let (code, user_code) = (client.app.keep_secret(&text("device_code")), text("user_code"));
        Self { client, code, user_code, told }
    }

    pub(crate) fn polls(&self) -> TokenRequest<'a> {
        self.polls_as(self.client)
    }

    pub(crate) fn polls_as<'b>(&self, client: &'b TestClient<'b>) -> TokenRequest<'b> {
        let grant_type = GrantType::DeviceCode.as_str();
        client.request(&[("grant_type", grant_type), ("device_code", &self.code)])
    }

    pub(crate) async fn waits(&self) {
        self.polls().send().await.is_error(400, "authorization_pending");
    }
}

/// Types a code on the page for it.
pub(crate) async fn enter(browser: &Browser, tenant: &TestTenant<'_>, code: &str) -> Answer {
    let page = browser.open(&tenant.url("/device")).await;
    browser.submit(&page, "/device", &[("user_code", code)]).await
}

/// Up to the question, signed in by password where nobody is yet.
pub(crate) async fn asked(
    browser: &Browser,
    tenant: &TestTenant<'_>,
    (code, person): (&str, &Person),
) -> Answer {
    let page = enter(browser, tenant, code).await;
    if page.has("form[action$='/identify']") { browser.sign_in(page, person).await } else { page }
}

pub(crate) fn asks_to_confirm(page: &Answer) {
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.has("form[action$='/device'] button[name=decision][value=allow]"), "{}", page.body);
}

pub(crate) async fn answer(browser: &Browser, page: &Answer, decision: &str) -> Answer {
    asks_to_confirm(page);
    browser.submit(page, "/device", &[("decision", decision)]).await
}

pub(crate) async fn approve(browser: &Browser, page: &Answer) {
    let done = answer(browser, page, "allow").await;
    assert!(done.status == 200 && done.url.ends_with("/device/approved"), "{done:?}");
}
