//! DCR: what a client says about logout, certificates and details, and what a change may not make of it.

use crate::support::TestApp;
use crate::support::client::client_key;
use crate::support::registration::{Registered, metadata, with};
use crate::support::tenant::TestTenant;
use hospes_idp::audit::AuditKind::{RegistrationDenied, SsrfBlocked};
use hospes_protocol::token::GrantType;
use reqwest::Method;
use serde_json::{Value, json};

async fn refused(tenant: &TestTenant<'_>, leave: &str, change: &Value) {
    let body = with(change);
    let attempt = tenant.register(Some(leave), &body);
    let answer = tenant.app.refuses((RegistrationDenied, "invalid_client_metadata"), attempt).await;
    assert_eq!(answer.status, 400, "{change:#}");
    answer.is_error(400, "invalid_client_metadata");
}

async fn refused_change(tenant: &TestTenant<'_>, client: &Registered, change: &Value) {
    let mut body = with(change);
    body["client_id"] = json!(client.id);
    let attempt = tenant.manage(Method::PUT, (&client.uri, Some(&client.access_token)), Some(&body));
    let answer = tenant.app.refuses((RegistrationDenied, "invalid_client_metadata"), attempt).await;
    assert_eq!(answer.status, 400, "{change:#}");
    answer.is_error(400, "invalid_client_metadata");
}

async fn changed(tenant: &TestTenant<'_>, client: &Registered, change: &Value) -> Registered {
    let mut body = with(change);
    body["client_id"] = json!(client.id);
    let answer = tenant.manage(Method::PUT, (&client.uri, Some(&client.access_token)), Some(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    Registered::of(tenant.app, &answer)
}

/// Harbor with registration open, and leave that knows of payments.
async fn harbor(app: &TestApp) -> (TestTenant<'_>, String) {
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|new| new.ceiling.details = vec!["payment".into()]).await;
    (harbor, leave)
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_where_a_client_hears_of_logout_and_what_it_may_ask_for() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let said = json!({
        "backchannel_logout_uri": "https://robot.example/logout",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://robot.example/frame",
        "frontchannel_logout_session_required": true,
        "authorization_details_types": ["payment"],
    });
    let robot = harbor.registered(&leave, &with(&said)).await;
    for (name, value) in said.as_object().unwrap() {
        assert_eq!(&robot.answer[name], value, "{name}");
    }
    let desk = harbor.desk().await;
    let stored = desk.admin().client(&hospes_protocol::ClientId::new(&robot.id)).await.unwrap();
    assert_eq!(stored.options.resources.details, ["payment"]);
    assert_eq!(stored.options.logout.backchannel_logout_uri.as_deref(), Some("https://robot.example/logout"));
    // What is no longer said is no longer so (RFC 7592 §2.2).
    let silent = changed(&harbor, &robot, &json!({})).await;
    for name in ["backchannel_logout_uri", "frontchannel_logout_uri", "authorization_details_types"] {
        assert_eq!(silent.answer.get(name), None, "{name}");
    }
    let again = changed(&harbor, &silent, &said).await;
    assert_eq!(again.answer["authorization_details_types"], json!(["payment"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_15_logout_addresses_are_held_to_what_administrators_are() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let long = format!("https://robot.example/{}", "a".repeat(2049));
    for member in ["backchannel_logout_uri", "frontchannel_logout_uri"] {
        for uri in [
            "http://robot.example/logout",
            "javascript:alert(1)",
            "https://robot.example/logout#top",
            "https://user@robot.example/logout",
            "com.robot:/logout",
            "/logout",
            "",
            &long,
        ] {
            refused(&harbor, &leave, &json!({ member: uri })).await;
        }
        refused(&harbor, &leave, &json!({ member: ["https://robot.example/logout"] })).await;
    }
    refused(&harbor, &leave, &json!({"frontchannel_logout_uri": "https://elsewhere.example/"})).await;
    refused(&harbor, &leave, &json!({"backchannel_logout_session_required": "yes"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_01_nobody_registers_to_be_called_inside() {
    let app = TestApp::builder().setting("outbound.allow_loopback", "false").spawn().await;
    let (harbor, leave) = harbor(&app).await;
    for host in ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]"] {
        let body = with(&json!({"backchannel_logout_uri": format!("https://{host}/logout")}));
        let attempt =
            app.audited((SsrfBlocked, Some("callback_blocked")), harbor.register(Some(&leave), &body));
        app.unchanged(attempt).await.is_error(400, "invalid_client_metadata");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_07_what_this_registration_may_not_have() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let keys = client_key().public_set();
    for change in [
        json!({"authorization_details_types": ["salary"]}),
        json!({"authorization_details_types": ["payment", "salary"]}),
        json!({"authorization_details_types": "payment"}),
        // Nobody asks for certificates here.
        json!({"tls_client_certificate_bound_access_tokens": true}),
        json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": keys}),
        json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "robot.example"}),
        json!({"tls_client_auth_san_dns": "robot.example"}),
    ] {
        refused(&harbor, &leave, &change).await;
    }
    let stranger = harbor.leave(|_| {}).await;
    refused(&harbor, &stranger, &json!({"authorization_details_types": ["payment"]})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_05_pairwise_subjects_are_not_for_devices() {
    let app = TestApp::spawn().await;
    let (harbor, _) = harbor(&app).await;
    let grants = vec![GrantType::AuthorizationCode, GrantType::DeviceCode];
    let leave = harbor.leave(|new| new.ceiling.grant_types = grants).await;
    let device = GrantType::DeviceCode.as_str();
    let both = json!(["authorization_code", device]);
    refused(&harbor, &leave, &json!({"subject_type": "pairwise", "grant_types": both})).await;
    let alone = json!({"subject_type": "pairwise", "grant_types": [device], "redirect_uris": []});
    refused(&harbor, &leave, &alone).await;
    let code = json!({"subject_type": "pairwise", "grant_types": ["authorization_code"]});
    let robot = harbor.registered(&leave, &with(&code)).await;
    refused_change(&harbor, &robot, &json!({"subject_type": "pairwise", "grant_types": both})).await;
    harbor.registered(&leave, &with(&json!({ "grant_types": both }))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_10_a_change_keeps_the_method_and_weakens_no_algorithm() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let robot = harbor.registered(&leave, &metadata()).await;
    let keys = client_key().public_set();
    for change in [
        json!({"token_endpoint_auth_method": "none"}),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys}),
        json!({"authorization_details_types": ["salary"]}),
        json!({"grant_types": ["authorization_code", "client_credentials"]}),
        json!({"scope": "openid Directory.ReadWrite.All"}),
    ] {
        refused_change(&harbor, &robot, &change).await;
    }
    let strong = json!({
        "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "EdDSA", "introspection_signed_response_alg": "ES256",
        "request_object_signing_alg": "PS256", "authorization_signed_response_alg": "ES256",
    });
    let raised = changed(&harbor, &robot, &strong).await;
    let silent = changed(&harbor, &raised, &json!({})).await;
    for member in strong.as_object().unwrap().keys() {
        assert_eq!(silent.answer[member], strong[member], "{member}: silence lowers nothing");
        if member.ends_with("_alg") {
            refused_change(&harbor, &silent, &json!({ member: "RS256" })).await;
        }
    }
    let other = changed(&harbor, &silent, &json!({"userinfo_signed_response_alg": "ES256"})).await;
    assert_eq!(other.answer["userinfo_signed_response_alg"], "ES256", "as strong as the one before");
}
