//! LO: a home IdP says that somebody signed out there. What hangs on that session ends, and nothing else.

use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::client::TestClient;
use crate::support::ear::Ear;
use crate::support::fake_home::{Departure, FakeHome, home_settings};
use crate::support::jwt::{JwtKey, claims, unsigned};
use crate::support::query::Query;
use crate::support::tenant::TestTenant;
use crate::support::{Stores, TestApp};
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::audit::AuditKind::{SignedOut, UpstreamRejected};
use hospes_idp::ids::HomeIdpId;
use hospes_idp::ports::{Key, Kind};
use hospes_idp::tenant::Status;
use hospes_protocol::jose::Algorithm;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

fn address(tenant: &TestTenant<'_>, home: HomeIdpId) -> String {
    tenant.url(&format!("/upstream/{home}/backchannel_logout"))
}

async fn send(app: &TestApp, url: &str, token: &str) -> Answer {
    let body = Query::new(&[("logout_token", token)]).encoded();
    let request = app.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
    let answer = Answer::of(request.send().await.unwrap()).await;
    answer.is_not_stored();
    answer
}

async fn is_alive(client: &TestClient<'_>, browser: &Browser) -> bool {
    client.authorize().set("prompt", "none").get(browser).await.returned().contains_key("code")
}

const FREYA: &str = "freya@fjord.example";
const FRODE: &str = "frode@fjord.example";

/// A guest of the fjord who redeemed, with a session there of this name.
async fn guest(harbor: &TestTenant<'_>, home: &FakeHome, email: &str, sid: &Value) -> Browser {
    let name = email.split('@').next().unwrap();
    harbor.fake_guest(home, email, &json!({"sub": name, "email": email, "sid": sid})).await
}

