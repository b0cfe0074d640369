//! Lists: pages, cursors, filters.

use crate::house::{ADMINISTER, INVITE, TestHouse};
use actix_web::http::header;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

async fn with_members(count: usize) -> (TestHouse, String) {
    let house = TestHouse::open().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    for n in 0..count {
        let member = json!({"email": format!("m{n}@harbor.example"), "displayName": format!("m{n}")});
        house.post(&token, "/users", member).await.is(201);
    }
    (house, token)
}

#[actix_web::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let (house, token) = with_members(5).await;
    let (mut names, mut path) = (Vec::new(), "/users?limit=2".to_owned());
    for expected in [2, 2, 1] {
        let page = house.get(&token, &path).await.is(200);
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), expected);
        names.extend(items.iter().map(|item| item["displayName"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/users?limit=2&after={next}"),
            None => path = String::new(),
        }
    }
    assert_eq!(path, "", "the last page has no next");
    names.sort();
    assert_eq!(names, ["m0", "m1", "m2", "m3", "m4"]);
}

#[actix_web::test]
async fn api_15_a_cursor_works_only_where_it_came_from() {
    let (house, token) = with_members(3).await;
    let page = house.get(&token, "/users?limit=1&userType=Member").await.is(200);
    let cursor = page["next"].as_str().unwrap().to_owned();
    house.get(&token, &format!("/users?after={cursor}&userType=Member&limit=2")).await.is(200);
    let mut tampered = cursor.clone();
    tampered.replace_range(0..1, if cursor.starts_with('A') { "B" } else { "A" });
    let raw_key = page["items"][0]["id"].as_str().unwrap();
    for query in [
        format!("/users?after={tampered}&userType=Member"),
        format!("/users?after={cursor}"),
        format!("/users?after={cursor}&userType=Guest"),
        format!("/clients?after={cursor}"),
        format!("/users?userType=Member&after={raw_key}"),
        "/users?after=".to_owned(),
        "/users?after=%27%20OR%201=1--".to_owned(),
    ] {
        house.get(&token, &query).await.is_problem(422, "invalid");
    }
    let another = house.token(&house.tenant, ADMINISTER).await;
    let query = format!("/users?after={cursor}&userType=Member");
    house.get(&another, &query).await.is_problem(422, "invalid");
    let abroad = house.token(&house.other, ADMINISTER).await;
    let abroad = TestRequest::get()
        .uri(&format!("/t/fjord/api{query}"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {abroad}")));
    house.send(abroad).await.is_problem(422, "invalid");
}

#[actix_web::test]
async fn api_16_limits_and_filters_that_make_no_sense_are_refused() {
    let (house, token) = with_members(1).await;
    for path in ["/users", "/groups", "/clients", "/home-idps", "/invitations", "/audit"] {
        for limit in ["0", "-1", "201", "1000000000", "99999999999999999999", "NaN", "1.5", "", "%00"] {
            house.get(&token, &format!("{path}?limit={limit}")).await.is_problem(422, "invalid");
        }
        for query in ["sort=name", "limit=1&limit=2", "page_size=1"] {
            house.get(&token, &format!("{path}?{query}")).await.is_problem(422, "invalid");
        }
        house.get(&token, &format!("{path}?limit=200")).await.is(200);
    }
    for query in ["userType=Robot", "state=Lost", "email=%25", "email=%27%20OR%201%3D1--"] {
        house.get(&token, &format!("/users?{query}")).await.is_problem(422, "invalid");
    }
    house.get(&token, "/invitations?state=lost").await.is_problem(422, "invalid");
    for literal in ["%25", "%27%20OR%201%3D1--"] {
        let page = house.get(&token, &format!("/audit?reference={literal}")).await.is(200);
        assert_eq!(page["items"], json!([]));
    }
}

#[actix_web::test]
async fn people_are_found_by_type_state_and_address() {
    let (house, token) = with_members(2).await;
    let invite = json!({"email": "gast@fjord.example", "redirectUrl": "https://id.example/t/harbor/home"});
    let inviter = house.token(&house.tenant, INVITE).await;
    house.post(&inviter, "/invitations", invite).await.is(201);
    let found = async |query: &str| -> Vec<Value> {
        let page = house.get(&token, &format!("/users?{query}")).await.is(200);
        page["items"].as_array().unwrap().iter().map(|item| item["email"].clone()).collect()
    };
    assert_eq!(found("userType=Guest").await, ["gast@fjord.example"]);
    assert_eq!(found("state=PendingAcceptance").await, ["gast@fjord.example"]);
    assert_eq!(found("state=Accepted").await, Vec::<Value>::new());
    assert_eq!(found("email=M1@Harbor.Example").await, ["m1@harbor.example"]);
}

#[actix_web::test]
async fn the_reference_of_a_change_finds_its_audit_entry() {
    let (house, token) = with_members(1).await;
    let all = house.get(&token, "/audit?limit=200").await.is(200);
    let made = all["items"].as_array().unwrap().iter().find(|entry| entry["kind"] == "user.created").unwrap();
    let reference = made["reference"].as_str().unwrap();
    let found = house.get(&token, &format!("/audit?reference={reference}")).await.is(200);
    assert_eq!(found["items"], json!([made]));
    assert_eq!(made["actor"]["kind"], "client");
}
