//! Requests a client signed (RFC 9101), responses signed for it (JARM), and the profile that asks for both and more.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::{Authorization, TestClient, client_key};
use crate::support::jwt::{JwtKey, claims, header, unsigned};
use crate::support::query::Query;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::{AuthorizationRejected, TokenDenied};
use hospes_idp::options::{AssertionAudience, Profile};
use hospes_protocol::jose::Algorithm;
use serde_json::{Value, json};

/// The request as an object, changed before it is signed.
pub(super) fn object(request: &Authorization<'_>, change: &Value) -> String {
    let now = request.client.app.clock.seconds();
    let mut claims =
        json!({"iss": request.client.id, "aud": request.client.issuer, "nbf": now, "exp": now + 300});
    let members = claims.as_object_mut().unwrap();
    members.extend(request.query.pairs().iter().map(|(name, value)| (name.clone(), json!(value))));
    members.extend(change.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    request.client.key().sign(&request.client.key().header(), &claims)
}

/// The request, by value.
fn by_value<'a>(request: &Authorization<'a>, object: &str) -> Authorization<'a> {
    let query = Query::new(&[("client_id", &request.client.id), ("request", object)]);
    Authorization { query, ..request.clone() }
}

fn push<'c>(client: &'c TestClient<'c>, form: &[(&str, &str)]) -> impl Future<Output = Answer> + 'c {
    client.request(form).send_to("/par")
}

