//! An invitation as the directory keeps it.

use crate::email::EmailAddress;
use crate::ids::{InvitationId, TenantId, UserId};
use crate::vault::SecretHash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where an invitation stands. The names on the Graph-compatible API differ where Graph has fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InvitationState {
    /// Can be redeemed until it expires.
    Pending,
    /// Redeemed: its link is now a way back.
    Completed,
    /// Withdrawn by an inviter.
    Revoked,
    /// Replaced by a newer one for the same person: its link is dead.
    Superseded,
}

/// Who invited: a person, a client acting for itself, or the operator at the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "id")]
pub enum Inviter {
    /// A signed-in person.
    User(UserId),
    /// A client with the invite permission.
    Client(hospes_protocol::ClientId),
    /// The operator.
    Operator,
}

/// An invitation for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Identifier; not the secret of the link.
    pub id: InvitationId,
    /// Owner.
    pub tenant: TenantId,
    /// The guest object, which exists from the start.
    pub user: UserId,
    /// The address the link was sent to.
    pub email: EmailAddress,
    /// Hash of the link's secret. The plain value is only ever in the mail.
    pub secret: SecretHash,
    /// Where the guest lands afterwards; validated when the invitation was made and again when it is used.
    pub redirect_url: String,
    /// Who invited.
    pub inviter: Inviter,
    /// Plain text from the inviter.
    #[serde(default)]
    pub message: Option<String>,
    /// Language of the mail.
    #[serde(default)]
    pub language: Option<String>,
    /// Who gets a copy of the mail; never proof of a mailbox.
    #[serde(default)]
    pub cc: Option<EmailAddress>,
    /// Where it stands.
    pub state: InvitationState,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this it cannot be redeemed, whether or not anything was cleaned up.
    pub expires_at: Timestamp,
    /// When it reached its final state.
    #[serde(default)]
    pub closed_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether it can still bind an identity.
    pub fn is_redeemable(&self, now: Timestamp) -> bool {
        self.state == InvitationState::Pending && now < self.expires_at
    }
}
