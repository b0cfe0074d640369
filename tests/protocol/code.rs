//! TOK: what a code is worth, and how often.

use crate::support::client::TestClient;
use crate::support::jwt;
use crate::support::redemption::Guest;
use crate::support::tokens::{TokenRequest, Tokens};
use crate::support::{Stores, TestApp};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::{CodeReplayed, CodeWrongClient, TokenDenied};
use hospes_protocol::jose::VerifyingKeys;
use hospes_protocol::jose::{Algorithm, CompactJwt};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn tok_04_a_second_use_ends_what_the_first_began() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for seconds in [0, 1, 30] {
        let code = wiki.code_for(&app.browser(), &hanna).await;
        let tokens = wiki.redeem(&code).send().await.tokens();
        let alive = wiki.userinfo(&tokens.access_token).await;
        assert_eq!(alive.status, 200, "{alive:?}");
        app.clock.advance_seconds(seconds);
        let again = app.audited((CodeReplayed, None), wiki.redeem(&code).send()).await;
        again.is_error(400, "invalid_grant");
        wiki.userinfo(&tokens.access_token).await.is_error(401, "invalid_token");
        wiki.refresh(tokens.refresh_token()).send().await.is_error(400, "invalid_grant");
    }
}

async fn fifty_parallel_redemptions_one_winner(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let answers = join_all((0..50).map(|_| wiki.redeem(&code).send())).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(won.len() <= 1, "{answers:?}");
    // Forty-nine replays: what one may have got is worth nothing any more (RFC 6749 §4.1.2).
    for answer in won {
        wiki.refresh(answer.tokens().refresh_token()).send().await.is_error(400, "invalid_grant");
    }
    for answer in lost {
        answer.is_error(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_05_fifty_parallel_redemptions_one_winner() {
    fifty_parallel_redemptions_one_winner(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_05_fifty_parallel_redemptions_one_winner_on_real_stores() {
    fifty_parallel_redemptions_one_winner(Stores::Real).await;
}

async fn another_clients_code(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let (wiki, notes) = (harbor.client("wiki").public().await, harbor.client("notes").public().await);
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let theft = app.unchanged(notes.redeem(&code).send());
    app.audited((CodeWrongClient, None), theft).await.is_error(400, "invalid_grant");
    wiki.redeem(&code).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_06_another_client_cannot_use_a_code_nor_use_it_up() {
    another_clients_code(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_06_another_client_cannot_use_a_code_nor_use_it_up_on_real_stores() {
    another_clients_code(Stores::Real).await;
}

/// A token request as a test changes it.
type Tried<'a> = TokenRequest<'a>;

#[tokio::test(flavor = "multi_thread")]
async fn tok_07_tok_08_a_wrong_proof_uses_the_code_up() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    wiki.update(|settings| settings.redirect_uris.push("https://wiki.example/second".to_owned())).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let wrong: [fn(Tried<'_>) -> Tried<'_>; 5] = [
        |request| request.without("redirect_uri"),
        |request| request.set("redirect_uri", "https://wiki.example/second"),
        |request| request.set("redirect_uri", "https://wiki.example/callback/"),
        |request| request.without("code_verifier"),
        |request| request.set("code_verifier", &"v".repeat(43)),
    ];
    for change in wrong {
        let code = wiki.code_for(&browser, &hanna).await;
        let answer = app.audited((TokenDenied, None), change(wiki.redeem(&code)).send()).await;
        answer.is_error(400, "invalid_grant");
        wiki.redeem(&code).send().await.is_error(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_08_a_malformed_verifier_changes_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    for verifier in ["v".repeat(42), "v".repeat(129), format!("{} ", "v".repeat(43)), "ü".repeat(43)] {
        let request = wiki.redeem(&code).set("code_verifier", &verifier);
        let answer = app.refuses((TokenDenied, "invalid_grant"), request.send()).await;
        answer.is_error(400, "invalid_grant");
    }
    wiki.redeem(&code).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_09_a_code_lives_a_minute() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let code = wiki.code_for(&browser, &hanna).await;
    app.clock.advance_seconds(55);
    wiki.redeem(&code).send().await.tokens();
    let code = wiki.code_for(&browser, &hanna).await;
    app.clock.advance_seconds(61);
    let answer = app.audited((TokenDenied, Some("invalid_grant")), wiki.redeem(&code).send()).await;
    answer.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_18_a_verifier_nobody_announced_is_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let legacy = harbor.client("legacy").with(|settings| settings.require_pkce = false).confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let request = legacy.authorize().without("code_challenge").without("code_challenge_method");
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    legacy.redeem(&code).send().await.is_error(400, "invalid_grant");
    let code = request.code(&request.open(&browser).await);
    legacy.redeem(&code).without("code_verifier").send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_25_parameters_of_other_grants_change_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let other = wiki.tokens_for(&hanna).await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let request = wiki.redeem(&code).and("refresh_token", other.refresh_token()).and("subject_token", "x");
    let tokens = request.and("auth_req_id", "y").and("assertion", "z").send().await.tokens();
    assert_ne!(jwt::claims(&tokens.access_token)["sid"], jwt::claims(&other.access_token)["sid"]);
    wiki.refresh(other.refresh_token()).send().await.tokens();
}

/// Claims, without those that differ each time; times become what they are to each other.
fn settled(token: &str) -> Value {
    let mut claims = jwt::claims(token);
    let members = claims.as_object_mut().unwrap();
    for random in ["jti", "sid", "nonce", "at_hash"] {
        if let Some(value) = members.get_mut(random) {
            assert!(value.as_str().is_some_and(|value| !value.is_empty()), "{random}");
            *value = json!("random");
        }
    }
    let issued = members.remove("iat").unwrap().as_i64().unwrap();
    let lifetime = members["exp"].as_i64().unwrap() - issued;
    members.insert("exp".to_owned(), json!(lifetime));
    for time in ["auth_time", "session_expiry"] {
        if let Some(value) = members.get_mut(time) {
            let away = value.as_i64().unwrap() - issued;
            *value = json!(if away.abs() < 60 { 0 } else { (away + 30) / 60 * 60 });
        }
    }
    claims
}

async fn tokens_with(wiki: &TestClient<'_>, guest: &Guest, scope: &str) -> Tokens {
    let request = wiki.authorize().set("scope", scope);
    let code = request.code(&request.open(&guest.browser).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(jwt::claims(tokens.id_token())["nonce"], code.nonce);
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_26_tokens_say_exactly_this() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home_idp = harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").public().await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let who = json!({
        "iss": harbor.issuer(), "tid": harbor.id, "sub": freya.here.id.to_string(),
        "oid": freya.here.id.to_string(), "acct": 1, "user_type": "Guest", "idp": fjord.issuer(),
        "acr": "urn:hospes:acr:1fa", "auth_time": 0, "exp": 3600, "sid": "random",
    });
    let with = |more: Value| {
        let mut claims = who.as_object().unwrap().clone();
        claims.extend(more.as_object().unwrap().clone());
        Value::Object(claims)
    };
    let id = json!({
        "aud": "wiki", "azp": "wiki", "nonce": "random", "at_hash": "random", "session_expiry": 86400,
    });
    let tokens = tokens_with(&wiki, &freya, "openid").await;
    assert_eq!(settled(tokens.id_token()), with(id.clone()));
    let access = json!({
        "aud": harbor.issuer(), "client_id": "wiki", "scope": "openid", "jti": "random",
        "home_idp": home_idp.to_string(),
    });
    assert_eq!(settled(&tokens.access_token), with(access));
    assert_eq!((tokens.token_type.as_str(), tokens.expires_in), ("Bearer", 3600));

    let tokens = tokens_with(&wiki, &freya, "openid email profile").await;
    let mut contact = id;
    contact["email"] = json!("freya@fjord.example");
    contact["email_verified"] = json!(true);
    contact["name"] = json!("Name of freya@fjord.example");
    assert_eq!(settled(tokens.id_token()), with(contact));
    verifies(&app, &harbor.url("/jwks"), &tokens).await;
}

/// Every token verifies under the published keys, and the ID token names its access token.
async fn verifies(app: &TestApp, jwks: &str, tokens: &Tokens) {
    let set = app.http.get(jwks).send().await.unwrap().bytes().await.unwrap();
    let keys = VerifyingKeys::parse(&set).unwrap();
    let mut types = BTreeSet::new();
    for token in [tokens.id_token(), &tokens.access_token] {
        let jwt = CompactJwt::parse(token).unwrap();
        types.insert(jwt.typ.clone().unwrap());
        keys.verify(&jwt, &Algorithm::SIGNING).unwrap();
    }
    assert_eq!(types, BTreeSet::from(["JWT".to_owned(), "at+jwt".to_owned()]));
    let at_hash = hospes_protocol::encoding::half_hash(&tokens.access_token);
    assert_eq!(jwt::claims(tokens.id_token())["at_hash"], at_hash);
}
