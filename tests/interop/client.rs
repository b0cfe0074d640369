//! npm `openid-client`, a certified client library with its strict defaults, as an application of harbor.

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::permission::INVITE;
use hospes_idp::federation::logout::Addresses;
use hospes_idp::options::{
    AllowedResource, ClientOptions, ExchangeAudience, ExchangeOptions, Profile, ResourceOptions,
};
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::encoding::url_component;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::SubjectType;
use hospes_protocol::token::GrantType;
use serde_json::{Value, json};

use super::agent::Agent;
use super::home_idp::{application, configure, post, told};
use super::provision::{CLIENT, Harbor, MEMBER, PASSWORD, Wishes, provision};
use crate::process::counterpart::Counterpart;

/// Harbor, its application, and a member of harbor at a browser.
pub(super) struct Scene {
    pub(super) harbor: Harbor,
    pub(super) app: Counterpart,
    pub(super) hanna: Agent,
}

impl Scene {
    async fn set(method: ClientAuthMethod, signing: Algorithm, discovery: &str) -> Self {
        Self::with((method, signing), discovery, ("", |_: &mut _| ())).await
    }

    /// With features of the library, and what the registration says about them.
    pub(super) async fn with(
        (method, signing): (ClientAuthMethod, Algorithm),
        discovery: &str,
        (features, registered): (&str, impl FnOnce(&mut ClientSettings)),
    ) -> Self {
        let app = Counterpart::start("client.mjs", &[("SIGNING", signing.as_str()), ("FEATURES", features)]);
        let mut client = ClientSettings {
            auth_method: method,
            jwks: (method == ClientAuthMethod::PrivateKeyJwt).then(|| app.ready["jwks"].clone()),
            grant_types: GrantType::ALL.to_vec(),
            permissions: [INVITE].into_iter().collect(),
            scope: ["openid", "profile", "email", "offline_access", "orders.read"].into_iter().collect(),
            id_token_algorithm: signing,
            ..application(&app.url)
        };
        client.options = at_orders(client.options);
        registered(&mut client);
        let nobody = async |_: &Addresses| unreachable!("there is no home IdP");
        let harbor = provision(Wishes { client, home_idp: None, invited: &[] }, nobody).await;
        let metadata = configure(&app, &harbor, method.as_str(), discovery).await;
        assert_eq!(metadata["issuer"], harbor.issuer());
        Self { harbor, app, hanna: Agent::new() }
    }

    async fn usual() -> Self {
        Self::set(ClientAuthMethod::ClientSecretBasic, Algorithm::RS256, "oidc").await
    }

    pub(super) async fn log_in(&mut self, query: &str) {
        self.hanna.open(&format!("{}/login{query}", self.app.url)).await;
    }

    async fn enter_password(&mut self) {
        if self.hanna.heading() == "Sign in to Application" {
            self.hanna.submit("Continue", &[("email", MEMBER)]).await;
        }
        assert_eq!(self.hanna.heading(), "Enter your password");
        self.hanna.submit("Sign in", &[("password", PASSWORD)]).await;
    }

    /// What the application answered; it must have accepted everything.
    pub(super) fn answer(&self) -> Value {
        let (status, answer) = self.hanna.json();
        assert_eq!(status, 200, "{answer:#}");
        answer
    }

    pub(super) async fn signed_in(&mut self) -> Value {
        self.log_in("").await;
        self.enter_password().await;
        self.answer()
    }

    /// Has the application do something by itself.
    pub(super) async fn does(&self, what: &str, with: &str) -> (u16, Value) {
        post(&format!("{}/{what}", self.app.url), with.to_owned()).await
    }
}

/// The application may use an API of the organization, and call on to another.
fn at_orders(options: ClientOptions) -> ClientOptions {
    let resource = "https://api.example/orders".to_owned();
    let allowed = vec![AllowedResource { resource, scopes: vec!["orders.read".to_owned()] }];
    let resources = ResourceOptions { allowed, ..ResourceOptions::default() };
    let audience = ExchangeAudience { audience: "stock".to_owned(), scopes: vec!["orders.read".to_owned()] };
    let exchange = ExchangeOptions {
        subjects: vec![CLIENT.to_owned()],
        audiences: vec![audience],
        delegation: true,
        ..ExchangeOptions::default()
    };
    ClientOptions { resources, exchange, ..options }
}

