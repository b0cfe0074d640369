//! People over the API.

use crate::house::{ADMINISTER, TestHouse};
use actix_web::http::{Method, header};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn make(house: &TestHouse, token: &str, name: &str, roles: Value) -> String {
    let member = json!({"email": format!("{name}@harbor.example"), "displayName": name, "roles": roles});
    house.post(token, "/users", member).await.is(201)["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_member_from_making_to_deletion() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let id = make(&house, &token, "ada", json!(["GuestInviter"])).await;
    let read = house.get(&token, &format!("/users/{id}")).await.is(200);
    assert_eq!((&read["userType"], &read["state"]), (&json!("Member"), &Value::Null));
    assert_eq!((&read["hasLocalAccount"], &read["identities"]), (&json!(true), &json!([])));
    let patch = json!({"displayName": "Ada L.", "status": "disabled", "roles": []});
    let changed = house.patch(&token, &format!("/users/{id}"), patch).await.is(200);
    assert_eq!((&changed["displayName"], &changed["status"]), (&json!("Ada L."), &json!("disabled")));
    house.call(&token, Method::DELETE, &format!("/users/{id}"), None).await.is(204);
    house.get(&token, &format!("/users/{id}")).await.is_problem(404, "not_found");
}

#[actix_web::test]
async fn api_13_immutable_members_are_refused() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let id = make(&house, &token, "ada", json!([])).await;
    let before = house.snapshot().await;
    let value = house.get(&token, &format!("/users/{id}")).await.is(200);
    for member in
        ["id", "tenant", "userType", "state", "email", "createdAt", "version", "invitedBy", "identities"]
    {
        let patch = json!({"displayName": "x", member: value.get(member).cloned().unwrap_or(json!("x"))});
        let reply = house.patch(&token, &format!("/users/{id}"), patch).await;
        reply.is_problem(422, "invalid");
        assert!(reply.body["detail"].as_str().unwrap().contains(member), "{}", reply.body);
    }
    for member in ["id", "slug", "issuer", "status", "createdAt", "version"] {
        house.patch(&token, "/tenant", json!({member: "x"})).await.is_problem(422, "invalid");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn api_14_members_that_would_raise_rights_are_refused() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let id = make(&house, &token, "ada", json!([])).await;
    let before = house.snapshot().await;
    for member in
        ["isAdmin", "is_admin", "emailVerified", "email_verified", "mfaEnrolled", "password", "sponsors"]
    {
        let patch = json!({member: true});
        house.patch(&token, &format!("/users/{id}"), patch).await.is_problem(422, "invalid");
    }
    let with_role = json!({"roles": ["Owner"]});
    house.patch(&token, &format!("/users/{id}"), with_role).await.is_problem(422, "invalid");
    let twice = "{\"displayName\": \"a\", \"displayName\": \"b\"}";
    let twice = house.request(&token, Method::PATCH, &format!("/users/{id}"), None).set_payload(twice);
    let json = (header::CONTENT_TYPE, "application/json");
    house.send(twice.insert_header(json)).await.is_problem(422, "invalid");
    let new = json!({"email": "b@harbor.example", "displayName": "b", "userType": "Guest"});
    house.post(&token, "/users", new).await.is_problem(422, "invalid");
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn members_that_cannot_be_made() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    make(&house, &token, "ada", json!([])).await;
    let before = house.snapshot().await;
    let taken = json!({"email": "ADA@harbor.example", "displayName": "x"});
    house.post(&token, "/users", taken).await.is_problem(409, "conflict");
    for (email, name, password) in [
        ("nobody", "x", Value::Null),
        ("b@harbor.example", "", Value::Null),
        ("b@harbor.example", "b\u{7}", Value::Null),
        ("b@harbor.example", "x", json!("short")),
    ] {
        let body = json!({"email": email, "displayName": name, "password": password});
        let reply = house.post(&token, "/users", body).await;
        reply.is_problem(422, "invalid");
        assert!(!reply.body.to_string().contains("short"), "passwords are not repeated");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn api_22_the_last_administrator_stays() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let first = make(&house, &token, "first", json!(["Administrator"])).await;
    let disabled = make(&house, &token, "second", json!(["Administrator"])).await;
    house.patch(&token, &format!("/users/{disabled}"), json!({"status": "disabled"})).await.is(200);
    let before = house.snapshot().await;
    let path = format!("/users/{first}");
    house.patch(&token, &path, json!({"status": "disabled"})).await.is_problem(409, "last_administrator");
    house
        .patch(&token, &path, json!({"roles": ["GuestInviter"]}))
        .await
        .is_problem(409, "last_administrator");
    house.call(&token, Method::DELETE, &path, None).await.is_problem(409, "last_administrator");
    assert_eq!(before, house.snapshot().await);
    house.patch(&token, &format!("/users/{disabled}"), json!({"status": "enabled"})).await.is(200);
    house.call(&token, Method::DELETE, &path, None).await.is(204);
}

#[actix_web::test]
async fn api_17_of_twenty_changes_at_once_one_wins_and_none_is_lost() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let id = make(&house, &token, "ada", json!([])).await;
    let path = format!("/users/{id}");
    let tag = house.get(&token, &path).await.header(header::ETAG).to_owned();
    let changes = (0..20).map(|n| {
        let request =
            house.request(&token, Method::PATCH, &path, Some(json!({"displayName": format!("n{n}")})));
        house.send(request.insert_header((header::IF_MATCH, tag.as_str())))
    });
    let replies = join_all(changes).await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for reply in &lost {
        reply.is_problem(412, "version_mismatch");
    }
    assert_eq!(house.get(&token, &path).await.is(200)["displayName"], won[0].body["displayName"]);
}
