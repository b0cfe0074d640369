//! Guessing a client's secret ends for the network that guesses, and for nobody else: a wrong guess must not be a way to
//! shut a client out.
//!
//! Misses are counted in the session store, for all nodes; a node that saw one too many remembers it, so that a client
//! with the right secret never waits for a store.

use crate::Idp;
use crate::ctx::Ctx;
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use crate::ports::{Key, Kind};
use hospes_protocol::error::{ErrorCode, OAuthError};
use std::time::Duration;

/// Misses of one client from one network within a minute.
const MISSES: u64 = 100;

impl Idp {
    /// Whether the network of this request may try a secret of the client.
    pub(crate) fn may_try_secret(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        client: &Client,
    ) -> Result<(), OAuthError> {
        if self.barred.has(&guesser(ctx, tenant, client), ctx.now) { Err(too_many()) } else { Ok(()) }
    }

    /// Counts a wrong secret.
    pub(crate) async fn missed_secret(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        client: &Client,
    ) -> Result<(), OAuthError> {
        let guesser = guesser(ctx, tenant, client);
        let key = Key::new(tenant.id, Kind::Counter, format!("client-secrets\0{guesser}"));
        if self.sessions.increment(&key, Duration::from_mins(1)).await? <= MISSES {
            return Ok(());
        }
        self.barred.add(guesser, ctx.now);
        Err(too_many())
    }
}

fn guesser(ctx: &Ctx, tenant: &Tenant, client: &Client) -> String {
    let network = ctx.request.network();
    format!("{}\0{}\0{network}", tenant.id, client.client_id)
}

fn too_many() -> OAuthError {
    OAuthError::new(ErrorCode::TooManyRequests, "too many wrong secrets from this network, wait a minute")
}
