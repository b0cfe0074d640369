//! Invitations.

use super::InvitationState;
use super::audit::ActorRef;
use hospes_idp::ids::UserId;
use hospes_idp::invitation::invite::{InviteRequest, Invited};
use hospes_idp::invitation::record as domain;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An invitation for one person. The secret of its link is only ever in the mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Identifier; not the secret of the link.
    pub id: Uuid,
    /// The guest object, which exists from the start.
    pub user: Uuid,
    /// Where the link was sent.
    pub email: String,
    /// Where the guest lands.
    pub redirect_url: String,
    /// Who invited.
    pub inviter: ActorRef,
    /// Plain text from the inviter.
    pub message: Option<String>,
    /// Language of the mail.
    pub language: Option<String>,
    /// Where it stands. A pending one that expired stays pending and can be sent again.
    pub state: InvitationState,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this it cannot be redeemed.
    pub expires_at: Timestamp,
    /// When it reached its final state.
    pub closed_at: Option<Timestamp>,
}

impl From<domain::Invitation> for Invitation {
    fn from(invitation: domain::Invitation) -> Self {
        Self {
            id: invitation.id.0,
            user: invitation.user.0,
            email: invitation.email.to_string(),
            redirect_url: invitation.redirect_url,
            inviter: (&invitation.inviter).into(),
            message: invitation.message,
            language: invitation.language,
            state: invitation.state.into(),
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            closed_at: invitation.closed_at,
        }
    }
}

/// An invitation just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeInvitation {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// Whether a mail was queued.
    pub mail_queued: bool,
    /// The link, where the tenant's rules give it to inviters.
    pub redeem_url: Option<String>,
}

impl From<Invited> for MadeInvitation {
    fn from(made: Invited) -> Self {
        Self {
            invitation: made.invitation.into(),
            mail_queued: made.mail_queued,
            redeem_url: made.redeem_url,
        }
    }
}

/// Somebody to be invited.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewInvitation {
    /// To whom.
    pub email: String,
    /// The start page of an enabled client, a landing page of the tenant, or its own home page.
    pub redirect_url: String,
    /// How the guest is called.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether Hospes sends the mail.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub send_mail: bool,
    /// Plain text for the mail.
    #[serde(default)]
    pub message: Option<String>,
    /// Language of the mail.
    #[serde(default)]
    pub language: Option<String>,
    /// One copy.
    #[serde(default)]
    pub cc: Option<String>,
    /// Who is responsible; the inviter when empty.
    #[serde(default)]
    pub sponsors: Vec<Uuid>,
}

const fn yes() -> bool {
    true
}

impl From<NewInvitation> for InviteRequest {
    fn from(new: NewInvitation) -> Self {
        Self {
            email: new.email,
            redirect_url: new.redirect_url,
            display_name: new.display_name,
            send_mail: new.send_mail,
            message: new.message,
            language: new.language,
            cc: new.cc,
            sponsors: new.sponsors.into_iter().map(UserId).collect(),
        }
    }
}
