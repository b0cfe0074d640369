//! INV: a link is not a mailbox. What an opened link shows, who may redeem it, and what ends it meanwhile.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::fake_home::FakeHome;
use hospes_idp::audit::AuditKind;
use hospes_idp::tenant::Status;
use serde_json::json;

const ADA: &str = "ada@fjord.example";

#[tokio::test(flavor = "multi_thread")]
async fn inv_11_opening_a_link_twenty_times_changes_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite(ADA).await;
    app.unchanged(async {
        for round in 0..20 {
            let request = if round % 2 == 0 { app.http.get(&link) } else { app.http.head(&link) };
            let request = request.header("sec-purpose", "prefetch").header("purpose", "prefetch");
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.is_not_stored();
            assert!(!answer.shows(ADA), "the whole address: {}", answer.body);
        }
    })
    .await;
    assert!(app.browser().open(&link).await.shows("a***@fjord.example"));
    assert!(harbor.is_waiting(ADA).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_12_links_that_lead_nowhere_look_the_same_and_are_counted() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite(ADA).await;
    let unknown = harbor.url(&format!("/redeem?ticket={}", app.ctx().token()));
    let expected = app.browser().open(&unknown).await;
    expected.is_link_problem(404, "This link does not work");
    let (stem, ticket) = link.split_once("ticket=").unwrap();
    let flipped = format!("{}{}", if ticket.starts_with('A') { "B" } else { "A" }, &ticket[1..]);
    let cut = &ticket[..ticket.len() - 1];
    for wrong in
        [flipped.as_str(), cut, &ticket.to_uppercase(), &format!("{ticket}x"), "", "%00", "' OR 1=1 --"]
    {
        let wrong = format!("{stem}ticket={wrong}");
        let (kind, stranger) = ((AuditKind::RedemptionRejected, "invitation_unknown"), app.browser());
        let answer = app.refuses(kind, stranger.open(&wrong)).await;
        answer.is_link_problem(404, "This link does not work");
        assert_eq!(answer.generic_body(), expected.generic_body(), "{wrong}");
    }
    for _ in 8..20 {
        assert_eq!(app.browser().open(&unknown).await.status, 404);
    }
    let answer = app.unchanged(app.browser().open(&unknown)).await;
    answer.is_refusal_page(429, "too_many_attempts");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok());
    assert_eq!(app.browser().open(&link).await.status, 200, "the right link works all the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_13_an_expired_link_says_so_and_no_more() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    harbor.settings(|settings| settings.invitation_lifetime = 3600).await;
    let link = harbor.invite(ADA).await;
    let browser = app.browser();
    app.clock.advance_seconds(3598);
    let page = browser.open(&link).await;
    assert_eq!(page.status, 200);
    app.clock.advance_seconds(3);
    let answer = app.unchanged(app.browser().open(&link)).await;
    answer.is_link_problem(410, "This invitation has expired");
    assert!(!answer.body.contains("fjord.example"), "{}", answer.body);
    let late = browser.submit(&page, "/redeem", &[]);
    let answer = app.refuses((AuditKind::RedemptionRejected, "invitation_expired"), late).await;
    answer.is_link_problem(410, "This invitation has expired");
    assert!(harbor.is_waiting(ADA).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_14_an_invitation_withdrawn_meanwhile_is_not_redeemed() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let (early, late) = (app.browser(), app.browser());
    let opened = early.open(&link).await;
    let review = late.come_from(&home, &link, &json!({})).await;
    harbor.revoke_newest().await;
    let begin = early.submit(&opened, "/redeem", &[]);
    let answer = app.refuses((AuditKind::RedemptionRejected, "invitation_revoked"), begin).await;
    answer.is_link_problem(410, "This invitation was withdrawn");
    let accept = late.submit(&review, "/permissions", &[("decision", "accept")]);
    let answer = app.refuses((AuditKind::RedemptionRejected, "invitation_revoked"), accept).await;
    answer.is_link_problem(410, "This invitation was withdrawn");
    assert!(harbor.is_waiting(ADA).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_14_a_withdrawn_or_expired_invitation_lets_nobody_in_through_an_app_either() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    harbor.settings(|settings| settings.invitation_lifetime = 3600).await;
    for (email, local) in [(ADA, false), ("leo@local.example", true), ("late@local.example", true)] {
        harbor.invite(email).await;
        if email.starts_with("late") {
            app.clock.advance_seconds(3601);
        } else {
            harbor.revoke_newest().await;
        }
        let browser = app.browser();
        let request = wiki.authorize().set("login_hint", email);
        let page = request.open(&browser).await;
        let answer = if local {
            let page = browser.submit(&page, "/send-code", &[]).await;
            if page.has("form[action$='/code']")
                && app.mail.mails().iter().any(|mail| mail.subject.contains("code"))
            {
                browser.prove_mailbox(&app, &page, email).await
            } else {
                page
            }
        } else {
            let departure = crate::support::fake_home::Departure::of(&page);
            browser.open(&home.signs_in(&departure, &json!({"email": email}))).await
        };
        assert!(!answer.has("form[action$='/permissions']"), "{email}: {}", answer.body);
        assert!(!answer.has("form[action$='/new-password']"), "{email}: {}", answer.body);
        assert!(harbor.is_waiting(email).await, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_15_somebody_else_is_told_and_the_invitation_stays() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let browser = app.browser();
    let departure = browser.depart(&link).await;
    let back = home.signs_in(&departure, &json!({"sub": "eve", "email": "eve@fjord.example"}));
    let arrival = app.only_sign_ins_changed(browser.open(&back));
    let answer = app.audited((AuditKind::RedemptionMismatch, Some("wrong_identity")), arrival).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.shows(ADA) && !answer.shows("eve@"), "addresses are masked: {}", answer.body);
    answer.reference();
    assert_eq!(browser.cookie("hs_"), None, "no session");
    assert!(harbor.is_waiting(ADA).await);
    let back_home = browser.submit(&answer, "/restart", &[]).await;
    let departure = crate::support::fake_home::Departure::of(&back_home);
    assert_eq!(departure.query["prompt"], "select_account");
    let review = browser.open(&home.signs_in(&departure, &json!({}))).await;
    assert_eq!(browser.accept(&review).await.url, harbor.url("/home"));
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_16_an_address_that_is_not_verified_needs_a_code() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let odd = [json!(false), json!(null), json!("true"), json!(1), json!("yes"), json!([true])];
    for (number, verified) in odd.into_iter().enumerate() {
        let email = format!("ada{number}@fjord.example");
        let claims = json!({"sub": email, "email": email, "email_verified": verified});
        let link = harbor.invite(&email).await;
        let browser = app.browser();
        let page = browser.come_from(&home, &link, &claims).await;
        assert!(page.has("form[action$='/code']"), "{verified}: {}", page.body);
        assert!(harbor.is_waiting(&email).await);
        let review = browser.prove_mailbox(&app, &page, &email).await;
        assert_eq!(browser.accept(&review).await.url, harbor.url("/home"));
        assert_eq!(harbor.identities_of(&email).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_17_an_idp_that_is_not_authoritative_for_the_domain_needs_a_code() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts_with(&home, "fjord.example", |settings| settings.domains[0].authoritative = false).await;
    let link = harbor.invite(ADA).await;
    let browser = app.browser();
    let page = browser.come_from(&home, &link, &json!({})).await;
    assert!(page.has("form[action$='/code']"), "{}", page.body);
    let wrong = app.unchanged(browser.submit(&page, "/code", &[("code", "00000000")])).await;
    assert_eq!(wrong.status, 422);
    assert!(harbor.is_waiting(ADA).await);
    let review = browser.prove_mailbox(&app, &page, ADA).await;
    assert_eq!(browser.accept(&review).await.url, harbor.url("/home"));
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_20_a_ticket_of_one_tenant_is_nothing_to_another() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let ours = harbor.invite(ADA).await;
    let theirs = fjord.invite("eve@else.example").await;
    let foreign = fjord.url(&format!("/redeem?{}", ours.split_once('?').unwrap().1));
    let answer = app.unchanged(app.browser().open(&foreign)).await;
    answer.is_link_problem(404, "This link does not work");
    let browser = app.browser();
    let page = browser.open(&theirs).await;
    let (_, form) = crate::support::browser::form(&page, "/redeem", &[]);
    let answer = app
        .refuses((AuditKind::RedemptionRejected, "invitation_unknown"), browser.post(&foreign, &form))
        .await;
    answer.is_link_problem(404, "This link does not work");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_21_secrets_of_one_kind_open_nothing_of_another() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let member = harbor.member("max@harbor.example").await;
    let browser = app.browser();
    let code = wiki.code_for(&browser, &member).await;
    let tokens = wiki.redeem(&code).send().await.tokens();
    let link = harbor.invite(ADA).await;
    let ticket = link.split_once("ticket=").unwrap().1;
    let interaction = app.browser().enter(&link).await.url.rsplit_once('/').unwrap().1.to_owned();
    let (session, binding) = (browser.cookie("hs_").unwrap(), browser.cookie("hb_").unwrap());
    let others =
        [&code.value, tokens.refresh_token(), &tokens.access_token, &session.1, &binding.1, &interaction];
    let stranger = app.browser();
    for secret in others {
        let answer = app.unchanged(stranger.open(&harbor.url(&format!("/redeem?ticket={secret}")))).await;
        answer.is_link_problem(404, "This link does not work");
    }
    for secret in others.into_iter().chain([ticket]) {
        let answer = app.unchanged(stranger.open(&harbor.url(&format!("/set-up?token={secret}")))).await;
        answer.is_refusal_page(410, "set_up_link");
        let answer = app.unchanged(stranger.open(&harbor.url(&format!("/interaction/{secret}")))).await;
        answer.is_refusal_page(400, "interaction_expired");
    }
    for secret in [ticket, &session.1, tokens.refresh_token()] {
        let forged = crate::support::client::Code { value: secret.to_owned(), ..code.clone() };
        app.unchanged(wiki.redeem(&forged).send()).await.is_error(400, "invalid_grant");
    }
    for secret in [ticket, &session.1, &tokens.access_token] {
        app.unchanged(wiki.refresh(secret).send()).await.is_error(400, "invalid_grant");
    }
    for secret in [ticket, tokens.refresh_token(), &binding.1] {
        stranger.cookies.lock().unwrap().insert(session.0.clone(), secret.to_owned());
        let page = stranger.open(&harbor.url("/home")).await;
        page.asks_who();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_28_a_declined_invitation_makes_no_guest() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let browser = app.browser();
    let review = browser.come_from(&home, &link, &json!({})).await;
    let decline = browser.submit(&review, "/permissions", &[("decision", "decline")]);
    let decline = app.only_sign_ins_changed(decline);
    let answer = app.audited((AuditKind::RedemptionDeclined, Some("permissions_declined")), decline).await;
    assert_eq!((answer.status, answer.location()), (200, None), "{answer:?}");
    assert!(answer.body.contains("<h1>You declined</h1>"), "{}", answer.body);
    let again = browser.submit(&review, "/permissions", &[("decision", "accept")]);
    let answer = app.unchanged(again).await;
    assert!(answer.body.contains("<h1>You declined</h1>"), "one answer per sign-in: {}", answer.body);
    assert_eq!(browser.cookie("hs_"), None, "no session");
    assert!(harbor.is_waiting(ADA).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_32_trust_that_ended_meanwhile_ends_the_redemption() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let home_idp = harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let browser = app.browser();
    let review = browser.come_from(&home, &link, &json!({})).await;
    let accept = || browser.submit(&review, "/permissions", &[("decision", "accept")]);
    harbor.home_idp_status(home_idp, Status::Disabled).await;
    let answer = app.refuses((AuditKind::RedemptionRejected, "home_idp_disabled"), accept()).await;
    answer.is_refusal_page(403, "home_idp_disabled");
    harbor.home_idp_status(home_idp, Status::Enabled).await;
    harbor.set_status_of(ADA, Status::Disabled).await;
    let answer = app.refuses((AuditKind::RedemptionRejected, "user_disabled"), accept()).await;
    answer.is_refusal_page(403, "user_disabled");
    assert!(harbor.is_waiting(ADA).await);
    harbor.set_status_of(ADA, Status::Enabled).await;
    assert_eq!(browser.accept(&review).await.url, harbor.url("/home"), "and goes on when it is back");
}
