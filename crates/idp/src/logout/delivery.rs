//! Telling clients that a session has ended (OpenID Connect Back-Channel Logout 1.0): what waits in the queue is sent, off
//! the path of any request. The token is made for each attempt, so that it is always fresh.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::model::client::Client;
use crate::model::notice::LogoutNotice;
use crate::ports::{CallbackError, Unavailable};
use crate::subject::subject_at;
use futures_util::future::join_all;
use hospes_protocol::claims::{LogoutClaims, LogoutEvents};
use hospes_protocol::jose::signing::TokenType;
use jiff::SignedDuration;

/// How many notices are sent at a time.
pub const BATCH: u32 = 16;
/// How long claimed notices are hidden from other nodes; more than an attempt can take.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Seconds a token can be used (Back-Channel Logout §2.4 recommends at most two minutes).
const LIFETIME: i64 = 120;
/// When an attempt that failed is repeated; after the last one it is given up (LO-09).
const RETRIES: [SignedDuration; 3] =
    [SignedDuration::from_secs(10), SignedDuration::from_secs(60), SignedDuration::from_secs(300)];

impl Idp {
    /// Sends what is due and says how much that was.
    pub async fn deliver_notices(&self, ctx: &Ctx) -> Result<usize, Unavailable> {
        let lease_until = ctx.now.saturating_add(LEASE).unwrap_or(ctx.now);
        let notices = self.directory.claim_notices(ctx.now, lease_until, BATCH).await?;
        join_all(notices.iter().map(|notice| self.deliver(ctx, notice))).await;
        Ok(notices.len())
    }

    async fn deliver(&self, ctx: &Ctx, notice: &LogoutNotice) {
        let settled = match self.tell(ctx, notice).await {
            Ok(()) => self.directory.remove_notice(notice.id).await,
            Err(error) => self.put_off(ctx, notice, error).await,
        };
        if let Err(error) = settled {
            // The lease ends and it is sent again.
            tracing::error!(notice = %notice.id, %error, "what became of a logout notice could not be written down");
        }
    }

    async fn tell(&self, ctx: &Ctx, notice: &LogoutNotice) -> Result<(), CallbackError> {
        let client = self.directory.client(notice.tenant, &notice.client).await;
        let client = client.map_err(|_| CallbackError::Failed)?;
        let Some(client) = client.filter(|client| client.status.is_enabled()) else {
            return Ok(());
        };
        let Some(uri) = &client.options.logout.backchannel_logout_uri else {
            return Ok(());
        };
        let token = self.logout_token(ctx, notice, &client).await?;
        self.callbacks.post(uri, &[("logout_token", &token)]).await
    }

    async fn logout_token(
        &self,
        ctx: &Ctx,
        notice: &LogoutNotice,
        client: &Client,
    ) -> Result<String, CallbackError> {
        let failed = |cause: &dyn std::fmt::Display| {
            tracing::error!(notice = %notice.id, %cause, "a logout token cannot be made");
            CallbackError::Failed
        };
        let tenant = self.directory.tenant(notice.tenant).await.map_err(|error| failed(&error))?;
        let tenant = tenant.ok_or_else(|| failed(&"the tenant is gone"))?;
        let keys = self.keyring.of(notice.tenant).await.map_err(|error| failed(&error))?;
        let signer = keys.signer(client.id_token_algorithm, ctx.now).map_err(|error| failed(&error))?;
        let issuer = self.issuer(&tenant);
        let claims = LogoutClaims {
            iss: issuer.as_str(),
            aud: client.client_id.as_str(),
            sub: &subject_at(&self.vault, client, notice.user),
            sid: &notice.session,
            iat: ctx.seconds(),
            exp: ctx.seconds() + LIFETIME,
            jti: &ctx.token(),
            events: LogoutEvents::default(),
        };
        signer.sign(TokenType::Logout, &claims).map_err(|error| failed(&error))
    }

    /// What may pass is tried again, what was refused is not.
    async fn put_off(
        &self,
        ctx: &Ctx,
        notice: &LogoutNotice,
        error: CallbackError,
    ) -> Result<(), Unavailable> {
        let again = usize::try_from(notice.attempts).ok().and_then(|tried| RETRIES.get(tried));
        if let (CallbackError::Failed, Some(wait)) = (error, again) {
            let due_at = ctx.now.saturating_add(*wait).unwrap_or(ctx.now);
            return self.directory.postpone_notice(notice.id, due_at).await;
        }
        let kind = match error {
            CallbackError::Blocked => AuditKind::SsrfBlocked,
            CallbackError::Refused(_) | CallbackError::Failed => AuditKind::LogoutUndelivered,
        };
        let event = AuditEvent::new(ctx, notice.tenant, kind, Actor::System)
            .target(notice.user)
            .client(&notice.client)
            .reason(error.reason())
            .detail("session", notice.session.as_str())
            .detail("attempts", notice.attempts.saturating_add(1));
        self.directory.append_audit(&[event]).await?;
        self.directory.remove_notice(notice.id).await
    }
}
