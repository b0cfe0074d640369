//! Request objects that a client publishes (RFC 9101 §5.2, OIDC Core §6.2), at tenants that tolerate it.

use super::request_object::object;
use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::{Authorization, TestClient, client_key};
use crate::support::jwt::{JwtKey, claims, unsigned};
use crate::support::publisher::{Published, Publisher};
use crate::support::query::Query;
use crate::support::registration::{metadata, with};
use crate::support::tenant::TestTenant;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::{AuthorizationRejected, RegistrationDenied, SsrfBlocked};
use hospes_idp::options::Profile;
use hospes_protocol::encoding::sha256_base64url;
use hospes_protocol::jose::Algorithm;
use serde_json::{Value, json};

async fn tolerates(tenant: &TestTenant<'_>, allowed: bool) {
    tenant.settings(|settings| settings.options.security.allow_request_uris = allowed).await;
}

/// Harbor's client, with what it registered.
async fn wiki<'a>(harbor: &'a TestTenant<'a>, uris: &[String]) -> TestClient<'a> {
    tolerates(harbor, true).await;
    let publishes = |settings: &mut ClientSettings| settings.options.security.request_uris = uris.to_vec();
    harbor.client("wiki").with(publishes).with_key(client_key()).await
}

/// The request, by the name of its object and nothing else.
fn named<'a>(request: &Authorization<'a>, uri: &str) -> Authorization<'a> {
    let query = Query::new(&[("client_id", &request.client.id), ("request_uri", uri)]);
    Authorization { query, ..request.clone() }
}

