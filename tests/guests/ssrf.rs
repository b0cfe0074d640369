//! SSRF, the registration side: a home IdP is not registered where we may not connect to, and nobody learns why.

use crate::support::TestApp;
use crate::support::fake_home::{FakeHome, home_settings};
use crate::support::tenant::TestTenant;
use hospes_idp::admin::AdminError;
use hospes_idp::federation::home_idp::ProfileAttribute;
use serde_json::json;
use std::time::Instant;

/// A house as it is run in earnest: no exception for this machine.
async fn strict() -> TestApp {
    TestApp::builder().setting("outbound.allow_loopback", "false").spawn().await
}

/// Asserts that a registration changes nothing, and returns what the administrator is told.
async fn refused(harbor: &TestTenant<'_>, issuer: &str) -> Vec<String> {
    let desk = harbor.desk().await;
    let admin = desk.admin();
    let registration = admin.create_home_idp(home_settings(issuer, "fjord.example"));
    match harbor.app.unchanged(registration).await {
        Err(AdminError::Invalid(problems)) => problems,
        other => panic!("{issuer}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_01_to_04_ssrf_11_no_home_idp_at_an_address_of_the_inside() {
    let app = strict().await;
    let harbor = app.tenant("harbor").await;
    let home = FakeHome::start(&app.clock).await;
    let port = home.issuer.rsplit_once(':').unwrap().1.to_owned();
    let mut told = Vec::new();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "a.localhost",
        "localhost.",
    ] {
        for scheme in ["http", "https"] {
            let begun = Instant::now();
            told.push(refused(&harbor, &format!("{scheme}://{host}:{port}")).await);
            assert!(begun.elapsed().as_secs() < 6, "{host}");
        }
    }
    assert!(told.iter().all(|problems| *problems == told[0]), "one sentence whatever it was: {told:#?}");
    assert!(told[0][0].starts_with("fetch_failed"), "{told:?}");
    assert_eq!(home.asked("/.well-known/openid-configuration"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_08_ssrf_09_odd_schemes_and_hidden_parts_are_refused() {
    let app = strict().await;
    let harbor = app.tenant("harbor").await;
    for issuer in [
        "file:///etc/passwd",
        "gopher://idp.example/",
        "ftp://idp.example/",
        "data:text/plain,x",
        "unix:/run/x",
        "http://idp.example",
        "https://user:secret@idp.example",
        "https://user@idp.example",
        "https://idp.example/?x=1",
        "https://idp.example/#x",
        "https://idp.example\\@evil.example",
        "https://idp.example/\r\nX: y",
        "https://{tenant}.example",
        "idp.example",
        "",
    ] {
        assert!(!refused(&harbor, issuer).await.is_empty(), "{issuer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn up_32_ssrf_a_discovery_document_that_points_elsewhere_is_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let odd = [
        json!({"issuer": "https://other.example"}),
        json!({"issuer": null}),
        json!({"token_endpoint": "http://idp.example/token"}),
        json!({"token_endpoint": "https://10.0.0.1/token"}),
        json!({"jwks_uri": "https://169.254.169.254/jwks"}),
        json!({"jwks_uri": null}),
        json!({"authorization_endpoint": null}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"token_endpoint": "file:///etc/passwd"}),
    ];
    for change in odd {
        let home = FakeHome::start(&app.clock).await;
        home.publishes(&change);
        let told = refused(&harbor, &home.issuer).await;
        assert_eq!(told.len(), 1, "{change}");
        assert!(
            !told[0].contains("10.0.0.1") && !told[0].contains("passwd"),
            "SSRF-12, nothing is echoed: {told:?}"
        );
    }
    // An issuer is compared byte for byte.
    let home = FakeHome::start(&app.clock).await;
    refused(&harbor, &format!("{}/", home.issuer)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn up_38_no_claim_of_a_home_idp_becomes_a_claim_about_rights() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    for reserved in ["sub", "iss", "aud", "exp", "tid", "oid", "roles", "amr", "acr", "email_verified"] {
        let mut settings = home_settings(&home.issuer, "fjord.example");
        settings.claim_map.insert(ProfileAttribute::Name, reserved.to_owned());
        let desk = harbor.desk().await;
        let admin = desk.admin();
        let refused = app.unchanged(admin.create_home_idp(settings)).await;
        assert!(matches!(refused, Err(AdminError::Invalid(_))), "{reserved}: {refused:?}");
    }
}
