//! Where the registration came from, and what it says about the client to people.

use hospes_protocol::redirect_uri::parse_registered;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// Addresses one client can name for whoever answers for it.
const MAX_CONTACTS: usize = 10;
/// Characters of a contact or a name of software.
const MAX_TEXT: usize = 256;

/// What kind of application it is (OIDC Registration §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApplicationType {
    /// On a web server or in a page.
    Web,
    /// Installed on a device.
    Native,
}

impl ApplicationType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

/// Where the registration came from, and what it says about the client to people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RegistrationOptions {
    /// Web origins, beside those of the redirect URIs, whose pages may read what the protocol endpoints answer. For public
    /// clients only.
    pub allowed_origins: Vec<String>,
    /// Where somebody else starts a sign-in at the client (OIDC Core §4): it gets `iss` and `target_link_uri`. https only.
    pub initiate_login_uri: Option<String>,
    /// What kind of application it says it is.
    pub application_type: Option<ApplicationType>,
    /// Its home page. https only, like the next three.
    pub client_uri: Option<String>,
    /// Its picture. Never fetched by us.
    pub logo_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// What it does with people's data.
    pub policy_uri: Option<String>,
    /// Who answers for it.
    pub contacts: Vec<String>,
    /// Which software it is.
    pub software_id: Option<String>,
    /// Which version of that software.
    pub software_version: Option<String>,
}

impl RegistrationOptions {
    /// Links people may be led to, by the client's names for them.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let links = [
            ("initiate_login_uri", &self.initiate_login_uri),
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("tos_uri", &self.tos_uri),
            ("policy_uri", &self.policy_uri),
        ];
        links.into_iter().filter_map(|(name, link)| Some((name, link.as_deref()?)))
    }

    /// What is wrong with it, in sentences that quote nothing.
    pub(crate) fn problems(&self) -> Vec<String> {
        let origins = self.allowed_origins.iter().all(|origin| is_web_origin(origin));
        let origins = (!origins).then(|| {
            "allowedOrigins must be https://host, or http:// on loopback, without a path".to_owned()
        });
        let links = self.links().filter(|(_, link)| !is_https(link));
        let software = [("software_id", &self.software_id), ("software_version", &self.software_version)];
        let texts = software.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
        let texts = texts.chain(self.contacts.iter().map(|contact| ("contacts", contact.as_str())));
        let texts = texts.filter(|(_, text)| !is_visible(text) || text.chars().count() > MAX_TEXT);
        let many = self.contacts.len() > MAX_CONTACTS;
        origins
            .into_iter()
            .chain(links.map(|(name, _)| format!("{name} must be an https URL")))
            .chain(texts.map(|(name, _)| format!("{name} must be at most {MAX_TEXT} visible characters")))
            .chain(many.then(|| format!("contacts must be at most {MAX_CONTACTS}")))
            .collect()
    }
}

/// An origin exactly as browsers send it (RFC 6454 §6.2).
fn is_web_origin(text: &str) -> bool {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    parse_registered(text).is_ok() && url.is_some_and(|url| url.origin().ascii_serialization() == text)
}

fn is_https(text: &str) -> bool {
    parse_registered(text).is_ok() && Url::parse(text).is_ok_and(|url| url.scheme() == "https")
}

/// Whether there is something to see, and nothing that hides or reorders what is seen. Joiners belong to Persian and Indic
/// words.
pub(crate) fn is_visible(text: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            )
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
            || matches!(c, '\u{e0000}'..='\u{e0fff}')
    };
    !text.trim().is_empty() && !text.chars().any(hidden)
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
            "null",
            "*",
            "https://app.test/",
            "https://APP.test",
            "http://app.test",
            "https://*.test",
            "x.y:z",
            "http://[::1]:80",
        ] {
            assert!(!is_web_origin(bad), "{bad}");
        }
    }

    #[test]
    fn dcr_08_what_hides_or_reorders_is_not_visible() {
        for good in ["Robot", "Робот", "می\u{200c}خواهم", "<b>"] {
            assert!(is_visible(good), "{good}");
        }
        for bad in ["", " ", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{2066}b", "a\u{e0041}b", "\u{feff}a"] {
            assert!(!is_visible(bad), "{bad:?}");
        }
    }

    #[test]
    fn dcr_15_links_are_https() {
        for bad in [
            "http://rp.test/",
            "http://127.0.0.1/",
            "javascript:alert(1)",
            "com.app.x:/y",
            "",
            "https://a@b/",
        ] {
            let options = RegistrationOptions { initiate_login_uri: Some(bad.into()), ..Default::default() };
            assert_eq!(options.problems(), ["initiate_login_uri must be an https URL"], "{bad}");
        }
    }
}
