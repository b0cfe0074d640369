//! Key sets that clients publish, fetched and remembered. What a set is used for is decided elsewhere.

use super::UpstreamError;
use crate::ids::TenantId;
use async_trait::async_trait;
use hospes_protocol::ClientId;
use hospes_protocol::jose::KeySet;
use std::sync::Arc;

/// Whose set, and where it is: what it is remembered by (law 7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeySetOwner {
    /// Of the client.
    pub tenant: TenantId,
    /// The client.
    pub client: ClientId,
    /// Its `jwks_uri`.
    pub url: String,
}

/// Key sets at the URLs of clients.
#[async_trait]
pub trait ClientKeySets: Send + Sync {
    /// The set, from memory where it is fresh, and also where it is not and its host does not answer.
    async fn key_set(&self, owner: &KeySetOwner) -> Result<Arc<KeySet>, UpstreamError>;

    /// A newer set than `seen`, which lacked a key: fetched at most once a minute for each client. `None` if there is none.
    async fn newer(&self, owner: &KeySetOwner, seen: &Arc<KeySet>) -> Option<Arc<KeySet>>;
}