/// Nothing is kept but that the assertion of the client was used.
async fn is_refused(client: &TestClient<'_>, form: &[(&str, &str)], error: &str) {
    let answer = client.app.audited((TokenDenied, None), push(client, form)).await;
    answer.is_error(400, error);
    assert!(!answer.body.contains("request_uri:"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn par_08_par_12_only_what_is_signed_counts() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let wiki = harbor.client("wiki").with_key(client_key()).await;
    let (browser, request) = (app.browser(), wiki.authorize());
    let sent =
        by_value(&request, &object(&request, &json!({}))).and("scope", "openid").and("state", "outside");
    let page = sent.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(claims(tokens.id_token())["nonce"], json!(request.query.get("nonce")));
    assert!(tokens.scope.contains("email"), "{}", tokens.scope);
    // Without a state inside, none is echoed.
    let stateless = object(&request, &json!({"state": null}));
    let answer = by_value(&request, &stateless).and("state", "outside").get(&browser).await;
    assert!(!answer.returned().contains_key("state"), "{answer:?}");
    // Pushed by value.
    let request = wiki.authorize();
    let pushed = push(&wiki, &[("request", &object(&request, &json!({})))]).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let pushed = pushed.json();
    let query =
        Query::new(&[("client_id", "wiki"), ("request_uri", pushed["request_uri"].as_str().unwrap())]);
    let answer = Authorization { query, ..request.clone() }.get(&browser).await;
    wiki.redeem(&request.code(&answer)).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn par_10_par_11_az_24_an_object_is_this_clients_for_this_server_and_fresh() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with_key(client_key()).await;
    let request = wiki.authorize();
    let now = app.clock.seconds();
    let good = json!({"iss": "wiki", "aud": wiki.issuer, "nbf": now, "exp": now + 300, "scope": "openid"});
    let mut refused = vec![
        "x".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.", unsigned(&json!({"alg": "none"}), &good)),
        client_key().sign(&json!({"alg": "ES256"}), &good),
        wiki.assertion(|_, _| ()),
    ];
    // The clock runs on while this runs: the limits to the second are tested where they are decided.
    for change in [
        json!({"iss": "other"}),
        json!({"aud": format!("{}/", wiki.issuer)}),
        json!({"exp": null}),
        json!({"nbf": null}),
        json!({"exp": now - 300, "nbf": now - 600}),
        json!({"nbf": now + 90}),
        json!({"exp": now + 3660}),
        json!({"client_id": "other"}),
        json!({"request_uri": "https://a.example"}),
    ] {
        refused.push(object(&request, &change));
    }
    for object in &refused {
        is_refused(&wiki, &[("request", object)], "invalid_request_object").await;
    }
    // By the browser: at the client, or on a page where only the object could have said where to go.
    let browser = app.browser();
    let bad = by_value(&request, &refused[3]);
    let attempt = app.unchanged(bad.get(&browser));
    let answer = app.audited((AuthorizationRejected, Some("invalid_request_object")), attempt).await;
    answer.is_returned("invalid_request_object", &bad);
    let astray = bad.clone().set("redirect_uri", "https://evil.example/");
    app.unchanged(astray.get(&browser)).await.is_refusal_page(400, "invalid_request_object");
    for change in [json!({"nbf": now + 8}), json!({"aud": [wiki.issuer, "https://other.example"]})] {
        assert_eq!(push(&wiki, &[("request", &object(&request, &change))]).await.status, 201, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_sign_signs() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let must = |settings: &mut ClientSettings| settings.options.security.require_signed_request_object = true;
    let wiki = harbor.client("wiki").with(must).with_key(client_key()).await;
    let request = wiki.authorize();
    app.unchanged(request.get(&app.browser())).await.is_returned("invalid_request", &request);
    let form = [("response_type", "code"), ("redirect_uri", wiki.redirect_uri.as_str()), ("scope", "openid")];
    is_refused(&wiki, &form, "invalid_request").await;
    by_value(&request, &object(&request, &json!({}))).open(&app.browser()).await.asks_who();
    wiki.update(|settings| {
        settings.options.security.request_object_signing_alg = Some(Algorithm::RS256);
    })
    .await;
    let object = object(&request, &json!({}));
    is_refused(&wiki, &[("request", &object)], "invalid_request_object").await;
}

/// The claims of a signed response, after its signature was verified with the published keys.
async fn response(app: &TestApp, client: &TestClient<'_>, token: &str) -> Value {
    let set = app.http.get(format!("{}/jwks", client.issuer)).send().await.unwrap().bytes().await.unwrap();
    let keys = hospes_protocol::jose::VerifyingKeys::parse(&set).unwrap();
    let jwt = hospes_protocol::jose::CompactJwt::parse(token).unwrap();
    json!(keys.verify(&jwt, &Algorithm::VERIFYING).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn jarm_responses_are_signed_for_their_client() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let es256 = |settings: &mut ClientSettings| {
        settings.options.security.authorization_signed_response_alg = Some(Algorithm::ES256);
    };
    let wiki = harbor.client("wiki").with(es256).confidential().await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    for mode in ["jwt", "query.jwt"] {
        let request = wiki.authorize().set("response_mode", mode);
        let answer = request.get(&browser).await;
        let returned = answer.returned();
        assert_eq!(returned.keys().collect::<Vec<_>>(), ["response"], "{answer:?}");
        assert_eq!(header(&returned["response"])["alg"], "ES256");
        let told = response(&app, &wiki, &returned["response"]).await;
        let expected = (json!(wiki.issuer), json!("wiki"), json!(request.query.get("state")));
        assert_eq!((told["iss"].clone(), told["aud"].clone(), told["state"].clone()), expected);
        let left = told["exp"].as_i64().unwrap() - app.clock.seconds();
        assert!((1..=600).contains(&left), "{told}");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", told["code"].as_str().unwrap()),
            ("redirect_uri", &wiki.redirect_uri),
            ("code_verifier", &request.verifier),
        ];
        wiki.request(&form).send().await.tokens();
    }
    let refused =
        wiki.authorize().set("response_mode", "jwt").set("prompt", "none").without("code_challenge");
    let returned = app.unchanged(refused.get(&browser)).await.returned();
    let told = response(&app, &wiki, &returned["response"]).await;
    assert_eq!((&told["error"], &told["aud"]), (&json!("invalid_request"), &json!("wiki")));
    let form = wiki.authorize().set("response_mode", "form_post.jwt").get(&browser).await;
    assert!(form.has("form input[name=response]") && !form.has("form input[name=code]"), "{}", form.body);
    let unknown = wiki.authorize().set("response_mode", "fragment.jwt");
    app.unchanged(unknown.get(&browser)).await.is_returned("unsupported_response_mode", &unknown);
}

fn fapi2(settings: &mut ClientSettings) {
    settings.options.security.profile = Profile::Fapi2;
    settings.id_token_algorithm = Algorithm::ES256;
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_15_ca_05_what_fapi2_forbids_is_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let wiki = harbor.client("wiki").with(fapi2).with_key(client_key()).await;
    let request = wiki.authorize();
    app.unchanged(request.get(&app.browser())).await.is_returned("invalid_request", &request);
    let listed = wiki.assertion(|_, claims| claims["aud"] = json!([wiki.issuer]));
    let form = wiki.client_credentials().set("client_assertion", &listed);
    app.unchanged(form.send_to("/par")).await.is_error(401, "invalid_client");
    // The whole way: pushed, bound to a key, refreshed without rotation.
    let holder = super::dpop::Holder::new(&app);
    let query = request.query.clone().without("client_id");
    let form: Vec<_> = query.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pushed = push(&wiki, &form).await.json();
    let query =
        Query::new(&[("client_id", "wiki"), ("request_uri", pushed["request_uri"].as_str().unwrap())]);
    let browser = app.browser();
    let page = Authorization { query, ..request.clone() }.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let attempt = wiki.redeem(&code).send();
    app.audited((TokenDenied, None), attempt).await.is_error(400, "invalid_dpop_proof");
    let tokens = holder.sends(wiki.redeem(&code)).send().await.tokens();
    assert_eq!(tokens.token_type, "DPoP");
    for seconds in [1, 60, 20 * 24 * 3600] {
        app.clock.advance_seconds(seconds);
        let next = holder.sends(wiki.refresh(tokens.refresh_token())).send().await.tokens();
        assert_eq!(next.refresh_token(), tokens.refresh_token());
    }
    // Nor may the registration say otherwise.
    let desk = harbor.desk().await;
    let settings = |change: fn(&mut ClientSettings)| {
        let mut settings = ClientSettings {
            display_name: "App".into(),
            auth_method: hospes_protocol::client_auth::ClientAuthMethod::PrivateKeyJwt,
            jwks: Some(client_key().public_set()),
            redirect_uris: vec!["https://app.example/callback".into()],
            ..ClientSettings::default()
        };
        fapi2(&mut settings);
        change(&mut settings);
        settings
    };
    let changes: [fn(&mut ClientSettings); 4] = [
        |settings| settings.id_token_algorithm = Algorithm::RS256,
        |settings| settings.require_pkce = false,
        |settings| settings.auth_method = hospes_protocol::client_auth::ClientAuthMethod::ClientSecretBasic,
        |settings| settings.options.security.assertion_audience = AssertionAudience::OidcLegacy,
    ];
    for change in changes {
        let refusal = desk.admin().create_client(None, settings(change)).await.unwrap_err().to_string();
        assert!(refusal.contains("the profile fapi2"), "{refusal}");
    }
    desk.admin().create_client(None, settings(|_| ())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_06_the_token_endpoint_as_audience_is_a_switch_of_the_tenant() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let legacy = |settings: &mut ClientSettings| {
        settings.options.security.assertion_audience = AssertionAudience::OidcLegacy;
    };
    let service = |key: JwtKey| {
        harbor
            .client("service")
            .with(legacy)
            .with(|settings| {
                settings.grant_types = vec![hospes_protocol::token::GrantType::ClientCredentials];
                settings.redirect_uris = Vec::new();
                settings.permissions = ["User.Invite.All"].into_iter().collect();
            })
            .with_key(key)
    };
    let service = service(client_key()).await;
    let token = format!("{}/token", service.issuer);
    let attempt = |audience: &Value| {
        let assertion = service.assertion(|_, claims| claims["aud"] = audience.clone());
        service.client_credentials().set("client_assertion", &assertion).send()
    };
    app.unchanged(attempt(&json!(token))).await.is_error(401, "invalid_client");
    harbor.settings(|settings| settings.options.security.allow_legacy_assertion_audience = true).await;
    attempt(&json!(token)).await.tokens();
    attempt(&json!(service.issuer)).await.tokens();
    for listed in [json!([service.issuer, token]), json!([token]), json!(format!("{token}/"))] {
        app.unchanged(attempt(&listed)).await.is_error(401, "invalid_client");
    }
    harbor.settings(|settings| settings.options.security.allow_legacy_assertion_audience = false).await;
    app.unchanged(attempt(&json!(token))).await.is_error(401, "invalid_client");
}
