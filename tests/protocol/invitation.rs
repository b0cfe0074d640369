//! INV: what an invitation link is worth, to whom, and how often.

use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::redemption::mailed_code;
use crate::support::tenant::{Person, TestTenant};
use crate::support::{Stores, TestApp};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::{RedemptionCompleted, RedemptionRejected};
use hospes_idp::guest::user::{ExternalUserState, User};
use hospes_idp::invitation::record::{InvitationState, Inviter};
use hospes_idp::ports::{PageRequest, UserQuery};
use reqwest::Method;

const GUEST: &str = "gunnar@elsewhere.example";

async fn guest(harbor: &TestTenant<'_>, email: &str) -> User {
    let users = harbor.desk().await;
    let page = PageRequest { after: None, size: 100 };
    let users = users.admin().users(&UserQuery::default(), page).await.unwrap().items;
    users.into_iter().find(|user| user.email.as_str() == email).unwrap()
}

async fn is_pending(harbor: &TestTenant<'_>, email: &str) -> bool {
    guest(harbor, email).await.external_user_state == Some(ExternalUserState::PendingAcceptance)
}

/// Follows the link in this browser, to the page that asks for the code that was mailed.
async fn begin(browser: &Browser, link: &str) -> Answer {
    let page = browser.open(link).await;
    browser.submit(&page, "/redeem", &[]).await
}

