//! AZ: authorization requests that are refused before anybody is asked, on a page or at the client.

use crate::support::TestApp;
use crate::support::client::{Authorization, TestClient};
use crate::support::query::Query;
use hospes_idp::audit::AuditKind::AuthorizationRejected;
use hospes_idp::audit::{Actor, AuditEvent, AuditKind};
use hospes_idp::client::Client;
use hospes_idp::ports::Change;
use hospes_idp::tenant::Status;
use hospes_protocol::ClientId;
use hospes_protocol::token::GrantType;
use reqwest::Method;

/// Refused on a page: nothing of the request is trusted.
async fn refused_on_a_page(request: &Authorization<'_>, code: &str) {
    let app = request.client.app;
    let answer = app.refuses((AuthorizationRejected, code), request.get(&app.browser())).await;
    answer.is_refusal_page(400, code);
}

/// Refused at the client.
async fn refused_at_the_client(request: &Authorization<'_>, error: &str) {
    let app = request.client.app;
    let answer = app.refuses((AuthorizationRejected, error), request.get(&app.browser())).await;
    answer.is_returned(error, request);
}

#[tokio::test(flavor = "multi_thread")]
async fn az_01_az_02_az_03_without_a_client_of_this_tenant_there_is_no_redirect() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let wiki = harbor.client("wiki").public().await;
    fjord.client("theirs").public().await;
    for unknown in ["nobody", "WIKI", "wiki ", "theirs"] {
        refused_on_a_page(&wiki.authorize().set("client_id", unknown), "invalid_client").await;
    }
    refused_on_a_page(&wiki.authorize().without("client_id"), "invalid_request").await;
    refused_on_a_page(&wiki.authorize().set("client_id", ""), "invalid_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_04_az_05_a_redirect_uri_is_compared_byte_for_byte() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    for variant in [
        "https://wiki.example/callback/",
        "https://wiki.example/Callback",
        "https://wiki.example/callback?",
        "https://wiki.example/callback?a=b",
        "https://wiki.example:443/callback",
        "https://wiki.example:8443/callback",
        "http://wiki.example/callback",
        "https://wiki.example/%63allback",
        "https://wiki.example/c%2eallback",
        "https://WIKI.example/callback",
        "https://wiki.example/./callback",
        "https://wiki.example/callback#",
        "https://wiki.example@evil.test/callback",
        "https://wiki.example\\@evil.test",
        "https://wiki.example/callback/../x",
        "https://wiki.example/callback;/x",
        "//wiki.example/callback",
        "javascript:alert(1)",
    ] {
        refused_on_a_page(&wiki.authorize().set("redirect_uri", variant), "invalid_redirect_uri").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_06_a_loopback_address_may_have_any_port_a_name_may_not() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let native = harbor.client("native").with(|settings| {
        settings.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
    });
    let native = native.public().await;
    native.authorize().set("redirect_uri", "http://127.0.0.1:51004/cb").open(&app.browser()).await.asks_who();
    for other in ["http://localhost:51004/cb", "http://127.0.0.1.evil.test/cb", "http://127.0.0.1:51004/cb/"]
    {
        refused_on_a_page(&native.authorize().set("redirect_uri", other), "invalid_redirect_uri").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_07_with_two_redirect_uris_one_must_be_named() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    wiki.authorize().without("redirect_uri").open(&app.browser()).await.asks_who();
    wiki.update(|settings| settings.redirect_uris.push("https://wiki.example/second".to_owned())).await;
    refused_on_a_page(&wiki.authorize().without("redirect_uri"), "invalid_redirect_uri").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_08_az_09_only_a_code_is_answered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    refused_at_the_client(&wiki.authorize().without("response_type"), "invalid_request").await;
    for other in ["token", "id_token", "code token", "code id_token", "none", "CODE"] {
        let request = wiki.authorize().set("response_type", other);
        refused_at_the_client(&request, "unsupported_response_type").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_10_az_11_az_12_pkce_is_s256_and_well_formed() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let without = wiki.authorize().without("code_challenge").without("code_challenge_method");
    refused_at_the_client(&without, "invalid_request").await;
    refused_at_the_client(&wiki.authorize().set("code_challenge_method", "plain"), "invalid_request").await;
    refused_at_the_client(&wiki.authorize().without("code_challenge_method"), "invalid_request").await;
    let (short, long) = ("a".repeat(42), "a".repeat(129));
    let (padded, spaced) = (format!("{short}="), format!("{} {}", &short[..21], &short[..21]));
    for challenge in ["", &short, &long, &padded, &spaced, &format!("{short}+")] {
        refused_at_the_client(&wiki.authorize().set("code_challenge", challenge), "invalid_request").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_10_an_administrator_may_exempt_a_confidential_client_only() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let exempt = harbor.client("legacy").with(|settings| settings.require_pkce = false);
    let exempt = exempt.confidential().await;
    let request = exempt.authorize().without("code_challenge").without("code_challenge_method");
    request.open(&app.browser()).await.asks_who();
    let desk = harbor.desk().await;
    let settings = hospes_idp::admin::clients::ClientSettings {
        display_name: "Public".to_owned(),
        auth_method: hospes_protocol::client_auth::ClientAuthMethod::None,
        redirect_uris: vec!["https://p.example/cb".to_owned()],
        require_pkce: false,
        ..Default::default()
    };
    assert!(desk.admin().create_client(Some("public"), settings).await.is_err());
    // Nor would a row that says so help: it is written past the administrator here.
    let wiki = harbor.client("wiki").public().await;
    let row = desk.admin().client(&ClientId::new("wiki")).await.unwrap();
    let event = AuditEvent::new(&desk.ctx, desk.tenant.id, AuditKind::ClientUpdated, Actor::Operator);
    let change = Change::UpdateClient(Client { require_pkce: false, ..row });
    app.house().directory.apply(change, event).await.unwrap();
    let request = wiki.authorize().without("code_challenge").without("code_challenge_method");
    refused_at_the_client(&request, "invalid_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn az_13_scopes_beyond_the_registration_are_never_granted() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    refused_at_the_client(&wiki.authorize().set("scope", "profile email"), "invalid_scope").await;
    refused_at_the_client(&wiki.authorize().without("scope"), "invalid_scope").await;
    refused_at_the_client(&wiki.authorize().set("scope", "openid \"x"), "invalid_scope").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let request = wiki.authorize().set("scope", "openid User.Invite.All admin email");
    let browser = app.browser();
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    assert_eq!(wiki.redeem(&code).send().await.tokens().scope, "email openid");
}

#[tokio::test(flavor = "multi_thread")]
async fn az_14_az_15_a_parameter_counts_once() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let twice = |name: &str| {
        let request = wiki.authorize();
        let value = request.query.get(name).unwrap().to_owned();
        request.and(name, &value)
    };
    refused_on_a_page(&twice("client_id"), "invalid_request").await;
    refused_on_a_page(&twice("redirect_uri"), "invalid_redirect_uri").await;
    for name in ["nonce", "scope", "code_challenge", "code_challenge_method", "response_type"] {
        refused_at_the_client(&twice(name), "invalid_request").await;
    }
    // Which of two states is meant is unknown: none is echoed.
    let answer = app.unchanged(twice("state").get(&app.browser())).await;
    answer.is_returned("invalid_request", &twice("state").without("state"));

    let in_query = wiki.authorize();
    let body = Query::new(&[("scope", in_query.query.get("scope").unwrap())]);
    let (url, browser) = (in_query.url(), app.browser());
    let posted = app.unchanged(browser.post_from(&url, &body, ("cross-site", &app.base_url))).await;
    posted.is_returned("invalid_request", &in_query);
}

#[tokio::test(flavor = "multi_thread")]
async fn az_17_az_21_az_23_az_24_az_25_az_30_az_32_parameters_that_are_refused_at_the_client() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
    let (large, long) = (format!("{{\"id_token\":{{\"{}\":null}}}}", "c".repeat(9000)), "n".repeat(8192));
    for (parameter, value, error) in [
        ("prompt", "none login", "invalid_request"),
        ("prompt", "foo", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("max_age", "abc", "invalid_request"),
        ("max_age", "99999999999999999999", "invalid_request"),
        ("claims", "not json", "invalid_request"),
        ("claims", &deep, "invalid_request"),
        ("claims", &large, "invalid_request"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "invalid_request_object"),
        ("request_uri", "https://wiki.example/request", "request_uri_not_supported"),
        ("response_mode", "fragment", "unsupported_response_mode"),
        ("response_mode", "web_message", "unsupported_response_mode"),
        ("nonce", &long, "invalid_request"),
    ] {
        refused_at_the_client(&wiki.authorize().set(parameter, value), error).await;
    }
    // A state too long to be echoed whole is not echoed at all.
    let request = wiki.authorize().set("state", &long);
    let answer = app.unchanged(request.get(&app.browser())).await;
    answer.is_returned("invalid_request", &request.without("state"));
}

#[tokio::test(flavor = "multi_thread")]
async fn az_23_a_huge_body_is_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let body = wiki.authorize().set("claims", &"{".repeat(1 << 20)).query;
    let answer = app.unchanged(app.browser().post(&harbor.url("/authorize"), &body)).await;
    assert_eq!((answer.status, answer.location()), (413, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn az_31_a_disabled_client_and_one_without_the_grant() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    wiki.update(|settings| settings.status = Status::Disabled).await;
    refused_on_a_page(&wiki.authorize(), "client_disabled").await;
    let service = harbor.client("service").with(|settings| {
        settings.grant_types = vec![GrantType::ClientCredentials];
    });
    let service = service.confidential().await;
    refused_at_the_client(&service.authorize(), "unauthorized_client").await;
}

async fn a_hostile_hint_is_harmless(wiki: &TestClient<'_>, hint: &str) {
    let answer = wiki.authorize().set("login_hint", hint).open(&wiki.app.browser()).await;
    answer.asks_who();
    assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    for (name, value) in &answer.headers {
        assert!(!value.to_str().unwrap().contains("x-planted"), "{name}");
        assert_ne!(name, "x-planted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn az_27_az_28_hints_never_fail_and_never_do_harm() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let long = "h".repeat(4096);
    for hint in [long.as_str(), "\"><script>alert(1)</script>", "a@b.example\r\nx-planted: 1"] {
        a_hostile_hint_is_harmless(&wiki, hint).await;
    }
    let many = vec!["de"; 10_000].join(" ");
    wiki.authorize().set("ui_locales", &many).open(&app.browser()).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn az_30_a_form_post_escapes_what_it_carries() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let state = "\"><script>alert(1)</script>";
    let request = wiki.authorize().set("response_mode", "form_post").set("state", state);
    let answer = app.unchanged(request.set("prompt", "none").get(&app.browser())).await;
    assert_eq!((answer.status, answer.location()), (200, None), "{answer:?}");
    assert!(!answer.body.contains("<script>alert"));
    let page = answer.page();
    let field = scraper::Selector::parse(&format!("form[action='{}'] input[name=state]", wiki.redirect_uri));
    let field = page.select(&field.unwrap()).next().unwrap().value().attr("value");
    assert_eq!(field, Some(state));
    assert!(answer.has("input[name=error][value=login_required]") && !answer.has("input[name=code]"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn az_39_asking_for_headers_alone_issues_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    let head = app.http.request(Method::HEAD, wiki.authorize().url());
    let answer = app.unchanged(browser.send(head)).await;
    assert_eq!((answer.status, answer.location(), answer.header("allow")), (405, None, Some("GET, POST")));
}
