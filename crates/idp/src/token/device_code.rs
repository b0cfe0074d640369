//! A device polls for its tokens (RFC 8628 §3.4). A request that was approved is taken once, after everything was checked;
//! a refused poll changes nothing, and one that has to wait changes only when the device may ask again.

use super::Call;
use super::issue::Granted;
use super::release::Wishes;
use super::target::Target;
use crate::Idp;
use crate::model::device::{Approval, DeviceAuthorization, Poll, Standing};
use crate::ports::{Key, Kind, Presence};
use bytes::Bytes;
use hospes_protocol::names::Secret;
use hospes_protocol::token::TokenResponse;
use hospes_protocol::wish::Wish;
use hospes_protocol::{ErrorCode, OAuthError};
use std::time::Duration;

/// How long a request is remembered after a poll.
const MEMORY: Duration = Duration::from_mins(20);

impl Idp {
    pub(crate) async fn poll_device(
        &self,
        call: Call<'_>,
        device_code: &Secret,
        wish: Wish,
    ) -> Result<TokenResponse, OAuthError> {
        let key = Key::new(call.tenant.id, Kind::Device, device_code.reveal());
        let raw = self.sessions.get(&key).await?.ok_or_else(unknown)?;
        let asked: DeviceAuthorization =
            serde_json::from_slice(&raw).map_err(|cause| unknown().because(cause))?;
        if asked.request.client_id != call.client.client_id {
            return Err(unknown().because("the device code belongs to another client"));
        }
        match asked.poll(call.ctx.now) {
            Poll::Approved(approval) => {
                let granted = (asked.request.resources.clone(), asked.request.details.clone());
                let target = Target::choose(call, granted, &wish)?;
                self.redeem_device(call, &key, (asked, *approval, target)).await
            }
            Poll::Pending(standing) => {
                let first = self.remember_poll(&key, &raw, (asked, standing)).await?;
                Err(if first { pending() } else { slow_down() })
            }
            Poll::TooSoon(standing) => {
                self.remember_poll(&key, &raw, (asked, standing)).await?;
                Err(slow_down())
            }
            Poll::Denied => Err(OAuthError::access_denied("the request was denied")),
            Poll::Expired => Err(OAuthError::new(ErrorCode::ExpiredToken, "the device code has expired")),
        }
    }

    /// `false`: something else happened at the same moment, most likely another poll.
    async fn remember_poll(
        &self,
        key: &Key,
        raw: &Bytes,
        (asked, standing): (DeviceAuthorization, Standing),
    ) -> Result<bool, OAuthError> {
        let next = DeviceAuthorization { standing, ..asked };
        Ok(self.sessions.swap(key, raw, next.bytes(), MEMORY).await?)
    }

    async fn redeem_device(
        &self,
        call: Call<'_>,
        key: &Key,
        (asked, approval, target): (DeviceAuthorization, Approval, Target),
    ) -> Result<TokenResponse, OAuthError> {
        let user = self.still_allowed(call, approval.user, &approval.authentication).await?;
        let family = Key::new(call.tenant.id, Kind::Family, &approval.family);
        if self.sessions.look(&[family]).await? != [Presence::Family(0)] {
            return Err(unknown().because("the person's sessions were ended meanwhile"));
        }
        // Law 6: of many polls one takes it.
        self.sessions.take(key).await?.ok_or_else(unknown)?;
        let generation = self.begin_family(call, &approval.family).await?.ok_or_else(unknown)?;
        // A client that lost a scope meanwhile does not get it.
        let scope = asked.request.scope.and(&call.client.scope);
        self.issue_tokens(
            call,
            &user,
            Granted {
                family: approval.family,
                generation,
                scope: scope.clone(),
                original_scope: scope,
                wishes: Wishes::default(),
                target,
                nonce: None,
                sid: approval.sid,
                session_expiry: approval.session_expiry,
                authentication: approval.authentication,
                granted_at: call.ctx.now,
                bound_to: call.confirmation.filter(|_| !call.client.auth_method.is_confidential()).cloned(),
            },
        )
        .await
    }
}

fn unknown() -> OAuthError {
    OAuthError::invalid_grant("the device code is invalid, expired or was used")
}

fn pending() -> OAuthError {
    OAuthError::new(ErrorCode::AuthorizationPending, "nobody has approved the request yet")
}

fn slow_down() -> OAuthError {
    OAuthError::new(ErrorCode::SlowDown, "wait five seconds longer between two requests")
}
