//! Authorization codes: what is remembered with one, and redeeming it. Spending is the single-use gate; the spent code is
//! remembered, so that a second use can end what the first one began (RFC 6749 §4.1.2). The family of tokens is there
//! from the beginning, so that it can be ended even while they are being minted.

use super::Call;
use super::issue::Granted;
use super::release::Wishes;
use super::target::Target;
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::ids::UserId;
use crate::model::authentication::Authentication;
use crate::model::session::Session;
use crate::model::user::User;
use crate::ports::{Key, Kind, Spend, Write};
use hospes_protocol::authorization_details::AuthorizationDetail;
use hospes_protocol::authorize::AuthorizationRequest;
use hospes_protocol::claims::Confirmation;
use hospes_protocol::encoding::{base64url, sha256};
use hospes_protocol::names::Secret;
use hospes_protocol::pkce::{CodeChallenge, CodeVerifier};
use hospes_protocol::redirect_uri::matches;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::TokenResponse;
use hospes_protocol::wish::Wish;
use hospes_protocol::{Nonce, OAuthError, RedirectUri};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a code can be redeemed (FAPI 2 SP §5.3.2.1: at most 60 seconds).
const LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// How long a code is recognised, to notice that it is used again.
pub(crate) const CODE_MEMORY: Duration = Duration::from_mins(10);

/// Everything needed to redeem a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthorizationCode {
    /// Names the tokens that will come of it, so that they can be ended.
    pub(crate) family: String,
    redirect_uri: Option<RedirectUri>,
    /// Where it was sent, whether or not the request said so.
    sent_to: RedirectUri,
    code_challenge: Option<CodeChallenge>,
    /// The key that must redeem it (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop_jkt: Option<String>,
    nonce: Option<Nonce>,
    scope: Scopes,
    #[serde(default, skip_serializing_if = "Wishes::is_empty")]
    wishes: Wishes,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<AuthorizationDetail>,
    user: UserId,
    sid: String,
    session_expiry: Timestamp,
    authentication: Authentication,
    expires_at: Timestamp,
}

/// What the token request brings to prove that it belongs to the authorization request.
pub(crate) struct Proof {
    pub(crate) redirect_uri: Option<String>,
    pub(crate) code_verifier: Option<CodeVerifier>,
}

impl AuthorizationCode {
    pub(crate) fn new(ctx: &Ctx, request: &AuthorizationRequest, user: &User, session: &Session) -> Self {
        Self {
            family: base64url(ctx.bytes::<16>()),
            redirect_uri: request.redirect_uri_given.then(|| request.redirect_uri.clone()),
            sent_to: request.redirect_uri.clone(),
            code_challenge: request.code_challenge.clone(),
            dpop_jkt: request.dpop_jkt.clone(),
            nonce: request.nonce.clone(),
            scope: request.scope.clone(),
            wishes: Wishes::of(&request.claims),
            resources: request.resources.clone(),
            details: request.details.clone(),
            user: user.id,
            sid: session.id.clone(),
            session_expiry: session.expires_at,
            authentication: session.authentication.clone(),
            expires_at: ctx.now.saturating_add(LIFETIME).unwrap_or(ctx.now),
        }
    }

    fn check(&self, proof: &Proof, call: Call<'_>) -> Result<(), OAuthError> {
        if call.ctx.now >= self.expires_at {
            return Err(OAuthError::invalid_grant("the code has expired"));
        }
        if !call.client.redirect_uris.iter().any(|known| matches(known, self.sent_to.as_str())) {
            return Err(OAuthError::invalid_grant("the redirect URI is no longer registered"));
        }
        let announced = self.dpop_jkt.clone().map(Confirmation::Key);
        if announced.is_some() && announced.as_ref() != call.confirmation {
            return Err(OAuthError::invalid_grant("the code is bound to another key"));
        }
        // RFC 6749 §4.1.3: identical if the authorization request had one.
        let same_uri = match (&self.redirect_uri, &proof.redirect_uri) {
            (Some(expected), Some(given)) => expected.as_str() == given,
            (Some(_), None) => false,
            (None, _) => true,
        };
        if !same_uri {
            return Err(OAuthError::invalid_grant("redirect_uri differs from the authorization request"));
        }
        match (&self.code_challenge, &proof.code_verifier) {
            (Some(challenge), Some(verifier)) if challenge.matches(verifier) => Ok(()),
            (None, None) => Ok(()),
            (Some(_), None) => Err(OAuthError::invalid_grant("code_verifier is missing")),
            (Some(_), Some(_)) => Err(OAuthError::invalid_grant("code_verifier does not fit code_challenge")),
            // RFC 9700 §2.1.1: a verifier without a challenge means that somebody removed the challenge.
            (None, Some(_)) => {
                Err(OAuthError::invalid_grant("code_verifier was not announced by a code_challenge"))
            }
        }
    }
}

impl Idp {
    pub(crate) async fn redeem_code(
        &self,
        call: Call<'_>,
        code: &Secret,
        (proof, wish): (Proof, Wish),
    ) -> Result<TokenResponse, OAuthError> {
        let key = Key::new(call.tenant.id, Kind::Code, code.reveal());
        let holder = sha256(call.client.client_id.as_str());
        let unknown = || OAuthError::invalid_grant("the code is invalid, expired or was used");
        let record = match self.sessions.spend(&key, &holder).await? {
            Spend::First(value) => serde_json::from_slice::<AuthorizationCode>(&value)
                .map_err(|cause| unknown().because(cause))?,
            Spend::Again(value) => {
                self.end_replayed(call, &value).await?;
                return Err(unknown().because("the code was used before"));
            }
            Spend::NotYours => {
                self.note(call, AuditKind::CodeWrongClient).await;
                return Err(unknown().because("the code belongs to another client"));
            }
            Spend::Unknown => return Err(unknown()),
        };
        record.check(&proof, call)?;
        let target = Target::choose(call, (record.resources, record.details), &wish)?;
        let user = self.still_allowed(call, record.user, &record.authentication).await?;
        let begun = self.begin_family(call, &record.family).await?;
        let generation = begun.ok_or_else(|| unknown().because("the code ended before it was redeemed"))?;
        self.issue_tokens(
            call,
            &user,
            Granted {
                family: record.family,
                generation,
                scope: record.scope.clone(),
                original_scope: record.scope,
                wishes: record.wishes,
                target,
                nonce: record.nonce,
                sid: record.sid,
                session_expiry: record.session_expiry,
                authentication: record.authentication,
                granted_at: call.ctx.now,
                bound_to: call.confirmation.filter(|_| !call.client.auth_method.is_confidential()).cloned(),
            },
        )
        .await
    }

    async fn end_replayed(&self, call: Call<'_>, value: &[u8]) -> Result<(), OAuthError> {
        if let Ok(record) = serde_json::from_slice::<AuthorizationCode>(value) {
            let family = Key::new(call.tenant.id, Kind::Family, &record.family);
            self.sessions.write(vec![Write::Delete(family)]).await?;
        }
        self.note(call, AuditKind::CodeReplayed).await;
        Ok(())
    }

    pub(crate) async fn note(&self, call: Call<'_>, kind: AuditKind) {
        let actor = Actor::Client(call.client.client_id.to_string());
        self.audit.record(AuditEvent::new(call.ctx, call.tenant.id, kind, actor)).await;
    }
}
