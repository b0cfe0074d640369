//! The document that lists the redirect URIs of a sector (OIDC Registration §5), which somebody other than a home IdP
//! publishes.

use crate::discovery::stage;
use crate::guard::Guard;
use hospes_idp::ports::UpstreamError;
use url::Url;

/// The largest list read, in bytes.
const MAX_LIST: usize = 64 * 1024;

/// Fetches the list, from port 443 alone.
pub(crate) async fn fetch(guard: &Guard, uri: &str) -> Result<Vec<String>, UpstreamError> {
    let refused = |what: &str| UpstreamError::Refused(format!("sector: {what}"));
    let url = Url::parse(uri).map_err(|_| refused("not a URL"))?;
    let body = guard.for_port(443).get(&url, None).await.map_err(stage("sector"))?;
    if body.len() > MAX_LIST {
        return Err(refused("too long"));
    }
    serde_json::from_slice(&body).map_err(|_| refused("not a JSON array of strings"))
}
