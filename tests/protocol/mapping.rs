//! Claims a client has mapped: where they stand, what they are made of, and what nobody may map.

use crate::support::client::TestClient;
use crate::support::fake_home::FakeHome;
use crate::support::jwt;
use crate::support::redemption::Guest;
use crate::support::{Stores, TestApp};
use hospes_idp::admin::AdminError;
use hospes_idp::admin::clients::ClientSettings;
use hospes_protocol::names::SubjectType;
use serde_json::{Value, json};

fn mapping(settings: &mut ClientSettings, mapping: Value) {
    settings.options.claims.mapping = serde_json::from_value(mapping).unwrap();
}

/// As an administrator of an application that knows people by other names would write it.
fn usual() -> Value {
    json!([
        {"claim": "home_sub", "source": "home.sub", "in": ["idToken", "userinfo"]},
        {"claim": "home_acr", "source": "home.acr", "in": ["idToken", "userinfo"]},
        {"claim": "home_amr", "source": "home.amr", "in": ["idToken", "userinfo"]},
        {"claim": "https://app.example/user", "in": ["idToken", "accessToken"],
         "source": {"join": {"of": ["guest.userType", {"lowerCase": "guest.email"}], "with": ":"}}},
        {"claim": "name", "source": {"firstOf": ["guest.givenName", "guest.email"]}, "in": ["userinfo"]},
        {"claim": "license", "source": {"constant": {"level": 3}}, "in": ["accessToken"]},
    ])
}

async fn told(client: &TestClient<'_>, token: &str) -> Value {
    client.request(&[("token", token)]).send_to("/introspect").await.json()
}

