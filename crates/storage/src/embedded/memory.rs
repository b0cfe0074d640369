//! The maps of the embedded store: entries in shards by hash, and beside them which entries an index remembers.
//!
//! Atomic means: under the lock of the entry's shard. An index's lock is only ever taken inside a shard's, or alone.
//! Times are milliseconds since the epoch and come from the caller. Knows no file; it only notes what changed.

use super::entry::{Entry, Name, Value};
use bytes::Bytes;
use hospes_idp::ports::sessions::Use;
use hospes_idp::ports::{Presence, Rotation, Spend};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 64;

/// How often a shard that is written to looks for entries that have expired.
const SWEEP_MILLIS: i64 = 1000;

#[derive(Default)]
struct Shard {
    entries: HashMap<Name, Entry>,
    /// Names whose entries the file does not have in this state.
    changed: HashSet<Name>,
    swept_at: i64,
}

type Index = HashMap<Name, HashSet<Name>>;

pub(super) struct Memory {
    shards: [Mutex<Shard>; SHARDS],
    indexes: [Mutex<Index>; SHARDS],
    has_file: bool,
}

impl Memory {
    pub(super) fn new(has_file: bool) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            indexes: std::array::from_fn(|_| Mutex::default()),
            has_file,
        }
    }

    pub(super) fn get(&self, name: &Name, now: i64) -> Option<Bytes> {
        plain(self.shard(name).live(name, now)?)
    }

    pub(super) fn look(&self, name: &Name, now: i64) -> Presence {
        match self.shard(name).live(name, now).map(|entry| &entry.value) {
            None => Presence::Absent,
            Some(Value::Family { generation, .. }) => Presence::Family(*generation),
            Some(_) => Presence::Present,
        }
    }

    pub(super) fn take(&self, name: &Name, now: i64) -> Option<Bytes> {
        let mut shard = self.shard(name);
        let value = shard.live(name, now).and_then(plain);
        self.remove(&mut shard, name);
        value
    }

    pub(super) fn put_new(&self, name: Name, value: Bytes, expires_at: i64, now: i64) -> bool {
        let mut shard = self.shard(&name);
        let absent = shard.live(&name, now).is_none();
        if absent {
            let entry = Entry { expires_at, indexes: Vec::new(), value: Value::Plain(value) };
            self.insert(&mut shard, name, entry);
            self.sweep(&mut shard, now);
        }
        absent
    }

    pub(super) fn put(&self, name: Name, entry: Entry, now: i64) {
        let mut shard = self.shard(&name);
        self.insert(&mut shard, name, entry);
        self.sweep(&mut shard, now);
    }

    pub(super) fn renew(&self, name: Name, entry: Entry, now: i64) {
        let mut shard = self.shard(&name);
        if shard.live(&name, now).is_some() {
            self.insert(&mut shard, name, entry);
        }
    }

    pub(super) fn delete(&self, name: &Name, now: i64) {
        let mut shard = self.shard(name);
        self.remove(&mut shard, name);
        self.sweep(&mut shard, now);
    }

    pub(super) fn swap(
        &self,
        name: &Name,
        (expected, new): (&[u8], Bytes),
        expires_at: i64,
        now: i64,
    ) -> bool {
        let mut shard = self.shard(name);
        let Some(entry) = shard.live(name, now) else {
            return false;
        };
        if !matches!(&entry.value, Value::Plain(value) if value == expected) {
            return false;
        }
        entry.value = Value::Plain(new);
        entry.expires_at = expires_at;
        self.note(&mut shard, name);
        true
    }

    pub(super) fn spend(&self, name: &Name, holder: &[u8; 32], now: i64) -> Spend {
        let mut shard = self.shard(name);
        let Some(Value::Spendable { holder: owner, value, spent }) =
            shard.live(name, now).map(|entry| &mut entry.value)
        else {
            return Spend::Unknown;
        };
        if owner != holder {
            return Spend::NotYours;
        }
        let value = value.clone();
        if std::mem::replace(spent, true) {
            return Spend::Again(value);
        }
        self.note(&mut shard, name);
        Spend::First(value)
    }

    pub(super) fn rotate(&self, name: &Name, usage: Use, expires_at: i64, now: i64) -> Rotation {
        let mut shard = self.shard(name);
        let Some(entry) = shard.live(name, now) else {
            return Rotation::Gone;
        };
        let Value::Family { generation, rotated_at } = &mut entry.value else {
            return Rotation::Gone;
        };
        if *generation == usage.generation {
            *generation = generation.wrapping_add(1);
            *rotated_at = usage.now;
            entry.expires_at = expires_at;
            self.note(&mut shard, name);
            return Rotation::Rotated;
        }
        let is_before = usage.generation.checked_add(1) == Some(*generation);
        if is_before && usage.now.saturating_sub(*rotated_at) < usage.grace {
            return Rotation::SameAgain;
        }
        self.remove(&mut shard, name);
        Rotation::Reused
    }

    /// `None` if something else than a counter is there.
    pub(super) fn increment(&self, name: Name, expires_at: i64, now: i64) -> Option<u64> {
        let mut shard = self.shard(&name);
        match shard.live(&name, now).map(|entry| &mut entry.value) {
            Some(Value::Count(count)) => {
                *count = count.saturating_add(1);
                let count = *count;
                self.note(&mut shard, &name);
                Some(count)
            }
            Some(_) => None,
            None => {
                let entry = Entry { expires_at, indexes: Vec::new(), value: Value::Count(1) };
                self.insert(&mut shard, name, entry);
                self.sweep(&mut shard, now);
                Some(1)
            }
        }
    }

    pub(super) fn find_all(&self, index: &Name, now: i64) -> Vec<(Name, Bytes)> {
        let members = self.index(index).get(index).cloned().unwrap_or_default();
        let found = |name: Name| Some((name, remembered(self.shard(&name).live(&name, now)?, index)?));
        members.into_iter().filter_map(found).collect()
    }

    pub(super) fn end_all(&self, index: &Name, now: i64) -> Vec<(Name, Bytes)> {
        let members = self.index(index).remove(index).unwrap_or_default();
        let mut ended = Vec::new();
        for name in members {
            let mut shard = self.shard(&name);
            let value = shard.live(&name, now).and_then(|entry| remembered(entry, index));
            if let Some(value) = value {
                self.remove(&mut shard, &name);
                ended.push((name, value));
            }
        }
        ended
    }

    /// Puts back what the file has.
    pub(super) fn restore(&self, name: Name, entry: Entry) {
        let mut shard = self.shard(&name);
        self.insert(&mut shard, name, entry);
        shard.changed.clear();
    }

    /// What changed since the last time: records to keep, and `None` for what is gone.
    pub(super) fn changes(&self) -> Vec<(Name, Option<Vec<u8>>)> {
        let mut changes = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            for name in std::mem::take(&mut shard.changed) {
                changes.push((name, shard.entries.get(&name).map(Entry::encode)));
            }
        }
        changes
    }

    /// Notes changes again that did not reach the file.
    pub(super) fn retry(&self, changes: &[(Name, Option<Vec<u8>>)]) {
        for (name, _) in changes {
            self.note(&mut self.shard(name), name);
        }
    }

    fn insert(&self, shard: &mut Shard, name: Name, entry: Entry) {
        self.remove(shard, &name);
        for index in &entry.indexes {
            self.index(index).entry(*index).or_default().insert(name);
        }
        shard.entries.insert(name, entry);
        self.note(shard, &name);
    }

    fn remove(&self, shard: &mut Shard, name: &Name) {
        let Some(entry) = shard.entries.remove(name) else {
            return;
        };
        for index in &entry.indexes {
            let mut indexes = self.index(index);
            if let Some(members) = indexes.get_mut(index) {
                members.remove(name);
                if members.is_empty() {
                    indexes.remove(index);
                }
            }
        }
        self.note(shard, name);
    }

    fn sweep(&self, shard: &mut Shard, now: i64) {
        if now.saturating_sub(shard.swept_at) < SWEEP_MILLIS {
            return;
        }
        shard.swept_at = now;
        let expired = |(name, entry): (&Name, &Entry)| (entry.expires_at <= now).then_some(*name);
        let expired: Vec<Name> = shard.entries.iter().filter_map(expired).collect();
        for name in &expired {
            self.remove(shard, name);
        }
    }

    fn note(&self, shard: &mut Shard, name: &Name) {
        if self.has_file {
            shard.changed.insert(*name);
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder is within bounds")]
    fn shard(&self, name: &Name) -> MutexGuard<'_, Shard> {
        lock(&self.shards[name.shard() % SHARDS])
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder is within bounds")]
    fn index(&self, name: &Name) -> MutexGuard<'_, Index> {
        lock(&self.indexes[name.shard() % SHARDS])
    }
}

impl Shard {
    fn live(&mut self, name: &Name, now: i64) -> Option<&mut Entry> {
        self.entries.get_mut(name).filter(|entry| entry.expires_at > now)
    }
}

/// The value of an entry that an index remembers; it may have been replaced by one that is not remembered there.
fn remembered(entry: &mut Entry, index: &Name) -> Option<Bytes> {
    entry.indexes.contains(index).then(|| plain(entry).unwrap_or_default())
}

fn plain(entry: &mut Entry) -> Option<Bytes> {
    match &entry.value {
        Value::Plain(value) => Some(value.clone()),
        Value::Spendable { .. } | Value::Family { .. } | Value::Count(_) => None,
    }
}

/// No operation leaves a map half-changed, so what a panicking thread held is still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
