//! A clock that runs like the wall's and can be advanced, so that no test waits for time to pass.

use hospes_server::entropy;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Clones share the time.
#[derive(Clone, Default)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn now(&self) -> Timestamp {
        entropy::now() + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.advance(SignedDuration::from_secs(seconds));
    }
}
