//! DCR: clients that register themselves and look after their registration.

use crate::support::registration::{Registered, metadata, with};
use crate::support::tenant::TestTenant;
use crate::support::{Stores, TestApp};
use hospes_idp::audit::AuditKind::{ClientCreated, ClientDeleted, ClientUpdated};
use hospes_idp::client::ConsentRule;
use hospes_protocol::ClientId;
use reqwest::Method;
use serde_json::{Value, json};

async fn change(tenant: &TestTenant<'_>, client: &Registered, body: &Value) -> Registered {
    let at = (client.uri.as_str(), Some(client.access_token.as_str()));
    let answer = tenant.manage(Method::PUT, at, Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    Registered::of(tenant.app, &answer)
}

async fn a_whole_life(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    let robot = app.audited((ClientCreated, None), harbor.registered(&leave, &metadata())).await;
    assert_eq!(robot.answer["client_secret_expires_at"], 0);
    assert_eq!(robot.answer["response_types"], json!(["code"]));
    assert_eq!(robot.answer["scope"], "email offline_access openid profile");
    let hanna = harbor.member("hanna@harbor.example").await;
    let client = robot.client(&harbor);
    let browser = app.browser();
    let request = client.authorize();
    let page = browser.sign_in(request.open(&browser).await, &hanna).await;
    assert!(page.has("form[action$='/consent']"), "people are always asked: {}", page.body);
    let page = browser.submit(&page, "/consent", &[("decision", "allow")]).await;
    let tokens = client.redeem(&request.code(&page)).send().await.tokens();
    client.refresh(tokens.refresh_token()).send().await.tokens();

    let read = harbor.manage(Method::GET, (&robot.uri, Some(&robot.access_token)), None).await;
    let mut expected = robot.answer.clone();
    for shown_once in ["client_secret", "client_secret_expires_at"] {
        expected.as_object_mut().unwrap().remove(shown_once);
    }
    assert_eq!((read.status, read.json()), (200, expected));

    let body = with(
        &json!({"client_id": robot.id, "client_name": "Better robot", "tos_uri": "https://robot.example/terms"}),
    );
    let changed = app.audited((ClientUpdated, None), change(&harbor, &robot, &body)).await;
    assert_eq!(changed.answer["client_name"], "Better robot");
    assert_ne!(changed.access_token, robot.access_token, "the token is rotated");
    let old = harbor.manage(Method::GET, (&robot.uri, Some(&robot.access_token)), None).await;
    old.is_error(401, "invalid_token");
    client.client_credentials().send().await.is_error(400, "unauthorized_client");

    let end = harbor.manage(Method::DELETE, (&robot.uri, Some(&changed.access_token)), None);
    assert_eq!(app.audited((ClientDeleted, None), end).await.status, 204);
    let gone = harbor.manage(Method::GET, (&robot.uri, Some(&changed.access_token)), None).await;
    gone.is_error(401, "invalid_token");
    client.refresh(tokens.refresh_token()).send().await.is_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_a_client_registers_signs_people_in_changes_and_goes() {
    a_whole_life(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_a_client_registers_signs_people_in_changes_and_goes_on_real_stores() {
    a_whole_life(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_what_is_registered_is_what_was_sent() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    let key = crate::support::client::client_key();
    let body = json!({
        "redirect_uris": ["https://robot.example/callback", "https://robot.example/other"],
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["authorization_code"],
        "response_types": ["code"], "client_name": "Робот <b>", "client_uri": "https://robot.example/",
        "logo_uri": "https://robot.example/logo.png", "tos_uri": "https://robot.example/terms",
        "policy_uri": "https://robot.example/privacy", "contacts": ["ops@robot.example"], "scope": "email openid",
        "jwks": key.public_set(), "software_id": "robot", "software_version": "1.2", "application_type": "web",
        "subject_type": "public", "id_token_signed_response_alg": "ES256", "require_auth_time": true,
        "initiate_login_uri": "https://robot.example/login",
        "userinfo_signed_response_alg": "ES256", "token_endpoint_auth_signing_alg": "ES256",
        "request_object_signing_alg": "ES256", "dpop_bound_access_tokens": true,
        "post_logout_redirect_uris": ["https://robot.example/bye"], "require_pushed_authorization_requests": true,
    });
    let robot = harbor.registered(&leave, &body).await;
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&robot.answer[name], value, "{name}");
    }
    assert!(robot.answer.get("client_secret").is_none());
    let public = json!({"redirect_uris": ["https://spa.example/"], "token_endpoint_auth_method": "none"});
    let spa = harbor.registered(&leave, &public).await;
    assert!(spa.answer.get("client_secret").is_none());
    assert_eq!(spa.answer["client_name"], "spa.example", "without a name, where codes go says most");
    let body = json!({"client_id": spa.id, "redirect_uris": ["https://spa.example/"]});
    let still = change(&harbor, &spa, &body).await;
    assert_eq!(still.answer["token_endpoint_auth_method"], "none", "a change keeps the method");
    assert!(still.answer.get("client_secret").is_none());
    let robot = harbor.registered(&leave, &metadata()).await;
    let secret = &robot.answer["client_secret"];
    let same = change(&harbor, &robot, &with(&json!({"client_id": robot.id, "client_secret": secret}))).await;
    assert_eq!(&same.answer["client_secret"], secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_10_what_only_administrators_set_stays_as_they_left_it() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    let robot =
        harbor.registered(&leave, &with(&json!({"permissions": ["User.Invite.All"], "trusted": true}))).await;
    let desk = harbor.desk().await;
    let id = ClientId::new(&robot.id);
    let stored = desk.admin().client(&id).await.unwrap();
    assert!(stored.permissions.is_empty() && stored.require_pkce && stored.consent == ConsentRule::Ask);
    let granted = |settings: &mut hospes_idp::admin::clients::ClientSettings| {
        settings.consent = ConsentRule::Preauthorized;
        settings.audience = Some("api".into());
        settings.start_url = Some("https://robot.example/start".into());
        settings.require_pushed_requests = true;
        settings.id_token_algorithm = hospes_protocol::jose::Algorithm::ES256;
        settings.options.security.require_signed_request_object = true;
    };
    robot.client(&harbor).update(granted).await;
    let before = desk.admin().client(&id).await.unwrap();
    let body = with(&json!({
        "client_id": robot.id, "tenant": "beta", "trusted": true, "first_party": true, "status": "enabled",
        "consent": "ask", "permissions": ["User.Invite.All"], "audience": "other", "require_pkce": false,
        "start_url": "https://evil.test/", "require_pushed_authorization_requests": false,
        "require_signed_request_object": false,
    }));
    change(&harbor, &robot, &body).await;
    let after = desk.admin().client(&id).await.unwrap();
    let kept = hospes_idp::client::Client {
        registration: after.registration.clone(),
        version: after.version,
        ..before
    };
    assert_eq!(after, kept, "nothing but the token is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_13_of_fifty_at_once_as_many_pass_as_there_are_clients_left() {
    for stores in [Stores::Embedded, Stores::Real] {
        let app = TestApp::on(stores).await;
        let harbor = app.tenant("harbor").await;
        harbor.open_registration().await;
        let leave = harbor.leave(|new| new.max_clients = 7).await;
        let body = metadata();
        let attempts = (0..50).map(|_| harbor.register(Some(&leave), &body));
        let answers = futures_util::future::join_all(attempts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 7);
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            refused.is_error(403, "access_denied");
        }
        let desk = harbor.desk().await;
        let page = hospes_idp::ports::PageRequest { after: None, size: 9 };
        assert_eq!(desk.admin().clients(page.clone()).await.unwrap().items.len(), 7);
        assert_eq!(desk.admin().registration_tokens(page).await.unwrap().items[0].clients, 7);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_14_a_pending_code_dies_with_the_redirect_uri_it_was_sent_to() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.open_registration().await;
    let leave = harbor.leave(|_| {}).await;
    let both = json!(["https://robot.example/callback", "https://robot.example/new"]);
    let robot = harbor.registered(&leave, &with(&json!({ "redirect_uris": both }))).await;
    let client = robot.client(&harbor);
    client.update(|settings| settings.consent = ConsentRule::Preauthorized).await;
    let code = client.code_for(&app.browser(), &harbor.member("hanna@harbor.example").await).await;
    let body = with(&json!({"client_id": robot.id, "redirect_uris": ["https://robot.example/new"]}));
    change(&harbor, &robot, &body).await;
    client.redeem(&code).send().await.is_error(400, "invalid_grant");
}
