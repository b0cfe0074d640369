//! Mails as `idp` would ask for them.

use hospes_idp::email::EmailAddress;
use hospes_idp::ids::{MailId, TenantId};
use hospes_idp::mail::{CodeMail, InvitationMail, MailContent, NoticeMail, OutboxMail, SetUpMail};
use hospes_idp::vault::{Purpose, Sealed, Vault};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) const LINK: &str =
    "https://id.fjord.example/fjord/invitations/Zk3v9nQw1sY7tB5xR8uL2mC6dH4jK0pA_fEgTiOoNqw";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn vault() -> Vault {
    Vault::new([7; 32])
}

pub(crate) fn invitation() -> InvitationMail {
    InvitationMail {
        organization: "Fjord Labs".into(),
        inviter_name: Some("Ada Lindqvist".into()),
        reply_to: Some(email("ada@fjord.example")),
        cc: None,
        guest_name: Some("Grace Müller".into()),
        message: Some("Hello Grace,\n\nthis is for the turbine review. The agenda is at https://wiki.fjord.example/turbine.\n\nAda".into()),
        link: LINK.into(),
        expires_at: at("2026-12-06T14:05:00Z"),
        destination: "reviews.fjord.example".into(),
        privacy_statement_url: Some("https://fjord.example/privacy".into()),
    }
}

/// As little as an invitation can say.
pub(crate) fn bare_invitation() -> InvitationMail {
    InvitationMail {
        inviter_name: None,
        reply_to: None,
        guest_name: None,
        message: None,
        privacy_statement_url: None,
        ..invitation()
    }
}

pub(crate) fn code() -> MailContent {
    MailContent::Code(CodeMail { organization: "Fjord Labs".into(), code: "12345678".into(), minutes: 10 })
}

pub(crate) fn password_changed() -> MailContent {
    MailContent::PasswordChanged(NoticeMail {
        organization: "Fjord Labs".into(),
        at: at("2026-11-22T09:03:11Z"),
        reference: "H-7KQM-2XPD".into(),
    })
}

pub(crate) fn set_up() -> MailContent {
    MailContent::SetUp(SetUpMail {
        organization: "Fjord Labs".into(),
        link: LINK.into(),
        expires_at: at("2026-11-23T09:03:11Z"),
    })
}

/// A mail in the outbox, asked for at nine o'clock and good for ten minutes.
pub(crate) fn outbox(number: u128, to: &str, content: &MailContent) -> OutboxMail {
    let id = MailId(Uuid::from_u128(number));
    let json = serde_json::to_vec(content).unwrap();
    OutboxMail {
        id,
        tenant: TenantId(Uuid::from_u128(1)),
        to: email(to),
        language: None,
        content: vault().seal_same(Purpose::Mail, id.0.as_bytes(), &json),
        created_at: at("2026-11-22T09:00:00Z"),
        worthless_at: at("2026-11-22T09:10:00Z"),
        attempts: 0,
        due_at: at("2026-11-22T09:00:00Z"),
    }
}

pub(crate) fn spoilt(mail: OutboxMail) -> OutboxMail {
    OutboxMail { content: Sealed(vec![0; 40]), ..mail }
}
