//! Where the registration came from, and what it says about the client to people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the registration came from, and what it says about the client to people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RegistrationOptions {}
