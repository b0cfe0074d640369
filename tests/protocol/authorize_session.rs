//! AZ: authorization requests that meet a session, or should not.

use crate::support::TestApp;
use crate::support::browser::{Browser, form};
use crate::support::client::{Authorization, Code};
use crate::support::jwt;
use crate::support::tokens::Tokens;
use hospes_idp::audit::AuditKind::CsrfRejected;
use hospes_idp::client::ConsentRule;
use serde_json::json;

/// Answered at the client without a screen, mail or state.
async fn silently_refused(app: &TestApp, browser: &Browser, request: &Authorization<'_>, error: &str) {
    app.unchanged(request.get(browser)).await.is_returned(error, request);
}

async fn redeemed(request: &Authorization<'_>, code: &Code) -> Tokens {
    request.client.redeem(code).send().await.tokens()
}

#[tokio::test(flavor = "multi_thread")]
async fn az_16_prompt_none_without_a_session_asks_nobody() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let wiki = harbor.client("wiki").public().await;
    harbor.home_idp_of(&fjord).await;
    let silent = wiki.authorize().set("prompt", "none");
    silently_refused(&app, &app.browser(), &silent, "login_required").await;
    // A hint that leads to a home IdP leads nowhere either.
    let hinted = wiki.authorize().set("prompt", "none").set("login_hint", "freya@fjord.example");
    silently_refused(&app, &app.browser(), &hinted, "login_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_18_prompt_none_without_consent() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let asks = harbor.client("asks").with(|settings| settings.consent = ConsentRule::Ask).public().await;
    let browser = app.browser();
    wiki.code_for(&browser, &harbor.member("hanna@harbor.example").await).await;
    let silent = asks.authorize().set("prompt", "none");
    silently_refused(&app, &browser, &silent, "consent_required").await;
    // Once given, for this scope, it is silent.
    let request = asks.authorize().set("scope", "openid email");
    let page = request.open(&browser).await;
    request.code(&browser.submit(&page, "/consent", &[("decision", "allow")]).await);
    let again = asks.authorize().set("prompt", "none").set("scope", "openid email");
    again.code(&again.get(&browser).await);
    let wider = asks.authorize().set("prompt", "none").set("scope", "openid email profile");
    silently_refused(&app, &browser, &wider, "consent_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_20_az_21_a_fresh_sign_in_is_a_fresh_one() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    for (parameter, value) in [("prompt", "login"), ("max_age", "0")] {
        app.clock.advance_seconds(5);
        let begun = app.clock.seconds();
        let request = wiki.authorize().set(parameter, value);
        let page = request.open(&browser).await;
        page.asks_who();
        // Going back to the page is no sign-in.
        browser.open(&page.url).await.asks_who();
        let code = request.code(&browser.sign_in(page, &hanna).await);
        let claims = jwt::claims(redeemed(&request, &code).await.id_token());
        assert!(claims["auth_time"].as_i64().unwrap() >= begun, "{parameter}: {claims}");
    }
    app.clock.advance_seconds(100);
    wiki.authorize().set("max_age", "99").open(&browser).await.asks_who();
    let request = wiki.authorize().set("max_age", "200");
    request.code(&request.open(&browser).await);
    let silent = wiki.authorize().set("max_age", "99").set("prompt", "none");
    silently_refused(&app, &browser, &silent, "login_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_22_an_essential_acr_that_cannot_be_reached_is_never_a_lower_one() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let browser = app.browser();
    wiki.code_for(&browser, &harbor.member("hanna@harbor.example").await).await;
    let claims = |essential: bool| {
        json!({"id_token": {"acr": {"essential": essential, "values": ["urn:unreachable"]}}}).to_string()
    };
    let request = wiki.authorize().set("claims", &claims(true));
    silently_refused(&app, &browser, &request, "unmet_authentication_requirements").await;
    let voluntary = wiki.authorize().set("claims", &claims(false));
    voluntary.code(&voluntary.open(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn az_26_a_hint_of_somebody_else_signs_nobody_in() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let (wiki, theirs) = (harbor.client("wiki").public().await, fjord.client("wiki").public().await);
    let hanna = harbor.member("hanna@harbor.example").await;
    let henry = harbor.member("henry@harbor.example").await;
    let freya = fjord.member("freya@fjord.example").await;
    let tokens = [
        wiki.tokens_for(&henry).await.id_token().to_owned(),
        theirs.tokens_for(&freya).await.id_token().to_owned(),
        wiki.tokens_for(&hanna).await.access_token,
        "garbage".to_owned(),
    ];
    let browser = app.browser();
    let code = wiki.code_for(&browser, &hanna).await;
    let own = wiki.redeem(&code).send().await.tokens().id_token().to_owned();
    for hint in &tokens {
        let request = wiki.authorize().set("id_token_hint", hint);
        silently_refused(&app, &browser, &request.clone().set("prompt", "none"), "login_required").await;
    }
    let request = wiki.authorize().set("id_token_hint", &tokens[0]);
    request.open(&browser).await.asks_who();
    // An expired hint of the person who is there names them still (OIDC Core §3.1.2.1).
    app.clock.advance_seconds(2 * 3600);
    let request = wiki.authorize().set("id_token_hint", &own).set("prompt", "none");
    request.code(&request.get(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn az_26_whoever_signs_in_instead_is_not_passed_off_as_the_hinted_one() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let henry = harbor.member("henry@harbor.example").await;
    let hint = wiki.tokens_for(&henry).await.id_token().to_owned();
    let browser = app.browser();
    let request = wiki.authorize().set("id_token_hint", &hint);
    let page = request.open(&browser).await;
    browser.sign_in(page, &hanna).await.is_returned("login_required", &request);
}

#[tokio::test(flavor = "multi_thread")]
async fn az_34_two_tabs_do_not_mix() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let notes = harbor.client("notes").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let (first, second) = (wiki.authorize(), notes.authorize().set("scope", "openid"));
    let first_page = first.open(&browser).await;
    let second_page = second.open(&browser).await;
    let second_code = second.code(&browser.sign_in(second_page, &hanna).await);
    // Her session has begun meanwhile, so that naming herself is enough.
    let first_code = first.code(&browser.submit(&first_page, "/identify", &[("email", &hanna.email)]).await);
    for (request, code, scope) in
        [(&first, &first_code, "email offline_access openid profile"), (&second, &second_code, "openid")]
    {
        let tokens = redeemed(request, code).await;
        let claims = jwt::claims(tokens.id_token());
        assert_eq!(claims["nonce"], code.nonce);
        assert_eq!(claims["aud"], request.client.id);
        assert_eq!(tokens.scope, scope);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_34_a_tab_is_not_answered_with_the_session_of_somebody_else() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let henry = harbor.member("henry@harbor.example").await;
    let browser = app.browser();
    let (named, restarted) = (wiki.authorize(), wiki.authorize().set("login_hint", &henry.email));
    let named_page = named.open(&browser).await;
    let restarted_page = restarted.open(&browser).await;
    wiki.code_for(&browser, &hanna).await;
    let page = browser.submit(&restarted_page, "/restart", &[]).await;
    page.asks_who();
    let code = named.code(&browser.sign_in(named_page, &henry).await);
    assert_eq!(jwt::claims(redeemed(&named, &code).await.id_token())["oid"], henry.id.to_string());
    let code = restarted.code(&browser.sign_in(page, &hanna).await);
    assert_eq!(jwt::claims(redeemed(&restarted, &code).await.id_token())["oid"], hanna.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn az_37_no_foreign_fragment_travels_along() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let refused = wiki.authorize().without("response_type").get(&app.browser()).await;
    let browser = app.browser();
    let request = wiki.authorize();
    let page = request.open(&browser).await;
    let arrived = browser.sign_in(page, &harbor.member("hanna@harbor.example").await).await;
    for answer in [refused, arrived] {
        let location = answer.location().unwrap();
        // A browser carries its own fragment on to a target that has none (RFC 9110 §10.2.2); an empty one is one.
        assert_eq!(location.split_once('#').map(|(_, fragment)| fragment), Some(""), "{location}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_40_consent_is_given_on_its_own_page() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let asks = harbor.client("asks").with(|settings| settings.consent = ConsentRule::Ask).public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let consent_page = async |browser: &Browser| {
        let page = asks.authorize().open(browser).await;
        browser.sign_in(page, &hanna).await
    };
    let (browser, other) = (app.browser(), app.browser());
    let page = consent_page(&browser).await;
    let (action, ours) = form(&page, "/consent", &[("decision", "allow")]);
    let (_, theirs) = form(&consent_page(&other).await, "/consent", &[("decision", "allow")]);
    let same_origin = ("same-origin", "null");
    for (filled, from) in [
        (ours.clone().without("csrf"), same_origin),
        (ours.clone().set("csrf", "x"), same_origin),
        (theirs, same_origin),
        (ours.clone(), ("cross-site", "https://evil.test")),
        (ours.clone(), ("same-site", "null")),
    ] {
        let attempt = browser.post_from(&action, &filled, from);
        let answer = app.refuses((CsrfRejected, "form_rejected"), attempt).await;
        answer.is_refusal_page(403, "form_rejected");
    }
    // Without the browser's cookies the right token is worth nothing.
    let attempt = app.browser().post_from(&action, &ours, same_origin).await;
    attempt.is_refusal_page(403, "form_rejected");
    assert_eq!(browser.post(&action, &ours).await.status, 303);
}
