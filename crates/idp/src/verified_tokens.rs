//! Access tokens whose signature was verified before, by hash. Whether a token is still alive is asked elsewhere.

use hospes_protocol::claims::VerifiedAccessToken;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// What was read, and the identifier of the key that verified it: a token ends with its key.
#[derive(Clone)]
pub(crate) struct VerifiedToken {
    pub(crate) claims: Arc<VerifiedAccessToken>,
    pub(crate) key_id: Arc<str>,
}

/// Only hits are kept, so garbage cannot fill it.
pub(crate) struct VerifiedTokens(Cache<[u8; 32], VerifiedToken>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(20_000).time_to_live(Duration::from_mins(5)).build())
    }
}

impl VerifiedTokens {
    pub(crate) fn get(&self, hash: &[u8; 32]) -> Option<VerifiedToken> {
        self.0.get(hash)
    }

    pub(crate) fn insert(&self, hash: [u8; 32], token: VerifiedToken) {
        self.0.insert(hash, token);
    }
}
