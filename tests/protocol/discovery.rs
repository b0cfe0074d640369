//! DSC: what a tenant publishes about itself.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::jwt;
use crate::support::tenant::TestTenant;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_idp::tenant::Status;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

const DISCOVERY: &str = "/.well-known/openid-configuration";

async fn get(app: &TestApp, url: &str, headers: &[(&str, &str)]) -> Answer {
    ask(app, Method::GET, url, headers).await
}

async fn ask(app: &TestApp, method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
    let request = app.http.request(method, url);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answer::of(request.send().await.unwrap()).await
}

async fn discovery(tenant: &TestTenant<'_>) -> Value {
    let answer = get(tenant.app, &tenant.url(DISCOVERY), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_01_an_unknown_tenant_is_like_any_unknown_path() {
    let app = TestApp::spawn().await;
    let unknown = get(&app, &format!("{}/nowhere", app.base_url), &[]).await;
    for path in ["/t/nope/.well-known/openid-configuration", "/t/nope/jwks", "/t/No%20pe/jwks", "/t/"] {
        let answer = app.unchanged(get(&app, &format!("{}{path}", app.base_url), &[])).await;
        assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{path}");
        assert!(!answer.body.contains("nope"));
    }
    let well_known = format!("{}/.well-known/oauth-authorization-server/t/nope", app.base_url);
    assert_eq!(get(&app, &well_known, &[]).await.body, unknown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_02_dsc_03_urls_come_from_the_configured_issuer() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let plain = get(&app, &harbor.url(DISCOVERY), &[]).await;
    let document = plain.json();
    let urls = document.as_object().unwrap().values().filter_map(Value::as_str);
    for url in urls.filter(|value| value.starts_with("http")) {
        assert!(url.starts_with(&harbor.issuer()), "{url}");
    }
    for headers in [
        [("host", "evil.test"), ("accept", "*/*")].as_slice(),
        &[("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http")],
        &[("forwarded", "host=evil.test;proto=http"), ("x-forwarded-for", "203.0.113.9")],
        &[("x-original-url", "/t/other"), ("x-forwarded-prefix", "/evil")],
    ] {
        let answer = get(&app, &harbor.url(DISCOVERY), headers).await;
        assert_eq!((answer.status, &answer.body), (200, &plain.body), "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_04_both_well_known_forms_say_the_same() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let oauth = format!("{}/.well-known/oauth-authorization-server/t/harbor", app.base_url);
    let oauth = get(&app, &oauth, &[]).await.json();
    let openid = discovery(&harbor).await;
    assert_eq!(openid["issuer"], harbor.issuer());
    assert_eq!(oauth, openid);
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_05_the_key_set_is_public_and_says_what_each_key_is_for() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let answer = get(&app, &harbor.url("/jwks"), &[]).await;
    let cache = answer.header("cache-control").unwrap();
    let seconds: u32 = cache.strip_prefix("public, max-age=").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{cache}");
    let set = answer.json();
    let keys = set["keys"].as_array().unwrap();
    let identifiers: BTreeSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(identifiers.len(), keys.len());
    let algorithms: BTreeSet<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert_eq!(algorithms, BTreeSet::from(["ES256", "EdDSA", "RS256"]));
    for key in keys {
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_06_what_is_advertised_works_and_nothing_else() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let document = discovery(&harbor).await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    let values = |name: &str| -> Vec<String> {
        serde_json::from_value(document[name].clone()).unwrap_or_else(|_| panic!("{name}"))
    };
    for (member, parameter, others) in [
        ("scopes_supported", "scope", ["phone", "admin"].as_slice()),
        ("response_types_supported", "response_type", &["token", "id_token", "code id_token", "none"]),
        ("response_modes_supported", "response_mode", &["fragment", "web_message", "fragment.jwt"]),
        ("code_challenge_methods_supported", "code_challenge_method", &["plain", "S512"]),
        ("prompt_values_supported", "prompt", &["register", "foo"]),
    ] {
        for value in values(member) {
            let value = if parameter == "scope" { format!("openid {value}") } else { value };
            let answer = wiki.authorize().set(parameter, &value).open(&browser).await;
            let refused = answer.location().is_some_and(|location| location.contains("error="));
            assert!(answer.status < 400 && !refused, "{parameter}={value}: {answer:?}");
        }
        for value in others {
            let answer = wiki.authorize().set(parameter, value).open(&browser).await;
            assert!(answer.location().unwrap().contains("error="), "{parameter}={value}");
        }
    }
    assert_eq!(values("grant_types_supported").len(), 5, "each has tests of its own: TOK, RT, CA, DEV, TX");
    let algorithms: BTreeSet<String> = values("id_token_signing_alg_values_supported").into_iter().collect();
    let mut signed = BTreeSet::new();
    for algorithm in hospes_protocol::jose::Algorithm::USUAL {
        wiki.update(|settings| settings.id_token_algorithm = algorithm).await;
        let code = wiki.code_for(&browser, &hanna).await;
        let tokens = wiki.redeem(&code).send().await.tokens();
        signed.insert(jwt::header(tokens.id_token())["alg"].as_str().unwrap().to_owned());
    }
    assert_eq!(signed, algorithms);
    assert!(document.get("registration_endpoint").is_none());
}

/// For whoever wants to read what a tenant promises, line by line. After a change that is meant:
/// `INSTA_UPDATE=always cargo nextest run -p hospes-tests metadata_of_a_new_tenant`.
#[tokio::test(flavor = "multi_thread")]
async fn dsc_06_metadata_of_a_new_tenant() {
    let app = TestApp::spawn().await;
    let document = discovery(&app.tenant("harbor").await).await;
    let text = serde_json::to_string_pretty(&document).unwrap();
    insta::assert_snapshot!("metadata_of_a_new_tenant", text.replace(&app.base_url, "https://id.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_07_documents_are_only_read() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for path in [DISCOVERY, "/jwks"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = app.unchanged(ask(&app, method.clone(), &harbor.url(path), &[])).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
        let (got, head) =
            (get(&app, &harbor.url(path), &[]).await, ask(&app, Method::HEAD, &harbor.url(path), &[]).await);
        assert_eq!((head.status, head.body.as_str()), (200, ""), "what Allow promises works");
        assert_eq!(head.header("etag"), got.header("etag"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_09_a_disabled_tenant_publishes_nothing_and_comes_back_with_its_keys() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let keys = get(&app, &harbor.url("/jwks"), &[]).await.body;
    harbor.status(Status::Disabled).await;
    for path in [DISCOVERY, "/jwks", "/authorize", "/home"] {
        assert_eq!(get(&app, &harbor.url(path), &[]).await.status, 404, "{path}");
    }
    harbor.status(Status::Enabled).await;
    assert_eq!(get(&app, &harbor.url("/jwks"), &[]).await.body, keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_10_entity_tags_of_one_tenant_mean_nothing_at_another() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    for path in [DISCOVERY, "/jwks"] {
        let theirs = get(&app, &fjord.url(path), &[]).await;
        let ours = get(&app, &harbor.url(path), &[]).await;
        let (our_tag, their_tag) = (ours.header("etag").unwrap(), theirs.header("etag").unwrap());
        let answer = get(&app, &ours.url, &[("if-none-match", their_tag)]).await;
        assert_eq!((answer.status, &answer.body), (200, &ours.body));
        assert_eq!(get(&app, &ours.url, &[("if-none-match", our_tag)]).await.status, 304);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tx_05_tx_07_tx_08_grants_that_are_not_offered_are_not_known() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let document = discovery(&harbor).await;
    assert!(!document.to_string().contains("backchannel_authentication"), "{document:#}");
    let service = harbor.client("service").service(&[]).await;
    for grant in [
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:openid:params:grant-type:ciba",
    ] {
        let offered = document["grant_types_supported"].as_array().unwrap();
        assert!(!offered.contains(&grant.into()), "{document:#}");
        let request = service.request(&[("grant_type", grant), ("assertion", "a.b.c"), ("auth_req_id", "x")]);
        let refused = app.refuses((TokenDenied, "unsupported_grant_type"), request.send()).await;
        refused.is_error(400, "unsupported_grant_type");
    }
    for path in ["/bc-authorize", "/backchannel_authentication"] {
        assert_eq!(service.request(&[("login_hint", "hanna")]).send_to(path).await.status, 404, "{path}");
    }
}
