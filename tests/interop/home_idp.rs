//! npm `oidc-provider`, a certified OpenID Provider, as the home of guests.

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::email::Domain;
use hospes_idp::federation::home_idp::{ClaimMap, EmailTrust, HomeDomain};
use hospes_idp::federation::logout::Addresses;
use hospes_idp::options::{ClientOptions, LogoutOptions};
use hospes_idp::tenant::Status;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use serde_json::{Value, json};

use super::agent::Agent;
use super::provision::{CLIENT, Harbor, Wishes, provision};
use crate::process::PATIENCE;
use crate::process::counterpart::Counterpart;
use std::time::Duration;

const MONA: &str = "mona@mountain.example";

/// How the home IdP is in a test.
struct Home {
    signing: Algorithm,
    auth_method: ClientAuthMethod,
    email_verified: &'static str,
}

impl Default for Home {
    fn default() -> Self {
        Self {
            signing: Algorithm::RS256,
            auth_method: ClientAuthMethod::ClientSecretBasic,
            email_verified: "true",
        }
    }
}

/// Harbor, an application of it, the mountain, and Mona who lives there and was invited.
struct Scene {
    harbor: Harbor,
    app: Counterpart,
    mountain: Counterpart,
    mona: Agent,
}

impl Scene {
    async fn set(home: Home) -> Self {
        let signing = home.signing.as_str();
        let environment = [("SIGNING", signing), ("EMAIL_VERIFIED", home.email_verified)];
        let mountain = Counterpart::start("home-idp.mjs", &environment);
        let app = Counterpart::start("client.mjs", &[]);
        let wishes = Wishes {
            client: application(&app.url),
            home_idp: Some(settings(&mountain.url, &home)),
            invited: &[MONA],
        };
        let register = async |ours: &Addresses| register(&mountain.url, ours, &home).await;
        let harbor = provision(wishes, register).await;
        configure(&app, &harbor, "client_secret_basic", "oidc").await;
        Self { harbor, app, mountain, mona: Agent::new() }
    }

    /// From the link in the mail to the mountain's sign-in page, and back.
    async fn redeem(&mut self) {
        self.mona.open(&self.harbor.invitations[0]).await;
        assert_eq!(self.mona.heading(), "You are invited by Harbor Logistics");
        self.mona.submit("Continue", &[]).await;
        self.sign_in_at_home().await;
    }

    async fn sign_in_at_home(&mut self) {
        assert!(self.mona.is_at(&self.mountain.url), "at home, not at {}", self.mona.shown());
        self.mona.submit("Sign-in", &[("login", "mona"), ("password", "whatever")]).await;
        if self.mona.is_at(&self.mountain.url) {
            // The provider asks, the first time, whether harbor may know.
            self.mona.submit("Continue", &[]).await;
        }
    }

    async fn accept(&mut self) {
        assert_eq!(self.mona.heading(), "Review permissions", "at {}", self.mona.shown());
        self.mona.submit("Accept", &[]).await;
    }

    /// Signs in to the application, which answers what it learned.
    async fn sign_in_to_app(&mut self, query: &str) -> Value {
        self.mona.open(&format!("{}/login{query}", self.app.url)).await;
        self.answer()
    }

    fn answer(&self) -> Value {
        let (status, answer) = self.mona.json();
        assert_eq!(status, 200, "the application accepts everything: {answer:#}");
        answer
    }

    /// Logout tokens the application got and accepted, once there is one.
    async fn told(&self) -> Vec<Value> {
        told(&self.app).await
    }

    fn assert_mona(&self, answer: &Value) {
        let claims = &answer["claims"];
        assert_eq!(claims["iss"], self.harbor.issuer(), "{answer:#}");
        assert_eq!(claims["idp"], self.mountain.url, "{answer:#}");
        assert_eq!(claims["acct"], 1, "{answer:#}");
        assert_eq!(claims["email"], MONA, "{answer:#}");
        assert_eq!(claims["email_verified"], true, "{answer:#}");
        assert_eq!(claims["name"], "mona of the mountain", "{answer:#}");
    }
}

