//! What works only while the tenant tolerates it for older clients.

use super::clients::ClientSettings;
use super::{Admin, AdminError};
use crate::model::client::Client;
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
        Ok(())
    }
}
