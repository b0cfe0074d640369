//! People.

use super::{Role, State, Status, UserType};
use hospes_idp::admin::people;
use hospes_idp::guest::user as domain;
use hospes_protocol::names::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The `oid` claim.
    pub id: Uuid,
    /// Guest or member.
    pub user_type: UserType,
    /// Whether an invited person has redeemed; null for people who were never invited.
    pub state: Option<State>,
    /// When that last changed.
    pub state_changed_at: Option<Timestamp>,
    /// Contact address.
    pub email: String,
    /// Whether the mailbox was proven.
    pub email_verified: bool,
    /// Full name.
    pub display_name: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Login name at home, for display.
    pub preferred_username: Option<String>,
    /// BCP 47 language tag.
    pub preferred_language: Option<String>,
    /// Directory roles.
    pub roles: Vec<Role>,
    /// On or off.
    pub status: Status,
    /// Who is responsible for a guest.
    pub sponsors: Vec<Uuid>,
    /// Who invited.
    pub invited_by: Option<Uuid>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was deleted, if it can still be restored.
    pub deleted_at: Option<Timestamp>,
    /// Rises with each change; the `ETag` in quotes.
    pub version: u64,
}

impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.0,
            user_type: user.user_type.into(),
            state: user.external_user_state.map(State::from),
            state_changed_at: user.external_user_state_changed_at,
            email: user.email.to_string(),
            email_verified: user.email_verified,
            display_name: user.profile.display_name,
            given_name: user.profile.given_name,
            family_name: user.profile.family_name,
            preferred_username: user.profile.preferred_username,
            preferred_language: user.profile.preferred_language,
            roles: user.roles.into_iter().map(Role::from).collect(),
            status: user.status.into(),
            sponsors: user.sponsors.iter().map(|id| id.0).collect(),
            invited_by: user.invited_by.map(|id| id.0),
            created_at: user.created_at,
            deleted_at: user.deleted_at,
            version: user.version,
        }
    }
}

/// A person and where they sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserWithIdentities {
    /// The person.
    #[serde(flatten)]
    pub user: User,
    /// Accounts at home IdPs they are linked to.
    pub identities: Vec<Identity>,
    /// Whether they have a lightweight account.
    pub has_local_account: bool,
}

impl UserWithIdentities {
    /// A person with their ways in.
    pub fn of(
        user: domain::User,
        (identities, has_local_account): (Vec<domain::FederatedIdentity>, bool),
    ) -> Self {
        let identities = identities.into_iter().map(Identity::from).collect();
        Self { user: user.into(), identities, has_local_account }
    }
}

/// An account at a home IdP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The home IdP.
    pub home_idp: Uuid,
    /// Its issuer.
    pub issuer: String,
    /// The person there.
    pub subject: String,
    /// When it was linked.
    pub linked_at: Timestamp,
}

impl From<domain::FederatedIdentity> for Identity {
    fn from(identity: domain::FederatedIdentity) -> Self {
        Self {
            home_idp: identity.home_idp.0,
            issuer: identity.issuer.to_string(),
            subject: identity.subject.to_string(),
            linked_at: identity.linked_at,
        }
    }
}

/// A member to be made. Guests are invited instead.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMember {
    /// Counts as verified, because the organization says so.
    pub email: String,
    /// Full name.
    pub display_name: String,
    /// Directory roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// A first password; without one, the person signs in with codes by mail.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    pub password: Option<Secret>,
}

impl From<NewMember> for people::NewMember {
    fn from(member: NewMember) -> Self {
        Self {
            email: member.email,
            display_name: member.display_name,
            roles: member.roles.into_iter().map(Into::into).collect(),
            password: member.password.map(|password| password.reveal().to_owned()),
        }
    }
}

/// What changes; absent members stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UserPatch {
    /// Full name.
    pub display_name: Option<String>,
    /// Given name; empty takes it away.
    pub given_name: Option<String>,
    /// Family name; empty takes it away.
    pub family_name: Option<String>,
    /// BCP 47 language tag; empty takes it away.
    pub preferred_language: Option<String>,
    /// On or off. Off ends sessions and tokens.
    pub status: Option<Status>,
    /// Directory roles, as a whole.
    pub roles: Option<Vec<Role>>,
}

impl From<UserPatch> for people::UserPatch {
    fn from(patch: UserPatch) -> Self {
        Self {
            display_name: patch.display_name,
            given_name: patch.given_name,
            family_name: patch.family_name,
            preferred_language: patch.preferred_language,
            status: patch.status.map(Into::into),
            roles: patch.roles.map(|roles| roles.into_iter().map(Into::into).collect()),
        }
    }
}
