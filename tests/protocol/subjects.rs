//! What a person is called at a client (OIDC Core §8).

use crate::support::client::TestClient;
use crate::support::fake_home::FakeHome;
use crate::support::jwt;
use crate::support::tenant::TestTenant;
use crate::support::{Stores, TestApp};
use hospes_idp::admin::AdminError;
use hospes_idp::admin::clients::ClientSettings;
use hospes_protocol::names::SubjectType;
use serde_json::{Value, json};

fn pairwise(settings: &mut ClientSettings) {
    settings.options.claims.subject_type = SubjectType::Pairwise;
}

async fn told(client: &TestClient<'_>, token: &str) -> Value {
    client.request(&[("token", token)]).send_to("/introspect").await.json()
}

/// Everything a client can learn says this subject and never the identifier; returns the subject.
async fn speaks_of_one(client: &TestClient<'_>, tokens: &crate::support::tokens::Tokens, id: &str) -> String {
    let (token, access) = (jwt::claims(tokens.id_token()), jwt::claims(&tokens.access_token));
    let userinfo = client.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.status, 200, "{userinfo:?}");
    let active = told(client, &tokens.access_token).await;
    let refresh = told(client, tokens.refresh_token()).await;
    let said = [token, access, userinfo.json(), active, refresh];
    for claims in &said {
        assert_eq!(claims["sub"], said[0]["sub"], "{claims:#}");
        assert!(!claims.to_string().contains(id), "{claims:#}");
        assert_eq!(claims["oid"], Value::Null);
    }
    assert_eq!((&said[3]["active"], &said[3]["sealed"]), (&json!(true), &Value::Null), "{:#}", said[3]);
    said[0]["sub"].as_str().unwrap().to_owned()
}

