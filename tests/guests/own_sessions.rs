//! SES: people see where they are signed in, and end what is theirs and nothing else.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::{Browser, form};
use crate::support::client::TestClient;
use crate::support::ear::Ear;
use crate::support::fake_home::FakeHome;
use crate::support::jwt;
use crate::support::tenant::{Person, TestTenant};
use hospes_idp::audit::AuditKind::SignedOut;
use hospes_idp::options::KeepSignedIn;
use hospes_protocol::encoding::base64url;
use scraper::Selector;
use serde_json::json;

async fn is_alive(client: &TestClient<'_>, browser: &Browser) -> bool {
    client.authorize().set("prompt", "none").get(browser).await.returned().contains_key("code")
}

async fn signed_in(wiki: &TestClient<'_>, person: &Person) -> (Browser, String) {
    let browser = wiki.app.browser();
    let tokens = wiki.redeem(&wiki.code_for(&browser, person).await).send().await.tokens();
    let sid = jwt::claims(tokens.id_token())["sid"].as_str().unwrap().to_owned();
    (browser, sid)
}

fn rows(page: &Answer) -> Vec<String> {
    let row = Selector::parse("tbody tr").unwrap();
    let words = |row: scraper::ElementRef<'_>| row.text().collect::<Vec<_>>().join(" ");
    page.page().select(&row).map(words).collect()
}

