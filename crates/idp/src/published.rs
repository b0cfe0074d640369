//! A document that is rendered once and served often.

use bytes::Bytes;
use hospes_protocol::encoding::{base64url, sha256};

/// How long others keep what is published, in seconds: short enough that a new key is seen, long enough to spare clients
/// the trip (DSC-05).
pub const MAX_AGE: u32 = 300;
/// The same, as a header.
pub const CACHE_CONTROL: &str = "public, max-age=300";

/// A document as it goes out, with its entity tag.
#[derive(Debug)]
pub struct Published {
    /// JSON.
    pub body: Bytes,
    /// Of the body, in quotes.
    pub etag: String,
}

impl Published {
    pub(crate) fn new(body: Vec<u8>) -> Self {
        Self { etag: format!("\"{}\"", base64url(sha256(&body))), body: Bytes::from(body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dsc_05_the_header_says_what_the_rules_count_with() {
        assert_eq!(CACHE_CONTROL, format!("public, max-age={MAX_AGE}"));
    }
}
