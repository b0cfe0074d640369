//! The description of the API against what is really answered.

use crate::house::{ADMINISTER, TestHouse};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

/// The members of an object's schema, with those it is composed of.
fn members<'a>(document: &'a Value, schema: &'a Value, into: &mut Vec<&'a str>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        members(document, &document["components"]["schemas"][name], into);
    }
    schema["allOf"].as_array().into_iter().flatten().for_each(|part| members(document, part, into));
    into.extend(
        schema["properties"].as_object().into_iter().flat_map(|members| members.keys()).map(String::as_str),
    );
}

#[actix_web::test]
async fn the_description_needs_no_token_and_names_the_issuer() {
    let house = TestHouse::open().await;
    let document = house.send(TestRequest::get().uri("/t/harbor/api/openapi.json")).await.is(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"], json!([{"url": "https://id.example/t/harbor/api"}]));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"];
            assert_eq!(problem["$ref"], "#/components/schemas/Problem", "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn what_is_answered_has_exactly_the_members_that_are_described() {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let document = house.send(TestRequest::get().uri("/t/harbor/api/openapi.json")).await.is(200);
    let member = json!({"email": "ada@harbor.example", "displayName": "Ada"});
    let user = house.post(&token, "/users", member).await.is(201);
    let guest = json!({"email": "gast@fjord.example", "redirectUrl": "https://id.example/t/harbor/home"});
    let invitation = house.post(&token, "/invitations", guest).await.is(201);
    let client = json!({"displayName": "App", "redirectUris": ["https://a.example/"]});
    let made = house.post(&token, "/clients", client).await.is(201);
    let answers = [
        ("User", user.clone()),
        (
            "UserWithIdentities",
            house.get(&token, &format!("/users/{}", user["id"].as_str().unwrap())).await.is(200),
        ),
        ("MadeInvitation", invitation),
        ("Invitation", house.get(&token, "/invitations").await.is(200)["items"][0].clone()),
        ("ClientWithSecret", made),
        ("Client", house.get(&token, "/clients").await.is(200)["items"][0].clone()),
        ("Tenant", house.get(&token, "/tenant").await.is(200)),
        ("Key", house.get(&token, "/keys").await.is(200)["items"][0].clone()),
        ("AuditEntry", house.get(&token, "/audit").await.is(200)["items"][0].clone()),
        ("Problem", house.get(&token, "/clients/nothing").await.body),
    ];
    for (name, answer) in answers {
        let mut described = Vec::new();
        members(&document, &document["components"]["schemas"][name], &mut described);
        let mut answered: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        described.sort_unstable();
        answered.sort_unstable();
        assert_eq!(described, answered, "{name}");
    }
}
