//! Options of a tenant.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TenantOptions {
    /// How keys are rotated.
    pub keys: KeyOptions,
    /// Who may register clients by themselves (RFC 7591).
    pub registration: RegistrationRules,
    /// How strictly clients of the tenant speak the protocol.
    pub security: SecurityRules,
}

/// How keys are rotated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct KeyOptions {}

/// Who may register clients by themselves (RFC 7591).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RegistrationRules {}

/// How strictly clients of the tenant speak the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SecurityRules {
    /// Whether clients registered so may address assertions to the token endpoint, as before RFC 10070.
    pub allow_legacy_assertion_audience: bool,
}
