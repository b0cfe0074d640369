//! The tour itself: an invitation, a guest with a home, a guest without one.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::chromium::Chromium;
use super::visitor::Visitor;
use crate::process::hospes::Demo;

pub(super) const ADMINISTRATOR: &str = "hanna@harbor.example";
pub(super) const FREYA: &str = "freya@fjord.example";
pub(super) const NOBODY: &str = "somebody@nowhere.example";

#[tokio::test]
async fn a_guest_signs_in_at_home_and_returns_without_an_invitation() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive(&chromium, "tour-hanna").await;
    look_around(&mut hanna, &demo).await;
    let link = invite(&mut hanna, &demo, FREYA).await;

    let mut freya = Visitor::arrive(&chromium, "tour-freya").await;
    redeem_with_fjord(&mut freya, &demo, &link).await;
    let first = sign_in_to_app(&mut freya).await;
    assert_harbor(&demo, &first);
    assert_eq!(first["idp"], format!("{}/t/fjord", demo.base_url));
    assert_eq!(first["email"], FREYA);

    freya.press("Sign out").await;
    freya.sees("Sample app").await;
    freya.follow("Sign in").await;
    freya.sees("Sign in to Sample app").await;
    freya.fill("E-mail address", FREYA).await;
    freya.press("Continue").await;
    // Fjord still knows her: no password a second time.
    freya.reaches("Welcome, Freya Fjell").await;
    let second = freya.claims().await;
    assert_harbor(&demo, &second);
    assert_eq!(second["oid"], first["oid"], "the same guest");

    hanna.open(&format!("{}/t/harbor/invitations", demo.base_url)).await;
    hanna.sees("Recent invitations").await;
    assert!(hanna.text("tbody").await.contains("Accepted"));
}

#[tokio::test]
async fn a_guest_without_a_home_gets_a_lightweight_account() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive(&chromium, "light-hanna").await;
    hanna.open(&format!("{}/t/harbor/invite", demo.base_url)).await;
    sign_in_with_password(&mut hanna, &demo, ADMINISTRATOR).await;
    let link = invite(&mut hanna, &demo, NOBODY).await;

    let mut somebody = Visitor::arrive(&chromium, "light-guest").await;
    redeem_with_code(&mut somebody, &mut hanna, &demo, &link).await;
    somebody.sees("Choose a password").await;
    somebody.fill("Password", "four words make sentences").await;
    somebody.press("Save password").await;
    somebody.sees("Review permissions").await;
    somebody.press("Accept").await;
    let claims = sign_in_to_app(&mut somebody).await;
    assert_harbor(&demo, &claims);
    assert_eq!(claims["idp"], format!("{}/t/harbor", demo.base_url));
    assert_eq!(claims["email"], NOBODY);

    somebody.press("Sign out").await;
    somebody.reaches("Sample app").await;
    somebody.follow("Sign in").await;
    somebody.reaches("Sign in to Sample app").await;
    somebody.fill("E-mail address", NOBODY).await;
    somebody.press("Continue").await;
    somebody.sees("Enter your password").await;
    somebody.fill("Password", "four words make sentences").await;
    somebody.press("Sign in").await;
    somebody.sees(&format!("Welcome, {NOBODY}")).await;
    assert_eq!(somebody.claims().await["oid"], claims["oid"], "the same guest");
}

#[tokio::test]
async fn the_guests_pages_need_no_javascript() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive_without_javascript(&chromium, "plain-hanna").await;
    hanna.open(&format!("{}/t/harbor/invite", demo.base_url)).await;
    sign_in_with_password(&mut hanna, &demo, ADMINISTRATOR).await;
    let link = invite(&mut hanna, &demo, FREYA).await;
    let mut freya = Visitor::arrive_without_javascript(&chromium, "plain-freya").await;
    redeem_with_fjord(&mut freya, &demo, &link).await;
    assert_harbor(&demo, &sign_in_to_app(&mut freya).await);

    let link = invite(&mut hanna, &demo, NOBODY).await;
    let mut somebody = Visitor::arrive_without_javascript(&chromium, "plain-guest").await;
    redeem_with_code(&mut somebody, &mut hanna, &demo, &link).await;
    somebody.sees("Choose a password").await;
    let reveal = somebody.driver.find(By::Css(".reveal")).await.unwrap();
    assert!(!reveal.is_displayed().await.unwrap(), "a button that needs JavaScript is not shown without it");
    somebody.press("Skip: mail me codes instead").await;
    somebody.sees("Review permissions").await;
    somebody.press("Accept").await;
    assert_harbor(&demo, &sign_in_to_app(&mut somebody).await);
}

