//! Userinfo (OIDC Core §5.3): what the token's scope releases about its person, if that is still allowed.

use super::Call;
use super::about::About;
use super::access::authentication_of;
use super::issue::role_names;
use super::possession::PresentedToken;
use super::release::Release;
use super::sealed::Told;
use crate::Idp;
use crate::ctx::Ctx;
use crate::model::authentication::Authentication;
use crate::model::options::ClaimPlace;
use crate::model::tenant::Tenant;
use crate::model::user::User;
use hospes_protocol::claims::{SignedUserInfoClaims, SubjectClaims, UserInfoClaims};
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::scope::{OPENID, Scopes};
use hospes_protocol::{ClientId, ErrorCode, OAuthError};

/// What an access token says about whom it is for.
pub(super) struct Stated<'a> {
    pub(super) sub: &'a str,
    pub(super) oid: Option<&'a str>,
    pub(super) scope: &'a Scopes,
    pub(super) wishes: &'a [String],
}

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
        if !token.is_personal() || !scope.has(OPENID) {
            return Err(OAuthError::new(ErrorCode::InsufficientScope, "the token lacks the scope openid"));
        }
        let private = self.private(tenant, &token);
        let id = private.user.ok_or_else(invalid)?;
        let client =
            self.directory.client(tenant.id, &ClientId::new(&token.client_id)).await?.ok_or_else(invalid)?;
        let wishes = private.wishes.clone();
        let authentication = authentication_of(&token, private).ok_or_else(invalid)?;
        let call = Call::new(ctx, tenant, &client);
        let user = self.still_allowed(call, id, &authentication).await.map_err(|error| match error.code {
            ErrorCode::InvalidGrant => invalid(),
            _ => error,
        })?;
        let about = Stated { sub: &token.sub, oid: token.oid.as_deref(), scope: &scope, wishes: &wishes };
        let plain = self.userinfo_of(call, &user, &authentication, about)?;
        self.as_registered(call, plain).await
    }

    /// What is said about a person who signed in so, as JSON bytes.
    pub(super) fn userinfo_of(
        &self,
        call: Call<'_>,
        user: &User,
        authentication: &Authentication,
        stated: Stated<'_>,
    ) -> Result<Vec<u8>, OAuthError> {
        let issuer = self.issuer(call.tenant);
        let about = About::new(call, user, authentication, issuer.as_str());
        let Stated { sub, oid, scope, wishes } = stated;
        let (extra, registered) = (&about.extra(ClaimPlace::Userinfo), &call.client.scope);
        let claims = UserInfoClaims {
            subject: SubjectClaims {
                sub,
                tid: &call.tenant.id.to_string(),
                oid,
                acct: user.user_type.acct(),
                user_type: user.user_type,
                roles: &role_names(user),
            },
            idp: about.issuer,
            profile: Release { scope, registered, wishes, extra }.profile(user),
            extra,
        };
        serde_json::to_vec(&claims)
            .map_err(|cause| OAuthError::server_error("userinfo cannot be rendered").because(cause))
    }

    /// OIDC Core §5.3.2: signed, encrypted, both or neither, as the client is registered.
    async fn as_registered(&self, call: Call<'_>, plain: Vec<u8>) -> Result<Told, OAuthError> {
        let tokens = &call.client.options.tokens;
        let encryption = tokens.userinfo_encryption();
        if let Some(algorithm) = tokens.userinfo_signed_response_alg {
            let (iss, aud) = (self.issuer(call.tenant), call.client.client_id.as_str());
            let claims = serde_json::from_slice(&plain).unwrap_or_default();
            let claims = SignedUserInfoClaims { iss: iss.as_str(), aud, claims };
            let signed = self.signed(call, algorithm, (TokenType::UserInfo, &claims)).await?;
            return self.for_client(call, encryption, signed).await.map(Told::Jwt);
        }
        match encryption {
            None => Ok(Told::Plain(plain)),
            Some(how) => self.sealed_for_client(call, how, &plain).await.map(Told::Jwt),
        }
    }
}
