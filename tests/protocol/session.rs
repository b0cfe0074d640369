//! SES: browser sessions, their cookies and the forms of our pages.

use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::client::TestClient;
use crate::support::query::Query;
use crate::support::tenant::TestTenant;
use crate::support::{Stores, TestApp};
use hospes_idp::audit::AuditKind::CsrfRejected;
use hospes_protocol::encoding::base64url;
use reqwest::header::{COOKIE, ORIGIN};
use std::collections::BTreeMap;

/// A browser that is signed in, and its cookies: session first, binding second.
async fn signed_in(wiki: &TestClient<'_>, harbor: &TestTenant<'_>, email: &str) -> (Browser, [Cookie; 2]) {
    let browser = wiki.app.browser();
    let person = harbor.member(email).await;
    wiki.code_for(&browser, &person).await;
    let cookies = cookies(&browser);
    (browser, cookies)
}

type Cookie = (String, String);

fn cookies(browser: &Browser) -> [Cookie; 2] {
    let all: BTreeMap<String, String> = browser.cookies.lock().unwrap().clone();
    let find = |prefix: &str| all.iter().find(|(name, _)| name.starts_with(prefix)).unwrap();
    ["hs_", "hb_"].map(find).map(|(name, value)| (name.clone(), value.clone()))
}