async fn what_is_mapped(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let home = FakeHome::start(&app.clock).await;
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").with(|settings| mapping(settings, usual())).confidential().await;
    let at_home = json!({"sub": "ada-77", "acr": "gold", "amr": ["pwd", "mfa"]});
    let browser = harbor.fake_guest(&home, "ada@fjord.example", &at_home).await;
    let request = wiki.authorize();
    let code = request.code(&request.open(&browser).await);
    let first = wiki.redeem(&code).send().await.tokens();
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    for tokens in [&first, &second] {
        let (id, access) = (jwt::claims(tokens.id_token()), jwt::claims(&tokens.access_token));
        let userinfo = wiki.userinfo(&tokens.access_token).await.json();
        for claims in [&id, &userinfo] {
            assert_eq!(claims["home_sub"], "ada-77", "{claims:#}");
            assert_eq!((&claims["home_acr"], &claims["home_amr"]), (&json!("gold"), &json!(["pwd", "mfa"])));
        }
        assert_eq!(id["https://app.example/user"], "Guest:ada@fjord.example", "{id:#}");
        assert_eq!(id["name"], "Ada Fjord", "only userinfo has another name");
        assert_eq!(userinfo["name"], "ada@fjord.example", "{userinfo:#}");
        assert_eq!(userinfo["https://app.example/user"], Value::Null);
        assert_eq!((&access["license"], &access["home_sub"]), (&json!({"level": 3}), &Value::Null));
        assert!(!access.to_string().contains("ada-77"), "{access:#}");
        let said = told(&wiki, &tokens.access_token).await;
        assert_eq!(said["license"], json!({"level": 3}), "{said:#}");
        assert_eq!(said["https://app.example/user"], "Guest:ada@fjord.example");
    }
    // The home IdP's word is not ours.
    let id = jwt::claims(first.id_token());
    assert_eq!((&id["acr"], &id["amr"]), (&json!("urn:hospes:acr:1fa"), &Value::Null));
    // A mapping that goes away is gone at the next token.
    wiki.update(|settings| mapping(settings, json!([]))).await;
    let third = wiki.refresh(second.refresh_token()).send().await.tokens();
    assert_eq!(jwt::claims(third.id_token())["home_sub"], Value::Null);
    assert_eq!(wiki.userinfo(&second.access_token).await.json()["home_sub"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_26_mapped_claims_stand_where_they_were_mapped_to_and_nowhere_else() {
    what_is_mapped(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_26_mapped_claims_stand_where_they_were_mapped_to_and_nowhere_else_on_real_stores() {
    what_is_mapped(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn what_says_who_a_token_is_for_and_about_is_never_mapped() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (desk, everywhere) = (harbor.desk().await, json!(["idToken", "userinfo", "accessToken"]));
    let admin = desk.admin();
    let refused = async |change: Value| {
        let mut settings = ClientSettings { display_name: "App".into(), ..ClientSettings::default() };
        settings.redirect_uris = vec!["https://app.example/cb".to_owned()];
        settings.options.claims = serde_json::from_value(change).unwrap();
        match app.unchanged(admin.create_client(Some("app"), settings)).await {
            Err(AdminError::Invalid(problems)) => problems,
            other => panic!("{other:?}"),
        }
    };
    let names = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "oid",
        "tid",
        "acr",
        "amr",
        "auth_time",
        "sid",
        "azp",
        "at_hash",
        "act",
        "cnf",
        "scope",
        "client_id",
        "roles",
        "email",
        "email_verified",
        "idp",
        "sealed",
        "active",
        "_claim_names",
        "session_expiry",
        "user_type",
        "acct",
        "home_idp",
    ];
    let all: Vec<Value> = (names.iter())
        .map(|name| json!({"claim": name, "source": {"constant": "x"}, "in": everywhere}))
        .collect();
    let problems = refused(json!({"mapping": all})).await;
    assert_eq!(problems.len(), names.len(), "every one is named: {problems:#?}");
    let deep = (0..20).fold(json!("guest.email"), |inner, _| json!({"lowerCase": inner}));
    let wide = json!({"firstOf": vec!["guest.email"; 100]});
    for (claim, source, places) in [
        ("", json!("guest.email"), everywhere.clone()),
        ("spa ce", json!("guest.email"), everywhere.clone()),
        ("x", json!("guest.email"), json!([])),
        ("x", deep, everywhere.clone()),
        ("x", wide, everywhere.clone()),
        ("x", json!({"firstOf": []}), everywhere.clone()),
        ("x", json!({"constant": "x".repeat(2000)}), everywhere.clone()),
        ("x", json!({"constant": null}), everywhere.clone()),
    ] {
        let one = json!({"mapping": [{"claim": claim, "source": source, "in": places}]});
        assert_eq!(refused(one.clone()).await.len(), 1, "{one:#}");
    }
    let twice = json!({"claim": "x", "source": "guest.email", "in": ["userinfo"]});
    assert_eq!(refused(json!({"mapping": [twice, twice]})).await.len(), 1);
    for source in [json!("guest.id"), json!("home.sub"), json!({"join": {"of": ["home.sub"]}})] {
        let one = json!([{"claim": "x", "source": source, "in": ["idToken"]}]);
        let problems = refused(json!({"subjectType": "pairwise", "mapping": one})).await;
        assert!(problems[0].contains("other clients"), "{problems:?}");
    }
    let made = harbor.client("app").with(|settings| {
        settings.options.claims.subject_type = SubjectType::Pairwise;
        mapping(settings, json!([{"claim": "x", "source": "guest.email", "in": everywhere}]));
    });
    made.public().await;
}

async fn preview_of(wiki: &TestClient<'_>, token: &str, body: &Value) -> crate::support::answer::Answer {
    let url = format!("{}/api/clients/wiki/claims-preview", wiki.issuer);
    let request = wiki.app.http.post(url).bearer_auth(token).json(body);
    crate::support::answer::Answer::of(request.send().await.unwrap()).await
}

fn lasting(mut claims: Value) -> Value {
    let passing = ["iat", "exp", "jti", "sid", "at_hash", "auth_time", "nonce", "session_expiry", "sealed"];
    claims.as_object_mut().unwrap().retain(|name, _| !passing.contains(&name.as_str()));
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_a_sign_in_would_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let mapped = |settings: &mut ClientSettings| {
        let without_acr = json!(
            usual()
                .as_array()
                .unwrap()
                .iter()
                .filter(|mapped| { !["home_acr", "home_amr"].contains(&mapped["claim"].as_str().unwrap()) })
                .collect::<Vec<_>>()
        );
        mapping(settings, without_acr);
    };
    let wiki = harbor.client("wiki").with(mapped).confidential().await;
    let desk = harbor.client("desk").service(&["Directory.ReadWrite.All"]).await;
    let token = desk.client_credentials().send().await.tokens().access_token;
    let freya: Guest = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let tokens = wiki.redeem(&wiki.code_for(&freya.browser, &freya.here).await).send().await.tokens();
    let body = json!({"userId": freya.here.id});
    let answer = app.unchanged(preview_of(&wiki, &token, &body)).await;
    let preview = answer.json();
    assert_eq!(preview["idToken"], lasting(jwt::claims(tokens.id_token())), "{preview:#}");
    assert_eq!(preview["accessToken"], lasting(jwt::claims(&tokens.access_token)), "{preview:#}");
    assert_eq!(preview["userinfo"], wiki.userinfo(&tokens.access_token).await.json(), "{preview:#}");
    let narrow =
        json!({"userId": freya.here.id, "scopes": ["openid"], "claims": {"id_token": {"email": null}}});
    let narrow = preview_of(&wiki, &token, &narrow).await.json();
    assert_eq!(narrow["idToken"]["email"], "freya@fjord.example", "{narrow:#}");
    assert_eq!(narrow["userinfo"]["email"], Value::Null, "{narrow:#}");
    // Nobody without the right, and nobody of another tenant.
    let weak = harbor.client("weak").service(&["User.Invite.All"]).await;
    let weak = weak.client_credentials().send().await.tokens().access_token;
    assert_eq!(app.unchanged(preview_of(&wiki, &weak, &body)).await.status, 403);
    let finn = fjord.member("finn@fjord.example").await;
    for (person, status) in [(finn.id.to_string(), 404), ("x".to_owned(), 422)] {
        let answer = app.unchanged(preview_of(&wiki, &token, &json!({"userId": person}))).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
