//! Single claims asked for with the `claims` parameter (OIDC Core §5.5), and what they never release.

use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::jwt;
use crate::support::tokens::Tokens;
use crate::support::{Stores, TestApp};
use hospes_idp::client::ConsentRule;
use serde_json::{Value, json};

/// What ID token and userinfo say about the person, without what they always say.
async fn said(client: &TestClient<'_>, tokens: &Tokens) -> (Value, Value) {
    let contact = |claims: Value| {
        let names = ["email", "email_verified", "name", "given_name", "family_name", "locale"];
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|name, _| names.contains(&name.as_str()));
        Value::Object(claims)
    };
    let userinfo = client.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.status, 200, "{userinfo:?}");
    (contact(jwt::claims(tokens.id_token())), contact(userinfo.json()))
}

async fn wishes(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    let tokens_with = async |scope: &str, claims: Value| {
        let request = wiki.authorize().set("scope", scope).set("claims", &claims.to_string());
        let code = request.code(&request.open(&browser).await);
        wiki.redeem(&code).send().await.tokens()
    };
    let (email, name) = (json!("hanna@harbor.example"), json!("Name of hanna@harbor.example"));
    let wish = json!({
        "userinfo": {"email": {"essential": true}, "given_name": null, "phone_number": null, "oid": null},
        "id_token": {"name": null, "https://x.example/unknown": {"value": "x"}},
    });
    let first = tokens_with("openid offline_access", wish.clone()).await;
    let second = wiki.refresh(first.refresh_token()).send().await.tokens();
    for tokens in [&first, &second] {
        let (id_token, userinfo) = said(&wiki, tokens).await;
        assert_eq!(id_token, json!({"name": name}));
        assert_eq!(userinfo, json!({"email": email, "email_verified": true}));
        assert_eq!(tokens.scope, "offline_access openid", "a wish is not a scope");
    }
    let flag = tokens_with("openid", json!({"id_token": {"email_verified": null}})).await;
    assert_eq!(said(&wiki, &flag).await, (json!({"email_verified": true}), json!({})));
    // A client that lost the scope lost what the wish released by it.
    wiki.update(|settings| settings.scope = ["openid", "offline_access"].into_iter().collect()).await;
    assert_eq!(said(&wiki, &second).await.1, json!({}));
    let third = wiki.refresh(second.refresh_token()).send().await.tokens();
    assert_eq!(said(&wiki, &third).await, (json!({}), json!({})));
    // And one that never had it gets nothing.
    let tokens = tokens_with("openid", wish).await;
    assert_eq!(said(&wiki, &tokens).await, (json!({}), json!({})));
    assert_eq!(jwt::claims(&tokens.access_token)["sealed"], Value::Null, "nothing is remembered for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_5_5_a_wish_releases_what_registered_scopes_cover_and_no_more() {
    wishes(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_5_5_a_wish_releases_what_registered_scopes_cover_and_no_more_on_real_stores() {
    wishes(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_5_5_a_person_who_is_asked_is_asked_for_wishes_too() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|settings| settings.consent = ConsentRule::Ask).public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let asks = |page: &Answer| page.has("form[action$='/consent']");
    let plain = wiki.authorize().set("scope", "openid");
    let page = browser.sign_in(plain.open(&browser).await, &hanna).await;
    assert!(asks(&page), "{}", page.body);
    plain.code(&browser.submit(&page, "/consent", &[("decision", "allow")]).await);
    let wish = json!({"userinfo": {"email": null}}).to_string();
    let wishing = || wiki.authorize().set("scope", "openid").set("claims", &wish);
    let silent = wishing().set("prompt", "none");
    app.unchanged(silent.get(&browser)).await.is_returned("consent_required", &silent);
    let request = wishing();
    let page = request.open(&browser).await;
    assert!(asks(&page) && page.body.contains("See your e-mail address"), "{}", page.body);
    let code = request.code(&browser.submit(&page, "/consent", &[("decision", "allow")]).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    assert_eq!(said(&wiki, &tokens).await.1["email"], "hanna@harbor.example");
    let again = wishing();
    again.code(&again.get(&browser).await);
}
