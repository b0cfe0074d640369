//! CA-14: clients whose keys are at a URL.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::jwt::JwtKey;
use crate::support::key_host::KeyHost;
use crate::support::tenant::TestTenant;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_protocol::client_auth::{ASSERTION_TYPE, ClientAuthMethod};
use hospes_protocol::jose::Algorithm;
use hospes_protocol::token::GrantType;
use serde_json::json;
use std::time::Instant;

async fn keyed<'a>(harbor: &'a TestTenant<'a>, host: &KeyHost, key: JwtKey) -> TestClient<'a> {
    let client =
        harbor.client("keyed").with(|client| client.grant_types = vec![GrantType::ClientCredentials]);
    client.with_key_at(key, &host.url).await
}

/// Asks for a token with an assertion that another key signed.
async fn with_key(client: &TestClient<'_>, key: &JwtKey) -> Answer {
    let now = client.app.clock.seconds();
    let claims = json!({
        "iss": client.id, "sub": client.id, "aud": client.issuer, "jti": client.app.ctx().token(),
        "iat": now, "exp": now + 60,
    });
    let assertion = client.app.keep_secret(&key.sign(&key.header(), &claims));
    let request = client.client_credentials().without("client_assertion").without("client_assertion_type");
    request.and("client_assertion_type", ASSERTION_TYPE).and("client_assertion", &assertion).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_14_keys_at_a_url_verify_and_outlast_their_host() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let key = JwtKey::generate(Algorithm::ES256);
    let mut host = KeyHost::start(&[&key]).await;
    let client = keyed(&harbor, &host, key).await;
    for _ in 0..10 {
        assert_eq!(client.client_credentials().send().await.status, 200);
    }
    assert_eq!(host.asked(), 1);
    host.shut().await;
    assert_eq!(client.client_credentials().send().await.status, 200, "from memory");
    let stranger = JwtKey::generate(Algorithm::ES256);
    let begun = Instant::now();
    let refused =
        app.refuses((TokenDenied, "no key with the identifier of the header"), with_key(&client, &stranger));
    refused.await.is_error(401, "invalid_client");
    assert!(begun.elapsed().as_secs() < 3);
    assert_eq!(client.client_credentials().send().await.status, 200, "still");
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_14_a_new_key_is_found_at_once_and_unknown_ones_make_no_storm() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (old, new) = (JwtKey::generate(Algorithm::ES256), JwtKey::generate(Algorithm::EdDSA));
    let host = KeyHost::start(&[&old]).await;
    let client = keyed(&harbor, &host, old).await;
    assert_eq!(client.client_credentials().send().await.status, 200);
    host.publishes(&[&new]);
    assert_eq!(with_key(&client, &new).await.status, 200, "the set is fetched anew");
    assert_eq!(host.asked(), 2);
    let withdrawn = client.client_credentials();
    app.unchanged(withdrawn.send()).await.is_error(401, "invalid_client");
    for _ in 0..20 {
        let stranger = JwtKey::generate(Algorithm::ES256);
        with_key(&client, &stranger).await.is_error(401, "invalid_client");
    }
    assert_eq!(host.asked(), 2, "one extra fetch a minute, whatever others send");
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_14_keys_are_in_one_place_and_their_url_is_https() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let desk = harbor.desk().await;
    let set = JwtKey::generate(Algorithm::ES256).public_set();
    for (uri, jwks, problem) in [
        ("https://app.example/jwks", Some(set), "not both"),
        ("http://app.example/jwks", None, "must be an https URL"),
        ("https://user@app.example/jwks", None, "must be an https URL"),
    ] {
        let mut settings = ClientSettings {
            display_name: "Keyed".into(),
            auth_method: ClientAuthMethod::PrivateKeyJwt,
            redirect_uris: vec!["https://app.example/".into()],
            jwks,
            ..ClientSettings::default()
        };
        settings.options.tokens.jwks_uri = Some(uri.into());
        let attempt = app.unchanged(async { desk.admin().create_client(None, settings).await });
        let refusal = attempt.await.map(drop).unwrap_err().to_string();
        assert!(refusal.contains(problem), "{uri}: {refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_01_keys_inside_are_not_fetched() {
    let app = TestApp::builder().setting("outbound.allow_loopback", "false").spawn().await;
    let harbor = app.tenant("harbor").await;
    let key = JwtKey::generate(Algorithm::ES256);
    let host = KeyHost::start(&[&key]).await;
    let client = keyed(&harbor, &host, key).await;
    let reason = "key refused: the address of the home IdP is not allowed";
    app.refuses((TokenDenied, reason), client.client_credentials().send())
        .await
        .is_error(401, "invalid_client");
    assert_eq!(host.asked(), 0);
}
