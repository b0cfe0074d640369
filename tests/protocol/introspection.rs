//! UI: what is told about tokens, to whom, and how they end.

use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::{Stores, TestApp};
use hospes_idp::audit::AuditKind::{TokenDenied, TokenRevoked};
use hospes_idp::tenant::Status;
use serde_json::{Value, json};

async fn introspect(client: &TestClient<'_>, token: &str) -> Answer {
    let answer = client.app.unchanged(client.request(&[("token", token)]).send_to("/introspect")).await;
    answer.is_not_stored();
    answer
}

async fn told(client: &TestClient<'_>, token: &str) -> Value {
    let answer = introspect(client, token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Exactly that, and nothing else.
async fn is_no_token(client: &TestClient<'_>, token: &str) {
    let answer = introspect(client, token).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"active":false}"#), "{answer:?}");
}

async fn revoke(client: &TestClient<'_>, token: &str) -> Answer {
    client.request(&[("token", token)]).send_to("/revoke").await
}

async fn revoked(client: &TestClient<'_>, token: &str) {
    let answer = client.app.audited((TokenRevoked, None), revoke(client, token)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
}

async fn what_a_token_says(stores: Stores) {
    let app = TestApp::on(stores).await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").with(|client| client.audience = Some("api".into()));
    let wiki = wiki.confidential().await;
    let shop = harbor.client("shop").with(|client| client.audience = Some("api".into()));
    let shop = shop.confidential().await;
    let api = harbor.client("api").service(&[]).await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let tokens = wiki.redeem(&wiki.code_for(&freya.browser, &freya.here).await).send().await.tokens();
    let said = told(&wiki, &tokens.access_token).await;
    let claims = crate::support::jwt::claims(&tokens.access_token);
    for (name, value) in claims.as_object().unwrap() {
        assert_eq!(&said[name], value, "{name} in {said:#}");
    }
    assert_eq!((&said["active"], &said["token_type"]), (&json!(true), &json!("Bearer")), "{said:#}");
    assert_eq!((&said["acct"], &said["idp"]), (&json!(1), &json!(fjord.issuer())), "{said:#}");
    assert_eq!(told(&api, &tokens.access_token).await, said, "the resource is told the same");
    is_no_token(&shop, &tokens.access_token).await;
    let refresh = told(&wiki, tokens.refresh_token()).await;
    assert_eq!((&refresh["active"], &refresh["sub"]), (&json!(true), &said["sub"]), "{refresh:#}");
    let next = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    is_no_token(&wiki, tokens.refresh_token()).await;
    assert_eq!(told(&wiki, next.refresh_token()).await["active"], true);
    harbor.disable_person(&freya.here).await;
    for token in [&tokens.access_token, next.refresh_token()] {
        is_no_token(&wiki, token).await;
        is_no_token(&api, token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_15_introspection_says_what_the_token_says_while_it_is_allowed() {
    what_a_token_says(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_15_introspection_says_what_the_token_says_while_it_is_allowed_on_real_stores() {
    what_a_token_says(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_07_ui_09_only_whom_a_token_concerns_learns_of_it() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let wiki = harbor.client("wiki").confidential().await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    let public = harbor.client("public").public().await;
    let nobody = wiki.request(&[("token", &tokens.access_token)]).authorization(None);
    let wrong = wiki.request(&[("token", &tokens.access_token)]).authorization(Some("Basic d2lraTp4"));
    for request in [nobody, wrong, public.request(&[("token", &tokens.access_token)])] {
        let answer = app.unchanged(request.send_to("/introspect")).await;
        answer.is_error(401, "invalid_client");
    }
    app.unchanged(wiki.request(&[]).send_to("/introspect")).await.is_error(400, "invalid_request");
    let foreign = [harbor.client("other").confidential().await, beta.client("wiki").confidential().await];
    for client in &foreign {
        for token in [&tokens.access_token, tokens.refresh_token(), tokens.id_token()] {
            is_no_token(client, token).await;
        }
    }
    let service = harbor.client("service").service(&["User.Invite.All"]).await;
    let own = service.client_credentials().send().await.tokens().access_token;
    assert_eq!(told(&service, &own).await["scope"], "User.Invite.All");
    is_no_token(&wiki, &own).await;
    service.update(|settings| settings.status = Status::Disabled).await;
    app.unchanged(service.request(&[("token", &own)]).send_to("/introspect"))
        .await
        .is_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_08_ui_10_what_is_no_token_is_not_active_and_hints_are_only_hints() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    for garbage in ["x", "a.b.c", "\u{0}", "..", &"A".repeat(60_000), tokens.id_token(), wiki.secret()] {
        is_no_token(&wiki, garbage).await;
        let answer = app.unchanged(revoke(&wiki, garbage)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
    }
    let huge = app.unchanged(wiki.request(&[("token", &"A".repeat(100_000))]).send_to("/introspect")).await;
    assert_eq!(huge.status, 413, "{huge:?}");
    for hint in ["access_token", "refresh_token", "nonsense"] {
        for token in [&tokens.access_token, tokens.refresh_token()] {
            let form = [("token", token), ("token_type_hint", hint)];
            let answer = wiki.request(&form).send_to("/introspect").await;
            assert_eq!(answer.json()["active"], true, "{hint}");
        }
    }
    let twice = wiki.request(&[("token", "a"), ("token", "b")]).send_to("/introspect");
    app.unchanged(twice).await.is_error(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_11_a_client_ends_only_its_own_tokens() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let other = harbor.client("other").confidential().await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    for token in [&tokens.access_token, tokens.refresh_token()] {
        app.unchanged(revoke(&other, token)).await.is_error(400, "unauthorized_client");
        assert_eq!(told(&wiki, token).await["active"], true);
    }
    let nobody = wiki.request(&[("token", tokens.refresh_token())]).authorization(None);
    let attempt = app.unchanged(nobody.send_to("/revoke"));
    app.audited((TokenDenied, None), attempt).await.is_error(401, "invalid_client");
    wiki.refresh(tokens.refresh_token()).send().await.tokens();
}

async fn revocation(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let first = wiki.tokens_for(&hanna).await;
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    // An access token ends alone; the grant goes on.
    revoked(&wiki, &first.access_token).await;
    wiki.userinfo(&first.access_token).await.is_error(401, "invalid_token");
    assert_eq!(wiki.userinfo(&second.access_token).await.status, 200);
    let third = wiki.refresh(second.refresh_token()).send().await.tokens();
    // A refresh token, also one that was used, ends the grant.
    revoked(&wiki, second.refresh_token()).await;
    for token in [&first.access_token, &second.access_token, &third.access_token] {
        app.unchanged(wiki.userinfo(token)).await.is_error(401, "invalid_token");
    }
    app.unchanged(wiki.refresh(third.refresh_token()).send()).await.is_error(400, "invalid_grant");
    // Again is fine.
    for token in [&first.access_token, &third.access_token] {
        let answer = app.unchanged(revoke(&wiki, token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_12_an_access_token_ends_alone_a_refresh_token_with_its_grant() {
    revocation(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_12_an_access_token_ends_alone_a_refresh_token_with_its_grant_on_real_stores() {
    revocation(Stores::Real).await;
}
