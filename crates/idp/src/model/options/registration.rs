//! Where the registration came from, and what it says about the client to people.

use hospes_protocol::redirect_uri::parse_registered;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// Where the registration came from, and what it says about the client to people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RegistrationOptions {
    /// Web origins, beside those of the redirect URIs, whose pages may read what the protocol endpoints answer. For public
    /// clients only.
    pub allowed_origins: Vec<String>,
}

impl RegistrationOptions {
    /// What is wrong with it, in sentences.
    pub(crate) fn problems(&self) -> Vec<String> {
        let bad = self.allowed_origins.iter().filter(|origin| !is_web_origin(origin));
        bad.map(|origin| {
            format!("allowedOrigins: {origin:?} must be https://host, or http:// on loopback, without a path")
        })
        .collect()
    }
}

/// An origin exactly as browsers send it (RFC 6454 §6.2).
fn is_web_origin(text: &str) -> bool {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    parse_registered(text).is_ok() && url.is_some_and(|url| url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_send_them() {
        for good in ["https://app.test", "https://app.test:8443", "http://localhost:3000", "http://[::1]:81"]
        {
            assert!(is_web_origin(good), "{good}");
        }
        for bad in [
            "http://[::1]:80",
            "null",
            "*",
            "https://app.test/",
            "https://APP.test",
            "http://app.test",
            "https://*.test",
            "x.y:z",
        ] {
            assert!(!is_web_origin(bad), "{bad}");
        }
    }
}
