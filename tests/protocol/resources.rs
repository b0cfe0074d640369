//! RFC 8707: tokens for one resource each, out of those that were granted.

use crate::support::answer::Answer;
use crate::support::client::{Authorization, NewClient, TestClient};
use crate::support::tenant::TestTenant;
use crate::support::tokens::Tokens;
use crate::support::{Stores, TestApp, jwt};
use hospes_idp::admin::permission::INVITE;
use hospes_idp::audit::AuditKind::{AuthorizationRejected, TokenDenied};
use hospes_idp::options::AllowedResource;
use hospes_protocol::token::GrantType;
use serde_json::json;

const ORDERS: &str = "https://api.example/orders";
const STOCK: &str = "https://api.example/stock?v=2";

fn resource(uri: &str, scopes: &[&str]) -> AllowedResource {
    let scopes = scopes.iter().map(ToString::to_string).collect();
    AllowedResource { resource: uri.to_owned(), scopes }
}

/// An application that may use two APIs.
fn shop<'a>(tenant: &'a TestTenant<'a>, id: &str) -> NewClient<'a> {
    tenant.client(id).with(|client| {
        client.scope = ["openid", "email", "orders.read", "orders.write", "stock.read"].into_iter().collect();
        client.options.resources.allowed =
            vec![resource(ORDERS, &["orders.read", "orders.write"]), resource(STOCK, &["stock.read"])];
    })
}

fn asking<'a>(client: &'a TestClient<'a>, resources: &[&str]) -> Authorization<'a> {
    let scope = "openid email orders.read orders.write stock.read";
    let request = client.authorize().set("scope", scope);
    resources.iter().fold(request, |request, resource| request.and("resource", resource))
}

async fn code(request: &Authorization<'_>, tenant: &TestTenant<'_>) -> crate::support::client::Code {
    let hanna = match tenant.user_at("hanna@harbor.example").await {
        Some(user) => crate::support::tenant::Person {
            id: user.id,
            email: "hanna@harbor.example".to_owned(),
            password: crate::support::tenant::PASSWORD.to_owned(),
        },
        None => tenant.member("hanna@harbor.example").await,
    };
    let browser = tenant.app.browser();
    let page = request.open(&browser).await;
    request.code(&browser.sign_in(page, &hanna).await)
}

fn is_for(tokens: &Tokens, audience: &str, scope: &str) {
    let claims = jwt::claims(&tokens.access_token);
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!(audience), &json!(scope)), "{claims:#}");
    assert_eq!(tokens.scope, scope);
}

async fn invalid_target(app: &TestApp, attempt: impl Future<Output = Answer>) {
    let answer = app.refuses((TokenDenied, "invalid_target"), attempt).await;
    answer.is_error(400, "invalid_target");
}

