//! Groups of people: what applications give rights to.

use crate::ids::{GroupId, TenantId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most groups a token names; who is in more is looked up where the token says.
pub const MOST_IN_TOKENS: u32 = 200;

/// A group of people of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// In the `groups` claim.
    pub id: GroupId,
    /// Owner.
    pub tenant: TenantId,
    /// Shown to people; taken once in a tenant.
    pub display_name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change of the group itself, not of its members.
    pub version: u64,
}

impl Group {
    /// What a name is compared by.
    pub fn key_of(name: &str) -> String {
        name.to_lowercase()
    }

    /// What its name is compared by.
    pub fn name_key(&self) -> String {
        Self::key_of(&self.display_name)
    }
}

/// That somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Of both.
    pub tenant: TenantId,
    /// Which group.
    pub group: GroupId,
    /// Who.
    pub user: UserId,
}
