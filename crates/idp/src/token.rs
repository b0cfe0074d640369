//! The token endpoint: authenticate the client, check the grant, let the grant prove its claim, ask whether it is still
//! allowed, issue. A grant fills in only what is its own.

pub mod access;
pub mod authenticate;
pub mod client_credentials;
pub mod code;
pub(crate) mod guessing;
pub mod introspect;
pub mod issue;
pub mod refresh;
pub mod revoke;
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
use hospes_protocol::OAuthError;
use hospes_protocol::client_auth::presented;
use hospes_protocol::params::Params;
use hospes_protocol::token::{TokenRequest, TokenResponse};

/// One call of the token endpoint by an authenticated client.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a Client,
}

impl Idp {
    /// Answers a token request.
    pub async fn exchange(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        authorization: Option<&str>,
        form: &Params,
    ) -> Result<TokenResponse, OAuthError> {
        let client = self.authenticated(ctx, tenant, authorization, form).await?;
        let answer = self.grant(Call { ctx, tenant, client: &client }, form).await;
        if let Err(error) = &answer {
            self.record_denial((ctx, tenant), Actor::Client(client.client_id.to_string()), error).await;
        }
        answer
    }

    /// The client of a request; a failure is recorded.
    pub(crate) async fn authenticated(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        authorization: Option<&str>,
        form: &Params,
    ) -> Result<Client, OAuthError> {
        let client = match presented(authorization, form) {
            Ok(presented) => self.authenticate_client(ctx, tenant, presented).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &client {
            self.record_denial((ctx, tenant), Actor::Anonymous, error).await;
        }
        client
    }

    async fn grant(&self, call: Call<'_>, form: &Params) -> Result<TokenResponse, OAuthError> {
        let request = TokenRequest::parse(form)?;
        if !call.client.grant_types.contains(&request.grant_type()) {
            return Err(OAuthError::unauthorized_client("the client may not use this grant type"));
        }
        match request {
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
                self.redeem_code(call, &code, code::Proof { redirect_uri, code_verifier }).await
            }
            TokenRequest::RefreshToken { refresh_token, scope } => {
                self.refresh(call, &refresh_token, scope).await
            }
            TokenRequest::ClientCredentials { scope } => self.client_credentials(call, scope).await,
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

    /// Law 11: also when the client could not say who it is.
    async fn record_denial(&self, (ctx, tenant): (&Ctx, &Tenant), actor: Actor, error: &OAuthError) {
        let reason = error.cause.clone().unwrap_or_else(|| error.code.wire().to_owned());
        let event = AuditEvent::new(ctx, tenant.id, AuditKind::TokenDenied, actor).reason(reason);
        self.audit.record(event).await;
    }
}
