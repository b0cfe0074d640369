//! Whoever tried too often, remembered by this process for as long as they are barred.

use jiff::Timestamp;
use moka::sync::Cache;
use std::time::Duration;

/// Names of those who are barred, until when.
pub(crate) struct Barred(Cache<String, Timestamp>);

impl Barred {
    pub(crate) fn with_longest(time: Duration) -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(time).build())
    }

    pub(crate) fn has(&self, name: &str, now: Timestamp) -> bool {
        self.0.get(name).is_some_and(|until| now < until)
    }

    pub(crate) fn add(&self, name: String, until: Timestamp) {
        self.0.insert(name, until);
    }
}
