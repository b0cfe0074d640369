//! Calling clients: the same guard, nothing remembered.

use crate::guard::{FetchError, GuardedClient};
use crate::oidc::OidcUpstream;
use async_trait::async_trait;
use hospes_idp::ports::{CallbackError, Callbacks};
use url::Url;

/// What request objects are published as: RFC 9101 §5.2.3, and what was usual before it.
const OBJECT_TYPES: [&str; 2] = ["application/oauth-authz-req+jwt", "application/jwt"];
/// The largest of them, in bytes.
const MAX_OBJECT: usize = 64 * 1024;

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

    async fn request_object(&self, uri: &str) -> Result<String, CallbackError> {
        let http = self.guard().for_documents();
        let read = http.get_document(&address(uri)?, (&OBJECT_TYPES, MAX_OBJECT)).await.map_err(because)?;
        String::from_utf8(read).map_err(|_| CallbackError::Failed)
    }
}

/// Without its fragment, which says what is to be found there and is not sent.
fn address(uri: &str) -> Result<Url, CallbackError> {
    let mut url = Url::parse(uri).map_err(|_| CallbackError::Blocked)?;
    url.set_fragment(None);
    Ok(url)
}

const fn because(error: FetchError) -> CallbackError {
    match error {
        FetchError::Blocked => CallbackError::Blocked,
        FetchError::Failed => CallbackError::Failed,
    }
}
