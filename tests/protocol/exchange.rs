//! TX: tokens that are exchanged for others.

use crate::support::answer::Answer;
use crate::support::client::{NewClient, TestClient};
use crate::support::tenant::{Person, TestTenant};
use crate::support::tokens::{TokenRequest, Tokens};
use crate::support::{Stores, TestApp, jwt};
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::{TokenDenied, TokenExchanged};
use hospes_idp::options::{AllowedResource, ExchangeAudience, ExchangeOptions};
use hospes_idp::tenant::Status;
use hospes_protocol::token::GrantType;
use hospes_protocol::token_exchange::ACCESS_TOKEN;
use serde_json::{Value, json};

const ORDERS: &str = "https://api.example/orders";
const STOCK: &str = "https://api.example/stock";

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// What people use: it calls the orders API with tokens for it.
fn shop<'a>(tenant: &'a TestTenant<'a>, id: &str) -> NewClient<'a> {
    tenant.client(id).with(|client| {
        client.scope = ["openid", "stock.read", "orders.read"].into_iter().collect();
        let scopes = texts(&["stock.read", "orders.read"]);
        client.options.resources.allowed = vec![AllowedResource { resource: ORDERS.to_owned(), scopes }];
    })
}

/// The orders API, which calls on: to stock, and to itself under its name.
fn orders<'a>(tenant: &'a TestTenant<'a>, id: &str) -> NewClient<'a> {
    tenant.client(id).with(|client| {
        client.grant_types = vec![GrantType::TokenExchange, GrantType::ClientCredentials];
        client.redirect_uris = Vec::new();
        client.options.resources.serves = texts(&[ORDERS]);
        let exchange = &mut client.options.exchange;
        exchange.subjects = texts(&["shop"]);
        exchange.impersonation = true;
        let at = |audience: &str, scopes| ExchangeAudience {
            audience: audience.to_owned(),
            scopes: texts(scopes),
        };
        exchange.audiences = vec![at(STOCK, &["stock.read", "stock.write"]), at("archive", &["orders.read"])];
    })
}

fn delegating(client: &mut ClientSettings) {
    (client.options.exchange.impersonation, client.options.exchange.delegation) = (false, true);
}

async fn token_for(client: &TestClient<'_>, person: &Person) -> Tokens {
    let browser = client.app.browser();
    let request = client.authorize().set("scope", "openid orders.read stock.read").and("resource", ORDERS);
    let page = request.open(&browser).await;
    let answer = if page.location().is_some() { page } else { browser.sign_in(page, person).await };
    client.redeem(&request.code(&answer)).send().await.tokens()
}

fn exchanging<'a>(client: &'a TestClient<'a>, subject: &str) -> TokenRequest<'a> {
    client.request(&[
        ("grant_type", GrantType::TokenExchange.as_str()),
        ("subject_token", subject),
        ("subject_token_type", ACCESS_TOKEN),
    ])
}

fn by<'a>(request: TokenRequest<'a>, actor: &str) -> TokenRequest<'a> {
    request.set("actor_token", actor).set("actor_token_type", ACCESS_TOKEN)
}

async fn refused(request: TokenRequest<'_>, error: &str) {
    let app = request.client.app;
    let answer: Answer = app.audited((TokenDenied, None), app.unchanged(request.send())).await;
    answer.is_error(400, error);
}

async fn exchanged(request: TokenRequest<'_>) -> (Tokens, Value) {
    let answer = request.client.app.audited((TokenExchanged, None), request.send()).await;
    let tokens = answer.tokens();
    assert_eq!(tokens.issued_token_type.as_deref(), Some(ACCESS_TOKEN));
    assert_eq!((&tokens.refresh_token, &tokens.id_token), (&None, &None));
    let claims = jwt::claims(&tokens.access_token);
    (tokens, claims)
}

async fn told(client: &TestClient<'_>, token: &str) -> Value {
    client.request(&[("token", token)]).send_to("/introspect").await.json()
}

