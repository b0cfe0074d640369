//! DCR: registrations that are refused, and leave nothing behind.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::fake_home::FakeHome;
use crate::support::registration::{Registered, metadata, with};
use crate::support::tenant::TestTenant;
use hospes_idp::audit::Actor;
use hospes_idp::audit::AuditKind::RegistrationDenied;
use hospes_idp::tenant::Status;
use hospes_protocol::token::GrantType;
use reqwest::Method;
use serde_json::{Value, json};

async fn refused(
    tenant: &TestTenant<'_>,
    token: Option<&str>,
    body: &Value,
    (status, error): (u16, &str),
) -> Answer {
    let attempt = tenant.app.unchanged(tenant.register(token, body));
    let answer = tenant.app.audited((RegistrationDenied, Some(error)), attempt).await;
    assert_eq!(answer.status, status, "{body:#}");
    answer.is_error(status, error);
    answer
}

async fn refused_metadata(tenant: &TestTenant<'_>, token: &str, changes: &[Value], error: &str) {
    for change in changes {
        refused(tenant, Some(token), &with(change), (400, error)).await;
    }
}

/// Harbor with registration open, and leave.
async fn harbor(app: &TestApp) -> (TestTenant<'_>, String) {
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    (harbor, leave)
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_01_dcr_02_nobody_registers_without_this_tenants_leave() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let beta = app.tenant("beta").await;
    beta.open_registration().await;
    let foreign = beta.leave(|_| {}).await;
    let short = harbor.leave(|new| new.lifetime = 60).await;
    let revoked = harbor.leave(|new| new.display_name = "revoked".into()).await;
    let desk = harbor.desk().await;
    let page = hospes_idp::ports::PageRequest { after: None, size: 9 };
    let all = desk.admin().registration_tokens(page).await.unwrap().items;
    let id = all.iter().find(|token| token.display_name == "revoked").unwrap().id;
    desk.admin().revoke_registration_token(id).await.unwrap();
    app.clock.advance(jiff::SignedDuration::from_secs(61));
    for token in [None, Some("nonsense"), Some(foreign.as_str()), Some(&short), Some(&revoked)] {
        let answer = refused(&harbor, token, &metadata(), (401, "invalid_token")).await;
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{answer:?}");
    }
    harbor.registered(&leave, &metadata()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_01_a_tenant_that_takes_no_registrations_has_no_such_address() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let robot = harbor.registered(&leave, &metadata()).await;
    let document = async || {
        let url = harbor.url("/.well-known/openid-configuration");
        Answer::of(app.http.get(url).send().await.unwrap()).await.json()
    };
    assert_eq!(document().await["registration_endpoint"], harbor.url("/register"));
    harbor.settings(|settings| settings.options.registration.enabled = false).await;
    assert_eq!(document().await.get("registration_endpoint"), None);
    let at = (robot.uri.as_str(), Some(robot.access_token.as_str()));
    assert_eq!(app.unchanged(harbor.register(Some(&leave), &metadata())).await.status, 404);
    assert_eq!(app.unchanged(harbor.manage(Method::GET, at, None)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_03_redirect_uris_that_lead_nowhere_safe() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let long = format!("https://robot.example/{}", "a".repeat(2049));
    for uri in [
        "https://robot.example/cb#here",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://robot.example/cb",
        "https://*.example/cb",
        "https://user@robot.example/cb",
        "https://robot.example\\cb",
        "robot:/cb",
        "/cb",
        &long,
    ] {
        let body = json!({"redirect_uris": ["https://robot.example/cb", uri]});
        refused_metadata(&harbor, &leave, &[body], "invalid_redirect_uri").await;
    }
    let local = json!({"application_type": "web", "redirect_uris": ["http://127.0.0.1/cb"]});
    refused_metadata(&harbor, &leave, &[json!({"redirect_uris": []}), local], "invalid_redirect_uri").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_04_dcr_05_keys_and_sectors_that_are_of_no_use() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let key = crate::support::client::client_key();
    let (set, uri) = (key.public_set(), "https://robot.example/keys");
    let secret = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]});
    let mut private = set.clone();
    private["keys"][0]["d"] = json!("AAAA");
    let bodies = [
        json!({"jwks": set, "jwks_uri": uri}),
        json!({ "jwks": secret }),
        json!({ "jwks": private }),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}),
        json!({"jwks_uri": "http://robot.example/keys"}),
        json!({"sector_identifier_uri": "ftp://robot.example/sector.json"}),
        json!({"subject_type": "pairwise", "sector_identifier_uri": "http://127.0.0.1:1/"}),
        json!({"subject_type": "else"}),
    ];
    refused_metadata(&harbor, &leave, &bodies, "invalid_client_metadata").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_05_a_sector_lists_every_redirect_uri() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let list = FakeHome::start(&app.clock).await;
    let uris = ["https://a.example/cb", "https://b.example/cb"];
    let whole = list.serves("/whole", json!(uris));
    let part = list.serves("/part", json!([uris[0]]));
    let odd = list.serves("/odd", json!([uris[0], uris[1], 1]));
    let huge = list.serves("/huge", json!([uris[0], uris[1], "x".repeat(10_000_000)]));
    let missing = format!("{}/missing", list.issuer);
    let body = |sector: &str| json!({"redirect_uris": uris, "subject_type": "pairwise", "sector_identifier_uri": sector});
    let bodies = [&part, &odd, &huge, &missing].map(|sector| body(sector));
    refused_metadata(&harbor, &leave, &bodies, "invalid_client_metadata").await;
    let alone = json!({"redirect_uris": uris, "subject_type": "pairwise"});
    refused_metadata(&harbor, &leave, &[alone], "invalid_client_metadata").await;
    refused(&harbor, None, &with(&body(&whole)), (401, "invalid_token")).await;
    assert_eq!(list.asked("/whole"), 0, "nothing is fetched for whoever has no leave");
    let robot = harbor.registered(&leave, &with(&body(&whole))).await;
    assert_eq!((&robot.answer["subject_type"], list.asked("/whole")), (&json!("pairwise"), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_06_dcr_15_links_are_https() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let mut bodies = Vec::new();
    for name in ["logo_uri", "policy_uri", "tos_uri", "client_uri", "initiate_login_uri"] {
        for uri in [
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "http://robot.example/",
            "http://127.0.0.1/",
            "com.robot:/x",
            "",
        ] {
            bodies.push(json!({ name: uri }));
        }
    }
    refused_metadata(&harbor, &leave, &bodies, "invalid_client_metadata").await;
    let robot =
        harbor.registered(&leave, &with(&json!({"logo_uri": "https://elsewhere.example/logo"}))).await;
    let events = app.audit().await;
    let made = events.iter().find(|event| event.client.as_ref() == Some(&robot.id)).unwrap();
    assert_eq!(made.details["foreignHosts"], json!(["elsewhere.example"]), "an administrator can see it");
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_07_what_nobody_offers_cannot_be_had() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let bodies = [
        json!({"response_types": ["token"]}),
        json!({"response_types": ["code", "id_token"]}),
        json!({"grant_types": ["password"]}),
        json!({"grant_types": ["implicit", "authorization_code"]}),
        json!({"grant_types": []}),
        json!({"grant_types": ["client_credentials"]}),
        json!({"token_endpoint_auth_method": "client_secret_jwt"}),
        json!({"token_endpoint_auth_method": "tls_client_auth"}),
        json!({"id_token_signed_response_alg": "none"}),
        json!({"id_token_signed_response_alg": "HS256"}),
        json!({"token_endpoint_auth_signing_alg": "HS256"}),
        json!({"id_token_encrypted_response_alg": "RSA-OAEP"}),
        json!({"id_token_encrypted_response_alg": "RSA-OAEP-256"}),
        json!({"userinfo_encrypted_response_enc": "A128GCM"}),
        json!({"id_token_signed_response_alg": "PS256"}),
        json!({"request_uris": ["https://robot.example/request"]}),
        json!({"scope": "openid Directory.ReadWrite.All"}),
        json!({"scope": "a\u{7f}b"}),
        json!({"application_type": "toaster"}),
    ];
    refused_metadata(&harbor, &leave, &bodies, "invalid_client_metadata").await;
    for body in [json!([]), json!("x"), json!({"redirect_uris": "https://robot.example/cb"})] {
        refused(&harbor, Some(&leave), &body, (400, "invalid_client_metadata")).await;
    }
    let service = harbor.leave(|new| new.ceiling.grant_types = vec![GrantType::ClientCredentials]).await;
    let body = json!({"grant_types": ["client_credentials"], "client_name": "Service"});
    let robot = harbor.registered(&service, &body).await;
    assert_eq!(robot.answer["response_types"], json!([]));
    let code = json!({"redirect_uris": ["https://robot.example/cb"]});
    refused(&harbor, Some(&service), &code, (400, "invalid_client_metadata")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_08_names_are_short_visible_and_inert() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let bodies = [
        json!({"client_name": "x".repeat(10_000)}),
        json!({"client_name": "Harbor\u{202e}knab"}),
        json!({"client_name": "Har\u{200b}bor"}),
        json!({"client_name": "two\nlines"}),
        json!({"contacts": ["ops\u{202e}@robot.example"]}),
        json!({"software_id": "x".repeat(10_000)}),
    ];
    refused_metadata(&harbor, &leave, &bodies, "invalid_client_metadata").await;
    let name = "<script>alert(1)</script>";
    let robot = harbor.registered(&leave, &with(&json!({ "client_name": name }))).await;
    let page = robot.client(&harbor).authorize().open(&app.browser()).await;
    assert!(page.body.contains("&lt;script&gt;") || page.body.contains("&#60;script&#62;"), "{}", page.body);
    assert!(!page.body.contains(name), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_09_only_the_clients_own_token_opens_its_registration() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let robot = harbor.registered(&leave, &metadata()).await;
    let other = harbor.registered(&leave, &metadata()).await;
    let manual = harbor.client("manual").confidential().await;
    let body = with(&json!({"client_id": robot.id}));
    let at = |client: &Registered| client.uri.clone();
    let nowhere = [harbor.url("/register/manual"), harbor.url("/register/nobody")];
    let token = other.access_token.as_str();
    let attempts = [(at(&robot), Some(token)), (at(&robot), Some(leave.as_str())), (at(&robot), None)];
    let attempts = attempts.into_iter().chain(nowhere.map(|uri| (uri, Some(token))));
    for (uri, token) in attempts {
        for (method, body) in [(Method::GET, None), (Method::PUT, Some(&body)), (Method::DELETE, None)] {
            let attempt = app.unchanged(harbor.manage(method, (uri.as_str(), token), body));
            let answer = app.audited((RegistrationDenied, Some("invalid_token")), attempt).await;
            answer.is_error(401, "invalid_token");
        }
    }
    drop(manual);
    // Whoever knows a path is not the client in it.
    let events = app.audit().await;
    let denied = events.iter().filter(|event| event.kind == RegistrationDenied);
    assert!(denied.clone().count() > 0 && denied.clone().all(|event| event.actor == Actor::Anonymous));
    let bad = with(&json!({"client_id": robot.id, "redirect_uris": ["javascript:alert(1)"]}));
    let own = (robot.uri.as_str(), Some(robot.access_token.as_str()));
    harbor.manage(Method::PUT, own, Some(&bad)).await.is_error(400, "invalid_redirect_uri");
    let events = app.audit().await;
    let mut denied = events.iter().filter(|event| event.kind == RegistrationDenied);
    assert!(denied.any(|event| event.actor == Actor::Client(robot.id.clone())));
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_10_a_change_names_the_client_and_none_of_what_is_the_servers() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let robot = harbor.registered(&leave, &metadata()).await;
    let own = |more: Value| {
        let mut body = with(&json!({"client_id": robot.id}));
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    for body in [
        metadata(),
        own(json!({"client_id": "other"})),
        own(json!({"client_secret": "guessed"})),
        own(json!({"registration_access_token": robot.access_token})),
        own(json!({"registration_client_uri": "https://evil.test/"})),
        own(json!({"client_secret_expires_at": 0})),
        own(json!({"client_id_issued_at": 0})),
    ] {
        let at = (robot.uri.as_str(), Some(robot.access_token.as_str()));
        let attempt = app.unchanged(harbor.manage(Method::PUT, at, Some(&body)));
        let answer = app.audited((RegistrationDenied, Some("invalid_request")), attempt).await;
        answer.is_error(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_11_a_disabled_client_does_not_come_back_by_itself() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let robot = harbor.registered(&leave, &metadata()).await;
    robot.client(&harbor).update(|settings| settings.status = Status::Disabled).await;
    let body = with(&json!({"client_id": robot.id, "status": "enabled"}));
    for (method, body) in [(Method::GET, None), (Method::PUT, Some(&body)), (Method::DELETE, None)] {
        let at = (robot.uri.as_str(), Some(robot.access_token.as_str()));
        app.unchanged(harbor.manage(method, at, body)).await.is_error(401, "invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_12_software_statements_of_strangers_are_not_approved() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    let key = crate::support::client::client_key();
    let signed = key.sign(&key.header(), &json!({"iss": "https://stranger.example", "client_name": "Bank"}));
    refused_metadata(
        &harbor,
        &leave,
        &[json!({ "software_statement": signed })],
        "unapproved_software_statement",
    )
    .await;
    let others =
        [json!({"software_statement": "eyJhbGciOiJub25lIn0.e30."}), json!({"software_statement": "x"})];
    refused_metadata(&harbor, &leave, &others, "invalid_software_statement").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_13_the_hundred_and_first_client_is_refused() {
    let app = TestApp::spawn().await;
    let (harbor, leave) = harbor(&app).await;
    for _ in 0..100 {
        harbor.registered(&leave, &metadata()).await;
    }
    refused(&harbor, Some(&leave), &metadata(), (403, "access_denied")).await;
}
