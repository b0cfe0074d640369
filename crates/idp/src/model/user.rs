//! People as the directory knows them. Three axes are independent: where somebody signs in ([`FederatedIdentity`] or
//! [`LocalAccount`]), what they are here ([`UserType`]), and whether they have redeemed ([`ExternalUserState`]).

use crate::email::EmailAddress;
use crate::ids::{HomeIdpId, TenantId, UserId};
use crate::model::tenant::Status;
use hospes_protocol::claims::UserType;
use hospes_protocol::{Issuer, Subject};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Sponsors of one guest at most, as in the model product.
pub const MAX_SPONSORS: usize = 5;

/// Whether an invited person has redeemed; spelled as Graph spells it. Absent for people who were never invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExternalUserState {
    /// Invited, not yet redeemed: the object exists, nobody can sign in as it.
    PendingAcceptance,
    /// Bound to an identity or a lightweight account.
    Accepted,
}

/// Directory roles of this tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// May do everything in the tenant.
    Administrator,
    /// May invite guests, nothing else.
    GuestInviter,
}

impl Role {
    /// The name in the `roles` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::GuestInviter => "GuestInviter",
        }
    }
}

/// What is shown about a person. From the inviter at first, from home at each sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Profile {
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Login name at home, for display only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
}

/// A person's directory object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The `oid` claim.
    pub id: UserId,
    /// Owner.
    pub tenant: TenantId,
    /// Guest or member.
    pub user_type: UserType,
    /// Redemption state of invited people.
    pub external_user_state: Option<ExternalUserState>,
    /// When that last changed.
    pub external_user_state_changed_at: Option<Timestamp>,
    /// Contact address; unique in the tenant by its key, but never an identity.
    pub email: EmailAddress,
    /// Whether the mailbox was proven, here or by an authoritative home IdP.
    pub email_verified: bool,
    /// What is shown.
    pub profile: Profile,
    /// Directory roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Disabled people are refused everywhere.
    pub status: Status,
    /// Who is responsible for a guest.
    #[serde(default)]
    pub sponsors: Vec<UserId>,
    /// Who invited.
    #[serde(default)]
    pub invited_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was deleted. Until it is purged it can be restored, and is nobody meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Rises with each change.
    pub version: u64,
}

impl User {
    /// The guest as they will be known: names from home fill gaps; what the inviter chose stays.
    #[must_use]
    pub fn named_by(self, home: Profile) -> Self {
        let own = self.profile;
        let profile = Profile {
            display_name: own.display_name.or(home.display_name),
            given_name: own.given_name.or(home.given_name),
            family_name: own.family_name.or(home.family_name),
            preferred_username: own.preferred_username.or(home.preferred_username),
            preferred_language: own.preferred_language.or(home.preferred_language),
        };
        Self { profile, ..self }
    }

    /// Whether an invitation waits to be redeemed.
    pub fn is_pending(&self) -> bool {
        self.external_user_state == Some(ExternalUserState::PendingAcceptance)
    }

    /// Whether the person has the role.
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// The link between a person and an account at a home IdP. The key is `(tenant, home_idp, issuer, subject)`, compared
/// byte for byte; nothing else finds a federated guest at sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedIdentity {
    /// Owner.
    pub tenant: TenantId,
    /// The home IdP as registered.
    pub home_idp: HomeIdpId,
    /// Its issuer at the time of linking.
    pub issuer: Issuer,
    /// The person there.
    pub subject: Subject,
    /// The person here.
    pub user: UserId,
    /// When it was linked.
    pub linked_at: Timestamp,
}

/// A lightweight account: exists from the moment the mailbox is proven, never before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalAccount {
    /// Owner.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// Argon2id in PHC form; absent while the person signs in with codes only.
    pub password: Option<PasswordHash>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the password last changed.
    pub password_changed_at: Option<Timestamp>,
}

/// An Argon2id hash in PHC string form. Not shown in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// A person's remembered consent to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Owner.
    pub tenant: TenantId,
    /// Who agreed.
    pub user: UserId,
    /// To whom.
    pub client: hospes_protocol::ClientId,
    /// To what.
    pub scope: hospes_protocol::scope::Scopes,
    /// When.
    pub granted_at: Timestamp,
}