#[tokio::test]
async fn the_keyboard_is_enough() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive(&chromium, "keys-hanna").await;
    hanna.open(&format!("{}/t/harbor/invite", demo.base_url)).await;
    hanna.reaches("Sign in to Harbor Logistics").await;
    hanna.types(ADMINISTRATOR).await;
    hanna.types(Key::Enter).await;
    hanna.reaches("Enter your password").await;
    hanna.types(demo.password.as_str()).await;
    hanna.types(Key::Enter).await;
    hanna.reaches("Invite a guest").await;
    hanna.tabs_to("E-mail address").await;
    hanna.types(FREYA).await;
    hanna.tabs_to("Send the invitation").await;
    hanna.types(Key::Enter).await;
    hanna.driver.query(By::Css(".result")).first().await.unwrap();
    hanna.opens_mail(&demo.companion_url, FREYA, "invited you").await;
    let link = hanna.link_in_mail().await;

    let freya = Visitor::arrive(&chromium, "keys-freya").await;
    freya.open(&link).await;
    freya.reaches("You are invited by Harbor Logistics").await;
    freya.tabs_to("Continue").await;
    freya.types(Key::Enter).await;
    freya.reaches("Enter your password").await;
    freya.types(demo.password.as_str()).await;
    freya.types(Key::Enter).await;
    freya.reaches("Review permissions").await;
    freya.tabs_to("Accept").await;
    freya.types(Key::Enter).await;
    freya.reaches("Sample app").await;
    freya.tabs_to("Sign in").await;
    freya.types(Key::Enter).await;
    freya.reaches("Welcome, Freya Fjell").await;
    freya.tabs_to("Sign out").await;
    freya.types(Key::Enter).await;
    freya.reaches("Sample app").await;
}

async fn look_around(hanna: &mut Visitor, demo: &Demo) {
    hanna.open(&format!("{}/", demo.companion_url)).await;
    hanna.sees("A tour in five steps").await;
    hanna.follow("mail viewer").await;
    hanna.sees("Mails").await;
    hanna.open(&format!("{}/", demo.companion_url)).await;
    hanna.follow("Invite a guest").await;
    sign_in_with_password(hanna, demo, ADMINISTRATOR).await;
    hanna.reaches("Invite a guest").await;
    hanna.follow("Your account").await;
    hanna.sees("Hello, Hanna Hafen").await;
    hanna.follow("Recent invitations").await;
    hanna.sees("Recent invitations").await;
    hanna.follow("Invite a guest").await;
}

/// From the question for an address to the page that asked for the sign-in.
pub(super) async fn sign_in_with_password(visitor: &mut Visitor, demo: &Demo, address: &str) {
    visitor.sees("Sign in to Harbor Logistics").await;
    visitor.fill("E-mail address", address).await;
    visitor.press("Continue").await;
    visitor.sees("Enter your password").await;
    visitor.fill("Password", &demo.password).await;
    visitor.press("Sign in").await;
}

/// Invites from the form, waits for the mail, and returns its link.
pub(super) async fn invite(hanna: &mut Visitor, demo: &Demo, address: &str) -> String {
    hanna.open(&format!("{}/t/harbor/invite", demo.base_url)).await;
    hanna.sees("Invite a guest").await;
    hanna.fill("E-mail address", address).await;
    hanna.fill("Message", "Here is the app I told you about.").await;
    hanna.press("Send the invitation").await;
    hanna.driver.query(By::Css(".result")).first().await.unwrap();
    hanna.sees("Invite a guest").await;
    hanna.opens_mail(&demo.companion_url, address, "invited you").await;
    hanna.sees("Hanna Hafen invited you to collaborate with Harbor Logistics").await;
    hanna.link_in_mail().await
}

async fn redeem_with_fjord(freya: &mut Visitor, demo: &Demo, link: &str) {
    freya.open(link).await;
    freya.sees("You are invited by Harbor Logistics").await;
    freya.reads("Sample app (localhost)").await;
    freya.press("Continue").await;
    freya.sees("Enter your password").await;
    let url = freya.driver.current_url().await.unwrap();
    assert!(
        url.as_str().starts_with(&format!("{}/t/fjord/", demo.base_url)),
        "she signs in at home, not at {url}"
    );
    freya.fill("Password", &demo.password).await;
    freya.press("Sign in").await;
    freya.sees("Review permissions").await;
    freya.reads("Freya Fjell").await;
    freya.reads("at Fjord Institute").await;
    freya.press("Accept").await;
}

async fn redeem_with_code(guest: &mut Visitor, mailbox: &mut Visitor, demo: &Demo, link: &str) {
    guest.open(link).await;
    guest.sees("You are invited by Harbor Logistics").await;
    guest.press("Continue").await;
    guest.sees("Confirm your e-mail address").await;
    mailbox.opens_mail(&demo.companion_url, NOBODY, "Your code").await;
    mailbox.sees("Your code for Harbor Logistics").await;
    let code = mailbox.code_in_mail().await;
    guest.fill("Code", &code).await;
    guest.press("Confirm").await;
}

/// From the landing at the app to the claims it shows.
async fn sign_in_to_app(guest: &mut Visitor) -> Value {
    guest.sees("Sample app").await;
    guest.follow("Sign in").await;
    guest.driver.query(By::Css("table.claims")).first().await.unwrap();
    let claims = guest.claims().await;
    let name = claims.get("name").unwrap_or(&claims["email"]).as_str().unwrap().to_owned();
    guest.sees(&format!("Welcome, {name}")).await;
    claims
}

fn assert_harbor(demo: &Demo, claims: &Value) {
    assert_eq!(claims["iss"], format!("{}/t/harbor", demo.base_url), "{claims:#}");
    assert_eq!(claims["acct"], 1, "{claims:#}");
    assert_eq!(claims["user_type"], "Guest", "{claims:#}");
    assert_eq!(claims["email_verified"], json!(true), "{claims:#}");
    for id in ["tid", "oid"] {
        assert_eq!(claims[id].as_str().unwrap().len(), 36, "{id} in {claims:#}");
    }
}