fn assert_hanna(scene: &Scene, answer: &Value) {
    let (claims, userinfo) = (&answer["claims"], &answer["userinfo"]);
    assert_eq!(claims["iss"], scene.harbor.issuer(), "{answer:#}");
    assert_eq!(claims["acct"], 0, "a member: {answer:#}");
    for claim in ["sub", "oid", "tid", "email", "email_verified", "name"] {
        assert_eq!(claims[claim], userinfo[claim], "{claim} in {answer:#}");
    }
    assert_eq!(userinfo["email"], MEMBER, "{answer:#}");
}

#[tokio::test]
async fn the_code_flow_with_userinfo_and_the_openid_well_known_form() {
    let mut scene = Scene::usual().await;
    let answer = scene.signed_in().await;
    assert_hanna(&scene, &answer);
    assert_eq!(answer["by"], "query");
}

#[tokio::test]
async fn the_code_flow_with_es256_a_secret_in_the_form_and_the_oauth_well_known_form() {
    let mut scene = Scene::set(ClientAuthMethod::ClientSecretPost, Algorithm::ES256, "oauth2").await;
    let answer = scene.signed_in().await;
    assert_hanna(&scene, &answer);
}

#[tokio::test]
async fn a_signed_assertion_whose_audience_is_the_issuer() {
    let mut scene = Scene::set(ClientAuthMethod::PrivateKeyJwt, Algorithm::RS256, "oidc").await;
    let answer = scene.signed_in().await;
    assert_hanna(&scene, &answer);
    let (status, answer) = scene.does("client-credentials", "").await;
    assert_eq!(status, 200, "{answer:#}");
}

#[tokio::test]
async fn an_assertion_made_with_the_secret() {
    let mut scene = Scene::set(ClientAuthMethod::ClientSecretJwt, Algorithm::ES256, "oauth2").await;
    let answer = scene.signed_in().await;
    assert_hanna(&scene, &answer);
    let (status, answer) = scene.does("client-credentials", "").await;
    assert_eq!(status, 200, "{answer:#}");
}

