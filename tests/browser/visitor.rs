//! A visitor: what somebody does with pages, in the words on them.

use std::time::Instant;

use thirtyfour::prelude::*;

use super::chromium::Chromium;
use super::page;
use crate::process::{BETWEEN_LOOKS, PATIENCE};

/// Somebody with a browser of their own.
pub(crate) struct Visitor {
    pub(crate) driver: WebDriver,
    /// Begins the names of the pictures.
    name: &'static str,
    /// How many were taken; none of a way that is photographed elsewhere.
    pictures: Option<usize>,
}

impl Visitor {
    pub(crate) async fn arrive(chromium: &Chromium, name: &'static str) -> Self {
        Self { driver: chromium.open().await, name, pictures: Some(0) }
    }

    /// In a browser that runs no script of any page, and takes no pictures.
    pub(crate) async fn arrive_without_javascript(chromium: &Chromium, name: &'static str) -> Self {
        let visitor = Self { pictures: None, ..Self::arrive(chromium, name).await };
        let off = serde_json::json!({"value": true});
        visitor.driver.cdp().send_raw("Emulation.setScriptExecutionDisabled", off).await.unwrap();
        visitor
    }

    pub(crate) async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Waits for the page with this heading, judges and photographs it.
    pub(crate) async fn sees(&mut self, heading: &str) {
        self.reaches(heading).await;
        page::judge(&self.driver, heading).await;
        if let Some(taken) = &mut self.pictures {
            *taken += 1;
            let title = format!("{}-{taken:02}-{}", self.name, page::file_name(heading));
            page::photograph(&self.driver, &title).await;
        }
    }

    /// Waits for a page with these words on it, judges and photographs it.
    pub(crate) async fn is_told(&mut self, words: &str) {
        let wanted = format!("//main[contains(normalize-space(.),{words:?})]");
        self.element(&wanted).await;
        let heading = self.text("h1").await;
        self.sees(&heading).await;
    }

    /// Waits for the page with this heading.
    pub(crate) async fn reaches(&self, heading: &str) {
        let wanted = format!("//h1[normalize-space(.)={heading:?}]");
        let found = self.driver.query(By::XPath(&wanted)).wait(PATIENCE / 3, BETWEEN_LOOKS).first().await;
        if found.is_err() {
            let (url, body) = (self.driver.current_url().await.unwrap(), self.text("body").await);
            panic!("{} does not see “{heading}” but {url}:\n{body}", self.name);
        }
    }

    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let field = format!("//*[@id=//label[starts-with(normalize-space(.),{label:?})]/@for]");
        let field = self.element(&field).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(crate) async fn press(&self, button: &str) {
        self.element(&format!("//button[normalize-space(.)={button:?}]")).await.click().await.unwrap();
    }

    pub(crate) async fn follow(&self, link: &str) {
        self.element(&format!("//a[normalize-space(.)={link:?}]")).await.click().await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn types(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Presses Tab until the focus is on what is called `name`, and sees it there.
    pub(crate) async fn tabs_to(&self, name: &str) {
        const FOCUSED: &str = "
            const e = document.activeElement;
            return {name: ((e.labels && e.labels[0]) || e).textContent.trim(), ring: getComputedStyle(e).outlineStyle};";
        let mut passed = Vec::new();
        while passed.len() < 30 {
            let focused = self.driver.execute(FOCUSED, vec![]).await.unwrap().json().clone();
            if focused["name"].as_str().unwrap().starts_with(name) {
                assert_ne!(focused["ring"], "none", "one sees that the focus is on “{name}”");
                return;
            }
            passed.push(focused["name"].clone());
            self.types(Key::Tab).await;
        }
        panic!("Tab does not lead to “{name}”, only to {passed:?}");
    }

    /// Finds these words on the page.
    pub(crate) async fn reads(&self, words: &str) {
        let page = self.text("body").await;
        assert!(page.contains(words), "{} does not read “{words}” but:\n{page}", self.name);
    }

    /// The visible words of the first element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.driver.find(By::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// Opens the newest mail to `address` whose subject contains `subject`, as soon as it has come.
    pub(crate) async fn opens_mail(&mut self, companion_url: &str, address: &str, subject: &str) {
        let begun = Instant::now();
        let row = format!("//li[contains(.,{address:?})]/a[contains(.,{subject:?})]");
        loop {
            self.open(&format!("{companion_url}/mail")).await;
            if let Ok(mail) = self.driver.find(By::XPath(&row)).await {
                self.sees("Mails").await;
                drop(mail);
                return self.element(&row).await.click().await.unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "no mail about “{subject}” has come to {address}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The invitation's link on the page of a mail.
    pub(crate) async fn link_in_mail(&self) -> String {
        let link = self.element("//ul/li/a[contains(@href,'/redeem?ticket=')]").await;
        link.prop("href").await.unwrap().unwrap()
    }

    /// Presses the button in the mail itself, which opens another window.
    pub(crate) async fn presses_in_mail(&self, button: &str) {
        self.element("//iframe").await.enter_frame().await.unwrap();
        self.follow(button).await;
        let begun = Instant::now();
        loop {
            let windows = self.driver.windows().await.unwrap();
            if let [_, opened] = &*windows {
                return self.driver.switch_to_window(opened.clone()).await.unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "“{button}” in the mail opens nothing");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The code on the page of a mail.
    pub(crate) async fn code_in_mail(&self) -> String {
        let text = self.text("pre.mail").await;
        let line = text.lines().map(|line| line.replace(' ', ""));
        let code =
            line.into_iter().find(|line| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit()));
        code.unwrap_or_else(|| panic!("no code in:\n{text}"))
    }

    /// The verified ID token, as the sample app shows it.
    pub(crate) async fn claims(&self) -> serde_json::Value {
        let raw = self.driver.find(By::Css("details pre code")).await.unwrap();
        serde_json::from_str(&raw.prop("textContent").await.unwrap().unwrap()).unwrap()
    }

    async fn element(&self, xpath: &str) -> WebElement {
        let found = self.driver.query(By::XPath(xpath)).wait(PATIENCE / 3, BETWEEN_LOOKS).first().await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{} finds no {xpath}: {error}\n{}", self.name, self.text("body").await),
        }
    }
}
