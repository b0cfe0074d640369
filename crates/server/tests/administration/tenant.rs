//! The tenant and its keys over the API.

use crate::house::{ADMINISTER, TestHouse};
use actix_web::http::header;
use serde_json::{Value, json};

#[actix_web::test]
async fn rules_change_one_by_one() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let read = house.get(&token, "/tenant").await;
    let tag = read.header(header::ETAG).to_owned();
    let before = read.is(200);
    assert_eq!(
        (&before["slug"], &before["issuer"]),
        (&json!("harbor"), &json!("https://id.example/t/harbor"))
    );
    let patch = json!({"displayName": "Harbor", "settings": {
        "allowInvitesFrom": "everyone", "invitationLifetime": 3600, "privacyStatementUrl": "https://harbor.example/privacy",
        "addressRoutes": [{"address": "ada@fjord.example", "homeIdp": null}],
    }});
    let reply = house.patch(&token, "/tenant", patch).await;
    assert_ne!(reply.header(header::ETAG), tag);
    let after = reply.is(200);
    assert_eq!(after["settings"]["allowInvitesFrom"], "everyone");
    assert_eq!(after["settings"]["sessionIdle"], before["settings"]["sessionIdle"]);
    let cleared =
        house.patch(&token, "/tenant", json!({"settings": {"privacyStatementUrl": null}})).await.is(200);
    assert_eq!(cleared["settings"]["privacyStatementUrl"], Value::Null);
    assert_eq!(cleared["settings"]["invitationLifetime"], 3600);
}

#[actix_web::test]
async fn rules_out_of_range_are_refused_together() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let before = house.snapshot().await;
    let patch = json!({"settings": {
        "invitationLifetime": 0, "accessTokenLifetime": 90_000, "landingUrls": ["javascript:alert(1)"],
        "privacyStatementUrl": "not a link",
    }});
    let reply = house.patch(&token, "/tenant", patch).await;
    reply.is_problem(422, "invalid");
    assert_eq!(reply.body["problems"].as_array().unwrap().len(), 4, "{}", reply.body);
    for settings in [
        json!({"sessionIdle": -1}),
        json!({"sessionIdle": "long"}),
        json!({"allowInvitesFrom": "anyone"}),
        json!({"addressRoutes": [{"address": "nobody"}]}),
        json!({"unknownRule": true}),
    ] {
        house.patch(&token, "/tenant", json!({"settings": settings})).await.is_problem(422, "invalid");
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn a_new_key_is_published_before_it_signs_and_older_ones_stay() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let made = house.post(&token, "/keys", json!({"algorithm": "PS256"})).await.is(201);
    assert_eq!((&made["state"], &made["removedAfter"]), (&json!("upcoming"), &Value::Null), "{made}");
    assert!(made["signsFrom"].as_str() > made["createdAt"].as_str(), "{made}");
    let keys = house.get(&token, "/keys").await.is(200);
    let items = keys["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    assert!(items.iter().any(|key| key["keyId"] == made["keyId"]));
    let before = house.snapshot().await;
    for algorithm in ["PS256", "HS256", "none"] {
        house.post(&token, "/keys", json!({"algorithm": algorithm})).await.is_problem(422, "invalid");
    }
    house.post(&token, "/keys/rotate", json!({})).await.is_problem(422, "invalid");
    house.post(&token, "/keys/nothing/revoke", json!({})).await.is_problem(404, "not_found");
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn key_02_a_revoked_key_is_gone_and_another_signs() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let keys = house.get(&token, "/keys").await.is(200);
    let of = |keys: &Value, algorithm: &str| {
        let items = keys["items"].as_array().unwrap().iter();
        items.filter(|key| key["algorithm"] == algorithm).cloned().collect::<Vec<_>>()
    };
    let old = of(&keys, "RS256")[0]["keyId"].clone();
    let path = format!("/keys/{}/revoke", old.as_str().unwrap());
    let left = house.post(&token, &path, json!({})).await.is(200);
    let new = of(&left, "RS256");
    assert_eq!((new.len(), &new[0]["state"]), (1, &json!("signing")), "{left:#}");
    assert_ne!(new[0]["keyId"], old);
    house.post(&token, &path, json!({})).await.is_problem(404, "not_found");
    assert_eq!(of(&left, "ES256"), of(&keys, "ES256"), "others stay");
}
