//! PAR: requests that a client pushes before the browser comes.

use crate::support::answer::Answer;
use crate::support::client::{Authorization, TestClient};
use crate::support::tokens::TokenRequest;
use crate::support::{Stores, TestApp};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::{AuthorizationRejected, TokenDenied};
use reqwest::Method;

fn pushing<'a>(request: &Authorization<'a>) -> TokenRequest<'a> {
    let pairs = request.query.pairs().iter().filter(|(name, _)| name != "client_id");
    pairs.fold(request.client.request(&[]), |pushing, (name, value)| pushing.and(name, value))
}

/// What the browser brings instead of the request.
async fn push(request: &Authorization<'_>) -> String {
    let answer = pushing(request).send_to("/par").await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.is_not_stored();
    let answer = answer.json();
    assert_eq!(answer["expires_in"], 90);
    let uri = answer["request_uri"].as_str().unwrap();
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:") && uri.len() > 70, "{uri}");
    uri.to_owned()
}

fn visit(client: &TestClient<'_>, request_uri: &str) -> String {
    let query = crate::support::query::Query::new(&[("client_id", &client.id), ("request_uri", request_uri)]);
    format!("{}/authorize?{}", client.issuer, query.encoded())
}

async fn refused(request: TokenRequest<'_>, status: u16, error: &str) {
    let answer = request.client.app.unchanged(request.send_to("/par")).await;
    answer.is_error(status, error);
    assert!(!answer.body.contains("request_uri:"), "{answer:?}");
}

async fn gone(app: &TestApp, attempt: impl Future<Output = Answer>) {
    let attempt = app.unchanged(attempt);
    let answer = app.audited((AuthorizationRejected, Some("invalid_request_uri")), attempt).await;
    answer.is_refusal_page(400, "invalid_request_uri");
}

async fn once_only(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for wiki in [harbor.client("wiki").public().await, harbor.client("shop").confidential().await] {
        let (browser, request) = (app.browser(), wiki.authorize());
        let uri = push(&request).await;
        for _ in 0..3 {
            browser.open(&visit(&wiki, &uri)).await.asks_who();
        }
        let page = browser.open(&visit(&wiki, &uri)).await;
        let code = request.code(&browser.sign_in(page, &hanna).await);
        wiki.redeem(&code).send().await.tokens();
        gone(&app, browser.get(&visit(&wiki, &uri))).await;
        // Of several browsers at once one gets the code.
        let request = wiki.authorize();
        let uri = push(&request).await;
        let tabs: Vec<_> = (0..8).map(|_| browser.twin(&app)).collect();
        let there = visit(&wiki, &uri);
        let answers = join_all(tabs.iter().map(|tab| tab.get(&there))).await;
        let codes = answers.iter().filter(|answer| answer.location().is_some_and(|to| to.contains("code=")));
        assert_eq!(codes.count(), 1, "{answers:#?}");
        let refused = answers.iter().filter(|answer| answer.location().is_none());
        refused.for_each(|answer| answer.is_refusal_page(400, "invalid_request_uri"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn par_07_a_pushed_request_is_visited_often_and_answered_once() {
    once_only(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn par_07_a_pushed_request_is_visited_often_and_answered_once_on_real_stores() {
    once_only(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn par_02_par_03_par_04_par_09_par_15_what_would_be_refused_is_refused_at_once() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    harbor.client("other").confidential().await;
    let nobody = pushing(&wiki.authorize()).authorization(None);
    refused(nobody, 401, "invalid_client").await;
    let wrong = pushing(&wiki.authorize()).authorization(Some("Basic d2lraTp4"));
    app.audited((TokenDenied, None), refused(wrong, 401, "invalid_client")).await;
    refused(pushing(&wiki.authorize()).and("request_uri", "urn:x"), 400, "invalid_request").await;
    refused(pushing(&wiki.authorize()).and("client_id", "other"), 400, "invalid_request").await;
    for (name, value, error) in [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "nothing", "invalid_scope"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("request", "x.y.z", "invalid_request_object"),
    ] {
        refused(pushing(&wiki.authorize().set(name, value)), 400, error).await;
    }
    let large = pushing(&wiki.authorize()).and("x", &"y".repeat(1_000_000));
    assert_eq!(app.unchanged(large.send_to("/par")).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn par_01_pushing_is_a_post() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = app.http.request(method, harbor.url("/par"));
        let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn par_05_par_06_a_name_belongs_to_its_client_and_to_its_ninety_seconds() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let wiki = harbor.client("wiki").confidential().await;
    let others = [harbor.client("other").confidential().await, beta.client("wiki").confidential().await];
    let browser = app.browser();
    let uri = push(&wiki.authorize()).await;
    for other in &others {
        gone(&app, browser.get(&visit(other, &uri))).await;
    }
    gone(&app, browser.get(&visit(&wiki, &format!("{uri}x")))).await;
    browser.open(&visit(&wiki, &uri)).await.asks_who();
    app.clock.advance_seconds(91);
    gone(&app, browser.get(&visit(&wiki, &uri))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn par_08_what_was_pushed_counts_and_nothing_beside_it() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (browser, request) = (app.browser(), wiki.authorize().set("scope", "openid"));
    let uri = push(&request).await;
    let beside =
        "&scope=openid%20email%20profile&redirect_uri=https%3A%2F%2Fevil.example%2F&state=evil&nonce=evil";
    let page = browser.open(&format!("{}{beside}", visit(&wiki, &uri))).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(tokens.scope, "openid");
    assert_eq!(crate::support::jwt::claims(tokens.id_token())["nonce"], code.nonce.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn az_29_a_client_that_must_push_is_not_answered_otherwise() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki =
        harbor.client("wiki").with(|client| client.require_pushed_requests = true).confidential().await;
    let (browser, request) = (app.browser(), wiki.authorize());
    let plain = app.unchanged(request.get(&browser));
    app.audited((AuthorizationRejected, None), plain).await.is_returned("invalid_request", &request);
    let uri = push(&request).await;
    browser.open(&visit(&wiki, &uri)).await.asks_who();
}
