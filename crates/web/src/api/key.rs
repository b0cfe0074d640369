//! Signing keys.

use super::{KeyState, SignatureAlgorithm};
use hospes_idp::admin::keys::ListedKey;
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
    /// What it is for now.
    pub state: KeyState,
    /// Public JWK as published.
    #[schema(value_type = Object)]
    pub public_jwk: Map<String, Value>,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// When it begins to sign: later than it is published, so that everybody knows it by then.
    pub signs_from: Timestamp,
    /// When it is removed; null while no other key of its algorithm follows.
    pub removed_after: Option<Timestamp>,
}

impl From<ListedKey> for Key {
    fn from(listed: ListedKey) -> Self {
        let signs_from = listed.key.signs_from();
        Self {
            key_id: listed.key.key_id,
            algorithm: listed.key.algorithm.into(),
            state: listed.state.into(),
            public_jwk: listed.key.public,
            created_at: listed.key.created_at,
            signs_from,
            removed_after: listed.ends_at,
        }
    }
}

/// A signing key to be made: the first of its algorithm or the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// `RS256`, `PS256`, `ES256` or `EdDSA`.
    pub algorithm: SignatureAlgorithm,
}
