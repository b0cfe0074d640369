//! Reading our own access tokens back. The signature of a token is verified once and remembered by its hash; whether it
//! is still alive is asked every time.

use super::private::Private;
use crate::Idp;
use crate::ctx::Ctx;
use crate::ids::HomeIdpId;
use crate::model::authentication::{Authentication, Method};
use crate::model::tenant::Tenant;
use crate::ports::{Key, Kind, Presence};
use crate::verified_tokens::VerifiedToken;
use hospes_protocol::OAuthError;
use hospes_protocol::claims::VerifiedAccessToken;
use hospes_protocol::encoding::sha256;
use hospes_protocol::jose::{Algorithm, CompactJwt};
use jiff::Timestamp;
use std::sync::Arc;

impl Idp {
    /// A live access token of this tenant. Every other is `invalid_token`, whatever is wrong with it.
    pub(crate) async fn access_token(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        token: &str,
    ) -> Result<Arc<VerifiedAccessToken>, OAuthError> {
        let invalid = || OAuthError::invalid_token("the access token is invalid, expired or revoked");
        let claims = self.verified(tenant, token).await?;
        // Keys are cached for their signatures, the tenant is checked on each use: the cache knows all tenants.
        if claims.tid != tenant.id.to_string() || claims.exp <= ctx.seconds() {
            return Err(invalid());
        }
        let mut asked = vec![Key::new(tenant.id, Kind::Revoked, &claims.jti)];
        if claims.is_personal() {
            let family = claims.jti.split_once('.').map(|(family, _)| family).ok_or_else(invalid)?;
            asked.push(Key::new(tenant.id, Kind::Family, family));
        }
        match self.sessions.look(&asked).await?.as_slice() {
            [Presence::Absent] | [Presence::Absent, Presence::Family(_)] => Ok(claims),
            _ => Err(invalid()),
        }
    }

    async fn verified(&self, tenant: &Tenant, token: &str) -> Result<Arc<VerifiedAccessToken>, OAuthError> {
        let invalid = || OAuthError::invalid_token("the access token is invalid, expired or revoked");
        let hash = sha256(token);
        let keys = self.keyring.of(tenant.id).await?;
        if let Some(known) = self.verified_tokens.get(&hash).filter(|known| keys.verifying.has(&known.key_id))
        {
            return Ok(known.claims);
        }
        let jwt = CompactJwt::parse(token).map_err(|cause| invalid().because(cause))?;
        // RFC 9068 §4: an ID token is no access token.
        if jwt.typ.as_deref() != Some("at+jwt") {
            return Err(invalid().because("not an access token"));
        }
        let key_id = jwt.key_id.clone().ok_or_else(|| invalid().because("no key is named"))?;
        let claims =
            keys.verifying.verify(&jwt, &Algorithm::SIGNING).map_err(|cause| invalid().because(cause))?;
        let claims: VerifiedAccessToken =
            serde_json::from_value(claims.into()).map_err(|cause| invalid().because(cause))?;
        if claims.iss != self.issuer(tenant).as_str() {
            return Err(invalid().because("another issuer"));
        }
        let claims = Arc::new(claims);
        let known = VerifiedToken { claims: claims.clone(), key_id: key_id.into() };
        self.verified_tokens.insert(hash, known);
        Ok(claims)
    }
}

/// How the person of a token signed in, as far as the token says.
pub(crate) fn authentication_of(token: &VerifiedAccessToken, private: Private) -> Option<Authentication> {
    let at = Timestamp::from_second(token.auth_time?).ok()?;
    let method = match &token.home_idp {
        Some(id) => {
            let (home_idp, issuer) = (HomeIdpId::parse(id)?, token.idp.clone()?);
            Method::Home { home_idp, issuer, said: private.home }
        }
        None => Method::Password,
    };
    Some(Authentication { method, at })
}
