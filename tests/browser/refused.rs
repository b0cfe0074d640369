//! What visitors see when something is wrong, or when they change their mind.

use super::chromium::Chromium;
use super::tour::{ADMINISTRATOR, FREYA, NOBODY, invite, sign_in_with_password};
use super::visitor::Visitor;
use crate::process::hospes::Demo;

#[tokio::test]
async fn a_stranger_is_told_why_and_what_to_do() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut freya = Visitor::arrive(&chromium, "refused-freya").await;
    freya.open(&format!("{}/nothing", demo.base_url)).await;
    freya.sees("This page does not exist").await;
    freya.open(&format!("{}/t/harbor/redeem?ticket=torn", demo.base_url)).await;
    freya.is_told("Reference number").await;

    freya.open(&format!("{}/app/login", demo.companion_url)).await;
    freya.reaches("Sign in to Sample app").await;
    freya.fill("E-mail address", FREYA).await;
    freya.press("Continue").await;
    freya.reaches("Enter your password").await;
    freya.fill("Password", "not the password").await;
    freya.press("Sign in").await;
    freya.is_told("do not belong together").await;
    freya.fill("Password", &demo.password).await;
    freya.press("Sign in").await;
    freya.is_told("What you can do").await;
}

#[tokio::test]
async fn an_invitation_is_for_one_person_who_may_decline() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive(&chromium, "choice-hanna").await;
    hanna.open(&format!("{}/t/harbor/invite", demo.base_url)).await;
    sign_in_with_password(&mut hanna, &demo, ADMINISTRATOR).await;
    let link = invite(&mut hanna, &demo, FREYA).await;
    hanna.presses_in_mail("Accept invitation").await;
    hanna.reaches("You are invited by Harbor Logistics").await;
    hanna.press("Continue").await;
    hanna.sees("Which account do you want to use?").await;
    hanna.open(&format!("{}/t/harbor/logout", demo.base_url)).await;
    hanna.sees("Do you want to sign out?").await;
    hanna.press("Sign out").await;
    hanna.sees("You are signed out").await;

    let mut finn = Visitor::arrive(&chromium, "choice-finn").await;
    finn.open(&link).await;
    finn.press("Continue").await;
    finn.reaches("Enter your password").await;
    finn.press("Not you?").await;
    finn.fill("E-mail address", "finn@fjord.example").await;
    finn.press("Continue").await;
    finn.reaches("Enter your password").await;
    finn.fill("Password", &demo.password).await;
    finn.press("Sign in").await;
    finn.sees("This invitation is for another address").await;
    finn.reads("f***@fjord.example").await;
    finn.reads("the two addresses look alike").await;

    let mut freya = Visitor::arrive(&chromium, "choice-freya").await;
    freya.open(&link).await;
    freya.press("Continue").await;
    freya.reaches("Enter your password").await;
    freya.fill("Password", &demo.password).await;
    freya.press("Sign in").await;
    freya.reaches("Review permissions").await;
    freya.press("Decline").await;
    freya.is_told("declined").await;
}

#[tokio::test]
async fn mistakes_on_the_way_to_a_lightweight_account_are_explained() {
    let (demo, chromium) = (Demo::start(), Chromium::start());
    let mut hanna = Visitor::arrive(&chromium, "mistakes-hanna").await;
    hanna.open(&format!("{}/t/harbor/invite", demo.base_url)).await;
    sign_in_with_password(&mut hanna, &demo, ADMINISTRATOR).await;
    hanna.reaches("Invite a guest").await;
    hanna.fill("E-mail address", "somebody@nowhere").await;
    hanna.press("Send the invitation").await;
    hanna.is_told("does not look like an e-mail address").await;
    let link = invite(&mut hanna, &demo, NOBODY).await;

    let mut guest = Visitor::arrive(&chromium, "mistakes-guest").await;
    guest.open(&link).await;
    guest.press("Continue").await;
    guest.reaches("Confirm your e-mail address").await;
    guest.fill("Code", "0000 0000").await;
    guest.press("Confirm").await;
    guest.is_told("This code is not right").await;
    hanna.opens_mail(&demo.companion_url, NOBODY, "Your code").await;
    let code = hanna.code_in_mail().await;
    guest.fill("Code", &code).await;
    guest.press("Confirm").await;
    guest.reaches("Choose a password").await;
    guest.fill("Password", "short").await;
    guest.press("Save password").await;
    guest.is_told("The password needs at least 15 characters").await;
    guest.press("Skip: mail me codes instead").await;
    guest.reaches("Review permissions").await;
    guest.press("Accept").await;
    guest.reaches("Sample app").await;
    guest.open(&format!("{}/t/harbor/home", demo.base_url)).await;
    guest.is_told("guest").await;
}
