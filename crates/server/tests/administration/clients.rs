//! Clients over the API.

use crate::house::{ADMINISTER, TestHouse};
use actix_web::http::{Method, header};
use hospes_idp::admin::clients::ClientSettings;
use serde_json::{Value, json};

fn app() -> Value {
    json!({"clientId": "app", "displayName": "App", "redirectUris": ["https://app.example/callback"]})
}

#[actix_web::test]
async fn a_client_from_registration_to_deletion() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let reply = house.post(&token, "/clients", app()).await;
    assert_eq!(reply.header(header::LOCATION), "https://id.example/t/harbor/api/clients/app");
    let tag = reply.header(header::ETAG).to_owned();
    let made = reply.is(201);
    let secret = made["clientSecret"].as_str().unwrap().to_owned();
    assert_eq!(made["grantTypes"], json!(["authorization_code", "refresh_token"]));

    let read = house.get(&token, "/clients/app").await;
    assert_eq!(read.header(header::ETAG), tag);
    assert_eq!(read.is(200)["displayName"], "App");

    let changed =
        json!({"displayName": "Other", "redirectUris": ["https://other.example/"], "requirePkce": false});
    let request = house.request(&token, Method::PUT, "/clients/app", Some(changed));
    let reply = house.send(request.insert_header((header::IF_MATCH, tag.as_str()))).await;
    assert_ne!(reply.header(header::ETAG), tag);
    let client = reply.is(200);
    assert_eq!((&client["displayName"], &client["requirePkce"]), (&json!("Other"), &json!(false)));

    let rotated = house.call(&token, Method::POST, "/clients/app/secret", None).await.is(200);
    assert_ne!(rotated["clientSecret"], json!(secret));
    assert_eq!(rotated["secrets"].as_array().unwrap().len(), 2);

    house.call(&token, Method::DELETE, "/clients/app", None).await.is(204);
    house.get(&token, "/clients/app").await.is_problem(404, "not_found");
}

#[actix_web::test]
async fn api_12_secrets_and_hashes_are_never_read_back() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let made = house.post(&token, "/clients", app()).await.is(201);
    let secret = made["clientSecret"].as_str().unwrap();
    let hash = hospes_protocol::encoding::base64url(hospes_protocol::encoding::sha256(secret));
    for path in ["/clients", "/clients/app", "/keys", "/audit"] {
        let text = house.get(&token, path).await.is(200).to_string();
        for hidden in [secret, &hash, "clientSecret", "\"hash\"", "\"d\":", "\"private\""] {
            assert!(!text.contains(hidden), "{path} has {hidden}");
        }
    }
}

#[actix_web::test]
async fn api_03_another_identifier_in_the_body_than_in_the_path_is_refused() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    house.post(&token, "/clients", app()).await.is(201);
    let before = house.snapshot().await;
    let body = json!({"clientId": "other", "displayName": "x", "redirectUris": ["https://a.example/"]});
    house.call(&token, Method::PUT, "/clients/app", Some(body)).await.is_problem(422, "invalid");
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn several_problems_come_at_once_and_nothing_is_made() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let before = house.snapshot().await;
    let body = json!({
        "displayName": " ", "redirectUris": ["http://app.example/"], "startUrl": "javascript:alert(1)",
        "permissions": ["Everything"], "options": {"security": {"profile": "fapi2"}},
    });
    let reply = house.post(&token, "/clients", body).await;
    reply.is_problem(422, "invalid");
    let problems = reply.body["problems"].as_array().unwrap();
    assert!(problems.len() >= 5, "{problems:?}");
    for body in [
        json!({"displayName": "x", "redirectUris": "https://a.example/"}),
        json!({"displayName": "x", "scopes": ["two words"]}),
        json!({"displayName": "x", "authMethod": "client_secret_jwt"}),
        json!({"displayName": "x", "tenant": house.other.id}),
        json!({"displayName": "x", "clientId": "with space", "redirectUris": ["https://a.example/"]}),
        json!([]),
    ] {
        house.post(&token, "/clients", body).await.is_problem(422, "invalid");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn a_taken_identifier_is_a_conflict_and_public_clients_have_no_secret() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    house.post(&token, "/clients", app()).await.is(201);
    let public = json!({"clientId": "spa", "displayName": "x", "authMethod": "none", "redirectUris": ["https://a.example/"]});
    assert_eq!(house.post(&token, "/clients", public).await.is(201)["clientSecret"], Value::Null);
    let before = house.snapshot().await;
    house.post(&token, "/clients", app()).await.is_problem(409, "conflict");
    house.call(&token, Method::POST, "/clients/spa/secret", None).await.is_problem(422, "invalid");
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn api_17_a_stale_version_is_412_on_every_change() {
    let house = TestHouse::open().await;
    let (id, token) = house.token_with(&house.tenant, ADMINISTER, ClientSettings::default()).await;
    let member = json!({"email": "ada@harbor.example", "displayName": "Ada"});
    let user = house.post(&token, "/users", member).await.is(201)["id"].as_str().unwrap().to_owned();
    let before = house.snapshot().await;
    let cases = [
        (Method::PATCH, "/tenant".to_owned(), json!({"displayName": "x"})),
        (
            Method::PUT,
            format!("/clients/{id}"),
            json!({"displayName": "x", "redirectUris": ["https://a.example/"]}),
        ),
        (Method::DELETE, format!("/clients/{id}"), Value::Null),
        (Method::POST, format!("/clients/{id}/secret"), Value::Null),
        (Method::PATCH, format!("/users/{user}"), json!({"displayName": "x"})),
        (Method::DELETE, format!("/users/{user}"), Value::Null),
    ];
    for (method, path, body) in cases {
        for tag in ["\"99\"", "W/\"0\"", "0", "\"\"", "nonsense", "\"0\", \"1\""] {
            let request = house.request(&token, method.clone(), &path, Some(body.clone()));
            let reply = house.send(request.insert_header((header::IF_MATCH, tag))).await;
            reply.is_problem(412, "version_mismatch");
        }
    }
    assert_eq!(before, house.snapshot().await);
    let any = house.request(&token, Method::DELETE, &format!("/users/{user}"), None);
    house.send(any.insert_header((header::IF_MATCH, "*"))).await.is(204);
}
