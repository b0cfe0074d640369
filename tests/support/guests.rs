//! What tests about guests do again and again: walk an invitation to a screen, look at who is there now, and check what a
//! refused attempt may leave behind.

use super::TestApp;
use super::answer::Answer;
use super::browser::Browser;
use super::fake_home::{Departure, FakeHome};
use super::redemption::mailed_code;
use super::tenant::{PASSWORD, Person, TestTenant};
use hospes_idp::admin::people::UserPatch;
use hospes_idp::email::EmailAddress;
use hospes_idp::guest::user::{FederatedIdentity, LocalAccount, User};
use hospes_idp::invitation::record::{Invitation, Inviter};
use hospes_idp::ports::{Page, PageRequest, UserQuery};
use hospes_idp::tenant::Status;
use serde_json::Value;

fn all() -> PageRequest {
    PageRequest { after: None, size: 200 }
}

impl TestTenant<'_> {
    /// The person at an address.
    pub(crate) async fn user_at(&self, email: &str) -> Option<User> {
        let query = UserQuery::with_email(&EmailAddress::parse(email).unwrap());
        let Page { mut items, .. } = self.desk().await.admin().users(&query, all()).await.unwrap();
        items.pop()
    }

    /// Everybody.
    pub(crate) async fn people(&self) -> Vec<User> {
        self.desk().await.admin().users(&UserQuery::default(), all()).await.unwrap().items
    }

    /// Accounts at home that the person at an address is bound to.
    pub(crate) async fn identities_of(&self, email: &str) -> Vec<FederatedIdentity> {
        let user = self.user_at(email).await.unwrap();
        self.app.house().directory.identities(user.tenant, user.id).await.unwrap()
    }

    /// The lightweight account of the person at an address.
    pub(crate) async fn account_of(&self, email: &str) -> Option<LocalAccount> {
        let user = self.user_at(email).await.unwrap();
        self.app.house().directory.local_account(user.tenant, user.id).await.unwrap()
    }

    /// Whether the guest at an address still waits and is bound to nothing.
    pub(crate) async fn is_waiting(&self, email: &str) -> bool {
        let user = self.user_at(email).await.unwrap();
        user.is_pending()
            && self.identities_of(email).await.is_empty()
            && self.account_of(email).await.is_none()
    }

    pub(crate) async fn set_status_of(&self, email: &str, status: Status) {
        let user = self.user_at(email).await.unwrap();
        let patch = UserPatch { status: Some(status), ..UserPatch::default() };
        self.desk().await.admin().update_user(user.id, patch, None).await.unwrap();
    }

    /// Invitations, newest first.
    pub(crate) async fn invitations(&self) -> Vec<Invitation> {
        let desk = self.desk().await;
        let page = desk.idp.invitations_of(&desk.tenant, &Inviter::Operator, all()).await.unwrap();
        page.items.into_iter().map(|(invitation, _)| invitation).collect()
    }

    /// Withdraws the newest invitation.
    pub(crate) async fn revoke_newest(&self) {
        let desk = self.desk().await;
        let newest = self.invitations().await[0].id;
        desk.idp.revoke_invitation(&desk.ctx, &desk.tenant, &Inviter::Operator, newest).await.unwrap();
    }

    /// Somebody with a lightweight account, redeemed with a code and [`PASSWORD`] in a browser of their own.
    pub(crate) async fn local_guest(&self, email: &str) -> (Person, Browser) {
        let browser = self.app.browser();
        let link = self.invite(email).await;
        let page = browser.enter(&link).await;
        let page = browser.prove_mailbox(self.app, &page, email).await;
        let page = browser.submit(&page, "/new-password", &[("password", PASSWORD)]).await;
        let landed = browser.accept(&page).await;
        assert_eq!((landed.status, landed.url.as_str()), (200, self.url("/home").as_str()), "{landed:?}");
        let id = self.user_at(email).await.unwrap().id;
        (Person { id, email: email.to_owned(), password: PASSWORD.to_owned() }, browser)
    }

    /// Somebody who came from a fake home and redeemed, in a browser of their own.
    pub(crate) async fn fake_guest(&self, home: &FakeHome, email: &str, claims: &Value) -> Browser {
        let browser = self.app.browser();
        let link = self.invite(email).await;
        let page = browser.come_from(home, &link, claims).await;
        let landed = browser.accept(&page).await;
        assert_eq!((landed.status, landed.url.as_str()), (200, self.url("/home").as_str()), "{landed:?}");
        browser
    }
}

