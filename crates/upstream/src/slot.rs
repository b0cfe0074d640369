//! One remembered document of a home IdP: fetched when first needed and when too old, by one caller for all who wait.
//!
//! A failure is remembered for a moment, so that callers who queued behind a dead server leave together instead of each
//! waiting in turn. A forced refetch is granted once a minute; whoever comes second gets what the first one fetched.

use hospes_idp::ports::UpstreamError;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a failure answers for those who ask again.
const FAILURE: Duration = Duration::from_secs(5);
/// A refetch may be forced once in this time (UP-12).
const FORCED: Duration = Duration::from_mins(1);

/// Monotonic time, so that ages do not depend on the wall clock.
pub(crate) type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

struct State<T> {
    document: Option<(Instant, Arc<T>)>,
    failure: Option<(Instant, UpstreamError)>,
    forced: Option<Instant>,
}

/// The document, its age, and the lock its fetchers queue at.
pub(crate) struct Slot<T> {
    clock: Clock,
    max_age: Duration,
    state: Mutex<State<T>>,
}

impl<T> Slot<T> {
    pub(crate) fn new(clock: Clock, max_age: Duration) -> Self {
        let state = State { document: None, failure: None, forced: None };
        Self { clock, max_age, state: Mutex::new(state) }
    }

    /// The document, fetched if there is none, it is too old, or `serves` says it no longer does. `fetch` gets the one
    /// it replaces.
    pub(crate) async fn get<F>(
        &self,
        serves: impl Fn(&T) -> bool + Send,
        fetch: impl FnOnce(Option<Arc<T>>) -> F + Send,
    ) -> Result<Arc<T>, UpstreamError>
    where
        F: Future<Output = Result<T, UpstreamError>> + Send,
    {
        let mut state = self.state.lock().await;
        if let Some((at, document)) = &state.document
            && self.is_within(self.max_age, *at)
            && serves(document)
        {
            return Ok(document.clone());
        }
        if let Some((at, failure)) = &state.failure
            && self.is_within(FAILURE, *at)
        {
            return Err(again(failure));
        }
        let before = state.document.as_ref().map(|(_, document)| document.clone());
        match fetch(before).await {
            Ok(document) => Ok(self.keep(&mut state, document)),
            Err(failure) => {
                state.failure = Some(((self.clock)(), again(&failure)));
                Err(failure)
            }
        }
    }

    /// Something newer than `seen`, which did not serve: what somebody else fetched meanwhile, or a fresh copy, or
    /// nothing if a refetch was forced a short while ago.
    pub(crate) async fn newer(
        &self,
        seen: &Arc<T>,
        fetch: impl Future<Output = Result<T, UpstreamError>> + Send,
    ) -> Result<Option<Arc<T>>, UpstreamError> {
        let mut state = self.state.lock().await;
        if let Some((_, current)) = &state.document
            && !Arc::ptr_eq(current, seen)
        {
            return Ok(Some(current.clone()));
        }
        if state.forced.is_some_and(|at| self.is_within(FORCED, at)) {
            return Ok(None);
        }
        state.forced = Some((self.clock)());
        let document = fetch.await?;
        Ok(Some(self.keep(&mut state, document)))
    }

    /// Replaces whatever there is.
    pub(crate) async fn put(&self, document: T) {
        let mut state = self.state.lock().await;
        self.keep(&mut state, document);
    }

    fn keep(&self, state: &mut State<T>, document: T) -> Arc<T> {
        let document = Arc::new(document);
        state.document = Some(((self.clock)(), document.clone()));
        state.failure = None;
        document
    }

    fn is_within(&self, span: Duration, since: Instant) -> bool {
        (self.clock)().saturating_duration_since(since) < span
    }
}

fn again(failure: &UpstreamError) -> UpstreamError {
    match failure {
        UpstreamError::Unreachable(what) => UpstreamError::Unreachable(what.clone()),
        UpstreamError::Refused(what) => UpstreamError::Refused(what.clone()),
        UpstreamError::Blocked => UpstreamError::Blocked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn up_12_who_comes_second_gets_what_the_first_one_fetched() {
        let start = Instant::now();
        let slot = Slot::new(Arc::new(move || start), Duration::from_mins(1));
        let fetched = |document| async move { Ok(document) };
        let old = slot.get(|_| true, |_| fetched("old")).await.unwrap();
        let first = slot.newer(&old, fetched("new")).await.unwrap();
        assert_eq!(first.as_deref(), Some(&"new"));
        let second = slot.newer(&old, fetched("never")).await.unwrap();
        assert_eq!(second.as_deref(), Some(&"new"));
        let third = slot.newer(&second.unwrap(), fetched("never")).await.unwrap();
        assert_eq!(third, None);
    }

    #[tokio::test]
    async fn up_12_a_forced_refetch_that_fails_counts_too_and_loses_nothing() {
        let start = Instant::now();
        let slot = Slot::new(Arc::new(move || start), Duration::from_mins(1));
        let old = slot.get(|_| true, |_| async { Ok("old") }).await.unwrap();
        let failing = async { Err(UpstreamError::Unreachable("keys".to_owned())) };
        assert!(slot.newer(&old, failing).await.is_err());
        assert_eq!(slot.newer(&old, async { Ok("never") }).await.unwrap(), None);
        let kept = slot.get(|_| true, |_| async { Ok("never") }).await.unwrap();
        assert_eq!(*kept, "old");
    }
}
