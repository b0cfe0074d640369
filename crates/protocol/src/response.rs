//! The authorization response on its way back to the client (RFC 6749 §4.1.2, RFC 9207, Form Post Response Mode).

use crate::authorize::ResponseMode;
use crate::names::Secret;
use crate::{Issuer, OAuthError, RedirectUri};
use serde::{Deserialize, Serialize};

/// Where a response goes. Exists only once client and redirect URI are trusted; holding one is what allows an error to
/// leave by redirect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo {
    /// Registered for the client.
    pub redirect_uri: RedirectUri,
    /// How to travel.
    pub response_mode: ResponseMode,
    /// Echoed if the request had one.
    pub state: Option<String>,
    /// RFC 9207.
    pub issuer: Issuer,
}

/// A response ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationResponse {
    /// 303 to this URI.
    Redirect(String),
    /// A page whose form posts these fields.
    FormPost {
        /// Where the form goes.
        action: String,
        /// Name and value pairs.
        fields: Vec<(&'static str, String)>,
    },
}

impl ReturnTo {
    /// The response that carries a code.
    pub fn code(&self, code: &Secret) -> AuthorizationResponse {
        self.respond(vec![("code", code.reveal().to_owned())])
    }

    /// The response that carries an error.
    pub fn error(&self, error: &OAuthError) -> AuthorizationResponse {
        let description = ("error_description", error.description.to_string());
        self.respond(vec![("error", error.code.wire().to_owned()), description])
    }

    fn respond(&self, mut fields: Vec<(&'static str, String)>) -> AuthorizationResponse {
        fields.extend(self.state.clone().map(|state| ("state", state)));
        fields.push(("iss", self.issuer.to_string()));
        match self.response_mode {
            ResponseMode::Query => AuthorizationResponse::Redirect(self.with_query(&fields)),
            ResponseMode::FormPost => {
                AuthorizationResponse::FormPost { action: self.redirect_uri.to_string(), fields }
            }
        }
    }

    /// Appends to the URI as registered, keeping its own query (RFC 6749 §3.1.2). A closing `#` keeps the browser from
    /// carrying a fragment of its own over to the client.
    fn with_query(&self, fields: &[(&'static str, String)]) -> String {
        let uri = self.redirect_uri.as_str();
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let separator = match uri.find('?') {
            None => "?",
            Some(position) if position + 1 == uri.len() => "",
            Some(_) => "&",
        };
        format!("{uri}{separator}{query}#")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn return_to(uri: &str, state: Option<&str>) -> ReturnTo {
        ReturnTo {
            redirect_uri: RedirectUri::new(uri),
            response_mode: ResponseMode::Query,
            state: state.map(str::to_owned),
            issuer: Issuer::new("https://op.test/t/a"),
        }
    }

    #[test]
    fn rfc9207_iss_and_az_37_no_inherited_fragment() {
        let sent = return_to("https://rp.test/cb?x=1", Some("a b&c")).code(&Secret::new("k"));
        let expected = "https://rp.test/cb?x=1&code=k&state=a+b%26c&iss=https%3A%2F%2Fop.test%2Ft%2Fa#";
        assert_eq!(sent, AuthorizationResponse::Redirect(expected.into()));
    }

    #[test]
    fn web_08_values_cannot_break_the_header() {
        let AuthorizationResponse::Redirect(uri) = return_to("https://rp.test/cb", Some("\r\nSet-Cookie: x"))
            .error(&OAuthError::access_denied("no"))
        else {
            panic!("query mode redirects")
        };
        assert!(!uri.contains(['\r', '\n', ' ']) && uri.contains("error=access_denied"));
    }
}
