//! How tokens and userinfo are signed and encrypted, and with which keys of the client.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How tokens and userinfo are signed and encrypted, and with which keys of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TokenOptions {}
