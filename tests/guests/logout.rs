//! LO: signing out. A link alone signs nobody out, and leads nowhere that is not registered.

use crate::support::TestApp;
use crate::support::browser::{Browser, form};
use crate::support::client::TestClient;
use crate::support::jwt;
use crate::support::query::Query;
use crate::support::tenant::{Person, TestTenant};
use crate::support::tokens::Tokens;
use hospes_idp::audit::AuditKind;
use hospes_idp::client::ConsentRule;

const AFTER: &str = "https://wiki.example/after";

async fn registered<'a>(harbor: &'a TestTenant<'a>, id: &str, after: &str) -> TestClient<'a> {
    let after = after.to_owned();
    harbor.client(id).with(|client| client.post_logout_redirect_uris = vec![after]).public().await
}

/// Signs somebody in and returns the browser with the tokens.
async fn signed_in(client: &TestClient<'_>, person: &Person) -> (Browser, Tokens) {
    let browser = client.app.browser();
    let code = client.code_for(&browser, person).await;
    let tokens = client.redeem(&code).send().await.tokens();
    (browser, tokens)
}

fn url(harbor: &TestTenant<'_>, parameters: &[(&str, &str)]) -> String {
    harbor.url(&format!("/logout?{}", Query::new(parameters).encoded()))
}

