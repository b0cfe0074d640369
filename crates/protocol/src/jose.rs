//! JOSE, wrapped once over josekit.
//!
//! Compact serialization only; a fixed list of algorithms per purpose; keys parsed once; the claims a purpose needs are
//! required rather than checked if present; no compression, nothing decrypted, no key taken from a header.

pub mod check;
pub mod compact;
pub mod encryption;
pub mod jwks;
pub mod key_set;
pub mod secret;
pub mod signing;

pub use check::{ClaimError, Expectation};
pub use compact::{Claims, CompactJwt};
pub use encryption::{ContentEncryption, EncryptingKeys, KeyManagement};
pub use jwks::has_secret_keys;
pub use jwks::{KeySetError, VerifyingKeys};
pub use key_set::KeySet;
pub use secret::{Hs256, verify_with_secret};
pub use signing::{Signer, SigningKeyPair};

use serde::{Deserialize, Serialize};

/// Signature algorithms we know. Symmetric ones are not among them: see [`Hs256`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl Algorithm {
    /// What tenants can sign with.
    pub const SIGNING: [Self; 4] = [Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];
    /// What every tenant has a key for: RS256 because every OpenID client must verify it (OIDC Core §15.1).
    pub const USUAL: [Self; 3] = [Self::RS256, Self::ES256, Self::EdDSA];
    /// What we accept from others.
    pub const VERIFYING: [Self; 4] = [Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The algorithm of a name, `None` for `none`, symmetric and unknown ones.
    pub fn parse(name: &str) -> Option<Self> {
        Self::VERIFYING.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// Why a token was not accepted. The text is for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// Not three base64url parts with JSON objects inside.
    #[error("malformed token: {0}")]
    Malformed(&'static str),
    /// The header names something we do not do.
    #[error("header refused: {0}")]
    Header(&'static str),
    /// No key of ours, or theirs, verifies it.
    #[error("no key verifies the signature")]
    Signature,
    /// No key in the set has the identifier the header names: the set may be stale.
    #[error("no key with the identifier of the header")]
    UnknownKey,
    /// A claim is missing or wrong.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The key itself is unusable.
    #[error("key refused: {0}")]
    Key(String),
}
