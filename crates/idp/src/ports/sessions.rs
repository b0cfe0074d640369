//! The short-lived store: interactions, codes, browser sessions, token families, counters.
//!
//! A small set of operations, each atomic on its key and one round trip. Keys are namespaced by tenant and kind and hold
//! hashes, never bearer values. Every entry has a lifetime; the domain still checks its own `expires_at`.

use super::Unavailable;
use crate::ids::TenantId;
use async_trait::async_trait;
use bytes::Bytes;
use hospes_protocol::encoding::{base64url, sha256};
use std::time::Duration;

/// What an entry is. The text is part of the key and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A sign-in in progress.
    Interaction,
    /// An authorization code.
    Code,
    /// A pushed authorization request.
    Pushed,
    /// What a device asked for, by its device code.
    Device,
    /// Which device shows a user code.
    UserCode,
    /// A browser session.
    Session,
    /// That a client takes part in a browser session.
    Participant,
    /// A refresh-token family.
    Family,
    /// A `jti` that was seen.
    Replay,
    /// The `jti` of an access token that ended early.
    Revoked,
    /// A counter of attempts.
    Counter,
    /// Index: what belongs to a person.
    OfUser,
    /// Index: what belongs to a browser session.
    OfSession,
    /// Index: what hangs on a session or an account at a home IdP.
    OfHome,
    /// A link that sets up a first administrator.
    SetUp,
    /// A lease for background work.
    Lease,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Interaction,
        Self::Code,
        Self::Pushed,
        Self::Session,
        Self::Participant,
        Self::Family,
        Self::Replay,
        Self::Revoked,
        Self::Counter,
        Self::OfUser,
        Self::OfSession,
        Self::OfHome,
        Self::SetUp,
        Self::Lease,
    ];

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The namespace.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interaction => "interaction",
            Self::Code => "code",
            Self::Pushed => "pushed",
            Self::Device => "device",
            Self::UserCode => "user-code",
            Self::Session => "session",
            Self::Participant => "participant",
            Self::Family => "family",
            Self::Replay => "replay",
            Self::Revoked => "revoked",
            Self::Counter => "counter",
            Self::OfUser => "of-user",
            Self::OfSession => "of-session",
            Self::OfHome => "of-home",
            Self::SetUp => "set-up",
            Self::Lease => "lease",
        }
    }
}

/// The key of an entry: tenant, kind and a hash of whatever names it, so that no input can reach another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Owner.
    pub tenant: TenantId,
    /// Namespace.
    pub kind: Kind,
    /// SHA-256 of the name or bearer value.
    pub hash: [u8; 32],
}

impl Key {
    /// The key of what `name` stands for.
    pub fn new(tenant: TenantId, kind: Kind, name: impl AsRef<[u8]>) -> Self {
        Self { tenant, kind, hash: sha256(name) }
    }

    /// `hospes:{tenant}:kind:hash`.
    pub fn text(&self) -> String {
        format!("hospes:{}:{}:{}", self.tenant, self.kind.as_str(), base64url(self.hash))
    }
}

/// One write of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Adds or replaces, and remembers the key under each index until the entry is gone.
    Put {
        /// Where.
        key: Key,
        /// What.
        value: Bytes,
        /// How long.
        ttl: Duration,
        /// Keys of kind `Of…` under which it is found again.
        indexes: Vec<Key>,
    },
    /// As [`Write::Put`], but only if something is there: what ended meanwhile stays ended.
    Renew {
        /// Where.
        key: Key,
        /// What.
        value: Bytes,
        /// How long.
        ttl: Duration,
        /// As for [`Write::Put`].
        indexes: Vec<Key>,
    },
    /// Adds an entry that [`Sessions::spend`] can spend once, and only its holder.
    PutSpendable {
        /// Where.
        key: Key,
        /// Who may spend it.
        holder: [u8; 32],
        /// What.
        value: Bytes,
        /// How long it is remembered, spent or not.
        ttl: Duration,
    },
    /// Adds a token family at generation 0 for [`Sessions::rotate`].
    PutFamily {
        /// Where.
        key: Key,
        /// How long without rotation.
        ttl: Duration,
        /// As for [`Write::Put`].
        indexes: Vec<Key>,
    },
    /// Gone; absent is fine.
    Delete(Key),
}

/// What [`Sessions::spend`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spend {
    /// Not spent before: this call spent it.
    First(Bytes),
    /// Spent before.
    Again(Bytes),
    /// Another holder's; untouched.
    NotYours,
    /// Not there.
    Unknown,
}

/// One use of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The generation presented.
    pub generation: u32,
    /// Milliseconds since the epoch.
    pub now: i64,
    /// Milliseconds during which the generation before still yields the same successor.
    pub grace: i64,
    /// How long the family now lives without rotation.
    pub ttl: Duration,
}

/// What [`Sessions::rotate`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Current: the next generation is current now.
    Rotated,
    /// The one before, within the grace period: nothing changed, the successor is the same.
    SameAgain,
    /// An older one, or too late: the family is deleted.
    Reused,
    /// No such family: expired, revoked or lost.
    Gone,
}

/// An entry that was remembered under an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Empty for a token family, which has none.
    pub value: Bytes,
}

/// What [`Sessions::look`] sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing.
    Absent,
    /// An entry.
    Present,
    /// A token family, and which of its generations is current.
    Family(u32),
}

/// The short-lived store.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Reads.
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, Unavailable>;
    /// Reads several at once; one answer for each key, in their order.
    async fn get_all(&self, keys: &[Key]) -> Result<Vec<Option<Bytes>>, Unavailable>;
    /// Looks at entries without using them; one answer for each key, in their order.
    async fn look(&self, keys: &[Key]) -> Result<Vec<Presence>, Unavailable>;
    /// Reads and deletes, atomically: of many callers one gets it.
    async fn take(&self, key: &Key) -> Result<Option<Bytes>, Unavailable>;
    /// Adds unless present; of many callers one gets `true`.
    async fn put_new(&self, key: &Key, value: Bytes, ttl: Duration) -> Result<bool, Unavailable>;
    /// Replaces `expected` by `new` and sets the lifetime; `false` if it is something else by now.
    async fn swap(&self, key: &Key, expected: &[u8], new: Bytes, ttl: Duration) -> Result<bool, Unavailable>;
    /// Marks a spendable entry as spent if `holder` holds it; it stays to be recognised.
    async fn spend(&self, key: &Key, holder: &[u8; 32]) -> Result<Spend, Unavailable>;
    /// Uses a generation of a token family.
    async fn rotate(&self, key: &Key, usage: Use) -> Result<Rotation, Unavailable>;
    /// Counts up and returns the new count; the lifetime starts with the first count and is not extended.
    async fn increment(&self, key: &Key, ttl: Duration) -> Result<u64, Unavailable>;
    /// Applies several writes in one round trip, in order. Not atomic as a whole.
    async fn write(&self, batch: Vec<Write>) -> Result<(), Unavailable>;
    /// Reads everything remembered under an index.
    async fn find_all(&self, index: &Key) -> Result<Vec<Found>, Unavailable>;
    /// Deletes everything remembered under an index, and returns what there was. Of many callers one gets each entry.
    async fn end_all(&self, index: &Key) -> Result<Vec<Found>, Unavailable>;
    /// Whether the store answers and is configured safely, for start-up and readiness.
    async fn ping(&self) -> Result<(), Unavailable>;
    /// Round trips made so far, for the bench.
    fn round_trips(&self) -> u64;
}
