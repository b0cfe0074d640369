//! CA: assertions made with a secret, for tenants that still have clients who insist on it.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::{Credential, TestClient, client_key};
use crate::support::jwt::{JwtKey, sealed_with, unsigned};
use crate::support::registration::with;
use crate::support::tenant::TestTenant;
use crate::support::tokens::{TokenRequest, basic};
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::{RegistrationDenied, TokenDenied};
use hospes_idp::options::Profile;
use hospes_protocol::ClientId;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::encoding::base64url;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::token::GrantType;
use serde_json::{Value, json};

fn acts_for_itself(settings: &mut ClientSettings) {
    settings.grant_types = vec![GrantType::ClientCredentials];
    settings.redirect_uris = Vec::new();
}

async fn tolerates(tenant: &TestTenant<'_>, allowed: bool) {
    tenant.settings(|settings| settings.options.security.allow_client_secret_jwt = allowed).await;
}

/// Harbor's client that insists.
async fn insistent<'a>(harbor: &'a TestTenant<'a>) -> TestClient<'a> {
    tolerates(harbor, true).await;
    let new = harbor.client("old").with(acts_for_itself);
    // Keys it has besides are for other things.
    let new = new.with(|settings| settings.jwks = Some(client_key().public_set()));
    new.with_method(ClientAuthMethod::ClientSecretJwt).await
}

async fn refused(request: TokenRequest<'_>) {
    let app = request.client.app;
    let attempt = app.unchanged(request.send());
    app.audited((TokenDenied, None), attempt).await.is_error(401, "invalid_client");
}

