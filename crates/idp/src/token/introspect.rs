//! Introspection (RFC 7662): whether a token is active, told to whoever it concerns: the client it was issued to, and the
//! resource it is for. To everybody else it is no token. Whoever needs to show the answer to others asks for it signed
//! (RFC 9701).

use super::access::authentication_of;
use super::sealed::Told;
use super::{Call, ClientRequest};
use crate::Idp;
use crate::model::client::Client;
use crate::ports::{Key, Kind, Presence};
use crate::subject::subject_at;
use hospes_protocol::claims::{ActiveToken, Confirmation, IntrospectionClaims, VerifiedAccessToken};
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::params::Params;
use hospes_protocol::{ClientId, ErrorCode, OAuthError};
use serde_json::Value;

/// RFC 7662 §2.2: nothing else is said about a token that is not active, or not the caller's business.
const INACTIVE: &[u8] = br#"{"active":false}"#;

impl Idp {
    /// The answer, as a token if `signed`. `token_type_hint` plays no part: our tokens tell themselves apart.
    pub async fn introspect(&self, request: ClientRequest<'_>, signed: bool) -> Result<Told, OAuthError> {
        let answer = async |call: Call<'_>| {
            let plain = self.told(call, request.form).await?;
            if signed { self.sign_answer(call, &plain).await.map(Told::Jwt) } else { Ok(Told::Plain(plain)) }
        };
        self.answer(request, answer).await
    }

    /// RFC 9701 §5: for the caller alone, and with neither `sub` nor `exp` of its own, so that nobody takes it for a token
    /// of the person.
    async fn sign_answer(&self, call: Call<'_>, plain: &[u8]) -> Result<String, OAuthError> {
        let unreadable = |cause| OAuthError::server_error("the answer cannot be signed").because(cause);
        let answer: Value = serde_json::from_slice(plain).map_err(unreadable)?;
        let issuer = self.issuer(call.tenant);
        let claims = IntrospectionClaims {
            iss: issuer.as_str(),
            aud: call.client.client_id.as_str(),
            iat: call.ctx.seconds(),
            token_introspection: &answer,
        };
        let registered = call.client.options.tokens.introspection_signed_response_alg;
        // RFC 9701 §6.
        let algorithm = registered.unwrap_or(Algorithm::RS256);
        self.signed(call, algorithm, (TokenType::Introspection, &claims)).await
    }

    async fn told(&self, call: Call<'_>, form: &Params) -> Result<Vec<u8>, OAuthError> {
        if call.client.auth_method == ClientAuthMethod::None {
            return Err(OAuthError::invalid_client("introspection takes a client that can prove who it is"));
        }
        let token = form.required("token")?;
        let answer = match self.active_access_token(call, token).await? {
            Some(claims) => rendered(&ActiveToken::Access {
                active: true,
                token_type: Confirmation::token_type(claims.cnf.as_ref()),
                claims: &claims,
            }),
            None => self.active_refresh_token(call, token).await?,
        };
        Ok(answer.unwrap_or_else(|| INACTIVE.to_vec()))
    }

    async fn active_access_token(
        &self,
        call: Call<'_>,
        token: &str,
    ) -> Result<Option<std::sync::Arc<VerifiedAccessToken>>, OAuthError> {
        let claims = match self.access_token(call.ctx, call.tenant, token).await {
            Ok(claims) if concerns(call.client, &claims) => claims,
            Ok(_) => return Ok(None),
            Err(error) if error.code == ErrorCode::InvalidToken => return Ok(None),
            Err(error) => return Err(error),
        };
        let issued_to = self.directory.client(call.tenant.id, &ClientId::new(&claims.client_id)).await?;
        let Some(issued_to) = issued_to.filter(|client| client.status.is_enabled()) else {
            return Ok(None);
        };
        if !claims.is_personal() {
            return Ok(Some(claims));
        }
        let private = self.private(call.tenant, &claims);
        let (Some(user), Some(authentication)) = (private.user, authentication_of(&claims, private)) else {
            return Ok(None);
        };
        // Law 3: also a token that was good when it was issued.
        let call = Call { client: &issued_to, ..call };
        Ok(self.may_still(call, user, &authentication).await?.is_ok().then_some(claims))
    }

    async fn active_refresh_token(&self, call: Call<'_>, token: &str) -> Result<Option<Vec<u8>>, OAuthError> {
        let Some(token) = self.open_refresh_token(call, token) else {
            return Ok(None);
        };
        let ends = token.granted_at.as_second() + i64::from(call.tenant.settings.refresh_token_lifetime);
        if token.client != call.client.client_id || call.ctx.seconds() >= ends {
            return Ok(None);
        }
        let family = Key::new(call.tenant.id, Kind::Family, &token.family);
        let is_current = self.sessions.look(&[family]).await? == [Presence::Family(token.generation)];
        if !is_current || self.may_still(call, token.user, &token.authentication).await?.is_err() {
            return Ok(None);
        }
        let issuer = self.issuer(call.tenant);
        Ok(rendered(&ActiveToken::Refresh {
            active: true,
            iss: issuer.as_str(),
            client_id: token.client.as_str(),
            sub: &subject_at(&self.vault, call.client, token.user),
            scope: &token.scope.and(&call.client.scope),
            exp: ends,
            iat: token.granted_at.as_second(),
        }))
    }
}

/// The client it was issued to, or the resource it is for. An application whose own tokens are for the same resource is
/// neither.
pub(super) fn concerns(client: &Client, token: &VerifiedAccessToken) -> bool {
    let name = client.client_id.as_str();
    token.client_id == name || token.aud == name || client.options.resources.serves.contains(&token.aud)
}

fn rendered(answer: &ActiveToken<'_>) -> Option<Vec<u8>> {
    serde_json::to_vec(answer).ok()
}
