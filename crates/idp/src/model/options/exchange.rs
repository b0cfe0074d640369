//! Token exchange (RFC 8693): whose tokens the client may exchange, and for what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Token exchange (RFC 8693): whose tokens the client may exchange, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ExchangeOptions {}
