//! UI: what userinfo tells, and to whom.

use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::jwt::{JwtKey, claims, header, unsigned};
use crate::support::tenant::Person;
use crate::support::{Stores, TestApp};
use hospes_idp::tenant::Status;
use hospes_protocol::encoding::base64url;
use hospes_protocol::jose::Algorithm;
use serde_json::json;

/// Without a token at all.
async fn ask(
    wiki: &TestClient<'_>,
    change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
) -> Answer {
    let request = change(wiki.app.http.get(format!("{}/userinfo", wiki.issuer)));
    Answer::of(request.send().await.unwrap()).await
}

/// As [`ask`], with a form.
async fn post(wiki: &TestClient<'_>, form: &[(&str, &str)], bearer: Option<&str>) -> Answer {
    let request = wiki.app.http.post(format!("{}/userinfo", wiki.issuer)).form(form);
    let request = match bearer {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    Answer::of(request.send().await.unwrap()).await
}

fn is_challenge(answer: &Answer, error: Option<&str>) {
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    match error {
        None => assert!(!challenge.contains("error"), "{challenge}"),
        Some(error) => assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}"),
    }
}

async fn refused(wiki: &TestClient<'_>, token: &str) {
    let answer = wiki.app.unchanged(wiki.userinfo(token)).await;
    answer.is_error(401, "invalid_token");
    is_challenge(&answer, Some("invalid_token"));
}

