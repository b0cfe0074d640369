//! Whoever tried too often, remembered by this process for as long as they are barred.

use jiff::Timestamp;
use moka::sync::Cache;
use std::time::Duration;

/// How long.
pub(crate) const BARRED_FOR: Duration = Duration::from_mins(1);

/// Names of those who are barred, until when.
pub(crate) struct Barred(Cache<String, Timestamp>);

impl Default for Barred {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(BARRED_FOR).build())
    }
}

impl Barred {
    pub(crate) fn has(&self, name: &str, now: Timestamp) -> bool {
        self.0.get(name).is_some_and(|until| now < until)
    }

    pub(crate) fn add(&self, name: String, now: Timestamp) {
        self.0.insert(name, now + BARRED_FOR);
    }
}
