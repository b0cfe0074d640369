//! Base64url and SHA-256 as OAuth uses them: unpadded, over the ASCII bytes of a value.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Base64url without padding (RFC 4648 §5, RFC 7515 §2).
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The strict inverse of [`base64url`]: padding, other alphabets and trailing bits are refused.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Standard base64 with padding, as HTTP Basic uses it (RFC 7617 §2).
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// SHA-256 of the bytes.
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes.as_ref()).into()
}

/// `BASE64URL(SHA256(ASCII(value)))`, the S256 transformation (RFC 7636 §4.2).
pub fn sha256_base64url(value: &str) -> String {
    base64url(sha256(value))
}

/// Left half of SHA-256, base64url: `at_hash` and `c_hash` for algorithms of the 256 family (OIDC Core §3.1.3.6).
pub fn half_hash(value: &str) -> String {
    let digest = sha256(value);
    base64url(digest.get(..16).unwrap_or_default())
}

/// One component of a URL, percent-encoded.
pub fn url_component(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