/// Proves the mailbox and chooses codes, up to the page that says what is shared.
async fn prove_mailbox(app: &TestApp, browser: &Browser, link: &str) -> Answer {
    let page = begin(browser, link).await;
    let code = mailed_code(&page, app, GUEST).await;
    let page = browser.submit(&page, "/code", &[("code", &code)]).await;
    browser.submit(&page, "/skip-password", &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_11_opening_a_link_does_nothing_and_tells_little() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite(GUEST).await;
    let pages = app.unchanged(async {
        let mut pages = Vec::new();
        for _ in 0..20 {
            pages.push(app.browser().get(&link).await);
            let head = app.http.request(Method::HEAD, &link).header("purpose", "prefetch");
            assert_eq!(head.send().await.unwrap().status(), 200);
        }
        pages
    });
    for page in pages.await {
        assert_eq!(page.status, 200);
        assert!(!page.body.contains(GUEST) && !page.body.contains("gunnar"), "{}", page.body);
    }
    assert!(is_pending(&harbor, GUEST).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_12_inv_20_links_that_are_not_quite_one() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let link = harbor.invite(GUEST).await;
    let (address, ticket) = link.split_once("ticket=").unwrap();
    let flipped = format!("{}{}", if ticket.starts_with('A') { 'B' } else { 'A' }, &ticket[1..]);
    let upper = ticket.to_uppercase();
    let mut bodies = std::collections::BTreeSet::new();
    let others = [&ticket[1..], &ticket[..ticket.len() - 1], &flipped, &upper, "", "unknown"];
    let elsewhere = format!("{}{ticket}", fjord.url("/redeem?ticket="));
    for url in others.iter().map(|other| format!("{address}ticket={other}")).chain([elsewhere]) {
        let page = app.unchanged(app.browser().get(&url)).await;
        assert_eq!(page.status, 404, "{url}");
        bodies.insert(page.body.replace(&page.reference(), "").replace("fjord", "harbor"));
    }
    assert_eq!(bodies.len(), 1, "all look the same");
    let mut last = 404;
    for _ in 0..20 {
        last = app.browser().get(&format!("{address}ticket=guess")).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(app.browser().get(&link).await.status, 200, "the real one works on");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_13_inv_14_inv_25_links_that_have_ended() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let closed = async |link: &str, page: &Answer, browser: &Browser, reason: &str| {
        let attempt = browser.press(page, "/redeem", &[]);
        let refused = app.refuses((RedemptionRejected, reason), attempt).await;
        assert_eq!((refused.status, refused.location()), (410, None), "{refused:?}");
        assert_eq!(app.browser().get(link).await.status, 410);
        assert!(is_pending(&harbor, GUEST).await);
    };
    let browser = app.browser();
    let first = harbor.invite(GUEST).await;
    let page = browser.open(&first).await;
    let second = harbor.invite(GUEST).await;
    closed(&first, &page, &browser, "invitation_superseded").await;

    let page = browser.open(&second).await;
    let desk = harbor.desk().await;
    let invitations =
        desk.admin().invitations(None, PageRequest { after: None, size: 10 }).await.unwrap().items;
    let pending = invitations.iter().find(|one| one.state == InvitationState::Pending).unwrap().id;
    for _ in 0..2 {
        desk.idp.revoke_invitation(&desk.ctx, &desk.tenant, &Inviter::Operator, pending).await.unwrap();
    }
    closed(&second, &page, &browser, "invitation_revoked").await;

    let third = harbor.invite(GUEST).await;
    let page = browser.open(&third).await;
    app.clock.advance_seconds(30 * 24 * 3600 + 1);
    closed(&third, &page, &browser, "invitation_expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_14_an_invitation_withdrawn_on_the_way_binds_nobody() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite(GUEST).await;
    let browser = app.browser();
    let page = prove_mailbox(&app, &browser, &link).await;
    let desk = harbor.desk().await;
    let all = desk.admin().invitations(None, PageRequest { after: None, size: 10 }).await.unwrap().items;
    desk.idp.revoke_invitation(&desk.ctx, &desk.tenant, &Inviter::Operator, all[0].id).await.unwrap();
    let attempt = browser.press(&page, "/permissions", &[("decision", "accept")]);
    let refused = app.refuses((RedemptionRejected, "invitation_revoked"), attempt).await;
    assert_eq!(refused.status, 410, "{refused:?}");
    assert!(is_pending(&harbor, GUEST).await);
}

async fn at_home(fjord: &TestTenant<'_>, email: &str) -> Person {
    fjord.member(email).await
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_15_somebody_else_cannot_redeem() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let (freya, finn) =
        (at_home(&fjord, "freya@fjord.example").await, at_home(&fjord, "finn@fjord.example").await);
    let link = harbor.invite(&freya.email).await;
    let browser = app.browser();
    let page = begin(&browser, &link).await;
    // The hint names the invited address; whoever is at the keyboard signs in as somebody else.
    let page = browser.submit(&page, "/restart", &[]).await;
    let page = browser.sign_in(page, &finn).await;
    assert!(page.has("form[action$='/restart']") && !page.has("form[action$='/permissions']"), "{page:?}");
    let (action, form) = crate::support::browser::form(&page, "/restart", &[("decision", "accept")]);
    let skipped = action.replace("/restart", "/permissions");
    let answer = app.unchanged(browser.post(&skipped, &form)).await;
    assert_eq!(answer.status, 400, "a screen cannot be skipped by its address");
    assert!(is_pending(&harbor, &freya.email).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_17_a_home_idp_without_authority_over_the_domain_proves_no_mailbox() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home_idp = harbor.home_idp_of(&fjord).await;
    harbor.authority(home_idp, false).await;
    let freya = at_home(&fjord, "freya@fjord.example").await;
    let link = harbor.invite(&freya.email).await;
    let browser = app.browser();
    let page = begin(&browser, &link).await;
    let page = browser.sign_in(page, &freya).await;
    let code = mailed_code(&page, &app, &freya.email).await;
    assert!(is_pending(&harbor, &freya.email).await);
    let page = browser.submit(&page, "/code", &[("code", &code)]).await;
    browser.submit(&page, "/permissions", &[("decision", "accept")]).await;
    assert!(!is_pending(&harbor, &freya.email).await);
}

async fn one_wins(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite(GUEST).await;
    let browsers: Vec<Browser> = (0..4).map(|_| app.browser()).collect();
    let mut pages = Vec::new();
    for browser in &browsers {
        pages.push(prove_mailbox(&app, browser, &link).await);
    }
    let accept = [("decision", "accept")];
    // Each browser presses five times at once.
    let presses = browsers
        .iter()
        .zip(&pages)
        .flat_map(|(browser, page)| (0..5).map(|_| browser.press(page, "/permissions", &accept)));
    let answers = app.audited((RedemptionCompleted, None), join_all(presses)).await;
    assert!(answers.iter().any(|answer| answer.status == 303), "{answers:?}");
    assert!(!answers.iter().any(|answer| answer.status >= 500), "{answers:?}");
    assert!(!is_pending(&harbor, GUEST).await);
    let signed_in = browsers
        .iter()
        .filter(|browser| browser.cookies.lock().unwrap().keys().any(|name| name.starts_with("hs_")));
    // It is one mailbox, so that who comes second may be signed in, but is the same guest.
    assert!(signed_in.count() >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_18_inv_19_of_many_at_once_one_redeems() {
    one_wins(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_18_inv_19_of_many_at_once_one_redeems_on_real_stores() {
    one_wins(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_22_a_forwarded_link_is_worth_nothing_without_the_mailbox() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite(GUEST).await;
    let (owner, thief) = (app.browser(), app.browser());
    let owners_page = prove_mailbox(&app, &owner, &link).await;
    let page = begin(&thief, &link).await;
    for guess in ["00000000", "12345678"] {
        let page = thief.submit(&page, "/code", &[("code", guess)]).await;
        assert!(page.has("form[action$='/code']"), "{page:?}");
    }
    assert!(is_pending(&harbor, GUEST).await);
    let landed = owner.submit(&owners_page, "/permissions", &[("decision", "accept")]).await;
    assert_eq!(landed.url, harbor.url("/home"));
    // The link is a way back now, for whoever proves the mailbox.
    let again = begin(&app.browser(), &link).await;
    assert!(!again.has("form[action$='/permissions']"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_24_whoever_is_signed_in_is_asked_which_account() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let browser = app.browser();
    wiki.code_for(&browser, &harbor.member("hanna@harbor.example").await).await;
    let link = harbor.invite(GUEST).await;
    let page = begin(&browser, &link).await;
    assert!(page.has("form[action$='/restart']") && page.body.contains("Which account"), "{page:?}");
    assert!(is_pending(&harbor, GUEST).await);
    let page = browser.submit(&page, "/restart", &[]).await;
    mailed_code(&page, &app, GUEST).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_16_whoever_is_gone_for_good_comes_back_as_somebody_new() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    harbor.delete_person(&freya.here).await;
    let wiki = harbor.client("wiki").public().await;
    let page = wiki.authorize().set("login_hint", &freya.here.email).open(&freya.browser).await;
    page.is_refusal_page(403, "not_invited");
    harbor.desk().await.admin().purge_user(freya.here.id).await.unwrap();
    let link = harbor.invite(&freya.here.email).await;
    let page = begin(&freya.browser, &link).await;
    freya.browser.submit(&page, "/permissions", &[("decision", "accept")]).await;
    assert_ne!(guest(&harbor, &freya.here.email).await.id, freya.here.id);
}
