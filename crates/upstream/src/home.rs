//! What is remembered of each home IdP between sign-ins: metadata and parsed keys.

use crate::discovery::{self, Metadata, stage};
use crate::exchange;
use crate::guard::GuardedClient;
use crate::slot::{Clock, Slot};
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::ids::HomeIdpId;
use hospes_idp::ports::UpstreamError;
use hospes_protocol::Issuer;
use hospes_protocol::jose::{Claims, CompactJwt, JoseError, VerifyingKeys};
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const METADATA_MAX_AGE: Duration = Duration::from_hours(1);
/// How long a key withdrawn at home still counts here.
const KEYS_MAX_AGE: Duration = Duration::from_mins(10);

/// Parsed keys, and where they came from: metadata may start to point elsewhere.
struct Keys {
    uri: Url,
    verifiers: VerifyingKeys,
}

struct Memory {
    metadata: Slot<Metadata>,
    keys: Slot<Keys>,
}

/// Memories of all home IdPs. An id belongs to one tenant, so no tenant sees or slows another's (law 7).
#[derive(Clone)]
pub(crate) struct Homes {
    clock: Clock,
    memories: Cache<(HomeIdpId, Issuer), Arc<Memory>>,
}

impl Homes {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, memories: Cache::new(10_000) }
    }

    /// A home IdP, with its memory and a client that may reach it.
    pub(crate) fn open<'a>(&self, home_idp: &'a HomeIdp, http: GuardedClient) -> Home<'a> {
        let key = (home_idp.id, home_idp.issuer.clone());
        let memory = self.memories.get_with(key, || {
            Arc::new(Memory {
                metadata: Slot::new(self.clock.clone(), METADATA_MAX_AGE),
                keys: Slot::new(self.clock.clone(), KEYS_MAX_AGE),
            })
        });
        Home { registered: home_idp, http, memory }
    }
}

/// One home IdP during one call.
pub(crate) struct Home<'a> {
    registered: &'a HomeIdp,
    pub(crate) http: GuardedClient,
    memory: Arc<Memory>,
}

impl Home<'_> {
    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, UpstreamError> {
        let fetch = |before: Option<Arc<Metadata>>| async move {
            let metadata = discovery::fetch(&self.http, &self.registered.issuer).await?;
            if before.is_some_and(|before| metadata.moved_from(&before)) {
                let home_idp = self.registered;
                tracing::warn!(tenant = %home_idp.tenant, issuer = %home_idp.issuer, "upstream.metadata_changed");
            }
            Ok(metadata)
        };
        self.memory.metadata.get(|_| true, fetch).await
    }

    /// Fetches metadata and keys anew, and resolves every endpoint.
    pub(crate) async fn probe(&self) -> Result<(), UpstreamError> {
        exchange::auth_type(self.registered.auth_method)?;
        let metadata = discovery::fetch(&self.http, &self.registered.issuer).await?;
        for endpoint in metadata.endpoints() {
            self.http.check_resolved(endpoint).await.map_err(stage("discovery"))?;
        }
        let keys = self.fetch_keys(metadata.jwks_uri()).await?;
        if keys.verifiers.is_empty() {
            return Err(UpstreamError::Refused("keys: none is usable".to_owned()));
        }
        self.memory.metadata.put(metadata).await;
        self.memory.keys.put(keys).await;
        Ok(())
    }

    /// Verifies a signature. If no key fits, the set may be stale: it is fetched anew, once a minute at most.
    pub(crate) async fn verify(
        &self,
        metadata: &Metadata,
        jwt: &CompactJwt<'_>,
    ) -> Result<Claims, UpstreamError> {
        // Ours to say, whatever the metadata lists (UP-10).
        let allowed = &self.registered.algorithms;
        let refused = |error: JoseError| UpstreamError::Refused(format!("id_token: {error}"));
        let uri = metadata.jwks_uri();
        let here = |keys: &Keys| keys.uri == *uri;
        let keys = self.memory.keys.get(here, |_| self.fetch_keys(uri)).await?;
        let stale = match keys.verifiers.verify(jwt, allowed) {
            Ok(claims) => return Ok(claims),
            Err(error @ JoseError::UnknownKey) => error,
            // Without `kid` a rotated key shows as a bad signature.
            Err(error @ JoseError::Signature) if jwt.key_id.is_none() => error,
            Err(error) => return Err(refused(error)),
        };
        match self.memory.keys.newer(&keys, self.fetch_keys(uri)).await? {
            None => Err(refused(stale)),
            Some(newer) => newer.verifiers.verify(jwt, allowed).map_err(refused),
        }
    }

    async fn fetch_keys(&self, uri: &Url) -> Result<Keys, UpstreamError> {
        let set = self.http.get(uri, None).await.map_err(stage("keys"))?;
        let verifiers = VerifyingKeys::parse(&set)
            .map_err(|error| UpstreamError::Unreachable(format!("keys: {error}")))?;
        Ok(Keys { uri: uri.clone(), verifiers })
    }
}
