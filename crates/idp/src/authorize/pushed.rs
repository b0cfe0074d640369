//! Pushed authorization requests (RFC 9126): the client hands its request over before the browser comes, and proves who it
//! is. What was pushed counts and nothing beside it; it may be visited several times and is answered with a code once.

use super::begin::resolve_redirect_uri;
use super::interaction::LIFETIME;
use crate::Idp;
use crate::browser::Visit;
use crate::error::PageError;
use crate::ports::{Key, Kind, Unavailable, Write};
use crate::refusal::Refusal;
use crate::token::possession::Possession;
use crate::token::{Call, ClientRequest};
use bytes::Bytes;
use hospes_protocol::dpop::ProvenRequest;
use hospes_protocol::error::ErrorCode;
use hospes_protocol::metadata::paths;
use hospes_protocol::params::Params;
use hospes_protocol::{ClientId, OAuthError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Before the token of a `request_uri` (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// Seconds a pushed request waits for its browser.
const WAITS: u32 = 90;
/// Requests a client may push within a minute, from one network.
const PER_MINUTE: u64 = 6_000;
/// What proves who the client is; not part of the request.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Answer of the endpoint (RFC 9126 §2.2).
#[derive(Clone, Debug, Serialize)]
pub struct PushedResponse {
    /// What the browser brings instead of the request.
    pub request_uri: String,
    /// Seconds.
    pub expires_in: u32,
}

#[derive(Serialize, Deserialize)]
struct Pushed {
    client: ClientId,
    params: Params,
}

impl Idp {
    /// Keeps a request that would be accepted; any other is refused here and now.
    pub async fn push_request(&self, request: ClientRequest<'_>) -> Result<PushedResponse, OAuthError> {
        self.answer(request, async |call| self.keep_request(call, request).await).await
    }

    async fn keep_request(
        &self,
        call: Call<'_>,
        ClientRequest { form, possession, .. }: ClientRequest<'_>,
    ) -> Result<PushedResponse, OAuthError> {
        let Call { ctx, tenant, client, .. } = call;
        // RFC 9126 §2.1: a request by reference cannot be pushed.
        if form.first("request_uri").is_some() {
            return Err(OAuthError::invalid_request("request_uri cannot be pushed"));
        }
        let form = &self.signed_params((ctx, tenant), client, form).await?;
        let resolved = resolve_redirect_uri(client, form)
            .map_err(|_| OAuthError::invalid_request("redirect_uri is missing or not registered"))?;
        let accepted = super::begin::check_request((tenant, client), form, resolved)?;
        let key = self.announced_key(call, possession, accepted.dpop_jkt).await?;
        // By network too: anybody can push for a public client, and must not shut it out.
        let whose = format!("pushed\0{}\0{}", client.client_id, ctx.request.network());
        let counter = Key::new(tenant.id, Kind::Counter, whose);
        if self.sessions.increment(&counter, Duration::from_mins(1)).await? > PER_MINUTE {
            return Err(OAuthError::new(
                ErrorCode::TooManyRequests,
                "too many pushed requests, wait a minute",
            ));
        }
        let name = ctx.token();
        let params = form.clone().without(&CREDENTIALS).without(&["dpop_jkt"]);
        let params = params.and(key.iter().map(|key| ("dpop_jkt", key.as_str())).collect());
        let pushed = Pushed { client: client.client_id.clone(), params };
        let value = serde_json::to_vec(&pushed)
            .map_err(|cause| OAuthError::server_error("the request cannot be kept").because(cause))?;
        let put = Write::Put {
            key: Key::new(tenant.id, Kind::Pushed, &name),
            value: Bytes::from(value),
            ttl: Duration::from_secs(u64::from(WAITS)),
            indexes: Vec::new(),
        };
        self.sessions.write(vec![put]).await?;
        Ok(PushedResponse { request_uri: format!("{PREFIX}{name}"), expires_in: WAITS })
    }

    /// RFC 9449 §10.1: a proof names the key that must redeem the code, as the parameter does.
    async fn announced_key(
        &self,
        call: Call<'_>,
        possession: Possession<'_>,
        named: Option<String>,
    ) -> Result<Option<String>, OAuthError> {
        if possession.proofs.is_empty() {
            return Ok(named);
        }
        let uri = self.proven_address(call.tenant, possession, paths::PAR);
        let now = call.ctx.seconds();
        let request = ProvenRequest { method: "POST", uri: &uri, access_token: None, now };
        let proof = self.proven((call.ctx, call.tenant, call.client), possession.proofs, request).await?;
        match named {
            Some(named) if named != proof.thumbprint => {
                Err(OAuthError::invalid_dpop_proof("dpop_jkt names another key than the proof"))
            }
            _ => Ok(Some(proof.thumbprint)),
        }
    }

    /// The request a browser brings by name; `None` if it brings the request itself.
    pub(super) async fn pushed(
        &self,
        visit: &Visit<'_>,
        params: &Params,
    ) -> Result<Option<(String, Params)>, PageError> {
        let Some(name) = params.first("request_uri").and_then(|uri| uri.strip_prefix(PREFIX)) else {
            return Ok(None);
        };
        let refused = |cause: &str| PageError::from(Refusal::PushedRequest).because(cause);
        let raw = self.sessions.get(&Key::new(visit.tenant.id, Kind::Pushed, name)).await?;
        let pushed: Pushed = raw
            .and_then(|raw| serde_json::from_slice(&raw).ok())
            .ok_or_else(|| refused("unknown, used or expired"))?;
        if params.once("client_id").ok().flatten() != Some(pushed.client.as_str()) {
            return Err(refused("another client's"));
        }
        let named = Params::from_iter([("client_id", pushed.client.as_str())]);
        Ok(Some((name.to_owned(), pushed.params.without(&["client_id"]).and(named))))
    }

    /// Claims the one code of a pushed request (law 6); of several sign-ins that came of it one wins.
    pub(super) async fn spend_pushed(&self, visit: &Visit<'_>, name: &str) -> Result<bool, Unavailable> {
        let used = Key::new(visit.tenant.id, Kind::Replay, format!("pushed\0{name}"));
        let is_first = self.sessions.put_new(&used, Bytes::from_static(b"1"), LIFETIME).await?;
        if is_first {
            let pushed = Key::new(visit.tenant.id, Kind::Pushed, name);
            self.sessions.write(vec![Write::Delete(pushed)]).await?;
        }
        Ok(is_first)
    }
}
