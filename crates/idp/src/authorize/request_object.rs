//! Requests a client signed (RFC 9101), and responses signed for it (JARM).

use crate::Idp;
use crate::browser::Visit;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use hospes_protocol::OAuthError;
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::jose::{Algorithm, JoseError};
use hospes_protocol::params::Params;
use hospes_protocol::request_object::{ObjectRules, parameters, parse};
use hospes_protocol::response::{ReturnTo, Seal};
use serde_json::Value;

/// Seconds a signed response is good for (JARM §2.1 recommends at most ten minutes).
const RESPONSE_LIFETIME: i64 = 600;

impl Idp {
    /// The parameters that count: those of the request object where there is one, and then no others (RFC 9101 §6.3).
    pub(super) async fn signed_params(
        &self,
        (ctx, tenant): (&Ctx, &Tenant),
        client: &Client,
        params: &Params,
    ) -> Result<Params, OAuthError> {
        let security = &client.options.security;
        let published = self.published_object((ctx, tenant), client, params).await?;
        let Some(object) = published.as_deref().or(params.once("request")?) else {
            if security.require_signed_request_object {
                return Err(OAuthError::invalid_request("the client must sign its authorization requests"));
            }
            return Ok(params.clone());
        };
        let refused = |cause: JoseError| {
            let sentence = "the request object is not one of this client for this server";
            OAuthError::invalid_request_object(sentence).because(cause)
        };
        let jwt = parse(object).map_err(refused)?;
        let algorithms = security.request_object_algorithms();
        let claims = self.verified_by(client, &jwt, algorithms).await.map_err(refused)?;
        let issuer = self.issuer(tenant);
        let client = client.client_id.as_str();
        let rules = ObjectRules { client, issuer: issuer.as_str(), now: ctx.seconds() };
        let inner = parameters(claims, rules).map_err(refused)?;
        Ok(inner.and(Params::from_iter([("client_id", client)])))
    }

    /// With what signs the response, if it is to be signed.
    pub(super) async fn sealed(
        &self,
        visit: &Visit<'_>,
        return_to: ReturnTo,
        algorithm: Algorithm,
    ) -> Result<ReturnTo, PageError> {
        if !return_to.response_mode.is_signed() {
            return Ok(return_to);
        }
        let keys = self.keyring.of(visit.tenant.id).await?;
        let now = visit.ctx.now;
        let expiry = now.as_second() + RESPONSE_LIFETIME;
        let seal = Seal(std::sync::Arc::new(move |claims| {
            let mut claims = claims.clone();
            claims.insert("exp".to_owned(), Value::from(expiry));
            keys.signer(algorithm, now).ok()?.sign(TokenType::Jwt, &claims).ok()
        }));
        Ok(ReturnTo { seal: Some(seal), ..return_to })
    }

    /// Where the client of a validated request waits for its answer.
    pub(super) async fn return_of(
        &self,
        visit: &Visit<'_>,
        request: &hospes_protocol::authorize::AuthorizationRequest,
    ) -> Result<ReturnTo, PageError> {
        let return_to = ReturnTo {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            response_mode: request.response_mode,
            state: request.state.clone(),
            issuer: self.issuer(visit.tenant),
            seal: None,
        };
        self.sealed(visit, return_to, request.response_algorithm).await
    }
}