async fn is_alive(client: &TestClient<'_>, browser: &Browser) -> bool {
    client.authorize().set("prompt", "none").get(browser).await.returned().contains_key("code")
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_01_nobody_is_sent_to_an_address_that_is_not_registered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    registered(&harbor, "other", "https://other.example/after").await;
    let max = harbor.member("max@harbor.example").await;
    let (browser, tokens) = signed_in(&wiki, &max).await;
    let hint = tokens.id_token();
    for wrong in [
        "https://evil.example/",
        "https://other.example/after",
        "https://wiki.example/after?x=1",
        "https://wiki.example/after#x",
        "https://wiki.example/after/",
        "https://wiki.example/callback",
        "//wiki.example/after",
    ] {
        let request = url(&harbor, &[("id_token_hint", hint), ("post_logout_redirect_uri", wrong)]);
        app.unchanged(browser.open(&request)).await.is_refusal_page(400, "invalid_redirect_uri");
    }
    let anonymous = url(&harbor, &[("post_logout_redirect_uri", AFTER)]);
    app.unchanged(browser.open(&anonymous)).await.is_refusal_page(400, "invalid_redirect_uri");
    let twice = url(
        &harbor,
        &[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER), ("post_logout_redirect_uri", AFTER)],
    );
    app.unchanged(browser.open(&twice)).await.is_refusal_page(400, "invalid_request");
    assert!(is_alive(&wiki, &browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_02_lo_03_a_link_alone_signs_nobody_out() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    let max = harbor.member("max@harbor.example").await;
    for parameters in [&[][..], &[("state", "xyz")], &[("client_id", "wiki")]] {
        let (browser, _) = signed_in(&wiki, &max).await;
        let asked = app.unchanged(browser.open(&url(&harbor, parameters))).await;
        assert!(asked.has("form[action*='/logout'] input[name=csrf]"), "{}", asked.body);
        assert!(is_alive(&wiki, &browser).await);
        let done = app.audited((AuditKind::SignedOut, None), browser.press(&asked, "/logout", &[])).await;
        assert_eq!((done.status, done.location()), (200, None), "{done:?}");
        assert!(!is_alive(&wiki, &browser).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_04_a_forged_hint_is_no_hint() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let wiki = registered(&harbor, "wiki", AFTER).await;
    let theirs = registered(&beta, "wiki", AFTER).await;
    let max = harbor.member("max@harbor.example").await;
    let bruno = beta.member("bruno@beta.example").await;
    let (browser, tokens) = signed_in(&wiki, &max).await;
    let (_, of_beta) = signed_in(&theirs, &bruno).await;
    let genuine = tokens.id_token();
    let header = jwt::unsigned(&serde_json::json!({"alg": "none", "typ": "JWT"}), &jwt::claims(genuine));
    let mut claims = jwt::claims(genuine);
    claims["sub"] = serde_json::json!("somebody");
    let tampered = jwt::unsigned(&jwt::header(genuine), &claims) + "." + genuine.rsplit_once('.').unwrap().1;
    let access = &tokens.access_token;
    for hint in [&format!("{header}."), &tampered, of_beta.id_token(), access, "x", "a.b.c"] {
        let asked = url(
            &harbor,
            &[("id_token_hint", hint), ("client_id", "wiki"), ("post_logout_redirect_uri", AFTER)],
        );
        let answer = app.unchanged(browser.open(&asked)).await;
        assert_eq!((answer.status, answer.location()), (200, None), "asked first: {answer:?}");
        let unnamed = url(&harbor, &[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)]);
        app.unchanged(browser.open(&unnamed)).await.is_refusal_page(400, "invalid_redirect_uri");
    }
    assert!(is_alive(&wiki, &browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_05_an_old_but_genuine_hint_signs_out_and_leads_back() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    let max = harbor.member("max@harbor.example").await;
    let (browser, tokens) = signed_in(&wiki, &max).await;
    app.clock.advance_seconds(2 * 3600);
    let request = url(
        &harbor,
        &[("id_token_hint", tokens.id_token()), ("post_logout_redirect_uri", AFTER), ("state", "a b&c")],
    );
    let session = browser.cookie("hs_").unwrap();
    let answer = app.audited((AuditKind::SignedOut, None), browser.get(&request)).await;
    assert_eq!((answer.status, answer.location()), (303, Some("https://wiki.example/after?state=a+b%26c")));
    assert!(!is_alive(&wiki, &browser).await);
    // LO-18: the cookie is cleared as it was set, and is of no use any more.
    let cleared = answer.header("set-cookie").unwrap();
    for part in [session.0.as_str(), "Max-Age=0", "Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cleared.contains(part), "{cleared}");
    }
    let back = app.browser();
    back.cookies.lock().unwrap().extend([session]);
    back.open(&harbor.url("/home")).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_06_lo_07_a_hint_about_somebody_else_asks_first() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    registered(&harbor, "other", "https://other.example/after").await;
    let (max, mia) = (harbor.member("max@harbor.example").await, harbor.member("mia@harbor.example").await);
    let (browser, own) = signed_in(&wiki, &max).await;
    let (_, tokens) = signed_in(&wiki, &mia).await;
    let asked = app.unchanged(browser.open(&url(&harbor, &[("id_token_hint", tokens.id_token())]))).await;
    assert!(asked.has("form[action*='/logout']"), "{}", asked.body);
    assert!(asked.shows("max@") && !asked.shows("mia@"), "{}", asked.body);
    let mixed = url(&harbor, &[("id_token_hint", own.id_token()), ("client_id", "other")]);
    app.unchanged(browser.open(&mixed)).await.is_refusal_page(400, "invalid_request");
    assert!(is_alive(&wiki, &browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_08_the_button_counts_only_with_the_token_of_this_browser() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    let max = harbor.member("max@harbor.example").await;
    let (browser, _) = signed_in(&wiki, &max).await;
    let asked = browser.open(&harbor.url("/logout")).await;
    let (target, own) = form(&asked, "/logout", &[]);
    let foreign = app.browser();
    let foreign = form(&foreign.open(&harbor.url("/home")).await, "/identify", &[]).1;
    let refused = (AuditKind::CsrfRejected, "form_rejected");
    for token in ["x", foreign.get("csrf").unwrap()] {
        let answer = app.refuses(refused, browser.post(&target, &own.clone().set("csrf", token))).await;
        answer.is_refusal_page(403, "form_rejected");
    }
    let evil = browser.post_from(&target, &own, ("cross-site", "https://evil.example"));
    app.refuses(refused, evil).await.is_refusal_page(403, "form_rejected");
    // Without any token it is a request of a client, and those are asked about.
    let bare = app
        .unchanged(browser.post_from(&target, &own.without("csrf"), ("cross-site", "https://evil.example")))
        .await;
    assert!(bare.has("form[action*='/logout'] input[name=csrf]"), "{}", bare.body);
    assert!(is_alive(&wiki, &browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_17_signing_out_in_another_tab_takes_the_ground_from_under_a_consent() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let asking = harbor.client("asking").with(|client| client.consent = ConsentRule::Ask).public().await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    let max = harbor.member("max@harbor.example").await;
    let (browser, _) = signed_in(&wiki, &max).await;
    let consent = asking.authorize().open(&browser).await;
    assert!(consent.has("form[action$='/consent']"), "{}", consent.body);
    let asked = browser.open(&harbor.url("/logout")).await;
    browser.press(&asked, "/logout", &[]).await;
    let answer = app.unchanged(browser.press(&consent, "/consent", &[("decision", "allow")])).await;
    assert!(answer.location().is_none_or(|location| !location.contains("code=")), "{answer:?}");
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(browser.cookie("hs_"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_18_personal_pages_are_not_kept() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = registered(&harbor, "wiki", AFTER).await;
    let max = harbor.member("max@harbor.example").await;
    let (browser, _) = signed_in(&wiki, &max).await;
    let home = browser.open(&harbor.url("/home")).await;
    assert!(home.shows("max@"));
    home.is_not_stored();
    let asked = browser.open(&harbor.url("/logout")).await;
    asked.is_not_stored();
    browser.press(&asked, "/logout", &[]).await;
    browser.open(&harbor.url("/home")).await.asks_who();
}
