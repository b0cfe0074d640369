//! UI-17, TOK-19: which pages of other origins may read what the endpoints answer.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::query::Query;
use crate::support::tenant::TestTenant;
use hospes_idp::tenant::Status;
use hospes_protocol::client_auth::ClientAuthMethod;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

/// Where clients in browsers go by script.
const FOR_CLIENTS: [&str; 4] = ["/token", "/userinfo", "/revoke", "/par"];
/// Where they never do.
const FOR_NOBODY: [&str; 5] = ["/authorize", "/introspect", "/logout", "/home", "/api/clients"];
const PUBLIC: [&str; 2] = ["/.well-known/openid-configuration", "/jwks"];

async fn preflight(tenant: &TestTenant<'_>, path: &str, origin: &str) -> Answer {
    let request = tenant.app.http.request(Method::OPTIONS, tenant.url(path)).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    let request = request.header("access-control-request-headers", "authorization, content-type, dpop");
    Answer::of(request.send().await.unwrap()).await
}

async fn post(tenant: &TestTenant<'_>, path: &str, origin: &str) -> Answer {
    let form = Query::new(&[("grant_type", "refresh_token"), ("client_id", "wiki")]);
    let request = tenant.app.http.post(tenant.url(path)).header("origin", origin);
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    Answer::of(request.body(form.encoded()).send().await.unwrap()).await
}

fn cors(answer: &Answer) -> Vec<&str> {
    answer
        .headers
        .keys()
        .map(reqwest::header::HeaderName::as_str)
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

async fn may_read(tenant: &TestTenant<'_>, origin: &str) {
    for path in FOR_CLIENTS {
        let asked = preflight(tenant, path, origin).await;
        assert_eq!(
            (asked.status, asked.header("access-control-allow-origin")),
            (204, Some(origin)),
            "{path}"
        );
        assert!(asked.header("access-control-allow-headers").unwrap().contains("dpop"), "{path}");
        let answer = post(tenant, path, origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{path}: {answer:?}");
        assert_eq!(answer.header("vary"), Some("origin"), "{path}: {answer:?}");
        assert!(answer.header("access-control-expose-headers").unwrap().contains("www-authenticate"));
        for answer in [asked, answer] {
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}: {answer:?}");
        }
    }
    for path in FOR_NOBODY {
        for answer in [preflight(tenant, path, origin).await, post(tenant, path, origin).await] {
            assert_eq!(cors(&answer), [""; 0], "{path}: {answer:?}");
        }
    }
}

async fn may_not_read(tenant: &TestTenant<'_>, origin: &str) {
    for path in FOR_CLIENTS.iter().chain(&FOR_NOBODY) {
        for answer in [preflight(tenant, path, origin).await, post(tenant, path, origin).await] {
            assert_eq!(cors(&answer), [""; 0], "{path} {origin}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_19_ui_17_answers_are_read_by_origins_of_public_clients_only() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let spa = harbor.client("spa").with(|client| {
        client.redirect_uris = vec![
            "https://spa.example:8443/cb".into(),
            "http://127.0.0.1:4200/cb".into(),
            "com.spa.app:/cb".into(),
        ];
        client.options.registration.allowed_origins = vec!["https://elsewhere.example".into()];
    });
    let spa = spa.public().await;
    let server = harbor.client("server").with(|client| {
        client.options.registration.allowed_origins = vec!["https://more.server.example".into()];
    });
    server.confidential().await;
    for origin in ["https://spa.example:8443", "http://127.0.0.1:4200", "https://elsewhere.example"] {
        may_read(&harbor, origin).await;
        may_not_read(&beta, origin).await;
    }
    for origin in [
        "https://evil.test",
        "null",
        "https://spa.example",
        "http://spa.example:8443",
        "https://spa.example:8443.evil.test",
        "http://127.0.0.1:4201",
        "https://server.example",
        "https://more.server.example",
        "com.spa.app:",
        "*",
        "",
    ] {
        may_not_read(&harbor, origin).await;
    }
    spa.update(|settings| settings.status = Status::Disabled).await;
    may_not_read(&harbor, "https://spa.example:8443").await;
    spa.update(|settings| {
        (settings.status, settings.auth_method) = (Status::Enabled, ClientAuthMethod::ClientSecretBasic);
    })
    .await;
    may_not_read(&harbor, "https://spa.example:8443").await;
    spa.update(|settings| settings.auth_method = ClientAuthMethod::None).await;
    may_read(&harbor, "https://spa.example:8443").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_17_what_is_public_is_read_by_everyone_without_credentials() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let oauth = format!("{}/.well-known/oauth-authorization-server/t/harbor", app.base_url);
    for url in PUBLIC.map(|path| harbor.url(path)).into_iter().chain([oauth]) {
        for origin in ["https://anywhere.test", "null"] {
            let get = app.http.get(&url).header("origin", origin);
            let ask = app.http.request(Method::OPTIONS, &url).header("origin", origin);
            let ask = ask.header("access-control-request-method", "GET");
            for (request, status) in [(get, 200), (ask, 204)] {
                let answer = Answer::of(request.send().await.unwrap()).await;
                let allowed = answer.header("access-control-allow-origin");
                assert_eq!((answer.status, allowed), (status, Some("*")), "{url}: {answer:?}");
                assert_eq!(answer.header("access-control-allow-credentials"), None);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_17_an_origin_that_is_none_is_not_registered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let desk = harbor.desk().await;
    for origin in
        ["*", "null", "https://*.test", "https://app.test/", "http://app.test", "https://me@app.test"]
    {
        let mut settings = hospes_idp::admin::clients::ClientSettings {
            display_name: "App".into(),
            redirect_uris: vec!["https://app.test/cb".into()],
            ..Default::default()
        };
        settings.options.registration.allowed_origins = vec![origin.into()];
        let refused = app.unchanged(desk.admin().create_client(Some("app"), settings)).await;
        assert!(refused.unwrap_err().to_string().contains("allowedOrigins"), "{origin}");
    }
}
