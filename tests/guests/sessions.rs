//! SES: browser sessions, their cookies, and forms that do not come from us.

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::fake_home::FakeHome;
use crate::support::query::Query;
use crate::support::tenant::{Person, TestTenant};
use hospes_idp::audit::AuditKind;
use hospes_protocol::encoding::from_base64url;
use serde_json::json;

async fn signed_in(harbor: &TestTenant<'_>, person: &Person) -> Browser {
    let browser = harbor.app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    let landed = browser.sign_in(page, person).await;
    assert_eq!((landed.status, landed.url.as_str()), (200, harbor.url("/home").as_str()), "{landed:?}");
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_01_a_planted_cookie_never_becomes_a_session() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let max = harbor.member("max@harbor.example").await;
    let name = signed_in(&harbor, &max).await.cookie("hs_").unwrap().0;
    let (victim, planted) = (app.browser(), app.ctx().token());
    victim.cookies.lock().unwrap().insert(name.clone(), planted.clone());
    let page = victim.open(&harbor.url("/home")).await;
    assert_eq!(victim.sign_in(page, &max).await.url, harbor.url("/home"));
    let first = victim.cookie("hs_").unwrap().1;
    assert_ne!(first, planted);
    let wiki = harbor.client("wiki").public().await;
    let request = wiki.authorize().set("prompt", "login").set("login_hint", &max.email);
    let page = request.open(&victim).await;
    request.code(&victim.sign_in(page, &max).await);
    assert_ne!(victim.cookie("hs_").unwrap().1, first, "signing in again gives a new one");
    for old in [planted, first] {
        let thief = app.browser();
        thief.cookies.lock().unwrap().insert(name.clone(), old);
        thief.open(&harbor.url("/home")).await.asks_who();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_02_cookies_are_narrow_and_the_store_holds_only_their_hash() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let max = harbor.member("max@harbor.example").await;
    let browser = app.browser();
    let first = browser.get(&harbor.url("/home")).await;
    let page = browser.follow(first.clone()).await;
    let page = browser.submit(&page, "/identify", &[("email", &max.email)]).await;
    let landed = browser.press(&page, "/password", &[("password", &max.password)]).await;
    for answer in [&first, &landed] {
        let cookie = answer.header("set-cookie").unwrap();
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(
            !cookie.contains("Domain") && !cookie.contains("Max-Age") && !cookie.contains("Expires"),
            "{cookie}"
        );
    }
    let (session, binding) = (browser.cookie("hs_").unwrap().1, browser.cookie("hb_").unwrap().1);
    app.snapshot().await;
    let stored = std::fs::read(app.stores().folder.path().join("sessions.redb")).unwrap();
    for secret in [session, binding] {
        assert!(from_base64url(&secret).unwrap().len() >= 16, "128 bits: {secret}");
        assert!(
            !stored.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "stored in the clear"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_02_over_https_cookies_are_bound_to_the_host() {
    let app = TestApp::builder().setting("base_url", "https://id.example").spawn().await;
    let harbor = app.tenant("harbor").await;
    let answer = app.browser().get(&format!("{}/t/{}/home", app.base_url, harbor.slug)).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-hb_") && cookie.contains("Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").unwrap().starts_with("max-age="), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_03_a_cookie_of_one_tenant_is_nothing_to_another() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let max = harbor.member("max@harbor.example").await;
    let bruno = beta.member("bruno@beta.example").await;
    let browser = signed_in(&harbor, &max).await;
    browser.open(&beta.url("/home")).await.asks_who();
    let names_at_beta = signed_in(&beta, &bruno).await;
    let (theirs, ours) = (names_at_beta.cookie("hs_").unwrap().0, browser.cookie("hs_").unwrap().1);
    let forger = app.browser();
    forger.cookies.lock().unwrap().insert(theirs, ours);
    forger.open(&beta.url("/home")).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_04_ses_07_a_broken_cookie_is_no_cookie() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let max = harbor.member("max@harbor.example").await;
    let browser = signed_in(&harbor, &max).await;
    let (name, value) = browser.cookie("hs_").unwrap();
    let long = "A".repeat(4096);
    let flipped = format!("{}{}", if value.starts_with('A') { "B" } else { "A" }, &value[1..]);
    let twins = format!("{name}={value}; {name}={value}");
    let planted = format!("{name}=x; {name}={value}");
    let single = |value: &str| format!("{name}={value}");
    let cut = &value[..20];
    for cookies in [
        single(&flipped),
        single(cut),
        single(""),
        single(&long),
        single("%00"),
        single("\"x\""),
        twins,
        planted,
    ] {
        let request = app.http.get(harbor.url("/home")).header("cookie", &cookies);
        let answer = crate::support::answer::Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 303, "{cookies}: {answer:?}");
        assert!(answer.location().unwrap().contains("/interaction/"), "{cookies}");
    }
    assert_eq!(browser.open(&harbor.url("/home")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_05_idle_and_absolute_limits_hold_to_the_second() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    harbor.settings(|settings| (settings.session_idle, settings.session_lifetime) = (600, 1500)).await;
    let max = harbor.member("max@harbor.example").await;
    let wiki = harbor.client("wiki").public().await;
    let is_alive = async |browser: &Browser| {
        wiki.authorize().set("prompt", "none").get(browser).await.returned().contains_key("code")
    };
    let (used, idle, limit) =
        (signed_in(&harbor, &max).await, signed_in(&harbor, &max).await, signed_in(&harbor, &max).await);
    app.clock.advance_seconds(590);
    assert!(is_alive(&used).await, "before the idle limit");
    assert!(is_alive(&limit).await);
    app.clock.advance_seconds(11);
    assert!(!is_alive(&idle).await, "after the idle limit");
    for _ in 0..2 {
        app.clock.advance_seconds(400);
        assert!(is_alive(&used).await, "use keeps it alive");
    }
    app.clock.advance_seconds(80);
    assert!(is_alive(&used).await, "up to the absolute limit");
    app.clock.advance_seconds(30);
    assert!(!is_alive(&used).await, "and no longer");
    used.open(&harbor.url("/home")).await.asks_who();
}

/// Every route that changes something for a browser, as the route table has them.
const FORMS: [&str; 21] = [
    "/redeem?ticket=x",
    "/interaction/ID/identify",
    "/interaction/ID/restart",
    "/interaction/ID/account",
    "/interaction/ID/sign-out",
    "/interaction/ID/keep-session",
    "/interaction/ID/password",
    "/interaction/ID/send-code",
    "/interaction/ID/reset-password",
    "/interaction/ID/code",
    "/interaction/ID/new-password",
    "/interaction/ID/skip-password",
    "/interaction/ID/permissions",
    "/interaction/ID/consent",
    "/interaction/ID/device",
    "/device",
    "/accounts",
    "/sessions/end-others",
    "/sessions/ID/end",
    "/set-up?token=x",
    "/invite",
];

/// Routes that take posts from elsewhere by their nature, with what protects them instead.
const OTHERS: [(&str, &str); 10] = [
    ("/authorize", "a request, not an answer: it only begins a sign-in"),
    ("/token", "client authentication; no cookie counts"),
    ("/par", "the client's own authentication; no cookie counts"),
    ("/device_authorization", "the client's own authentication; no cookie counts"),
    ("/introspect", "the client's own authentication; no cookie counts"),
    ("/revoke", "the client's own authentication; no cookie counts"),
    ("/userinfo", "a bearer token; no cookie counts"),
    ("/register", "a token an administrator made; no cookie counts"),
    ("/upstream/ID/backchannel_logout", "a signed token of a home IdP; no cookie counts"),
    ("/logout", "asks first; its button is tested in lo_08"),
];

/// The route table is read from its source, so that a new route cannot be forgotten here.
#[test]
fn ses_06_the_list_of_forms_is_the_route_table() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/web/src/routes");
    let mut sources = vec![std::fs::read_to_string(format!("{table}.rs")).unwrap()];
    // The APIs of administrators and programs read no cookie: one lies deeper, the other is left out.
    for file in std::fs::read_dir(table).unwrap().map(|file| file.unwrap().path()) {
        if file.file_stem().is_some_and(|name| name == "graph") {
            continue;
        }
        sources.extend(file.is_file().then(|| std::fs::read_to_string(file).unwrap()));
    }
    let mut posted = Vec::new();
    for source in &sources {
        for service in source.split(".service(").skip(1).filter(|service| service.contains("post()")) {
            let path = service.split('"').nth(1).unwrap().replace("{id}", "ID");
            posted.push(path);
        }
    }
    posted.sort();
    let mut known: Vec<_> = FORMS.iter().map(|path| path.split('?').next().unwrap().to_owned()).collect();
    known.extend(OTHERS.iter().map(|(path, _)| (*path).to_owned()));
    known.sort();
    assert_eq!(posted, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_06_no_form_is_taken_without_the_token_of_this_browser_from_our_own_page() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let max = harbor.member("max@harbor.example").await;
    let browser = signed_in(&harbor, &max).await;
    let wiki = harbor.client("wiki").public().await;
    let page = wiki.authorize().set("prompt", "login").open(&browser).await;
    let interaction = page.url.rsplit_once('/').unwrap().1.to_owned();
    let (_, form) = crate::support::browser::form(&page, "/identify", &[]);
    let csrf = form.get("csrf").unwrap().to_owned();
    let foreign = app.browser();
    let foreign_page = foreign.open(&harbor.url("/home")).await;
    let foreign_csrf =
        crate::support::browser::form(&foreign_page, "/identify", &[]).1.get("csrf").unwrap().to_owned();
    let beta = app.tenant("beta").await;
    let beta_page = browser.open(&beta.url("/home")).await;
    let beta_csrf =
        crate::support::browser::form(&beta_page, "/identify", &[]).1.get("csrf").unwrap().to_owned();
    let ours = ("same-origin", "null");
    let origin = app.base_url.clone();
    let refused = (AuditKind::CsrfRejected, "form_rejected");
    for path in FORMS {
        let url = harbor.url(&path.replace("ID", &interaction));
        let fields = Query::new(&[
            ("email", "max@harbor.example"),
            ("password", "x"),
            ("code", "1"),
            ("decision", "accept"),
        ]);
        for (token, from) in [
            (None, ours),
            (Some(""), ours),
            (Some(foreign_csrf.as_str()), ours),
            (Some(beta_csrf.as_str()), ours),
            (Some(csrf.as_str()), ("cross-site", "https://evil.example")),
            (Some(csrf.as_str()), ("cross-site", "null")),
            (Some(csrf.as_str()), ("same-site", origin.as_str())),
            (Some(csrf.as_str()), ("same-origin", "https://evil.example")),
            (Some(csrf.as_str()), ("none", "https://evil.example")),
        ] {
            let form = token.map_or(fields.clone(), |token| fields.clone().and("csrf", token));
            let answer = app.refuses(refused, browser.post_from(&url, &form, from)).await;
            answer.is_refusal_page(403, "form_rejected");
        }
        let nobody = app.browser();
        let form = fields.clone().and("csrf", &csrf);
        app.refuses(refused, nobody.post_from(&url, &form, ours)).await.is_refusal_page(403, "form_rejected");
    }
    let (target, form) = crate::support::browser::form(&page, "/identify", &[("email", &max.email)]);
    browser.follow(browser.post(&target, &form).await).await.asks_password();
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_08_a_guest_who_is_disabled_is_signed_out_everywhere() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    let browser = harbor.fake_guest(&home, "ada@fjord.example", &json!({})).await;
    let request = wiki.authorize();
    let tokens = wiki.redeem(&request.code(&request.open(&browser).await)).send().await.tokens();
    harbor.set_status_of("ada@fjord.example", hospes_idp::tenant::Status::Disabled).await;
    browser.open(&harbor.url("/home")).await.asks_who();
    let silent = wiki.authorize().set("prompt", "none");
    silent.get(&browser).await.is_returned("login_required", &silent);
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_11_strangers_cost_no_memory_but_sign_ins() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite("ada@fjord.example").await;
    app.unchanged(async {
        for path in [
            "/.well-known/openid-configuration",
            "/jwks",
            "/userinfo",
            "/logout",
            "/nothing",
            "/interaction/x",
        ] {
            for _ in 0..20 {
                app.browser().get(&harbor.url(path)).await;
            }
        }
        app.browser().get(&link).await;
    })
    .await;
    let before = app.snapshot().await;
    for _ in 0..20 {
        app.browser().get(&harbor.url("/home")).await;
    }
    let difference = before.difference(&app.snapshot().await);
    assert!(
        difference.len() == 20 && difference.iter().all(|line| line.starts_with("new: interaction ")),
        "{difference:#?}"
    );
    app.clock.advance_seconds(30 * 60 + 1);
    assert!(before.difference(&app.snapshot().await).is_empty(), "sign-ins are forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_of_two_identities_in_one_browser_the_last_comes_first_and_nobody_is_merged() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (max, mia) = (harbor.member("max@harbor.example").await, harbor.member("mia@harbor.example").await);
    let browser = app.browser();
    let (first, second) =
        (browser.open(&harbor.url("/home")).await, browser.open(&harbor.url("/home")).await);
    assert!(browser.sign_in(first, &max).await.shows("max@"));
    let of_max = browser.cookie("hs_").unwrap();
    let landed = browser.sign_in(second, &mia).await;
    assert!(landed.shows("mia@"), "{}", landed.body);
    let thief = app.browser();
    thief.cookies.lock().unwrap().extend([of_max]);
    thief.open(&harbor.url("/home")).await.asks_who();
}