#[tokio::test]
async fn a_response_posted_by_a_form() {
    let mut scene = Scene::usual().await;
    scene.log_in("?response_mode=form_post").await;
    scene.enter_password().await;
    assert_eq!(scene.hanna.heading(), "Taking you back to 127.0.0.1");
    scene.hanna.submit("Continue", &[]).await;
    let answer = scene.answer();
    assert_hanna(&scene, &answer);
    assert_eq!(answer["by"], "form_post");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_used_one_ends_the_family() {
    let mut scene = Scene::usual().await;
    let first = scene.signed_in().await;
    let (status, second) = scene.does("refresh", "").await;
    assert_eq!((status, &second["rotated"]), (200, &json!(true)), "{second:#}");
    for claim in ["sub", "auth_time", "sid"] {
        assert_eq!(second["claims"][claim], first["claims"][claim], "{claim}");
    }
    let (status, third) = scene.does("refresh", "").await;
    assert_eq!(status, 200, "{third:#}");
    let (status, replayed) = scene.does("refresh-with", second["before"].as_str().unwrap()).await;
    assert_eq!((status, &replayed["error"]), (400, &json!("invalid_grant")), "{replayed:#}");
    let (status, newest) = scene.does("refresh", "").await;
    assert_eq!((status, &newest["error"]), (400, &json!("invalid_grant")), "theft ends them all: {newest:#}");
}

#[tokio::test]
async fn a_request_that_was_pushed() {
    let mut scene = Scene::usual().await;
    scene.log_in("?pushed=1").await;
    scene.enter_password().await;
    let answer = scene.answer();
    assert_hanna(&scene, &answer);
}

#[tokio::test]
async fn tokens_bound_to_a_key_with_a_nonce_of_the_server() {
    let nonced = |settings: &mut ClientSettings| {
        settings.options.security.dpop_bound_access_tokens = true;
        settings.options.security.require_dpop_nonce = true;
    };
    let usual = (ClientAuthMethod::ClientSecretBasic, Algorithm::RS256);
    let mut scene = Scene::with(usual, "oidc", ("dpop", nonced)).await;
    let answer = scene.signed_in().await;
    assert_hanna(&scene, &answer);
    assert_eq!(answer["token_type"], "dpop", "{answer:#}");
    let (status, answer) = scene.does("refresh", "").await;
    assert_eq!((status, &answer["rotated"]), (200, &json!(true)), "{answer:#}");
    let (status, answer) = scene.does("client-credentials", "").await;
    assert_eq!((status, &answer["token_type"]), (200, &json!("dpop")), "{answer:#}");
}

#[tokio::test]
async fn signed_requests_and_signed_responses() {
    for features in ["jar", "jarm", "jar,jarm,par"] {
        let signing = (ClientAuthMethod::PrivateKeyJwt, Algorithm::ES256);
        let mut scene = Scene::with(signing, "oidc", (features, |_| ())).await;
        let answer = scene.signed_in().await;
        assert_hanna(&scene, &answer);
    }
}

#[tokio::test]
async fn everything_fapi_2_asks_for() {
    let fapi2 = |settings: &mut ClientSettings| {
        settings.options.security.profile = Profile::Fapi2;
        settings.options.security.require_signed_request_object = true;
    };
    let signing = (ClientAuthMethod::PrivateKeyJwt, Algorithm::ES256);
    let mut scene = Scene::with(signing, "oauth2", ("dpop,jar,jarm,par", fapi2)).await;
    let answer = scene.signed_in().await;
    assert_hanna(&scene, &answer);
    assert_eq!(answer["token_type"], "dpop", "{answer:#}");
    let (status, answer) = scene.does("refresh", "").await;
    assert_eq!((status, &answer["rotated"]), (200, &json!(false)), "{answer:#}");
}

#[tokio::test]
async fn tokens_are_asked_about_and_ended() {
    let mut scene = Scene::set(ClientAuthMethod::PrivateKeyJwt, Algorithm::ES256, "oidc").await;
    let claims = scene.signed_in().await["claims"].clone();
    let (status, said) = scene.does("introspect", "").await;
    assert_eq!((status, &said["access"]["active"]), (200, &json!(true)), "{said:#}");
    for claim in ["sub", "tid", "oid", "sid", "auth_time", "acr"] {
        assert_eq!(said["access"][claim], claims[claim], "{claim} in {said:#}");
    }
    assert_eq!(said["refresh"]["active"], true, "{said:#}");
    let ended = json!({"active": false});
    let (_, said) = scene.does("revoke", "access_token").await;
    assert_eq!((&said["access"], &said["refresh"]["active"]), (&ended, &json!(true)), "{said:#}");
    let (_, said) = scene.does("revoke", "refresh_token").await;
    assert_eq!((&said["access"], &said["refresh"]), (&ended, &ended), "{said:#}");
}

#[tokio::test]
async fn single_claims_asked_for() {
    let mut scene = Scene::usual().await;
    let wish = json!({"userinfo": {"email": {"essential": true}}, "id_token": {"name": null}}).to_string();
    scene.log_in(&format!("?scope=openid&claims={}", url_component(&wish))).await;
    scene.enter_password().await;
    let answer = scene.answer();
    let (claims, userinfo) = (&answer["claims"], &answer["userinfo"]);
    assert_eq!(
        (&userinfo["email"], &userinfo["email_verified"]),
        (&json!(MEMBER), &json!(true)),
        "{answer:#}"
    );
    assert_eq!((&claims["email"], &userinfo["name"]), (&Value::Null, &Value::Null), "{answer:#}");
    assert!(claims["name"].is_string(), "{answer:#}");
}

#[tokio::test]
async fn a_subject_of_its_own_for_the_client() {
    let pairwise = |client: &mut ClientSettings| client.options.claims.subject_type = SubjectType::Pairwise;
    let mut scene =
        Scene::with((ClientAuthMethod::ClientSecretBasic, Algorithm::RS256), "oidc", ("", pairwise)).await;
    // The library itself compares sub of userinfo and of the refreshed ID token with the first one.
    let answer = scene.signed_in().await;
    let subject = answer["claims"]["sub"].clone();
    assert_eq!(subject.as_str().unwrap().len(), 43, "{answer:#}");
    assert_eq!((&answer["claims"]["oid"], &answer["userinfo"]["oid"]), (&Value::Null, &Value::Null));
    let (status, next) = scene.does("refresh", "").await;
    assert_eq!((status, &next["claims"]["sub"]), (200, &subject), "{next:#}");
    let (_, said) = scene.does("introspect", "").await;
    assert_eq!((&said["access"]["sub"], &said["refresh"]["sub"]), (&subject, &subject), "{said:#}");
    scene.hanna.open(&format!("{}/logout", scene.app.url)).await;
    assert_eq!(scene.answer(), json!({"signed_out": true, "state": "bye"}), "the hint names the person");
}

#[tokio::test]
async fn a_client_acts_for_itself() {
    let scene = Scene::usual().await;
    let (status, answer) = scene.does("client-credentials", "").await;
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(answer["token_type"], "bearer", "{answer:#}");
    assert_eq!(answer["refresh_token"], Value::Null, "RFC 6749 §4.4.3");
}

#[tokio::test]
async fn tokens_are_for_the_resource_that_is_named() {
    let mut scene = Scene::usual().await;
    let scope = "openid%20orders.read%20email";
    scene.log_in(&format!("?pushed=1&scope={scope}&resource=https://api.example/orders")).await;
    scene.enter_password().await;
    let (status, refused) = scene.hanna.json();
    assert_eq!(
        (status, &refused["error"]),
        (400, &json!("OAUTH_WWW_AUTHENTICATE_CHALLENGE")),
        "no userinfo: {refused:#}"
    );
    let (status, answer) = scene.does("at", "https://api.example/orders").await;
    assert_eq!((status, &answer["claims"]["aud"]), (200, &json!("https://api.example/orders")), "{answer:#}");
    assert_eq!(answer["scope"], "orders.read", "{answer:#}");
    let (status, answer) = scene.does("at", "https://api.example/stock").await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_target")), "{answer:#}");
}

#[tokio::test]
async fn a_token_is_exchanged_to_call_on() {
    let mut scene = Scene::usual().await;
    scene.log_in("?scope=openid%20orders.read%20email").await;
    scene.enter_password().await;
    let signed_in = scene.answer();
    let (status, answer) = scene.does("exchange", "stock").await;
    assert_eq!((status, &answer["claims"]["aud"]), (200, &json!("stock")), "{answer:#}");
    assert_eq!(answer["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert_eq!(
        (&answer["scope"], &answer["refresh_token"]),
        (&json!("orders.read"), &Value::Null),
        "{answer:#}"
    );
    assert_eq!(answer["claims"]["sub"], signed_in["claims"]["sub"], "{answer:#}");
    assert_eq!(answer["claims"]["act"], json!({"sub": CLIENT, "client_id": CLIENT}), "{answer:#}");
    let (status, refused) = scene.does("exchange", "payroll").await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_target")), "{refused:#}");
}

#[tokio::test]
async fn a_device_is_approved_or_not() {
    let mut scene = Scene::usual().await;
    for (decision, heading) in
        [("Allow this device", "The device has access"), ("Don’t allow", "You declined")]
    {
        let (status, told) = scene.does("device", "").await;
        assert_eq!(status, 200, "{told:#}");
        scene.hanna.open(told["verification_uri_complete"].as_str().unwrap()).await;
        scene.hanna.submit("Continue", &[]).await;
        if scene.hanna.heading() != "Give a device access to Application?" {
            scene.enter_password().await;
        }
        scene.hanna.submit(decision, &[]).await;
        assert_eq!(scene.hanna.heading(), heading);
        scene.hanna.open(&format!("{}/device", scene.app.url)).await;
        let (status, answer) = scene.hanna.json();
        if heading == "You declined" {
            assert_eq!((status, &answer["error"]), (400, &json!("access_denied")), "{answer:#}");
        } else {
            assert_eq!((status, &answer["claims"]["acct"]), (200, &json!(0)), "{answer:#}");
            assert_eq!(answer["scope"], "email offline_access openid", "{answer:#}");
        }
    }
}

#[tokio::test]
async fn lo_09_signing_out_at_the_application_ends_the_session() {
    let mut scene = Scene::usual().await;
    let first = scene.signed_in().await;
    scene.hanna.open(&format!("{}/logout", scene.app.url)).await;
    assert_eq!(scene.answer(), json!({"signed_out": true, "state": "bye"}));
    let told = told(&scene.app).await;
    assert_eq!((told.len(), &told[0]["sid"]), (1, &first["claims"]["sid"]), "{told:#?}");
    scene.log_in("?prompt=none").await;
    let (status, answer) = scene.hanna.json();
    assert_eq!((status, &answer["error"]), (400, &json!("login_required")), "{answer:#}");
}

#[tokio::test]
async fn silence_is_kept_without_a_session_and_with_one() {
    let mut scene = Scene::usual().await;
    scene.log_in("?prompt=none").await;
    let (status, answer) = scene.hanna.json();
    assert_eq!((status, &answer["error"]), (400, &json!("login_required")), "{answer:#}");
    let first = scene.signed_in().await;
    scene.log_in("?prompt=none").await;
    let silent = scene.answer();
    assert_hanna(&scene, &silent);
    assert_eq!(silent["claims"]["auth_time"], first["claims"]["auth_time"], "nobody was asked");
}

#[tokio::test]
async fn a_fresh_password_is_asked_for_when_the_application_wants_one() {
    let mut scene = Scene::usual().await;
    scene.signed_in().await;
    scene.log_in("?prompt=login").await;
    scene.enter_password().await;
    assert_hanna(&scene, &scene.answer());
    scene.log_in("?max_age=0").await;
    scene.enter_password().await;
    assert_hanna(&scene, &scene.answer());
}