/// The application, as harbor registers it.
pub(super) fn application(url: &str) -> ClientSettings {
    let logout = LogoutOptions {
        backchannel_logout_uri: Some(format!("{url}/backchannel-logout")),
        ..LogoutOptions::default()
    };
    ClientSettings {
        options: ClientOptions { logout, ..ClientOptions::default() },
        display_name: "Application".to_owned(),
        redirect_uris: vec![format!("{url}/callback")],
        post_logout_redirect_uris: vec![format!("{url}/signed-out")],
        start_url: Some(format!("{url}/login")),
        ..ClientSettings::default()
    }
}

/// Tells the application who it is, and has it read harbor's metadata, which are returned.
pub(super) async fn configure(app: &Counterpart, harbor: &Harbor, method: &str, discovery: &str) -> Value {
    let who = json!({
        "issuer": harbor.issuer(), "client_id": CLIENT, "method": method, "secret": harbor.secret,
        "algorithm": discovery,
    });
    let (status, metadata) = post(&format!("{}/test/configure", app.url), who.to_string()).await;
    assert_eq!(status, 200, "harbor's metadata are accepted: {metadata:#}");
    metadata
}

/// Posts outside of any browser.
pub(super) async fn post(url: &str, body: String) -> (u16, Value) {
    let request = reqwest::Client::builder().build().unwrap().post(url);
    let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
    let (status, body) = (response.status().as_u16(), response.text().await.unwrap());
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
}

