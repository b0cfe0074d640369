//! The authorization endpoint: resolve the client and its redirect URI, validate, then let the flow decide.

use super::flow::Open;
use super::interaction::{Interaction, Purpose};
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::outcome::{Outcome, Reply};
use crate::browser::Visit;
use crate::error::{AuthorizeError, PageError};
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use crate::refusal::Refusal;
use hospes_protocol::authorize::AuthorizationRequest;
use hospes_protocol::authorize_checks::{ClientRules, response_mode, validate};
use hospes_protocol::jose::{Algorithm, CompactJwt, check};
use hospes_protocol::params::Params;
use hospes_protocol::redirect_uri;
use hospes_protocol::response::ReturnTo;
use hospes_protocol::token::GrantType;
use hospes_protocol::{ClientId, OAuthError, RedirectUri};

impl Idp {
    /// Answers an authorization request: back to the client at once, off to a home IdP, or a screen.
    pub async fn authorize(&self, visit: &Visit<'_>, params: &Params) -> Result<Reply, AuthorizeError> {
        match self.pushed(visit, params).await {
            Ok(None) => self.authorize_with(visit, params, None).await,
            Ok(Some((name, pushed))) => self.authorize_with(visit, &pushed, Some(name)).await,
            Err(error) => Err(self.reject_authorization(visit, params, error).await.into()),
        }
    }

    async fn authorize_with(
        &self,
        visit: &Visit<'_>,
        params: &Params,
        pushed: Option<String>,
    ) -> Result<Reply, AuthorizeError> {
        let client = match self.requesting_client(visit, params).await {
            Ok(client) => client,
            Err(error) => return Err(self.reject_authorization(visit, params, error).await.into()),
        };
        // What was pushed was opened then.
        let signed = match &pushed {
            None => self.signed_params((visit.ctx, visit.tenant), &client, params).await,
            Some(_) => Ok(params.clone()),
        };
        let params = signed.as_ref().unwrap_or(params);
        let (redirect_uri, given) = match resolve_redirect_uri(&client, params) {
            Ok(resolved) => resolved,
            Err(error) => {
                let unread = |cause: &OAuthError| PageError::from(Refusal::RequestObject).because(cause);
                let error = signed.as_ref().err().map_or(error, unread);
                return Err(self.reject_authorization(visit, params, error).await.into());
            }
        };
        let return_to = self.return_to(visit, params, (&client, &redirect_uri)).await?;
        let request = match &signed {
            // RFC 9126 §6.
            _ if client.must_push() && pushed.is_none() => {
                Err(OAuthError::invalid_request("the client must push its authorization requests"))
            }
            Err(error) => Err(error.clone()),
            Ok(params) => check_request((visit.tenant, &client), params, (redirect_uri, given)),
        };
        match request {
            Ok(request) => {
                self.open_authorization(visit, AuthorizationRequest { pushed, ..request }, &return_to).await
            }
            Err(error) => {
                self.record_rejection(visit, params, error.code).await;
                Err(AuthorizeError::Return(return_to, error))
            }
        }
    }

    async fn open_authorization(
        &self,
        visit: &Visit<'_>,
        request: AuthorizationRequest,
        return_to: &ReturnTo,
    ) -> Result<Reply, AuthorizeError> {
        let silent = request.prompt.none;
        let expected_subject = match &request.id_token_hint {
            Some(hint) => match self.hinted_subject(visit, hint).await {
                Some(subject) => Some(subject),
                None if silent => return Err(AuthorizeError::Return(return_to.clone(), login_required())),
                None => None,
            },
            None => None,
        };
        let binding = visit.browser.binding.clone().unwrap_or_else(|| visit.ctx.token());
        let mut interaction =
            Interaction::begin(visit.ctx, visit.tenant.id, &binding, Purpose::Authorize(Box::new(request)));
        interaction.expected_subject = expected_subject;
        self.use_hints(visit, &mut interaction).await?;
        let mut reply = match self.advance(visit, Open::fresh(interaction, silent)).await {
            Err(error) if silent => {
                let row = error.refusal.explanation();
                return Err(AuthorizeError::Return(return_to.clone(), OAuthError::new(row.oauth, row.what)));
            }
            reply => reply?,
        };
        if visit.browser.binding.is_none() && !matches!(reply.outcome, Outcome::Respond(_)) {
            reply.binding = Some(binding);
        }
        Ok(reply)
    }

    async fn requesting_client(&self, visit: &Visit<'_>, params: &Params) -> Result<Client, PageError> {
        let id = params
            .required("client_id")
            .map_err(|cause| PageError::from(Refusal::BadRequest).because(cause))?;
        let client = self.directory.client(visit.tenant.id, &ClientId::new(id)).await?;
        let client =
            client.ok_or_else(|| PageError::from(Refusal::UnknownClient).because("unknown client_id"))?;
        if client.status.is_enabled() { Ok(client) } else { Err(Refusal::ClientDisabled.into()) }
    }

