//! The token endpoint: authenticate the client, check the grant, let the grant prove its claim, ask whether it is still
//! allowed, issue. A grant fills in only what is its own.

pub(crate) mod about;
pub mod access;
pub mod authenticate;
pub mod certificate;
pub mod client_credentials;
pub mod code;
pub mod device_code;
pub mod exchange;
mod groups;
pub(crate) mod guessing;
pub mod introspect;
pub mod issue;
pub mod possession;
pub mod preview;
pub(crate) mod private;
pub mod refresh;
pub(crate) mod release;
pub mod revoke;
pub mod sealed;
mod target;
pub mod userinfo;

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::ids::UserId;
use crate::model::authentication::Authentication;
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::policy::decide::{Decision, Facts, decide};
use crate::ports::Unavailable;
use crate::refusal::Refusal;
use hospes_protocol::claims::Confirmation;
use hospes_protocol::client_auth::presented;
use hospes_protocol::metadata::paths;
use hospes_protocol::params::Params;
use hospes_protocol::token::{TokenRequest, TokenResponse};
use hospes_protocol::{ErrorCode, OAuthError};
use possession::Possession;

/// A request to an endpoint where clients say who they are.
#[derive(Clone, Copy)]
pub struct ClientRequest<'a> {
    /// Time, randomness, origin.
    pub ctx: &'a Ctx,
    /// Whose endpoint it is.
    pub tenant: &'a Tenant,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The body.
    pub form: &'a Params,
    /// What it proves besides.
    pub possession: Possession<'a>,
}

/// A request of an authenticated client.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a Client,
    /// What tokens are bound to.
    pub(crate) confirmation: Option<&'a Confirmation>,
}

impl<'a> Call<'a> {
    pub(crate) const fn new(ctx: &'a Ctx, tenant: &'a Tenant, client: &'a Client) -> Self {
        Self { ctx, tenant, client, confirmation: None }
    }
}

impl Idp {
    /// Answers a token request.
    pub async fn exchange(&self, request: ClientRequest<'_>) -> Result<TokenResponse, OAuthError> {
        self.answer(request, async |call| {
            let confirmation = self.confirmation(call, request.possession, paths::TOKEN).await?;
            self.grant(Call { confirmation: confirmation.as_ref(), ..call }, request.form).await
        })
        .await
    }

    /// Law 11: whoever the client is, and whether it could say so, a refusal is recorded.
    pub(crate) async fn answer<T>(
        &self,
        request: ClientRequest<'_>,
        answer: impl AsyncFnOnce(Call<'_>) -> Result<T, OAuthError>,
    ) -> Result<T, OAuthError> {
        let ClientRequest { ctx, tenant, authorization, form, possession } = request;
        let client = match presented(authorization, form) {
            Ok(presented) => self.authenticate_client(ctx, tenant, (presented, possession)).await,
            Err(error) => Err(error),
        };
        let (actor, answer) = match client {
            Ok(client) => {
                let actor = Actor::Client(client.client_id.to_string());
                (actor, answer(Call::new(ctx, tenant, &client)).await)
            }
            Err(error) => (Actor::Anonymous, Err(error)),
        };
        if let Err(error) = &answer
            && !error.code.is_wait()
        {
            let reason = error.cause.clone().unwrap_or_else(|| error.code.wire().to_owned());
            let event = AuditEvent::new(ctx, tenant.id, AuditKind::TokenDenied, actor).reason(reason);
            self.audit.record(event).await;
        }
        answer
    }

    /// Law 11 for a request so malformed that not even a client can be read from it.
    pub async fn unread(&self, ctx: &Ctx, tenant: &Tenant, reason: impl std::fmt::Display) {
        let event = AuditEvent::new(ctx, tenant.id, AuditKind::TokenDenied, Actor::Anonymous);
        self.audit.record(event.reason(reason)).await;
    }

    async fn grant(&self, call: Call<'_>, form: &Params) -> Result<TokenResponse, OAuthError> {
        let request = TokenRequest::parse(form)?;
        if !call.client.grant_types.contains(&request.grant_type()) {
            return Err(match request {
                // Off for everybody who was not given it: not a right some clients happen to lack.
                TokenRequest::TokenExchange(_) => {
                    OAuthError::new(ErrorCode::UnsupportedGrantType, "token exchange is off")
                }
                _ => OAuthError::unauthorized_client("the client may not use this grant type"),
            });
        }
        match request {
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier, wish } => {
                self.redeem_code(call, &code, (code::Proof { redirect_uri, code_verifier }, wish)).await
            }
            TokenRequest::RefreshToken { refresh_token, wish } => {
                self.refresh(call, &refresh_token, wish).await
            }
            TokenRequest::ClientCredentials { wish } => self.client_credentials(call, wish).await,
            TokenRequest::DeviceCode { device_code, wish } => {
                self.poll_device(call, &device_code, wish).await
            }
            TokenRequest::TokenExchange(request) => self.exchange_subject(call, request).await,
        }
    }

    /// Law 3: the one question, asked again at every grant.
    pub(crate) async fn still_allowed(
        &self,
        call: Call<'_>,
        user: UserId,
        authentication: &Authentication,
    ) -> Result<User, OAuthError> {
        let gone = || OAuthError::invalid_grant("the grant is no longer valid");
        self.may_still(call, user, authentication).await?.map_err(|refusal| gone().because(refusal))
    }

    /// The person, unless a rule objects by now.
    pub(crate) async fn may_still(
        &self,
        call: Call<'_>,
        user: UserId,
        authentication: &Authentication,
    ) -> Result<Result<User, Refusal>, Unavailable> {
        let Some(user) = self.directory.user(call.tenant.id, user).await? else {
            return Ok(Err(Refusal::UserDisabled));
        };
        let home_idp = match authentication.home_idp() {
            Some(id) => self.directory.home_idp(call.tenant.id, id).await?,
            None => None,
        };
        let facts = Facts {
            tenant: call.tenant,
            client: Some(call.client),
            user: &user,
            authentication,
            home_idp: home_idp.as_ref(),
        };
        match decide(&facts) {
            Decision::Permit => Ok(Ok(user)),
            Decision::Deny(refusal) => Ok(Err(refusal)),
        }
    }
}