impl Browser {
    /// Opens an invitation and presses its button.
    pub(crate) async fn enter(&self, link: &str) -> Answer {
        let page = self.open(link).await;
        self.submit(&page, "/redeem", &[]).await
    }

    /// Opens an invitation and leaves for the home IdP.
    pub(crate) async fn depart(&self, link: &str) -> Departure {
        Departure::of(&self.enter(link).await)
    }

    /// Opens an invitation, signs in at a fake home with these claims, and comes back.
    pub(crate) async fn come_from(&self, home: &FakeHome, link: &str, claims: &Value) -> Answer {
        let departure = self.depart(link).await;
        self.open(&home.signs_in(&departure, claims)).await
    }

    /// Types the code that was mailed.
    pub(crate) async fn prove_mailbox(&self, app: &TestApp, page: &Answer, email: &str) -> Answer {
        let code = mailed_code(page, app, email).await;
        self.submit(page, "/code", &[("code", &code)]).await
    }

    /// Accepts what the organization will learn.
    pub(crate) async fn accept(&self, page: &Answer) -> Answer {
        assert!(page.has("button[name=decision][value=accept]"), "no review: {}", page.body);
        self.submit(page, "/permissions", &[("decision", "accept")]).await
    }

    /// A browser with the same cookies.
    pub(crate) fn twin(&self, app: &TestApp) -> Self {
        let twin = Self::new(app);
        twin.cookies.lock().unwrap().clone_from(&self.cookies.lock().unwrap());
        twin
    }

    /// The name and value of the cookie whose name begins so.
    pub(crate) fn cookie(&self, prefix: &str) -> Option<(String, String)> {
        let cookies = self.cookies.lock().unwrap();
        cookies
            .iter()
            .find(|(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.clone(), value.clone()))
    }
}

impl Answer {
    /// A refusal page about an invitation's link: no redirect, no cookie, no code, a reference number.
    pub(crate) fn is_link_problem(&self, status: u16, headline: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.body.contains(&format!("<h1>{headline}</h1>")), "{}", self.body);
        assert_eq!((self.location(), self.headers.get("set-cookie")), (None, None), "{self:?}");
        self.is_not_stored();
        self.reference();
    }

    /// Whether a text stands on the page; addresses may break before the @ there.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.body.replace("<wbr>", "").contains(text)
    }

    /// The body without what differs from request to request.
    pub(crate) fn generic_body(&self) -> String {
        let mut body = self.body.clone();
        for mark in ["Reference number: <code>", "name=\"csrf\" value=\"", "/interaction/"] {
            let mut rest = body.as_str();
            let mut cleaned = String::new();
            while let Some((before, after)) = rest.split_once(mark) {
                cleaned.push_str(before);
                cleaned.push_str(mark);
                rest =
                    after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            }
            cleaned.push_str(rest);
            body = cleaned;
        }
        body
    }
}

impl TestApp {
    /// Asserts that an attempt changes nothing but the sign-ins in progress, and sends no mail.
    pub(crate) async fn only_sign_ins_changed<T>(&self, attempt: impl Future<Output = T>) -> T {
        let before = self.snapshot().await;
        let mails = self.mail.mails().len();
        let answer = Box::pin(attempt).await;
        let difference = before.difference(&self.snapshot().await);
        let others: Vec<_> = difference
            .iter()
            .filter(|line| !line.contains("interaction ") && !line.contains(":interaction:"))
            .collect();
        assert!(others.is_empty(), "more than the sign-in changed: {others:#?}");
        assert_eq!(self.mail.mails().len(), mails, "a refused attempt sent mail");
        answer
    }
}
