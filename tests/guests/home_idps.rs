//! UP: the way to a home IdP and back. A callback counts once, in the browser that left, at the address it left for, and
//! nothing is fetched before that is known.

use crate::support::TestApp;
use crate::support::fake_home::{Departure, FakeHome};
use crate::support::jwt;
use crate::support::tenant::TestTenant;
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind;
use serde_json::json;
use std::time::Duration;

const ADA: &str = "ada@fjord.example";
const REFUSED: (AuditKind, &str) = (AuditKind::UpstreamRejected, "home_idp_refused");
const NONE: (AuditKind, &str) = (AuditKind::UpstreamRejected, "no_transaction");

async fn departure(harbor: &TestTenant<'_>, browser: &crate::support::browser::Browser) -> Departure {
    let page = browser.open(&harbor.url("/home")).await;
    Departure::of(&browser.submit(&page, "/identify", &[("email", ADA)]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn up_01_up_02_a_callback_in_another_browser_is_refused_before_anything_is_fetched() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let (ada, victim) = (app.browser(), app.browser());
    let left = departure(&harbor, &ada).await;
    departure(&harbor, &victim).await;
    let back = home.signs_in(&left, &json!({}));
    for stranger in [app.browser(), victim] {
        let answer = app.refuses(NONE, stranger.open(&back)).await;
        answer.is_refusal_page(400, "no_transaction");
    }
    let stateless = left.back(&[("code", "code-0")]);
    app.refuses(NONE, ada.open(&stateless)).await.is_refusal_page(400, "no_transaction");
    for forged in
        ["", ".", "x", "x.y", &format!("{}x", left.state()), left.state().split_once('.').unwrap().0]
    {
        let forged = left.back(&[("code", "code-0"), ("state", forged)]);
        app.refuses(NONE, ada.open(&forged)).await.is_refusal_page(400, "no_transaction");
    }
    assert_eq!(home.asked("/token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_03_a_callback_counts_once() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = app.browser();
    let left = browser.depart(&harbor.invite(ADA).await).await;
    let back = home.signs_in(&left, &json!({}));
    let review = browser.open(&back).await;
    app.refuses(NONE, browser.open(&back)).await.is_refusal_page(400, "no_transaction");
    assert_eq!(browser.accept(&review).await.url, harbor.url("/home"));
    app.refuses(NONE, browser.open(&back)).await.is_refusal_page(400, "no_transaction");
    assert_eq!(home.asked("/token"), 1);
    assert_eq!(browser.open(&harbor.url("/home")).await.status, 200, "the session goes on");
    assert!(browser.open(&harbor.url("/home")).await.shows(ADA));
}

#[tokio::test(flavor = "multi_thread")]
async fn up_04_a_journey_of_eleven_minutes_is_over() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = app.browser();
    let left = departure(&harbor, &browser).await;
    app.clock.advance_seconds(11 * 60);
    let back = home.signs_in(&left, &json!({}));
    let late = browser.open(&back);
    let answer = app.refuses((AuditKind::UpstreamRejected, "interaction_expired"), late).await;
    answer.is_refusal_page(400, "interaction_expired");
    assert!(answer.body.contains("start again"), "{}", answer.body);
    assert_eq!(home.asked("/token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_05_the_callback_of_another_home_idp_is_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (fjord, evil) = (FakeHome::start(&app.clock).await, FakeHome::start(&app.clock).await);
    harbor.trusts(&fjord, "fjord.example").await;
    let other = harbor.trusts(&evil, "evil.example").await;
    let browser = app.browser();
    let left = departure(&harbor, &browser).await;
    fjord.answers("c", &left, &json!({}));
    let query = crate::support::query::Query::new(&[("code", "c"), ("state", left.state())]);
    let elsewhere = format!("{}?{}", harbor.desk().await.admin().callback_uri(other), query.encoded());
    app.refuses(NONE, browser.open(&elsewhere)).await.is_refusal_page(400, "no_transaction");
    let beta = app.tenant("beta").await;
    let in_beta = elsewhere.replace("/t/harbor/", "/t/beta/");
    assert!(app.unchanged(browser.open(&in_beta)).await.status >= 400, "{}", beta.slug);
    assert_eq!((fjord.asked("/token"), evil.asked("/token")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn up_06_an_issuer_parameter_that_does_not_fit_is_refused_before_the_exchange() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    home.publishes(&json!({"authorization_response_iss_parameter_supported": true}));
    harbor.trusts(&home, "fjord.example").await;
    let slash = format!("{}/", home.issuer);
    for iss in [Some("https://evil.example"), Some(slash.as_str()), Some(""), None] {
        let browser = app.browser();
        let left = departure(&harbor, &browser).await;
        home.answers("c", &left, &json!({}));
        let mut parameters = vec![("code", "c"), ("state", left.state())];
        parameters.extend(iss.map(|iss| ("iss", iss)));
        let back = left.back(&parameters);
        let attempt = app.only_sign_ins_changed(browser.open(&back));
        let answer = app.audited((REFUSED.0, Some(REFUSED.1)), attempt).await;
        answer.is_refusal_page(400, "home_idp_refused");
    }
    assert_eq!(home.asked("/token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_07_what_a_home_idp_says_about_its_refusal_is_not_shown() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", ADA));
    let left = Departure::of(&request.get(&browser).await);
    let script = "<script>alert(1)</script>";
    let back =
        left.back(&[("error", "access_denied"), ("error_description", script), ("state", left.state())]);
    let attempt = app.only_sign_ins_changed(browser.open(&back));
    let answer = app.audited((AuditKind::UpstreamRejected, Some("home_idp_denied")), attempt).await;
    answer.is_refusal_page(400, "home_idp_denied");
    assert!(!answer.body.contains("alert(1)"), "{}", answer.body);
    let page = answer.page();
    let back = scraper::Selector::parse("main a.button").unwrap();
    let back = page.select(&back).next().expect("a way back to the app").value().attr("href").unwrap();
    assert!(back.starts_with(&wiki.redirect_uri) && back.contains("error=access_denied"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_08_an_answer_that_says_two_things_is_refused() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    for (doubled, code) in [
        (vec![("code", "c"), ("error", "access_denied")], "home_idp_refused"),
        (vec![("code", "c"), ("code", "d")], "home_idp_refused"),
        (vec![], "home_idp_refused"),
        (vec![("code", "c"), ("state", "x.y")], "no_transaction"),
    ] {
        let browser = app.browser();
        let left = departure(&harbor, &browser).await;
        home.answers("c", &left, &json!({}));
        let mut parameters = doubled.clone();
        parameters.push(("state", left.state()));
        let back = left.back(&parameters);
        let attempt = app.only_sign_ins_changed(browser.open(&back));
        let answer = app.audited((AuditKind::UpstreamRejected, Some(code)), attempt).await;
        answer.is_refusal_page(400, code);
        assert_eq!(browser.cookie("hs_"), None);
    }
    assert_eq!(home.asked("/token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_12_up_13_an_unknown_key_is_looked_for_once() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = harbor.fake_guest(&home, ADA, &json!({})).await;
    drop(browser);
    let before = home.asked("/jwks");
    home.rotates();
    let again = app.browser();
    let left = departure(&harbor, &again).await;
    let landed = again.open(&home.signs_in(&left, &json!({}))).await;
    assert_eq!((landed.status, landed.url), (200, harbor.url("/home")), "rotated just before signing");
    assert_eq!(home.asked("/jwks"), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_26_userinfo_about_somebody_else_is_refused() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    home.userinfo(json!({"sub": "eve", "email": ADA, "email_verified": true}));
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let browser = app.browser();
    let left = browser.depart(&link).await;
    let back = home.signs_in(&left, &json!({"email": null, "email_verified": null, "name": null}));
    let attempt = app.only_sign_ins_changed(browser.open(&back));
    let answer = app.audited((REFUSED.0, Some(REFUSED.1)), attempt).await;
    answer.is_refusal_page(400, "home_idp_refused");
    assert!(harbor.is_waiting(ADA).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_34_a_second_factor_at_home_is_not_ours() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", ADA));
    let left = Departure::of(&request.get(&browser).await);
    let strong = json!({"acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor", "amr": ["pwd", "mfa", "hwk"]});
    let answer = browser.open(&home.signs_in(&left, &strong)).await;
    let claims = jwt::claims(wiki.redeem(&request.code(&answer)).send().await.tokens().id_token());
    let amr = claims["amr"].to_string();
    assert!(!amr.contains("mfa") && !amr.contains("hwk") && !amr.contains("pwd"), "{claims}");
    assert!(!claims["acr"].to_string().contains("multi-factor"), "{claims}");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_36_a_fresh_sign_in_is_asked_of_home_and_its_time_is_never_embellished() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let now = app.clock.seconds();
    for stale in [json!({"auth_time": null}), json!({"auth_time": now - 7200})] {
        let (browser, request) =
            (app.browser(), wiki.authorize().set("login_hint", ADA).set("max_age", "60"));
        let left = Departure::of(&request.get(&browser).await);
        assert_eq!(left.query["max_age"], "60");
        let back = home.signs_in(&left, &stale);
        let attempt = app.only_sign_ins_changed(browser.open(&back));
        let answer = app.audited((REFUSED.0, Some(REFUSED.1)), attempt).await;
        answer.is_refusal_page(400, "home_idp_refused");
    }
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", ADA).set("max_age", "60"));
    let left = Departure::of(&request.get(&browser).await);
    let answer = browser.open(&home.signs_in(&left, &json!({"auth_time": now - 30}))).await;
    let claims = jwt::claims(wiki.redeem(&request.code(&answer)).send().await.tokens().id_token());
    assert_eq!(claims["auth_time"], now - 30);
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", ADA).set("prompt", "login"));
    let left = Departure::of(&request.get(&browser).await);
    assert_eq!((left.query["prompt"].as_str(), left.query["max_age"].as_str()), ("login", "0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn up_45_five_impatient_reloads_make_one_exchange() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let before = home.asked("/token");
    let browser = app.browser();
    let left = departure(&harbor, &browser).await;
    home.takes(Duration::from_secs(2));
    let back = home.signs_in(&left, &json!({}));
    let tabs: Vec<_> = (0..5).map(|_| browser.twin(&app)).collect();
    let answers = join_all(tabs.iter().map(|tab| tab.open(&back))).await;
    let landed =
        answers.iter().filter(|answer| answer.url == harbor.url("/home") && answer.status == 200).count();
    assert_eq!(landed, 1, "{answers:#?}");
    assert!(answers.iter().all(|answer| answer.status < 500), "{answers:#?}");
    assert_eq!(tabs.iter().filter(|tab| tab.cookie("hs_").is_some()).count(), 1, "one session");
    assert_eq!(home.asked("/token"), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_47_a_posted_callback_is_not_taken() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = app.browser();
    let left = departure(&harbor, &browser).await;
    assert_eq!(left.query.get("response_mode"), None, "answers come by redirect");
    let form = crate::support::query::Query::new(&[("code", "c"), ("state", left.state())]);
    let posted = browser.post_from(&left.query["redirect_uri"], &form, ("cross-site", &home.issuer));
    assert_eq!(app.unchanged(posted).await.status, 405);
    assert_eq!(home.asked("/token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_46_a_home_idp_that_hangs_holds_up_its_own_guests_only() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let before = home.asked("/token");
    home.takes(Duration::from_mins(10));
    let waiting = (0..50).map(async |_| {
        let browser = app.browser();
        let left = departure(&harbor, &browser).await;
        browser.open(&home.signs_in(&left, &json!({}))).await
    });
    let somebody_else = async {
        while home.asked("/token") < before + 50 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        wiki.code_for(&app.browser(), &hanna).await
    };
    tokio::select! {
        answers = join_all(waiting) => panic!("nobody's sign-in at {} ends: {answers:#?}", home.issuer),
        code = somebody_else => drop(wiki.redeem(&code).send().await.tokens()),
    }
}