/// Whether whoever sends these cookies is signed in.
async fn is_signed_in(tenant: &TestTenant<'_>, cookies: &str) -> bool {
    let request = tenant.app.http.get(tenant.url("/home")).header(COOKIE, cookies);
    let answer = Answer::of(request.send().await.unwrap()).await;
    // Whoever is not signed in is sent to sign in.
    assert!(matches!(answer.status, 200 | 303), "{answer:?}");
    answer.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_01_ses_02_a_sign_in_gives_a_new_cookie_that_only_travels_where_it_should() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (browser, [(name, first), _]) = signed_in(&wiki, &harbor, "henry@harbor.example").await;
    let planted = app.browser();
    planted.cookies.lock().unwrap().insert(name.clone(), "planted-by-somebody-else".to_owned());
    let page = wiki.authorize().open(&planted).await;
    let answer = planted.sign_in(page, &hanna).await;
    let written = answer.header("set-cookie").unwrap().to_owned();
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(written.contains(attribute), "{written}");
    }
    assert!(!written.contains("Domain"), "{written}");
    let [session, _] = cookies(&planted);
    assert_ne!(session.1, "planted-by-somebody-else");
    assert!(session.1.len() >= 43, "256 bits");
    assert!(!is_signed_in(&harbor, &format!("{name}=planted-by-somebody-else")).await);
    // Signing in again makes the name before worthless.
    let page = wiki.authorize().set("prompt", "login").open(&browser).await;
    browser.sign_in(page, &hanna).await;
    assert!(!is_signed_in(&harbor, &format!("{name}={first}")).await);
    assert!(is_signed_in(&harbor, &format!("{name}={}", cookies(&browser)[0].1)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_02_key_10_the_stores_hold_no_bearer_value() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    wiki.code_for(&app.browser(), &hanna).await;
    wiki.tokens_for(&hanna).await;
    harbor.invite("guest@elsewhere.example").await;
    app.snapshot().await;
    let folder = app.stores().folder.path();
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let secrets = app.secrets.lock().unwrap().clone();
    assert!(secrets.len() > 8, "password, verifiers, cookies, codes, tokens, a ticket, a client secret");
    let mut looked_at = 0;
    for file in files.iter().filter(|file| file.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        looked_at += bytes.len();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds {secret}", file.display());
        }
    }
    assert!(looked_at > 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_03_ses_04_ses_07_cookies_that_are_not_exactly_ours() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let (wiki, theirs) = (harbor.client("wiki").public().await, fjord.client("wiki").public().await);
    let (_, [(name, value), _]) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let (_, [(their_name, their_value), _]) = signed_in(&theirs, &fjord, "freya@fjord.example").await;
    assert_ne!(name, their_name);
    let session = format!("{name}={value}");
    assert!(is_signed_in(&harbor, &session).await);
    assert!(!is_signed_in(&fjord, &session).await);
    for other in [
        format!("{their_name}={value}"),
        format!("{name}={their_value}"),
        format!("{name}={}", &value[1..]),
        format!("{name}={}", value.to_uppercase()),
        format!("{name}={}", base64url([7; 32])),
        format!("{name}={}", "x".repeat(4000)),
        format!("{session}; {name}=planted"),
        format!("{name}=planted; {session}"),
        format!("{session}; {session}"),
    ] {
        assert!(!is_signed_in(&harbor, &other).await, "{other}");
    }
    assert!(!is_signed_in(&fjord, &format!("{their_name}={value}")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_05_sessions_end_by_idleness_and_by_age() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    harbor.settings(|settings| (settings.session_idle, settings.session_lifetime) = (1000, 2500)).await;
    let wiki = harbor.client("wiki").public().await;
    let (browser, _) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let silent = async || {
        let answer = wiki.authorize().set("prompt", "none").get(&browser).await;
        answer.returned().contains_key("code")
    };
    app.clock.advance_seconds(990);
    assert!(silent().await);
    app.clock.advance_seconds(990);
    assert!(silent().await, "being used keeps it from idling out");
    app.clock.advance_seconds(530);
    assert!(!silent().await, "but not from its end");
    let (browser, _) = signed_in(&wiki, &harbor, "henry@harbor.example").await;
    app.clock.advance_seconds(1001);
    let request = wiki.authorize().set("prompt", "none");
    request.get(&browser).await.is_returned("login_required", &request);
}

/// Every form there is, by address, with the fields of a person who means it.
const FORMS: [(&str, &[(&str, &str)]); 18] = [
    ("/interaction/ID/identify", &[("email", "henry@harbor.example")]),
    ("/interaction/ID/restart", &[]),
    ("/interaction/ID/password", &[("password", "x")]),
    ("/interaction/ID/send-code", &[]),
    ("/interaction/ID/reset-password", &[]),
    ("/interaction/ID/code", &[("code", "12345678")]),
    ("/interaction/ID/new-password", &[("password", "umbrella-quartz-lighthouse-43")]),
    ("/interaction/ID/skip-password", &[]),
    ("/interaction/ID/permissions", &[("decision", "accept")]),
    ("/interaction/ID/consent", &[("decision", "allow")]),
    ("/interaction/ID/device", &[("decision", "allow")]),
    ("/device", &[("user_code", "BCDF-GHJK")]),
    ("/redeem?ticket=TICKET", &[]),
    ("/set-up?token=TOKEN", &[("name", "N"), ("email", "n@harbor.example"), ("password", "x")]),
    ("/invite", &[("email", "guest@elsewhere.example")]),
    ("/logout", &[]),
    ("/sessions/end-others", &[]),
    ("/sessions/ID/end", &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn ses_06_every_form_is_refused_from_elsewhere() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (browser, _) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let page = wiki.authorize().set("prompt", "login").open(&browser).await;
    let interaction = page.url.rsplit('/').next().unwrap().to_owned();
    let (_, genuine) = crate::support::browser::form(&page, "/identify", &[]);
    let (other, _) = signed_in(&wiki, &harbor, "henry@harbor.example").await;
    let theirs = wiki.authorize().set("prompt", "login").open(&other).await;
    let (_, theirs) = crate::support::browser::form(&theirs, "/identify", &[]);
    let (genuine, theirs) = (genuine.get("csrf").unwrap(), theirs.get("csrf").unwrap());
    let link = harbor.invite("guest@elsewhere.example").await;
    for (address, fields) in FORMS {
        let address = address.replace("ID", &interaction);
        let url = match address.as_str() {
            "/redeem?ticket=TICKET" => link.clone(),
            other => harbor.url(other),
        };
        let filled = |token: &str| Query::new(fields).and("csrf", token);
        for (form, from) in [
            (filled("x"), ("same-origin", "null")),
            (filled(theirs), ("same-origin", "null")),
            (filled(genuine), ("cross-site", "https://evil.test")),
            (filled(genuine), ("same-site", "https://other.localhost")),
            (Query::new(fields), ("same-origin", "null")),
        ] {
            // A client's sign-out form may come from anywhere and then only asks (LO-02).
            if address == "/logout" && (form.get("csrf").is_none() || from.0 != "same-origin") {
                continue;
            }
            let attempt = browser.post_from(&url, &form, from);
            let answer = app.refuses((CsrfRejected, "form_rejected"), attempt).await;
            answer.is_refusal_page(403, "form_rejected");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_06_a_form_without_the_headers_of_a_browser_needs_its_token() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let browser = app.browser();
    let page = wiki.authorize().open(&browser).await;
    let (action, form) = crate::support::browser::form(&page, "/identify", &[("email", "h@harbor.example")]);
    let bare = |form: &Query| {
        let request = app.http.post(format!("{}{action}", app.base_url)).body(form.encoded());
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    let answer = app.unchanged(browser.send(bare(&form.clone().without("csrf")))).await;
    answer.is_refusal_page(403, "form_rejected");
    let foreign = bare(&form).header(ORIGIN, "https://evil.test");
    app.unchanged(browser.send(foreign)).await.is_refusal_page(403, "form_rejected");
    assert_eq!(browser.send(bare(&form)).await.status, 303);
}

async fn a_disabled_person_is_asked_to_sign_in(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    harbor.disable_person(&hanna).await;
    wiki.authorize().open(&browser).await.asks_who();
    browser.open(&harbor.url("/home")).await.asks_who();
    let silent = wiki.authorize().set("prompt", "none");
    silent.get(&browser).await.is_returned("login_required", &silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_08_a_disabled_person_has_no_session() {
    a_disabled_person_is_asked_to_sign_in(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_08_a_disabled_person_has_no_session_on_real_stores() {
    a_disabled_person_is_asked_to_sign_in(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_11_looking_leaves_nothing_behind() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let link = harbor.invite("guest@elsewhere.example").await;
    app.unchanged(async {
        for _ in 0..20 {
            app.browser().get(&harbor.url("/.well-known/openid-configuration")).await;
            app.browser().get(&harbor.url("/jwks")).await;
            app.browser().get(&harbor.url("/userinfo")).await;
            app.browser().get(&link).await;
            wiki.authorize().set("prompt", "none").get(&app.browser()).await;
            wiki.authorize().set("client_id", "nobody").get(&app.browser()).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_two_people_in_one_browser_never_merge() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (browser, [(name, first), _]) = signed_in(&wiki, &harbor, "hanna@harbor.example").await;
    let henry = harbor.member("henry@harbor.example").await;
    let request = wiki.authorize().set("prompt", "select_account");
    let page = request.open(&browser).await;
    let page = browser.submit(&page, "/restart", &[]).await;
    let code = request.code(&browser.sign_in(page, &henry).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(crate::support::jwt::claims(tokens.id_token())["oid"], henry.id.to_string());
    assert!(!is_signed_in(&harbor, &format!("{name}={first}")).await, "an old name is worth nothing");
}
