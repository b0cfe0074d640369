//! Two tenants of one house: one invites, the other is where the guests have their accounts. A redemption here is the
//! whole journey: mail, link, sign-in at home, review, landing.

use super::answer::Answer;
use super::browser::Browser;
use super::tenant::{Person, TestTenant};
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::email::{Domain, EmailAddress};
use hospes_idp::federation::home_idp::{ClaimMap, EmailTrust, HomeDomain};
use hospes_idp::ids::HomeIdpId;
use hospes_idp::invitation::invite::InviteRequest;
use hospes_idp::invitation::record::Inviter;
use hospes_idp::ports::{PageRequest, UserQuery};
use hospes_idp::tenant::Status;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use std::time::Duration;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl TestTenant<'_> {
    /// Makes `home` a home IdP of this tenant, authoritative for `HOME.example`.
    pub(crate) async fn home_idp_of(&self, home: &TestTenant<'_>) -> HomeIdpId {
        let (here, there) = (self.desk().await, home.desk().await);
        let settings = ClientSettings {
            display_name: format!("Organization {}", self.slug),
            redirect_uris: vec![format!("{}/later", self.app.base_url)],
            ..ClientSettings::default()
        };
        let (client, secret) = there.admin().create_client(Some(&self.slug), settings.clone()).await.unwrap();
        let domain = Domain::parse(&format!("{}.example", home.slug)).unwrap();
        let home_idp = HomeIdpSettings {
            display_name: format!("Organization {}", home.slug),
            issuer: home.issuer(),
            client_id: client.client_id.to_string(),
            auth_method: ClientAuthMethod::ClientSecretBasic,
            client_secret: secret,
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            domains: vec![HomeDomain { domain, authoritative: true }],
            email_trust: EmailTrust::VerifiedOnly,
            claim_map: ClaimMap::new(),
            algorithms: vec![Algorithm::RS256, Algorithm::ES256],
            status: Status::Enabled,
        };
        let home_idp = here.admin().create_home_idp(home_idp).await.unwrap();
        let redirect_uris = vec![here.admin().callback_uri(home_idp.id)];
        let settings = ClientSettings { redirect_uris, ..settings };
        there.admin().update_client(&client.client_id, settings, None).await.unwrap();
        home_idp.id
    }

    /// Switches a home IdP on or off.
    pub(crate) async fn home_idp_status(&self, id: HomeIdpId, status: Status) {
        self.update_home_idp(id, |settings| settings.status = status).await;
    }

    /// Whether what it says about mailboxes of its domains is proof.
    pub(crate) async fn authority(&self, id: HomeIdpId, authoritative: bool) {
        let set = |domain: &mut HomeDomain| domain.authoritative = authoritative;
        self.update_home_idp(id, |settings| settings.domains.iter_mut().for_each(set)).await;
    }

    async fn update_home_idp(&self, id: HomeIdpId, change: impl FnOnce(&mut HomeIdpSettings)) {
        let desk = self.desk().await;
        let now = desk.admin().home_idp(id).await.unwrap();
        let mut settings = HomeIdpSettings {
            display_name: now.display_name,
            issuer: now.issuer.to_string(),
            client_id: now.client_id.to_string(),
            auth_method: now.auth_method,
            client_secret: None,
            scopes: now.scopes,
            domains: now.domains,
            email_trust: now.email_trust,
            claim_map: now.claim_map,
            algorithms: now.algorithms,
            status: now.status,
        };
        change(&mut settings);
        desk.admin().update_home_idp(id, settings, None).await.unwrap();
    }

    /// Invites an address and returns the link of the mail that arrives.
    pub(crate) async fn invite(&self, email: &str) -> String {
        let desk = self.desk().await;
        let request = InviteRequest {
            email: email.to_owned(),
            redirect_url: self.url("/home"),
            display_name: None,
            send_mail: true,
            message: None,
            language: None,
            cc: None,
            sponsors: Vec::new(),
        };
        desk.idp.invite(&desk.ctx, &desk.tenant, Inviter::Operator, request).await.unwrap();
        // An older invitation to the same address may lie in the mailbox.
        self.app.snapshot().await;
        let to = email.to_owned();
        let link = self.url("/redeem?ticket=");
        let arrived = self.app.mail.wait_for(
            |mail| mail.to.contains(&to) && mail.text.as_deref().unwrap_or_default().contains(&link),
            PATIENCE,
        );
        let text = arrived.await.expect("the invitation mail").text.clone().unwrap();
        let (_, ticket) = text.split_once(&link).unwrap();
        let ticket = self.app.keep_secret(ticket.split_whitespace().next().unwrap());
        format!("{link}{ticket}")
    }

    /// Somebody from `home` who was invited here and has redeemed, in a browser of their own.
    pub(crate) async fn guest_of(&self, home: &TestTenant<'_>, email: &str) -> Guest {
        let at_home = home.member(email).await;
        let link = self.invite(email).await;
        let browser = self.app.browser();
        let page = browser.open(&link).await;
        let page = browser.submit(&page, "/redeem", &[]).await;
        let page = browser.sign_in(page, &at_home).await;
        let landed = browser.submit(&page, "/permissions", &[("decision", "accept")]).await;
        assert_eq!((landed.status, landed.url.as_str()), (200, self.url("/home").as_str()), "{landed:?}");
        let here = Person { id: self.person_at(email).await, ..at_home };
        Guest { here, browser }
    }

    async fn person_at(&self, email: &str) -> hospes_idp::ids::UserId {
        let query = UserQuery::with_email(&EmailAddress::parse(email).unwrap());
        let page = PageRequest { after: None, size: 2 };
        let page = self.desk().await.admin().users(&query, page).await.unwrap();
        assert_eq!(page.items.len(), 1, "{email}");
        page.items[0].id
    }
}

/// A redeemed guest.
pub(crate) struct Guest {
    /// As the inviting tenant knows them; the password is the one at home.
    pub(crate) here: Person,
    /// Signed in at both.
    pub(crate) browser: Browser,
}

/// The code of the newest mail to an address.
pub(crate) async fn mailed_code(page: &Answer, app: &super::TestApp, email: &str) -> String {
    assert!(page.has("form[action$='/code'] input[name=code]"), "{}", page.body);
    // An older code may lie in the mailbox.
    app.snapshot().await;
    let to = email.to_owned();
    let is_code = |text: &str| text.lines().any(|line| digits(line).len() == 8);
    let arrived = app.mail.wait_for(
        |mail| mail.to.contains(&to) && is_code(mail.text.as_deref().unwrap_or_default()),
        PATIENCE,
    );
    let text = arrived.await.expect("the code mail").text.clone().unwrap();
    app.keep_secret(&text.lines().map(digits).find(|digits| digits.len() == 8).unwrap())
}

fn digits(line: &str) -> String {
    let only = line.trim().chars().all(|c| c.is_ascii_digit() || c == ' ');
    if only { line.chars().filter(char::is_ascii_digit).collect() } else { String::new() }
}
