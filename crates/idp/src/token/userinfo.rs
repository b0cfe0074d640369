//! Userinfo (OIDC Core §5.3): what the token's scope releases about its person, if that is still allowed.

use super::Call;
use super::about::{About, Extra};
use super::access::authentication_of;
use super::groups::GROUPS;
use super::issue::role_names;
use super::possession::PresentedToken;
use super::release::Release;
use super::sealed::Told;
use crate::Idp;
use crate::ctx::Ctx;
use crate::model::authentication::Authentication;
use crate::model::client::Client;
use crate::model::options::ClaimPlace;
use crate::model::tenant::Tenant;
use crate::model::user::User;
use hospes_protocol::claims::{SignedUserInfoClaims, SubjectClaims, UserInfoClaims, VerifiedAccessToken};
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::scope::{OPENID, Scopes};
use hospes_protocol::{ClientId, ErrorCode, OAuthError};
use std::sync::Arc;

/// What an access token says about whom it is for.
pub(super) struct Stated<'a> {
    pub(super) sub: &'a str,
    pub(super) oid: Option<&'a str>,
    pub(super) scope: &'a Scopes,
    pub(super) wishes: &'a [String],
}

/// Whom an access token is for, found and still allowed.
pub(super) struct Bearer {
    pub(super) client: Client,
    pub(super) user: User,
    pub(super) authentication: Authentication,
    pub(super) scope: Scopes,
    pub(super) wishes: Vec<String>,
    pub(super) token: Arc<VerifiedAccessToken>,
}

impl Idp {
    /// The response.
    pub async fn userinfo(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        token: PresentedToken<'_>,
    ) -> Result<Told, OAuthError> {
        let bearer = self.bearer(ctx, tenant, token).await?;
        if !bearer.scope.has(OPENID) {
            return Err(lacks(OPENID));
        }
        let Bearer { client, user, authentication, scope, wishes, token } = &bearer;
        let stated = Stated { sub: &token.sub, oid: token.oid.as_deref(), scope, wishes };
        let call = Call::new(ctx, tenant, client);
        let plain = self.userinfo_of(call, user, authentication, stated).await?;
        self.as_registered(call, plain).await
    }

    /// Whom an access token is for.
    pub(super) async fn bearer(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        token: PresentedToken<'_>,
    ) -> Result<Bearer, OAuthError> {
        let invalid = || OAuthError::invalid_token("the access token is invalid, expired or revoked");
        let token = self.presented_token(ctx, tenant, token).await?;
        if !token.is_personal() {
            return Err(lacks(OPENID));
        }
        let scope = Scopes::parse(&token.scope).unwrap_or_default();
        let private = self.private(tenant, &token);
        let id = private.user.ok_or_else(invalid)?;
        let client = self.directory.client(tenant.id, &ClientId::new(&token.client_id)).await?;
        let client = client.ok_or_else(invalid)?;
        let wishes = private.wishes.clone();
        let authentication = authentication_of(&token, private).ok_or_else(invalid)?;
        let call = Call::new(ctx, tenant, &client);
        let user = self.still_allowed(call, id, &authentication).await.map_err(|error| match error.code {
            ErrorCode::InvalidGrant => invalid(),
            _ => error,
        })?;
        Ok(Bearer { client, user, authentication, scope, wishes, token })
    }

    /// What is said about a person who signed in so, as JSON bytes.
    pub(super) async fn userinfo_of(
        &self,
        call: Call<'_>,
        user: &User,
        authentication: &Authentication,
        stated: Stated<'_>,
    ) -> Result<Vec<u8>, OAuthError> {
        let issuer = self.issuer(call.tenant);
        let Stated { sub, oid, scope, wishes } = stated;
        let groups = self.groups_to_tell(call, user, (scope, wishes)).await?;
        let about = About::new(call, user, authentication, (issuer.as_str(), groups));
        let registered = &call.client.scope;
        let release = Release { scope, registered, wishes, extra: &Extra::new() };
        let extra = &about.extra(ClaimPlace::Userinfo, (issuer.as_str(), release.has(GROUPS)));
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

pub(super) fn lacks(scope: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InsufficientScope, format!("the token lacks the scope {scope}"))
}
