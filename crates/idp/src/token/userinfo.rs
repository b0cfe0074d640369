//! Userinfo (OIDC Core §5.3): what the token's scope releases about its person, if that is still allowed.

use super::Call;
use super::access::authentication_of;
use super::issue::{profile_claims, role_names};
use crate::Idp;
use crate::ctx::Ctx;
use crate::model::tenant::Tenant;
use hospes_protocol::claims::{SubjectClaims, UserInfoClaims};
use hospes_protocol::scope::{OPENID, Scopes};
use hospes_protocol::{ClientId, ErrorCode, OAuthError};

impl Idp {
    /// The response, as JSON bytes.
    pub async fn userinfo(&self, ctx: &Ctx, tenant: &Tenant, token: &str) -> Result<Vec<u8>, OAuthError> {
        let invalid = || OAuthError::invalid_token("the access token is invalid, expired or revoked");
        let token = self.access_token(ctx, tenant, token).await?;
        let scope = Scopes::parse(&token.scope).unwrap_or_default();
        if !token.is_personal() || !scope.has(OPENID) {
            return Err(OAuthError::new(ErrorCode::InsufficientScope, "the token lacks the scope openid"));
        }
        let private = self.private(tenant, &token);
        let id = private.user.ok_or_else(invalid)?;
        let client =
            self.directory.client(tenant.id, &ClientId::new(&token.client_id)).await?.ok_or_else(invalid)?;
        let authentication = authentication_of(&token).ok_or_else(invalid)?;
        let call = Call { ctx, tenant, client: &client };
        let user = self.still_allowed(call, id, &authentication).await.map_err(|error| match error.code {
            ErrorCode::InvalidGrant => invalid(),
            _ => error,
        })?;
        let claims = UserInfoClaims {
            subject: SubjectClaims {
                sub: &token.sub,
                tid: &token.tid,
                oid: token.oid.as_deref(),
                acct: user.user_type.acct(),
                user_type: user.user_type,
                roles: &role_names(&user),
            },
            idp: token.idp.as_deref().unwrap_or_default(),
            profile: profile_claims(&user, &scope),
        };
        serde_json::to_vec(&claims)
            .map_err(|cause| OAuthError::server_error("userinfo cannot be rendered").because(cause))
    }
}