/// The same person at another browser.
async fn again(harbor: &TestTenant<'_>, home: &FakeHome, email: &str, sid: &Value) -> Browser {
    let browser = harbor.app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    let left = browser.press(&page, "/identify", &[("email", email)]).await;
    let departure = Departure::of(&left);
    let name = email.split('@').next().unwrap();
    let landed =
        browser.open(&home.signs_in(&departure, &json!({"sub": name, "email": email, "sid": sid}))).await;
    assert_eq!(landed.url, harbor.url("/home"), "{landed:?}");
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_10_lo_13_a_session_that_ends_at_home_ends_here_with_its_tokens() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let fjord = harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").with(|settings| {
        settings.options.logout.backchannel_logout_uri = Some(ear.at("/wiki"));
    });
    let wiki = wiki.confidential().await;
    let first = guest(&harbor, &home, FREYA, &json!("at-work")).await;
    let second = again(&harbor, &home, FREYA, &json!("on-the-train")).await;
    let other = guest(&harbor, &home, FRODE, &json!("frodes")).await;
    let request = wiki.authorize().set("scope", "openid email");
    let online = wiki.redeem(&request.code(&request.get(&first).await)).send().await.tokens();
    let request = wiki.authorize();
    let offline = wiki.redeem(&request.code(&request.get(&first).await)).send().await.tokens();
    let request = wiki.authorize().set("scope", "openid email");
    let kept = wiki.redeem(&request.code(&request.get(&second).await)).send().await.tokens();
    let logout = home.logout_token(&json!({"sid": "at-work", "sub": "freya"}));
    let url = address(&harbor, fjord);
    let answer = app.audited((SignedOut, None), send(&app, &url, &logout)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
    let heard = ear.hears(1).await[0].claims(&app, &harbor.issuer()).await;
    assert_eq!(heard["sid"], claims(online.id_token())["sid"]);
    app.unchanged(wiki.refresh(online.refresh_token()).send()).await.is_error(400, "invalid_grant");
    assert_eq!(wiki.userinfo(&online.access_token).await.status, 401);
    wiki.refresh(offline.refresh_token()).send().await.tokens();
    let kept = wiki.refresh(kept.refresh_token()).send().await.tokens();
    first.open(&harbor.url("/home")).await.asks_who();
    assert!(is_alive(&wiki, &second).await && is_alive(&wiki, &other).await);
    // An account that signs out everywhere.
    let logout = home.logout_token(&json!({"sub": "freya"}));
    app.audited((SignedOut, None), send(&app, &url, &logout)).await;
    app.unchanged(wiki.refresh(kept.refresh_token()).send()).await.is_error(400, "invalid_grant");
    assert!(!is_alive(&wiki, &second).await && is_alive(&wiki, &other).await);
    app.snapshot().await;
    ear.hears(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_10_tokens_end_with_the_session_at_home_even_after_ours_idled_out() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let fjord = harbor.trusts(&home, "fjord.example").await;
    harbor.settings(|settings| settings.session_idle = 600).await;
    let wiki = harbor.client("wiki").with(|settings| {
        settings.options.logout.backchannel_logout_uri = Some(ear.at("/wiki"));
    });
    let wiki = wiki.confidential().await;
    // Some home IdPs do not name their sessions.
    let browser = guest(&harbor, &home, FREYA, &Value::Null).await;
    let request = wiki.authorize().set("scope", "openid email");
    let tokens = wiki.redeem(&request.code(&request.get(&browser).await)).send().await.tokens();
    app.clock.advance_seconds(900);
    assert!(!is_alive(&wiki, &browser).await);
    let logout = home.logout_token(&json!({"sid": "unheard-of", "sub": "freya"}));
    assert_eq!(send(&app, &address(&harbor, fjord), &logout).await.status, 200);
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
    ear.hears(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_10_what_was_granted_before_signing_in_at_home_once_more_ends_too() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let fjord = harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").confidential().await;
    let browser = guest(&harbor, &home, FREYA, &json!("in-the-morning")).await;
    let request = wiki.authorize().set("scope", "openid");
    let tokens = wiki.redeem(&request.code(&request.get(&browser).await)).send().await.tokens();
    let request = wiki.authorize().set("prompt", "login").set("login_hint", FREYA);
    let departure = Departure::of(&request.get(&browser).await);
    let evening = json!({"sub": "freya", "email": FREYA, "sid": "in-the-evening"});
    request.code(&browser.open(&home.signs_in(&departure, &evening)).await);
    let tokens = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    let logout = home.logout_token(&json!({"sid": "in-the-evening"}));
    assert_eq!(send(&app, &address(&harbor, fjord), &logout).await.status, 200);
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_11_lo_12_what_is_no_logout_token_ends_nothing() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let fjord = harbor.trusts(&home, "fjord.example").await;
    let browser = guest(&harbor, &home, FREYA, &json!("s")).await;
    let wiki = harbor.client("wiki").public().await;
    let url = address(&harbor, fjord);
    let now = app.clock.seconds();
    let named = |change: Value| {
        let mut all = json!({"sid": "s", "sub": "freya"});
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        home.logout_token(&all)
    };
    let good = claims(&named(json!({})));
    let stranger = JwtKey::generate(Algorithm::ES256);
    let forged = stranger.sign(&stranger.header(), &good);
    let none = format!("{}.", unsigned(&json!({"alg": "none", "typ": "logout+jwt"}), &good));
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let rows = [
        named(json!({"iss": "https://evil.example"})),
        named(json!({"aud": "somebody"})),
        named(json!({"aud": ["hospes", "somebody"]})),
        named(json!({"aud": null})),
        named(json!({"events": null})),
        named(json!({"events": {}})),
        named(json!({"events": {"urn:other": {}}})),
        named(json!({"events": {event: "yes"}})),
        named(json!({"events": [event]})),
        named(json!({"nonce": "n"})),
        named(json!({"nonce": ""})),
        named(json!({"sub": null, "sid": null})),
        named(json!({"sub": 7})),
        named(json!({"sid": ["s"]})),
        named(json!({"exp": now - 120})),
        named(json!({"exp": null})),
        named(json!({"iat": now - 3600})),
        named(json!({"iat": now + 300})),
        named(json!({"iat": null})),
        named(json!({"jti": null})),
        forged,
        none,
        "a.b.c".to_owned(),
        String::new(),
    ];
    for token in rows {
        let answer = app.audited((UpstreamRejected, None), app.unchanged(send(&app, &url, &token))).await;
        answer.is_error(400, "invalid_request");
    }
    assert!(is_alive(&wiki, &browser).await);
    let token = home.logout_token(&json!({"sid": "s"}));
    assert_eq!(send(&app, &url, &token).await.status, 200);
    let second = again(&harbor, &home, FREYA, &json!("s")).await;
    let replayed = app.refuses((UpstreamRejected, "replayed"), send(&app, &url, &token)).await;
    replayed.is_error(400, "invalid_request");
    assert!(is_alive(&wiki, &second).await && !is_alive(&wiki, &browser).await);
    harbor_switches_off(&harbor, fjord).await;
    let token = home.logout_token(&json!({"sid": "s"}));
    let off = app.refuses((UpstreamRejected, "unknown_home_idp"), send(&app, &url, &token)).await;
    off.is_error(400, "invalid_request");
}

async fn harbor_switches_off(harbor: &TestTenant<'_>, home: HomeIdpId) {
    let desk = harbor.desk().await;
    let issuer = desk.admin().home_idp(home).await.unwrap().issuer.to_string();
    let settings = HomeIdpSettings { status: Status::Disabled, ..home_settings(&issuer, "fjord.example") };
    desk.admin().update_home_idp(home, settings, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_13_lo_15_a_home_idp_ends_only_what_is_its_own_in_that_tenant() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let (home, rival) = (FakeHome::start(&app.clock).await, FakeHome::start(&app.clock).await);
    let (fjord, dale) =
        (harbor.trusts(&home, "fjord.example").await, harbor.trusts(&rival, "dale.example").await);
    let of_beta = beta.trusts(&home, "fjord.example").await;
    let (wiki, theirs) = (harbor.client("wiki").public().await, beta.client("wiki").public().await);
    let freya = guest(&harbor, &home, FREYA, &json!("same")).await;
    let freya_at_beta = guest(&beta, &home, FREYA, &json!("same")).await;
    // The same subject and the same session name at another home IdP are somebody else's.
    let dagny = json!({"sub": "freya", "email": "dagny@dale.example", "sid": "same"});
    let dagny = harbor.fake_guest(&rival, "dagny@dale.example", &dagny).await;
    let logout = rival.logout_token(&json!({"sub": "freya", "sid": "same"}));
    assert_eq!(send(&app, &address(&harbor, dale), &logout).await.status, 200);
    assert!(!is_alive(&wiki, &dagny).await && is_alive(&wiki, &freya).await);
    // Nor does one speak for another, and neither is known under the other's address.
    let logout = home.logout_token(&json!({"sub": "freya"}));
    for url in [address(&harbor, dale), address(&beta, dale), address(&beta, fjord)] {
        let answer = app.audited((UpstreamRejected, None), app.unchanged(send(&app, &url, &logout))).await;
        answer.is_error(400, "invalid_request");
    }
    assert_eq!(send(&app, &address(&beta, of_beta), &logout).await.status, 200);
    assert!(!is_alive(&theirs, &freya_at_beta).await && is_alive(&wiki, &freya).await);
    let nobody = home.logout_token(&json!({"sub": "nobody"}));
    assert_eq!(send(&app, &address(&harbor, fjord), &nobody).await.status, 200);
    assert!(is_alive(&wiki, &freya).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_14_a_frame_from_home_needs_the_right_issuer_and_the_name_of_a_session() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let fjord = harbor.trusts(&home, "fjord.example").await;
    let browser = guest(&harbor, &home, FREYA, &json!("s")).await;
    let wiki = harbor.client("wiki").public().await;
    let frame = |parameters: &[(&str, &str)]| {
        let query = Query::new(parameters).encoded();
        harbor.url(&format!("/upstream/{fjord}/frontchannel_logout?{query}"))
    };
    let iss = home.issuer.as_str();
    let other = format!("{iss}/");
    for parameters in [
        &[][..],
        &[("sid", "s")],
        &[("iss", iss)],
        &[("iss", "https://evil.example"), ("sid", "s")],
        &[("iss", &other), ("sid", "s")],
        &[("iss", iss), ("sid", "unheard-of")],
        &[("iss", iss), ("sid", "")],
        &[("iss", iss), ("sid", "s"), ("sid", "s")],
    ] {
        let answer = app.unchanged(app.browser().get(&frame(parameters))).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
    }
    assert!(is_alive(&wiki, &browser).await);
    let (anybody, address) = (app.browser(), frame(&[("iss", iss), ("sid", "s")]));
    let answer = app.audited((SignedOut, None), anybody.get(&address)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
    let policy = answer.header("content-security-policy").unwrap();
    assert_eq!(policy, format!("default-src 'none'; frame-ancestors {iss}"));
    assert!(!is_alive(&wiki, &browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_19_only_a_small_form_is_read() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let url = address(&harbor, harbor.trusts(&home, "fjord.example").await);
    let huge = app.unchanged(send(&app, &url, &"A".repeat(1024 * 1024))).await;
    assert_eq!(huge.status, 413, "{huge:?}");
    let token = home.logout_token(&json!({"sub": "freya"}));
    let json = app.http.post(&url).header(CONTENT_TYPE, "application/json");
    let request = json.body(json!({"logout_token": token}).to_string());
    let attempt = async { Answer::of(request.send().await.unwrap()).await };
    let answer = app.audited((UpstreamRejected, None), app.unchanged(attempt)).await;
    answer.is_error(400, "invalid_request");
    let twice = Query::new(&[("logout_token", &token), ("logout_token", &token)]).encoded();
    let request = app.http.post(&url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(twice);
    let attempt = async { Answer::of(request.send().await.unwrap()).await };
    app.audited((UpstreamRejected, None), app.unchanged(attempt)).await.is_error(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_12_a_token_that_could_not_be_followed_may_come_again() {
    let app = TestApp::on(Stores::Real).await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let fjord = harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    let browser = guest(&harbor, &home, FREYA, &json!("at-work")).await;
    let (url, logout) = (address(&harbor, fjord), home.logout_token(&json!({"sid": "at-work"})));
    // What is remembered of that session cannot be read for a while.
    let tenant = harbor.desk().await.tenant.id;
    let index = Key::new(tenant, Kind::OfHome, format!("{fjord} sid at-work")).text();
    let aside = format!("{index}-aside");
    let client = redis::Client::open(app.stores().sessions_url.as_str()).unwrap();
    let mut store = client.get_multiplexed_async_connection().await.unwrap();
    let moved: () = redis::cmd("RENAME").arg(&index).arg(&aside).query_async(&mut store).await.unwrap();
    let broken: () = redis::cmd("SET").arg(&index).arg("no index").query_async(&mut store).await.unwrap();
    assert_eq!(send(&app, &url, &logout).await.status, 503);
    let mended: () = redis::cmd("RENAME").arg(&aside).arg(&index).query_async(&mut store).await.unwrap();
    assert_eq!((moved, broken, mended), ((), (), ()));
    assert!(is_alive(&wiki, &browser).await);
    assert_eq!(send(&app, &url, &logout).await.status, 200, "it was not followed, so it is no replay");
    assert!(!is_alive(&wiki, &browser).await);
    send(&app, &url, &logout).await.is_error(400, "invalid_request");
}
