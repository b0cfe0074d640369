//! LOC: passwords and codes of lightweight accounts.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::client::TestClient;
use crate::support::redemption::mailed_code;
use crate::support::tenant::{PASSWORD, Person, TestTenant};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::{CredentialRejected, PasswordChanged, PasswordRehashed};
use hospes_idp::audit::{Actor, AuditEvent};
use hospes_idp::guest::user::{LocalAccount, PasswordHash};
use hospes_idp::ports::Change;
use std::collections::BTreeSet;

/// The page that asks for the password of an address.
async fn password_page(wiki: &TestClient<'_>, browser: &Browser, email: &str) -> Answer {
    let page = wiki.authorize().open(browser).await;
    browser.submit(&page, "/identify", &[("email", email)]).await
}

/// A page without what differs each time.
fn plain(answer: &Answer, email: &str) -> String {
    let interaction = answer.url.split("/interaction/").nth(1).unwrap().split('/').next().unwrap();
    let (_, form) = crate::support::browser::form(answer, "/password", &[]);
    let (local, _) = email.split_once('@').unwrap();
    let body = answer.body.replace(interaction, "I").replace(form.get("csrf").unwrap(), "T");
    body.replace(email, "ADDRESS").replace(local, "LOCAL")
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_01_who_exists_cannot_be_told_from_a_wrong_password() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    let wiki = harbor.client("wiki").public().await;
    harbor.member("hanna@harbor.example").await;
    fjord.member("there@harbor.example").await;
    harbor.disable_person(&harbor.member("henry@harbor.example").await).await;
    let mut seen = BTreeSet::new();
    for (email, password) in [
        ("hanna@harbor.example", "wrong"),
        ("nobody@harbor.example", PASSWORD),
        ("there@harbor.example", PASSWORD),
        ("henry@harbor.example", PASSWORD),
    ] {
        let browser = app.browser();
        let page = password_page(&wiki, &browser, email).await;
        let fields = [("password", password)];
        let attempt = browser.press(&page, "/password", &fields);
        let answer = app.refuses((CredentialRejected, "wrong_password"), attempt).await;
        assert_eq!(answer.headers.get("set-cookie"), None);
        seen.insert((answer.status, plain(&answer, email)));
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_04_guessing_ends_after_five_and_codes_still_work() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for _ in 0..7 {
        wiki.code_for(&app.browser(), &hanna).await;
    }
    let browser = app.browser();
    let page = password_page(&wiki, &browser, &hanna.email).await;
    for _ in 0..5 {
        let answer = browser.press(&page, "/password", &[("password", "wrong")]).await;
        assert!(answer.body.contains("do not belong together"), "{answer:?}");
    }
    let locked = app.unchanged(browser.press(&page, "/password", &[("password", PASSWORD)])).await;
    assert_eq!((locked.status, locked.location()), (429, None), "{locked:?}");
    let page = browser.submit(&page, "/send-code", &[]).await;
    let code = mailed_code(&page, &app, &hanna.email).await;
    let answer = browser.submit(&page, "/code", &[("code", &code)]).await;
    assert!(answer.location().unwrap().contains("code="), "{answer:?}");
    app.clock.advance_seconds(601);
    wiki.code_for(&app.browser(), &hanna).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_09_a_code_belongs_to_its_browser_and_its_ten_minutes() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (mine, other) = (app.browser(), app.browser());
    let with_code = async |browser: &Browser| {
        let page = password_page(&wiki, browser, &hanna.email).await;
        let page = browser.submit(&page, "/send-code", &[]).await;
        let code = mailed_code(&page, &app, &hanna.email).await;
        (page, code)
    };
    let (page, code) = with_code(&mine).await;
    let (others_page, others_code) = with_code(&other).await;
    let foreign = [("code", code.as_str())];
    let crossed = other.press(&others_page, "/code", &foreign);
    let refused = app.refuses((CredentialRejected, "wrong_code"), crossed).await;
    assert!(refused.location().is_none() && refused.has("form[action$='/code']"), "{refused:?}");
    let spaced = format!(" {} {}-{} ", &code[..2], &code[2..4], &code[4..]);
    let done = mine.submit(&page, "/code", &[("code", &spaced)]).await;
    assert!(done.location().unwrap().contains("code="), "{done:?}");
    let again = mine.press(&page, "/code", &[("code", &code)]).await;
    assert_eq!(again.status, 400, "used up with its sign-in: {again:?}");
    app.clock.advance_seconds(601);
    let late = app.unchanged(other.press(&others_page, "/code", &[("code", &others_code)])).await;
    assert!(late.location().is_none() && late.body.contains("too old"), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_08_loc_10_five_guesses_of_a_code_however_parallel() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let browser = app.browser();
    let page = password_page(&wiki, &browser, &hanna.email).await;
    let page = browser.submit(&page, "/send-code", &[]).await;
    let code = mailed_code(&page, &app, &hanna.email).await;
    let before = app.audit().await.len();
    let wrong = if code == "00000000" { "11111111" } else { "00000000" };
    let fields = [("code", wrong)];
    join_all((0..60).map(|_| browser.press(&page, "/code", &fields))).await;
    assert_eq!(app.audit().await.len() - before, 5, "five were compared");
    let late = browser.press(&page, "/code", &[("code", &code)]).await;
    assert_eq!((late.status, late.location()), (429, None), "the right one comes too late: {late:?}");
    // A new code brings no new attempts.
    let page = browser.submit(&late, "/send-code", &[]).await;
    let code = mailed_code(&page, &app, &hanna.email).await;
    assert_eq!(browser.press(&page, "/code", &[("code", &code)]).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_20_loc_25_strangers_get_no_mail_and_no_account() {
    let app = TestApp::spawn().await;
    let (harbor, fjord) = (app.tenant("harbor").await, app.tenant("fjord").await);
    harbor.home_idp_of(&fjord).await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let mut pages = BTreeSet::new();
    for (email, gets_mail) in [("hilda@elsewhere.example", false), (hanna.email.as_str(), true)] {
        let browser = app.browser();
        let page = password_page(&wiki, &browser, email).await;
        let mails = app.mail.mails().len();
        let page = browser.submit(&page, "/reset-password", &[]).await;
        app.snapshot().await;
        assert_eq!(app.mail.mails().len() - mails, usize::from(gets_mail), "{email}");
        let (action, form) = crate::support::browser::form(&page, "/code", &[]);
        let (interaction, token) = (action.split('/').nth(4).unwrap(), form.get("csrf").unwrap());
        let body = page.body.replace(interaction, "I").replace(token, "T");
        let (local, domain) = email.split_once('@').unwrap();
        pages.insert(body.replace(local, "L").replace(domain, "D"));
    }
    assert_eq!(pages.len(), 1, "{pages:#?}");
    let created = wiki.authorize().set("prompt", "create");
    created.open(&app.browser()).await.asks_who();
}

/// Of [`PASSWORD`] with 1 MiB and one pass, made by Python's argon2-cffi.
const WEAKER: &str =
    "$argon2id$v=19$m=1024,t=1,p=1$vzSX2ROb6szgtw3kj6zGiA$ECmszSnLcU7CMR1qWPTx8+gwz55ruewdsmQX2Lawqgc";

async fn account(harbor: &TestTenant<'_>, person: &Person) -> LocalAccount {
    let tenant = harbor.desk().await.tenant.id;
    harbor.app.house().directory.local_account(tenant, person.id).await.unwrap().unwrap()
}

async fn hash_of(harbor: &TestTenant<'_>, person: &Person) -> String {
    account(harbor, person).await.password.unwrap().0
}

async fn put_hash(harbor: &TestTenant<'_>, person: &Person, hash: &str) {
    let before = account(harbor, person).await;
    let after = LocalAccount { password: Some(PasswordHash(hash.into())), ..before.clone() };
    let event = AuditEvent::new(&harbor.app.ctx(), after.tenant, PasswordChanged, Actor::Operator);
    harbor.app.house().directory.apply(Change::RehashPassword { before, after }, event).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_07_a_weaker_hash_is_replaced_at_the_next_sign_in_and_a_broken_one_fits_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    put_hash(&harbor, &hanna, WEAKER).await;
    let browser = app.browser();
    let signs_in = wiki.code_for(&browser, &hanna);
    app.audited((PasswordRehashed, None), signs_in).await;
    let stronger = hash_of(&harbor, &hanna).await;
    assert!(stronger.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stronger}");
    wiki.code_for(&app.browser(), &hanna).await;
    assert_eq!(hash_of(&harbor, &hanna).await, stronger, "once is enough");
    for broken in [
        "",
        "$argon2id$v=19$m=0,t=0,p=0$$",
        "$2b$12$abcdefghijklmnopqrstuv",
        "not a hash",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA",
    ] {
        put_hash(&harbor, &hanna, broken).await;
        let browser = app.browser();
        let page = password_page(&wiki, &browser, &hanna.email).await;
        let attempt = browser.press(&page, "/password", &[("password", PASSWORD)]);
        let answer = app.refuses((CredentialRejected, "wrong_password"), attempt).await;
        assert_eq!(answer.status, 422, "{broken}");
        app.clock.advance_seconds(601);
    }
}
