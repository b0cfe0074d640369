//! SES, AZ, LO: screens shown for one of several accounts, and the way from them to the others.

use super::accounts::{add, choose, hanna_and_henry, is_of, offered, press, sid, tokens};
use crate::support::TestApp;
use crate::support::device::{self, Device};
use crate::support::query::Query;
use hospes_idp::audit::AuditKind::SignedOut;
use hospes_idp::client::ConsentRule;

#[tokio::test(flavor = "multi_thread")]
async fn az_34_a_device_is_answered_by_the_account_its_page_was_shown_for() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (wiki, tv) = (harbor.client("wiki").public().await, device::tv(&harbor, "tv").public().await);
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    add(&wiki, &browser, &hanna).await;
    let (first, second) = (Device::of(&tv).await, Device::of(&tv).await);
    let first_page = device::asked(&browser, &harbor, (&first.user_code, &hanna)).await;
    let second_page = device::asked(&browser, &harbor, (&second.user_code, &hanna)).await;
    assert!(first_page.shows("hanna@") && second_page.shows("hanna@"));
    // Another tab switches to another account.
    add(&wiki, &browser, &henry).await;
    assert!(browser.open(&first_page.url).await.shows("hanna@"));
    device::approve(&browser, &first_page).await;
    assert!(is_of(&first.polls().send().await.tokens(), &hanna));
    // Another tab signs her out: then the page is nobody's, and the device waits.
    let request = wiki.authorize().set("login_hint", &hanna.email);
    let hannas = tokens(&request, &request.get(&browser).await).await;
    browser.get(&harbor.url(&format!("/logout?id_token_hint={}", hannas.id_token()))).await;
    let late = app.unchanged(device::answer(&browser, &second_page, "allow")).await;
    assert!(late.status >= 400 && !late.shows("henry@"), "{late:?}");
    browser.open(&second_page.url).await.asks_who();
    second.waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_not_you_leads_to_the_other_accounts() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (wiki, tv) = (harbor.client("wiki").public().await, device::tv(&harbor, "tv").public().await);
    let asks = harbor.client("asks").with(|settings| settings.consent = ConsentRule::Ask).public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    add(&wiki, &browser, &hanna).await;
    let device = Device::of(&tv).await;
    let page = device::asked(&browser, &harbor, (&device.user_code, &hanna)).await;
    browser.submit(&page, "/restart", &[]).await.asks_who();
    add(&wiki, &browser, &henry).await;
    let page = device::enter(&browser, &harbor, &device.user_code).await;
    let page = choose(&browser, &page, &hanna.email).await;
    assert!(page.shows("hanna@"), "{}", page.body);
    let page = browser.submit(&page, "/restart", &[]).await;
    assert_eq!(offered(&page).len(), 2);
    let page = choose(&browser, &page, &henry.email).await;
    device::approve(&browser, &page).await;
    assert!(is_of(&device.polls().send().await.tokens(), &henry));
    let request = asks.authorize().set("login_hint", &hanna.email);
    let page = request.open(&browser).await;
    assert!(page.shows("hanna@"), "{}", page.body);
    let page = browser.submit(&page, "/restart", &[]).await;
    browser.submit(&page, "/restart", &[]).await.asks_who();
    let page = choose(&browser, &page, &henry.email).await;
    // The other tab has left all accounts aside meanwhile.
    assert!(page.status >= 400, "{page:?}");
    let page = request.open(&browser).await;
    let page = browser.submit(&page, "/restart", &[]).await;
    let page = choose(&browser, &page, &henry.email).await;
    let allowed = browser.submit(&page, "/consent", &[("decision", "allow")]).await;
    assert!(is_of(&tokens(&request, &allowed).await, &henry));
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_04_the_screen_that_asks_tells_clients_who_signed_out() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|settings| {
        settings.options.logout.frontchannel_logout_uri = Some("https://wiki.example/out".to_owned());
    });
    let wiki = wiki.public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    let (hannas, henrys) = (add(&wiki, &browser, &hanna).await, add(&wiki, &browser, &henry).await);
    let request = wiki.authorize();
    let mut page = request.open(&browser).await;
    assert!(!page.has("iframe") && !page.header("content-security-policy").unwrap().contains("frame-src"));
    for (person, theirs, left) in [(&hanna, &hannas, 1), (&henry, &henrys, 0)] {
        page = app.audited((SignedOut, None), press(&browser, &page, "/sign-out", &person.email)).await;
        assert_eq!(offered(&page).len(), left);
        let named = Query::new(&[("iss", &harbor.issuer()), ("sid", &sid(theirs))]).encoded();
        assert!(
            page.has(&format!("iframe[hidden][src='https://wiki.example/out?{named}']")),
            "{}",
            page.body
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.ends_with("; frame-src https://wiki.example/out"), "{policy}");
    }
    page.asks_who();
    assert!(browser.cookie("hs_").is_none());
    assert!(is_of(&tokens(&request, &browser.sign_in(page, &hanna).await).await, &hanna));
}
