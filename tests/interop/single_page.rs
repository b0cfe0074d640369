//! npm `oidc-client-ts` in headless Chromium: a single-page application that holds its tokens itself and reads our answers
//! from another origin (RFC 10017).

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::federation::logout::Addresses;
use hospes_idp::options::ClientOptions;
use hospes_protocol::client_auth::ClientAuthMethod;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::home_idp::{application, post};
use super::provision::{CLIENT, Harbor, MEMBER, PASSWORD, Wishes, provision};
use crate::browser::chromium::Chromium;
use crate::browser::visitor::Visitor;
use crate::process::counterpart::Counterpart;

struct Scene {
    harbor: Harbor,
    app: Counterpart,
    hanna: Visitor,
    _chromium: Chromium,
}

impl Scene {
    async fn set(method: ClientAuthMethod) -> Self {
        let app = Counterpart::start("single-page.mjs", &[]);
        // A page has no server that could be told of a logout.
        let options = ClientOptions::default();
        let client = ClientSettings { auth_method: method, options, ..application(&app.url) };
        let nobody = async |_: &Addresses| unreachable!("there is no home IdP");
        let harbor = provision(Wishes { client, home_idp: None, invited: &[] }, nobody).await;
        let who = json!({"issuer": harbor.issuer(), "client_id": CLIENT});
        post(&format!("{}/test/configure", app.url), who.to_string()).await;
        let chromium = Chromium::start();
        let hanna = Visitor::arrive(&chromium, "single-page").await;
        hanna.open(&app.url).await;
        Self { harbor, app, hanna, _chromium: chromium }
    }

    async fn sign_in(&mut self) {
        self.hanna.press("Sign in").await;
        self.hanna.reaches("Sign in to Application").await;
        self.hanna.fill("E-mail address", MEMBER).await;
        self.hanna.press("Continue").await;
        self.hanna.reaches("Enter your password").await;
        self.hanna.fill("Password", PASSWORD).await;
        self.hanna.press("Sign in").await;
    }

    /// What the page shows once it is done.
    async fn shows(&self) -> Value {
        let state = self.hanna.driver.query(By::Css("#state"));
        let done = |state: WebElement| async move {
            let text = state.text().await?;
            Ok(!text.contains("loading") && !text.contains("busy"))
        };
        let state = state.with_filter(done).first().await.unwrap();
        serde_json::from_str(&state.text().await.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_single_page_application_signs_in_renews_silently_and_signs_out() {
    let mut scene = Scene::set(ClientAuthMethod::None).await;
    assert_eq!(scene.shows().await["profile"], Value::Null);
    scene.sign_in().await;
    scene.hanna.reaches("Application").await;
    let first = scene.shows().await;
    assert_eq!(first["profile"]["email"], MEMBER, "{first:#}");
    assert_eq!(first["profile"]["iss"], scene.harbor.issuer(), "{first:#}");
    scene.hanna.press("Renew").await;
    let second = scene.shows().await;
    assert_eq!(second["renewed"], json!(["access_token", "refresh_token", "id_token"]), "{second:#}");
    assert_eq!(second["profile"]["sub"], first["profile"]["sub"], "{second:#}");
    scene.hanna.press("Sign out").await;
    scene.hanna.reaches("Application").await;
    let out = scene.shows().await;
    assert_eq!((&out["profile"], &out["at"]), (&Value::Null, &json!("/signed-out")), "{out:#}");
    scene.sign_in().await;
    assert_eq!(scene.shows().await["profile"]["email"], MEMBER, "and in again at {}", scene.app.url);
}

#[tokio::test]
async fn ui_17_a_page_whose_origin_belongs_to_no_public_client_reads_nothing() {
    let mut scene = Scene::set(ClientAuthMethod::ClientSecretBasic).await;
    scene.sign_in().await;
    scene.hanna.reaches("Application").await;
    let refused = scene.shows().await;
    assert!(refused["failed"].as_str().is_some_and(|words| words.contains("fetch")), "{refused:#}");
}
