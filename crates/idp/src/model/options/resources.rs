//! The resources the client may ask tokens for (RFC 8707) and what it may ask there (RFC 9396).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The resources the client may ask tokens for (RFC 8707) and what it may ask there (RFC 9396).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ResourceOptions {}
