//! SES, AZ: several accounts side by side in one browser.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::{Browser, form};
use crate::support::client::{Authorization, TestClient};
use crate::support::jwt;
use crate::support::tenant::{Person, TestTenant};
use crate::support::tokens::Tokens;
use hospes_idp::audit::AuditKind::SignedOut;
use hospes_idp::client::ConsentRule;
use reqwest::header::COOKIE;
use scraper::Selector;

/// The addresses on the screen that asks which account, in order.
pub(super) fn offered(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, 200, "{page:?}");
    let address = Selector::parse(".choose bdi[dir=ltr]").unwrap();
    page.page().select(&address).map(|address| address.text().collect()).collect()
}

/// Presses a button of the account with this address.
pub(super) async fn press(browser: &Browser, page: &Answer, action: &str, email: &str) -> Answer {
    let at = offered(page).iter().position(|offered| offered == email).expect("an offered account");
    let handles = Selector::parse(".accounts li form:first-child input[name=account]").unwrap();
    let handle = page.page().select(&handles).nth(at).unwrap().value().attr("value").unwrap().to_owned();
    browser.submit(page, action, &[("account", &handle)]).await
}

pub(super) async fn choose(browser: &Browser, page: &Answer, email: &str) -> Answer {
    press(browser, page, "/account", email).await
}

pub(super) async fn tokens(request: &Authorization<'_>, answer: &Answer) -> Tokens {
    request.client.redeem(&request.code(answer)).send().await.tokens()
}

/// Signs somebody in beside whoever is there.
pub(super) async fn add(wiki: &TestClient<'_>, browser: &Browser, person: &Person) -> Tokens {
    let request = wiki.authorize().set("prompt", "select_account");
    let page = request.open(browser).await;
    let page = if offered(&page).is_empty() { page } else { browser.submit(&page, "/restart", &[]).await };
    tokens(&request, &browser.sign_in(page, person).await).await
}

pub(super) fn sid(tokens: &Tokens) -> String {
    jwt::claims(tokens.id_token())["sid"].as_str().unwrap().to_owned()
}

pub(super) fn is_of(tokens: &Tokens, person: &Person) -> bool {
    jwt::claims(tokens.id_token())["oid"] == person.id.to_string()
}

/// Whether this cookie opens the person's own page.
async fn opens(harbor: &TestTenant<'_>, (name, value): &(String, String)) -> bool {
    let request = harbor.app.http.get(harbor.url("/home")).header(COOKIE, format!("{name}={value}"));
    request.send().await.unwrap().status() == 200
}

