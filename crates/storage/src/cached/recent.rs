//! Values that were read within the last second, and a rule that makes forgetting safe against reads in flight.
//!
//! Forgetting raises a counter. A value is served only while the counter stands where it stood *before* the value was
//! read; a read that began before a write and ended after it therefore never answers a later request.

use hospes_idp::ports::Unavailable;
use moka::sync::Cache;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The staleness contract of the directory.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// Counters are shared by keys: a collision costs a read, nothing else.
const COUNTERS: usize = 256;

pub(super) struct Recent<K, V> {
    values: Cache<K, Remembered<V>>,
    counters: [AtomicU64; COUNTERS],
    hasher: RandomState,
}

#[derive(Clone)]
struct Remembered<V> {
    value: V,
    count: u64,
    read_at: Instant,
}

impl<K, V> Recent<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn with_capacity(entries: u64) -> Self {
        Self {
            values: Cache::builder().max_capacity(entries).time_to_live(STALE_AFTER).build(),
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            hasher: RandomState::new(),
        }
    }

    /// The value as it was within the last second, or as `read` finds it. Absence is not remembered.
    pub(super) async fn read(
        &self,
        key: &K,
        read: impl Future<Output = Result<Option<V>, Unavailable>>,
    ) -> Result<Option<V>, Unavailable> {
        let count = self.counter(key).load(Ordering::Acquire);
        let read_at = Instant::now();
        if let Some(found) = self.values.get(key)
            && found.count == count
            && read_at.duration_since(found.read_at) < STALE_AFTER
        {
            return Ok(Some(found.value));
        }
        let found = read.await?;
        if let Some(value) = found.clone() {
            let remembered = Remembered { value, count, read_at };
            self.values.insert(key.clone(), remembered);
        }
        Ok(found)
    }

    pub(super) fn forget(&self, key: &K) {
        self.counter(key).fetch_add(1, Ordering::Release);
    }

    pub(super) fn forget_all(&self) {
        for counter in &self.counters {
            counter.fetch_add(1, Ordering::Release);
        }
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a remainder is within bounds"
    )]
    fn counter(&self, key: &K) -> &AtomicU64 {
        &self.counters[self.hasher.hash_one(key) as usize % COUNTERS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    async fn read(recent: &Recent<u8, u32>, stored: u32) -> u32 {
        recent.read(&1, async { Ok(Some(stored)) }).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_value_is_remembered_until_it_is_forgotten() {
        let recent = Recent::with_capacity(10);
        assert_eq!(read(&recent, 1).await, 1);
        assert_eq!(read(&recent, 2).await, 1);
        recent.forget(&1);
        assert_eq!(read(&recent, 3).await, 3);
    }

    #[tokio::test]
    async fn absence_is_not_remembered() {
        let recent: Recent<u8, u32> = Recent::with_capacity(10);
        assert!(recent.read(&1, async { Ok(None) }).await.unwrap().is_none());
        assert_eq!(read(&recent, 1).await, 1);
    }

    #[tokio::test]
    async fn a_read_that_overlaps_a_write_answers_no_later_request() {
        let recent = Recent::with_capacity(10);
        let (answer, answered) = oneshot::channel();
        let slow = recent.read(&1, async { Ok(answered.await.ok()) });
        let write = async {
            recent.forget(&1);
            answer.send(1).unwrap();
        };
        let (old, ()) = tokio::join!(slow, write);
        assert_eq!(old.unwrap(), Some(1));
        assert_eq!(read(&recent, 2).await, 2);
    }

    #[tokio::test]
    async fn ses_08_a_value_is_served_for_at_most_a_second() {
        let recent = Recent::with_capacity(10);
        let before = Instant::now();
        assert_eq!(read(&recent, 1).await, 1);
        let after = Instant::now();
        let mut asked = Duration::ZERO;
        while read(&recent, 2).await == 1 {
            assert!(asked < STALE_AFTER);
            tokio::time::sleep(Duration::from_millis(5)).await;
            asked = after.elapsed();
        }
        assert!(before.elapsed() >= STALE_AFTER);
    }
}
