//! LO: signing out, asked for by a client or by the person.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::client::TestClient;
use crate::support::jwt::{claims, header, unsigned};
use crate::support::query::Query;
use crate::support::tenant::TestTenant;
use hospes_idp::audit::AuditKind::{CsrfRejected, SignedOut};
use hospes_idp::client::ConsentRule;

const BYE: &str = "https://wiki.example/bye";

async fn wiki_of<'a>(harbor: &'a TestTenant<'a>) -> TestClient<'a> {
    let wiki =
        harbor.client("wiki").with(|settings| settings.post_logout_redirect_uris = vec![BYE.to_owned()]);
    wiki.public().await
}

async fn log_out(browser: &Browser, harbor: &TestTenant<'_>, parameters: &[(&str, &str)]) -> Answer {
    browser.get(&harbor.url(&format!("/logout?{}", Query::new(parameters).encoded()))).await
}

async fn has_session(browser: &Browser, wiki: &TestClient<'_>) -> bool {
    wiki.authorize().set("prompt", "none").get(browser).await.returned().contains_key("code")
}

/// Somebody signed in, and their ID token.
async fn signed_in(wiki: &TestClient<'_>, harbor: &TestTenant<'_>, email: &str) -> (Browser, String) {
    let browser = wiki.app.browser();
    let code = wiki.code_for(&browser, &harbor.member(email).await).await;
    let tokens = wiki.redeem(&code).send().await.tokens();
    (browser, tokens.id_token().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_01_lo_07_nobody_is_sent_where_no_client_registered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let other = harbor.client("other").with(|settings| {
        settings.post_logout_redirect_uris = vec!["https://other.example/bye".to_owned()];
    });
    other.public().await;
    let (browser, hint) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    for target in [
        "https://evil.test/",
        "https://other.example/bye",
        "https://wiki.example/bye?x=1",
        "https://wiki.example/bye#x",
        "https://wiki.example/bye/",
        "https://wiki.example/callback",
    ] {
        let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", target)];
        let answer = app.unchanged(log_out(&browser, &harbor, &parameters)).await;
        answer.is_refusal_page(400, "invalid_redirect_uri");
    }
    let unnamed = [("post_logout_redirect_uri", BYE)];
    app.unchanged(log_out(&browser, &harbor, &unnamed)).await.is_refusal_page(400, "invalid_redirect_uri");
    let mixed = [("id_token_hint", hint.as_str()), ("client_id", "other")];
    app.unchanged(log_out(&browser, &harbor, &mixed)).await.is_refusal_page(400, "invalid_request");
    assert!(has_session(&browser, &wiki).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_02_lo_03_lo_08_without_a_hint_the_person_is_asked() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let (browser, _) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    for parameters in [[].as_slice(), &[("state", "s")], &[("client_id", "wiki")]] {
        let page = app.unchanged(log_out(&browser, &harbor, parameters)).await;
        assert_eq!((page.status, page.location()), (200, None), "{page:?}");
        assert!(page.has("form[action*='/logout'] button"), "{page:?}");
    }
    // Nor does a form of another site sign anybody out.
    let (form, url) = (Query::new(&[("state", "s")]), harbor.url("/logout"));
    let posted = browser.post_from(&url, &form, ("cross-site", "https://evil.test"));
    assert_eq!(app.unchanged(posted).await.status, 200);
    let forged = Query::new(&[("csrf", "x")]);
    let posted = app.refuses((CsrfRejected, "form_rejected"), browser.post(&url, &forged)).await;
    posted.is_refusal_page(403, "form_rejected");
    assert!(has_session(&browser, &wiki).await);
    let page = log_out(&browser, &harbor, &[("state", "s")]).await;
    let done = app.audited((SignedOut, None), browser.press(&page, "/logout", &[])).await;
    assert_eq!((done.status, done.location()), (200, None), "{done:?}");
    assert!(!has_session(&browser, &wiki).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_04_lo_05_lo_06_what_a_hint_is_worth() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let (wiki, theirs) = (wiki_of(&harbor).await, wiki_of(&fjord).await);
    let (browser, hint) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let (_, henrys) = signed_in(&wiki, &harbor, "henry@harbor.example").await;
    let (_, foreign) = signed_in(&theirs, &fjord, "freya@fjord.example").await;
    let mut none = header(&hint);
    none["alg"] = "none".into();
    let forged = format!("{}.", unsigned(&none, &claims(&hint)));
    let tampered = format!("{}A", &hint[..hint.len() - 1]);
    for bad in [forged.as_str(), &foreign, &tampered[1..], "garbage"] {
        let with_target = [("id_token_hint", bad), ("post_logout_redirect_uri", BYE)];
        let answer = app.unchanged(log_out(&browser, &harbor, &with_target)).await;
        answer.is_refusal_page(400, "invalid_redirect_uri");
        let alone = app.unchanged(log_out(&browser, &harbor, &[("id_token_hint", bad)])).await;
        assert!(alone.has("form[action*='/logout'] button"), "{alone:?}");
    }
    // Somebody else's hint signs nobody out silently.
    let answer = app.unchanged(log_out(&browser, &harbor, &[("id_token_hint", &henrys)])).await;
    assert!(answer.has("form[action*='/logout'] button"), "{answer:?}");
    app.clock.advance_seconds(2 * 3600);
    assert!(has_session(&browser, &wiki).await);
    let expired = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a b&c")];
    let answer = log_out(&browser, &harbor, &expired).await;
    assert_eq!(answer.location(), Some("https://wiki.example/bye?state=a+b%26c"), "{answer:?}");
    assert!(!has_session(&browser, &wiki).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_17_a_consent_page_left_open_is_worth_nothing_after_signing_out() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let asks = harbor.client("asks").with(|settings| settings.consent = ConsentRule::Ask).public().await;
    let (browser, hint) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let page = asks.authorize().open(&browser).await;
    log_out(&browser, &harbor, &[("id_token_hint", &hint)]).await;
    let answer = browser.submit(&page, "/consent", &[("decision", "allow")]).await;
    assert!(answer.location().is_none(), "no code: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_18_nothing_is_left_after_signing_out() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let browser = app.browser();
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&browser, &hanna).await;
    let offline = wiki.redeem(&code).send().await.tokens();
    let request = wiki.authorize().set("scope", "openid email");
    let code = request.code(&request.get(&browser).await);
    let online = wiki.redeem(&code).send().await.tokens();
    browser.get(&harbor.url("/home")).await.is_not_stored();
    let before = browser.cookies.lock().unwrap().clone();
    let answer = log_out(&browser, &harbor, &[("id_token_hint", online.id_token())]).await;
    let removal = answer.header("set-cookie").unwrap();
    for attribute in ["Max-Age=0", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(removal.contains(attribute), "{removal}");
    }
    assert!(!has_session(&browser, &wiki).await);
    browser.cookies.lock().unwrap().extend(before);
    assert!(!has_session(&browser, &wiki).await, "the old cookie names nothing");
    wiki.refresh(online.refresh_token()).send().await.is_error(400, "invalid_grant");
    wiki.userinfo(&online.access_token).await.is_error(401, "invalid_token");
    wiki.refresh(offline.refresh_token()).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_05_signing_out_reaches_what_outlived_an_idle_session() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (browser, request) = (app.browser(), wiki.authorize().set("scope", "openid"));
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    app.clock.advance_seconds(8 * 3600 + 1);
    let tokens = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    log_out(&browser, &harbor, &[("id_token_hint", tokens.id_token())]).await;
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_02_lo_08_a_form_of_another_site_does_what_a_link_would() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let (browser, hint) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let url = harbor.url("/logout");
    let page = app.unchanged(browser.sent_by_another_site(&url, &Query::new(&[("state", "s")]))).await;
    assert!(page.has("form[action*='/logout'] button"), "{page:?}");
    assert!(has_session(&browser, &wiki).await);
    let form = Query::new(&[("id_token_hint", &hint)]);
    app.audited((SignedOut, None), browser.sent_by_another_site(&url, &form)).await;
    assert!(!has_session(&browser, &wiki).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_05_a_hint_in_another_browser_ends_no_open_session() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = wiki_of(&harbor).await;
    let (browser, hint) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let stranger = app.browser();
    let answer = app.unchanged(log_out(&stranger, &harbor, &[("id_token_hint", &hint)])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(has_session(&browser, &wiki).await);
}
