//! Options of a tenant.

use super::details::DetailRules;
use super::invitations::InvitationRules;
use super::sessions::TenantSessionOptions;
use hospes_protocol::metadata::Tolerated;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TenantOptions {
    /// What clients may ask for beyond scopes (RFC 9396).
    pub details: DetailRules,
    /// Which guests the tenant takes, and how many invitations it sends.
    pub invitations: InvitationRules,
    /// How keys are rotated.
    pub keys: KeyOptions,
    /// Who may register clients by themselves (RFC 7591).
    pub registration: RegistrationRules,
    /// How strictly clients of the tenant speak the protocol.
    pub security: SecurityRules,
    /// How long browser sessions last, beyond `sessionLifetime` and `sessionIdle`.
    pub sessions: TenantSessionOptions,
}

/// How keys are rotated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct KeyOptions {
    /// Seconds a key signs before the next one takes over: a day to two years.
    pub rotate_after: u32,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self { rotate_after: 90 * DAY }
    }
}

const DAY: u32 = 24 * 3600;

impl KeyOptions {
    pub(crate) fn problems(&self) -> Vec<String> {
        let within = (DAY..=730 * DAY).contains(&self.rotate_after);
        if within {
            Vec::new()
        } else {
            vec![format!("keys.rotateAfter must be {DAY} to {} seconds", 730 * DAY)]
        }
    }
}

/// Who may register clients by themselves (RFC 7591).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RegistrationRules {
    /// Whether clients can register at all. Each also needs an initial access token of an administrator.
    pub enabled: bool,
}

/// How strictly clients of the tenant speak the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SecurityRules {
    /// Whether clients registered so may address assertions to the token endpoint, as before RFC 10070.
    pub allow_legacy_assertion_audience: bool,
    /// Whether clients registered so may authenticate with `client_secret_jwt` (OIDC Core §9), whose secrets must be kept
    /// in a form that this server can read.
    pub allow_client_secret_jwt: bool,
    /// Whether clients registered so may publish request objects instead of sending or pushing them (OIDC Core §6.2).
    pub allow_request_uris: bool,
}

impl SecurityRules {
    /// As the metadata say it.
    pub(crate) fn tolerated(&self) -> Tolerated {
        Tolerated { secret_assertions: self.allow_client_secret_jwt, request_uris: self.allow_request_uris }
    }
}
