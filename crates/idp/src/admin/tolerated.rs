//! What cannot be told from settings alone: whether the tenant tolerates something older, and whether we would call an
//! address at all.

use super::clients::ClientSettings;
use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::model::client::Client;
use crate::model::options::ClientOptions;
use crate::ports::CallbackError;
use hospes_protocol::client_auth::ClientAuthMethod;

impl Admin<'_> {
    /// Refuses what the tenant does not tolerate, unless the client has it already: then it can be edited, and is refused
    /// where it makes use of that.
    pub(super) fn check_tolerated(
        &self,
        settings: &ClientSettings,
        before: Option<&Client>,
    ) -> Result<(), AdminError> {
        let rules = &self.tenant.settings.options.security;
        let method = ClientAuthMethod::ClientSecretJwt;
        let had = before.is_some_and(|before| before.auth_method == method);
        if settings.auth_method == method && !had && !rules.allow_client_secret_jwt {
            return Err(AdminError::invalid(
                "client_secret_jwt needs the tenant option security.allowClientSecretJwt; private_key_jwt does not",
            ));
        }
        let publishes = |uris: &[String]| !uris.is_empty();
        let had = before.is_some_and(|before| publishes(&before.options.security.request_uris));
        if publishes(&settings.options.security.request_uris) && !had && !rules.allow_request_uris {
            return Err(AdminError::invalid(
                "requestUris need the tenant option security.allowRequestUris; pushed requests do not",
            ));
        }
        Ok(())
    }

    /// Addresses that we will call must be somebody's public machine (LO-10). Whether they answer is their affair.
    pub(super) async fn check_callbacks(&self, options: &ClientOptions) -> Result<(), AdminError> {
        let logout =
            options.logout.backchannel_logout_uri.iter().map(|uri| ("backchannelLogoutUri", uri.clone()));
        let address = |uri: &str| uri.split('#').next().unwrap_or_default().to_owned();
        let published = options.security.request_uris.iter().map(|uri| ("requestUris", address(uri)));
        for (member, uri) in logout.chain(published) {
            if self.idp.callbacks.check(&uri).await == Err(CallbackError::Blocked) {
                let event = self.event(AuditKind::SsrfBlocked).reason(CallbackError::Blocked.reason());
                self.idp.audit.record(event).await;
                return Err(AdminError::invalid(format!("{member} leads to an address that we do not call")));
            }
        }
        Ok(())
    }
}
