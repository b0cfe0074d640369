//! The way there, and the token request.

use super::server::Reply;
use super::{Bench, VERIFIER, assert_refused, departure};
use hospes_idp::ports::upstream::{Upstream, UpstreamError};
use hospes_protocol::client_auth::ClientAuthMethod;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

fn form(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn the_authorization_request() {
    let bench = Bench::start().await;
    let mut departure = departure();
    let plain = bench.upstream.depart(&bench.home_idp, &departure).await.unwrap();
    let url = Url::parse(&plain).unwrap();
    assert!(plain.starts_with(&format!("{}/authorize?", bench.op.issuer())));
    let expected = [
        ("client_id", "us"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("nonce", "the-nonce"),
        ("redirect_uri", "https://op.test/t/acme/upstream/fjord/callback"),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", "the-state"),
    ];
    let expected: BTreeMap<String, String> =
        expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(form(url.query().unwrap()), expected);

    departure.login_hint = Some("ada+x@fjord.example&prompt=none".to_owned());
    departure.prompt = Some("login");
    departure.max_age = Some(0);
    departure.ui_locales = vec!["de".to_owned(), "en".to_owned()];
    let url = bench.upstream.depart(&bench.home_idp, &departure).await.unwrap();
    let pairs = form(Url::parse(&url).unwrap().query().unwrap());
    assert_eq!(pairs["login_hint"], "ada+x@fjord.example&prompt=none");
    assert_eq!(pairs["prompt"], "login");
    assert_eq!(pairs["max_age"], "0");
    assert_eq!(pairs["ui_locales"], "de en");
    assert_eq!(pairs.len(), expected.len() + 4);
}

#[tokio::test]
async fn scopes_always_hold_openid_and_queries_of_the_endpoint_stay() {
    let mut bench = Bench::start().await;
    bench.home_idp.scopes = Vec::new();
    let endpoint = format!("{}/authorize?tenant=x", bench.op.issuer());
    bench.op.discovery(&json!({"authorization_endpoint": endpoint}));
    let url = bench.upstream.depart(&bench.home_idp, &departure()).await.unwrap();
    let pairs = form(Url::parse(&url).unwrap().query().unwrap());
    assert_eq!((pairs["scope"].as_str(), pairs["tenant"].as_str()), ("openid", "x"));
}

#[tokio::test]
async fn the_token_request_per_client_authentication() {
    let mut bench = Bench::start().await;
    for (method, in_header, in_form) in [
        (ClientAuthMethod::ClientSecretBasic, Some("Basic dXM6cyUyQmNyZXQreA=="), None),
        (ClientAuthMethod::ClientSecretPost, None, Some("s+cret x")),
        (ClientAuthMethod::None, None, None),
    ] {
        bench.home_idp.auth_method = method;
        bench.arrive().await.unwrap();
        let request = bench.op.seen("/token").pop().unwrap();
        assert_eq!(request.method, "POST");
        let header = (request.head.lines()).find_map(|line| line.strip_prefix("authorization: "));
        assert_eq!(header, in_header, "{method:?}");
        let pairs = form(&request.body);
        assert_eq!(pairs.get("client_secret").map(String::as_str), in_form, "{method:?}");
        assert_eq!(pairs.get("client_id").map(String::as_str), in_header.is_none().then_some("us"));
        assert_eq!(pairs["grant_type"], "authorization_code");
        assert_eq!(pairs["code"], "the-code");
        assert_eq!(pairs["code_verifier"], VERIFIER);
        assert_eq!(pairs["redirect_uri"], bench.arrival.redirect_uri);
    }
}

#[tokio::test]
async fn credentials_we_do_not_have() {
    let mut bench = Bench::start().await;
    bench.home_idp.auth_method = ClientAuthMethod::PrivateKeyJwt;
    assert_refused(bench.arrive().await, "private_key_jwt");
    assert_refused(bench.upstream.probe(&bench.home_idp).await, "private_key_jwt");
    bench.home_idp.auth_method = ClientAuthMethod::ClientSecretBasic;
    bench.arrival.client_secret = None;
    assert_refused(bench.arrive().await, "secret is missing");
    assert!(bench.op.seen("/token").is_empty());
}

#[tokio::test]
async fn up_30_token_responses_of_another_kind() {
    let bench = Bench::start().await;
    let response = |name: &str, value: Value| {
        let mut answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c"});
        answer[name] = value;
        Reply::json(answer.to_string())
    };
    for (reply, what) in [
        (response("token_type", json!("mac")), "token_type"),
        (response("token_type", json!("DPoP")), "token_type"),
        (response("token_type", Value::Null), "not a token response"),
        (response("id_token", Value::Null), "id_token is missing"),
        (response("id_token", json!(["a.b.c"])), "not a token response"),
        (response("access_token", Value::Null), "not a token response"),
        (response("id_token", json!("a.b.c")), "malformed"),
        (Reply::json("[]"), "not a token response"),
        (Reply::new(200, "Content-Type: text/html\r\n", "<p>"), "not a token response"),
    ] {
        bench.op.reply("/token", reply);
        assert_refused(bench.arrive().await, what);
    }
}

#[tokio::test]
async fn errors_of_the_token_endpoint_are_named_but_not_repeated() {
    let bench = Bench::start().await;
    let answer = |body: &str| Reply::new(400, "Content-Type: application/json\r\n", body);
    bench.op.reply("/token", answer(r#"{"error":"invalid_grant","error_description":"<script>"}"#));
    let Err(UpstreamError::Refused(reason)) = bench.arrive().await else {
        panic!("not refused");
    };
    assert_eq!(reason, "token endpoint: invalid_grant");
    bench.op.reply("/token", answer(r#"{"error":"<script>"}"#));
    assert_refused(bench.arrive().await, "answered an error");
    bench.op.reply("/token", Reply::new(503, "", "busy"));
    assert!(matches!(bench.arrive().await, Err(UpstreamError::Unreachable(_))));
}

#[tokio::test]
async fn up_29_redirects_are_not_followed() {
    let bench = Bench::start().await;
    let elsewhere = format!("{}/elsewhere", bench.op.issuer());
    for status in [301, 302, 307, 308] {
        bench.op.reply("/token", Reply::new(status, &format!("Location: {elsewhere}\r\n"), ""));
        assert_refused(bench.arrive().await, "token endpoint");
    }
    assert!(bench.op.seen("/elsewhere").is_empty());
}
