//! Work nobody asked for, done again and again. When each job last succeeded is a metric and part of readiness: a job
//! that stands still is noticed before what it keeps in order is missed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What runs, and how long ago it last succeeded. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<BTreeMap<&'static str, Beat>>>);

#[derive(Clone, Copy)]
struct Beat {
    period: Duration,
    /// Of the last success; of the start before the first one.
    at: Instant,
}

impl Jobs {
    /// Does the work now and then each `period` until `stop` resolves. What fails is tried again a period later.
    pub(crate) async fn run<W, E: Display>(
        self,
        (name, period): (&'static str, Duration),
        work: impl Fn() -> W,
        stop: impl Future<Output = ()>,
    ) where
        W: Future<Output = Result<(), E>>,
    {
        self.beat(name, period);
        let mut stop = pin!(stop);
        let mut ticks = tokio::time::interval(period);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = ticks.tick() => {}
            }
            match work().await {
                Ok(()) => self.beat(name, period),
                Err(error) => tracing::error!(job = name, %error, "a background job failed"),
            }
        }
    }

    /// How long ago each job succeeded, and whether that is two periods or more.
    pub(crate) fn ages(&self) -> Vec<(&'static str, Duration, bool)> {
        let beats = self.beats();
        let age = |(name, beat): (&&'static str, &Beat)| {
            let age = beat.at.elapsed();
            (*name, age, age >= beat.period * 2)
        };
        beats.iter().map(age).collect()
    }

    fn beat(&self, name: &'static str, period: Duration) {
        self.beats().insert(name, Beat { period, at: Instant::now() });
    }

    fn beats(&self) -> MutexGuard<'_, BTreeMap<&'static str, Beat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use tokio::task::yield_now;

    const PERIOD: Duration = Duration::from_millis(20);

    fn is_late(jobs: &Jobs) -> bool {
        jobs.ages().iter().any(|(_, _, late)| *late)
    }

    #[tokio::test]
    async fn key_12_a_job_that_fails_or_was_stopped_is_late_within_two_periods() {
        let (jobs, fails, runs) =
            (Jobs::default(), Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let work = {
            let (fails, runs) = (fails.clone(), runs.clone());
            move || {
                runs.fetch_add(1, Ordering::SeqCst);
                let answer = if fails.load(Ordering::SeqCst) { Err("no store") } else { Ok(()) };
                async move { answer }
            }
        };
        let task = tokio::spawn(jobs.clone().run(("keys", PERIOD), work, pending()));
        while runs.load(Ordering::SeqCst) < 3 {
            yield_now().await;
        }
        assert!(jobs.ages().iter().any(|(name, ..)| *name == "keys"));
        fails.store(true, Ordering::SeqCst);
        while !is_late(&jobs) {
            yield_now().await;
        }
        fails.store(false, Ordering::SeqCst);
        while is_late(&jobs) {
            yield_now().await;
        }
        task.abort();
        while !is_late(&jobs) {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_job_ends_when_it_is_told_to() {
        let work = || async { Ok::<(), String>(()) };
        Jobs::default().run(("keys", PERIOD), work, async {}).await;
    }
}