async fn what_the_scope_releases(stores: Stores) {
    let app = TestApp::on(stores).await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").public().await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let about = async |scope: &str| {
        let request = wiki.authorize().set("scope", scope);
        let code = request.code(&request.open(&freya.browser).await);
        let token = wiki.redeem(&code).send().await.tokens().access_token;
        let answer = app.unchanged(wiki.userinfo(&token)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.is_not_stored();
        let by_form = post(&wiki, &[("access_token", &token)], None).await;
        assert_eq!(by_form.body, answer.body, "RFC 6750 §2.2");
        answer.json()
    };
    let id = freya.here.id.to_string();
    let mut expected = json!({
        "sub": id, "oid": id, "tid": harbor.id, "acct": 1, "user_type": "Guest", "idp": fjord.issuer(),
    });
    assert_eq!(about("openid").await, expected);
    expected["email"] = json!("freya@fjord.example");
    expected["email_verified"] = json!(true);
    assert_eq!(about("openid email").await, expected);
    expected["name"] = json!("Name of freya@fjord.example");
    assert_eq!(about("openid email profile").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_releases_what_the_scope_says() {
    what_the_scope_releases(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_releases_what_the_scope_says_on_real_stores() {
    what_the_scope_releases(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_01_ui_02_ui_03_where_the_token_may_stand() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let token = wiki.tokens_for(&hanna).await.access_token;
    let none = app.unchanged(ask(&wiki, |request| request)).await;
    assert_eq!((none.status, none.body.as_str()), (401, ""));
    is_challenge(&none, None);
    let in_query = app.unchanged(ask(&wiki, |request| request.query(&[("access_token", &token)]))).await;
    assert_eq!((in_query.status, in_query.body.as_str()), (401, ""));
    let twice = app.unchanged(post(&wiki, &[("access_token", &token)], Some(&token))).await;
    twice.is_error(400, "invalid_request");
    let repeated = [("access_token", token.as_str()), ("access_token", token.as_str())];
    app.unchanged(post(&wiki, &repeated, None)).await.is_error(400, "invalid_request");
    let basic = app.unchanged(ask(&wiki, |request| request.basic_auth("wiki", Some(&token)))).await;
    assert_eq!(basic.status, 401);
    let lower = ask(&wiki, |request| request.header("authorization", format!("bearer {token}"))).await;
    assert_eq!(lower.status, 200, "the scheme has no case");
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_04_only_a_live_access_token_of_this_tenant() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let (wiki, theirs) = (harbor.client("wiki").public().await, fjord.client("wiki").public().await);
    let hanna = harbor.member("hanna@harbor.example").await;
    let tokens = wiki.tokens_for(&hanna).await;
    let foreign = theirs.tokens_for(&fjord.member("freya@fjord.example").await).await;
    let token = tokens.access_token.as_str();
    // Verified once and remembered: the other tenant's endpoint must not know it either.
    assert_eq!(theirs.userinfo(&foreign.access_token).await.status, 200);
    for other in [foreign.access_token.as_str(), tokens.id_token(), tokens.refresh_token(), "x", "a.b.c"] {
        refused(&wiki, other).await;
    }
    refused(&theirs, token).await;
    for cut in 1..=8 {
        refused(&wiki, &token[..token.len() - cut]).await;
    }
    assert_eq!(wiki.userinfo(token).await.status, 200);
    app.clock.advance_seconds(3601);
    refused(&wiki, token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_04_key_03_forged_headers() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let token = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await.access_token;
    let (genuine, body) = (header(&token), claims(&token));
    let stranger = JwtKey::generate(Algorithm::ES256);
    refused(&wiki, &stranger.sign(&genuine, &body)).await;
    refused(&wiki, &stranger.sign(&json!({"alg": "ES256", "typ": "at+jwt"}), &body)).await;
    let own_key = json!({"alg": "ES256", "typ": "at+jwt", "jwk": stranger.pair.public});
    refused(&wiki, &stranger.sign(&own_key, &body)).await;
    let none = unsigned(&json!({"alg": "none", "typ": "at+jwt"}), &body);
    refused(&wiki, &format!("{none}.")).await;
    for kid in [json!("../../x"), json!("' OR '1'='1"), json!("k".repeat(4096)), json!(["a"]), json!(null)] {
        let mut header = genuine.clone();
        header["kid"] = kid;
        refused(&wiki, &stranger.sign(&header, &body)).await;
    }
    let signature = token.rsplit('.').next().unwrap();
    let mut other = body.clone();
    other["scope"] = json!("openid email profile Directory.ReadWrite.All");
    let moved = format!("{}.{}.{signature}", base64url(genuine.to_string()), base64url(other.to_string()));
    refused(&wiki, &moved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_05_a_token_without_openid_or_person() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let plain = harbor.client("plain").with(|settings| settings.scope = ["email"].into_iter().collect());
    let plain = plain.public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let request = plain.authorize().set("scope", "email");
    let browser = app.browser();
    let page = request.open(&browser).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    let tokens = plain.redeem(&code).send().await.tokens();
    assert!(tokens.id_token.is_none());
    let service = harbor.client("service").service(&["User.Invite.All"]).await;
    let own = service.client_credentials().send().await.tokens();
    assert_eq!((own.id_token, own.refresh_token), (None, None));
    for token in [&tokens.access_token, &own.access_token] {
        let answer = app.unchanged(plain.userinfo(token)).await;
        answer.is_error(403, "insufficient_scope");
        is_challenge(&answer, Some("insufficient_scope"));
    }
}

async fn stops_at_once(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let signed_in = async |email: &str| -> (Person, String) {
        let person = harbor.member(email).await;
        let token = wiki.tokens_for(&person).await.access_token;
        assert_eq!(wiki.userinfo(&token).await.status, 200);
        (person, token)
    };
    let (hanna, hers) = signed_in("hanna@harbor.example").await;
    let (henry, his) = signed_in("henry@harbor.example").await;
    let (_, third) = signed_in("hilda@harbor.example").await;
    harbor.disable_person(&hanna).await;
    refused(&wiki, &hers).await;
    harbor.delete_person(&henry).await;
    refused(&wiki, &his).await;
    wiki.update(|settings| settings.status = Status::Disabled).await;
    refused(&wiki, &third).await;
    wiki.update(|settings| settings.status = Status::Enabled).await;
    assert_eq!(wiki.userinfo(&third).await.status, 200);
    harbor.status(Status::Disabled).await;
    assert_eq!(wiki.userinfo(&third).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_06_whoever_is_switched_off_is_off_at_once() {
    stops_at_once(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_06_whoever_is_switched_off_is_off_at_once_on_real_stores() {
    stops_at_once(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ui_06_a_home_idp_that_is_switched_off_ends_what_came_through_it() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let home_idp = harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").public().await;
    let freya = harbor.guest_of(&fjord, "freya@fjord.example").await;
    let code = wiki.code_for(&freya.browser, &freya.here).await;
    let token = wiki.redeem(&code).send().await.tokens().access_token;
    assert_eq!(wiki.userinfo(&token).await.status, 200);
    harbor.home_idp_status(home_idp, Status::Disabled).await;
    refused(&wiki, &token).await;
}
