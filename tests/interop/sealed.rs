//! npm `openid-client` decrypts what is encrypted to it, and checks every signature.

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::federation::logout::Addresses;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::{Algorithm, ContentEncryption, KeyManagement};
use serde_json::{Value, json};

use super::agent::Agent;
use super::home_idp::{application, configure, post};
use super::provision::{MEMBER, PASSWORD, Wishes, provision};
use crate::process::counterpart::Counterpart;

/// Signs a member in at an application that wants everything signed and encrypted this way, and asks about the token.
async fn everything_sealed(signing: Algorithm, how: KeyManagement) {
    let alg = signing.as_str();
    let registered = json!({"userinfo_signed_response_alg": alg, "introspection_signed_response_alg": alg});
    let environment =
        [("SIGNING", alg), ("DECRYPTING", how.as_str()), ("REGISTERED", &registered.to_string())];
    let app = Counterpart::start("client.mjs", &environment);
    let mut client = ClientSettings {
        auth_method: ClientAuthMethod::ClientSecretBasic,
        jwks: Some(app.ready["jwks"].clone()),
        id_token_algorithm: signing,
        ..application(&app.url)
    };
    let tokens = &mut client.options.tokens;
    tokens.id_token_encrypted_response_alg = Some(how);
    tokens.id_token_encrypted_response_enc = Some(ContentEncryption::A256Gcm);
    tokens.userinfo_signed_response_alg = Some(signing);
    tokens.userinfo_encrypted_response_alg = Some(how);
    tokens.userinfo_encrypted_response_enc = Some(ContentEncryption::A256Gcm);
    tokens.introspection_signed_response_alg = Some(signing);
    let nobody = async |_: &Addresses| unreachable!("there is no home IdP");
    let harbor = provision(Wishes { client, home_idp: None, invited: &[] }, nobody).await;
    configure(&app, &harbor, "client_secret_basic", "oidc").await;
    let mut hanna = Agent::new();
    hanna.open(&format!("{}/login", app.url)).await;
    hanna.submit("Continue", &[("email", MEMBER)]).await;
    hanna.submit("Sign in", &[("password", PASSWORD)]).await;
    let (status, answer) = hanna.json();
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!((&answer["claims"]["email"], &answer["userinfo"]["email"]), (&json!(MEMBER), &json!(MEMBER)));
    let (status, said) = post(&format!("{}/introspect", app.url), String::new()).await;
    let active = |kind: &str| said[kind]["active"] == Value::Bool(true);
    assert!(status == 200 && active("access") && active("refresh"), "{said:#}");
}

#[tokio::test]
async fn rsa_for_an_application_with_eddsa() {
    everything_sealed(Algorithm::EdDSA, KeyManagement::RsaOaep256).await;
}

#[tokio::test]
async fn agreed_keys_for_an_application_with_es256() {
    everything_sealed(Algorithm::ES256, KeyManagement::EcdhEs).await;
}

#[tokio::test]
async fn agreed_keys_that_wrap_for_an_application_with_rs256() {
    everything_sealed(Algorithm::RS256, KeyManagement::EcdhEsA256Kw).await;
}
