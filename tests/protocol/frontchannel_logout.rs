//! LO: the signed-out page loads what clients want to be told by, and nothing else; and it leads on to the home IdP.

use crate::support::TestApp;
use crate::support::fake_home::FakeHome;
use crate::support::jwt;
use crate::support::query::Query;
use crate::support::tenant::TestTenant;
use hospes_idp::admin::clients::ClientSettings;
use scraper::{Html, Selector};
use serde_json::json;

const AFTER: &str = "https://wiki.example/after";

fn framed(settings: &mut ClientSettings, uri: &str) {
    settings.options.logout.frontchannel_logout_uri = Some(uri.to_owned());
}

fn all(page: &Html, selector: &str, attribute: &str) -> Vec<String> {
    let found = Selector::parse(selector).unwrap();
    page.select(&found).map(|element| element.attr(attribute).unwrap().to_owned()).collect()
}

fn log_out(harbor: &TestTenant<'_>, parameters: &[(&str, &str)]) -> String {
    harbor.url(&format!("/logout?{}", Query::new(parameters).encoded()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signed_out_page_loads_the_clients_of_the_session_and_no_others() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|settings| {
        framed(settings, "https://wiki.example/out;x?from=harbor");
        settings.post_logout_redirect_uris = vec![AFTER.to_owned()];
    });
    let wiki = wiki.public().await;
    let shop = harbor.client("shop").with(|settings| {
        framed(settings, "https://shop.example/out");
    });
    let shop = shop.public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for with_target in [false, true] {
        let browser = app.browser();
        let tokens = wiki.redeem(&wiki.code_for(&browser, &hanna).await).send().await.tokens();
        if with_target {
            shop.code_for(&browser, &hanna).await;
        }
        let mut parameters = vec![("id_token_hint", tokens.id_token()), ("state", "s")];
        parameters.extend(with_target.then_some(("post_logout_redirect_uri", AFTER)));
        let done = browser.get(&log_out(&harbor, &parameters)).await;
        assert_eq!((done.status, done.location()), (200, None), "{done:?}");
        let sid = jwt::claims(tokens.id_token())["sid"].as_str().unwrap().to_owned();
        let named = Query::new(&[("iss", &harbor.issuer()), ("sid", &sid)]).encoded();
        let mut frames = vec![format!("https://wiki.example/out;x?from=harbor&{named}")];
        let mut sources = "https://wiki.example/out%3Bx".to_owned();
        if with_target {
            frames.insert(0, format!("https://shop.example/out?{named}"));
            sources = format!("https://shop.example/out {sources}");
        }
        assert_eq!(all(&done.page(), "iframe", "src"), frames);
        let policy = done.header("content-security-policy").unwrap();
        assert!(policy.ends_with(&format!("; frame-src {sources}")), "{policy}");
        let onward = format!("{AFTER}?state=s");
        let links = all(&done.page(), "main a", "href");
        assert_eq!(links.contains(&onward), with_target, "{links:?}");
        let refresh = with_target.then(|| format!("3; url={onward}"));
        assert_eq!(done.header("refresh"), refresh.as_deref());
    }
    let other = browser_without_frames(&harbor).await;
    assert!(!other.contains("frame-src"), "{other}");
}

async fn browser_without_frames(harbor: &TestTenant<'_>) -> String {
    let mute = harbor.client("mute").public().await;
    let browser = harbor.app.browser();
    let person = harbor.member("max@harbor.example").await;
    let tokens = mute.redeem(&mute.code_for(&browser, &person).await).send().await.tokens();
    let done = browser.get(&log_out(harbor, &[("id_token_hint", tokens.id_token())])).await;
    assert!(!done.has("iframe"), "{}", done.body);
    done.header("content-security-policy").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_is_only_taken_on_the_host_of_a_redirect_uri() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for uri in ["https://evil.example/out", "https://wiki.example:8443/out", "https://sub.wiki.example/out"] {
        let mut settings = ClientSettings {
            display_name: "Wiki".to_owned(),
            redirect_uris: vec!["https://wiki.example/callback".to_owned()],
            ..ClientSettings::default()
        };
        framed(&mut settings, uri);
        let desk = harbor.desk().await;
        let refused = app.unchanged(desk.admin().create_client(Some("wiki"), settings)).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("frontchannelLogoutUri must be on the host of a redirect URI"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_from_home_may_sign_out_there_too() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let end = format!("{}/end?from=here", home.issuer);
    home.publishes(&json!({"end_session_endpoint": end}));
    let fjord = harbor.trusts(&home, "fjord.example").await;
    let browser = harbor.fake_guest(&home, "ada@fjord.example", &json!({})).await;
    let asked = browser.open(&harbor.url("/logout")).await;
    let done = browser.press(&asked, "/logout", &[]).await;
    assert!(done.shows("Also sign out at"), "{}", done.body);
    let link = all(&done.page(), "main a", "href");
    assert_eq!(link, [format!("/t/harbor/upstream/{fjord}/sign-out")]);
    let left = app.unchanged(browser.get(&link[0])).await;
    let back = harbor.url("/signed-out");
    let query = Query::new(&[("client_id", "hospes"), ("post_logout_redirect_uri", &back)]).encoded();
    assert_eq!((left.status, left.location()), (303, Some(format!("{end}&{query}").as_str())));
    let back = browser.open(&back).await;
    assert!(back.status == 200 && back.shows("You are signed out") && !back.has("main a"), "{}", back.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_without_a_place_to_sign_out_is_left_alone() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for (index, end) in
        [json!(null), json!("javascript:alert(1)"), json!("http://evil.example/end")].iter().enumerate()
    {
        let home = FakeHome::start(&app.clock).await;
        home.publishes(&json!({"end_session_endpoint": end}));
        let id = harbor.trusts(&home, &format!("fjord{index}.example")).await;
        let answer = app.unchanged(app.browser().get(&harbor.url(&format!("/upstream/{id}/sign-out")))).await;
        assert_eq!((answer.status, answer.location()), (303, Some("/t/harbor/signed-out")), "{end}");
    }
}
