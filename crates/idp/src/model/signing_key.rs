//! Signing keys of a tenant, and what each is for at a moment. A key says only from when on it signs; everything else
//! follows from the keys beside it, so that rotating never changes a key.

use crate::ids::TenantId;
use crate::vault::Sealed;
use hospes_protocol::jose::Algorithm;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest a token of a tenant may last, in seconds; settings cannot ask for more.
pub const LONGEST_TOKEN: u32 = 24 * 3600;
/// How long a key verifies after its last signature: the longest token, and clocks that differ.
const VERIFIES: SignedDuration = SignedDuration::from_secs(LONGEST_TOKEN as i64 + 600);

/// A signing key as the directory keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    /// Owner.
    pub tenant: TenantId,
    /// `kid`: RFC 7638 thumbprint.
    pub key_id: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Public JWK as published.
    pub public: serde_json::Map<String, serde_json::Value>,
    /// PKCS#8, sealed under the key-encryption key.
    pub private: Sealed,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// When it begins to sign; since it was made if nothing is said.
    #[serde(default)]
    pub signs_from: Option<Timestamp>,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that everybody knows it before it signs.
    Upcoming,
    /// Signs.
    Signing,
    /// Verifies what it signed, until the last of it has expired.
    Verifying,
}

impl SigningKey {
    /// When it begins to sign.
    pub fn signs_from(&self) -> Timestamp {
        self.signs_from.unwrap_or(self.created_at)
    }

    /// What it is for, beside the other keys of its tenant.
    pub fn state(&self, all: &[Self], now: Timestamp) -> KeyState {
        match signing(all, self.algorithm, now) {
            _ if self.signs_from() > now => KeyState::Upcoming,
            Some(current) if current.key_id == self.key_id => KeyState::Signing,
            _ => KeyState::Verifying,
        }
    }

    /// When nothing it signed is left, once another key of its algorithm follows.
    pub fn ends_at(&self, all: &[Self]) -> Option<Timestamp> {
        let follows = |other: &&Self| other.algorithm == self.algorithm && other.order() > self.order();
        let successor = all.iter().filter(follows).min_by_key(|key| key.order())?;
        successor.signs_from().saturating_add(VERIFIES).ok()
    }

    fn order(&self) -> (Timestamp, Timestamp, &str) {
        (self.signs_from(), self.created_at, &self.key_id)
    }
}

/// The key that signs with an algorithm: of those that may, the one that began last.
pub fn signing(keys: &[SigningKey], algorithm: Algorithm, now: Timestamp) -> Option<&SigningKey> {
    let may = |key: &&SigningKey| key.algorithm == algorithm && key.signs_from() <= now;
    keys.iter().filter(may).max_by_key(|key| key.order())
}

/// The newest key of an algorithm, whether it signs yet or not.
pub fn newest(keys: &[SigningKey], algorithm: Algorithm) -> Option<&SigningKey> {
    keys.iter().filter(|key| key.algorithm == algorithm).max_by_key(|key| key.order())
}
