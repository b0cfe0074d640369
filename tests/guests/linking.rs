//! LNK: a federated guest is `(tenant, home IdP, iss, sub)`, byte for byte. An address never is.

use crate::support::TestApp;
use crate::support::fake_home::{Departure, FakeHome};
use crate::support::jwt;
use crate::support::tenant::PASSWORD;
use hospes_idp::audit::AuditKind;
use serde_json::json;

const ADA: &str = "ada@fjord.example";

#[tokio::test(flavor = "multi_thread")]
async fn lnk_01_the_same_sub_at_two_home_idps_is_two_guests() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (fjord, bay) = (FakeHome::start(&app.clock).await, FakeHome::start(&app.clock).await);
    harbor.trusts(&fjord, "fjord.example").await;
    harbor.trusts(&bay, "bay.example").await;
    harbor.fake_guest(&fjord, ADA, &json!({"sub": "1"})).await;
    harbor.fake_guest(&bay, "ben@bay.example", &json!({"sub": "1", "email": "ben@bay.example"})).await;
    let (ada, ben) = (harbor.identities_of(ADA).await, harbor.identities_of("ben@bay.example").await);
    assert_eq!((ada.len(), ben.len()), (1, 1));
    assert_eq!(ada[0].subject, ben[0].subject);
    assert_ne!(ada[0].user, ben[0].user);
    let wiki = harbor.client("wiki").public().await;
    for (home, email, user) in [(&fjord, ADA, ada[0].user), (&bay, "ben@bay.example", ben[0].user)] {
        let browser = app.browser();
        let request = wiki.authorize().set("login_hint", email);
        let departure = Departure::of(&request.get(&browser).await);
        let answer = browser.open(&home.signs_in(&departure, &json!({"sub": "1", "email": email}))).await;
        let tokens = wiki.redeem(&request.code(&answer)).send().await.tokens();
        assert_eq!(jwt::claims(tokens.id_token())["oid"], user.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_02_subs_that_only_look_alike_are_different_guests() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let subs = ["Ada", "ada", "ada ", " ada", "ADA", "ada%20"];
    for (number, sub) in subs.iter().enumerate() {
        let email = format!("a{number}@fjord.example");
        harbor.fake_guest(&home, &email, &json!({"sub": sub, "email": email})).await;
        assert_eq!(harbor.identities_of(&email).await[0].subject.as_str(), *sub);
    }
    assert_eq!(harbor.people().await.len(), subs.len());
    // OIDC Core §2: a sub is ASCII, so that no other spelling can look like it.
    let link = harbor.invite("b@fjord.example").await;
    for odd in ["ada\u{a0}", "a\u{301}da", "\u{e1}da", "ada\0", ""] {
        let browser = app.browser();
        let departure = browser.depart(&link).await;
        let back = home.signs_in(&departure, &json!({"sub": odd, "email": "b@fjord.example"}));
        let answer = app.only_sign_ins_changed(browser.open(&back)).await;
        answer.is_refusal_page(400, "home_idp_refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_03_a_verified_address_from_another_account_links_nothing() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let before = harbor.identities_of(ADA).await;
    let browser = app.browser();
    let request = wiki.authorize().set("login_hint", ADA);
    let departure = Departure::of(&request.get(&browser).await);
    let back = home.signs_in(&departure, &json!({"sub": "the-next-ada"}));
    let arrival = app.only_sign_ins_changed(browser.open(&back));
    let answer = app.audited((AuditKind::SignIn, Some("home_subject_changed")), arrival).await;
    answer.is_refusal_page(403, "home_subject_changed");
    assert_eq!(harbor.identities_of(ADA).await, before);
    assert_eq!(browser.cookie("hs_"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_05_an_account_of_another_guest_is_not_linked_again() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let link = harbor.invite("second@fjord.example").await;
    let browser = app.browser();
    let departure = browser.depart(&link).await;
    let back = home.signs_in(&departure, &json!({"email": "second@fjord.example"}));
    let arrival = app.only_sign_ins_changed(browser.open(&back));
    let answer = app.audited((AuditKind::RedemptionRejected, Some("identity_already_linked")), arrival).await;
    answer.is_refusal_page(409, "identity_already_linked");
    assert!(!answer.shows("ada@") && !answer.shows("a***"), "nothing about the other: {}", answer.body);
    assert!(harbor.is_waiting("second@fjord.example").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_07_after_the_home_idp_is_deleted_its_accounts_lead_to_nobody() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let first = harbor.trusts(&home, "fjord.example").await;
    let guest = harbor.fake_guest(&home, ADA, &json!({})).await;
    harbor.desk().await.admin().delete_home_idp(first, None).await.unwrap();
    guest.open(&harbor.url("/home")).await.asks_who();
    harbor.trusts(&home, "fjord.example").await;
    let browser = app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    let departure = Departure::of(&browser.submit(&page, "/identify", &[("email", ADA)]).await);
    let back = home.signs_in(&departure, &json!({}));
    let answer = app.only_sign_ins_changed(browser.open(&back)).await;
    answer.is_refusal_page(403, "home_subject_changed");
    assert!(harbor.identities_of(ADA).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_08_an_address_that_changes_at_home_to_another_guests_changes_nothing_here() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    harbor.fake_guest(&home, "ben@fjord.example", &json!({"sub": "ben", "email": "ben@fjord.example"})).await;
    let ada = harbor.user_at(ADA).await.unwrap();
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", ADA));
    let departure = Departure::of(&request.get(&browser).await);
    let answer = browser.open(&home.signs_in(&departure, &json!({"email": "ben@fjord.example"}))).await;
    let claims = jwt::claims(wiki.redeem(&request.code(&answer)).send().await.tokens().id_token());
    assert_eq!(
        (claims["oid"].as_str(), claims["email"].as_str()),
        (Some(ada.id.to_string().as_str()), Some(ADA))
    );
    assert_eq!(harbor.user_at(ADA).await.unwrap(), ada);
    assert_eq!(harbor.people().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_09_an_address_from_an_idp_without_authority_is_ignored() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    harbor.fake_guest(&home, ADA, &json!({})).await;
    harbor.invite("ceo@victim.example").await;
    let ada = harbor.user_at(ADA).await.unwrap();
    let claims = json!({"email": "ceo@victim.example", "email_verified": true});
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", ADA));
    let departure = Departure::of(&request.get(&browser).await);
    let answer = browser.open(&home.signs_in(&departure, &claims)).await;
    let tokens = wiki.redeem(&request.code(&answer)).send().await.tokens();
    assert_eq!(jwt::claims(tokens.id_token())["email"], ADA);
    assert_eq!(harbor.user_at(ADA).await.unwrap(), ada);
    // An unknown account with that address gets nowhere, and learns nothing about the invitation.
    let (browser, request) = (app.browser(), wiki.authorize().set("login_hint", "x@fjord.example"));
    let departure = Departure::of(&request.get(&browser).await);
    let back = home.signs_in(&departure, &json!({"sub": "x", "email": "ceo@victim.example"}));
    let answer = app.only_sign_ins_changed(browser.open(&back)).await;
    answer.is_refusal_page(403, "not_invited");
    assert!(harbor.is_waiting("ceo@victim.example").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_10_nobody_prepares_an_account_for_a_victim() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let link = harbor.invite("vera@local.example").await;
    let attacker = app.browser();
    let asked = attacker.enter(&link).await;
    let target = |answer: &str| asked.url.clone() + answer;
    let (_, form) = crate::support::browser::form(&asked, "/code", &[]);
    for (step, field) in [
        ("/new-password", ("password", PASSWORD)),
        ("/skip-password", ("x", "y")),
        ("/permissions", ("decision", "accept")),
        ("/password", ("password", PASSWORD)),
        ("/consent", ("decision", "allow")),
    ] {
        let answer = app.unchanged(attacker.post(&target(step), &form.clone().set(field.0, field.1))).await;
        assert!((400..500).contains(&answer.status), "{step}: {answer:?}");
        assert!(harbor.is_waiting("vera@local.example").await, "{step}");
    }
    let vera = app.browser();
    let page = vera.enter(&link).await;
    let page = vera.prove_mailbox(&app, &page, "vera@local.example").await;
    assert!(page.has("form[action$='/new-password']"), "she chooses her own password: {}", page.body);
    let review = vera.submit(&page, "/skip-password", &[]).await;
    assert_eq!(vera.accept(&review).await.url, harbor.url("/home"));
    assert_eq!(harbor.account_of("vera@local.example").await.unwrap().password, None);
    attacker.open(&harbor.url("/home")).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_12_a_way_back_with_the_state_of_another_session_is_refused() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let link = harbor.invite(ADA).await;
    let (ada, eve) = (app.browser(), app.browser());
    let (mine, theirs) = (ada.depart(&link).await, eve.depart(&link).await);
    home.answers("of-eve", &theirs, &json!({"sub": "eve"}));
    let forced = theirs.back(&[("code", "of-eve"), ("state", theirs.state())]);
    let answer = app.refuses((AuditKind::UpstreamRejected, "no_transaction"), ada.open(&forced)).await;
    answer.is_refusal_page(400, "no_transaction");
    assert_eq!(home.asked("/token"), 0);
    let review = ada.open(&home.signs_in(&mine, &json!({}))).await;
    assert_eq!(ada.accept(&review).await.url, harbor.url("/home"));
    assert_eq!(harbor.identities_of(ADA).await[0].subject.as_str(), "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn lnk_16_whoever_is_gone_for_good_comes_back_as_somebody_new() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = harbor.fake_guest(&home, ADA, &json!({})).await;
    let before = harbor.user_at(ADA).await.unwrap();
    harbor.desk().await.admin().delete_user(before.id, None).await.unwrap();
    browser.open(&harbor.url("/home")).await.asks_who();
    harbor.desk().await.admin().purge_user(before.id).await.unwrap();
    harbor.fake_guest(&home, ADA, &json!({})).await;
    let after = harbor.user_at(ADA).await.unwrap();
    assert_ne!(before.id, after.id, "a new oid and sub");
}
