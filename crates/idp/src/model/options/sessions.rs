//! How long a sign-in serves this client.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a sign-in serves this client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SessionOptions {}
