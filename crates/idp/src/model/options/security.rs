//! How strictly the client speaks the protocol.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How strictly the client speaks the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SecurityOptions {}
