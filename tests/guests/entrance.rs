//! OIDC Core §4 and Initiating User Registration: how we lead people into applications, and applications to us.

use crate::support::TestApp;
use crate::support::tenant::TestTenant;
use hospes_idp::invitation::invite::InviteRequest;
use hospes_idp::invitation::record::Inviter;
use std::collections::BTreeMap;
use url::Url;

const START: &str = "https://wiki.example/start";

async fn invited_to(harbor: &TestTenant<'_>, email: &str, redirect_url: &str) -> String {
    let desk = harbor.desk().await;
    let request = InviteRequest {
        email: email.to_owned(),
        redirect_url: redirect_url.to_owned(),
        display_name: None,
        send_mail: false,
        message: None,
        language: None,
        cc: None,
        sponsors: Vec::new(),
    };
    let made = desk.idp.invite(&desk.ctx, &desk.tenant, Inviter::Operator, request).await.unwrap();
    made.redeem_url.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dcr_15_an_invitation_ends_where_the_application_starts_sign_ins() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").with(|client| {
        client.start_url = Some(START.into());
        client.options.registration.initiate_login_uri =
            Some("https://wiki.example/login?from=harbor".into());
    });
    let wiki = wiki.public().await;
    let ada = fjord.member("ada@fjord.example").await;
    let link = invited_to(&harbor, &ada.email, START).await;
    let browser = app.browser();
    let page = browser.submit(&browser.open(&link).await, "/redeem", &[]).await;
    let page = browser.sign_in(page, &ada).await;
    let landed = browser.submit(&page, "/permissions", &[("decision", "accept")]).await;
    let there = Url::parse(landed.location().unwrap_or_else(|| panic!("{landed:?}"))).unwrap();
    assert!(there.as_str().starts_with("https://wiki.example/login?"), "{there}");
    let told: BTreeMap<String, String> = there.query_pairs().into_owned().collect();
    let issuer = harbor.issuer();
    let expected = [("from", "harbor"), ("iss", issuer.as_str()), ("target_link_uri", START)];
    let expected: BTreeMap<_, _> =
        expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(told, expected, "nothing that proves anything");
    let home = browser.open(&harbor.url("/home")).await;
    assert!(home.has("a[href^='https://wiki.example/login?from=harbor&iss=']"), "{}", home.body);
    wiki.update(|settings| settings.options.registration.initiate_login_uri = None).await;
    let home = browser.open(&harbor.url("/home")).await;
    assert!(home.has("a[href='https://wiki.example/start']"), "{}", home.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_25_asking_for_an_account_leads_to_the_sign_in_page_and_to_no_account() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    wiki.code_for(&browser, &hanna).await;
    let people = harbor.people().await.len();
    let request = wiki.authorize().set("prompt", "create");
    let page = request.open(&browser).await;
    page.asks_who();
    let answer = request.code(&browser.sign_in(page, &hanna).await);
    assert!(!answer.value.is_empty(), "who has an account signs in with it");
    assert_eq!(harbor.people().await.len(), people);
    let silent = wiki.authorize().set("prompt", "create none");
    silent.open(&app.browser()).await.is_returned("invalid_request", &silent);
}
