//! Groups.

use hospes_idp::admin::groups::GroupSettings;
use hospes_idp::guest::group as domain;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A group of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// In the `groups` claim.
    pub id: Uuid,
    /// Shown to people; taken once in a tenant.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change of the group itself; the `ETag` in quotes.
    pub version: u64,
}

impl From<domain::Group> for Group {
    fn from(group: domain::Group) -> Self {
        Self {
            id: group.id.0,
            display_name: group.display_name,
            description: group.description,
            created_at: group.created_at,
            version: group.version,
        }
    }
}

/// A group to be made, or what it is to be from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupBody {
    /// Shown to people; taken once in a tenant, in any letter case.
    pub display_name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

impl From<GroupBody> for GroupSettings {
    fn from(body: GroupBody) -> Self {
        Self { display_name: body.display_name, description: body.description }
    }
}
