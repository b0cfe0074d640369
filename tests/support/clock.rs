//! A clock that runs like the wall's and can be advanced, so that no test waits for time to pass.

use hospes_server::entropy;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

/// Clones share the time.
#[derive(Clone, Default)]
pub(crate) struct TestClock(Arc<Time>);

#[derive(Default)]
struct Time {
    /// Milliseconds before the wall's.
    ahead: AtomicI64,
    /// What the wall's showed when it was stopped.
    stopped: OnceLock<Timestamp>,
}

impl TestClock {
    pub(crate) fn now(&self) -> Timestamp {
        let wall = self.0.stopped.get().copied().unwrap_or_else(entropy::now);
        wall + SignedDuration::from_millis(self.0.ahead.load(Ordering::SeqCst))
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }

    /// From here on time passes only as the test says. For limits that hold to the second, however busy the machine is.
    /// Redis counts its own time.
    pub(crate) fn stops(&self) {
        self.0.stopped.get_or_init(entropy::now);
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.ahead.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.advance(SignedDuration::from_secs(seconds));
    }
}
