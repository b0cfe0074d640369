//! Groups over the API.

use crate::house::{ADMINISTER, INVITE, TestHouse};
use actix_web::http::{Method, header};
use serde_json::{Value, json};

async fn member(house: &TestHouse, token: &str, email: &str) -> String {
    let member = json!({"email": email, "displayName": email});
    house.post(token, "/users", member).await.is(201)["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_group_from_making_to_deletion() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let ada = member(&house, &token, "ada@harbor.example").await;
    let reply = house.post(&token, "/groups", json!({"displayName": "Editors"})).await;
    let tag = reply.header(header::ETAG).to_owned();
    let id = reply.is(201)["id"].as_str().unwrap().to_owned();
    let (path, members) = (format!("/groups/{id}"), format!("/groups/{id}/members"));
    for _ in 0..2 {
        house.call(&token, Method::PUT, &format!("{members}/{ada}"), None).await.is(204);
    }
    let found = house.get(&token, &members).await.is(200);
    assert_eq!((found["items"][0]["id"].as_str(), &found["next"]), (Some(ada.as_str()), &Value::Null));
    let of_ada = house.get(&token, &format!("/users/{ada}/groups")).await.is(200);
    assert_eq!(of_ada["items"][0]["displayName"], "Editors");
    let body = json!({"displayName": "Writers", "description": "Who may write"});
    let request = house.request(&token, Method::PUT, &path, Some(body.clone()));
    let changed = house.send(request.insert_header((header::IF_MATCH, tag.as_str()))).await;
    assert_eq!(changed.is(200)["description"], "Who may write");
    let request = house.request(&token, Method::PUT, &path, Some(body));
    let before = house.snapshot().await;
    let stale = house.send(request.insert_header((header::IF_MATCH, tag.as_str()))).await;
    stale.is_problem(412, "version_mismatch");
    assert_eq!(before, house.snapshot().await);
    house.call(&token, Method::DELETE, &format!("{members}/{ada}"), None).await.is(204);
    house.call(&token, Method::DELETE, &format!("{members}/{ada}"), None).await.is_problem(404, "not_found");
    house.call(&token, Method::DELETE, &path, None).await.is(204);
    house.get(&token, &path).await.is_problem(404, "not_found");
    let kinds = house.get(&token, "/audit?limit=200").await.is(200).to_string();
    for kind in
        ["group.created", "group.updated", "group.deleted", "group.member_added", "group.member_removed"]
    {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[actix_web::test]
async fn what_cannot_be_is_refused_and_nothing_changes() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let ada = member(&house, &token, "ada@harbor.example").await;
    let made = house.post(&token, "/groups", json!({"displayName": "Editors"})).await.is(201);
    let id = made["id"].as_str().unwrap();
    let weak = house.token(&house.tenant, INVITE).await;
    let before = house.snapshot().await;
    house.post(&token, "/groups", json!({"displayName": "EDITORS"})).await.is_problem(409, "conflict");
    for body in [
        json!({}),
        json!({"displayName": " "}),
        json!({"displayName": "x", "members": [ada]}),
        json!({"displayName": "x", "description": "x".repeat(2000)}),
    ] {
        house.post(&token, "/groups", body).await.is_problem(422, "invalid");
    }
    let nobody = "00000000-0000-0000-0000-000000000000";
    for path in [
        format!("/groups/{id}/members/{nobody}"),
        format!("/groups/{nobody}/members/{ada}"),
        format!("/groups/{id}/members/x"),
    ] {
        house.call(&token, Method::PUT, &path, None).await.is_problem(404, "not_found");
    }
    house.get(&token, &format!("/users/{nobody}/groups")).await.is_problem(404, "not_found");
    house.get(&weak, "/groups").await.is_problem(403, "insufficient_scope");
    house
        .call(&weak, Method::DELETE, &format!("/groups/{id}"), None)
        .await
        .is_problem(403, "insufficient_scope");
    assert_eq!(before, house.snapshot().await);
}
