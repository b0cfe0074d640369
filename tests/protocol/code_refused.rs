//! TOK: token requests that are refused whatever the code is worth, and codes that lost their worth.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::tokens::TokenRequest;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_idp::tenant::Status;
use hospes_protocol::token::GrantType;
use reqwest::Method;
use serde_json::json;

/// Refused without a trace, but in the audit trail.
async fn refused(request: TokenRequest<'_>, status: u16, error: &str) {
    let app = request.client.app;
    let attempt = app.unchanged(request.send());
    app.audited((TokenDenied, None), attempt).await.is_error(status, error);
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_01_the_token_endpoint_takes_posted_forms() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let url = harbor.url("/token");
    for method in [Method::GET, Method::HEAD, Method::PUT] {
        let answer = Answer::of(app.http.request(method.clone(), &url).send().await.unwrap()).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    let code = wiki.code_for(&app.browser(), &harbor.member("hanna@harbor.example").await).await;
    let authorization = wiki.redeem(&code).authorization.unwrap();
    let body =
        json!({"grant_type": "authorization_code", "code": code.value, "code_verifier": code.verifier});
    let request = app.http.post(&url).header("authorization", authorization).json(&body);
    let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
    answer.is_error(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_02_tok_03_only_grants_the_client_may_use() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    refused(wiki.request(&[("code", "x")]), 400, "invalid_request").await;
    for unknown in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "Refresh_token"] {
        refused(wiki.request(&[("grant_type", unknown)]), 400, "unsupported_grant_type").await;
    }
    refused(wiki.client_credentials(), 400, "unauthorized_client").await;
    let service = harbor.client("service").service(&[]).await;
    refused(service.refresh("x"), 400, "unauthorized_client").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    wiki.update(|settings| settings.grant_types = vec![GrantType::RefreshToken]).await;
    refused(wiki.redeem(&code), 400, "unauthorized_client").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_10_a_code_is_exactly_its_characters() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let code = wiki.code_for(&app.browser(), &harbor.member("hanna@harbor.example").await).await;
    let text = code.value.as_str();
    let flipped = format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..]);
    let upper = text.to_uppercase();
    for other in [&text[..text.len() - 1], &flipped, &upper, &format!("{text} "), &format!("{text}=")] {
        refused(wiki.redeem(&code).set("code", other), 400, "invalid_grant").await;
    }
    wiki.redeem(&code).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_11_key_04_other_secrets_are_no_codes_and_codes_are_nothing_else() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let code = wiki.code_for(&browser, &hanna).await;
    let tokens = wiki.tokens_for(&hanna).await;
    let link = harbor.invite("guest@elsewhere.example").await;
    let ticket = link.split_once("ticket=").unwrap().1;
    let cookies: Vec<String> = browser.cookies.lock().unwrap().values().cloned().collect();
    let other = [&tokens.access_token, tokens.refresh_token(), tokens.id_token(), ticket];
    let others = || other.iter().copied().chain(cookies.iter().map(String::as_str));
    for other in others() {
        refused(wiki.redeem(&code).set("code", other), 400, "invalid_grant").await;
    }
    let refresh = tokens.refresh_token();
    for other in others().filter(|other| *other != refresh).chain([code.value.as_str()]) {
        refused(wiki.refresh(other), 400, "invalid_grant").await;
    }
    let access = tokens.access_token.as_str();
    for other in others().filter(|other| *other != access).chain([code.value.as_str()]) {
        app.unchanged(wiki.userinfo(other)).await.is_error(401, "invalid_token");
    }
    for other in others().filter(|other| *other != ticket) {
        let answer = app.unchanged(app.browser().get(&format!("/t/harbor/redeem?ticket={other}"))).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    wiki.redeem(&code).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_12_tok_13_what_was_allowed_may_not_be_any_more() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home_idp = harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;

    let code = wiki.code_for(&freya.browser, &freya.here).await;
    harbor.home_idp_status(home_idp, Status::Disabled).await;
    let denied = app.audited((TokenDenied, Some("home_idp_disabled")), wiki.redeem(&code).send()).await;
    denied.is_error(400, "invalid_grant");
    harbor.home_idp_status(home_idp, Status::Enabled).await;

    let code = wiki.code_for(&freya.browser, &freya.here).await;
    harbor.disable_person(&freya.here).await;
    let denied = app.audited((TokenDenied, Some("user_disabled")), wiki.redeem(&code).send()).await;
    denied.is_error(400, "invalid_grant");

    let browser = app.browser();
    let code = wiki.code_for(&browser, &hanna).await;
    wiki.update(|settings| settings.status = Status::Disabled).await;
    refused(wiki.redeem(&code), 401, "invalid_client").await;
    wiki.update(|settings| settings.status = Status::Enabled).await;
    harbor.status(Status::Disabled).await;
    assert_eq!(wiki.redeem(&code).send().await.status, 404);
    harbor.status(Status::Enabled).await;
    harbor.delete_person(&hanna).await;
    wiki.redeem(&code).send().await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_14_tok_15_parameters_once_and_one_way_to_authenticate() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (wiki, post) =
        (harbor.client("wiki").confidential().await, harbor.client("post").confidential_by_post().await);
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    for (name, value) in [("code", code.value.as_str()), ("grant_type", "authorization_code")] {
        refused(wiki.redeem(&code).and(name, value), 400, "invalid_request").await;
    }
    refused(post.refresh("x").and("client_id", "post"), 400, "invalid_request").await;
    refused(wiki.redeem(&code).and("client_secret", wiki.secret()), 400, "invalid_request").await;
    refused(wiki.redeem(&code).and("client_assertion", "x.y.z"), 400, "invalid_request").await;
    refused(wiki.redeem(&code).and("client_id", "post"), 400, "invalid_request").await;
    wiki.redeem(&code).and("client_id", "wiki").send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_16_parameters_of_the_query_do_not_count() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let code = wiki.code_for(&app.browser(), &harbor.member("hanna@harbor.example").await).await;
    let request = wiki.redeem(&code);
    let url = format!("{}?{}", harbor.url("/token"), request.form.encoded());
    let post = app.http.post(url).header("authorization", request.authorization.as_deref().unwrap());
    let post = post.header("content-type", "application/x-www-form-urlencoded").body("");
    let attempt = app.unchanged(async { Answer::of(post.send().await.unwrap()).await });
    attempt.await.is_error(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_16_a_body_that_is_no_form_is_said_to_be_none() {
    let app = TestApp::spawn().await;
    let url = app.tenant("harbor").await.url("/token");
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let post = app.http.post(&url).header("content-type", kind).body("{\"grant_type\":\"x\"}");
        let attempt = app.unchanged(async { Answer::of(post.send().await.unwrap()).await });
        let answer = attempt.await;
        answer.is_error(400, "invalid_request");
        assert!(answer.body.contains("application/x-www-form-urlencoded"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_waits_ends_with_its_session_unless_its_tokens_may_outlive_that() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for (scope, lives) in [("openid", false), ("openid offline_access", true)] {
        let (browser, request) = (app.browser(), wiki.authorize().set("scope", scope));
        let page = request.open(&browser).await;
        let code = request.code(&browser.sign_in(page, &hanna).await);
        let page = browser.open(&harbor.url("/logout")).await;
        browser.submit(&page, "/logout", &[]).await;
        if lives {
            let tokens = wiki.redeem(&code).send().await.tokens();
            wiki.refresh(tokens.refresh_token()).send().await.tokens();
        } else {
            app.audited((TokenDenied, None), wiki.redeem(&code).send()).await.is_error(400, "invalid_grant");
        }
    }
}
