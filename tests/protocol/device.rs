//! DEV: devices that wait for a person elsewhere.

use crate::support::device::{Device, answer, approve, asked, asking, asks_to_confirm, enter, tv};
use crate::support::tokens::Tokens;
use crate::support::{Stores, TestApp, jwt};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::{CredentialRejected, DeviceApproved, DeviceDenied, SignIn, TokenDenied};
use hospes_idp::client::ConsentRule;
use hospes_idp::tenant::Status;
use hospes_protocol::token::GrantType;

async fn a_device_gets_what_its_person_approved(stores: Stores) {
    let app = TestApp::on(stores).await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    for client in [tv(&harbor, "tv").public().await, tv(&harbor, "printer").confidential().await] {
        let device = Device::of(&client).await;
        let there = harbor.url("/device");
        assert_eq!(device.told["verification_uri"], there);
        assert_eq!(
            device.told["verification_uri_complete"],
            format!("{there}?user_code={}", device.user_code)
        );
        assert_eq!((&device.told["expires_in"], &device.told["interval"]), (&600.into(), &5.into()));
        device.waits().await;
        let page = enter(&freya.browser, &harbor, &device.user_code.to_lowercase().replace('-', "")).await;
        app.audited((DeviceApproved, None), approve(&freya.browser, &page)).await;
        let tokens = device.polls().send().await.tokens();
        let claims = jwt::claims(tokens.id_token());
        assert_eq!(claims["oid"], freya.here.id.to_string());
        assert_eq!((&claims["acct"], &claims["idp"]), (&1.into(), &fjord.issuer().into()));
        assert_eq!(tokens.scope, "email openid");
        let info = client.userinfo(&tokens.access_token).await.json();
        assert_eq!(info["email"], "freya@fjord.example");
        let next = client.refresh(tokens.refresh_token()).send().await.tokens();
        // Once means once, for the device and for the code it shows.
        app.refuses((TokenDenied, "invalid_grant"), device.polls().send())
            .await
            .is_error(400, "invalid_grant");
        let used = enter(&app.browser(), &harbor, &device.user_code).await;
        assert_eq!(used.status, 422, "{used:?}");
        assert_eq!(client.userinfo(&next.access_token).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8628_a_device_gets_what_its_person_approved() {
    a_device_gets_what_its_person_approved(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8628_a_device_gets_what_its_person_approved_on_real_stores() {
    a_device_gets_what_its_person_approved(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_01_whoever_polls_too_fast_is_slowed_down_and_whoever_waits_too_long_is_told() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let device = Device::of(&client).await;
    let waits = async |seconds: i64, error: &str| {
        app.clock.advance_seconds(seconds);
        let before = app.audit().await.len();
        device.polls().send().await.is_error(400, error);
        assert_eq!(app.audit().await.len(), before, "nobody was refused anything");
    };
    waits(0, "authorization_pending").await;
    waits(4, "slow_down").await;
    // Ten seconds by now.
    waits(9, "slow_down").await;
    waits(14, "slow_down").await;
    waits(20, "authorization_pending").await;
    waits(20, "authorization_pending").await;
    app.clock.advance_seconds(540);
    let expired = app.refuses((TokenDenied, "expired_token"), device.polls().send());
    expired.await.is_error(400, "expired_token");
    let late = enter(&app.browser(), &harbor, &device.user_code).await;
    assert_eq!(late.status, 422, "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_01_a_code_that_expires_before_the_answer_is_not_approved() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let device = Device::of(&client).await;
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    let page = asked(&browser, &harbor, (&device.user_code, &hanna)).await;
    asks_to_confirm(&page);
    app.clock.advance_seconds(601);
    let late = app
        .refuses((SignIn, "device_request_gone"), browser.press(&page, "/device", &[("decision", "allow")]));
    late.await.is_refusal_page(410, "device_request_gone");
    device.polls().send().await.is_error(400, "expired_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_02_a_device_code_belongs_to_its_client() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let client = tv(&harbor, "tv").public().await;
    let others = [
        tv(&harbor, "other").public().await,
        tv(&harbor, "printer").confidential().await,
        tv(&beta, "tv").public().await,
    ];
    let device = Device::of(&client).await;
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    approve(&browser, &asked(&browser, &harbor, (&device.user_code, &hanna)).await).await;
    for other in &others {
        let answer = app.audited((TokenDenied, None), app.unchanged(device.polls_as(other).send())).await;
        answer.is_error(400, "invalid_grant");
    }
    let web = harbor.client("web").public().await;
    let not_theirs = app.refuses((TokenDenied, "unauthorized_client"), device.polls_as(&web).send());
    not_theirs.await.is_error(400, "unauthorized_client");
    device.polls().send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_02_what_a_client_may_not_ask_for_is_refused_at_once() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").confidential().await;
    let web = harbor.client("web").public().await;
    for (request, status, error) in [
        (asking(&web), 400, "unauthorized_client"),
        (asking(&client).authorization(Some("Basic dHY6eA==")), 401, "invalid_client"),
        (asking(&client).authorization(None), 401, "invalid_client"),
        (asking(&client).set("scope", "nothing"), 400, "invalid_scope"),
        (asking(&client).and("scope", "openid"), 400, "invalid_request"),
    ] {
        let refused =
            app.audited((TokenDenied, None), app.unchanged(request.send_to("/device_authorization")));
        refused.await.is_error(status, error);
    }
    let grant_type = ("grant_type", GrantType::DeviceCode.as_str());
    let nothing = app.refuses((TokenDenied, "invalid_request"), client.request(&[grant_type]).send());
    nothing.await.is_error(400, "invalid_request");
    let invented = client.request(&[grant_type, ("device_code", "invented")]);
    app.refuses((TokenDenied, "invalid_grant"), invented.send()).await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_03_ten_wrong_codes_are_enough() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let device = Device::of(&client).await;
    let letters = device.user_code.replace('-', "");
    assert!(letters.len() == 8 && letters.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ".contains(c)), "{letters}");
    let browser = app.browser();
    let page = browser.open(&harbor.url("/device")).await;
    let guess = async |code: &str| browser.press(&page, "/device", &[("user_code", code)]).await;
    for code in ["BBBB-BBBB", "", "x", &device.user_code[1..], &format!("{}B", device.user_code)] {
        let wrong = app.unchanged(guess(code)).await;
        assert_eq!(wrong.status, 422, "{code}: {wrong:?}");
        assert!(wrong.has("#user_code-error"), "{code}");
    }
    // An empty one was not a guess; that makes four.
    for _ in 4..10 {
        let wrong = app.refuses((CredentialRejected, "wrong_user_code"), guess("CCCC-CCCC")).await;
        assert_eq!(wrong.status, 422);
    }
    for code in ["CCCC-CCCC", &device.user_code] {
        let barred = app.refuses((CredentialRejected, "too_many_attempts"), guess(code)).await;
        barred.is_refusal_page(429, "too_many_attempts");
        assert_eq!(barred.header("retry-after"), Some("600"));
    }
    // A new browser does not help, waiting does.
    let fresh = enter(&app.browser(), &harbor, &device.user_code).await;
    assert_eq!(fresh.status, 429, "{fresh:?}");
    app.clock.advance_seconds(599);
    let again = Device::of(&client).await;
    app.clock.advance_seconds(2);
    enter(&app.browser(), &harbor, &again.user_code).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_04_opening_the_link_approves_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let wiki = harbor.client("wiki").public().await;
    wiki.code_for(&browser, &hanna).await;
    let device = Device::of(&client).await;
    let link = device.told["verification_uri_complete"].as_str().unwrap();
    let page = app.unchanged(browser.open(link)).await;
    let filled = format!("form[action$='/device'] input[name=user_code][value='{}']", device.user_code);
    assert!(page.status == 200 && page.has(&filled), "{page:?}");
    device.waits().await;
    let page = browser.submit(&page, "/device", &[]).await;
    asks_to_confirm(&page);
    let facts = ["App tv", "Organization harbor", "hanna", &device.user_code, "127.0.0.1", "UTC"];
    for said in facts {
        assert!(page.body.contains(said), "{said} in {}", page.body);
    }
    assert!(page.body.contains("the network you are in") && !page.body.contains("not the network"));
    // Looking again and again decides nothing either.
    for _ in 0..3 {
        asks_to_confirm(&browser.get(&page.url).await);
    }
    app.clock.advance_seconds(10);
    device.waits().await;
    approve(&browser, &page).await;
    device.polls().send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_04_whoever_says_no_is_heard() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").with(|client| client.consent = ConsentRule::Ask).public().await;
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    let device = Device::of(&client).await;
    let page = asked(&browser, &harbor, (&device.user_code, &hanna)).await;
    let declined =
        app.audited((DeviceDenied, Some("device_declined")), answer(&browser, &page, "deny")).await;
    assert_eq!((declined.status, declined.has("form")), (200, false), "{declined:?}");
    for _ in 0..2 {
        let told = app.refuses((TokenDenied, "access_denied"), device.polls().send()).await;
        told.is_error(400, "access_denied");
    }
    // The other question is asked too, and its no is a no.
    let device = Device::of(&client).await;
    let page = asked(&browser, &harbor, (&device.user_code, &hanna)).await;
    let page = answer(&browser, &page, "allow").await;
    let no = browser.submit(&page, "/consent", &[("decision", "deny")]);
    let declined = app.audited((DeviceDenied, Some("device_declined")), no).await;
    assert_eq!(declined.status, 200, "{declined:?}");
    device.polls().send().await.is_error(400, "access_denied");
    let device = Device::of(&client).await;
    let page = asked(&browser, &harbor, (&device.user_code, &hanna)).await;
    let page = answer(&browser, &page, "allow").await;
    device.waits().await;
    browser.submit(&page, "/consent", &[("decision", "allow")]).await;
    device.polls().send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_05_a_person_the_policy_refuses_approves_nothing() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home = harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let client = tv(&harbor, "tv").public().await;
    let device = Device::of(&client).await;
    let page = enter(&freya.browser, &harbor, &device.user_code).await;
    asks_to_confirm(&page);
    harbor.home_idp_status(home, Status::Disabled).await;
    let press = freya.browser.press(&page, "/device", &[("decision", "allow")]);
    let refused = app.audited((SignIn, Some("home_idp_disabled")), press).await;
    refused.is_refusal_page(403, "home_idp_disabled");
    let told = app.refuses((TokenDenied, "access_denied"), device.polls().send()).await;
    told.is_error(400, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_06_whoever_is_disabled_after_approving_gives_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    let device = Device::of(&client).await;
    approve(&browser, &asked(&browser, &harbor, (&device.user_code, &hanna)).await).await;
    harbor.disable_person(&hanna).await;
    let told = app.refuses((TokenDenied, "user_disabled"), device.polls().send()).await;
    told.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_07_a_code_is_known_to_its_own_tenant_alone() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let client = tv(&beta, "tv").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    harbor.client("wiki").public().await.code_for(&browser, &hanna).await;
    let device = Device::of(&client).await;
    let page = browser.open(&harbor.url(&format!("/device?user_code={}", device.user_code))).await;
    let attempt = app.unchanged(browser.press(&page, "/device", &[]));
    let wrong = app.audited((CredentialRejected, Some("wrong_user_code")), attempt).await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
    // Harbor's form is none of beta's, and harbor's member is none either.
    let (_, form) = crate::support::browser::form(&page, "/device", &[]);
    let foreign = app.unchanged(browser.post(&beta.url("/device"), &form)).await;
    foreign.is_refusal_page(403, "form_rejected");
    enter(&browser, &beta, &device.user_code).await.asks_who();
    assert_eq!(app.browser().get(&format!("{}/t/nowhere/device", app.base_url)).await.status, 404);
    device.waits().await;
}

async fn one_token_set(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    let device = Device::of(&client).await;
    approve(&browser, &asked(&browser, &harbor, (&device.user_code, &hanna)).await).await;
    let answers = join_all((0..50).map(|_| device.polls().send())).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "{answers:#?}");
    for answer in lost {
        answer.is_error(400, "invalid_grant");
    }
    let tokens: Tokens = won[0].tokens();
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_08_of_fifty_polls_one_gets_the_tokens() {
    one_token_set(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_08_of_fifty_polls_one_gets_the_tokens_on_real_stores() {
    one_token_set(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_06_an_approval_ends_with_the_session_it_was_given_in() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let device = Device::of(&client).await;
    approve(&browser, &asked(&browser, &harbor, (&device.user_code, &hanna)).await).await;
    let page = browser.open(&harbor.url("/logout")).await;
    browser.submit(&page, "/logout", &[]).await;
    app.unchanged(device.polls().send()).await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_limits_the_age_of_a_sign_in_limits_it_for_devices_too() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = tv(&harbor, "tv").with(|client| client.options.sessions.max_age = Some(300)).public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let first = Device::of(&client).await;
    approve(&browser, &asked(&browser, &harbor, (&first.user_code, &hanna)).await).await;
    app.clock.advance_seconds(301);
    let second = Device::of(&client).await;
    enter(&browser, &harbor, &second.user_code).await.asks_who();
}