/// Logout tokens an application got and accepted, once there is one.
pub(super) async fn told(app: &Counterpart) -> Vec<Value> {
    let url = format!("{}/test/logged-out", app.url);
    let http = reqwest::Client::builder().build().unwrap();
    let told = async {
        loop {
            let text = http.get(&url).send().await.unwrap().text().await.unwrap();
            let told: Vec<Value> = serde_json::from_str(&text).unwrap();
            if !told.is_empty() {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the application hears that somebody signed out")
}

fn settings(issuer: &str, home: &Home) -> HomeIdpSettings {
    let domain = Domain::parse("mountain.example").unwrap();
    HomeIdpSettings {
        display_name: "The Mountain".to_owned(),
        issuer: issuer.to_owned(),
        client_id: "not yet registered".to_owned(),
        auth_method: home.auth_method,
        client_secret: Some(Secret::new("not yet registered")),
        scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
        domains: vec![HomeDomain { domain, authoritative: true }],
        email_trust: EmailTrust::VerifiedOnly,
        claim_map: ClaimMap::new(),
        algorithms: vec![home.signing],
        status: Status::Enabled,
    }
}

/// Dynamic client registration at the mountain (RFC 7591).
async fn register(url: &str, ours: &Addresses, home: &Home) -> (String, String) {
    let metadata = json!({
        "redirect_uris": [ours.callback],
        "post_logout_redirect_uris": [ours.post_logout_redirect],
        "backchannel_logout_uri": ours.backchannel_logout,
        "backchannel_logout_session_required": true,
        "token_endpoint_auth_method": home.auth_method.as_str(),
        "id_token_signed_response_alg": home.signing.as_str(),
    });
    let (status, client) = post(&format!("{url}/reg"), metadata.to_string()).await;
    assert_eq!(status, 201, "{client:#}");
    let text = |name: &str| client[name].as_str().unwrap().to_owned();
    (text("client_id"), text("client_secret"))
}

#[tokio::test]
async fn a_guest_redeems_and_signs_in_with_rs256_and_a_secret_in_the_header() {
    let mut scene = Scene::set(Home::default()).await;
    scene.redeem().await;
    scene.accept().await;
    // The start page of the application begins a sign-in; the session of the redemption answers it.
    let first = scene.answer();
    scene.assert_mona(&first);

    let elsewhere = Agent::new();
    scene.mona = elsewhere;
    scene.mona.open(&format!("{}/login", scene.app.url)).await;
    assert_eq!(scene.mona.heading(), "Sign in to Application");
    scene.mona.submit("Continue", &[("email", MONA)]).await;
    scene.sign_in_at_home().await;
    let second = scene.answer();
    scene.assert_mona(&second);
    assert_eq!(first["claims"]["oid"], second["claims"]["oid"], "the same guest in another browser");
}

#[tokio::test]
async fn a_guest_redeems_and_signs_in_with_es256_and_a_secret_in_the_form() {
    let auth_method = ClientAuthMethod::ClientSecretPost;
    let mut scene = Scene::set(Home { signing: Algorithm::ES256, auth_method, ..Home::default() }).await;
    scene.redeem().await;
    scene.accept().await;
    scene.assert_mona(&scene.answer());
}

#[tokio::test]
async fn an_address_the_home_calls_unverified_is_proven_by_a_code() {
    proven_by_code("false").await;
}

#[tokio::test]
async fn an_address_the_home_says_nothing_about_is_proven_by_a_code() {
    proven_by_code("absent").await;
}

async fn proven_by_code(email_verified: &'static str) {
    let mut scene = Scene::set(Home { email_verified, ..Home::default() }).await;
    scene.redeem().await;
    assert_eq!(scene.mona.heading(), "Confirm your e-mail address");
    scene.mona.submit("Confirm", &[("code", "00000000")]).await;
    assert_eq!(scene.mona.heading(), "Confirm your e-mail address", "a wrong code proves nothing");
    let code = scene.harbor.code_for(MONA).await;
    scene.mona.submit("Confirm", &[("code", &code)]).await;
    scene.accept().await;
    scene.assert_mona(&scene.answer());
}

#[tokio::test]
async fn keys_moved_at_home_between_two_sign_ins_are_found() {
    let mut scene = Scene::set(Home::default()).await;
    scene.redeem().await;
    scene.accept().await;
    let first = scene.answer();
    post(&format!("{}/test/rotate", scene.mountain.url), String::new()).await;
    scene.mona = Agent::new();
    scene.mona.open(&format!("{}/login", scene.app.url)).await;
    scene.mona.submit("Continue", &[("email", MONA)]).await;
    scene.sign_in_at_home().await;
    assert_eq!(scene.answer()["claims"]["oid"], first["claims"]["oid"]);
}

#[tokio::test]
async fn a_fresh_sign_in_asked_by_the_application_is_made_at_home() {
    let mut scene = Scene::set(Home::default()).await;
    scene.redeem().await;
    scene.accept().await;
    let first = scene.answer();
    let again = scene.sign_in_to_app("?max_age=3600").await;
    assert_eq!(again["claims"]["auth_time"], first["claims"]["auth_time"], "recent enough");
    scene.mona.open(&format!("{}/login?max_age=0&login_hint={MONA}", scene.app.url)).await;
    if !scene.mona.is_at(&scene.mountain.url) {
        scene.mona.submit("Continue", &[("email", MONA)]).await;
    }
    // Both sessions are there, and neither is good enough.
    scene.sign_in_at_home().await;
    let fresh = scene.answer();
    scene.assert_mona(&fresh);
    let auth_time = |answer: &Value| answer["claims"]["auth_time"].as_i64().unwrap();
    assert!(auth_time(&fresh) >= auth_time(&first));
}

#[tokio::test]
async fn lo_11_who_signs_out_at_home_is_signed_out_here_and_the_application_hears_of_it() {
    let mut scene = Scene::set(Home::default()).await;
    scene.redeem().await;
    scene.accept().await;
    let first = scene.answer();
    scene.mona.open(&format!("{}/session/end", scene.mountain.url)).await;
    // The provider tells us before it answers.
    scene.mona.submit("Yes, sign me out", &[]).await;
    assert!(scene.mona.is_at(&scene.mountain.url), "not sent anywhere: {}", scene.mona.shown());
    let told = scene.told().await;
    assert_eq!((told.len(), &told[0]["sid"]), (1, &first["claims"]["sid"]), "{told:#?}");
    scene.mona.open(&format!("{}/login?prompt=none", scene.app.url)).await;
    let (status, answer) = scene.mona.json();
    assert_eq!((status, &answer["error"]), (400, &json!("login_required")), "{answer:#}");
}

#[tokio::test]
async fn who_signs_out_here_signs_out_at_home_too_and_comes_back() {
    let mut scene = Scene::set(Home::default()).await;
    scene.redeem().await;
    scene.accept().await;
    scene.answer();
    scene.mona.open(&format!("{}/logout", scene.harbor.issuer())).await;
    scene.mona.submit("Sign out", &[]).await;
    scene.mona.follow("Also sign out at The Mountain").await;
    assert!(scene.mona.is_at(&scene.mountain.url), "at home, not at {}", scene.mona.shown());
    scene.mona.submit("Yes, sign me out", &[]).await;
    assert!(scene.mona.is_at(&scene.harbor.issuer()), "back here, not at {}", scene.mona.shown());
    assert_eq!(scene.mona.heading(), "You are signed out");
    assert_eq!(scene.told().await.len(), 1);
}
