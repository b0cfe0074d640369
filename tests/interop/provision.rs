//! A server with one organization, `harbor`, as its administrator would set it up.

use std::sync::Arc;

use hospes_idp::admin::Caller;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::admin::people::NewMember;
use hospes_idp::admin::tenants::NewTenant;
use hospes_idp::federation::logout::Addresses;
use hospes_idp::invitation::invite::InviteRequest;
use hospes_idp::invitation::record::Inviter;
use hospes_idp::tenant::TenantSettings;
use hospes_mail::{Catcher, CaughtMail};
use hospes_protocol::names::Secret;
use hospes_server::wiring::House;

use crate::process::PATIENCE;
use crate::process::hospes::{Place, Server};

/// The application's client identifier.
pub(crate) const CLIENT: &str = "application";
/// A member of harbor who signs in with a password.
pub(crate) const MEMBER: &str = "hanna@harbor.example";
/// That password.
pub(crate) const PASSWORD: &str = "a harbor without a storm";

/// What the server will know.
pub(crate) struct Wishes<'a> {
    /// The application.
    pub(crate) client: ClientSettings,
    /// Where people of the mountain sign in.
    pub(crate) home_idp: Option<HomeIdpSettings>,
    /// Who is invited.
    pub(crate) invited: &'a [&'a str],
}

/// What an administrator takes away from the set-up.
pub(crate) struct Harbor {
    pub(crate) server: Server,
    pub(crate) mailbox: Catcher,
    /// Of the application.
    pub(crate) secret: Option<String>,
    /// In the order of the wishes.
    pub(crate) invitations: Vec<String>,
}

impl Harbor {
    pub(crate) fn issuer(&self) -> String {
        format!("{}/t/harbor", self.server.base_url)
    }

    /// The code in the newest mail to this address.
    pub(crate) async fn code_for(&self, address: &str) -> String {
        let is_code = |mail: &CaughtMail| mail.subject.starts_with("Your code") && mail.to == [address];
        let mail: Arc<CaughtMail> = self.mailbox.wait_for(is_code, PATIENCE).await.expect("a code comes");
        let text = mail.text.as_deref().unwrap();
        let mut lines = text.lines().map(|line| line.replace(' ', ""));
        lines.find(|line| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit())).expect("a code")
    }
}

/// What older clients need is allowed; who does not make use of it does not notice.
fn tolerant() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.options.security.allow_client_secret_jwt = true;
    settings
}

/// Sets a server up and starts it. `register` makes us a client of the home IdP, given our addresses for it, and
/// returns identifier and secret.
///
/// All knowledge of how a server is provisioned is in here.
pub(crate) async fn provision(
    wishes: Wishes<'_>,
    register: impl AsyncFnOnce(&Addresses) -> (String, String),
) -> Harbor {
    let mailbox = Catcher::bind(0).await.unwrap();
    let place = Place::new(mailbox.addr());
    let house = House::open(&place.config()).await.unwrap();
    let ctx = (house.app.make_ctx)(None);
    let idp = &house.app.idp;
    let new = NewTenant {
        slug: "harbor".to_owned(),
        display_name: "Harbor Logistics".to_owned(),
        settings: tolerant(),
    };
    let tenant = idp.create_tenant(&ctx, &Caller::Operator, new).await.unwrap();
    let admin = idp.admin(&ctx, &tenant, &Caller::Operator).unwrap();
    let member = NewMember {
        email: MEMBER.to_owned(),
        display_name: "Hanna Hafen".to_owned(),
        roles: Vec::new(),
        password: Some(PASSWORD.to_owned()),
    };
    admin.create_member(member).await.unwrap();
    let start_url = wishes.client.start_url.clone().unwrap();
    let (_, secret) = admin.create_client(Some(CLIENT), wishes.client).await.unwrap();
    if let Some(settings) = wishes.home_idp {
        let home_idp = admin.create_home_idp(settings.clone()).await.unwrap();
        let (client_id, client_secret) = register(&admin.addresses(home_idp.id)).await;
        let settings =
            HomeIdpSettings { client_id, client_secret: Some(Secret::new(client_secret)), ..settings };
        admin.update_home_idp(home_idp.id, settings, None).await.unwrap();
    }
    let mut invitations = Vec::new();
    for email in wishes.invited {
        let request = InviteRequest {
            email: (*email).to_owned(),
            redirect_url: start_url.clone(),
            display_name: None,
            send_mail: false,
            message: None,
            language: None,
            cc: None,
            sponsors: Vec::new(),
        };
        let invited = idp.invite(&ctx, &tenant, Inviter::Operator, request).await.unwrap();
        invitations.push(invited.redeem_url.unwrap());
    }
    house.close().await;
    let secret = secret.map(|secret| secret.reveal().to_owned());
    Harbor { server: place.serve(), mailbox, secret, invitations }
}
