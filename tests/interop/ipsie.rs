//! IPSIE session lifecycle, level 1, with a client library nobody here wrote.

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::options::Profile;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use serde_json::{Value, json};

use super::client::Scene;

async fn under_ipsie() -> Scene {
    let ipsie = |settings: &mut ClientSettings| settings.options.security.profile = Profile::Ipsie;
    Scene::with((ClientAuthMethod::ClientSecretBasic, Algorithm::RS256), "oidc", ("", ipsie)).await
}

#[tokio::test]
async fn what_ipsie_asks_for_is_in_every_id_token() {
    let mut scene = under_ipsie().await;
    let first = scene.signed_in().await;
    let number = |answer: &Value, claim: &str| {
        answer["claims"][claim].as_i64().unwrap_or_else(|| panic!("no {claim} in {answer:#}"))
    };
    let (signed_in, issued) = (number(&first, "auth_time"), number(&first, "iat"));
    assert!(signed_in <= issued && issued < number(&first, "session_expiry"), "{first:#}");
    assert!(number(&first, "exp") > issued, "{first:#}");
    assert!(first["claims"]["acr"].as_str().is_some_and(|acr| !acr.is_empty()), "{first:#}");
    assert!(first["claims"]["amr"].as_array().is_some_and(|amr| amr.contains(&json!("pwd"))), "{first:#}");
    let (status, next) = scene.does("refresh", "").await;
    assert_eq!(status, 200, "{next:#}");
    for claim in ["auth_time", "acr", "amr", "session_expiry"] {
        assert_eq!(next["claims"][claim], first["claims"][claim], "{claim} is of the sign-in: {next:#}");
    }
}

#[tokio::test]
async fn what_ipsie_forbids_is_refused() {
    let mut scene = under_ipsie().await;
    scene.signed_in().await;
    scene.log_in("?without=code_challenge&without=code_challenge_method").await;
    let (status, refused) = scene.hanna.json();
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_request")), "PKCE is needed: {refused:#}");
    let implicit = ["response_type=token", "response_type=id_token", "response_type=code%20id_token"];
    for implicit in implicit {
        let issuer = scene.harbor.issuer();
        let redirect = format!("{}/callback", scene.app.url);
        let request =
            format!("{issuer}/authorize?client_id=application&redirect_uri={redirect}&scope=openid");
        scene.hanna.open(&format!("{request}&nonce=n&state=s&{implicit}")).await;
        assert!(!scene.hanna.shown().contains("eyJ"), "no token in a front channel: {}", scene.hanna.shown());
    }
}
