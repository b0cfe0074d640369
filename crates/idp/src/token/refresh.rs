//! Refresh tokens: sealed, rotated at every use, bound to client and tenant.
//!
//! The token carries what was granted, sealed deterministically, so that the successor of a token is always the same
//! token: within the grace period a retry gets the very successor that got lost. The store keeps one thing per family,
//! which generation is current, and decides rotation, grace and reuse in one atomic step. Everything is checked before
//! that step: a refused request changes nothing.

use super::Call;
use super::issue::{Granted, family_ttl};
use super::release::Wishes;
use super::target::Target;
use crate::Idp;
use crate::audit::AuditKind;
use crate::ids::UserId;
use crate::model::authentication::Authentication;
use crate::model::user::User;
use crate::ports::sessions::Use;
use crate::ports::{Key, Kind, Presence, Rotation};
use crate::vault::{Purpose, Sealed};
use hospes_protocol::authorization_details::AuthorizationDetail;
use hospes_protocol::claims::Confirmation;
use hospes_protocol::encoding::{base64url, from_base64url};
use hospes_protocol::names::Secret;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::TokenResponse;
use hospes_protocol::wish::Wish;
use hospes_protocol::{ClientId, OAuthError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Milliseconds during which the token before still yields its successor (FAPI 2 SP §5.3.2.1-9 asks for 30 seconds).
const GRACE: i64 = 30_000;

/// What a refresh token carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(super) family: String,
    pub(super) generation: u32,
    pub(super) client: ClientId,
    pub(super) user: UserId,
    pub(super) scope: Scopes,
    #[serde(default, skip_serializing_if = "Wishes::is_empty")]
    wishes: Wishes,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<AuthorizationDetail>,
    sid: String,
    session_expiry: Timestamp,
    pub(super) authentication: Authentication,
    pub(super) granted_at: Timestamp,
    /// The key of a public client, without which it is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bound_to: Option<Confirmation>,
}

impl RefreshToken {
    pub(crate) fn of(call: Call<'_>, user: &User, granted: &Granted) -> Self {
        Self {
            family: granted.family.clone(),
            generation: granted.generation,
            client: call.client.client_id.clone(),
            user: user.id,
            scope: granted.original_scope.clone(),
            wishes: granted.wishes.clone(),
            resources: granted.target.granted.clone(),
            details: granted.target.details.clone(),
            sid: granted.sid.clone(),
            session_expiry: granted.session_expiry,
            authentication: granted.authentication.clone(),
            granted_at: granted.granted_at,
            bound_to: granted.bound_to.clone(),
        }
    }
}

impl Idp {
    pub(crate) fn seal_refresh_token(&self, call: Call<'_>, token: &RefreshToken) -> String {
        let plain = serde_json::to_vec(token).unwrap_or_default();
        base64url(self.vault.seal_same(Purpose::RefreshToken, call.tenant.id.0.as_bytes(), &plain).0)
    }

    pub(super) fn open_refresh_token(&self, call: Call<'_>, text: &str) -> Option<RefreshToken> {
        let sealed = Sealed(from_base64url(text)?);
        let plain = self.vault.open(Purpose::RefreshToken, call.tenant.id.0.as_bytes(), &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    pub(crate) async fn refresh(
        &self,
        call: Call<'_>,
        presented: &Secret,
        wish: Wish,
    ) -> Result<TokenResponse, OAuthError> {
        let invalid = || OAuthError::invalid_grant("the refresh token is invalid, expired or revoked");
        let token = self.open_refresh_token(call, presented.reveal()).ok_or_else(invalid)?;
        if token.client != call.client.client_id {
            return Err(invalid().because("the refresh token belongs to another client"));
        }
        if token.bound_to.is_some() && token.bound_to.as_ref() != call.confirmation {
            return Err(invalid().because("the refresh token is bound to another key"));
        }
        let lifetime = i64::from(call.tenant.settings.refresh_token_lifetime);
        if call.ctx.seconds() >= token.granted_at.as_second() + lifetime {
            return Err(invalid().because("the refresh token reached its absolute end"));
        }
        // A client that lost a scope loses it here too (RT-08).
        let allowed = token.scope.and(&call.client.scope);
        let scope = match wish.scope.clone() {
            None => allowed,
            Some(asked) if asked.within(&allowed) => asked,
            Some(_) => return Err(OAuthError::invalid_scope("scope is wider than granted")),
        };
        let target = Target::choose(call, (token.resources.clone(), token.details.clone()), &wish)?;
        let user = self.still_allowed(call, token.user, &token.authentication).await?;
        let generation = self.advance_family(call, &token).await?;
        self.issue_tokens(
            call,
            &user,
            Granted {
                family: token.family,
                generation,
                scope,
                original_scope: token.scope,
                wishes: token.wishes,
                target,
                nonce: None,
                sid: token.sid,
                session_expiry: token.session_expiry,
                authentication: token.authentication,
                granted_at: token.granted_at,
                bound_to: token.bound_to,
            },
        )
        .await
    }

    /// The generation of the token that comes next.
    async fn advance_family(&self, call: Call<'_>, token: &RefreshToken) -> Result<u32, OAuthError> {
        let invalid = || OAuthError::invalid_grant("the refresh token is invalid, expired or revoked");
        let key = Key::new(call.tenant.id, Kind::Family, &token.family);
        if !call.client.options.security.rotates_refresh_tokens() {
            return match self.sessions.look(&[key]).await?.as_slice() {
                [Presence::Family(current)] if *current == token.generation => Ok(token.generation),
                _ => Err(invalid().because("the token family is gone")),
            };
        }
        let usage = Use {
            generation: token.generation,
            now: call.ctx.now.as_millisecond(),
            grace: GRACE,
            ttl: family_ttl(call.ctx, call, token.granted_at),
        };
        match self.sessions.rotate(&key, usage).await? {
            Rotation::Rotated | Rotation::SameAgain => Ok(token.generation.saturating_add(1)),
            Rotation::Gone => Err(invalid().because("the token family is gone")),
            Rotation::Reused => {
                self.note(call, AuditKind::RefreshReuseDetected).await;
                Err(invalid().because("the refresh token was used before"))
            }
        }
    }
}
