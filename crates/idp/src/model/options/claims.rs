//! What tokens and userinfo say about people, and what the person is called there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What tokens and userinfo say about people, and what the person is called there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClaimOptions {}