pub(super) async fn hanna_and_henry(harbor: &TestTenant<'_>) -> (Person, Person) {
    (harbor.member("hanna@harbor.example").await, harbor.member("henry@harbor.example").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_two_accounts_live_side_by_side_and_the_person_chooses() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    let hannas = add(&wiki, &browser, &hanna).await;
    let page = wiki.authorize().set("prompt", "select_account").open(&browser).await;
    assert_eq!(offered(&page), [hanna.email.as_str()], "also of one account");
    let henrys = add(&wiki, &browser, &henry).await;
    assert!(is_of(&hannas, &hanna) && is_of(&henrys, &henry));
    let request = wiki.authorize();
    let page = request.open(&browser).await;
    assert_eq!(offered(&page), [henry.email.as_str(), &hanna.email], "the one chosen last comes first");
    assert!(!page.body.contains(&sid(&hannas)) && !page.body.contains(&hanna.id.to_string()));
    let chosen = tokens(&request, &choose(&browser, &page, &hanna.email).await).await;
    assert!(is_of(&chosen, &hanna));
    assert_eq!(sid(&chosen), sid(&hannas), "her session went on");
    assert!(browser.open(&harbor.url("/home")).await.shows("hanna@"));
    let own = browser.open(&harbor.url("/home")).await;
    let page = browser.submit(&own, "/accounts", &[]).await;
    let home = choose(&browser, &page, &henry.email).await;
    assert!(home.url == harbor.url("/home") && home.shows("henry@"), "{home:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn az_16_az_26_a_hint_selects_and_without_one_a_silent_request_cannot() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let third = wiki.tokens_for(&harbor.member("ida@harbor.example").await).await;
    let browser = app.browser();
    let (hannas, henrys) = (add(&wiki, &browser, &hanna).await, add(&wiki, &browser, &henry).await);
    let before = browser.cookie("hs_");
    let silent = || wiki.authorize().set("prompt", "none");
    let refused = async |request: &Authorization<'_>, error: &str| {
        app.unchanged(request.get(&browser)).await.is_returned(error, request);
    };
    refused(&silent(), "account_selection_required").await;
    refused(&silent().set("id_token_hint", third.id_token()), "login_required").await;
    refused(&silent().set("login_hint", "ida@harbor.example"), "login_required").await;
    for (person, own) in [(&hanna, &hannas), (&henry, &henrys), (&hanna, &hannas)] {
        for (name, hint) in [("id_token_hint", own.id_token()), ("login_hint", &person.email)] {
            for request in [silent().set(name, hint), wiki.authorize().set(name, hint)] {
                let told = tokens(&request, &request.get(&browser).await).await;
                assert!(is_of(&told, person) && sid(&told) == sid(own), "{name}");
            }
        }
    }
    assert_eq!(browser.cookie("hs_"), before, "no client switches accounts");
    let hinted = wiki.authorize().set("login_hint", "ida@harbor.example").open(&browser).await;
    hinted.asks_password();
    wiki.authorize().set("id_token_hint", third.id_token()).open(&browser).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_01_each_sign_in_step_up_and_switch_renames_every_session() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    let first = add(&wiki, &browser, &hanna).await;
    let mut old = vec![browser.cookie("hs_").unwrap()];
    add(&wiki, &browser, &henry).await;
    old.push(browser.cookie("hs_").unwrap());
    let request = wiki.authorize();
    let page = request.open(&browser).await;
    request.code(&choose(&browser, &page, &hanna.email).await);
    old.push(browser.cookie("hs_").unwrap());
    let request = wiki.authorize().set("prompt", "login").set("login_hint", &hanna.email);
    let page = request.open(&browser).await;
    let again = tokens(&request, &browser.sign_in(page, &hanna).await).await;
    assert_eq!(sid(&again), sid(&first), "the session is the same one all along");
    for (name, values) in &old {
        for value in values.split('.').chain([values.as_str()]) {
            assert!(!opens(&harbor, &(name.clone(), value.to_owned())).await, "an old name is worth nothing");
        }
    }
    let (name, values) = browser.cookie("hs_").unwrap();
    assert_eq!(values.split('.').count(), 2);
    for value in values.split('.') {
        assert!(opens(&harbor, &(name.clone(), value.to_owned())).await);
    }
    assert!(!opens(&harbor, &(name.clone(), format!("{values}."))).await, "ses_04");
}

#[tokio::test(flavor = "multi_thread")]
async fn az_34_a_screen_is_answered_for_the_account_it_was_shown_for() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let asks = harbor.client("asks").with(|settings| settings.consent = ConsentRule::Ask).public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    add(&wiki, &browser, &hanna).await;
    let (first, second) = (asks.authorize(), asks.authorize());
    let (first_page, second_page) = (first.open(&browser).await, second.open(&browser).await);
    assert!(first_page.shows("hanna@"), "{}", first_page.body);
    // Another tab switches to another account.
    add(&wiki, &browser, &henry).await;
    assert!(browser.open(&first_page.url).await.shows("hanna@"));
    let allowed = browser.submit(&first_page, "/consent", &[("decision", "allow")]).await;
    assert!(is_of(&tokens(&first, &allowed).await, &hanna));
    // Another tab signs her out: then the screen is nobody's.
    let hannas = wiki.authorize().set("login_hint", &hanna.email);
    let hint = tokens(&hannas, &hannas.get(&browser).await).await;
    browser.get(&harbor.url(&format!("/logout?id_token_hint={}", hint.id_token()))).await;
    let answer = browser.submit(&second_page, "/consent", &[("decision", "allow")]).await;
    assert!(answer.location().is_none() && !answer.shows("henry@"), "{answer:?}");
    browser.open(&second_page.url).await.asks_who();
}

