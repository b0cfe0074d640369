//! The client acts for itself (RFC 6749 §4.4): permissions an administrator gave it, no person, no store.

use super::Call;
use crate::Idp;
use crate::model::options::AllowedResource;
use hospes_protocol::OAuthError;
use hospes_protocol::claims::{ClientTokenClaims, Confirmation};
use hospes_protocol::encoding::base64url;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::resource::invalid_target;
use hospes_protocol::token::TokenResponse;
use hospes_protocol::wish::Wish;

impl Idp {
    pub(crate) async fn client_credentials(
        &self,
        call: Call<'_>,
        wish: Wish,
    ) -> Result<TokenResponse, OAuthError> {
        let at = match wish.resource.as_deref() {
            Some(name) => Some(call.client.options.resources.find(name).ok_or_else(unknown_resource)?),
            None => None,
        };
        // Our own permissions are worth nothing elsewhere, and are not shown there.
        let allowed = at.map_or_else(|| call.client.permissions.clone(), AllowedResource::scopes);
        let scope = match wish.scope {
            None => allowed,
            Some(asked) if asked.within(&allowed) => asked,
            Some(_) => {
                return Err(OAuthError::invalid_scope("scope is wider than the client's permissions"));
            }
        };
        let keys = self.keyring.of(call.tenant.id).await?;
        let issuer = self.issuer(call.tenant);
        let expires_in = call.tenant.settings.access_token_lifetime;
        let client = call.client.client_id.as_str();
        let claims = ClientTokenClaims {
            iss: issuer.as_str(),
            sub: client,
            aud: at
                .map(|at| at.resource.as_str())
                .or(call.client.audience.as_deref())
                .unwrap_or(issuer.as_str()),
            client_id: client,
            exp: call.ctx.seconds() + i64::from(expires_in),
            iat: call.ctx.seconds(),
            jti: &base64url(call.ctx.bytes::<16>()),
            tid: &call.tenant.id.to_string(),
            scope: &scope,
            cnf: call.confirmation,
        };
        let signed = keys
            .signer(Algorithm::ES256, call.ctx.now)
            .and_then(|signer| signer.sign(TokenType::AccessToken, &claims));
        let access_token =
            signed.map_err(|cause| OAuthError::server_error("the token cannot be signed").because(cause))?;
        Ok(TokenResponse {
            access_token,
            token_type: Confirmation::token_type(call.confirmation),
            expires_in,
            refresh_token: None,
            id_token: None,
            scope,
            authorization_details: Vec::new(),
            issued_token_type: None,
        })
    }
}

fn unknown_resource() -> OAuthError {
    invalid_target("resource is unknown, or not for this client")
}
