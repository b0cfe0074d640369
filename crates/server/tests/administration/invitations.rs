//! Invitations over the API.

use crate::house::{ADMINISTER, INVITE, TestHouse};
use actix_web::http::{Method, header};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

const HOME: &str = "https://id.example/t/harbor/home";

fn guest(email: &str) -> Value {
    json!({"email": email, "redirectUrl": HOME, "displayName": "Gast"})
}

/// Whether a link still opens.
async fn opens(house: &TestHouse, link: &str) -> bool {
    let path = link.strip_prefix("https://id.example").unwrap();
    house.send(TestRequest::get().uri(path)).await.status == 200
}

async fn with_links_told() -> (TestHouse, String) {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    house.patch(&token, "/tenant", json!({"settings": {"returnRedeemUrl": true}})).await.is(200);
    (house, token)
}

#[actix_web::test]
async fn an_invitation_is_made_by_whoever_may_invite() {
    let house = TestHouse::open().await;
    let (token, admin) =
        (house.token(&house.tenant, INVITE).await, house.token(&house.tenant, ADMINISTER).await);
    let reply = house.post(&token, "/invitations", guest("gast@fjord.example")).await;
    let location = reply.header(header::LOCATION).to_owned();
    let made = reply.is(201);
    assert_eq!((&made["state"], &made["mailQueued"]), (&json!("pending"), &json!(true)));
    assert_eq!(made["redeemUrl"], Value::Null, "not told unless the tenant's rules say so");
    let path = location.strip_prefix("https://id.example/t/harbor/api").unwrap();
    let read = house.get(&admin, path).await.is(200);
    assert_eq!((&read["id"], &read["user"]), (&made["id"], &made["user"]));
    assert_eq!(house.get(&admin, "/invitations?state=pending").await.is(200)["items"], json!([read]));
    assert!(!read.to_string().contains("secret"), "API-12");
}

#[actix_web::test]
async fn invitations_that_cannot_be_made() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let member = json!({"email": "ada@harbor.example", "displayName": "Ada"});
    house.post(&token, "/users", member).await.is(201);
    let before = house.snapshot().await;
    house.post(&token, "/invitations", guest("ada@harbor.example")).await.is_problem(409, "conflict");
    let mut cases = vec![guest("nobody"), json!({"email": "a@fjord.example"})];
    for (member, value) in [
        ("redirectUrl", json!("https://evil.example/")),
        ("message", json!("x".repeat(1001))),
        ("displayName", json!("a\u{202e}b")),
        ("cc", json!("nobody")),
        ("userType", json!("Member")),
        ("resetRedemption", json!(true)),
        ("sponsors", json!(["nobody"])),
    ] {
        let mut case = guest("gast@fjord.example");
        case[member] = value;
        cases.push(case);
    }
    for case in cases {
        house.post(&token, "/invitations", case).await.is_problem(422, "invalid");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn a_resent_invitation_has_a_new_link_and_the_old_one_is_dead() {
    let (house, token) = with_links_told().await;
    let first = house.post(&token, "/invitations", guest("gast@fjord.example")).await.is(201);
    let old_link = first["redeemUrl"].as_str().unwrap();
    assert!(opens(&house, old_link).await);
    let id = first["id"].as_str().unwrap();
    let resend = format!("/invitations/{id}/resend");
    let second = house.call(&token, Method::POST, &resend, None).await.is(201);
    assert_ne!(second["id"], first["id"]);
    assert_eq!((&second["user"], &second["redirectUrl"]), (&first["user"], &first["redirectUrl"]));
    assert!(opens(&house, second["redeemUrl"].as_str().unwrap()).await);
    assert!(!opens(&house, old_link).await);
    assert_eq!(house.get(&token, &format!("/invitations/{id}")).await.is(200)["state"], "superseded");
    let before = house.snapshot().await;
    house.call(&token, Method::POST, &resend, None).await.is_problem(409, "conflict");
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn a_revoked_invitation_is_dead_and_cannot_be_sent_again() {
    let (house, token) = with_links_told().await;
    let made = house.post(&token, "/invitations", guest("gast@fjord.example")).await.is(201);
    let path = format!("/invitations/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let revoked = house.call(&token, Method::POST, &format!("{path}/revoke"), None).await.is(200);
        assert_eq!(revoked["state"], "revoked");
    }
    assert!(!opens(&house, made["redeemUrl"].as_str().unwrap()).await);
    let before = house.snapshot().await;
    house.call(&token, Method::POST, &format!("{path}/resend"), None).await.is_problem(409, "conflict");
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn an_expired_invitation_can_be_sent_again() {
    let (house, token) = with_links_told().await;
    house.patch(&token, "/tenant", json!({"settings": {"invitationLifetime": 60}})).await.is(200);
    let made = house.post(&token, "/invitations", guest("gast@fjord.example")).await.is(201);
    house.advance(61);
    assert!(!opens(&house, made["redeemUrl"].as_str().unwrap()).await);
    let resend = format!("/invitations/{}/resend", made["id"].as_str().unwrap());
    let again = house.call(&token, Method::POST, &resend, None).await.is(201);
    assert!(opens(&house, again["redeemUrl"].as_str().unwrap()).await);
}

#[actix_web::test]
async fn the_fourth_invitation_to_one_address_in_a_day_is_429() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    for _ in 0..3 {
        house.post(&token, "/invitations", guest("gast@fjord.example")).await.is(201);
    }
    let before = house.snapshot().await;
    let reply = house.post(&token, "/invitations", guest("gast@fjord.example")).await;
    reply.is_problem(429, "too_many_requests");
    assert!(reply.header(header::RETRY_AFTER).parse::<u32>().unwrap() > 0);
    assert_eq!(before, house.snapshot().await);
}
