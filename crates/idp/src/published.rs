//! A document that is rendered once and served often.

use bytes::Bytes;
use hospes_protocol::encoding::{base64url, sha256};

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
