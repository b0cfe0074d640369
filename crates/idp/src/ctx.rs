//! What a request knows about the world: the time, a source of randomness and where it came from.
//!
//! Built once per request outside this crate. Nothing in `idp` asks the operating system for either.

use hospes_protocol::encoding::base64url;
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::{Builder, Uuid};

/// A cryptographically secure source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Where a request came from, for the audit trail, rate limits and the reference number on error pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    /// Short, readable, unique enough to find the decision record: shown on every error page.
    pub reference: String,
    /// Address of the peer, or of the client a trusted proxy vouches for.
    pub address: Option<IpAddr>,
    /// What the browser calls itself, in a word or two; worth nothing but to be recognised by its owner.
    pub agent: Option<String>,
}

impl RequestInfo {
    /// Whose addresses count together: one IPv4 address, or the /64 an IPv6 subscriber has. Empty where unknown.
    pub fn network(&self) -> String {
        match self.address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            None => String::new(),
        }
    }
}

/// Time, randomness and origin of one request.
#[derive(Clone)]
pub struct Ctx {
    /// Read once, so that one request sees one time.
    pub now: Timestamp,
    /// Origin.
    pub request: RequestInfo,
    entropy: Arc<dyn Entropy>,
}

impl Ctx {
    /// A context for a request at `now`.
    pub fn new(now: Timestamp, entropy: Arc<dyn Entropy>, address: Option<IpAddr>) -> Self {
        let reference = reference(entropy.as_ref());
        Self { now, request: RequestInfo { reference, address, agent: None }, entropy }
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.entropy.fill(&mut buffer);
        buffer
    }

    /// A bearer value of 256 bits, base64url.
    pub fn token(&self) -> String {
        base64url(self.bytes::<32>())
    }

    /// A time-ordered UUID (RFC 9562 §5.7).
    pub fn uuid(&self) -> Uuid {
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// A numeric code with this many digits, uniformly distributed.
    pub fn digits(&self, count: u32) -> String {
        let space = 10_u64.pow(count);
        let limit = u64::MAX - u64::MAX % space;
        let number = std::iter::repeat_with(|| u64::from_le_bytes(self.bytes()))
            .find(|number| *number < limit)
            .unwrap_or_default();
        format!("{:0width$}", number % space, width = usize::try_from(count).unwrap_or_default())
    }

    /// This many seconds from now.
    pub fn after(&self, seconds: u32) -> Timestamp {
        self.now.saturating_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(self.now)
    }

    /// Seconds since the epoch, as tokens state them.
    pub fn seconds(&self) -> i64 {
        self.now.as_second()
    }
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx").field("now", &self.now).field("request", &self.request).finish_non_exhaustive()
    }
}

/// `H-XXXX-XXXX` without characters that are mistaken for each other: 40 bits.
fn reference(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let letters: String = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect();
    let (left, right) = letters.split_at(4);
    format!("H-{left}-{right}")
}
