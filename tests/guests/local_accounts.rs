//! LOC: lightweight accounts. Passwords and mailed codes, what they reveal, and how often they may be tried.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::fake_home::FakeHome;
use crate::support::redemption::mailed_code;
use crate::support::tenant::{Person, TestTenant};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind;
use hospes_idp::tenant::Status;
use serde_json::json;

const LEO: &str = "leo@local.example";
const WRONG: &str = "a-wrong-password-of-some-length";
const REJECTED: (AuditKind, Option<&str>) = (AuditKind::CredentialRejected, Some("wrong_password"));

/// The screen that asks for the password of an address, in a new browser.
async fn password_screen(harbor: &TestTenant<'_>, email: &str) -> (Browser, Answer) {
    let browser = harbor.app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    let page = browser.submit(&page, "/identify", &[("email", email)]).await;
    page.asks_password();
    (browser, page)
}

async fn code_screen(harbor: &TestTenant<'_>, email: &str) -> (Browser, Answer) {
    let (browser, page) = password_screen(harbor, email).await;
    let page = browser.submit(&page, "/send-code", &[]).await;
    (browser, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_01_a_refused_password_says_nothing_about_whose() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let home = FakeHome::start(&app.clock).await;
    // Routed here but bound there: somebody who only has an account at home.
    let home_idp = harbor.trusts(&home, "fjord.example").await;
    harbor.fake_guest(&home, "ada@fjord.example", &json!({})).await;
    harbor.desk().await.admin().delete_home_idp(home_idp, None).await.unwrap();
    let max = harbor.member("max@harbor.example").await;
    let off = harbor.member("off@harbor.example").await;
    harbor.disable_person(&off).await;
    beta.member("bea@beta.example").await;
    harbor.invite(LEO).await;
    let mut bodies = Vec::new();
    for (email, password) in [
        (max.email.as_str(), WRONG),
        ("nobody@nowhere.example", WRONG),
        ("ada@fjord.example", WRONG),
        (off.email.as_str(), off.password.as_str()),
        ("bea@beta.example", off.password.as_str()),
        (LEO, off.password.as_str()),
    ] {
        let (browser, page) = password_screen(&harbor, email).await;
        let form = [("password", password)];
        let attempt = app.unchanged(browser.press(&page, "/password", &form));
        let answer = app.audited(REJECTED, attempt).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_eq!(answer.headers.get("set-cookie"), None);
        bodies.push(answer.generic_body().replace("<wbr>", "").replace(email, "ADDRESS"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_02_loc_03_a_weak_or_huge_password_is_not_chosen() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let browser = app.browser();
    let page = browser.enter(&harbor.invite(LEO).await).await;
    let page = browser.prove_mailbox(&app, &page, LEO).await;
    let huge = "ä".repeat(513);
    for weak in [
        "",
        "fourteen-chars",
        "passwordpassword",
        "leo@local.example",
        "Organization harbor",
        "aaaaaaaaaaaaaaaaaaaa",
        huge.as_str(),
    ] {
        let answer = app.unchanged(browser.press(&page, "/new-password", &[("password", weak)])).await;
        assert_eq!(answer.status, 422, "{weak}: {answer:?}");
        assert!(answer.has("#password-error"), "{weak}");
    }
    let long: String =
        "Füße im Sand, Möwen über dem Wasser, Salz auf der Haut & ein Buch!".chars().take(64).collect();
    let review = browser.submit(&page, "/new-password", &[("password", &long)]).await;
    assert_eq!(browser.accept(&review).await.url, harbor.url("/home"));
    // The composed and the decomposed spelling of ü and ß are one password.
    let decomposed = long.replace('ü', "u\u{308}").replace('ö', "o\u{308}");
    let (other, page) = password_screen(&harbor, LEO).await;
    let landed = other.submit(&page, "/password", &[("password", &decomposed)]).await;
    assert_eq!(landed.url, harbor.url("/home"), "{landed:?}");
    let (other, page) = password_screen(&harbor, LEO).await;
    let with_nul = format!("{long}\0x");
    let answer = app.unchanged(other.press(&page, "/password", &[("password", &with_nul)])).await;
    assert_eq!(answer.status, 422, "what follows a NUL counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_04_after_five_wrong_passwords_codes_still_work() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let (leo, _) = harbor.local_guest(LEO).await;
    for _ in 0..5 {
        let (browser, page) = password_screen(&harbor, LEO).await;
        assert_eq!(browser.press(&page, "/password", &[("password", WRONG)]).await.status, 422);
    }
    let (browser, page) = password_screen(&harbor, LEO).await;
    let answer = app.unchanged(browser.press(&page, "/password", &[("password", &leo.password)])).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(browser.cookie("hs_"), None);
    let page = browser.submit(&page, "/send-code", &[]).await;
    assert_eq!(browser.prove_mailbox(&app, &page, LEO).await.url, harbor.url("/home"), "no lock-out");
    app.clock.advance_seconds(601);
    let (browser, page) = password_screen(&harbor, LEO).await;
    let landed = browser.submit(&page, "/password", &[("password", &leo.password)]).await;
    assert_eq!(landed.url, harbor.url("/home"));
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_04_right_passwords_are_not_counted_against_anybody() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let max = harbor.member("max@harbor.example").await;
    for round in 0..8 {
        let (browser, page) = password_screen(&harbor, &max.email).await;
        let landed = browser.submit(&page, "/password", &[("password", &max.password)]).await;
        assert_eq!(landed.url, harbor.url("/home"), "sign-in {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_05_one_password_for_many_accounts_is_stopped() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let browser = app.browser();
    let mut stopped = 0;
    for number in 0..110 {
        let page = browser.open(&harbor.url("/home")).await;
        let page =
            browser.submit(&page, "/identify", &[("email", &format!("u{number}@local.example"))]).await;
        // Refused before hashing: longer than any password may be, so that the test is quick.
        let answer = browser.press(&page, "/password", &[("password", &"x".repeat(2000))]).await;
        stopped += usize::from(answer.status == 429);
    }
    assert_eq!(stopped, 10, "from the hundred and first on");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_06_loc_10_parallel_guesses_are_counted() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.local_guest(LEO).await;
    let (browser, page) = password_screen(&harbor, LEO).await;
    let guesses = (0..30).map(|_| browser.press(&page, "/password", &[("password", WRONG)]));
    let answers = join_all(guesses).await;
    assert!(answers.iter().filter(|answer| answer.status == 422).count() <= 5, "{answers:#?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 422 | 429 | 503)));
    let (browser, page) = code_screen(&harbor, LEO).await;
    let guesses = (0..60).map(|number| format!("{number:08}"));
    let guesses =
        join_all(guesses.map(async |guess| browser.press(&page, "/code", &[("code", &guess)]).await)).await;
    assert!(guesses.iter().filter(|answer| answer.status == 422).count() <= 5, "{guesses:#?}");
    let code = mailed_code(&page, &app, LEO).await;
    let late = app.unchanged(browser.press(&page, "/code", &[("code", &code)])).await;
    assert_eq!(late.status, 429, "the right code comes too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_08_a_new_code_gives_no_new_attempts_and_codes_are_not_a_mail_bomb() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.local_guest(LEO).await;
    let (browser, page) = code_screen(&harbor, LEO).await;
    for _ in 0..5 {
        assert_eq!(browser.press(&page, "/code", &[("code", "00000000")]).await.status, 422);
    }
    assert_eq!(browser.press(&page, "/code", &[("code", "00000000")]).await.status, 429);
    let again = browser.submit(&page, "/send-code", &[]).await;
    let code = mailed_code(&again, &app, LEO).await;
    assert_eq!(browser.press(&again, "/code", &[("code", &code)]).await.status, 429, "the counter stays");
    app.clock.advance_seconds(3601);
    let (browser, page) = code_screen(&harbor, LEO).await;
    for _ in 0..4 {
        assert_eq!(browser.submit(&page, "/send-code", &[]).await.status, 200);
    }
    let answer = app.unchanged(browser.submit(&page, "/send-code", &[])).await;
    answer.is_refusal_page(429, "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_08_an_invitation_sends_codes_to_nobody_but_the_invited() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let browser = app.browser();
    let left = browser.depart(&harbor.invite("ada@fjord.example").await).await;
    let other = browser.open(&harbor.url("/home")).await;
    let (_, form) = crate::support::browser::form(&other, "/identify", &[("email", "victim@fjord.example")]);
    let interaction = harbor.url(&format!("/interaction/{}", left.state().split_once('.').unwrap().0));
    for answer in ["/identify", "/send-code", "/reset-password"] {
        browser.post(&format!("{interaction}{answer}"), &form).await;
    }
    app.snapshot().await;
    assert!(app.mail.mails().iter().all(|mail| mail.to == ["ada@fjord.example"]));
    let link = harbor.invite(LEO).await;
    let page = browser.enter(&link).await;
    mailed_code(&page, &app, LEO).await;
    let (_, form) = crate::support::browser::form(&page, "/code", &[]);
    let form = form.without("code");
    browser
        .post(&format!("{}/identify", page.url), &form.clone().and("email", "victim@elsewhere.example"))
        .await;
    browser.post(&format!("{}/restart", page.url), &form).await;
    browser
        .post(&format!("{}/identify", page.url), &form.clone().and("email", "victim@elsewhere.example"))
        .await;
    browser.post(&format!("{}/send-code", page.url), &form).await;
    browser.post(&format!("{}/reset-password", page.url), &form).await;
    app.snapshot().await;
    let sent = app.mail.mails();
    let strangers: Vec<_> =
        sent.iter().flat_map(|mail| &mail.to).filter(|to| to.starts_with("victim")).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_09_a_code_works_once_in_its_own_sign_in_for_ten_minutes() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.local_guest(LEO).await;
    let (mine, page) = code_screen(&harbor, LEO).await;
    let code = mailed_code(&page, &app, LEO).await;
    let (other, elsewhere) = code_screen(&harbor, LEO).await;
    // The newest mail is the other's now; mine is of no use there.
    mailed_code(&elsewhere, &app, LEO).await;
    let answer = app.unchanged(other.press(&elsewhere, "/code", &[("code", &code)])).await;
    assert_eq!(answer.status, 422);
    assert_eq!(mine.submit(&page, "/code", &[("code", &code)]).await.url, harbor.url("/home"));
    let reused = app.unchanged(mine.press(&page, "/code", &[("code", &code)])).await;
    assert!((400..500).contains(&reused.status), "{reused:?}");
    let late = mailed_code(&elsewhere, &app, LEO).await;
    app.clock.advance_seconds(601);
    let form = [("code", late.as_str())];
    let attempt = app.unchanged(other.press(&elsewhere, "/code", &form));
    let answer = app.audited((AuditKind::CredentialRejected, Some("wrong_code")), attempt).await;
    assert_eq!(answer.status, 422);
    assert_eq!(other.cookie("hs_"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_11_a_code_is_eight_ascii_digits() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.local_guest(LEO).await;
    let (browser, page) = code_screen(&harbor, LEO).await;
    let code = mailed_code(&page, &app, LEO).await;
    let arabic: String =
        code.chars().map(|c| char::from_u32(0x0660 + c.to_digit(10).unwrap()).unwrap()).collect();
    for wrong in [arabic.as_str(), "1e500000", &code[..7], &format!("[\"{code}\"]")] {
        assert_eq!(
            app.unchanged(browser.press(&page, "/code", &[("code", wrong)])).await.status,
            422,
            "{wrong}"
        );
    }
    let spaced = format!(" {}-{} ", &code[..4], &code[4..]);
    assert_eq!(browser.submit(&page, "/code", &[("code", &spaced)]).await.url, harbor.url("/home"));
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_20_a_reset_looks_the_same_for_everybody_and_mails_only_account_holders() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    let home_idp = harbor.trusts(&home, "fjord.example").await;
    harbor.fake_guest(&home, "ada@fjord.example", &json!({})).await;
    harbor.desk().await.admin().delete_home_idp(home_idp, None).await.unwrap();
    harbor.local_guest(LEO).await;
    let off = harbor.member("off@harbor.example").await;
    harbor.set_status_of(&off.email, Status::Disabled).await;
    let mut bodies = Vec::new();
    for email in [LEO, "ada@fjord.example", "nobody@nowhere.example", off.email.as_str()] {
        let (browser, page) = password_screen(&harbor, email).await;
        app.snapshot().await;
        let before = app.mail.mails().len();
        let answer = browser.submit(&page, "/reset-password", &[]).await;
        app.snapshot().await;
        assert_eq!(app.mail.mails().len() - before, usize::from(email == LEO), "{email}");
        assert_eq!(answer.status, 200);
        let masked = format!("{}***", &email[..1]);
        let domain = email.split_once('@').unwrap().1;
        bodies.push(
            answer.generic_body().replace("<wbr>", "").replace(&format!("{masked}@{domain}"), "ADDRESS"),
        );
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_21_a_new_password_ends_everything_that_rests_on_the_old_one() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let (leo, signed_in) = harbor.local_guest(LEO).await;
    let request = wiki.authorize();
    let tokens = wiki.redeem(&request.code(&request.open(&signed_in).await)).send().await.tokens();
    let (browser, page) = password_screen(&harbor, LEO).await;
    let page = browser.submit(&page, "/reset-password", &[]).await;
    let page = browser.prove_mailbox(&app, &page, LEO).await;
    assert!(!page.has("form[action$='/skip-password']"), "a new one must be chosen: {}", page.body);
    app.unchanged(browser.open(&page.url)).await;
    let skipped = crate::support::browser::form(&page, "/new-password", &[]).1;
    let skipped = app.unchanged(browser.post(&format!("{}/skip-password", page.url), &skipped)).await;
    assert!((400..500).contains(&skipped.status), "{skipped:?}");
    let new = app.keep_secret("another-harbour-full-of-kites-77");
    let landed = browser.submit(&page, "/new-password", &[("password", &new)]).await;
    assert_eq!(landed.url, harbor.url("/home"), "{landed:?}");
    let again = app
        .unchanged(browser.press(&page, "/new-password", &[("password", "third-password-full-of-sparrows")]))
        .await;
    assert!((400..500).contains(&again.status), "works once: {again:?}");
    signed_in.open(&harbor.url("/home")).await.asks_who();
    wiki.refresh(tokens.refresh_token()).send().await.is_error(400, "invalid_grant");
    assert!(
        app.mail
            .mails()
            .iter()
            .any(|mail| mail.to == [LEO] && mail.subject.to_lowercase().contains("password"))
    );
    let (other, page) = password_screen(&harbor, LEO).await;
    assert_eq!(other.press(&page, "/password", &[("password", &leo.password)]).await.status, 422);
    let leo = Person { password: new, ..leo };
    assert_eq!(
        other.submit(&page, "/password", &[("password", &leo.password)]).await.url,
        harbor.url("/home")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_21_a_session_alone_never_changes_a_password() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor
        .client("wiki")
        .with(|client| client.consent = hospes_idp::client::ConsentRule::Ask)
        .public()
        .await;
    let (leo, browser) = harbor.local_guest(LEO).await;
    let page = wiki.authorize().set("login_hint", LEO).open(&browser).await;
    assert!(page.has("form[action$='/consent']"), "{}", page.body);
    let (_, form) = crate::support::browser::form(&page, "/consent", &[]);
    let after = browser.follow(browser.post(&format!("{}/reset-password", page.url), &form).await).await;
    assert!(!after.has("form[action$='/new-password']"), "the mailbox was not proven: {}", after.body);
    let account = harbor.account_of(LEO).await;
    browser
        .post(
            &format!("{}/new-password", page.url),
            &form.set("password", "another-harbour-full-of-kites-77"),
        )
        .await;
    assert_eq!(harbor.account_of(LEO).await, account);
    let (other, page) = password_screen(&harbor, LEO).await;
    assert_eq!(
        other.submit(&page, "/password", &[("password", &leo.password)]).await.url,
        harbor.url("/home")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn loc_25_nobody_registers_themselves() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let wiki = harbor.client("wiki").public().await;
    let create = wiki.authorize().set("prompt", "create");
    let answer = create.open(&app.browser()).await;
    assert!(!answer.has("form[action$='/new-password']"), "{answer:?}");
    let (browser, page) = code_screen(&harbor, "stranger@nowhere.example").await;
    assert_eq!(page.status, 200);
    app.snapshot().await;
    assert!(app.mail.mails().is_empty(), "strangers get no mail");
    let guess = app.unchanged(browser.press(&page, "/code", &[("code", "12345678")])).await;
    assert_eq!(guess.status, 422);
    let browser = app.browser();
    let page = browser.open(&harbor.url("/home")).await;
    let page = browser.submit(&page, "/identify", &[("email", "ada@fjord.example")]).await;
    let left = crate::support::fake_home::Departure::of(&page);
    let back = home.signs_in(&left, &json!({}));
    let arrival = app.only_sign_ins_changed(browser.open(&back));
    let answer = app.audited((AuditKind::SignIn, Some("not_invited")), arrival).await;
    answer.is_refusal_page(403, "not_invited");
    assert!(harbor.people().await.is_empty());
}
