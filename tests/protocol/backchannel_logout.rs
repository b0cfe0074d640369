//! LO: clients hear that a session has ended, whoever ended it.

use crate::support::browser::Browser;
use crate::support::client::TestClient;
use crate::support::device::{Device, approve, asked, tv};
use crate::support::ear::Ear;
use crate::support::query::Query;
use crate::support::tenant::{Desk, TestTenant};
use crate::support::{Stores, TestApp, jwt};
use hospes_idp::admin::AdminError;
use hospes_idp::audit::AuditKind::{ClientUpdated, LogoutUndelivered, SignedOut, SsrfBlocked};
use hospes_idp::audit::{Actor, AuditEvent, AuditKind};
use hospes_idp::ports::Change;
use hospes_protocol::ClientId;
use std::collections::BTreeSet;
use std::time::Duration;

async fn listening<'a>(harbor: &'a TestTenant<'a>, id: &str, uri: String) -> TestClient<'a> {
    let client = harbor.client(id);
    client.with(|settings| settings.options.logout.backchannel_logout_uri = Some(uri)).public().await
}

async fn is_alive(client: &TestClient<'_>, browser: &Browser) -> bool {
    client.authorize().set("prompt", "none").get(browser).await.returned().contains_key("code")
}

async fn log_out(harbor: &TestTenant<'_>, browser: &Browser, hint: &str) {
    let query = Query::new(&[("id_token_hint", hint)]).encoded();
    let done = browser.get(&harbor.url(&format!("/logout?{query}"))).await;
    assert_eq!(done.status, 200, "{done:?}");
}

