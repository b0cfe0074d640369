//! Groups: who is told which, and where they are when they are too many for a token.

use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::jwt;
use crate::support::tenant::{Desk, Person};
use crate::support::tokens::Tokens;
use crate::support::{Stores, TestApp};
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::groups::GroupSettings;
use hospes_idp::ids::GroupId;
use hospes_idp::options::AllowedResource;
use hospes_protocol::names::SubjectType;
use serde_json::{Value, json};

fn may_ask(settings: &mut ClientSettings) {
    settings.scope = ["openid", "offline_access", "groups"].into_iter().collect();
}

async fn group(desk: &Desk, name: &str, members: &[&Person]) -> GroupId {
    let settings = GroupSettings { display_name: name.to_owned(), description: None };
    let id = desk.admin().create_group(settings).await.unwrap().id;
    for member in members {
        desk.admin().add_to_group(id, member.id).await.unwrap();
    }
    id
}

async fn tokens_with(client: &TestClient<'_>, person: &Person, scope: &str) -> Tokens {
    let request = client.authorize().set("scope", scope);
    let browser = client.app.browser();
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, person).await);
    client.redeem(&code).send().await.tokens()
}

/// One claim in ID token, access token and userinfo.
async fn said(client: &TestClient<'_>, tokens: &Tokens, claim: &str) -> [Value; 3] {
    let userinfo = client.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.status, 200, "{userinfo:?}");
    let all = [jwt::claims(tokens.id_token()), jwt::claims(&tokens.access_token), userinfo.json()];
    all.map(|claims| claims[claim].clone())
}

async fn listed(client: &TestClient<'_>, token: &str, after: Option<&str>) -> Answer {
    let url = format!("{}/userinfo/groups", client.issuer);
    let request = client.app.http.get(url).query(&after.map(|after| [("after", after)])).bearer_auth(token);
    Answer::of(request.send().await.unwrap()).await
}

