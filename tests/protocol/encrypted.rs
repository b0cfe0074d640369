//! What clients get signed, or encrypted for their eyes alone: ID tokens, userinfo, introspection.

use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::jwt::{self, JwtKey};
use crate::support::key_host::KeyHost;
use crate::support::tokens::TokenRequest;
use crate::support::{Stores, TestApp};
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_protocol::jose::{Algorithm, CompactJwt, ContentEncryption, KeyManagement, VerifyingKeys};
use josekit::jwe::{self, JweDecrypter};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Map, Value, json};

/// The keys a client decrypts with.
struct Decrypting {
    rsa: Jwk,
    ec: Jwk,
    public: Value,
}

impl Decrypting {
    fn generate() -> Self {
        let (rsa, ec) = (RsaKeyPair::generate(2048).unwrap(), EcKeyPair::generate(EcCurve::P256).unwrap());
        let public = |jwk: Jwk, kid: &str| {
            let mut members: Map<String, Value> = jwk.into();
            members.extend([("kid".into(), json!(kid)), ("use".into(), json!("enc"))]);
            members
        };
        let public = [public(rsa.to_jwk_public_key(), "rsa"), public(ec.to_jwk_public_key(), "ec")];
        Self { rsa: rsa.to_jwk_private_key(), ec: ec.to_jwk_private_key(), public: json!({"keys": public}) }
    }

    /// What is inside, and the header outside.
    fn open(&self, sealed: &str) -> (String, Value) {
        let header = jwt::header(sealed);
        let opener: Box<dyn JweDecrypter> = match header["alg"].as_str().unwrap() {
            "RSA-OAEP-256" => Box::new(jwe::RSA_OAEP_256.decrypter_from_jwk(&self.rsa).unwrap()),
            "ECDH-ES" => Box::new(jwe::ECDH_ES.decrypter_from_jwk(&self.ec).unwrap()),
            _ => Box::new(jwe::ECDH_ES_A256KW.decrypter_from_jwk(&self.ec).unwrap()),
        };
        let (inside, _) = jwe::deserialize_compact(sealed, opener.as_ref()).unwrap();
        (String::from_utf8(inside).unwrap(), header)
    }
}