/// Refused to the client, which also said outside where it waits.
async fn refused(request: &Authorization<'_>, error: &str) {
    let request = request.clone().set("redirect_uri", &request.client.redirect_uri);
    let app = request.client.app;
    let browser = app.browser();
    let attempt = request.get(&browser);
    let answer = app.refuses((AuthorizationRejected, error), attempt).await;
    answer.is_returned(error, &request);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9101_5_2_an_object_is_read_where_it_was_registered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let host = Publisher::start().await;
    let wiki = wiki(&harbor, std::slice::from_ref(&host.url)).await;
    let (browser, request) = (app.browser(), wiki.authorize());
    host.says(Published::object(&format!("{}\n", object(&request, &json!({})))));
    let sent = named(&request, &host.url).and("scope", "openid").and("state", "outside");
    let page = sent.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(claims(tokens.id_token())["nonce"], json!(request.query.get("nonce")));
    assert!(tokens.scope.contains("email"), "what is outside does not count: {}", tokens.scope);
    assert_eq!(host.asked(), 1);
    assert!(host.heads()[0].contains("accept: application/oauth-authz-req+jwt"), "{:?}", host.heads());
    // As it was usual before RFC 9101.
    let earlier = Published { content_type: "application/jwt; charset=utf-8", ..Published::object("") };
    host.says(Published { body: object(&request, &json!({})), ..earlier });
    let answer = named(&request, &host.url).get(&browser).await;
    request.code(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_6_2_a_fragment_is_the_hash_of_the_object() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let host = Publisher::start().await;
    // The object must be known before its client is: it is registered again.
    let wiki = wiki(&harbor, &[]).await;
    let request = wiki.authorize();
    let object = object(&request, &json!({}));
    let uri = format!("{}#{}", host.url, sha256_base64url(&object));
    wiki.update(|settings| settings.options.security.request_uris = vec![uri.clone()]).await;
    host.says(Published::object(&object));
    named(&request, &uri).open(&app.browser()).await.asks_who();
    assert!(host.heads()[0].starts_with("GET /request HTTP/1.1"), "{:?}", host.heads());
    // Another object, however well signed; another fragment; none.
    host.says(Published::object(&super::request_object::object(&wiki.authorize(), &json!({}))));
    refused(&named(&request, &uri), "invalid_request_uri").await;
    assert_eq!(host.asked(), 2);
    let other = format!("{}#{}", host.url, sha256_base64url("other"));
    for uri in [&other, &host.url] {
        refused(&named(&request, uri), "invalid_request_uri").await;
    }
    assert_eq!(host.asked(), 2, "what is not registered is not read");
}

#[tokio::test(flavor = "multi_thread")]
async fn az_25_nothing_is_read_before_client_and_address_are_known() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let host = Publisher::start().await;
    let wiki = wiki(&harbor, std::slice::from_ref(&host.url)).await;
    let other = harbor.client("other").with_key(client_key()).await;
    let request = wiki.authorize();
    host.says(Published::object(&object(&request, &json!({}))));
    for uri in [
        format!("{}/", host.url),
        format!("{}?x", host.url),
        format!("{}#", host.url),
        host.url.to_uppercase(),
        host.url.replace("127.0.0.1", "localhost"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        refused(&named(&request, &uri), "invalid_request_uri").await;
    }
    refused(&named(&other.authorize(), &host.url), "invalid_request_uri").await;
    let both = named(&request, &host.url).and("request", &object(&request, &json!({})));
    refused(&both, "invalid_request").await;
    let nobody = named(&request, &host.url).set("client_id", "nobody");
    app.unchanged(nobody.get(&app.browser())).await.is_refusal_page(400, "invalid_client");
    // Without anywhere to return to, a page.
    let astray = named(&request, &format!("{}?x", host.url)).set("redirect_uri", "https://evil.example/");
    app.unchanged(astray.get(&app.browser())).await.is_refusal_page(400, "invalid_request_object");
    // Pushed requests hold no references (PAR-03).
    let pushed = wiki.request(&[("request_uri", &host.url)]).send_to("/par").await;
    pushed.is_error(400, "invalid_request");
    // Who must push, pushes.
    wiki.update(|settings| settings.require_pushed_requests = true).await;
    refused(&named(&request, &host.url), "invalid_request").await;
    wiki.update(|settings| settings.require_pushed_requests = false).await;
    // The tenant's switch works at once.
    tolerates(&harbor, false).await;
    refused(&named(&request, &host.url), "request_uri_not_supported").await;
    assert_eq!(host.asked(), 0);
    tolerates(&harbor, true).await;
    named(&request, &host.url).open(&app.browser()).await.asks_who();
    assert_eq!(host.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_07_ssrf_10_ssrf_12_what_a_host_may_answer() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let host = Publisher::start().await;
    let wiki = wiki(&harbor, std::slice::from_ref(&host.url)).await;
    let request = wiki.authorize();
    let good = Published::object(&object(&request, &json!({})));
    let status = |status| Published { status, ..good.clone() };
    let of_type = |content_type| Published { content_type, ..good.clone() };
    let mut descriptions = Vec::new();
    for bad in [
        status("302 Found"),
        status("307 Temporary Redirect"),
        status("404 Not Found"),
        status("500 Internal Server Error"),
        status("204 No Content"),
        of_type("text/html"),
        of_type("application/json"),
        of_type(""),
        Published { body: "a".repeat(65 * 1024), ..good.clone() },
        Published { body: "a".repeat(2 * 1024 * 1024), ..good.clone() },
    ] {
        host.says(bad);
        let asked = host.asked();
        let request = named(&request, &host.url);
        refused(&request, "invalid_request_uri").await;
        assert_eq!(host.asked(), asked + 1, "nothing is followed and nothing tried again");
        let answer = request.set("redirect_uri", &wiki.redirect_uri).get(&app.browser()).await;
        descriptions.push(answer.returned()["error_description"].clone());
    }
    descriptions.dedup();
    assert_eq!(descriptions.len(), 1, "SSRF-11: {descriptions:?}");
    host.says(good);
    named(&request, &host.url).open(&app.browser()).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn par_10_what_is_published_is_held_to_what_is_sent() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let host = Publisher::start().await;
    let wiki = wiki(&harbor, std::slice::from_ref(&host.url)).await;
    let request = wiki.authorize();
    let now = app.clock.seconds();
    let by_stranger = JwtKey::generate(Algorithm::ES256).sign(
        &json!({"alg": "ES256"}),
        &json!({"iss": "wiki", "aud": wiki.issuer, "nbf": now, "exp": now + 60}),
    );
    for bad in [
        String::new(),
        "x".to_owned(),
        format!("{}.", unsigned(&json!({"alg": "none"}), &json!({"iss": "wiki"}))),
        by_stranger,
        object(&request, &json!({"iss": "other"})),
        object(&request, &json!({"aud": "https://other.example"})),
        object(&request, &json!({"exp": now - 300, "nbf": now - 600})),
        object(&request, &json!({"request_uri": host.url})),
        object(&request, &json!({"request": "x"})),
    ] {
        host.says(Published::object(&bad));
        refused(&named(&request, &host.url), "invalid_request_object").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_one_network_makes_us_read_a_few_objects_a_minute() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let host = Publisher::start().await;
    let wiki = wiki(&harbor, std::slice::from_ref(&host.url)).await;
    let request = named(&wiki.authorize(), &host.url);
    let browser = app.browser();
    for _ in 0..60 {
        request.get(&browser).await;
    }
    refused(&request, "temporarily_unavailable").await;
    assert_eq!(host.asked(), 60);
    app.clock.advance_seconds(61);
    refused(&request, "invalid_request_object").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_01_to_04_no_object_from_the_inside() {
    let app = TestApp::builder().setting("outbound.allow_loopback", "false").spawn().await;
    let harbor = app.tenant("harbor").await;
    tolerates(&harbor, true).await;
    let desk = harbor.desk().await;
    for host in ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.0.1", "169.254.169.254", "0x7f.1"] {
        let mut settings = ClientSettings {
            display_name: "Wiki".into(),
            redirect_uris: vec!["https://wiki.example/callback".into()],
            ..ClientSettings::default()
        };
        settings.options.security.request_uris =
            vec![format!("https://{host}/ro#{}", sha256_base64url("object"))];
        let admin = desk.admin();
        let attempt = admin.create_client(None, settings);
        let (refusal, blocked) = app.audited_many(SsrfBlocked, app.unchanged(attempt)).await;
        let refusal = refusal.unwrap_err().to_string();
        assert_eq!(blocked, 1, "{host}");
        assert!(refusal.contains("requestUris"), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_say_what_the_tenant_tolerates() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let told = async || {
        let url = harbor.url("/.well-known/openid-configuration");
        let document = Answer::of(app.http.get(url).send().await.unwrap()).await.json();
        let member = |name: &str| document.get(name).cloned().unwrap_or(Value::Null);
        (member("request_uri_parameter_supported"), member("require_request_uri_registration"))
    };
    assert_eq!(told().await, (json!(false), Value::Null));
    tolerates(&harbor, true).await;
    assert_eq!(told().await, (json!(true), json!(true)));

    let desk = harbor.desk().await;
    let uris = vec!["https://wiki.example/ro".to_owned()];
    let mut settings = ClientSettings { display_name: "Wiki".into(), ..ClientSettings::default() };
    settings.redirect_uris = vec!["https://wiki.example/callback".into()];
    settings.jwks = Some(client_key().public_set());
    settings.auth_method = hospes_protocol::client_auth::ClientAuthMethod::PrivateKeyJwt;
    settings.id_token_algorithm = Algorithm::ES256;
    settings.options.security.profile = Profile::Fapi2;
    settings.options.security.request_uris = uris;
    let refusal = app.unchanged(desk.admin().create_client(None, settings)).await.unwrap_err().to_string();
    assert!(refusal.contains("the profile fapi2"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_07_addresses_of_objects_are_registered_where_they_are_of_use() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    let good = with(&json!({"request_uris": ["https://robot.example/ro"]}));
    let attempt = harbor.register(Some(&leave), &good);
    app.refuses((RegistrationDenied, "invalid_client_metadata"), attempt).await;
    tolerates(&harbor, true).await;
    for uris in
        [json!(["http://robot.example/ro"]), json!(["https://robot.example/ro#top"]), json!("x"), json!([1])]
    {
        let body = with(&json!({ "request_uris": uris }));
        let attempt = harbor.register(Some(&leave), &body);
        app.refuses((RegistrationDenied, "invalid_client_metadata"), attempt).await;
    }
    let local = with(&json!({"request_uris": ["http://127.0.0.1:8080/ro"]}));
    harbor.registered(&leave, &local).await;
    harbor.registered(&leave, &metadata()).await;
}