#[tokio::test(flavor = "multi_thread")]
async fn lo_04_signing_out_ends_the_account_that_is_meant_and_no_other() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let is_alive = async |browser: &Browser, person: &Person| {
        let request = wiki.authorize().set("prompt", "none").set("login_hint", &person.email);
        request.get(browser).await.returned().contains_key("code")
    };
    let both = async || {
        let browser = app.browser();
        (add(&wiki, &browser, &hanna).await, add(&wiki, &browser, &henry).await, browser)
    };
    let (hannas, _, browser) = both().await;
    let url = harbor.url(&format!("/logout?id_token_hint={}", hannas.id_token()));
    let done = app.audited((SignedOut, None), browser.get(&url)).await;
    assert!(done.shows("Another account is still signed in"), "{}", done.body);
    assert!(!is_alive(&browser, &hanna).await && is_alive(&browser, &henry).await);
    browser.submit(&done, "/logout", &[]).await;
    assert!(!is_alive(&browser, &henry).await && browser.cookie("hs_").is_none());
    // The page names one of them; what another tab does meanwhile changes nothing about that.
    let (_, _, browser) = both().await;
    let page = browser.get(&harbor.url("/logout")).await;
    assert!(page.shows("henry@") && page.shows("Sign out of all accounts"), "{}", page.body);
    let button = Selector::parse("button.primary[name=account]").unwrap();
    let henrys = page.page().select(&button).next().unwrap().value().attr("value").unwrap().to_owned();
    let request = wiki.authorize();
    let chooser = request.open(&browser).await;
    request.code(&choose(&browser, &chooser, &hanna.email).await);
    browser.submit(&page, "/logout", &[("account", &henrys)]).await;
    assert!(is_alive(&browser, &hanna).await && !is_alive(&browser, &henry).await);
    // By now nobody is meant.
    let again = app.unchanged(browser.submit(&page, "/logout", &[("account", &henrys)])).await;
    assert!(again.shows("hanna@") && again.has("form[action*='/logout'] button"), "{again:?}");
    let (_, _, browser) = both().await;
    let page = browser.get(&harbor.url("/logout")).await;
    let (_, ended) =
        app.audited_many(SignedOut, browser.submit(&page, "/logout", &[("account", "all")])).await;
    assert_eq!(ended, 2);
    assert!(!is_alive(&browser, &hanna).await && !is_alive(&browser, &henry).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_the_screen_that_asks_signs_out_and_takes_no_foreign_choice() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let (browser, other) = (app.browser(), app.browser());
    for browser in [&browser, &other] {
        add(&wiki, browser, &hanna).await;
        add(&wiki, browser, &henry).await;
    }
    let request = wiki.authorize();
    let (page, theirs) = (request.open(&browser).await, wiki.authorize().open(&other).await);
    let foreign = form(&theirs, "/account", &[]).1.get("account").unwrap().to_owned();
    for wrong in [foreign.as_str(), "", "0"] {
        let again = app.unchanged(browser.submit(&page, "/account", &[("account", wrong)])).await;
        assert_eq!(offered(&again).len(), 2, "{again:?}");
    }
    let left = app.audited((SignedOut, None), press(&browser, &page, "/sign-out", &henry.email)).await;
    assert!(left.url.contains("/interaction/") && !left.has("iframe"), "{left:?}");
    assert_eq!(offered(&left), [hanna.email.as_str()], "nobody goes on as somebody unasked");
    let again = app.unchanged(browser.submit(&left, "/sign-out", &[("account", &foreign)])).await;
    assert_eq!(offered(&again).len(), 1, "{again:?}");
    assert!(is_of(&tokens(&request, &choose(&browser, &left, &hanna.email).await).await, &hanna));
    let henrys = wiki.authorize().set("prompt", "none").set("login_hint", &henry.email);
    henrys.get(&browser).await.is_returned("login_required", &henrys);
    henrys.code(&henrys.get(&other).await);
    // Once a choice is made, the screen is over.
    let late = app.unchanged(browser.submit(&page, "/account", &[("account", "x")])).await;
    assert!(late.status >= 400, "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_a_choice_that_is_too_old_is_proven_again() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let browser = app.browser();
    let hannas = add(&wiki, &browser, &hanna).await;
    app.clock.advance_seconds(100);
    add(&wiki, &browser, &henry).await;
    let request = wiki.authorize().set("max_age", "50");
    let page = request.open(&browser).await;
    let page = choose(&browser, &page, &hanna.email).await;
    page.asks_password();
    let again = tokens(&request, &browser.sign_in(page, &hanna).await).await;
    assert!(is_of(&again, &hanna) && sid(&again) == sid(&hannas));
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_12_one_account_too_many_is_forgotten_and_not_signed_out() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let browser = app.browser();
    let hanna = harbor.member("hanna@harbor.example").await;
    let first = add(&wiki, &browser, &hanna).await;
    let known = browser.cookie("hs_").unwrap();
    for number in 2..=6 {
        let person = harbor.member(&format!("p{number}@harbor.example")).await;
        add(&wiki, &browser, &person).await;
    }
    let page = wiki.authorize().open(&browser).await;
    let expected: Vec<_> = (2..=6).rev().map(|number| format!("p{number}@harbor.example")).collect();
    assert_eq!(offered(&page), expected);
    assert!(!opens(&harbor, &known).await);
    wiki.refresh(first.refresh_token()).send().await.tokens();
    let elsewhere = app.browser();
    wiki.code_for(&elsewhere, &hanna).await;
    let list = elsewhere.open(&harbor.url("/sessions")).await;
    assert!(list.body.contains(&format!("/sessions/{}/end", sid(&first))), "she still can end it");
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_06_a_form_of_an_own_page_is_sent_for_the_account_it_stood_on() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let (browser, of_hanna, of_henry) = (app.browser(), app.browser(), app.browser());
    let (hannas, henrys) = (add(&wiki, &of_hanna, &hanna).await, add(&wiki, &of_henry, &henry).await);
    add(&wiki, &browser, &hanna).await;
    let page = browser.open(&harbor.url("/sessions")).await;
    add(&wiki, &browser, &henry).await;
    let ends = browser.submit(&page, "/sessions/end-others", &[]);
    app.audited((SignedOut, None), ends).await;
    assert!(!opens(&harbor, &of_hanna.cookie("hs_").unwrap()).await);
    assert!(opens(&harbor, &of_henry.cookie("hs_").unwrap()).await, "not of whoever came first meanwhile");
    assert!(is_of(&hannas, &hanna) && is_of(&henrys, &henry));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_accounts_cost_no_more_round_trips_than_one() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (hanna, henry) = hanna_and_henry(&harbor).await;
    let (alone, both) = (app.browser(), app.browser());
    add(&wiki, &alone, &hanna).await;
    add(&wiki, &both, &hanna).await;
    add(&wiki, &both, &henry).await;
    for browser in [&alone, &both] {
        let request = wiki.authorize().set("login_hint", &hanna.email);
        let before = app.house().sessions.round_trips();
        request.code(&request.get(browser).await);
        assert_eq!(app.house().sessions.round_trips() - before, 2, "one to read, one to write");
    }
}
