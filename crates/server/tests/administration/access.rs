//! Who may ask, and what everybody else is told.

use crate::house::{ADMINISTER, INVITE, TestHouse};
use actix_web::http::{Method, header};
use actix_web::test::TestRequest;
use hospes_idp::admin::Caller;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::ids::UserId;
use hospes_idp::tenant::Status;
use serde_json::{Value, json};

/// Every endpoint that needs a token, with identifiers that name nothing.
async fn endpoints(house: &TestHouse) -> Vec<(Method, String)> {
    let document = house.send(TestRequest::get().uri("/t/harbor/api/openapi.json")).await.is(200);
    let id = UserId::generate(&house.ctx()).to_string();
    let mut endpoints = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            endpoints.push((method, path.replace("{id}", &id).replace("{user}", &id)));
        }
    }
    endpoints.retain(|(_, path)| path != "/openapi.json");
    assert_eq!(endpoints.len(), 48);
    endpoints
}

/// RFC 9728 §5.1.
const METADATA: &str = "Bearer realm=\"harbor\", \
     resource_metadata=\"https://id.example/.well-known/oauth-protected-resource/t/harbor/api\"";

#[actix_web::test]
async fn api_04_no_invalid_foreign_and_expired_tokens_are_the_same_401() {
    let house = TestHouse::open().await;
    let for_another =
        ClientSettings { audience: Some("https://app.example".into()), ..ClientSettings::default() };
    let (disabled, token_of_disabled) =
        house.token_with(&house.tenant, ADMINISTER, ClientSettings::default()).await;
    let expired = house.token(&house.tenant, ADMINISTER).await;
    house.advance(3601);
    let ctx = house.ctx();
    let admin = house.house.app.idp.admin(&ctx, &house.tenant, &Caller::Operator).unwrap();
    let id = hospes_protocol::ClientId::new(disabled);
    let client = admin.client(&id).await.unwrap();
    let settings = ClientSettings { status: Status::Disabled, ..client.into() };
    admin.update_client(&id, settings, None).await.unwrap();
    let tokens = [
        String::new(),
        "garbage".to_owned(),
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        expired,
        token_of_disabled,
        house.token_with(&house.tenant, ADMINISTER, for_another).await.1,
        house.token(&house.other, ADMINISTER).await,
    ];
    let before = house.snapshot().await;
    for (method, path) in endpoints(&house).await {
        for token in &tokens {
            // The body is not even looked at.
            let reply = house.call(token, method.clone(), &path, Some(json!("x"))).await;
            reply.is_problem(401, "invalid_token");
            let challenge = reply.header(header::WWW_AUTHENTICATE);
            assert!(
                challenge.starts_with(METADATA) && challenge.ends_with(", error=\"invalid_token\""),
                "{challenge}"
            );
        }
        let anonymous = TestRequest::with_uri(&format!("/t/harbor/api{path}")).method(method);
        let reply = house.send(anonymous).await;
        reply.is_problem(401, "invalid_token");
        assert_eq!(reply.header(header::WWW_AUTHENTICATE), METADATA);
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn api_05_a_token_without_the_permission_is_403_insufficient_scope() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, INVITE).await;
    let before = house.snapshot().await;
    for (method, path) in endpoints(&house).await {
        if (method.as_str(), path.as_str()) == ("POST", "/invitations") {
            continue;
        }
        let reply = house.call(&token, method, &path, Some(json!("x"))).await;
        reply.is_problem(403, "insufficient_scope");
        let challenge = reply.header(header::WWW_AUTHENTICATE);
        assert!(challenge.contains("error=\"insufficient_scope\", scope=\"Directory.ReadWrite.All\""));
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn api_01_foreign_unknown_and_malformed_identifiers_are_the_same_404() {
    let house = TestHouse::open().await;
    let (foreign_client, foreign_token) =
        house.token_with(&house.other, ADMINISTER, ClientSettings::default()).await;
    let member = json!({"email": "ada@fjord.example", "displayName": "Ada"});
    let made = TestRequest::post()
        .uri("/t/fjord/api/users")
        .insert_header((header::AUTHORIZATION, format!("Bearer {foreign_token}")))
        .set_json(member);
    let foreign_user = house.send(made).await.is(201)["id"].as_str().unwrap().to_owned();
    let token = house.token(&house.tenant, ADMINISTER).await;
    let unknown = UserId::generate(&house.ctx()).to_string();
    let before = house.snapshot().await;
    let cases = [
        (Method::GET, "/clients/{}", None),
        (
            Method::PUT,
            "/clients/{}",
            Some(json!({"displayName": "x", "redirectUris": ["https://a.example/"]})),
        ),
        (Method::DELETE, "/clients/{}", None),
        (Method::POST, "/clients/{}/secret", None),
        (Method::GET, "/users/{}", None),
        (Method::PATCH, "/users/{}", Some(json!({"displayName": "x"}))),
        (Method::DELETE, "/users/{}", None),
        (Method::GET, "/users/{}/groups", None),
        (Method::POST, "/clients/{}/claims-preview", Some(json!({"userId": unknown}))),
        (Method::GET, "/groups/{}", None),
        (Method::PUT, "/groups/{}", Some(json!({"displayName": "x"}))),
        (Method::DELETE, "/groups/{}", None),
        (Method::GET, "/groups/{}/members", None),
        (Method::GET, "/invitations/{}", None),
        (Method::POST, "/invitations/{}/revoke", None),
        (Method::POST, "/invitations/{}/resend", None),
        (Method::GET, "/home-idps/{}", None),
        (Method::DELETE, "/home-idps/{}", None),
    ];
    for (method, path, body) in cases {
        let mut answers: Vec<Value> = Vec::new();
        for id in [&foreign_client, &foreign_user, &unknown, "not-an-id"] {
            let reply = house.call(&token, method.clone(), &path.replace("{}", id), body.clone()).await;
            reply.is_problem(404, "not_found");
            let mut body = reply.body;
            body["reference"] = Value::Null;
            answers.push(body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{method} {path}");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn unknown_tenants_paths_and_methods_are_problems_too() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    house.get(&token, "/nothing").await.is_problem(404, "not_found");
    let nowhere = TestRequest::get().uri("/t/nowhere/api/tenant");
    house.send(nowhere).await.is_problem(404, "not_found");
    let reply = house.call(&token, Method::DELETE, "/tenant", None).await;
    reply.is_problem(405, "method_not_allowed");
    assert_eq!(reply.header(header::ALLOW), "GET, PATCH");
}

#[actix_web::test]
async fn api_24_the_audit_trail_can_only_be_read() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        house.call(&token, method, "/audit", Some(json!({}))).await.is_problem(405, "method_not_allowed");
    }
}

#[actix_web::test]
async fn api_30_methods_are_not_overridden_and_paths_not_bent() {
    let house = TestHouse::open().await;
    let (id, token) = house.token_with(&house.tenant, ADMINISTER, ClientSettings::default()).await;
    let before = house.snapshot().await;
    for name in ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"] {
        let request = house.request(&token, Method::GET, &format!("/clients/{id}"), None);
        house.send(request.insert_header((name, "DELETE"))).await.is(200);
    }
    house.get(&token, &format!("/clients/{id}?_method=DELETE")).await.is(200);
    for path in ["//tenant", "/tenant/", "/tenant.", "/x/..;/tenant", "/clients%2f..%2ftenant", "/./tenant"] {
        house.get(&token, path).await.is_problem(404, "not_found");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn dos_a_large_or_foreign_body_is_refused() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let before = house.snapshot().await;
    let large = json!({"email": "ada@harbor.example", "displayName": "x".repeat(257 * 1024)});
    house.post(&token, "/users", large).await.is_problem(413, "too_large");
    let bare = || house.request(&token, Method::POST, "/users", None);
    let body = "{\"email\":\"ada@harbor.example\",\"displayName\":\"Ada\"}";
    house.send(bare().set_payload(body)).await.is_problem(415, "unsupported_media_type");
    let form = bare().insert_header((header::CONTENT_TYPE, "text/plain")).set_payload(body);
    house.send(form).await.is_problem(415, "unsupported_media_type");
    for broken in ["", "{", "{]", "nonsense"] {
        let json = bare().insert_header((header::CONTENT_TYPE, "application/json")).set_payload(broken);
        house.send(json).await.is_problem(400, "malformed_request");
    }
    assert_eq!(before, house.snapshot().await);
}
