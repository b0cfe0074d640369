//! The short-lived store inside the process: sharded maps in memory, and a file behind them that survives a restart.
//!
//! Every operation happens in memory under one shard's lock. A thread carries what changed to the file in group commits,
//! every 20 milliseconds. A clean shutdown ([`EmbeddedSessions::close`], or dropping the store) loses nothing. **A hard
//! kill may lose the last commits, about 20 milliseconds of changes**: a sign-in to repeat, a counter one lower, and at
//! worst an authorization code or refresh token that was used in that window and counts as unused again. Whoever
//! cannot accept that uses [`RedisSessions`](crate::RedisSessions) with `appendfsync always`. One process owns the file.

mod entry;
mod journal;
mod memory;

use async_trait::async_trait;
use bytes::Bytes;
use entry::{Entry, Name, Value};
use hospes_idp::ports::sessions::Use;
use hospes_idp::ports::{Found, Key, Presence, Rotation, Sessions, Spend, Unavailable, Write};
use jiff::Timestamp;
use journal::Journal;
use memory::Memory;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Tells the time for lifetimes. Tests pass one they can advance.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The short-lived store of a single node.
pub struct EmbeddedSessions {
    memory: Arc<Memory>,
    journal: Option<Journal>,
    clock: Clock,
    operations: AtomicU64,
}

impl EmbeddedSessions {
    /// A store that is gone with the process.
    pub fn in_memory(clock: Clock) -> Self {
        Self { memory: Arc::new(Memory::new(false)), journal: None, clock, operations: AtomicU64::new(0) }
    }

    /// Opens or makes the file and reads what has not expired. Blocks for the read. Fails if the file is not a store or
    /// another process has it open.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, Unavailable> {
        let memory = Arc::new(Memory::new(true));
        let journal = Journal::open(path, Arc::clone(&memory), clock().as_millisecond())?;
        Ok(Self { memory, journal: Some(journal), clock, operations: AtomicU64::new(0) })
    }

    /// Makes everything so far durable. Blocks for one commit.
    pub fn flush(&self) -> Result<(), Unavailable> {
        self.journal.as_ref().map_or(Ok(()), Journal::commit)
    }

    /// Stops the background thread and makes everything so far durable. What is written later stays in memory.
    pub fn close(&self) -> Result<(), Unavailable> {
        self.journal.as_ref().map_or(Ok(()), Journal::close)
    }

    /// Counts the operation as a remote store would count its round trip, and tells the time.
    fn now(&self) -> i64 {
        self.operations.fetch_add(1, Ordering::Relaxed);
        (self.clock)().as_millisecond()
    }
}

#[async_trait]
impl Sessions for EmbeddedSessions {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, Unavailable> {
        Ok(self.memory.get(&Name::of(key), self.now()))
    }

    async fn get_all(&self, keys: &[Key]) -> Result<Vec<Option<Bytes>>, Unavailable> {
        let now = self.now();
        Ok(keys.iter().map(|key| self.memory.get(&Name::of(key), now)).collect())
    }

    async fn look(&self, keys: &[Key]) -> Result<Vec<Presence>, Unavailable> {
        let now = self.now();
        Ok(keys.iter().map(|key| self.memory.look(&Name::of(key), now)).collect())
    }

    async fn take(&self, key: &Key) -> Result<Option<Bytes>, Unavailable> {
        Ok(self.memory.take(&Name::of(key), self.now()))
    }

    async fn put_new(&self, key: &Key, value: Bytes, ttl: Duration) -> Result<bool, Unavailable> {
        let now = self.now();
        Ok(self.memory.put_new(Name::of(key), value, until(now, ttl), now))
    }

    async fn swap(&self, key: &Key, expected: &[u8], new: Bytes, ttl: Duration) -> Result<bool, Unavailable> {
        let now = self.now();
        Ok(self.memory.swap(&Name::of(key), (expected, new), until(now, ttl), now))
    }

    async fn spend(&self, key: &Key, holder: &[u8; 32]) -> Result<Spend, Unavailable> {
        Ok(self.memory.spend(&Name::of(key), holder, self.now()))
    }

    async fn rotate(&self, key: &Key, usage: Use) -> Result<Rotation, Unavailable> {
        let now = self.now();
        Ok(self.memory.rotate(&Name::of(key), usage, until(now, usage.ttl), now))
    }

    async fn increment(&self, key: &Key, ttl: Duration) -> Result<u64, Unavailable> {
        let now = self.now();
        self.memory
            .increment(Name::of(key), until(now, ttl), now)
            .ok_or_else(|| Unavailable(format!("{} holds no counter", key.text())))
    }

    async fn write(&self, batch: Vec<Write>) -> Result<(), Unavailable> {
        let now = self.now();
        for write in batch {
            match added(&write, now) {
                (name, Some(entry)) if matches!(write, Write::Renew { .. }) => {
                    self.memory.renew(name, entry, now);
                }
                (name, Some(entry)) => self.memory.put(name, entry, now),
                (name, None) => self.memory.delete(&name, now),
            }
        }
        Ok(())
    }

    async fn find_all(&self, index: &Key) -> Result<Vec<Found>, Unavailable> {
        Ok(found(self.memory.find_all(&Name::of(index), self.now())))
    }

    async fn end_all(&self, index: &Key) -> Result<Vec<Found>, Unavailable> {
        Ok(found(self.memory.end_all(&Name::of(index), self.now())))
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        self.journal.as_ref().map_or(Ok(()), Journal::health)
    }

    fn round_trips(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }
}

/// What a write leaves under its key.
fn added(write: &Write, now: i64) -> (Name, Option<Entry>) {
    let (key, ttl, indexes, value): (_, _, &[Key], _) = match write {
        Write::Put { key, value, ttl, indexes } | Write::Renew { key, value, ttl, indexes } => {
            (key, ttl, indexes, Value::Plain(value.clone()))
        }
        Write::PutSpendable { key, holder, value, ttl } => {
            let (holder, value, spent) = (*holder, value.clone(), false);
            (key, ttl, &[], Value::Spendable { holder, value, spent })
        }
        Write::PutFamily { key, ttl, indexes } => {
            let (generation, rotated_at) = (0, 0);
            (key, ttl, indexes, Value::Family { generation, rotated_at })
        }
        Write::Delete(key) => return (Name::of(key), None),
    };
    let entry =
        Entry { expires_at: until(now, *ttl), indexes: indexes.iter().map(Name::of).collect(), value };
    (Name::of(key), Some(entry))
}

fn found(entries: Vec<(Name, Bytes)>) -> Vec<Found> {
    entries.into_iter().filter_map(|(name, value)| Some(Found { kind: name.kind()?, value })).collect()
}

/// When something that lives for `ttl` from `now` is gone, in milliseconds since the epoch.
fn until(now: i64, ttl: Duration) -> i64 {
    now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
}
