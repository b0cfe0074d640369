//! A registered client: an application that asks for tokens.

use crate::ids::TenantId;
use crate::model::options::ClientOptions;
use crate::model::registration::Registration;
use crate::model::tenant::Status;
use crate::vault::{Sealed, SecretHash};
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::GrantType;
use hospes_protocol::{ClientId, RedirectUri};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether a person is asked before a client gets their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConsentRule {
    /// The organization's own application: its administrators consented for everyone.
    #[default]
    Preauthorized,
    /// Each person is asked once per scope.
    Ask,
}

/// A secret of a client: only its hash is kept, but for a client that makes assertions with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Of a high-entropy value, so a plain hash suffices.
    pub hash: SecretHash,
    /// The secret itself, for `client_secret_jwt` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
    /// After this it no longer works; two secrets overlap while one is rotated.
    pub expires_at: Option<Timestamp>,
}

/// An application of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Owner.
    pub tenant: TenantId,
    /// Unique within the tenant, compared byte for byte.
    pub client_id: ClientId,
    /// Shown to people.
    pub display_name: String,
    /// Disabled clients are refused everywhere.
    pub status: Status,
    /// How it authenticates at the token endpoint.
    pub auth_method: ClientAuthMethod,
    /// Hashes of its secrets.
    #[serde(default)]
    pub secrets: Vec<ClientSecret>,
    /// Its public keys (a JWK set), for `private_key_jwt`.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Exactly these.
    #[serde(default)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Exactly these, after logout.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Where people start it; invitations may lead here.
    #[serde(default)]
    pub start_url: Option<String>,
    /// What it may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// What it may ask for on behalf of people.
    pub scope: Scopes,
    /// What it may do for itself (client credentials): see [`crate::admin::permission`].
    #[serde(default)]
    pub permissions: Scopes,
    /// Always true for public clients.
    pub require_pkce: bool,
    /// Whether only pushed authorization requests are taken (RFC 9126 §6).
    #[serde(default)]
    pub require_pushed_requests: bool,
    /// Whether people are asked.
    #[serde(default)]
    pub consent: ConsentRule,
    /// What its ID tokens are signed with.
    #[serde(default = "default_algorithm")]
    pub id_token_algorithm: Algorithm,
    /// `aud` of its access tokens; the issuer when absent.
    #[serde(default)]
    pub audience: Option<String>,
    /// Everything rarely changed.
    #[serde(default)]
    pub options: ClientOptions,
    /// Of a client that registered itself. No option: neither the client nor an administrator sets it.
    #[serde(default)]
    pub registration: Option<Registration>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change.
    pub version: u64,
}

impl Client {
    /// Its secrets that still work.
    pub(crate) fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &ClientSecret> {
        self.secrets.iter().filter(move |secret| secret.expires_at.is_none_or(|expiry| now < expiry))
    }

    /// Whether its authorization requests must be pushed.
    pub(crate) fn must_push(&self) -> bool {
        self.require_pushed_requests || self.options.security.must_push()
    }

    /// What authorization responses to it are signed with.
    pub(crate) fn response_algorithm(&self) -> Algorithm {
        self.options.security.authorization_signed_response_alg.unwrap_or(self.id_token_algorithm)
    }
}

// Every OpenID client can verify RS256 (OIDC Core §15.1).
const fn default_algorithm() -> Algorithm {
    Algorithm::RS256
}
