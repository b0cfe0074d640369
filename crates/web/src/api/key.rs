//! Signing keys.

use super::SignatureAlgorithm;
use hospes_idp::tenant::SigningKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A signing key of the tenant. The private half is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// `kid`: RFC 7638 thumbprint.
    pub key_id: String,
    /// What it signs with.
    pub algorithm: SignatureAlgorithm,
    /// Public JWK as published.
    #[schema(value_type = Object)]
    pub public_jwk: Map<String, Value>,
    /// When it was made. The newest of an algorithm signs, all verify.
    pub created_at: Timestamp,
}

impl From<SigningKey> for Key {
    fn from(key: SigningKey) -> Self {
        Self {
            key_id: key.key_id,
            algorithm: key.algorithm.into(),
            public_jwk: key.public,
            created_at: key.created_at,
        }
    }
}

/// A signing key to be made; it signs from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// RS256 or ES256.
    pub algorithm: SignatureAlgorithm,
}
