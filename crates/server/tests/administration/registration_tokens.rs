//! Leave to register clients over the API.

use crate::house::{ADMINISTER, INVITE, TestHouse};
use actix_web::http::Method;
use serde_json::json;

#[actix_web::test]
async fn leave_to_register_is_made_listed_and_withdrawn() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let body = json!({"displayName": "Robots", "maxClients": 3, "lifetime": 60, "scopes": ["openid"]});
    let made = house.post(&token, "/registration-tokens", body).await.is(201);
    let value = made["initialAccessToken"].as_str().unwrap();
    assert_eq!((&made["maxClients"], &made["clients"]), (&json!(3), &json!(0)));
    assert_eq!(made["grantTypes"], json!(["authorization_code", "refresh_token"]));
    let listed = house.get(&token, "/registration-tokens").await.is(200);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    let hash = hospes_protocol::encoding::base64url(hospes_protocol::encoding::sha256(value));
    assert!(!listed.to_string().contains(value) && !listed.to_string().contains(&hash), "shown once");
    let path = format!("/registration-tokens/{}", made["id"].as_str().unwrap());
    house.call(&token, Method::DELETE, &path, None).await.is(204);
    house.call(&token, Method::DELETE, &path, None).await.is_problem(404, "not_found");
    assert_eq!(house.get(&token, "/registration-tokens").await.is(200)["items"], json!([]));
}

#[actix_web::test]
async fn leave_to_register_is_an_administrators_to_give_and_ends() {
    let house = TestHouse::open().await;
    let (token, inviter) =
        (house.token(&house.tenant, ADMINISTER).await, house.token(&house.tenant, INVITE).await);
    let before = house.snapshot().await;
    house.post(&inviter, "/registration-tokens", json!({})).await.is_problem(403, "insufficient_scope");
    for body in [
        json!({"lifetime": 0}),
        json!({"lifetime": 400_000_000}),
        json!({"maxClients": 0}),
        json!({"maxClients": 1_000_000}),
        json!({"grantTypes": []}),
        json!({"grantTypes": ["password"]}),
        json!({"scopes": ["a b"]}),
        json!({"displayName": " "}),
        json!({"permissions": ["User.Invite.All"]}),
    ] {
        house.post(&token, "/registration-tokens", body).await.is_problem(422, "invalid");
    }
    assert_eq!(before, house.snapshot().await);
}
