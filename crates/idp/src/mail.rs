//! Mail as `idp` asks for it: what must be said, to whom, until when it is worth saying. Rendering and sending are
//! somebody else's. The content is sealed while it waits, because it holds links and codes.

use crate::email::EmailAddress;
use crate::ids::{MailId, TenantId};
use crate::vault::Sealed;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a mail says.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, never many in a list")]
pub enum MailContent {
    /// Somebody is invited.
    Invitation(InvitationMail),
    /// A code that proves the mailbox.
    Code(CodeMail),
    /// The password of a lightweight account was changed.
    PasswordChanged(NoticeMail),
    /// A first administrator may set up their account.
    SetUp(SetUpMail),
}

/// Content of an invitation.
#[derive(Clone, Serialize, Deserialize)]
pub struct InvitationMail {
    /// The inviting organization.
    pub organization: String,
    /// Who invites, if a person.
    pub inviter_name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<EmailAddress>,
    /// A copy; it never proves a mailbox.
    pub cc: Option<EmailAddress>,
    /// How the guest is called.
    pub guest_name: Option<String>,
    /// Plain text from the inviter.
    pub message: Option<String>,
    /// The one link.
    pub link: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Host the guest will land on.
    pub destination: String,
    /// What the organization does with data.
    pub privacy_statement_url: Option<String>,
}

/// Content of a code mail.
#[derive(Clone, Serialize, Deserialize)]
pub struct CodeMail {
    /// The organization the person signs in to.
    pub organization: String,
    /// The code.
    pub code: String,
    /// Minutes it works.
    pub minutes: u32,
}

/// Content of a notice.
#[derive(Clone, Serialize, Deserialize)]
pub struct NoticeMail {
    /// The organization.
    pub organization: String,
    /// When it happened.
    pub at: Timestamp,
    /// The reference to quote.
    pub reference: String,
}

/// Content of a set-up mail.
#[derive(Clone, Serialize, Deserialize)]
pub struct SetUpMail {
    /// The organization.
    pub organization: String,
    /// The one link.
    pub link: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A mail in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMail {
    /// Identifier; also the local part of the Message-ID, so that a second copy is recognised.
    pub id: MailId,
    /// Owner.
    pub tenant: TenantId,
    /// Recipient.
    pub to: EmailAddress,
    /// BCP 47 language wanted.
    pub language: Option<String>,
    /// A [`MailContent`] as JSON, sealed with the mail's id as context.
    pub content: Sealed,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// After this it is not worth sending: a code that no longer works, an invitation that expired.
    pub worthless_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this.
    pub due_at: Timestamp,
}
