//! CA: how clients prove who they are.

use crate::support::TestApp;
use crate::support::client::{TestClient, client_key};
use crate::support::jwt::{JwtKey, unsigned};
use crate::support::tokens::{TokenRequest, basic};
use crate::support::{Stores, answer::Answer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_idp::tenant::Status;
use hospes_protocol::ClientId;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::token::GrantType;
use serde_json::{Value, json};

async fn refused(request: TokenRequest<'_>) -> Answer {
    let app = request.client.app;
    let attempt = app.unchanged(request.send());
    let answer = app.audited((TokenDenied, None), attempt).await;
    answer.is_error(401, "invalid_client");
    answer
}

/// A client that acts for itself, with this way to authenticate.
fn acts_for_itself(settings: &mut hospes_idp::admin::clients::ClientSettings) {
    settings.grant_types = vec![GrantType::ClientCredentials];
    settings.redirect_uris = Vec::new();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_01_a_wrong_secret_and_an_unknown_client_look_the_same() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&[]).await;
    let wrong = basic("service", "not the secret");
    let answer = refused(service.client_credentials().authorization(Some(&wrong))).await;
    assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"harbor\""));
    let nobody = basic("nobody", service.secret());
    let unknown = refused(service.client_credentials().authorization(Some(&nobody))).await;
    assert_eq!(unknown.header("www-authenticate"), answer.header("www-authenticate"));
    assert_eq!(unknown.body, answer.body);
    let post = harbor.client("post").with(acts_for_itself).confidential_by_post().await;
    let by_form = refused(post.client_credentials().set("client_secret", "wrong")).await;
    assert_eq!((&by_form.body, by_form.header("www-authenticate")), (&answer.body, None));
    let nothing = refused(service.client_credentials().authorization(None)).await;
    assert_eq!(nothing.header("www-authenticate"), None);
    service.client_credentials().send().await.tokens();
    post.client_credentials().send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_02_basic_is_decoded_strictly() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&[]).await;
    let secret = service.secret();
    let encoded = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for header in [
        encoded(&format!("service:{secret}:more")),
        encoded(&format!("service:{secret}ü")),
        encoded(&format!("service{secret}")),
        encoded(&format!("service:%zz{secret}")),
        encoded(&format!("service:{secret}%0")),
        "Basic !!!".to_owned(),
        "Basic".to_owned(),
        format!("Basic {}", STANDARD.encode([0xff, 0xfe])),
        format!("Bearer {secret}"),
    ] {
        refused(service.client_credentials().authorization(Some(&header))).await;
    }
    // Every character may be percent-encoded.
    let header = encoded(&format!("%73%65%72%76%69%63%65:{secret}"));
    service.client_credentials().authorization(Some(&header)).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_03_ca_04_only_the_registered_method() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&[]).await;
    let post = harbor.client("post").with(acts_for_itself).confidential_by_post().await;
    let keyed = harbor.client("keyed").with(acts_for_itself).with_key(client_key()).await;
    let public = harbor.client("public").public().await;
    let in_form = service.client_credentials().authorization(None).set("client_id", "service");
    refused(in_form.clone().set("client_secret", service.secret())).await;
    refused(in_form).await;
    let in_header = post.client_credentials().without("client_id").without("client_secret");
    refused(in_header.authorization(Some(&basic("post", post.secret())))).await;
    let plain = keyed.client_credentials().without("client_assertion").without("client_assertion_type");
    refused(plain.clone().set("client_id", "keyed")).await;
    refused(plain.set("client_id", "keyed").set("client_secret", "x")).await;
    refused(public.refresh("x").set("client_secret", "x")).await;
    refused(public.refresh("x").without("client_id").authorization(Some(&basic("public", "")))).await;
    refused(public.refresh("x").without("client_id").authorization(Some(&basic("public", "x")))).await;
}

type Change = Box<dyn Fn(&mut Value, &mut Value)>;

fn with_claim(name: &'static str, value: Value) -> Change {
    Box::new(move |_, claims| claims[name] = value.clone())
}

fn with_header(name: &'static str, value: Value) -> Change {
    Box::new(move |header, _| header[name] = value.clone())
}

fn without_claim(name: &'static str) -> Change {
    Box::new(move |_, claims| drop(claims.as_object_mut().unwrap().remove(name)))
}

async fn keyed_client<'a>(harbor: &'a crate::support::tenant::TestTenant<'a>) -> TestClient<'a> {
    harbor.client("keyed").with(acts_for_itself).with_key(client_key()).await
}

async fn refused_with(keyed: &TestClient<'_>, change: &Change) {
    let assertion = keyed.assertion(change);
    refused(keyed.client_credentials().set("client_assertion", &assertion)).await;
}

