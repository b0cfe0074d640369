//! How a client proves who it is at the token endpoint (RFC 6749 §2.3, RFC 7521 §4.2, OIDC Core §9).

use crate::encoding::from_base64;
use crate::jose::CompactJwt;
use crate::names::Secret;
use crate::params::Params;
use crate::{ClientId, OAuthError};
use serde::{Deserialize, Serialize};

/// The only assertion type there is (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `token_endpoint_auth_method` (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// A public client.
    None,
    /// Secret in the Authorization header.
    ClientSecretBasic,
    /// Secret in the form.
    ClientSecretPost,
    /// Signed assertion.
    PrivateKeyJwt,
    /// Assertion made with the secret.
    ClientSecretJwt,
    /// Certificate of a trusted authority (RFC 8705 §2.1).
    TlsClientAuth,
    /// Certificate that was registered (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
}

impl ClientAuthMethod {
    /// All methods, as discovery lists them.
    pub const ALL: [Self; 7] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
        Self::ClientSecretJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// Whether the connection proves who the client is, not the request.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// Whether the client has a secret.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt)
    }

    /// Whether the client holds a credential.
    pub const fn is_confidential(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// What a request presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Only its identifier.
    None,
    /// A secret, in the header or the form.
    Secret(ClientAuthMethod, Secret),
    /// A signed assertion.
    Assertion(String),
}

/// A client's claim to be somebody, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedClient {
    /// Who it says it is.
    pub client_id: ClientId,
    /// How it means to prove that.
    pub credentials: Credentials,
}

/// Reads the credentials of a request. More than one method is refused (RFC 6749 §2.3).
pub fn presented(authorization: Option<&str>, form: &Params) -> Result<PresentedClient, OAuthError> {
    let basic = authorization.map(parse_basic).transpose()?;
    let secret = form.once("client_secret")?;
    let assertion = form.once("client_assertion")?;
    if usize::from(basic.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(OAuthError::invalid_request("use exactly one method of client authentication"));
    }
    let named = form.once("client_id")?.map(ClientId::new);
    if let Some((client_id, secret)) = basic {
        if named.is_some_and(|named| named != client_id) {
            return Err(OAuthError::invalid_request("client_id differs from the Authorization header"));
        }
        let credentials = Credentials::Secret(ClientAuthMethod::ClientSecretBasic, secret);
        return Ok(PresentedClient { client_id, credentials });
    }
    if let Some(assertion) = assertion {
        return presented_assertion(form, assertion, named);
    }
    let client_id = named.ok_or_else(|| OAuthError::invalid_client("client authentication is missing"))?;
    let credentials = secret.map_or(Credentials::None, |secret| {
        Credentials::Secret(ClientAuthMethod::ClientSecretPost, Secret::new(secret))
    });
    Ok(PresentedClient { client_id, credentials })
}

// RFC 7521 §4.2: client_id is optional, and if present must name the assertion's subject.
fn presented_assertion(
    form: &Params,
    assertion: &str,
    named: Option<ClientId>,
) -> Result<PresentedClient, OAuthError> {
    if form.once("client_assertion_type")? != Some(ASSERTION_TYPE) {
        return Err(OAuthError::invalid_request("client_assertion_type must be jwt-bearer"));
    }
    let claims = CompactJwt::parse(assertion)
        .and_then(|jwt| jwt.unverified_claims())
        .or_else(|_| CompactJwt::parse_with_secret(assertion).and_then(|jwt| jwt.unverified_claims()));
    let subject = (claims.ok())
        .and_then(|claims| claims.get("sub").and_then(|sub| sub.as_str()).map(ClientId::new))
        .ok_or_else(|| OAuthError::invalid_client("client_assertion is not a JWT with a subject"))?;
    if named.is_some_and(|named| named != subject) {
        return Err(OAuthError::invalid_client("client_id differs from the subject of the assertion"));
    }
    Ok(PresentedClient { client_id: subject, credentials: Credentials::Assertion(assertion.to_owned()) })
}

/// `Basic` with both halves form-encoded (RFC 6749 §2.3.1), decoded strictly.
fn parse_basic(header: &str) -> Result<(ClientId, Secret), OAuthError> {
    let malformed = || OAuthError::invalid_client("the Authorization header is not valid Basic credentials");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let bytes = from_base64(encoded.trim()).ok_or_else(malformed)?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    let id = form_decode(id).ok_or_else(malformed)?;
    let secret = form_decode(secret).ok_or_else(malformed)?;
    Ok((ClientId::new(id), Secret::new(secret)))
}

/// Form-decodes one value; characters that form encoding would have escaped make it malformed.
fn form_decode(text: &str) -> Option<String> {
    let encoded = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~*+%!'()".contains(&byte));
    if !encoded {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
                digit(rest.next()?)? << 4 | digit(rest.next()?)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn basic(pair: &str) -> Result<PresentedClient, OAuthError> {
        presented(Some(&format!("Basic {}", STANDARD.encode(pair))), &Params::default())
    }

    #[test]
    fn ca_02_strict_basic() {
        let good = basic("app%3A1:s%2Bcret+x").unwrap();
        assert_eq!(good.client_id.as_str(), "app:1");
        assert_eq!(
            good.credentials,
            Credentials::Secret(ClientAuthMethod::ClientSecretBasic, Secret::new("s+cret x"))
        );
        for bad in ["app:se:cret", "app:ü", "nocolon", "app:%zz", "app:%+1", "app:se&cret"] {
            assert!(basic(bad).is_err(), "{bad}");
        }
        for header in ["Basic !!!", "Basic", "Bearer x", "Basic YQ"] {
            assert!(presented(Some(header), &Params::default()).is_err(), "{header}");
        }
    }

    #[test]
    fn tok_15_one_method_only() {
        let header = format!("Basic {}", STANDARD.encode("app:secret"));
        let error =
            presented(Some(&header), &Params::parse("client_id=app&client_secret=secret")).unwrap_err();
        assert_eq!(error.code, crate::ErrorCode::InvalidRequest);
        assert!(presented(Some(&header), &Params::parse("client_id=other")).is_err());
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        assert!(!format!("{:?}", basic("app:hunter2").unwrap()).contains("hunter2"));
    }
}