    async fn reject_authorization(&self, visit: &Visit<'_>, params: &Params, error: PageError) -> PageError {
        self.record_rejection(visit, params, error.refusal).await;
        error
    }

    /// Law 11, wherever the refusal is answered.
    async fn record_rejection(&self, visit: &Visit<'_>, params: &Params, reason: impl std::fmt::Display) {
        let named: String = params.first("client_id").unwrap_or_default().chars().take(128).collect();
        let event =
            AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::AuthorizationRejected, Actor::Anonymous);
        self.audit.record(event.client(named).reason(reason)).await;
    }

    /// Once this exists, errors travel to the client.
    async fn return_to(
        &self,
        visit: &Visit<'_>,
        params: &Params,
        (client, redirect_uri): (&Client, &RedirectUri),
    ) -> Result<ReturnTo, PageError> {
        let return_to = ReturnTo {
            client_id: client.client_id.clone(),
            redirect_uri: redirect_uri.clone(),
            response_mode: response_mode(params).unwrap_or_default(),
            // A state too long to be echoed whole, or given twice, is not echoed at all.
            state: params.once("state").ok().flatten().filter(|state| state.len() <= 2048).map(str::to_owned),
            issuer: self.issuer(visit.tenant),
            seal: None,
        };
        self.sealed(visit, return_to, client.response_algorithm()).await
    }

    /// The subject of an ID token of ours. It may be expired (OIDC Core §3.1.2.1), never forged.
    pub(crate) async fn hinted_subject(&self, visit: &Visit<'_>, hint: &str) -> Option<String> {
        let claims = self.own_id_token(visit, hint).await?;
        check::text(&claims, "sub").map(str::to_owned)
    }

    /// The claims of an ID token this tenant signed, expired or not.
    pub(crate) async fn own_id_token(
        &self,
        visit: &Visit<'_>,
        token: &str,
    ) -> Option<hospes_protocol::jose::Claims> {
        let jwt = CompactJwt::parse(token).ok().filter(|jwt| jwt.typ.as_deref() == Some("JWT"))?;
        let keys = self.keyring.of(visit.tenant.id).await.ok()?;
        let claims = keys.verifying.verify(&jwt, &Algorithm::SIGNING).ok()?;
        (check::text(&claims, "iss") == Some(self.issuer(visit.tenant).as_str())).then_some(claims)
    }
}

/// Everything a request must fulfil once its client and redirect URI are known.
pub(super) fn check_request(
    (tenant, client): (&Tenant, &Client),
    params: &Params,
    (redirect_uri, redirect_uri_given): (RedirectUri, bool),
) -> Result<AuthorizationRequest, OAuthError> {
    check_grant(client)?;
    let rules = ClientRules {
        client_id: client.client_id.clone(),
        redirect_uri,
        redirect_uri_given,
        response_algorithm: client.response_algorithm(),
        // A public client is never exempt, whatever its row says.
        require_pkce: client.require_pkce || !client.auth_method.is_confidential(),
        scope: client.scope.clone(),
        resources: client.options.resources.names(),
    };
    let request = validate(params, rules)?;
    let known = &tenant.settings.options.details;
    known.check(&client.options.resources.details, &request.details)?;
    Ok(request)
}

fn check_grant(client: &Client) -> Result<(), OAuthError> {
    if client.grant_types.contains(&GrantType::AuthorizationCode) {
        Ok(())
    } else {
        Err(OAuthError::unauthorized_client("the client may not use the authorization code grant"))
    }
}

fn login_required() -> OAuthError {
    OAuthError::new(
        hospes_protocol::ErrorCode::LoginRequired,
        "id_token_hint does not name the signed-in person",
    )
}

/// RFC 6749 §3.1.2.3: exact match; may be left out only when exactly one is registered.
pub(super) fn resolve_redirect_uri(
    client: &Client,
    params: &Params,
) -> Result<(RedirectUri, bool), PageError> {
    let refused = |cause: &str| PageError::from(Refusal::RedirectUri).because(cause);
    match params.once("redirect_uri").map_err(|cause| refused(&cause.description))? {
        Some(requested) => (client.redirect_uris.iter())
            .any(|registered| redirect_uri::matches(registered, requested))
            .then(|| (RedirectUri::new(requested), true))
            .ok_or_else(|| refused("not registered")),
        None => match client.redirect_uris.as_slice() {
            [only] => Ok((only.clone(), false)),
            _ => Err(refused("missing")),
        },
    }
}