/// Verified with the keys of the tenant.
async fn verified(client: &TestClient<'_>, token: &str) -> Value {
    let set = client.app.http.get(format!("{}/jwks", client.issuer)).send().await.unwrap();
    let keys = VerifyingKeys::parse(&set.bytes().await.unwrap()).unwrap();
    keys.verify(&CompactJwt::parse(token).unwrap(), &Algorithm::SIGNING).unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn id_tokens_are_signed_then_encrypted_every_way_that_is_listed() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let keys = Decrypting::generate();
    let public = keys.public.clone();
    let wiki = harbor.client("wiki").with(|settings| settings.jwks = Some(public)).confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let listed = app.http.get(harbor.url("/.well-known/openid-configuration")).send().await.unwrap();
    let listed: Value = listed.json().await.unwrap();
    let mut refresh: Option<String> = None;
    for alg in KeyManagement::ALL {
        for enc in ContentEncryption::ALL {
            wiki.update(|settings| {
                settings.options.tokens.id_token_encrypted_response_alg = Some(alg);
                settings.options.tokens.id_token_encrypted_response_enc = Some(enc);
            })
            .await;
            let tokens = match refresh {
                None => wiki.tokens_for(&hanna).await,
                Some(token) => wiki.refresh(&token).send().await.tokens(),
            };
            let (inside, header) = keys.open(tokens.id_token());
            assert_eq!((&header["enc"], &header["cty"]), (&json!(enc.as_str()), &json!("JWT")), "{header}");
            assert!(
                header.get("zip").is_none()
                    && listed["id_token_encryption_enc_values_supported"].to_string().contains(enc.as_str())
            );
            assert!(listed["id_token_encryption_alg_values_supported"].to_string().contains(alg.as_str()));
            let claims = verified(&wiki, &inside).await;
            assert_eq!((&claims["aud"], &claims["oid"]), (&json!("wiki"), &json!(hanna.id.to_string())));
            assert_eq!(wiki.userinfo(tokens.id_token()).await.status, 401, "no access token");
            refresh = tokens.refresh_token;
        }
    }
    assert_eq!(listed["id_token_encryption_alg_values_supported"].as_array().unwrap().len(), 3);
    let content =
        |settings: &mut ClientSettings| settings.options.tokens.id_token_encrypted_response_enc = None;
    wiki.update(content).await;
    let tokens = wiki.refresh(&refresh.unwrap()).send().await.tokens();
    assert_eq!(keys.open(tokens.id_token()).1["enc"], "A128CBC-HS256", "where nothing is said");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_that_fits_nothing_leaves_unencrypted() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let signing = JwtKey::generate(Algorithm::ES256);
    let wants = |settings: &mut ClientSettings| {
        settings.options.tokens.id_token_encrypted_response_alg = Some(KeyManagement::RsaOaep256);
    };
    let desk = harbor.desk().await;
    let mut settings = ClientSettings {
        display_name: "Wiki".into(),
        redirect_uris: vec!["https://wiki.example/".into()],
        jwks: Some(signing.public_set()),
        ..ClientSettings::default()
    };
    wants(&mut settings);
    let attempt = app.unchanged(async { desk.admin().create_client(None, settings).await });
    assert_eq!(attempt.await.map(drop).unwrap_err().to_string(), "jwks has no key for RSA-OAEP-256");
    // At a URL the key may go missing later.
    let host = KeyHost::start(&[&signing]).await;
    let wiki = harbor.client("wiki").with(wants).with_key_at(signing, &host.url).await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let reason = "no key with the identifier of the header";
    let attempt = app.audited((TokenDenied, Some(reason)), wiki.redeem(&code).send());
    attempt.await.is_error(500, "server_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_15_userinfo_is_plain_signed_encrypted_or_both() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let keys = Decrypting::generate();
    let public = keys.public.clone();
    let wiki = harbor.client("wiki").with(|settings| settings.jwks = Some(public)).confidential().await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    let plain = wiki.userinfo(&tokens.access_token).await;
    assert_eq!(plain.header("content-type"), Some("application/json"));
    let with = |extra: Value| {
        let mut claims = plain.json();
        claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        claims
    };
    let signed_claims = with(json!({"iss": harbor.issuer(), "aud": "wiki"}));
    wiki.update(|settings| settings.options.tokens.userinfo_signed_response_alg = Some(Algorithm::EdDSA))
        .await;
    let signed = wiki.userinfo(&tokens.access_token).await;
    assert_eq!(signed.header("content-type"), Some("application/jwt"));
    assert_eq!(verified(&wiki, &signed.body).await, signed_claims);
    let header = jwt::header(&signed.body);
    assert_eq!(
        (&header["alg"], header.get("typ")),
        (&json!("EdDSA"), None),
        "nobody takes it for an ID token"
    );
    wiki.update(|settings| {
        settings.options.tokens.userinfo_encrypted_response_alg = Some(KeyManagement::EcdhEs);
        settings.options.tokens.userinfo_encrypted_response_enc = Some(ContentEncryption::A256Gcm);
    })
    .await;
    let both = wiki.userinfo(&tokens.access_token).await;
    let (inside, header) = keys.open(&both.body);
    assert_eq!((&header["enc"], &header["cty"]), (&json!("A256GCM"), &json!("JWT")));
    assert_eq!(verified(&wiki, &inside).await, signed_claims);
    wiki.update(|settings| settings.options.tokens.userinfo_signed_response_alg = None).await;
    let encrypted = wiki.userinfo(&tokens.access_token).await;
    assert_eq!(encrypted.header("content-type"), Some("application/jwt"));
    let (inside, header) = keys.open(&encrypted.body);
    assert_eq!((serde_json::from_str::<Value>(&inside).unwrap(), header.get("cty")), (plain.json(), None));
}

async fn ask_signed(request: TokenRequest<'_>, accept: &str) -> Answer {
    let client = request.client;
    let post = client.app.http.post(format!("{}/introspect", client.issuer)).header(ACCEPT, accept);
    let post = match &request.authorization {
        Some(authorization) => post.header(AUTHORIZATION, authorization),
        None => post,
    };
    let post = post.header("content-type", "application/x-www-form-urlencoded").body(request.form.encoded());
    Answer::of(post.send().await.unwrap()).await
}

const SIGNED: &str = "application/token-introspection+jwt";

async fn signed_introspection(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|client| client.audience = Some("api".into())).confidential().await;
    let api = harbor.client("api").service(&[]).await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    let form = [("token", tokens.access_token.as_str())];
    let plain = api.request(&form).send_to("/introspect").await.json();
    for accept in [SIGNED, "application/json;q=0.5, Application/Token-Introspection+JWT;q=1"] {
        let answer = app.unchanged(ask_signed(api.request(&form), accept)).await;
        answer.is_not_stored();
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(SIGNED)), "{answer:?}");
        assert_eq!(jwt::header(&answer.body)["typ"], "token-introspection+jwt");
        assert_eq!(jwt::header(&answer.body)["alg"], "RS256");
        let claims = verified(&api, &answer.body).await;
        let iat = claims["iat"].as_i64().unwrap();
        assert!((app.clock.seconds() - iat).abs() < 10);
        let expected =
            json!({"iss": harbor.issuer(), "aud": "api", "iat": iat, "token_introspection": plain});
        assert_eq!(claims, expected, "and no sub or exp of its own");
        app.unchanged(api.userinfo(&answer.body)).await.is_error(401, "invalid_token");
    }
    for accept in ["*/*", "application/json", "application/*"] {
        let answer = ask_signed(api.request(&form), accept).await;
        assert_eq!((answer.header("content-type"), answer.json()), (Some("application/json"), plain.clone()));
    }
    api.update(|settings| settings.options.tokens.introspection_signed_response_alg = Some(Algorithm::ES256))
        .await;
    let dead = ask_signed(api.request(&[("token", "x")]), SIGNED).await;
    assert_eq!(jwt::header(&dead.body)["alg"], "ES256");
    assert_eq!(verified(&api, &dead.body).await["token_introspection"], json!({"active": false}));
    let public = harbor.client("public").public().await;
    let refused = app.refuses((TokenDenied, "invalid_client"), ask_signed(public.request(&form), SIGNED));
    refused.await.is_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9701_introspection_is_signed_for_whoever_asks_for_it() {
    signed_introspection(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9701_introspection_is_signed_for_whoever_asks_for_it_on_real_stores() {
    signed_introspection(Stores::Real).await;
}
