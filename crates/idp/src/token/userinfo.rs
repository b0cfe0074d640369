//! Userinfo (OIDC Core §5.3): what the token's scope releases about its person, if that is still allowed.

use super::Call;
use super::access::authentication_of;
use super::issue::{profile_claims, role_names};
use super::possession::PresentedToken;
use super::sealed::Told;
use crate::Idp;
use crate::ctx::Ctx;
use crate::ids::UserId;
use crate::model::tenant::Tenant;
use hospes_protocol::claims::{SignedUserInfoClaims, SubjectClaims, UserInfoClaims};
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::scope::{OPENID, Scopes};
use hospes_protocol::{ClientId, ErrorCode, OAuthError};

impl Idp {
    /// The response.
    pub async fn userinfo(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        token: PresentedToken<'_>,
    ) -> Result<Told, OAuthError> {
        let invalid = || OAuthError::invalid_token("the access token is invalid, expired or revoked");
        let token = self.presented_token(ctx, tenant, token).await?;
        let scope = Scopes::parse(&token.scope).unwrap_or_default();
        let oid = token.oid.as_deref().filter(|_| scope.has(OPENID));
        let oid = oid.ok_or_else(|| {
            OAuthError::new(ErrorCode::InsufficientScope, "the token lacks the scope openid")
        })?;
        let id = UserId::parse(oid).ok_or_else(invalid)?;
        let client =
            self.directory.client(tenant.id, &ClientId::new(&token.client_id)).await?.ok_or_else(invalid)?;
        let authentication = authentication_of(&token).ok_or_else(invalid)?;
        let call = Call::new(ctx, tenant, &client);
        let user = self.still_allowed(call, id, &authentication).await.map_err(|error| match error.code {
            ErrorCode::InvalidGrant => invalid(),
            _ => error,
        })?;
        let claims = UserInfoClaims {
            subject: SubjectClaims {
                sub: &token.sub,
                tid: &token.tid,
                oid,
                acct: user.user_type.acct(),
                user_type: user.user_type,
                roles: &role_names(&user),
            },
            idp: token.idp.as_deref().unwrap_or_default(),
            profile: profile_claims(&user, &scope),
        };
        self.as_registered(call, claims).await
    }

    /// OIDC Core §5.3.2: signed, encrypted, both or neither, as the client is registered.
    async fn as_registered(&self, call: Call<'_>, claims: UserInfoClaims<'_>) -> Result<Told, OAuthError> {
        let tokens = &call.client.options.tokens;
        let encryption = tokens.userinfo_encryption();
        if let Some(algorithm) = tokens.userinfo_signed_response_alg {
            let (iss, aud) = (self.issuer(call.tenant), call.client.client_id.as_str());
            let claims = SignedUserInfoClaims { iss: iss.as_str(), aud, claims };
            let signed = self.signed(call, algorithm, (TokenType::UserInfo, &claims)).await?;
            return self.for_client(call, encryption, signed).await.map(Told::Jwt);
        }
        let plain = serde_json::to_vec(&claims)
            .map_err(|cause| OAuthError::server_error("userinfo cannot be rendered").because(cause))?;
        match encryption {
            None => Ok(Told::Plain(plain)),
            Some(how) => self.sealed_for_client(call, how, &plain).await.map(Told::Jwt),
        }
    }
}
