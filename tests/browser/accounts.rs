//! Several accounts in one browser, and the page that says where a person is signed in. All of it without JavaScript.

use super::chromium::Chromium;
use super::page::judge_closely;
use super::tour::{ADMINISTRATOR, FREYA, invite, sign_in_with_password};
use super::visitor::Visitor;
use crate::process::hospes::Demo;
use thirtyfour::prelude::*;

async fn sees(visitor: &mut Visitor, heading: &str) {
    visitor.sees(heading).await;
    judge_closely(&visitor.driver, heading).await;
}

#[tokio::test]
async fn two_accounts_share_a_browser() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive(&chromium, "accounts-hanna").await;
    let own = format!("{}/t/harbor", demo.base_url);
    hanna.open(&format!("{own}/invite")).await;
    sees(&mut hanna, "Sign in to Harbor Logistics").await;
    sign_in_with_password(&mut hanna, &demo, ADMINISTRATOR).await;
    let link = invite(&mut hanna, &demo, FREYA).await;
    hanna.open(&link).await;
    hanna.press("Continue").await;
    hanna.reaches("Which account do you want to use?").await;
    let switch = "form[action$='/restart'] button";
    hanna.driver.find(By::Css(switch)).await.unwrap().click().await.unwrap();
    // At Fjord nobody is signed in yet.
    hanna.reaches("Sign in to Harbor Logistics").await;
    hanna.fill("E-mail address", FREYA).await;
    hanna.press("Continue").await;
    hanna.reaches("Enter your password").await;
    hanna.fill("Password", &demo.password).await;
    hanna.press("Sign in").await;
    hanna.reaches("Review permissions").await;
    hanna.press("Accept").await;
    hanna.reaches("Sample app").await;
    // The app does not say which of the two it means.
    hanna.follow("Sign in").await;
    sees(&mut hanna, "Choose an account").await;
    hanna.reads("Freya Fjell").await;
    hanna.reads("Hanna Hafen").await;
    hanna.driver.find(By::XPath("//button[contains(.,'Freya')]")).await.unwrap().click().await.unwrap();
    hanna.reaches("Welcome, Freya Fjell").await;
    hanna.open(&format!("{own}/home")).await;
    sees(&mut hanna, "Hello, Freya Fjell").await;
    hanna.follow("Where you are signed in").await;
    sees(&mut hanna, "Where you are signed in").await;
    hanna.open(&format!("{own}/logout")).await;
    sees(&mut hanna, "Do you want to sign out?").await;
    hanna.press("Sign out").await;
    sees(&mut hanna, "You are signed out").await;
    hanna.open(&format!("{own}/home")).await;
    hanna.reaches("Hello, Hanna Hafen").await;
    hanna.press("Use another account").await;
    sees(&mut hanna, "Choose an account").await;
    hanna.driver.find(By::Css("form[action$='/sign-out'] button")).await.unwrap().click().await.unwrap();
    hanna.reaches("Sign in to Harbor Logistics").await;
}

#[tokio::test]
async fn the_list_of_sessions_needs_no_javascript() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let url = format!("{}/t/harbor/sessions", demo.base_url);
    let mut elsewhere = Visitor::arrive_without_javascript(&chromium, "sessions-elsewhere").await;
    elsewhere.open(&url).await;
    sign_in_with_password(&mut elsewhere, &demo, ADMINISTRATOR).await;
    elsewhere.reaches("Where you are signed in").await;
    let mut hanna = Visitor::arrive_without_javascript(&chromium, "sessions-hanna").await;
    hanna.open(&url).await;
    sign_in_with_password(&mut hanna, &demo, ADMINISTRATOR).await;
    hanna.reaches("Where you are signed in").await;
    hanna.reads("This browser").await;
    hanna.press("Sign out everywhere else").await;
    hanna.reaches("Where you are signed in").await;
    assert_eq!(hanna.driver.find_all(By::Css("tbody tr")).await.unwrap().len(), 1);
    elsewhere.open(&url).await;
    elsewhere.reaches("Sign in to Harbor Logistics").await;
}
