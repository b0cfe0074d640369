//! Calling clients: the same guard, nothing remembered.

use crate::guard::{FetchError, GuardedClient};
use crate::oidc::OidcUpstream;
use async_trait::async_trait;
use hospes_idp::ports::{CallbackError, Callbacks};
use url::Url;

impl OidcUpstream {
    fn callback(&self, uri: &str) -> Result<(Url, GuardedClient), CallbackError> {
        let url = Url::parse(uri).map_err(|_| CallbackError::Blocked)?;
        let http = self.guard().for_issuer(&url);
        Ok((url, http))
    }
}

#[async_trait]
impl Callbacks for OidcUpstream {
    async fn check(&self, uri: &str) -> Result<(), CallbackError> {
        let (url, http) = self.callback(uri)?;
        http.check_resolved(&url).await.map_err(because)
    }

    async fn post(&self, uri: &str, form: &[(&str, &str)]) -> Result<(), CallbackError> {
        let (url, http) = self.callback(uri)?;
        match http.status_of_post(&url, form).await.map_err(because)? {
            status if status.is_success() => Ok(()),
            status => Err(CallbackError::Refused(status.as_u16())),
        }
    }
}

const fn because(error: FetchError) -> CallbackError {
    match error {
        FetchError::Blocked => CallbackError::Blocked,
        FetchError::Failed => CallbackError::Failed,
    }
}
