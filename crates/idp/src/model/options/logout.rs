//! How the client hears that a person signed out.

use hospes_protocol::redirect_uri::parse_registered;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// How the client hears that a person signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogoutOptions {
    /// Where logout tokens are sent (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout_uri: Option<String>,
    /// Whether logout tokens must name the session. They always do.
    pub backchannel_logout_session_required: bool,
    /// What the signed-out page loads in a frame (OpenID Connect Front-Channel Logout 1.0).
    pub frontchannel_logout_uri: Option<String>,
    /// Whether that address is given `iss` and `sid`. It always is.
    pub frontchannel_logout_session_required: bool,
}

impl LogoutOptions {
    /// What is wrong, seen together with the redirect URIs of the client.
    pub(crate) fn problems(&self, redirect_uris: &[String]) -> Vec<String> {
        let mut problems = Vec::new();
        let given = [
            ("backchannelLogoutUri", &self.backchannel_logout_uri),
            ("frontchannelLogoutUri", &self.frontchannel_logout_uri),
        ];
        for (name, uri) in given {
            let Some(uri) = uri else { continue };
            if let Err(error) = parse_registered(uri) {
                problems.push(format!("{name} {error}"));
            } else if !uri.starts_with("http") {
                problems.push(format!("{name} must be https"));
            }
        }
        // Front-Channel Logout §2: scheme, host and port of a redirect URI, or anybody could be framed.
        let origin = |uri: &String| Url::parse(uri).map(|url| url.origin()).ok();
        if let Some(uri) = &self.frontchannel_logout_uri
            && !redirect_uris.iter().any(|redirect| origin(redirect) == origin(uri))
        {
            problems.push("frontchannelLogoutUri must be on the host of a redirect URI".to_owned());
        }
        problems
    }
}
