//! Proof Key for Code Exchange, S256 only (RFC 7636; `plain` is refused as RFC 9700 §2.1.1 advises).

use crate::encoding::sha256_base64url;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// `code_challenge` made with S256: 43 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Accepts exactly what S256 produces: 43 unpadded base64url characters (RFC 7636 §4.2).
    pub fn parse(value: &str) -> Option<Self> {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (value.len() == 43 && value.bytes().all(base64url)).then(|| Self(value.to_owned()))
    }

    /// The challenge for a verifier, as a client computes it.
    pub fn of(verifier: &CodeVerifier) -> Self {
        Self(sha256_base64url(&verifier.0))
    }

    /// Whether the verifier belongs to this challenge, compared in constant time (RFC 7636 §4.6).
    pub fn matches(&self, verifier: &CodeVerifier) -> bool {
        sha256_base64url(&verifier.0).as_bytes().ct_eq(self.0.as_bytes()).into()
    }

    /// The value on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `code_verifier`: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// Checks length and alphabet.
    pub fn parse(value: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        ((43..=128).contains(&value.len()) && value.bytes().all(unreserved)).then(|| Self(value.to_owned()))
    }

    /// The plain verifier, for the token request it is sent in.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeVerifier(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7636_appendix_b() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(CodeChallenge::of(&verifier).as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(CodeChallenge::of(&verifier).matches(&verifier));
    }

    #[test]
    fn az_12_malformed_challenges() {
        for bad in [
            "",
            &"a".repeat(42),
            &"a".repeat(129),
            &format!("{}=", "a".repeat(42)),
            &format!("{} ", "a".repeat(42)),
        ] {
            assert!(CodeChallenge::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn tok_08_malformed_verifiers() {
        for bad in
            ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(43)), format!("{}ü", "a".repeat(43))]
        {
            assert!(CodeVerifier::parse(&bad).is_none(), "{bad:?}");
        }
    }
}