async fn who_is_told(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(may_ask).confidential().await;
    let (hanna, henry) =
        (harbor.member("hanna@harbor.example").await, harbor.member("henry@harbor.example").await);
    let desk = harbor.desk().await;
    let editors = group(&desk, "Editors", &[&hanna, &henry]).await;
    let sailors = group(&desk, "Sailors", &[&hanna]).await;
    group(&desk, "Others", &[&henry]).await;
    let everywhere = |value: Value| [value.clone(), value.clone(), value];
    let first = tokens_with(&wiki, &hanna, "openid groups offline_access").await;
    let mut both = [editors, sailors];
    both.sort();
    assert_eq!(said(&wiki, &first, "groups").await, everywhere(json!(both)));
    let told = wiki.request(&[("token", &first.access_token)]).send_to("/introspect").await.json();
    assert_eq!(told["groups"], json!(both), "{told:#}");
    let without = tokens_with(&wiki, &hanna, "openid").await;
    assert_eq!(said(&wiki, &without, "groups").await, everywhere(Value::Null), "only with the scope");
    // A change is in the next token, and at userinfo at once.
    desk.admin().remove_from_group(sailors, hanna.id).await.unwrap();
    assert_eq!(wiki.userinfo(&first.access_token).await.json()["groups"], json!([editors]));
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    assert_eq!(said(&wiki, &second, "groups").await, everywhere(json!([editors])));
    desk.admin().delete_group(editors, None).await.unwrap();
    let third = wiki.refresh(second.refresh_token()).send().await.tokens();
    assert_eq!(said(&wiki, &third, "groups").await, everywhere(Value::Null), "an empty list says nothing");
    // By name, where an administrator wants that, also without the scope.
    let crew = group(&desk, "Crew", &[&hanna]).await;
    wiki.update(|settings| {
        settings.options.claims.subject_type = SubjectType::Pairwise;
        settings.options.claims.mapping = serde_json::from_value(json!([
            {"claim": "groups", "source": "groups.names", "in": ["idToken"]},
            {"claim": "crew", "source": {"join": {"of": ["groups.names"], "with": ";"}}, "in": ["userinfo"]},
        ]))
        .unwrap();
    })
    .await;
    let mapped = tokens_with(&wiki, &hanna, "openid").await;
    assert_eq!(said(&wiki, &mapped, "groups").await, [json!(["Crew"]), Value::Null, Value::Null]);
    assert_eq!(said(&wiki, &mapped, "crew").await[2], "Crew");
    let page = listed(&wiki, &mapped.access_token, None).await.json();
    assert_eq!(page, json!({"groups": [{"id": crew, "displayName": "Crew"}]}));
    harbor.delete_person(&hanna).await;
    app.unchanged(listed(&wiki, &mapped.access_token, None)).await.is_error(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_told_with_their_scope_or_a_mapping_and_never_late() {
    who_is_told(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_told_with_their_scope_or_a_mapping_and_never_late_on_real_stores() {
    who_is_told(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_5_6_2_too_many_groups_are_pointed_to() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(may_ask).confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let desk = harbor.desk().await;
    let mut ids = Vec::new();
    for number in 0..200 {
        ids.push(group(&desk, &format!("Group {number}"), &[&hanna]).await);
    }
    ids.sort();
    let few = tokens_with(&wiki, &hanna, "openid groups offline_access").await;
    for groups in said(&wiki, &few, "groups").await {
        assert_eq!(groups, json!(ids), "200 still fit");
    }
    for number in 200..250 {
        ids.push(group(&desk, &format!("Group {number}"), &[&hanna]).await);
    }
    ids.sort();
    let many = wiki.refresh(few.refresh_token()).send().await.tokens();
    for groups in said(&wiki, &many, "groups").await {
        assert_eq!(groups, Value::Null, "half a list would look like a whole one");
    }
    let endpoint = harbor.url("/userinfo/groups");
    for names in said(&wiki, &many, "_claim_names").await {
        assert_eq!(names, json!({"groups": "groups"}));
    }
    for sources in said(&wiki, &many, "_claim_sources").await {
        assert_eq!(sources, json!({"groups": {"endpoint": endpoint}}));
    }
    let first = app.unchanged(listed(&wiki, &many.access_token, None)).await;
    first.is_not_stored();
    let first = first.json();
    let next = first["next"].as_str().unwrap();
    let second = listed(&wiki, &many.access_token, Some(next)).await.json();
    let found: Value = [&first, &second]
        .iter()
        .flat_map(|page| page["groups"].as_array().unwrap().iter().map(|group| group["id"].clone()))
        .collect();
    assert_eq!((found, &second["next"]), (json!(ids), &Value::Null));
    assert_eq!(first["groups"][0]["displayName"], Value::Null, "names only where they are mapped");
    // Nobody without a token for them.
    let plain = tokens_with(&wiki, &hanna, "openid").await;
    app.unchanged(listed(&wiki, &plain.access_token, None)).await.is_error(403, "insufficient_scope");
    app.unchanged(listed(&wiki, many.id_token(), None)).await.is_error(401, "invalid_token");
    let bad = app.unchanged(listed(&wiki, &many.access_token, Some("' OR 1=1"))).await;
    bad.is_error(400, "invalid_request");
    let answer = Answer::of(app.http.get(endpoint).send().await.unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
    harbor.disable_person(&hanna).await;
    app.unchanged(listed(&wiki, &many.access_token, None)).await.is_error(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_learns_of_groups_by_its_own_scope_alone() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let orders = "https://api.example/orders";
    let wiki = harbor.client("wiki").with(may_ask).with(|settings| {
        settings.scope = ["openid", "groups", "orders.read"].into_iter().collect();
        let scopes = vec!["orders.read".to_owned()];
        settings.options.resources.allowed = vec![AllowedResource { resource: orders.to_owned(), scopes }];
    });
    let wiki = wiki.confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    group(&harbor.desk().await, "Editors", &[&hanna]).await;
    let request = wiki.authorize().set("scope", "openid groups orders.read").and("resource", orders);
    let browser = app.browser();
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(jwt::claims(&tokens.access_token)["aud"], orders);
    assert_eq!(jwt::claims(&tokens.access_token).get("groups"), None);
    assert!(jwt::claims(tokens.id_token()).get("groups").is_some(), "the application itself is told");
    app.unchanged(listed(&wiki, &tokens.access_token, None)).await.is_error(403, "insufficient_scope");
}
