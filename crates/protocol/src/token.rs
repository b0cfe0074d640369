//! The token endpoint's vocabulary (RFC 6749 §4.1.3, §4.4.2, §6).

use crate::authorization_details::AuthorizationDetail;
use crate::names::Secret;
use crate::params::Params;
use crate::pkce::CodeVerifier;
use crate::scope::Scopes;
use crate::token_exchange::ExchangeRequest;
use crate::wish::Wish;
use crate::{ErrorCode, OAuthError};
use serde::{Deserialize, Serialize};

/// `grant_type` (RFC 6749). Metadata and registration derive from this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 8628 §3.4.
    DeviceCode,
    /// RFC 8693.
    TokenExchange,
}

impl GrantType {
    /// All grant types, as discovery lists them.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }
}

/// A token request: only the parameters of its own grant are read, others are ignored.
#[derive(Clone, Debug)]
pub enum TokenRequest {
    /// Redeem a code.
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// Must equal the authorization request's, if that named one.
        redirect_uri: Option<String>,
        /// RFC 7636 §4.5.
        code_verifier: Option<CodeVerifier>,
        /// What of the grant is wanted.
        wish: Wish,
    },
    /// Refresh.
    RefreshToken {
        /// The token.
        refresh_token: Secret,
        /// What of the grant is wanted.
        wish: Wish,
    },
    /// The client acts for itself.
    ClientCredentials {
        /// What it asks for; all it may have when absent.
        wish: Wish,
    },
    /// Ask whether somebody approved the device.
    DeviceCode {
        /// What the device was given.
        device_code: Secret,
        /// What of the grant is wanted.
        wish: Wish,
    },
    /// Exchange a token.
    TokenExchange(ExchangeRequest),
}

impl TokenRequest {
    /// Reads the form.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        match form.required("grant_type")? {
            "authorization_code" => Ok(Self::AuthorizationCode {
                code: Secret::new(form.required("code")?),
                redirect_uri: form.once("redirect_uri")?.map(str::to_owned),
                code_verifier: code_verifier(form)?,
                wish: Wish::parse(form)?,
            }),
            "refresh_token" => Ok(Self::RefreshToken {
                refresh_token: Secret::new(form.required("refresh_token")?),
                wish: Wish::parse(form)?,
            }),
            "client_credentials" => Ok(Self::ClientCredentials { wish: Wish::parse(form)? }),
            "urn:ietf:params:oauth:grant-type:device_code" => Ok(Self::DeviceCode {
                device_code: Secret::new(form.required("device_code")?),
                wish: Wish::parse(form)?,
            }),
            "urn:ietf:params:oauth:grant-type:token-exchange" => {
                Ok(Self::TokenExchange(ExchangeRequest::parse(form)?))
            }
            _ => Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported")),
        }
    }

    /// Which grant this is.
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::DeviceCode { .. } => GrantType::DeviceCode,
            Self::TokenExchange(_) => GrantType::TokenExchange,
        }
    }
}

fn code_verifier(form: &Params) -> Result<Option<CodeVerifier>, OAuthError> {
    let malformed = || OAuthError::invalid_grant("code_verifier must be 43 to 128 unreserved characters");
    form.once("code_verifier")?.map(|value| CodeVerifier::parse(value).ok_or_else(malformed)).transpose()
}

/// A successful answer (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Clone, Serialize)]
pub struct TokenResponse {
    /// RFC 9068 JWT.
    pub access_token: String,
    /// `Bearer` or `DPoP`.
    pub token_type: &'static str,
    /// Seconds the access token lives.
    pub expires_in: u32,
    /// Present when the client may refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Present for OpenID requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What was granted.
    pub scope: Scopes,
    /// What exactly was granted (RFC 9396 §7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<AuthorizationDetail>,
    /// Of an exchanged token (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(form: &str) -> ErrorCode {
        TokenRequest::parse(&Params::parse(form)).unwrap_err().code
    }

    #[test]
    fn tok_02_grant_types() {
        assert_eq!(code(""), ErrorCode::InvalidRequest);
        for unknown in ["password", "implicit", "x", "Authorization_code"] {
            assert_eq!(
                code(&format!("grant_type={unknown}&code=x")),
                ErrorCode::UnsupportedGrantType,
                "{unknown}"
            );
        }
    }

    #[test]
    fn tok_14_duplicates() {
        assert_eq!(code("grant_type=authorization_code&code=a&code=b"), ErrorCode::InvalidRequest);
        assert_eq!(code("grant_type=refresh_token&grant_type=refresh_token"), ErrorCode::InvalidRequest);
    }

    #[test]
    fn tok_08_verifier_shape() {
        assert_eq!(code("grant_type=authorization_code&code=a&code_verifier=short"), ErrorCode::InvalidGrant);
    }

    #[test]
    fn tok_25_parameters_of_other_grants_are_ignored() {
        let form =
            Params::parse("grant_type=client_credentials&refresh_token=x&code=y&subject_token=z&scope=a");
        assert!(matches!(
            TokenRequest::parse(&form),
            Ok(TokenRequest::ClientCredentials { wish: Wish { scope: Some(_), .. } })
        ));
    }
}
