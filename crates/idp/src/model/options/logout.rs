//! How the client hears that a person signed out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the client hears that a person signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogoutOptions {}
