//! Further client libraries nobody here wrote, each with its own idea of what an answer must be: npm `oauth4webapi`,
//! Python's `Authlib` and `idpyoidc`. The two former are APIs as well, which take our access tokens for what they say (RFC 9068).

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::federation::logout::Addresses;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use serde_json::{Value, json};

use super::agent::Agent;
use super::home_idp::{application, configure, post};
use super::provision::{Harbor, MEMBER, PASSWORD, Wishes, provision};
use crate::process::counterpart::Counterpart;

const API: &str = "https://api.harbor.example";

/// Harbor, its application, and a member of harbor at a browser.
struct Scene {
    harbor: Harbor,
    app: Counterpart,
    hanna: Agent,
}

impl Scene {
    async fn set(script: &str, method: ClientAuthMethod, signing: Algorithm) -> Self {
        let app = Counterpart::start(script, &[]);
        let client = ClientSettings {
            auth_method: method,
            jwks: app.ready.get("jwks").cloned(),
            id_token_algorithm: signing,
            audience: Some(API.to_owned()),
            ..application(&app.url)
        };
        let nobody = async |_: &Addresses| unreachable!("there is no home IdP");
        let harbor = provision(Wishes { client, home_idp: None, invited: &[] }, nobody).await;
        let metadata = configure(&app, &harbor, method.as_str(), "oidc").await;
        assert_eq!(metadata["issuer"], harbor.issuer());
        Self { harbor, app, hanna: Agent::new() }
    }

    async fn signed_in(&mut self) -> Value {
        self.hanna.open(&format!("{}/login", self.app.url)).await;
        assert_eq!(self.hanna.heading(), "Sign in to Application");
        self.hanna.submit("Continue", &[("email", MEMBER)]).await;
        self.hanna.submit("Sign in", &[("password", PASSWORD)]).await;
        if self.hanna.is_at(&self.harbor.issuer()) {
            // OIDC Core §11: idpyoidc asks for consent anew together with offline access.
            assert_eq!(self.hanna.heading(), "Application asks for your permission");
            self.hanna.submit("Allow", &[]).await;
        }
        let (status, answer) = self.hanna.json();
        assert_eq!(status, 200, "{answer:#}");
        let (claims, userinfo) = (&answer["claims"], &answer["userinfo"]);
        assert_eq!(claims["iss"], self.harbor.issuer(), "{answer:#}");
        assert_eq!(claims["sub"], userinfo["sub"], "{answer:#}");
        assert_eq!(userinfo["email"], MEMBER, "{answer:#}");
        answer
    }

    /// Has the application do something by itself, which must work.
    async fn does(&self, what: &str, with: &str) -> Value {
        let (status, answer) = self.tries(what, with).await;
        assert_eq!(status, 200, "{what}: {answer:#}");
        answer
    }

    async fn tries(&self, what: &str, with: &str) -> (u16, Value) {
        post(&format!("{}/{what}", self.app.url), with.to_owned()).await
    }

    async fn refreshes(&self, first: &Value) {
        let second = self.does("refresh", "").await;
        assert_eq!(second["rotated"], true, "{second:#}");
        for claim in ["sub", "auth_time", "sid"] {
            assert_eq!(second["claims"][claim], first["claims"][claim], "{claim} in {second:#}");
        }
    }
}

#[tokio::test]
async fn oauth4webapi_pushes_signs_in_refreshes_asks_and_revokes() {
    let mut scene =
        Scene::set("oauth4webapi.mjs", ClientAuthMethod::ClientSecretBasic, Algorithm::ES256).await;
    let first = scene.signed_in().await;
    scene.refreshes(&first).await;
    let said = scene.does("introspect", "").await;
    assert_eq!((&said["access"]["active"], &said["refresh"]["active"]), (&json!(true), &json!(true)));
    let ended = json!({"active": false});
    let said = scene.does("revoke", "access_token").await;
    assert_eq!((&said["access"], &said["refresh"]["active"]), (&ended, &json!(true)), "{said:#}");
    let said = scene.does("revoke", "refresh_token").await;
    assert_eq!((&said["access"], &said["refresh"]), (&ended, &ended), "{said:#}");
}

#[tokio::test]
async fn oauth4webapi_as_an_api_takes_our_access_tokens() {
    let mut scene =
        Scene::set("oauth4webapi.mjs", ClientAuthMethod::ClientSecretBasic, Algorithm::RS256).await;
    let first = scene.signed_in().await;
    let said = scene.does("resource", API).await;
    assert_eq!((&said["sub"], &said["aud"]), (&first["claims"]["sub"], &json!(API)), "{said:#}");
    let (status, refused) = scene.tries("resource", "https://other.example").await;
    assert_eq!(status, 400, "another API's token: {refused:#}");
}

#[tokio::test]
async fn authlib_signs_in_with_a_signed_assertion_refreshes_and_asks() {
    let mut scene = Scene::set("authlib_client.py", ClientAuthMethod::PrivateKeyJwt, Algorithm::RS256).await;
    let first = scene.signed_in().await;
    scene.refreshes(&first).await;
    let said = scene.does("introspect", "").await;
    assert_eq!(said["access_token"]["active"], true, "{said:#}");
    assert_eq!(said["refresh_token"]["active"], true, "{said:#}");
}

#[tokio::test]
async fn authlib_as_an_api_takes_our_access_tokens() {
    let mut scene = Scene::set("authlib_client.py", ClientAuthMethod::PrivateKeyJwt, Algorithm::ES256).await;
    let first = scene.signed_in().await;
    let said = scene.does("resource", &json!({"audience": API, "scope": "email"}).to_string()).await;
    assert_eq!((&said["sub"], &said["aud"]), (&first["claims"]["sub"], &json!(API)), "{said:#}");
    for (audience, scope) in [("https://other.example", "email"), (API, "administer")] {
        let asked = json!({"audience": audience, "scope": scope}).to_string();
        let (status, refused) = scene.tries("resource", &asked).await;
        assert_eq!(status, 400, "{audience} {scope}: {refused:#}");
    }
}

#[tokio::test]
async fn idpyoidc_signs_in_refreshes_and_signs_out() {
    let mut scene =
        Scene::set("idpyoidc_client.py", ClientAuthMethod::ClientSecretBasic, Algorithm::RS256).await;
    let first = scene.signed_in().await;
    scene.refreshes(&first).await;
    scene.hanna.open(&format!("{}/logout", scene.app.url)).await;
    assert_eq!(scene.hanna.json(), (200, json!({"signed_out": true})));
    scene.hanna.open(&format!("{}/login", scene.app.url)).await;
    assert_eq!(scene.hanna.heading(), "Sign in to Application", "nobody is signed in");
}
