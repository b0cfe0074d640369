//! Rarely changed options of clients and tenants, in groups: what an administrator sets, what the directory keeps and what the API shows
//! are one description. A new option is one field of its group; absent members take their default.

mod claims;
mod details;
mod exchange;
mod invitations;
mod logout;
mod registration;
mod resources;
mod security;
mod sessions;
mod tenant;
mod tokens;

pub use claims::{ClaimOptions, ClaimPlace, ClaimSource, MappedClaim};
pub use details::{DetailField, DetailRules, DetailType, DetailValue};
pub use exchange::{ExchangeAudience, ExchangeOptions};
pub use invitations::{DomainMode, DomainPattern, DomainRules, InvitationLimits, InvitationRules};
pub use logout::LogoutOptions;
pub(crate) use registration::is_visible;
pub use registration::{ApplicationType, RegistrationOptions};
pub use resources::{AllowedResource, ResourceOptions};
pub(crate) use security::Registered;
pub use security::{AssertionAudience, CertificateSubject, Profile, SecurityOptions};
pub use sessions::{KeepSignedIn, SessionOptions, TenantSessionOptions};
pub use tenant::{KeyOptions, RegistrationRules, SecurityRules, TenantOptions};
pub(crate) use tokens::Encryption;
pub use tokens::TokenOptions;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClientOptions {
    /// What tokens and userinfo say about people, and what the person is called there.
    pub claims: ClaimOptions,
    /// Token exchange (RFC 8693): whose tokens the client may exchange, and for what.
    pub exchange: ExchangeOptions,
    /// How the client hears that a person signed out.
    pub logout: LogoutOptions,
    /// Where the registration came from, and what it says about the client to people.
    pub registration: RegistrationOptions,
    /// The resources the client may ask tokens for (RFC 8707) and what it may ask there (RFC 9396).
    pub resources: ResourceOptions,
    /// How strictly the client speaks the protocol.
    pub security: SecurityOptions,
    /// How long a sign-in serves this client.
    pub sessions: SessionOptions,
    /// How tokens and userinfo are signed and encrypted, and with which keys of the client.
    pub tokens: TokenOptions,
}