async fn list(harbor: &TestTenant<'_>, browser: &Browser) -> Answer {
    let page = browser.open(&harbor.url("/sessions")).await;
    assert_eq!((page.status, page.url.as_str()), (200, harbor.url("/sessions").as_str()), "{page:?}");
    page.is_not_stored();
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_10_a_person_sees_their_sessions_and_ends_them() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|settings| {
        settings.options.logout.backchannel_logout_uri = Some(ear.at("/wiki"));
    });
    let wiki = wiki.public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (here, _) = signed_in(&wiki, &hanna).await;
    let (there, sid) = signed_in(&wiki, &hanna).await;
    let (third, _) = signed_in(&wiki, &hanna).await;
    let page = list(&harbor, &here).await;
    let told = rows(&page);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert_eq!(told.iter().filter(|row| row.contains("This browser")).count(), 1, "{told:#?}");
    assert!(
        told.iter().all(|row| row.contains("App wiki") && row.contains("your account here")),
        "{told:#?}"
    );
    let end = format!("/sessions/{sid}/end");
    let done = app.audited((SignedOut, None), here.submit(&page, &end, &[])).await;
    assert_eq!(rows(&done).len(), 2, "{done:?}");
    assert!(!is_alive(&wiki, &there).await && is_alive(&wiki, &third).await);
    assert_eq!(ear.hears(1).await[0].claims(&app, &harbor.issuer()).await["sid"], sid);
    let done = app.audited((SignedOut, None), here.submit(&done, "/sessions/end-others", &[])).await;
    assert_eq!(rows(&done).len(), 1, "{done:?}");
    assert!(!done.has("form[action$='/end-others']"));
    assert!(!is_alive(&wiki, &third).await && is_alive(&wiki, &here).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_10_nobody_ends_a_session_of_somebody_else() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let (wiki, theirs) = (harbor.client("wiki").public().await, beta.client("wiki").public().await);
    let (hanna, henry) =
        (harbor.member("hanna@harbor.example").await, harbor.member("henry@harbor.example").await);
    let (browser, _) = signed_in(&wiki, &hanna).await;
    let (of_henry, henrys) = signed_in(&wiki, &henry).await;
    let (of_bruno, brunos) = signed_in(&theirs, &beta.member("bruno@beta.example").await).await;
    let page = list(&harbor, &browser).await;
    assert_eq!(rows(&page).len(), 1, "only one's own");
    let (_, token) = form(&page, "/logout", &[]);
    for id in [henrys, brunos, base64url([7; 16]), "x".to_owned(), "..".to_owned()] {
        let url = harbor.url(&format!("/sessions/{id}/end"));
        let answer = app.unchanged(browser.post(&url, &token)).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    assert!(is_alive(&wiki, &of_henry).await && is_alive(&theirs, &of_bruno).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_says_through_which_home_somebody_came() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = harbor.fake_guest(&home, "ada@fjord.example", &json!({})).await;
    let told = rows(&list(&harbor, &browser).await);
    assert!(told.len() == 1 && told[0].contains("Home of fjord.example"), "{told:#?}");
    app.browser().open(&harbor.url("/sessions")).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_and_ends_the_sessions_of_a_person() {
    let (app, ear) = (TestApp::spawn().await, Ear::open().await);
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|settings| {
        settings.options.logout.backchannel_logout_uri = Some(ear.at("/wiki"));
    });
    let wiki = wiki.public().await;
    let service = harbor.client("service").service(&["Directory.ReadWrite.All"]).await;
    let token = service.client_credentials().send().await.tokens().access_token;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (first, sid) = signed_in(&wiki, &hanna).await;
    let (second, _) = signed_in(&wiki, &hanna).await;
    let url = harbor.url(&format!("/api/users/{}/sessions", hanna.id));
    let call = async |method: reqwest::Method, url: &str| {
        let request = app.http.request(method, url).bearer_auth(&token);
        Answer::of(request.send().await.unwrap()).await
    };
    let told = call(reqwest::Method::GET, &url).await.json();
    assert_eq!(told["items"].as_array().unwrap().len(), 2, "{told:#}");
    assert!(
        told["items"].as_array().unwrap().iter().all(|one| one["clients"] == json!(["wiki"])),
        "{told:#}"
    );
    let unknown = format!("{url}/{}", base64url([7; 16]));
    assert_eq!(app.unchanged(call(reqwest::Method::DELETE, &unknown)).await.status, 404);
    let one = format!("{url}/{sid}");
    let answer = app.audited((SignedOut, None), call(reqwest::Method::DELETE, &one)).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert!(!is_alive(&wiki, &first).await && is_alive(&wiki, &second).await);
    assert_eq!(app.audited((SignedOut, None), call(reqwest::Method::DELETE, &url)).await.status, 204);
    assert!(!is_alive(&wiki, &second).await);
    ear.hears(2).await;
    assert_eq!(call(reqwest::Method::GET, &url).await.json(), json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_never_outlives_the_one_at_home() {
    let app = TestApp::spawn().await;
    app.clock.stops();
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    let ends = app.clock.seconds() + 1200;
    let browser = harbor.fake_guest(&home, "ada@fjord.example", &json!({"session_expiry": ends})).await;
    let request = wiki.authorize();
    let tokens = wiki.redeem(&request.code(&request.get(&browser).await)).send().await.tokens();
    assert_eq!(jwt::claims(tokens.id_token())["session_expiry"], ends);
    app.clock.advance_seconds(1100);
    assert!(is_alive(&wiki, &browser).await);
    app.clock.advance_seconds(110);
    assert!(!is_alive(&wiki, &browser).await);
    // It only shortens.
    let later = app.clock.seconds() + 40 * 24 * 3600;
    let other = json!({"sub": "bo", "email": "bo@fjord.example", "session_expiry": later});
    let browser = harbor.fake_guest(&home, "bo@fjord.example", &other).await;
    let request = wiki.authorize();
    let tokens = wiki.redeem(&request.code(&request.get(&browser).await)).send().await.tokens();
    assert!(jwt::claims(tokens.id_token())["session_expiry"].as_i64().unwrap() < later);
    // One that is over is nobody's sign-in.
    let over = json!({"sub": "cy", "email": "cy@fjord.example", "session_expiry": app.clock.seconds()});
    let link = harbor.invite("cy@fjord.example").await;
    app.browser().come_from(&home, &link, &over).await.is_refusal_page(400, "home_idp_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_closed_forgets_unless_the_organization_says_otherwise() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let max = harbor.member("max@harbor.example").await;
    for (rule, ticks, keep) in [
        (KeepSignedIn::Never, true, false),
        (KeepSignedIn::Always, false, true),
        (KeepSignedIn::Ask, false, false),
        (KeepSignedIn::Ask, true, true),
    ] {
        harbor.settings(|settings| (settings.keep_signed_in, settings.session_lifetime) = (rule, 5000)).await;
        let browser = app.browser();
        let page = browser.open(&harbor.url("/home")).await;
        let asks = rule == KeepSignedIn::Ask;
        let ticked = [("email", max.email.as_str()), ("keep", "yes")];
        let page = browser.submit(&page, "/identify", if ticks { &ticked } else { &ticked[..1] }).await;
        assert_eq!(page.has("input[type=checkbox][name=keep]"), asks, "{rule:?}");
        assert_eq!(page.has("input[name=keep][checked]"), asks && ticks, "off unless ticked");
        let wrong = browser.press(&page, "/password", &[("password", "wrong")]).await;
        assert_eq!(wrong.has("input[name=keep][checked]"), asks && ticks, "it stays as it was left");
        let landed = browser.press(&wrong, "/password", &[("password", &max.password)]).await;
        let cookie = landed.header("set-cookie").unwrap();
        assert_eq!(cookie.contains("Max-Age=5000"), keep, "{rule:?} {ticks}: {cookie}");
        assert_eq!(cookie.contains("Max-Age") || cookie.contains("Expires"), keep, "{cookie}");
        app.clock.advance_seconds(3601);
        let still = browser.get(&harbor.url("/home")).await.status == 200;
        assert_eq!(still, !asks || ticks, "{rule:?}: shorter without use where the box was left alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_that_was_not_kept_closes_the_browser_for_all() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.settings(|settings| settings.keep_signed_in = KeepSignedIn::Ask).await;
    let browser = app.browser();
    let mut cookies = Vec::new();
    for (email, keep) in [("max@harbor.example", true), ("mia@harbor.example", false)] {
        let person = harbor.member(email).await;
        let own = browser.open(&harbor.url("/home")).await;
        let page = if own.has("form[action$='/accounts']") {
            let page = browser.submit(&own, "/accounts", &[]).await;
            browser.submit(&page, "/restart", &[]).await
        } else {
            own
        };
        let page = browser.submit(&page, "/identify", &[("email", email)]).await;
        let fields = [("password", person.password.as_str()), ("keep", "yes")];
        let landed = browser.press(&page, "/password", if keep { &fields } else { &fields[..1] }).await;
        cookies.push(landed.header("set-cookie").unwrap().contains("Max-Age"));
    }
    assert_eq!(cookies, [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_limit_how_old_a_sign_in_serves_it() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let strict = harbor.client("strict").with(|settings| settings.options.sessions.max_age = Some(600));
    let (strict, wiki) = (strict.public().await, harbor.client("wiki").public().await);
    let browser = harbor.fake_guest(&home, "ada@fjord.example", &json!({})).await;
    assert!(is_alive(&strict, &browser).await);
    app.clock.advance_seconds(601);
    assert!(is_alive(&wiki, &browser).await && !is_alive(&strict, &browser).await);
    let page = strict.authorize().set("max_age", "9999").set("login_hint", "ada@fjord.example");
    let page = page.open(&browser).await;
    let left = if page.location().is_some() {
        page
    } else {
        browser.press(&page, "/identify", &[("email", "ada@fjord.example")]).await
    };
    let departure = crate::support::fake_home::Departure::of(&left);
    assert_eq!(departure.query["max_age"], "600", "asked of home too");
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_10_everywhere_else_is_also_where_a_session_idled_out() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (old, request) = (app.browser(), wiki.authorize().set("scope", "openid"));
    let page = request.open(&old).await;
    let code = request.code(&old.sign_in(page, &hanna).await);
    let tokens = wiki.redeem(&code).send().await.tokens();
    app.clock.advance_seconds(8 * 3600 + 1);
    let tokens = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    let (here, _) = signed_in(&wiki, &hanna).await;
    signed_in(&wiki, &hanna).await;
    let page = list(&harbor, &here).await;
    here.submit(&page, "/sessions/end-others", &[]).await;
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
    assert!(is_alive(&wiki, &here).await);
}
