//! RFC 9470 and RFC 9728 at our own API: who is asked to sign in anew, and how a stranger finds out where tokens come from.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::tenant::TestTenant;
use hospes_idp::admin::people::UserPatch;
use hospes_idp::admin::permission::ADMINISTER;
use hospes_idp::guest::user::Role;
use reqwest::Method;
use serde_json::{Value, json};

async fn call(tenant: &TestTenant<'_>, token: &str, method: Method, path: &str) -> Answer {
    let request = tenant.app.http.request(method, tenant.url(path)).bearer_auth(token);
    Answer::of(request.header("content-type", "application/json").body("{}").send().await.unwrap()).await
}

/// An application administrators work with, and a token of hers.
async fn token_of_an_administrator(office: &TestClient<'_>, harbor: &TestTenant<'_>) -> String {
    let hanna = harbor.member("hanna@harbor.example").await;
    let patch = UserPatch { roles: Some(vec![Role::Administrator]), ..UserPatch::default() };
    harbor.desk().await.admin().update_user(hanna.id, patch, None).await.unwrap();
    let browser = office.app.browser();
    let request = office.authorize().set("scope", &format!("openid offline_access {ADMINISTER}"));
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = office.redeem(&code).send().await.tokens();
    tokens.refresh_token().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9470_3_a_person_signs_in_anew_before_what_is_dangerous() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let office = harbor.client("office").with(|client| {
        client.scope = ["openid", "offline_access", ADMINISTER].into_iter().collect();
    });
    let office = office.confidential().await;
    let service = harbor.client("service").service(&[ADMINISTER]).await;
    harbor.client("old").public().await;
    let refresh_token = token_of_an_administrator(&office, &harbor).await;
    app.clock.advance_seconds(3000);
    let tokens = office.refresh(&refresh_token).send().await.tokens();
    let fresh = call(&harbor, &tokens.access_token, Method::POST, "/api/clients/service/secret").await;
    assert_eq!(fresh.status, 200, "an hour is not over: {fresh:?}");
    app.clock.advance_seconds(700);
    let tokens = office.refresh(tokens.refresh_token()).send().await.tokens();
    for (method, path) in [
        (Method::DELETE, "/api/clients/old"),
        (Method::POST, "/api/clients/old/secret"),
        (Method::POST, "/api/keys"),
        (Method::POST, "/api/keys/rotate"),
        (Method::POST, "/api/keys/x/revoke"),
        (Method::PATCH, "/api/tenant"),
        (Method::POST, "/api/registration-tokens"),
    ] {
        let attempt = call(&harbor, &tokens.access_token, method, path);
        let answer = app.unchanged(attempt).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (401, &json!("insufficient_user_authentication"))
        );
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"insufficient_user_authentication\""), "{challenge}");
        assert!(challenge.contains("max_age=\"3600\""), "{challenge}");
    }
    let read = call(&harbor, &tokens.access_token, Method::GET, "/api/clients/old").await;
    assert_eq!(read.status, 200, "reading is not dangerous: {read:?}");
    let program = service.client_credentials().send().await.tokens();
    let done = call(&harbor, &program.access_token, Method::DELETE, "/api/clients/old").await;
    assert_eq!(done.status, 204, "nobody could sign in anew for a program: {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9728_3_resources_say_where_their_tokens_come_from() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for (path, asked) in
        [("/userinfo", "/userinfo"), ("/api", "/api/clients"), ("/v1.0", "/v1.0/invitations")]
    {
        let method = if path == "/v1.0" { Method::POST } else { Method::GET };
        let request = app.http.request(method, harbor.url(asked)).header("content-type", "application/json");
        let refused = Answer::of(request.body("{}").send().await.unwrap()).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        let challenge = refused.header("www-authenticate").unwrap();
        let (_, rest) = challenge.split_once("resource_metadata=\"").unwrap_or_else(|| panic!("{challenge}"));
        let url = rest.split('"').next().unwrap();
        assert_eq!(url, format!("{}/.well-known/oauth-protected-resource/t/harbor{path}", app.base_url));
        let document: Value = Answer::of(app.http.get(url).send().await.unwrap()).await.json();
        assert_eq!(document["resource"], harbor.url(path));
        assert_eq!(document["authorization_servers"], json!([harbor.issuer()]));
    }
    for path in ["/t/harbor/nothing", "/t/nobody/api"] {
        let url = format!("{}/.well-known/oauth-protected-resource{path}", app.base_url);
        assert_eq!(Answer::of(app.http.get(url).send().await.unwrap()).await.status, 404, "{path}");
    }
}
