//! INV: making invitations. Who may, to whom, leading where; and what nobody but the invited mailbox learns.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::tenant::TestTenant;
use hospes_idp::audit::AuditKind;
use hospes_idp::invitation::record::{InvitationState, Inviter};
use hospes_idp::tenant::{AllowInvitesFrom, Status};
use serde_json::{Value, json};

const ADA: &str = "ada@fjord.example";

/// A client that may invite, with its token.
async fn inviter<'a>(harbor: &'a TestTenant<'a>) -> (TestClient<'a>, String) {
    let client = harbor.client("inviter").service(&["User.Invite.All"]).await;
    let token = client.client_credentials().send().await.tokens().access_token;
    (client, token)
}

fn to(harbor: &TestTenant<'_>, email: &str) -> Value {
    json!({"invitedUserEmailAddress": email, "inviteRedirectUrl": harbor.url("/home"), "sendInvitationMessage": true})
}

async fn create(harbor: &TestTenant<'_>, token: &str, body: &Value) -> Answer {
    let request = harbor.app.http.post(harbor.url("/v1.0/invitations")).bearer_auth(token);
    Answer::of(
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap(),
    )
    .await
}

fn is_graph_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], code, "{answer:?}");
    answer.is_not_stored();
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_01_nobody_invites_without_the_right() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let (_, token) = inviter(&harbor).await;
    let (_, of_beta) = inviter(&beta).await;
    let weak = harbor.client("weak").service(&[]).await;
    let weak = weak.client_credentials().send().await.tokens().access_token;
    let body = to(&harbor, ADA);
    is_graph_error(&app.unchanged(create(&harbor, &weak, &body)).await, 403, "Authorization_RequestDenied");
    for foreign in [of_beta.as_str(), "x", "", &format!("{token}x")] {
        let answer = app.unchanged(create(&harbor, foreign, &body)).await;
        is_graph_error(&answer, 401, "InvalidAuthenticationToken");
    }
    // A member without the role, at the form.
    let max = harbor.member("max@harbor.example").await;
    let browser = app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    let page = browser.sign_in(page, &max).await;
    let (_, form) = crate::support::browser::form(&page, "/logout", &[]);
    let form = form.and("email", ADA).and("destination", &harbor.url("/home"));
    app.unchanged(browser.open(&harbor.url("/invite"))).await.is_refusal_page(403, "not_allowed");
    app.unchanged(browser.post(&harbor.url("/invite"), &form)).await.is_refusal_page(403, "not_allowed");
    app.unchanged(browser.open(&harbor.url("/invitations"))).await.is_refusal_page(403, "not_allowed");
    harbor.settings(|settings| settings.allow_invites_from = AllowInvitesFrom::None).await;
    is_graph_error(&app.unchanged(create(&harbor, &token, &body)).await, 403, "Authorization_RequestDenied");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_01_a_guest_invites_while_their_home_is_trusted() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.settings(|settings| settings.allow_invites_from = AllowInvitesFrom::Everyone).await;
    let home_idp = harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let portal = harbor
        .client("portal")
        .with(|client| client.scope = ["openid", "User.Invite.All"].into_iter().collect());
    let portal = portal.public().await;
    let request = portal.authorize().set("scope", "openid User.Invite.All");
    let code = request.code(&request.open(&freya.browser).await);
    let token = portal.redeem(&code).send().await.tokens().access_token;
    assert_eq!(create(&harbor, &token, &to(&harbor, ADA)).await.status, 201);
    harbor.home_idp_status(home_idp, Status::Disabled).await;
    let late = app.unchanged(create(&harbor, &token, &to(&harbor, "eve@fjord.example"))).await;
    is_graph_error(&late, 401, "InvalidAuthenticationToken");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_01_a_body_that_is_no_invitation_is_told_after_who_asks() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (_, token) = inviter(&harbor).await;
    for body in ["{", "[]", "", "{\"invitedUserEmailAddress\": 1}", "{\"unknown\": true}"] {
        for (token, status, code) in
            [("x", 401, "InvalidAuthenticationToken"), (token.as_str(), 400, "BadRequest")]
        {
            let request = app.http.post(harbor.url("/v1.0/invitations")).bearer_auth(token);
            let request = request.header("content-type", "application/json").body(body);
            let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
            is_graph_error(&answer, status, code);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_02_what_is_no_address_is_not_invited() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let beta_member = beta.member("ben@beta.example").await.id.to_string();
    let (_, token) = inviter(&harbor).await;
    let long = format!("{}@x.example", "a".repeat(310));
    for wrong in [
        "a@b@c.example",
        "a@x",
        "\"a b\"@x.example",
        long.as_str(),
        "a@x.example\r\nBcc: b@x.example",
        "a\n@x.example",
        "a\u{ff20}x.example",
        "Ada <a@x.example>",
        "a@x.example.",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@x.example,b@x.example",
        "a@x.example;b@x.example",
        "a..b@x.example",
        ".a@x.example",
        "@x.example",
        "a@",
        "a@x..example",
        "",
        "a@x\0.example",
        "ada@xn--bcher-kva.example",
    ] {
        let answer = app.unchanged(create(&harbor, &token, &to(&harbor, wrong))).await;
        is_graph_error(&answer, 422, "invalid_email_address");
    }
    for nobody in [json!([{"id": "00000000-0000-7000-8000-000000000000"}]), json!([{"id": beta_member}])] {
        let mut body = to(&harbor, ADA);
        body["invitedUserSponsors"] = nobody;
        is_graph_error(&app.unchanged(create(&harbor, &token, &body)).await, 422, "invalid_sponsor");
    }
    // A twin of an address is that address: one guest, however it is spelled.
    assert_eq!(create(&harbor, &token, &to(&harbor, "ada@bücher.example")).await.status, 201);
    assert_eq!(create(&harbor, &token, &to(&harbor, "ADA@BÜCHER.Example")).await.status, 201);
    assert_eq!(harbor.people().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_04_an_invitation_leads_nowhere_but_to_registered_places() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let start = Some("https://rp.test/start".to_owned());
    harbor.client("rp").with(|client| client.start_url = start).public().await;
    let (_, token) = inviter(&harbor).await;
    for wrong in [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://rp.test@evil.example",
        "https://rp.test.evil.example/start",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://rp.test/start%0d%0a",
        "https://rp.test/start\r\nX: y",
        "https://rp.test%2eevil.example/start",
        "http://rp.test/start",
        "/\t/evil.example",
        "https://rp.test/other",
        "https://rp.test/start/",
        "https://rp.test/start?x=1",
        "https://rp.test/start#x",
        "HTTPS://rp.test/start",
        "https://rp.example/callback",
        "",
    ] {
        let mut body = to(&harbor, ADA);
        body["inviteRedirectUrl"] = json!(wrong);
        let answer = app.unchanged(create(&harbor, &token, &body)).await;
        is_graph_error(&answer, 422, "redirect_url_not_allowed");
    }
    let mut body = to(&harbor, ADA);
    body["inviteRedirectUrl"] = json!("https://rp.test/start");
    assert_eq!(create(&harbor, &token, &body).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_05_the_link_is_told_to_the_mailbox_alone() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (_, token) = inviter(&harbor).await;
    let made = create(&harbor, &token, &to(&harbor, ADA)).await;
    assert_eq!((made.status, &made.json()["inviteRedeemUrl"]), (201, &Value::Null));
    app.snapshot().await;
    let mails = app.mail.mails();
    assert_eq!(mails.len(), 1);
    let text = mails[0].text.clone().unwrap();
    let ticket = text.split_once("ticket=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.keep_secret(&ticket);
    assert!(!made.body.contains(&ticket));
    let stored = app.stores().folder.path();
    for file in ["directory.db", "directory.db-wal", "sessions.redb"] {
        let bytes = std::fs::read(stored.join(file)).unwrap_or_default();
        assert!(
            !bytes.windows(ticket.len()).any(|window| window == ticket.as_bytes()),
            "{file} holds the ticket"
        );
    }
    app.audit().await;
    // Only where the tenant wants that, once, and recorded.
    harbor.settings(|settings| settings.return_redeem_url = true).await;
    let body = to(&harbor, "ben@fjord.example");
    let made = app.audited((AuditKind::InvitationUrlDisclosed, None), create(&harbor, &token, &body)).await;
    let link = made.json()["inviteRedeemUrl"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&harbor.url("/redeem?ticket=")));
    app.keep_secret(link.split_once("ticket=").unwrap().1);
    app.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_07_an_inviters_words_stay_plain_text() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (_, token) = inviter(&harbor).await;
    let with = |message: &str| {
        let mut body = to(&harbor, ADA);
        body["invitedUserMessageInfo"] = json!({"customizedMessageBody": message});
        body
    };
    for refused in [&"x".repeat(1001), "tail \u{202e}gpj.exe", "nul \0", "\u{1b}[31m", "zero\u{200b}width"] {
        let answer = app.unchanged(create(&harbor, &token, &with(refused))).await;
        is_graph_error(&answer, 422, "invalid_text");
    }
    let message =
        "Hello <b>Ada</b>\r\nBcc: eve@evil.example\r\n\r\nsee https://evil.example/x & www.evil.example";
    assert_eq!(create(&harbor, &token, &with(message)).await.status, 201);
    app.snapshot().await;
    let mails = app.mail.mails();
    assert_eq!((mails.len(), &mails[0].to), (1, &vec![ADA.to_owned()]));
    let head = String::from_utf8_lossy(&mails[0].raw).split("\r\n\r\n").next().unwrap().to_lowercase();
    assert!(!head.contains("bcc:") && !head.contains("evil"), "{head}");
    let html = mails[0].html.clone().unwrap();
    assert!(!html.contains("<b>Ada</b>") && !html.contains("href=\"https://evil.example"), "{html}");
    assert!(!mails[0].text.clone().unwrap().contains("https://evil.example"), "{:?}", mails[0].text);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_08_one_address_is_not_flooded() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (_, token) = inviter(&harbor).await;
    for _ in 0..3 {
        assert_eq!(create(&harbor, &token, &to(&harbor, ADA)).await.status, 201);
    }
    for spelling in [ADA, "ADA@FJORD.EXAMPLE"] {
        let answer = app.unchanged(create(&harbor, &token, &to(&harbor, spelling))).await;
        is_graph_error(&answer, 429, "TooManyRequests");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok());
    }
    app.clock.advance_seconds(24 * 3600 + 1);
    let token = inviter_again(&harbor).await;
    assert_eq!(create(&harbor, &token, &to(&harbor, ADA)).await.status, 201);
}

async fn inviter_again(harbor: &TestTenant<'_>) -> String {
    let other = harbor.client("inviter-2").service(&["User.Invite.All"]).await;
    other.client_credentials().send().await.tokens().access_token
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_25_a_new_invitation_ends_the_one_before() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let old = harbor.invite(ADA).await;
    let (browser, begun) = (app.browser(), app.browser());
    let page = browser.open(&old).await;
    let asked = begun.enter(&old).await;
    let new = harbor.invite(ADA).await;
    assert_ne!(old, new);
    let answer = app.unchanged(app.browser().open(&old)).await;
    answer.is_link_problem(410, "There is a newer invitation");
    let late = browser.submit(&page, "/redeem", &[]);
    let answer = app.refuses((AuditKind::RedemptionRejected, "invitation_superseded"), late).await;
    answer.is_link_problem(410, "There is a newer invitation");
    let late = begun.submit(&asked, "/code", &[("code", "00000000")]);
    let answer = app.refuses((AuditKind::RedemptionRejected, "invitation_superseded"), late).await;
    answer.is_link_problem(410, "There is a newer invitation");
    assert_eq!(app.browser().open(&new).await.status, 200);
    let states: Vec<_> = harbor.invitations().await.iter().map(|invitation| invitation.state).collect();
    assert_eq!(states, [InvitationState::Pending, InvitationState::Superseded]);
    assert_eq!(harbor.people().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_26_what_was_redeemed_cannot_be_withdrawn() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.local_guest("leo@local.example").await;
    let redeemed = harbor.invitations().await[0].id;
    let desk = harbor.desk().await;
    let revoke = |id| desk.idp.revoke_invitation(&desk.ctx, &desk.tenant, &Inviter::Operator, id);
    let error = app.unchanged(revoke(redeemed)).await.unwrap_err();
    assert!(matches!(error, hospes_idp::ports::ChangeError::Stale), "{error}");
    harbor.invite(ADA).await;
    let pending = harbor.invitations().await[0].id;
    let beta = app.tenant("beta").await.desk().await;
    let elsewhere = beta.idp.revoke_invitation(&beta.ctx, &beta.tenant, &Inviter::Operator, pending);
    let error = app.unchanged(elsewhere).await.unwrap_err();
    assert!(matches!(error, hospes_idp::ports::ChangeError::NotFound), "{error}");
    revoke(pending).await.unwrap();
    app.unchanged(revoke(pending)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_27_links_begin_with_the_configured_issuer() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (_, token) = inviter(&harbor).await;
    let request = app.http.post(harbor.url("/v1.0/invitations")).bearer_auth(&token);
    let request = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let request =
        request.header("x-forwarded-proto", "https").header("forwarded", "host=evil.example;proto=https");
    let request = request.header("content-type", "application/json").body(to(&harbor, ADA).to_string());
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.location().unwrap().starts_with(&harbor.issuer()), "{answer:?}");
    app.snapshot().await;
    let mail = app.mail.mails()[0].clone();
    assert!(!String::from_utf8_lossy(&mail.raw).contains("evil.example"));
    assert!(mail.text.as_ref().unwrap().contains(&harbor.url("/redeem?ticket=")));
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_38_without_a_mail_server_the_invitation_waits_sealed() {
    let app = TestApp::builder().setting("smtp.url", "smtp://127.0.0.1:1").spawn().await;
    let harbor = app.tenant("harbor").await;
    let (_, token) = inviter(&harbor).await;
    let made = create(&harbor, &token, &to(&harbor, ADA)).await;
    assert_eq!((made.status, made.json()["status"].as_str()), (201, Some("PendingAcceptance")), "{made:?}");
    assert!(app.mail.mails().is_empty());
    let file = app.stores().folder.path().join("directory.db");
    let stored =
        [file.clone(), file.with_extension("db-wal")].map(|file| std::fs::read(file).unwrap_or_default());
    assert!(
        stored.iter().all(|bytes| !bytes.windows(7).any(|window| window == b"ticket=")),
        "the link is sealed"
    );
}
