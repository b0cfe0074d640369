//! A home IdP says that somebody signed out there: what hangs on that session ends here, and nothing else. Servers say it
//! with a signed token (OIDC Back-Channel Logout 1.0), browsers by loading a frame (Front-Channel Logout 1.0).

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::endings::Whose;
use crate::error::PageError;
use crate::ids::HomeIdpId;
use crate::model::home_idp::HomeIdp;
use crate::model::identity::VerifiedLogout;
use crate::model::tenant::Tenant;
use crate::ports::{Key, Kind, Unavailable, UpstreamError, Write};
use bytes::Bytes;
use hospes_protocol::OAuthError;
use hospes_protocol::params::Params;
use std::time::Duration;

/// How long a token is recognised; longer than it can be used.
const MEMORY: Duration = Duration::from_mins(15);

/// Our addresses that have to be known at a home IdP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Where browsers come back to after signing in.
    pub callback: String,
    /// Where its server says that somebody signed out.
    pub backchannel_logout: String,
    /// Where its pages say that somebody signed out.
    pub frontchannel_logout: String,
    /// Where browsers come back to after signing out.
    pub post_logout_redirect: String,
}

impl Idp {
    /// Our addresses for one home IdP of one tenant.
    pub(crate) fn addresses(&self, tenant: &Tenant, home_idp: HomeIdpId) -> Addresses {
        let issuer = self.issuer(tenant);
        Addresses {
            callback: self.callback_uri(tenant, home_idp),
            backchannel_logout: issuer.join(&format!("/upstream/{home_idp}/backchannel_logout")),
            frontchannel_logout: issuer.join(&format!("/upstream/{home_idp}/frontchannel_logout")),
            post_logout_redirect: issuer.join("/signed-out"),
        }
    }

    /// A logout token came from a home IdP's server.
    pub async fn backchannel_logout(
        &self,
        (ctx, tenant): (&Ctx, &Tenant),
        home_idp: HomeIdpId,
        form: Result<&Params, &OAuthError>,
    ) -> Result<(), OAuthError> {
        let (logout, seen) = match self.accepted_logout((ctx, tenant), home_idp, form).await {
            Ok(accepted) => accepted,
            Err(error) => {
                let reason = error.cause.clone().unwrap_or_else(|| error.code.wire().to_owned());
                let event = AuditEvent::new(ctx, tenant.id, AuditKind::UpstreamRejected, Actor::Anonymous);
                self.audit.record(event.target(home_idp).reason(reason)).await;
                return Err(error);
            }
        };
        let VerifiedLogout { subject, sid, .. } = &logout;
        // A session that is named ends; of an account, what cannot be told apart by name ends with it.
        let ending = match (sid, subject) {
            (Some(sid), Some(subject)) => {
                vec![Whose::HomeSession(home_idp, sid), Whose::Nameless(home_idp, subject)]
            }
            (Some(sid), None) => vec![Whose::HomeSession(home_idp, sid)],
            (None, Some(subject)) => vec![Whose::HomeAccount(home_idp, subject)],
            (None, None) => Vec::new(),
        };
        for whose in ending {
            let ended = self.end_sessions((ctx, tenant.id), whose, (Actor::System, "signedOutAtHome")).await;
            if let Err(error) = ended {
                // Ending is idempotent: the home IdP may send its token again.
                self.sessions.write(vec![Write::Delete(seen)]).await?;
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn accepted_logout(
        &self,
        (ctx, tenant): (&Ctx, &Tenant),
        id: HomeIdpId,
        form: Result<&Params, &OAuthError>,
    ) -> Result<(VerifiedLogout, Key), OAuthError> {
        let refused = || OAuthError::invalid_request("the logout token was not accepted");
        let token = form.map_err(Clone::clone)?.required("logout_token")?;
        let home_idp = self.enabled_home(tenant, id).await?;
        let home_idp = home_idp.ok_or_else(|| refused().because("unknown_home_idp"))?;
        let logout = match self.upstream.verify_logout(&home_idp, token, ctx.now).await {
            Ok(logout) => logout,
            Err(error) => {
                tracing::info!(%error, home_idp = %id, "a logout token was not accepted");
                return Err(match error {
                    UpstreamError::Refused(_) => refused().because(error.reason()),
                    UpstreamError::Unreachable(_) | UpstreamError::Blocked => {
                        OAuthError::temporarily_unavailable("the keys cannot be fetched")
                            .because(error.reason())
                    }
                });
            }
        };
        let seen = Key::new(tenant.id, Kind::Replay, format!("logout\0{id}\0{}", logout.token_id));
        if self.sessions.put_new(&seen, Bytes::new(), MEMORY).await? {
            Ok((logout, seen))
        } else {
            Err(refused().because("replayed"))
        }
    }

    /// A home IdP's page loads our frame: browsers send no cookies along, so the name of the session there is all there is
    /// to go by. It is as good as a secret; without it, or from elsewhere, nothing happens (LO-14). Returns the issuer, the
    /// only one who may show the frame.
    pub async fn frontchannel_logout(
        &self,
        (ctx, tenant): (&Ctx, &Tenant),
        id: HomeIdpId,
        params: &Params,
    ) -> Result<Option<String>, PageError> {
        let Some(home_idp) = self.enabled_home(tenant, id).await? else {
            return Ok(None);
        };
        let once = |name| params.once(name).ok().flatten();
        if let (Some(iss), Some(sid)) = (once("iss"), once("sid"))
            && iss == home_idp.issuer.as_str()
        {
            let whose = Whose::HomeSession(id, sid);
            self.end_sessions((ctx, tenant.id), whose, (Actor::System, "signedOutAtHome")).await?;
        }
        Ok(Some(home_idp.issuer.to_string()))
    }

    /// Where the browser goes to sign out at a home IdP too, and comes back from. No ID token is kept to be shown there.
    pub async fn sign_out_at_home(
        &self,
        tenant: &Tenant,
        id: HomeIdpId,
    ) -> Result<Option<String>, PageError> {
        let Some(home_idp) = self.enabled_home(tenant, id).await? else {
            return Ok(None);
        };
        let address = self.upstream.sign_out_address(&home_idp).await.unwrap_or_else(|error| {
            tracing::info!(%error, home_idp = %id, "signing out at home is not possible now");
            None
        });
        let back = self.addresses(tenant, id).post_logout_redirect;
        let pairs = [("client_id", home_idp.client_id.as_str()), ("post_logout_redirect_uri", &back)];
        Ok(address.and_then(|address| url::Url::parse_with_params(&address, pairs).ok()).map(Into::into))
    }

    async fn enabled_home(&self, tenant: &Tenant, id: HomeIdpId) -> Result<Option<HomeIdp>, Unavailable> {
        let home_idp = self.directory.home_idp(tenant.id, id).await?;
        Ok(home_idp.filter(|home_idp| home_idp.status.is_enabled()))
    }
}
