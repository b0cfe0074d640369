//! Key sets of clients (RFC 7591 `jwks_uri`): fetched through the guard, remembered for each client.
//!
//! A set that is due for a fetch still serves while its host is down, for a day: a client does not lose its sign-ins to
//! an outage of its own, and a key it withdrew does not count for ever. Whatever others send, one client costs one
//! extra fetch a minute (CA-14).

use crate::guard::{FetchError, Guard, GuardedClient};
use crate::slot::Clock;
use async_trait::async_trait;
use hospes_idp::ports::UpstreamError;
use hospes_idp::ports::client_keys::{ClientKeySets, KeySetOwner};
use hospes_protocol::jose::KeySet;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// How long a set is not asked for again.
const FRESH: Duration = Duration::from_mins(10);
/// How long one serves while its host is down.
const STALE: Duration = Duration::from_hours(24);
/// Between a fetch that failed or was forced, and the next one.
const PAUSE: Duration = Duration::from_mins(1);
/// A client that waits for a token does not wait longer for its own keys.
const PATIENCE: Duration = Duration::from_millis(2500);

#[derive(Default)]
struct Memory {
    set: Option<(Instant, Arc<KeySet>)>,
    /// The last fetch that failed or was forced.
    tried: Option<Instant>,
}

/// Remembers the sets of all clients.
pub struct RemoteKeySets {
    http: GuardedClient,
    clock: Clock,
    memories: Cache<KeySetOwner, Arc<Mutex<Memory>>>,
}

impl RemoteKeySets {
    /// Over the guard that everything else goes through.
    pub fn new(guard: &Guard) -> Self {
        Self::with(guard, Arc::new(Instant::now))
    }

    pub(crate) fn with(guard: &Guard, clock: Clock) -> Self {
        let memories = Cache::builder().max_capacity(10_000).time_to_idle(STALE).build();
        Self { http: guard.for_documents(), clock, memories }
    }

    fn memory(&self, owner: &KeySetOwner) -> Arc<Mutex<Memory>> {
        self.memories.get_with(owner.clone(), Arc::default)
    }

    fn is_within(&self, span: Duration, since: Instant) -> bool {
        (self.clock)().saturating_duration_since(since) < span
    }

    /// One fetch, kept if it succeeds and paused after if it does not.
    async fn fetch(&self, owner: &KeySetOwner, memory: &mut Memory) -> Result<Arc<KeySet>, UpstreamError> {
        let answer = tokio::time::timeout(PATIENCE, self.read(&owner.url)).await;
        let answer =
            answer.unwrap_or_else(|_| Err(UpstreamError::Unreachable("client keys: too slow".into())));
        let now = (self.clock)();
        match answer {
            Ok(set) => {
                let set = Arc::new(set);
                memory.set = Some((now, set.clone()));
                Ok(set)
            }
            Err(error) => {
                memory.tried = Some(now);
                tracing::warn!(tenant = %owner.tenant, client = %owner.client, %error, "client.keys_not_fetched");
                Err(error)
            }
        }
    }

    async fn read(&self, url: &str) -> Result<KeySet, UpstreamError> {
        let unusable = |cause: String| UpstreamError::Refused(format!("client keys: {cause}"));
        let url = Url::parse(url).map_err(|cause| unusable(cause.to_string()))?;
        let body = self.http.get(&url, None).await.map_err(|error| match error {
            FetchError::Blocked => UpstreamError::Blocked,
            FetchError::Failed => UpstreamError::Unreachable("client keys".into()),
        })?;
        KeySet::parse(&body).map_err(|cause| unusable(cause.to_string()))
    }
}

#[async_trait]
impl ClientKeySets for RemoteKeySets {
    async fn key_set(&self, owner: &KeySetOwner) -> Result<Arc<KeySet>, UpstreamError> {
        let memory = self.memory(owner);
        let mut memory = memory.lock().await;
        let known = memory.set.clone().filter(|(at, _)| self.is_within(STALE, *at));
        if let Some((at, set)) = &known
            && self.is_within(FRESH, *at)
        {
            return Ok(set.clone());
        }
        let fetched = if memory.tried.is_some_and(|at| self.is_within(PAUSE, at)) {
            Err(UpstreamError::Unreachable("client keys: not asked again so soon".into()))
        } else {
            self.fetch(owner, &mut memory).await
        };
        fetched.or_else(|error| known.map(|(_, set)| set).ok_or(error))
    }

    async fn newer(&self, owner: &KeySetOwner, seen: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let memory = self.memory(owner);
        let mut memory = memory.lock().await;
        if let Some((_, current)) = &memory.set
            && !Arc::ptr_eq(current, seen)
        {
            return Some(current.clone());
        }
        if memory.tried.is_some_and(|at| self.is_within(PAUSE, at)) {
            return None;
        }
        memory.tried = Some((self.clock)());
        self.fetch(owner, &mut memory).await.ok()
    }
}
