//! The authorization response on its way back to the client (RFC 6749 §4.1.2, RFC 9207, Form Post Response Mode).

use crate::authorize::ResponseMode;
use crate::names::Secret;
use crate::{ClientId, ErrorCode, Issuer, OAuthError, RedirectUri};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Makes a signed response of its claims (JARM §2.1); `None` if the key fails.
#[derive(Clone)]
pub struct Seal(pub Arc<Sign>);

type Sign = dyn Fn(&Map<String, Value>) -> Option<String> + Send + Sync;

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

/// Where a response goes. Exists only once client and redirect URI are trusted; holding one is what allows an error to
/// leave by redirect.
#[derive(Clone, Debug)]
pub struct ReturnTo {
    /// Who is answered.
    pub client_id: ClientId,
    /// Registered for the client.
    pub redirect_uri: RedirectUri,
    /// How to travel.
    pub response_mode: ResponseMode,
    /// Echoed if the request had one.
    pub state: Option<String>,
    /// RFC 9207.
    pub issuer: Issuer,
    /// Signs the response, where the mode asks for that.
    pub seal: Option<Seal>,
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
        if self.response_mode.is_signed() {
            // Nothing leaves unsigned that was to be signed.
            let failed = || ("error", ErrorCode::ServerError.wire().to_owned());
            fields = vec![self.signed(&fields).map_or_else(failed, |response| ("response", response))];
        }
        match self.response_mode {
            ResponseMode::Query | ResponseMode::QueryJwt => {
                AuthorizationResponse::Redirect(self.with_query(&fields))
            }
            ResponseMode::FormPost | ResponseMode::FormPostJwt => {
                AuthorizationResponse::FormPost { action: self.redirect_uri.to_string(), fields }
            }
        }
    }

    fn signed(&self, fields: &[(&'static str, String)]) -> Option<String> {
        let audience = ("aud", self.client_id.to_string());
        let claims = fields.iter().chain([&audience]);
        let claims = claims.map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        (self.seal.as_ref()?.0)(&claims)
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
            client_id: ClientId::new("app"),
            redirect_uri: RedirectUri::new(uri),
            response_mode: ResponseMode::Query,
            state: state.map(str::to_owned),
            issuer: Issuer::new("https://op.test/t/a"),
            seal: None,
        }
    }

    #[test]
    fn rfc9207_iss_and_az_37_no_inherited_fragment() {
        let sent = return_to("https://rp.test/cb?x=1", Some("a b&c")).code(&Secret::new("k"));
        let expected = "https://rp.test/cb?x=1&code=k&state=a+b%26c&iss=https%3A%2F%2Fop.test%2Ft%2Fa#";
        assert_eq!(sent, AuthorizationResponse::Redirect(expected.into()));
    }

    #[test]
    fn jarm_2_1_a_signed_response_is_one_parameter_and_never_unsigned() {
        let signs = Seal(Arc::new(|claims| Some(serde_json::to_string(claims).unwrap())));
        let fails = Seal(Arc::new(|_| None));
        for (seal, expected) in [(signs, true), (fails, false)] {
            let to = ReturnTo {
                response_mode: ResponseMode::FormPostJwt,
                seal: Some(seal),
                ..return_to("https://rp.test/cb", Some("s"))
            };
            let AuthorizationResponse::FormPost { fields, .. } = to.code(&Secret::new("k")) else {
                panic!("a form was asked for")
            };
            let claims = r#"{"code":"k","state":"s","iss":"https://op.test/t/a","aud":"app"}"#;
            let sent =
                if expected { ("response", claims.to_owned()) } else { ("error", "server_error".to_owned()) };
            assert_eq!(fields, [sent]);
        }
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