async fn one_token_is_for_one_resource(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    for client in [shop(&harbor, "shop").public().await, shop(&harbor, "till").confidential().await] {
        let request = asking(&client, &[STOCK, ORDERS]);
        // Without a word the first is meant, and the ID token does not depend on it.
        let first = client.redeem(&code(&request, &harbor).await).send().await.tokens();
        is_for(&first, STOCK, "stock.read");
        assert_eq!(jwt::claims(first.id_token())["aud"], client.id);
        client.userinfo(&first.access_token).await.is_error(403, "insufficient_scope");
        let chosen =
            client.redeem(&code(&request, &harbor).await).set("resource", ORDERS).send().await.tokens();
        is_for(&chosen, ORDERS, "orders.read orders.write");
        // The other one is a refresh away, and choosing once chooses for once.
        let stock = client.refresh(chosen.refresh_token()).set("resource", STOCK).send().await.tokens();
        is_for(&stock, STOCK, "stock.read");
        let orders =
            client.refresh(stock.refresh_token()).set("resource", ORDERS).set("scope", "orders.read");
        let orders = orders.send().await.tokens();
        is_for(&orders, ORDERS, "orders.read");
        let again = client.refresh(orders.refresh_token()).send().await.tokens();
        is_for(&again, STOCK, "stock.read");
        // Whoever names none gets what there was before.
        let usual = client.redeem(&code(&asking(&client, &[]), &harbor).await).send().await.tokens();
        is_for(&usual, &harbor.issuer(), "email openid orders.read orders.write stock.read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8707_one_token_is_for_one_resource() {
    one_token_is_for_one_resource(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8707_one_token_is_for_one_resource_on_real_stores() {
    one_token_is_for_one_resource(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_35_a_request_is_never_answered_for_some_of_its_resources() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = shop(&harbor, "shop").confidential().await;
    for resources in [
        [ORDERS, "https://api.example/b"],
        ["https://api.example/b", ORDERS],
        [ORDERS, "https://api.example/orders#top"],
        [ORDERS, "/stock"],
        [ORDERS, "https://api.example/stock"],
        [ORDERS, "https://API.example/stock?v=2"],
    ] {
        let request = asking(&client, &resources);
        let browser = app.browser();
        let refused = (AuthorizationRejected, "invalid_target");
        let answer = app.refuses(refused, request.get(&browser)).await;
        answer.is_returned("invalid_target", &request);
        let pushed = request.query.pairs().iter().filter(|(name, _)| name != "client_id");
        let pushed = pushed.fold(client.request(&[]), |pushed, (name, value)| pushed.and(name, value));
        invalid_target(&app, pushed.send_to("/par")).await;
    }
    let other = harbor.client("other").public().await;
    let request = other.authorize().and("resource", ORDERS);
    request.get(&app.browser()).await.is_returned("invalid_target", &request);
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_17_a_resource_that_was_not_granted() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = shop(&harbor, "shop").public().await;
    for resource in [STOCK, "https://api.example/b", "not a uri", "https://api.example/orders#top"] {
        let granted = code(&asking(&client, &[ORDERS]), &harbor).await;
        let attempt = client.redeem(&granted).set("resource", resource).send();
        let answer = app.audited((TokenDenied, Some("invalid_target")), attempt).await;
        answer.is_error(400, "invalid_target");
    }
    let granted = code(&asking(&client, &[]), &harbor).await;
    let answer = client.redeem(&granted).set("resource", ORDERS).send().await;
    answer.is_error(400, "invalid_target");
    let granted = code(&asking(&client, &[ORDERS]), &harbor).await;
    let tokens = client.redeem(&granted).send().await.tokens();
    is_for(&tokens, ORDERS, "orders.read orders.write");
    let refresh = || client.refresh(tokens.refresh_token());
    invalid_target(&app, refresh().set("resource", STOCK).send()).await;
    invalid_target(&app, refresh().set("resource", &harbor.issuer()).send()).await;
    invalid_target(&app, refresh().and("resource", ORDERS).and("resource", ORDERS).send()).await;
    let wider = app.refuses((TokenDenied, "invalid_scope"), refresh().set("scope", "groups").send());
    wider.await.is_error(400, "invalid_scope");
    // A client that lost a resource is not served another audience in its place.
    client.update(|settings| drop(settings.options.resources.allowed.remove(0))).await;
    invalid_target(&app, refresh().send()).await;
    client
        .update(|settings| settings.options.resources.allowed.push(resource(ORDERS, &["orders.read"])))
        .await;
    is_for(&refresh().send().await.tokens(), ORDERS, "orders.read");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8707_a_client_acts_for_itself_at_a_resource() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").with(|client| {
        client.options.resources.allowed = vec![resource(ORDERS, &["orders.read", "orders.write"])];
    });
    let service = service.service(&[INVITE]).await;
    let at_orders = || service.client_credentials().set("resource", ORDERS);
    is_for(&at_orders().send().await.tokens(), ORDERS, "orders.read orders.write");
    is_for(&at_orders().set("scope", "orders.read").send().await.tokens(), ORDERS, "orders.read");
    is_for(&service.client_credentials().send().await.tokens(), &harbor.issuer(), INVITE);
    for (request, error) in [
        (at_orders().set("scope", INVITE), "invalid_scope"),
        (service.client_credentials().set("scope", "orders.read"), "invalid_scope"),
        (service.client_credentials().set("resource", STOCK), "invalid_target"),
        (at_orders().and("resource", STOCK), "invalid_target"),
    ] {
        app.refuses((TokenDenied, error), request.send()).await.is_error(400, error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8707_a_device_names_resources_too_and_who_serves_one_may_ask_about_tokens() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = shop(&harbor, "tv").with(|client| client.grant_types.push(GrantType::DeviceCode));
    let client = client.public().await;
    let ask = |resource: &str| client.request(&[("scope", "openid orders.read"), ("resource", resource)]);
    invalid_target(&app, ask("https://api.example/b").send_to("/device_authorization")).await;
    let told = ask(ORDERS).and("resource", STOCK).send_to("/device_authorization").await.json();
    let (browser, hanna) = (app.browser(), harbor.member("hanna@harbor.example").await);
    let page = browser.open(told["verification_uri_complete"].as_str().unwrap()).await;
    let page = browser.submit(&page, "/device", &[]).await;
    let page = browser.sign_in(page, &hanna).await;
    browser.submit(&page, "/device", &[("decision", "allow")]).await;
    let polls = || {
        let code = told["device_code"].as_str().unwrap();
        client.request(&[("grant_type", GrantType::DeviceCode.as_str()), ("device_code", code)])
    };
    invalid_target(&app, polls().set("resource", "https://api.example/b").send()).await;
    let tokens = polls().set("resource", ORDERS).send().await.tokens();
    is_for(&tokens, ORDERS, "orders.read");
    let serving = |uri: &'static str| {
        move |client: &mut hospes_idp::admin::clients::ClientSettings| {
            client.options.resources.serves = vec![uri.to_owned()];
        }
    };
    let orders = harbor.client("orders-api").with(serving(ORDERS)).confidential().await;
    let stock = harbor.client("stock-api").with(serving(STOCK)).confidential().await;
    for (api, active) in [(&orders, true), (&stock, false)] {
        let said = api.request(&[("token", &tokens.access_token)]).send_to("/introspect").await.json();
        assert_eq!(said["active"], active, "{said:#}");
        assert_eq!(said.get("aud").and_then(|aud| aud.as_str()), active.then_some(ORDERS), "{said:#}");
    }
}