async fn accepted_with(keyed: &TestClient<'_>, change: &Change) {
    let assertion = keyed.assertion(change);
    keyed.client_credentials().set("client_assertion", &assertion).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_05_ca_06_the_audience_of_an_assertion_is_the_issuer_alone() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let keyed = keyed_client(&harbor).await;
    let issuer = harbor.issuer();
    let token_url = harbor.url("/token");
    for audience in [
        json!(token_url),
        json!(harbor.url("/par")),
        json!([issuer, token_url]),
        json!([issuer, issuer]),
        json!([]),
        json!(format!("{issuer}/")),
        json!(issuer.replace("localhost", "LOCALHOST")),
        json!(null),
    ] {
        refused_with(&keyed, &with_claim("aud", audience)).await;
    }
    refused_with(&keyed, &without_claim("aud")).await;
    accepted_with(&keyed, &with_claim("aud", json!(issuer))).await;
    accepted_with(&keyed, &with_claim("aud", json!([issuer]))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_07_an_assertion_says_who_for_how_long_and_once() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.client("other").public().await;
    let keyed = keyed_client(&harbor).await;
    let now = app.clock.seconds();
    for change in [
        without_claim("sub"),
        without_claim("iss"),
        without_claim("exp"),
        without_claim("jti"),
        with_claim("jti", json!("")),
        with_claim("jti", json!(7)),
        with_claim("iss", json!("other")),
        with_claim("sub", json!("other")),
        with_claim("exp", json!(now - 300)),
        with_claim("exp", json!(now + 12 * 60)),
        with_claim("exp", json!("soon")),
        with_claim("exp", json!(1_u64 << 53)),
        with_claim("iat", json!(now + 300)),
        with_claim("nbf", json!(now + 300)),
    ] {
        refused_with(&keyed, &change).await;
    }
    refused(keyed.client_credentials().set("client_id", "other")).await;
    keyed.client_credentials().set("client_id", "keyed").send().await.tokens();
}

async fn once_only(stores: Stores) {
    let app = TestApp::on(stores).await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let keyed = keyed_client(&harbor).await;
    let request = keyed.client_credentials();
    let answers = join_all((0..50).map(|_| request.clone().send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    answers
        .iter()
        .filter(|answer| answer.status != 200)
        .for_each(|lost| lost.is_error(401, "invalid_client"));
    app.clock.advance_seconds(59);
    refused(request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_08_an_assertion_works_once() {
    once_only(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_08_an_assertion_works_once_on_real_stores() {
    once_only(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_09_ca_10_ca_17_headers_of_assertions() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let keyed = keyed_client(&harbor).await;
    for typ in [
        "at+jwt",
        "dpop+jwt",
        "logout+jwt",
        "oauth-authz-req+jwt",
        "oauth-id-jag+jwt",
        "oauth-client-attestation-pop+jwt",
    ] {
        refused_with(&keyed, &with_header("typ", json!(typ))).await;
    }
    let stranger = JwtKey::generate(Algorithm::ES256);
    for (name, value) in [
        ("jku", json!(app.base_url)),
        ("x5u", json!(app.base_url)),
        ("jwk", Value::Object(stranger.pair.public.clone())),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["b64"])),
        ("alg", json!("RS256")),
        ("alg", json!("HS256")),
        ("alg", json!("none")),
        ("kid", json!("another")),
    ] {
        refused_with(&keyed, &with_header(name, value)).await;
    }
    accepted_with(&keyed, &with_header("typ", json!("client-authentication+jwt"))).await;
    let without_typ: Change = Box::new(|header, _| drop(header.as_object_mut().unwrap().remove("typ")));
    accepted_with(&keyed, &without_typ).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_09_assertions_signed_by_something_else() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let keyed = keyed_client(&harbor).await;
    let now = app.clock.seconds();
    let claims = json!({"iss": "keyed", "sub": "keyed", "aud": harbor.issuer(), "jti": "j", "exp": now + 60});
    let none = unsigned(&json!({"alg": "none"}), &claims);
    let stranger = JwtKey::generate(Algorithm::ES256);
    let by_stranger = stranger.sign(&keyed.key().header(), &claims);
    let rsa = JwtKey::generate(Algorithm::RS256).sign(&json!({"alg": "RS256"}), &claims);
    for assertion in [format!("{none}."), none, by_stranger, rsa, "x".to_owned(), "a.b.c".to_owned()] {
        refused(keyed.client_credentials().set("client_assertion", &assertion)).await;
    }
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let other_type = keyed.client_credentials().set("client_assertion_type", saml);
    app.unchanged(other_type.send()).await.is_error(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_12_certificates_in_headers_are_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&[]).await;
    let post = app.http.post(harbor.url("/token")).header("x-ssl-client-cert", "-----BEGIN CERTIFICATE-----");
    let post = post.header("x-forwarded-client-cert", "Hash=x").header("x-forwarded-user", &service.id);
    let post = post.form(&[("grant_type", "client_credentials"), ("client_id", "service")]);
    let answer = app.unchanged(async { Answer::of(post.send().await.unwrap()).await }).await;
    answer.is_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_13_an_assertion_for_one_tenant_is_nothing_at_another() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let keyed = keyed_client(&harbor).await;
    let shared = keyed.key().public_set();
    let settings = |settings: &mut hospes_idp::admin::clients::ClientSettings| {
        acts_for_itself(settings);
        settings.display_name = "Keyed".to_owned();
        settings.auth_method = ClientAuthMethod::PrivateKeyJwt;
        settings.jwks = Some(shared.clone());
    };
    let mut same = hospes_idp::admin::clients::ClientSettings::default();
    settings(&mut same);
    fjord.desk().await.admin().create_client(Some("keyed"), same).await.unwrap();
    let request = keyed.client_credentials();
    let post = app.http.post(fjord.url("/token")).body(request.form.encoded());
    let post = post.header("content-type", "application/x-www-form-urlencoded");
    let answer = app.unchanged(async { Answer::of(post.send().await.unwrap()).await }).await;
    answer.is_error(401, "invalid_client");
    request.send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_15_private_and_symmetric_keys_are_not_registered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let key = client_key();
    let mut private = key.public_set();
    private["keys"][0]["d"] = json!("AAAA");
    for jwks in [private, json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}), json!({"keys": []}), json!([])]
    {
        let mut settings = hospes_idp::admin::clients::ClientSettings {
            display_name: "Keyed".to_owned(),
            auth_method: ClientAuthMethod::PrivateKeyJwt,
            jwks: Some(jwks),
            ..Default::default()
        };
        acts_for_itself(&mut settings);
        let desk = harbor.desk().await;
        let refused =
            app.unchanged(async { desk.admin().create_client(Some("keyed"), settings).await }).await;
        assert!(refused.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_16_two_secrets_overlap_for_a_day() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&[]).await;
    let desk = harbor.desk().await;
    let (_, fresh) = desk.admin().rotate_client_secret(&ClientId::new("service"), None).await.unwrap();
    let with_fresh = || {
        let header = basic("service", fresh.reveal());
        service.client_credentials().authorization(Some(&header))
    };
    with_fresh().send().await.tokens();
    app.clock.advance_seconds(24 * 3600 - 30);
    service.client_credentials().send().await.tokens();
    app.clock.advance_seconds(31);
    refused(service.client_credentials()).await;
    with_fresh().send().await.tokens();
    service.update(|settings| settings.status = Status::Disabled).await;
    refused(with_fresh()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_grant_what_an_administrator_gave() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&["User.Invite.All"]).await;
    assert_eq!(service.client_credentials().send().await.tokens().scope, "User.Invite.All");
    for wider in ["Directory.ReadWrite.All", "User.Invite.All openid", "offline_access"] {
        let request = service.client_credentials().set("scope", wider);
        let attempt = app.unchanged(request.send());
        app.audited((TokenDenied, None), attempt).await.is_error(400, "invalid_scope");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_11_guessing_a_secret_bars_the_network_that_guesses_and_nobody_else() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let (service, other) =
        (harbor.client("service").service(&[]).await, harbor.client("other").service(&[]).await);
    let wrong = basic("service", "not the secret");
    let guesses = (0..100).map(|_| service.client_credentials().authorization(Some(&wrong)).send());
    let guesses = join_all(guesses).await;
    assert!(guesses.iter().all(|guess| guess.status == 401), "{guesses:#?}");
    service.client_credentials().send().await.tokens();
    let one_more = app.unchanged(service.client_credentials().authorization(Some(&wrong)).send()).await;
    one_more.is_error(429, "too_many_requests");
    assert_eq!(one_more.header("retry-after"), Some("60"));
    let right = app.unchanged(service.client_credentials().send());
    app.audited((TokenDenied, None), right).await.is_error(429, "too_many_requests");
    other.client_credentials().send().await.tokens();
    let elsewhere = reqwest::Client::builder().local_address("127.0.0.2".parse().ok()).build().unwrap();
    let request = elsewhere.post(format!("{}/token", service.issuer));
    let request = request.header("authorization", basic("service", service.secret()));
    let request = request.form(&[("grant_type", "client_credentials")]);
    Answer::of(request.send().await.unwrap()).await.tokens();
    app.clock.advance_seconds(61);
    service.client_credentials().send().await.tokens();
}