async fn refused_assertion(client: &TestClient<'_>, assertion: &str) {
    refused(client.client_credentials().set("client_assertion", assertion)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_08_an_assertion_made_with_the_secret_works_once() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let old = insistent(&harbor).await;
    assert!(old.secret().len() >= 43, "RFC 7518 §3.2: 256 bits, as base64url");
    let request = old.client_credentials();
    request.clone().send().await.tokens();
    refused(request).await;
    // Everywhere clients authenticate, and where a list of one is as good as its member.
    let listed = old.assertion(|_, claims| claims["aud"] = json!([old.issuer]));
    let introspection = old.request(&[("token", "x")]).set("client_assertion", &listed);
    assert_eq!(introspection.send_to("/introspect").await.status, 200);
}

type Change = (&'static str, Value);

#[tokio::test(flavor = "multi_thread")]
async fn ca_05_ca_07_ca_17_what_holds_for_signed_assertions_holds_for_these() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let old = insistent(&harbor).await;
    let now = app.clock.seconds();
    let claims: [Change; 11] = [
        ("aud", json!(harbor.url("/token"))),
        ("aud", json!([old.issuer, harbor.url("/token")])),
        ("aud", json!([])),
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("jti", json!("")),
        ("exp", json!(now - 300)),
        ("exp", json!(now + 12 * 60)),
        ("iat", json!(now + 300)),
        ("nbf", json!(now + 300)),
        ("exp", json!("soon")),
    ];
    for (name, value) in claims {
        refused_assertion(&old, &old.assertion(|_, claims| claims[name] = value)).await;
    }
    for name in ["iss", "sub", "aud", "jti", "exp"] {
        let lacking = old.assertion(|_, claims| drop(claims.as_object_mut().unwrap().remove(name)));
        refused_assertion(&old, &lacking).await;
    }
    let headers: [Change; 8] = [
        ("typ", json!("at+jwt")),
        ("typ", json!("oauth-authz-req+jwt")),
        ("crit", json!(["b64"])),
        ("jwk", json!({"kty": "oct", "k": "AAAA"})),
        ("jku", json!(app.base_url)),
        ("alg", json!("HS384")),
        ("alg", json!("none")),
        ("alg", json!("ES256")),
    ];
    for (name, value) in headers {
        refused_assertion(&old, &old.assertion(|header, _| header[name] = value)).await;
    }
    let typed = old.assertion(|header, _| header["typ"] = json!("client-authentication+jwt"));
    old.client_credentials().set("client_assertion", &typed).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_09_keys_and_secrets_are_never_taken_for_each_other() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let old = insistent(&harbor).await;
    let keyed = harbor.client("keyed").with(acts_for_itself).with_key(client_key()).await;
    let claims = |client: &TestClient<'_>| {
        let exp = app.clock.seconds() + 60;
        json!({"iss": client.id, "sub": client.id, "aud": client.issuer, "jti": app.ctx().token(), "exp": exp})
    };
    let published = app.http.get(harbor.url("/jwks")).send().await.unwrap().text().await.unwrap();
    let set = client_key().public_set();
    let point = |name: &str| set["keys"][0][name].as_str().unwrap().to_owned();
    let hs256 = json!({"alg": "HS256"});
    for public in [set.to_string(), set["keys"][0].to_string(), point("x"), published] {
        for client in [&old, &keyed] {
            refused_assertion(client, &sealed_with(public.as_bytes(), &hs256, &claims(client))).await;
        }
    }
    for client in [&old, &keyed] {
        let none = unsigned(&json!({"alg": "none"}), &claims(client));
        let rsa = JwtKey::generate(Algorithm::RS256).sign(&json!({"alg": "RS256"}), &claims(client));
        let hash = base64url(hospes_protocol::encoding::sha256(old.secret()));
        let by_hash = sealed_with(hash.as_bytes(), &hs256, &claims(client));
        for assertion in [format!("{none}."), none, rsa, by_hash] {
            refused_assertion(client, &assertion).await;
        }
    }
    // Its own key, which verifies its request objects, is no way in.
    refused_assertion(&old, &client_key().sign(&client_key().header(), &claims(&old))).await;
    // Nor is the secret by itself, nor the secret of one for another.
    let plain = old.client_credentials().without("client_assertion").without("client_assertion_type");
    refused(plain.clone().authorization(Some(&basic("old", old.secret())))).await;
    refused(plain.clone().set("client_id", "old").set("client_secret", old.secret())).await;
    refused(plain.set("client_id", "old")).await;
    refused_assertion(&keyed, &sealed_with(old.secret().as_bytes(), &hs256, &claims(&keyed))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_13_another_tenants_assertion_is_nothing() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let (old, same) = (insistent(&harbor).await, insistent(&fjord).await);
    let foreign = sealed_with(
        old.secret().as_bytes(),
        &json!({"alg": "HS256"}),
        &json!({"iss": "old", "sub": "old", "aud": same.issuer, "jti": "1", "exp": app.clock.seconds() + 60}),
    );
    refused_assertion(&same, &foreign).await;
    refused_assertion(&same, &old.assertion(|_, _| ())).await;
    old.client_credentials().send().await.tokens();
    same.client_credentials().send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_16_both_secrets_verify_while_they_overlap_and_none_is_read_back() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let old = insistent(&harbor).await;
    let (desk, id) = (harbor.desk().await, ClientId::new("old"));
    let (_, fresh) = desk.admin().rotate_client_secret(&id, None).await.unwrap();
    let fresh = app.keep_secret(fresh.reveal());
    let renewed = TestClient { credential: Credential::SecretKey(fresh.clone()), ..insist_again(&old) };
    renewed.client_credentials().send().await.tokens();
    app.clock.advance_seconds(24 * 3600 - 30);
    old.client_credentials().send().await.tokens();
    app.clock.advance_seconds(31);
    refused(old.client_credentials()).await;
    renewed.client_credentials().send().await.tokens();
    let stored = desk.admin().client(&id).await.unwrap();
    let row = serde_json::to_string(&stored).unwrap();
    assert!(!row.contains(&fresh) && !row.contains(old.secret()), "{row}");
    let shown = serde_json::to_string(&hospes_web::api::Client::from(stored)).unwrap();
    assert!(!shown.contains("sealed") && !shown.contains(&fresh), "{shown}");
    // What no longer needs to be read no longer can be.
    old.update(|settings| settings.auth_method = ClientAuthMethod::ClientSecretBasic).await;
    let stored = desk.admin().client(&id).await.unwrap();
    assert!(stored.secrets.iter().all(|secret| secret.sealed.is_none()));
    let by_header = renewed.client_credentials().without("client_assertion").without("client_assertion_type");
    by_header.authorization(Some(&basic("old", &fresh))).send().await.tokens();
    old.update(|settings| settings.auth_method = ClientAuthMethod::ClientSecretJwt).await;
    refused(renewed.client_credentials()).await;
}

/// The same client, to be given another credential.
fn insist_again<'a>(client: &TestClient<'a>) -> TestClient<'a> {
    TestClient {
        app: client.app,
        slug: client.slug.clone(),
        issuer: client.issuer.clone(),
        id: client.id.clone(),
        redirect_uri: client.redirect_uri.clone(),
        credential: Credential::None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_06_assertions_made_with_secrets_are_a_switch_of_the_tenant() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let advertised = async || {
        let url = harbor.url("/.well-known/openid-configuration");
        let document = Answer::of(app.http.get(url).send().await.unwrap()).await.json();
        ["token", "introspection", "revocation"].map(|endpoint| {
            let has = |what: &str, value: &str| {
                let list = &document[format!("{endpoint}_endpoint_auth_{what}_supported")];
                list.as_array().unwrap().contains(&json!(value))
            };
            has("methods", "client_secret_jwt") && has("signing_alg_values", "HS256")
        })
    };
    let desk = harbor.desk().await;
    let settings = |profile, auth_method| {
        let mut settings =
            ClientSettings { display_name: "Old".into(), auth_method, ..ClientSettings::default() };
        acts_for_itself(&mut settings);
        settings.options.security.profile = profile;
        settings
    };
    let new = settings(Profile::Baseline, ClientAuthMethod::ClientSecretJwt);
    let refusal = app.unchanged(desk.admin().create_client(None, new)).await.unwrap_err().to_string();
    assert!(refusal.contains("security.allowClientSecretJwt"), "{refusal}");
    let basic = settings(Profile::Baseline, ClientAuthMethod::ClientSecretBasic);
    let (client, _) = desk.admin().create_client(None, basic).await.unwrap();
    let change = settings(Profile::Baseline, ClientAuthMethod::ClientSecretJwt);
    let change = desk.admin().update_client(&client.client_id, change, None).await;
    assert!(change.unwrap_err().to_string().contains("security.allowClientSecretJwt"));
    assert_eq!(advertised().await, [false; 3]);

    let old = insistent(&harbor).await;
    assert_eq!(advertised().await, [true; 3]);
    old.client_credentials().send().await.tokens();
    let desk = harbor.desk().await;
    for profile in [Profile::Fapi2, Profile::Ipsie] {
        let new = settings(profile, ClientAuthMethod::ClientSecretJwt);
        let refusal = app.unchanged(desk.admin().create_client(None, new)).await.unwrap_err().to_string();
        assert!(refusal.contains("the profile"), "{refusal}");
    }

    tolerates(&harbor, false).await;
    refused(old.client_credentials()).await;
    assert_eq!(advertised().await, [false; 3]);
    old.update(|settings| settings.display_name = "Still there".into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_07_nobody_registers_for_assertions_made_with_secrets() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    tolerates(&harbor, true).await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    let body = with(&json!({"token_endpoint_auth_method": "client_secret_jwt"}));
    let attempt = harbor.register(Some(&leave), &body);
    let answer = app.refuses((RegistrationDenied, "invalid_client_metadata"), attempt).await;
    answer.is_error(400, "invalid_client_metadata");
}
