//! Redeeming the code at the home IdP's token endpoint (OIDC Core §3.1.3).

use crate::discovery::{Metadata, stage};
use crate::guard::{FetchError, GuardedClient};
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::ports::UpstreamError;
use hospes_idp::ports::upstream::Arrival;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::names::Secret;
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Kept as text: it is verified as it came, not as a library re-reads it.
#[derive(Debug, Deserialize, Serialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type Response = StandardTokenResponse<IdTokenField, BasicTokenType>;
type Client = oauth2::Client<
    BasicErrorResponse,
    Response,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// What came for the code. Nothing of it is verified yet.
pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) id_token: String,
}

fn refused(what: &str) -> UpstreamError {
    UpstreamError::Refused(format!("token endpoint: {what}"))
}

/// Exchanges the code.
pub(crate) async fn redeem(
    http: &GuardedClient,
    metadata: &Metadata,
    home_idp: &HomeIdp,
    arrival: &Arrival,
) -> Result<Tokens, UpstreamError> {
    let redirect_uri =
        RedirectUrl::new(arrival.redirect_uri.clone()).map_err(|_| refused("redirect_uri is not a URL"))?;
    let client = authenticated(home_idp, arrival)?.set_token_uri(metadata.token_endpoint.clone());
    let response = client
        .exchange_code(AuthorizationCode::new(arrival.code.reveal().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(arrival.code_verifier.reveal().to_owned()))
        .set_redirect_uri(Cow::Owned(redirect_uri))
        .request_async(http)
        .await
        .map_err(failure)?;
    // RFC 6750 §4; the library compares without case.
    if *response.token_type() != BasicTokenType::Bearer {
        return Err(refused("token_type is not Bearer"));
    }
    let id_token = response.extra_fields().id_token.clone();
    Ok(Tokens {
        access_token: Secret::new(response.access_token().secret()),
        id_token: id_token.ok_or_else(|| refused("id_token is missing"))?,
    })
}

/// Where our credentials go, if this way of presenting them is available.
pub(crate) fn auth_type(method: ClientAuthMethod) -> Result<AuthType, UpstreamError> {
    match method {
        ClientAuthMethod::ClientSecretBasic => Ok(AuthType::BasicAuth),
        ClientAuthMethod::ClientSecretPost | ClientAuthMethod::None => Ok(AuthType::RequestBody),
        ClientAuthMethod::PrivateKeyJwt
        | ClientAuthMethod::ClientSecretJwt
        | ClientAuthMethod::TlsClientAuth
        | ClientAuthMethod::SelfSignedTlsClientAuth => {
            Err(refused("private_key_jwt, client_secret_jwt and certificates are not available"))
        }
    }
}

fn authenticated(home_idp: &HomeIdp, arrival: &Arrival) -> Result<Client, UpstreamError> {
    let client = Client::new(ClientId::new(home_idp.client_id.as_str().to_owned()))
        .set_auth_type(auth_type(home_idp.auth_method)?);
    if !home_idp.auth_method.is_confidential() {
        return Ok(client);
    }
    let secret = arrival.client_secret.as_ref();
    let secret = secret.ok_or_else(|| refused("our client secret is missing"))?;
    Ok(client.set_client_secret(ClientSecret::new(secret.reveal().to_owned())))
}

fn failure(error: RequestTokenError<FetchError, BasicErrorResponse>) -> UpstreamError {
    match error {
        RequestTokenError::Request(error) => stage("token endpoint")(error),
        RequestTokenError::ServerResponse(answer) => refused(match answer.error() {
            // Words of the standard are repeated, others are not.
            BasicErrorResponseType::Extension(_) => "answered an error",
            known => known.as_ref(),
        }),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            refused("the answer is not a token response")
        }
    }
}
