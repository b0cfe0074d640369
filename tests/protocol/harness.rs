//! That the harness itself sees what it should: a sign-in works on both sets of stores, and a change is noticed.

use crate::support::{Stores, TestApp, jwt};
use hospes_idp::tenant::Status;

async fn a_member_and_a_guest_sign_in(stores: Stores) {
    let app = TestApp::on(stores).await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let tokens = wiki.tokens_for(&hanna).await;
    assert_eq!(jwt::claims(tokens.id_token())["oid"], hanna.id.to_string());
    harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let code = wiki.code_for(&freya.browser, &freya.here).await;
    let claims = jwt::claims(wiki.redeem(&code).send().await.tokens().id_token());
    assert_eq!((claims["acct"].as_u64(), claims["idp"].as_str()), (Some(1), Some(fjord.issuer().as_str())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_and_a_guest_sign_in_on_embedded_stores() {
    a_member_and_a_guest_sign_in(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_and_a_guest_sign_in_on_real_stores() {
    a_member_and_a_guest_sign_in(Stores::Real).await;
}

async fn a_snapshot_sees_every_change(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let before = app.snapshot().await;
    assert!(before.difference(&app.snapshot().await).is_empty());
    harbor.status(Status::Enabled).await;
    let changed = app.snapshot().await;
    assert!(!before.difference(&changed).is_empty(), "a row");
    wiki.authorize().open(&app.browser()).await.asks_who();
    assert!(!changed.difference(&app.snapshot().await).is_empty(), "a session entry");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_sees_every_change_in_embedded_stores() {
    a_snapshot_sees_every_change(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_sees_every_change_in_real_stores() {
    a_snapshot_sees_every_change(Stores::Real).await;
}