/// Waits for an entry of the audit trail.
async fn recorded(app: &TestApp, kind: AuditKind, count: usize) -> Vec<AuditEvent> {
    let found = async {
        loop {
            let events = app.audit().await.into_iter().filter(|event| event.kind == kind);
            let events: Vec<_> = events.collect();
            if events.len() >= count {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), Box::pin(found)).await.expect("an entry")
}

async fn news_of_signing_out(stores: Stores) {
    let (app, ear) = (TestApp::on(stores).await, Ear::open().await);
    let harbor = app.tenant("harbor").await;
    let wiki = listening(&harbor, "wiki", ear.at("/wiki")).await;
    let shop = listening(&harbor, "shop", ear.at("/shop")).await;
    let mute = harbor.client("mute").public().await;
    let never = listening(&harbor, "never", ear.at("/never")).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let code = wiki.code_for(&browser, &hanna).await;
    let tokens = wiki.redeem(&code).send().await.tokens();
    shop.code_for(&browser, &hanna).await;
    mute.code_for(&browser, &hanna).await;
    let elsewhere = app.browser();
    wiki.code_for(&elsewhere, &hanna).await;
    app.audited((SignedOut, None), log_out(&harbor, &browser, tokens.id_token())).await;
    let heard = ear.hears(2).await;
    let paths: BTreeSet<_> = heard.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, BTreeSet::from(["/shop", "/wiki"]));
    let id_token = jwt::claims(tokens.id_token());
    let mut names = BTreeSet::new();
    for one in &heard {
        assert!(one.head.contains("application/x-www-form-urlencoded"), "{}", one.head);
        let claims = one.claims(&app, &harbor.issuer()).await;
        let mut members = claims.as_object().unwrap().clone();
        assert_eq!(members.remove("aud").unwrap(), one.path[1..], "one client each");
        for claim in ["iss", "sub", "sid"] {
            assert_eq!(members.remove(claim).unwrap(), id_token[claim], "{claim}");
        }
        let [iat, exp] = ["iat", "exp"].map(|name| members.remove(name).unwrap().as_i64().unwrap());
        assert!(iat <= app.clock.seconds() && exp > iat && exp - iat <= 120);
        let event = serde_json::json!({"http://schemas.openid.net/event/backchannel-logout": {}});
        assert_eq!(members.remove("events").unwrap(), event);
        names.insert(members.remove("jti").unwrap().as_str().unwrap().to_owned());
        assert!(members.is_empty(), "no nonce, nothing else: {members:?}");
    }
    assert_eq!(names.len(), 2, "every token has a name of its own");
    assert!(is_alive(&wiki, &elsewhere).await && !is_alive(&never, &browser).await);
    app.snapshot().await;
    ear.hears(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_09_each_client_of_a_session_hears_of_its_end() {
    news_of_signing_out(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_09_each_client_of_a_session_hears_of_its_end_on_real_stores() {
    news_of_signing_out(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_09_whoever_ends_a_session_its_clients_hear_of_it() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let harbor = app.tenant("harbor").await;
    let wiki = listening(&harbor, "wiki", ear.at("/wiki")).await;
    let (hanna, henry) =
        (harbor.member("hanna@harbor.example").await, harbor.member("henry@harbor.example").await);
    let browser = app.browser();
    let sid = async |browser: &Browser, person, prompt: &str| {
        let request = wiki.authorize().set("prompt", prompt);
        let page = request.open(browser).await;
        let tokens = wiki.redeem(&request.code(&browser.sign_in(page, person).await)).send().await.tokens();
        jwt::claims(tokens.id_token())["sid"].clone()
    };
    let first = sid(&browser, &hanna, "login").await;
    assert_eq!(sid(&browser, &hanna, "login").await, first, "the same session, proven anew");
    app.snapshot().await;
    ear.hears(0).await;
    // Somebody else signs in at the same browser: hers goes on until an administrator ends it.
    let second = sid(&browser, &henry, "login").await;
    app.snapshot().await;
    ear.hears(0).await;
    harbor.desk().await.admin().end_session(hanna.id, first.as_str().unwrap()).await.unwrap();
    assert_eq!(ear.hears(1).await[0].claims(&app, &harbor.issuer()).await["sid"], first);
    // An administrator ends it.
    harbor.disable_person(&henry).await;
    assert_eq!(ear.hears(2).await[1].claims(&app, &harbor.issuer()).await["sid"], second);
    let third = sid(&app.browser(), &hanna, "login").await;
    harbor.delete_person(&hanna).await;
    let heard = ear.hears(3).await[2].claims(&app, &harbor.issuer()).await;
    assert_eq!((&heard["sid"], &heard["sub"]), (&third, &hanna.id.to_string().into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_09_a_client_that_does_not_answer_is_asked_again_three_times() {
    let (app, ear, silent) = (TestApp::spawn().await, Ear::open().await, Ear::open().await);
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let wiki = listening(&harbor, "wiki", ear.at("/wiki")).await;
    let shop = listening(&harbor, "shop", silent.at("/shop")).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let code = wiki.code_for(&browser, &hanna).await;
    let tokens = wiki.redeem(&code).send().await.tokens();
    shop.code_for(&browser, &hanna).await;
    ear.answers(&[500; 4]);
    silent.answers(&[0]);
    log_out(&harbor, &browser, tokens.id_token()).await;
    assert!(!is_alive(&wiki, &browser).await, "signed out, whatever clients say");
    let mut tokens = BTreeSet::new();
    for (attempt, wait) in [(1, 11), (2, 61), (3, 301), (4, 0)] {
        tokens.insert(ear.hears(attempt).await[attempt - 1].token());
        if attempt == 1 {
            silent.hears(1).await;
        }
        app.clock.advance_seconds(wait);
    }
    assert_eq!(tokens.len(), 4, "each attempt has a fresh token");
    let given_up = recorded(&app, LogoutUndelivered, 1).await;
    assert_eq!(given_up[0].client.as_deref(), Some("wiki"), "{given_up:#?}");
    silent.hears(2).await;
    app.snapshot().await;
    ear.hears(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_09_a_redirect_is_not_followed_and_a_refusal_is_final() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let harbor = app.tenant("harbor").await;
    let wiki = listening(&harbor, "wiki", ear.at("/wiki")).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for (round, status) in [302, 307, 400].into_iter().enumerate() {
        ear.answers(&[status]);
        let browser = app.browser();
        let tokens = wiki.redeem(&wiki.code_for(&browser, &hanna).await).send().await.tokens();
        log_out(&harbor, &browser, tokens.id_token()).await;
        let given_up = recorded(&app, LogoutUndelivered, round + 1).await;
        assert!(given_up.iter().all(|event| event.reason.as_deref() == Some("callback_refused")));
        app.snapshot().await;
        assert!(ear.hears(round + 1).await.iter().all(|heard| heard.path == "/wiki"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_10_inner_addresses_are_refused_at_registration() {
    let app = TestApp::builder().setting("outbound.allow_loopback", "false").spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    for (index, uri) in [
        "https://10.0.0.1/out",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/out",
        "https://192.168.1.1:8443/out",
        "https://127.0.0.1/out",
        "http://localhost:6379/",
        "https://2130706433/out",
    ]
    .into_iter()
    .enumerate()
    {
        let change = async {
            let desk = harbor.desk().await;
            let id = ClientId::new(&wiki.id);
            let mut settings = desk.admin().client(&id).await.unwrap().into();
            logout_uri(&mut settings, uri);
            desk.admin().update_client(&id, settings, None).await
        };
        let refused = app.unchanged(change).await;
        assert!(matches!(refused, Err(AdminError::Invalid(_))), "{uri}: {refused:?}");
        assert_eq!(recorded(&app, SsrfBlocked, index + 1).await.len(), index + 1, "{uri}");
    }
    // What is no address at all does not come that far.
    for uri in [
        "http://wiki.example/out",
        "ftp://wiki.example/",
        "com.example.app:/out",
        "/out",
        "https://wiki.example/#x",
    ] {
        let desk = harbor.desk().await;
        let id = ClientId::new(&wiki.id);
        let mut settings = desk.admin().client(&id).await.unwrap().into();
        logout_uri(&mut settings, uri);
        let refused = app.unchanged(desk.admin().update_client(&id, settings, None)).await;
        assert!(matches!(refused, Err(AdminError::Invalid(_))), "{uri}: {refused:?}");
    }
}

fn logout_uri(settings: &mut hospes_idp::admin::clients::ClientSettings, uri: &str) {
    settings.options.logout.backchannel_logout_uri = Some(uri.to_owned());
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_10_inner_addresses_are_refused_again_when_news_is_sent() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    // As if it had been written by hand, or before the rules were what they are.
    let Desk { ctx, tenant, idp } = harbor.desk().await;
    let admin = idp.admin(&ctx, &tenant, &hospes_idp::admin::Caller::Operator).unwrap();
    let mut client = admin.client(&ClientId::new("wiki")).await.unwrap();
    client.options.logout.backchannel_logout_uri = Some("https://10.0.0.1/out".to_owned());
    let event = AuditEvent::new(&ctx, tenant.id, ClientUpdated, Actor::Operator);
    app.house().directory.apply(Change::UpdateClient(client), event).await.unwrap();
    let browser = app.browser();
    let tokens = wiki.redeem(&wiki.code_for(&browser, &hanna).await).send().await.tokens();
    log_out(&harbor, &browser, tokens.id_token()).await;
    let blocked = recorded(&app, SsrfBlocked, 1).await;
    assert_eq!(blocked[0].reason.as_deref(), Some("callback_blocked"), "{blocked:#?}");
    assert!(!is_alive(&wiki, &browser).await);
    app.snapshot().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_09_a_client_on_a_device_hears_of_the_session_that_approved_it() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv");
    let client = client.with(|settings| settings.options.logout.backchannel_logout_uri = Some(ear.at("/tv")));
    let client = client.public().await;
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    let device = Device::of(&client).await;
    approve(&browser, &asked(&browser, &harbor, (&device.user_code, &hanna)).await).await;
    let tokens = device.polls().send().await.tokens();
    log_out(&harbor, &browser, tokens.id_token()).await;
    let heard = ear.hears(1).await[0].claims(&app, &harbor.issuer()).await;
    assert_eq!(heard["aud"], "tv");
    assert_eq!(heard["sid"], jwt::claims(tokens.id_token())["sid"]);
    app.unchanged(client.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
}
