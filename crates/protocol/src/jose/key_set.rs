//! The key set of a client: what verifies its signatures, and what it is encrypted to. Parsed once.

use super::encryption::EncryptingKeys;
use super::jwks::{KeySetError, VerifyingKeys};

/// A JWK set with both uses.
#[derive(Debug, Default)]
pub struct KeySet {
    /// For signatures.
    pub verifying: VerifyingKeys,
    /// For encryption.
    pub encrypting: EncryptingKeys,
}

impl KeySet {
    /// Parses a JWK set; unusable keys are skipped.
    pub fn parse(set: &[u8]) -> Result<Self, KeySetError> {
        Ok(Self { verifying: VerifyingKeys::parse(set)?, encrypting: EncryptingKeys::parse(set)? })
    }
}