async fn calling_on(stores: Stores) {
    let app = TestApp::on(stores).await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let shop = shop(&harbor, "shop").public().await;
    let orders = orders(&harbor, "orders").confidential().await;
    let stock = harbor.client("stock").with(|client| client.options.resources.serves = texts(&[STOCK]));
    let stock = stock.confidential().await;
    let request = shop.authorize().set("scope", "openid orders.read stock.read").and("resource", ORDERS);
    let code = request.code(&request.open(&freya.browser).await);
    let subject = shop.redeem(&code).send().await.tokens();
    let before = jwt::claims(&subject.access_token);
    app.clock.advance_seconds(100);
    let (tokens, claims) = exchanged(exchanging(&orders, &subject.access_token)).await;
    assert_eq!((&claims["aud"], &claims["client_id"]), (&json!(STOCK), &json!("orders")), "{claims:#}");
    assert_eq!((&claims["scope"], tokens.scope.as_str()), (&json!("stock.read"), "stock.read"));
    for same in
        ["iss", "tid", "sub", "oid", "acct", "idp", "auth_time", "acr", "sid", "user_type", "home_idp"]
    {
        assert_eq!(claims[same], before[same], "{same} in {claims:#}");
    }
    assert!(claims["exp"].as_i64() <= before["exp"].as_i64(), "never a longer life");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        i64::from(tokens.expires_in)
    );
    assert_eq!(claims.get("act"), None, "impersonation was allowed");
    let (_, claims) = exchanged(exchanging(&orders, &subject.access_token).set("audience", "archive")).await;
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!("archive"), &json!("orders.read")));
    assert_eq!(told(&stock, &tokens.access_token).await["active"], true);
    // The grant ends, and everything that came of it.
    shop.request(&[("token", subject.refresh_token())]).send_to("/revoke").await;
    assert_eq!(told(&stock, &tokens.access_token).await, json!({"active": false}));
    refused(exchanging(&orders, &subject.access_token), "invalid_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8693_an_api_calls_on_with_a_token_that_says_no_more() {
    calling_on(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8693_an_api_calls_on_with_a_token_that_says_no_more_on_real_stores() {
    calling_on(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8693_4_1_whoever_acts_is_named_and_stays_named() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let shop = shop(&harbor, "shop").public().await;
    let orders = orders(&harbor, "orders").with(delegating).confidential().await;
    let stock = self::orders(&harbor, "stock").with(delegating).with(|client| {
        client.options.resources.serves = texts(&[STOCK]);
        client.options.exchange.subjects = texts(&["orders", "stock"]);
    });
    let stock = stock.confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let subject = token_for(&shop, &hanna).await.access_token;
    let (first, claims) = exchanged(exchanging(&orders, &subject)).await;
    assert_eq!(claims["act"], json!({"sub": "orders", "client_id": "orders"}));
    let own = stock.client_credentials().send().await.tokens().access_token;
    let (second, claims) = exchanged(by(exchanging(&stock, &first.access_token), &own)).await;
    let chain =
        json!({"sub": "stock", "client_id": "stock", "act": {"sub": "orders", "client_id": "orders"}});
    assert_eq!(claims["act"], chain);
    assert_eq!(claims["sub"], hanna.id.to_string(), "it is still her token");
    assert_eq!(told(&stock, &second.access_token).await["act"], chain, "introspection says so");
    // The chain has an end.
    let (third, _) = exchanged(exchanging(&stock, &second.access_token)).await;
    let (fourth, claims) = exchanged(exchanging(&stock, &third.access_token)).await;
    assert_eq!(claims["act"]["act"]["act"]["act"]["sub"], "orders");
    refused(exchanging(&stock, &fourth.access_token), "invalid_request").await;
    // Whoever may impersonate does not wipe out who acted before.
    let free = |client: &mut ClientSettings| client.options.exchange.impersonation = true;
    stock.update(free).await;
    let (_, claims) = exchanged(exchanging(&stock, &first.access_token)).await;
    assert_eq!(claims["act"], json!({"sub": "orders", "client_id": "orders"}));
    // Actors are this client, or people through it.
    for wrong in [first.access_token.as_str(), subject.as_str(), "x", ""] {
        let request = by(exchanging(&stock, &first.access_token), wrong);
        refused(request, "invalid_request").await;
    }
    stock.update(|client| client.options.exchange.delegation = false).await;
    refused(by(exchanging(&stock, &first.access_token), &own), "invalid_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tx_01_exchange_is_off_unless_it_is_allowed() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let shop = shop(&harbor, "shop").public().await;
    let subject = token_for(&shop, &harbor.member("hanna@harbor.example").await).await.access_token;
    refused(exchanging(&shop, &subject), "unsupported_grant_type").await;
    let web = harbor.client("web").confidential().await;
    refused(exchanging(&web, &subject), "unsupported_grant_type").await;
    // The grant type alone allows nothing.
    let bare = orders(&harbor, "bare").with(|client| client.options.exchange = ExchangeOptions::default());
    refused(exchanging(&bare.confidential().await, &subject), "invalid_request").await;
    let orders = orders(&harbor, "orders").confidential().await;
    exchanged(exchanging(&orders, &subject)).await;
    let stranger = exchanging(&orders, &subject).authorization(None);
    let answer = app.audited((TokenDenied, None), app.unchanged(stranger.send())).await;
    answer.is_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn tx_02_without_a_proper_subject_there_is_no_token_at_all() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let orders = orders(&harbor, "orders").confidential().await;
    let shop = shop(&harbor, "shop").public().await;
    let subject = token_for(&shop, &harbor.member("hanna@harbor.example").await).await.access_token;
    let request = || exchanging(&orders, &subject);
    for wrong in [
        request().without("subject_token"),
        request().set("subject_token", ""),
        request().set("subject_token", "x"),
        request().set("subject_token", "a.b.c"),
        request().set("subject_token", &subject[..subject.len() - 3]),
        request().and("subject_token", &subject),
        request().without("subject_token_type"),
        request().set("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        request().set("subject_token_type", "access_token"),
        request().set("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
        request().set("requested_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        request().set("actor_token", "x"),
    ] {
        refused(wrong, "invalid_request").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tx_03_only_live_tokens_that_were_meant_for_the_client() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let orders = orders(&harbor, "orders").confidential().await;
    let shop = shop(&harbor, "shop").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let tokens = token_for(&shop, &hanna).await;
    let theirs = self::shop(&beta, "shop").public().await;
    let foreign = token_for(&theirs, &beta.member("hanna@harbor.example").await).await;
    let other = token_for(&self::shop(&harbor, "other").public().await, &hanna).await;
    // For everybody, that is for no API in particular: whoever is shown it may not use it further.
    let usual = shop.tokens_for(&hanna).await;
    let own = orders.client_credentials().send().await.tokens();
    for subject in [
        &foreign.access_token,
        &other.access_token,
        &usual.access_token,
        &own.access_token,
        tokens.id_token(),
        tokens.refresh_token(),
    ] {
        refused(exchanging(&orders, subject), "invalid_request").await;
    }
    exchanged(exchanging(&orders, &tokens.access_token)).await;
    shop.request(&[("token", &tokens.access_token)]).send_to("/revoke").await;
    refused(exchanging(&orders, &tokens.access_token), "invalid_request").await;
    let tokens = token_for(&shop, &hanna).await;
    shop.update(|client| client.status = Status::Disabled).await;
    refused(exchanging(&orders, &tokens.access_token), "invalid_request").await;
    shop.update(|client| client.status = Status::Enabled).await;
    harbor.disable_person(&hanna).await;
    refused(exchanging(&orders, &tokens.access_token), "invalid_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tx_03_a_person_the_policy_refuses_by_now_and_a_token_that_is_too_old() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home = harbor.home_idp_of(&fjord).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let orders = orders(&harbor, "orders").confidential().await;
    let shop = shop(&harbor, "shop").public().await;
    let request = shop.authorize().set("scope", "openid stock.read").and("resource", ORDERS);
    let code = request.code(&request.open(&freya.browser).await);
    let subject = shop.redeem(&code).send().await.tokens().access_token;
    exchanged(exchanging(&orders, &subject)).await;
    harbor.home_idp_status(home, Status::Disabled).await;
    refused(exchanging(&orders, &subject), "invalid_grant").await;
    harbor.home_idp_status(home, Status::Enabled).await;
    app.clock.advance_seconds(4000);
    refused(exchanging(&orders, &subject), "invalid_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tx_04_nothing_grows_by_being_exchanged() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let orders = orders(&harbor, "orders").confidential().await;
    let shop = shop(&harbor, "shop").public().await;
    let subject = token_for(&shop, &harbor.member("hanna@harbor.example").await).await.access_token;
    let request = || exchanging(&orders, &subject);
    for (wider, error) in [
        (request().set("scope", "stock.write"), "invalid_scope"),
        (request().set("scope", "stock.read stock.write"), "invalid_scope"),
        (request().set("scope", "orders.read"), "invalid_scope"),
        (request().set("scope", "openid"), "invalid_scope"),
        (request().set("audience", "shop"), "invalid_target"),
        (request().set("audience", &harbor.issuer()), "invalid_target"),
        (request().set("resource", ORDERS), "invalid_target"),
        (request().set("resource", "stock"), "invalid_target"),
        (request().set("resource", STOCK).and("audience", "archive"), "invalid_target"),
    ] {
        refused(wider, error).await;
    }
    // A wish for a stronger sign-in is no parameter of this grant: the new token says what the old one said.
    let before = jwt::claims(&subject);
    let stronger = request().set("acr_values", "urn:hospes:acr:2fa").set("resource", STOCK);
    let (tokens, claims) = exchanged(stronger).await;
    assert_eq!((&claims["acr"], &claims["auth_time"]), (&before["acr"], &before["auth_time"]));
    // What came of an exchange is exchanged again only by whom it is for.
    refused(exchanging(&orders, &tokens.access_token), "invalid_request").await;
}
