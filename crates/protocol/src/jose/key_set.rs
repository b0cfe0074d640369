//! The key set of a client: what verifies its signatures, what it is encrypted to, and its certificates. Parsed once.

use super::encryption::EncryptingKeys;
use super::jwks::{KeySetError, VerifyingKeys, objects};
use crate::encoding::from_base64;
use serde_json::{Map, Value};

/// A JWK set with all its uses.
#[derive(Debug, Default)]
pub struct KeySet {
    /// For signatures.
    pub verifying: VerifyingKeys,
    /// For encryption.
    pub encrypting: EncryptingKeys,
    /// The certificate of each key that has some, DER: the first of `x5c` (RFC 7517 §4.7).
    pub certificates: Vec<Vec<u8>>,
}

impl KeySet {
    /// Parses a JWK set; unusable keys are skipped.
    pub fn parse(set: &[u8]) -> Result<Self, KeySetError> {
        let certificate = |key: &Map<String, Value>| from_base64(key.get("x5c")?.get(0)?.as_str()?);
        Ok(Self {
            verifying: VerifyingKeys::parse(set)?,
            encrypting: EncryptingKeys::parse(set)?,
            certificates: objects(set)?.iter().filter_map(certificate).collect(),
        })
    }
}