async fn one_subject_everywhere(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(pairwise).confidential().await;
    let shop = harbor.client("shop").with(pairwise).confidential().await;
    let wiki_uris = vec!["https://wiki.example/other".to_owned()];
    let sister = harbor.client("sister").with(pairwise).with(|settings| settings.redirect_uris = wiki_uris);
    let sister = sister.confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let id = hanna.id.to_string();
    let first = wiki.tokens_for(&hanna).await;
    let subject = speaks_of_one(&wiki, &first, &id).await;
    let next = wiki.refresh(first.refresh_token()).send().await.tokens();
    assert_eq!(speaks_of_one(&wiki, &next, &id).await, subject, "refreshed");
    let sealed = |token: &str| jwt::claims(token)["sealed"].clone();
    assert_ne!(sealed(&first.access_token), sealed(&next.access_token), "nothing to compare tokens by");
    let again = wiki.tokens_for(&hanna).await;
    assert_eq!(speaks_of_one(&wiki, &again, &id).await, subject, "signed in anew");
    assert_eq!(speaks_of_one(&sister, &sister.tokens_for(&hanna).await, &id).await, subject, "one sector");
    assert_ne!(speaks_of_one(&shop, &shop.tokens_for(&hanna).await, &id).await, subject);
    let henry = harbor.member("henry@harbor.example").await;
    let other = wiki.tokens_for(&henry).await;
    assert_ne!(speaks_of_one(&wiki, &other, &henry.id.to_string()).await, subject);
    // Law 3 finds the person behind the name.
    harbor.disable_person(&hanna).await;
    assert_eq!(told(&wiki, &again.access_token).await, json!({"active": false}));
    app.unchanged(wiki.userinfo(&again.access_token)).await.is_error(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_8_a_pairwise_client_hears_one_subject_everywhere_and_no_identifier() {
    one_subject_everywhere(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_8_a_pairwise_client_hears_one_subject_everywhere_and_no_identifier_on_real_stores() {
    one_subject_everywhere(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_8_hints_and_wishes_speak_the_subject_of_their_client() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(pairwise).public().await;
    let shop = harbor.client("shop").with(pairwise).public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let tokens = wiki.redeem(&wiki.code_for(&browser, &hanna).await).send().await.tokens();
    let elsewhere = shop.redeem(&shop.code_for(&browser, &hanna).await).send().await.tokens();
    let silent = || wiki.authorize().set("prompt", "none");
    let request = silent().set("id_token_hint", tokens.id_token());
    request.code(&request.get(&browser).await);
    let wish = |subject: &Value| json!({"id_token": {"sub": {"value": subject}}}).to_string();
    let subject = jwt::claims(tokens.id_token())["sub"].clone();
    let request = silent().set("claims", &wish(&subject));
    request.code(&request.get(&browser).await);
    // Whoever could ask with another client's name for somebody could tell that both are the same person.
    let foreign = jwt::claims(elsewhere.id_token())["sub"].clone();
    for request in [
        silent().set("id_token_hint", elsewhere.id_token()),
        silent().set("claims", &wish(&foreign)),
        silent().set("claims", &wish(&json!(hanna.id))),
    ] {
        app.unchanged(request.get(&browser)).await.is_returned("login_required", &request);
    }
    let url = format!("/logout?id_token_hint={}", tokens.id_token());
    let gone = browser.get(&harbor.url(&url)).await;
    assert!(gone.body.contains("signed out"), "{}", gone.body);
    let request = silent();
    request.get(&browser).await.is_returned("login_required", &request);
}

async fn refused(harbor: &TestTenant<'_>, settings: ClientSettings) -> String {
    let desk = harbor.desk().await;
    let admin = desk.admin();
    match harbor.app.unchanged(admin.create_client(Some("app"), settings)).await {
        Err(AdminError::Invalid(problems)) => problems.join("\n"),
        other => panic!("{other:?}"),
    }
}

fn registration(uris: &[&str], sector: Option<&str>) -> ClientSettings {
    let mut settings = ClientSettings { display_name: "App".into(), ..ClientSettings::default() };
    settings.redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
    settings.options.claims.sector_identifier_uri = sector.map(str::to_owned);
    pairwise(&mut settings);
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_8_1_a_sector_lists_every_redirect_uri() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let list = FakeHome::start(&app.clock).await;
    let uris = ["https://a.example/cb", "https://b.example/cb"];
    assert!(refused(&harbor, registration(&uris, None)).await.contains("on one host"));
    let whole = list.serves("/whole", json!([uris[1], uris[0], "https://c.example/cb"]));
    let part = list.serves("/part", json!([uris[0]]));
    let odd = list.serves("/odd", json!({"redirect_uris": uris}));
    let huge = list.serves("/huge", json!([uris[0], uris[1], "x".repeat(70_000)]));
    let missing = format!("{}/missing", list.issuer);
    assert!(refused(&harbor, registration(&uris, Some(&part))).await.contains("b.example"));
    for sector in [&odd, &huge, &missing] {
        let problems = refused(&harbor, registration(&uris, Some(sector))).await;
        assert!(problems.starts_with("fetch_failed"), "one sentence whatever it was: {problems}");
    }
    for sector in ["http://sector.example/", "ftp://sector.example/", "not a URL"] {
        let problems = refused(&harbor, registration(&uris, Some(sector))).await;
        assert!(problems.contains("must be an https URL"), "{problems}");
    }
    let desk = harbor.desk().await;
    desk.admin().create_client(Some("app"), registration(&uris, Some(&whole))).await.unwrap();
    assert_eq!(list.asked("/whole"), 1);
    // The document is asked again when there is something new to check.
    let id = hospes_protocol::ClientId::new("app");
    let renamed = ClientSettings { display_name: "Renamed".into(), ..registration(&uris, Some(&whole)) };
    desk.admin().update_client(&id, renamed, None).await.unwrap();
    assert_eq!(list.asked("/whole"), 1);
    let widened = registration(&[uris[0], "https://d.example/cb"], Some(&whole));
    let admin = desk.admin();
    let refusal = app.unchanged(admin.update_client(&id, widened, None)).await;
    assert!(refusal.unwrap_err().to_string().contains("d.example"));
    assert_eq!(list.asked("/whole"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ssrf_01_a_sector_is_not_read_from_the_inside() {
    let app = TestApp::builder().setting("outbound.allow_loopback", "false").spawn().await;
    let harbor = app.tenant("harbor").await;
    let inside = FakeHome::start(&app.clock).await;
    let uri = inside.serves("/sector", json!(["https://a.example/cb"]));
    for sector in [uri.as_str(), "https://169.254.169.254/sector", "https://10.0.0.1/sector"] {
        let problems = refused(&harbor, registration(&["https://a.example/cb"], Some(sector))).await;
        assert!(problems.starts_with("fetch_failed"), "{problems}");
    }
    assert_eq!(inside.asked("/sector"), 0);
}
