//! RT: refresh tokens, their rotation and their end.

use crate::support::client::TestClient;
use crate::support::jwt;
use crate::support::tenant::TestTenant;
use crate::support::tokens::{TokenRequest, Tokens};
use crate::support::{Stores, TestApp};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::{RefreshReuseDetected, TokenDenied};
use hospes_idp::tenant::Status;
use std::collections::BTreeSet;

const DAY: i64 = 24 * 3600;

async fn refused(request: TokenRequest<'_>, status: u16, error: &str) {
    let app = request.client.app;
    let attempt = app.unchanged(request.send());
    app.audited((TokenDenied, None), attempt).await.is_error(status, error);
}

async fn signed_in<'a>(harbor: &'a TestTenant<'a>) -> (TestClient<'a>, Tokens) {
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let tokens = wiki.tokens_for(&hanna).await;
    (wiki, tokens)
}

async fn reuse_after_the_grace(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let (wiki, first) = signed_in(&harbor).await;
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    app.clock.advance_seconds(31);
    let reuse = app.audited((RefreshReuseDetected, None), wiki.refresh(first.refresh_token()).send()).await;
    reuse.is_error(400, "invalid_grant");
    wiki.refresh(second.refresh_token()).send().await.is_error(400, "invalid_grant");
    for tokens in [&first, &second] {
        wiki.userinfo(&tokens.access_token).await.is_error(401, "invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_01_reuse_after_the_grace_ends_the_family() {
    reuse_after_the_grace(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_01_reuse_after_the_grace_ends_the_family_on_real_stores() {
    reuse_after_the_grace(Stores::Real).await;
}

async fn fifty_parallel_refreshes(stores: Stores) {
    let app = TestApp::on(stores).await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let (wiki, first) = signed_in(&harbor).await;
    let answers = join_all((0..50).map(|_| wiki.refresh(first.refresh_token()).send())).await;
    let successors: BTreeSet<String> =
        answers.iter().map(|answer| answer.tokens().refresh_token().to_owned()).collect();
    assert_eq!(successors.len(), 1, "one lineage, however many asked");
    let only = successors.first().unwrap();
    assert_ne!(only, first.refresh_token());
    wiki.refresh(only).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_02_fifty_parallel_refreshes_have_one_successor() {
    fifty_parallel_refreshes(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_02_fifty_parallel_refreshes_have_one_successor_on_real_stores() {
    fifty_parallel_refreshes(Stores::Real).await;
}

async fn twice_in_a_second(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let (wiki, first) = signed_in(&harbor).await;
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    let third = wiki.refresh(second.refresh_token()).send().await.tokens();
    let replay = app.audited((RefreshReuseDetected, None), wiki.refresh(first.refresh_token()).send()).await;
    replay.is_error(400, "invalid_grant");
    wiki.refresh(third.refresh_token()).send().await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_03_two_generations_back_is_reuse_within_the_same_second() {
    twice_in_a_second(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_03_two_generations_back_is_reuse_within_the_same_second_on_real_stores() {
    twice_in_a_second(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_04_rt_12_a_token_of_somebody_else_or_none_at_all() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let (wiki, tokens) = signed_in(&harbor).await;
    let notes = harbor.client("notes").public().await;
    let theirs = fjord.client("wiki").public().await;
    let token = tokens.refresh_token();
    refused(notes.refresh(token), 400, "invalid_grant").await;
    refused(theirs.refresh(token), 400, "invalid_grant").await;
    let flipped = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    let mut answers = BTreeSet::new();
    let others = [&token[1..], &token[..token.len() - 1], &token[..40], &flipped, "x", &format!("{token}=")];
    for other in others {
        refused(wiki.refresh(other), 400, "invalid_grant").await;
        answers.insert(wiki.refresh(other).send().await.body);
    }
    answers.insert(notes.refresh(token).send().await.body);
    assert_eq!(answers.len(), 1, "one shape: {answers:?}");
    wiki.refresh(token).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_06_rt_08_scope_narrows_for_once_and_never_widens() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (wiki, tokens) = signed_in(&harbor).await;
    assert_eq!(tokens.scope, "email offline_access openid profile");
    refused(wiki.refresh(tokens.refresh_token()).set("scope", "openid admin"), 400, "invalid_scope").await;
    refused(wiki.refresh(tokens.refresh_token()).set("scope", "openid \"x"), 400, "invalid_scope").await;
    let narrow = wiki.refresh(tokens.refresh_token()).set("scope", "openid").send().await.tokens();
    assert_eq!(narrow.scope, "openid");
    let whole = wiki.refresh(narrow.refresh_token()).send().await.tokens();
    assert_eq!(whole.scope, tokens.scope);
    wiki.update(|settings| settings.scope = ["openid", "email"].into_iter().collect()).await;
    let less = wiki.refresh(whole.refresh_token()).send().await.tokens();
    assert_eq!(less.scope, "email openid");
    assert_eq!(jwt::claims(&less.access_token)["scope"], "email openid");
    refused(wiki.refresh(less.refresh_token()).set("scope", "openid profile"), 400, "invalid_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_07_a_refresh_asks_whether_it_is_still_allowed() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home_idp = harbor.home_idp_of(&fjord).await;
    let (wiki, tokens) = signed_in(&harbor).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let code = wiki.code_for(&freya.browser, &freya.here).await;
    let guest = wiki.redeem(&code).send().await.tokens();

    harbor.home_idp_status(home_idp, Status::Disabled).await;
    let attempt = wiki.refresh(guest.refresh_token()).send();
    app.refuses((TokenDenied, "home_idp_disabled"), attempt).await.is_error(400, "invalid_grant");
    harbor.home_idp_status(home_idp, Status::Enabled).await;
    let guest = wiki.refresh(guest.refresh_token()).send().await.tokens();
    harbor.disable_person(&freya.here).await;
    let attempt = wiki.refresh(guest.refresh_token()).send();
    app.refuses((TokenDenied, "user_disabled"), attempt).await.is_error(400, "invalid_grant");

    wiki.update(|settings| settings.status = Status::Disabled).await;
    refused(wiki.refresh(tokens.refresh_token()), 401, "invalid_client").await;
    wiki.update(|settings| settings.status = Status::Enabled).await;
    wiki.refresh(tokens.refresh_token()).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_09_a_new_password_ends_what_the_old_one_opened() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let tokens = wiki.tokens_for(&hanna).await;
    let browser = app.browser();
    let request = wiki.authorize().set("login_hint", &hanna.email);
    let page = request.open(&browser).await;
    let page = browser.submit(&page, "/reset-password", &[]).await;
    let code = crate::support::redemption::mailed_code(&page, &app, &hanna.email).await;
    let page = browser.submit(&page, "/code", &[("code", &code)]).await;
    let chosen = app.keep_secret("a-completely-other-ladder-91");
    request.code(&browser.submit(&page, "/new-password", &[("password", &chosen)]).await);
    refused(wiki.refresh(tokens.refresh_token()), 400, "invalid_grant").await;
    wiki.userinfo(&tokens.access_token).await.is_error(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_11_use_every_day_does_not_prolong_the_absolute_end() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.settings(|settings| settings.refresh_token_lifetime = 5 * 24 * 3600).await;
    let (wiki, mut tokens) = signed_in(&harbor).await;
    for _ in 0..4 {
        app.clock.advance_seconds(DAY);
        tokens = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    }
    app.clock.advance_seconds(DAY);
    refused(wiki.refresh(tokens.refresh_token()), 400, "invalid_grant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_11_an_idle_token_ends() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (wiki, tokens) = signed_in(&harbor).await;
    app.clock.advance_seconds(13 * DAY);
    let tokens = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    app.clock.advance_seconds(14 * DAY + 1);
    refused(wiki.refresh(tokens.refresh_token()), 400, "invalid_grant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_13_a_confidential_client_authenticates_to_refresh() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    let request = || wiki.refresh(tokens.refresh_token()).authorization(None);
    refused(request(), 401, "invalid_client").await;
    refused(request().set("client_id", "wiki"), 401, "invalid_client").await;
    wiki.refresh(tokens.refresh_token()).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_14_the_id_token_of_a_refresh_is_about_the_same_sign_in() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (wiki, tokens) = signed_in(&harbor).await;
    app.clock.advance_seconds(100);
    let refreshed = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    let (before, after) = (jwt::claims(tokens.id_token()), jwt::claims(refreshed.id_token()));
    for same in ["sub", "iss", "aud", "auth_time", "acr", "amr", "sid", "session_expiry"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert!(after.get("nonce").is_none());
    assert!(after["iat"].as_i64().unwrap() >= before["iat"].as_i64().unwrap() + 100);
}

async fn a_retry_within_the_grace(stores: Stores) {
    let app = TestApp::on(stores).await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let (wiki, first) = signed_in(&harbor).await;
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    app.clock.advance_seconds(28);
    let again = wiki.refresh(first.refresh_token()).send().await.tokens();
    assert_eq!(again.refresh_token, second.refresh_token, "the successor that got lost");
    wiki.refresh(second.refresh_token()).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_15_a_lost_answer_can_be_asked_for_again() {
    a_retry_within_the_grace(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_15_a_lost_answer_can_be_asked_for_again_on_real_stores() {
    a_retry_within_the_grace(Stores::Real).await;
}
