//! INV: several people or several browsers want the same invitation. One wins, the others are told, nobody is merged.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::fake_home::FakeHome;
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind;
use hospes_idp::invitation::record::InvitationState;
use serde_json::{Value, json};

const ADA: &str = "ada@fjord.example";
const RIVALS: usize = 20;

/// Browsers that all stand before the last button.
async fn at_the_last_button(
    (app, home, link): (&TestApp, &FakeHome, &str),
    claims: impl Fn(usize) -> Value,
) -> Vec<(Browser, Answer)> {
    let mut standing = Vec::new();
    for number in 0..RIVALS {
        let browser = app.browser();
        let review = browser.come_from(home, link, &claims(number)).await;
        standing.push((browser, review));
    }
    standing
}

/// Returns how many came in; the guest was admitted once.
async fn all_accept(app: &TestApp, standing: &[(Browser, Answer)]) -> usize {
    let accept = join_all(standing.iter().map(|(browser, page)| browser.accept(page)));
    let answers = app.audited((AuditKind::RedemptionCompleted, None), accept).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!((400..=410).contains(&answer.status), "{answer:?}");
        answer.reference();
    }
    let signed_in = standing.iter().filter(|(browser, _)| browser.cookie("hs_").is_some()).count();
    assert_eq!(signed_in, won, "whoever was refused has no session");
    won
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_18_twenty_parallel_redemptions_by_one_identity_make_one_guest() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let standing = at_the_last_button((&app, &home, &link), |_| json!({})).await;
    // Whoever comes a moment later is the same person, known by then.
    assert!(all_accept(&app, &standing).await >= 1);
    assert_eq!(harbor.identities_of(ADA).await.len(), 1);
    assert_eq!(harbor.people().await.len(), 1);
    // Sequentially: the link is a way back for whoever redeemed it, and makes nothing new.
    let again = app.browser().come_from(&home, &link, &json!({})).await;
    assert_eq!((again.status, again.url), (200, harbor.url("/home")));
    assert_eq!((harbor.identities_of(ADA).await.len(), harbor.people().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_19_of_twenty_parallel_identities_one_wins_and_the_others_leave_no_trace() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let standing =
        at_the_last_button((&app, &home, &link), |number| json!({"sub": format!("s{number}")})).await;
    assert_eq!(all_accept(&app, &standing).await, 1);
    assert_eq!(harbor.identities_of(ADA).await.len(), 1);
    assert_eq!(harbor.people().await.len(), 1);
    let loser = app.browser();
    let departure = loser.depart(&link).await;
    let back = home.signs_in(&departure, &json!({"sub": "another"}));
    let late = app.only_sign_ins_changed(loser.open(&back));
    let answer = app.audited((AuditKind::RedemptionRejected, Some("home_subject_changed")), late).await;
    answer.is_refusal_page(403, "home_subject_changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_22_a_forwarded_link_opens_twice_and_only_the_mailbox_finishes() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite("leo@local.example").await;
    let (finder, leo) = (app.browser(), app.browser());
    let asked = finder.enter(&link).await;
    assert!(asked.has("form[action$='/code']"), "{}", asked.body);
    let page = leo.enter(&link).await;
    let code = crate::support::redemption::mailed_code(&page, &app, "leo@local.example").await;
    let review = leo.submit(&page, "/code", &[("code", &code)]).await;
    let review = leo.submit(&review, "/skip-password", &[]).await;
    // Leo's code is of no use in another browser.
    let guess = app.unchanged(finder.submit(&asked, "/code", &[("code", &code)])).await;
    assert_eq!(guess.status, 422);
    assert_eq!(leo.accept(&review).await.url, harbor.url("/home"));
    let late = app.unchanged(finder.submit(&asked, "/code", &[("code", "12345678")])).await;
    assert_ne!(late.status, 200, "{late:?}");
    assert_eq!(finder.cookie("hs_"), None);
    assert_eq!(harbor.people().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_23_a_guest_who_is_invited_again_stays_who_they_are() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let before = (harbor.user_at(ADA).await.unwrap(), harbor.identities_of(ADA).await);
    let link = harbor.invite(ADA).await;
    assert_eq!(harbor.invitations().await[0].state, InvitationState::Completed);
    let landed = app.browser().come_from(&home, &link, &json!({})).await;
    assert_eq!((landed.status, landed.url), (200, harbor.url("/home")));
    assert_eq!(before, (harbor.user_at(ADA).await.unwrap(), harbor.identities_of(ADA).await));
    assert_eq!(harbor.account_of(ADA).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_24_an_invitation_is_never_accepted_with_whoever_is_signed_in() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let max = harbor.member("max@harbor.example").await;
    let browser = app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    assert_eq!(browser.sign_in(page, &max).await.url, harbor.url("/home"));
    let session = browser.cookie("hs_");
    let page = app.only_sign_ins_changed(browser.enter(&link)).await;
    assert!(page.shows("max@") && page.shows("a***@"), "{}", page.body);
    assert_eq!(browser.cookie("hs_"), session);
    let stays = app.unchanged(browser.open(&harbor.url("/home"))).await;
    assert!(stays.shows("max@"), "the session goes on");
    let stay = browser.submit(&page, "/keep-session", &[]).await;
    assert_eq!((stay.status, stay.url), (200, harbor.url("/home")), "the way to stay leads somewhere");
    let departure = crate::support::fake_home::Departure::of(&browser.submit(&page, "/restart", &[]).await);
    assert_eq!(departure.query["prompt"], "select_account");
    let review = browser.open(&home.signs_in(&departure, &json!({}))).await;
    assert_eq!(browser.accept(&review).await.url, harbor.url("/home"));
    assert_ne!(browser.cookie("hs_"), session, "a session of its own");
    let gone = app.browser();
    gone.cookies.lock().unwrap().extend(session);
    gone.open(&harbor.url("/home")).await.asks_who();
    assert!(harbor.identities_of("max@harbor.example").await.is_empty(), "nobody is merged");
}
