//! One table of protocol errors: wire name, HTTP status and the section that defines it.
//!
//! A status literal for a protocol error stands nowhere else. Descriptions are fixed sentences or name a parameter;
//! they never carry text that came from outside. Causes are for logs.

use std::borrow::Cow;
use std::fmt;

macro_rules! error_table {
    ($($(#[$doc:meta])* $variant:ident = $wire:literal, $status:literal, $section:literal;)*) => {
        /// Every error code this authorization server can answer with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// The value of the `error` parameter.
            pub const fn wire(self) -> &'static str {
                match self { $(ErrorCode::$variant => $wire,)* }
            }

            /// HTTP status where the error is answered directly rather than by redirect.
            pub const fn status(self) -> u16 {
                match self { $(ErrorCode::$variant => $status,)* }
            }

            /// Where the code is defined.
            pub const fn section(self) -> &'static str {
                match self { $(ErrorCode::$variant => $section,)* }
            }
        }
    };
}

error_table! {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest = "invalid_request", 400, "RFC 6749 §4.1.2.1, §5.2";
    /// Client authentication failed.
    InvalidClient = "invalid_client", 401, "RFC 6749 §5.2";
    /// The code or refresh token is invalid, expired, revoked or was issued to another client.
    InvalidGrant = "invalid_grant", 400, "RFC 6749 §5.2";
    /// The client may not use this grant or response type.
    UnauthorizedClient = "unauthorized_client", 400, "RFC 6749 §4.1.2.1, §5.2";
    /// The grant type is not supported.
    UnsupportedGrantType = "unsupported_grant_type", 400, "RFC 6749 §5.2";
    /// The scope is unknown, malformed or wider than granted.
    InvalidScope = "invalid_scope", 400, "RFC 6749 §4.1.2.1, §5.2";
    /// The resource owner or a policy refused.
    AccessDenied = "access_denied", 400, "RFC 6749 §4.1.2.1, RFC 8628 §3.5";
    /// The response type is not supported.
    UnsupportedResponseType = "unsupported_response_type", 400, "RFC 6749 §4.1.2.1";
    /// The response mode is not supported.
    UnsupportedResponseMode = "unsupported_response_mode", 400, "OAuth 2.0 Multiple Response Types §2.1";
    /// Nobody has answered yet: ask again after the interval.
    AuthorizationPending = "authorization_pending", 400, "RFC 8628 §3.5";
    /// Nobody has answered yet, and the interval has grown.
    SlowDown = "slow_down", 400, "RFC 8628 §3.5";
    /// The device code is too old.
    ExpiredToken = "expired_token", 400, "RFC 8628 §3.5";
    /// Something failed on our side.
    ServerError = "server_error", 500, "RFC 6749 §4.1.2.1";
    /// Overloaded, or a store is away.
    TemporarilyUnavailable = "temporarily_unavailable", 503, "RFC 6749 §4.1.2.1";
    /// Somebody tries too often; no OAuth document has a code for it.
    TooManyRequests = "too_many_requests", 429, "RFC 6585 §4";
    /// `prompt=none`, but a screen would be needed.
    InteractionRequired = "interaction_required", 400, "OIDC Core §3.1.2.6";
    /// `prompt=none`, but nobody is signed in.
    LoginRequired = "login_required", 400, "OIDC Core §3.1.2.6";
    /// `prompt=none`, but several accounts are signed in and nothing says which.
    AccountSelectionRequired = "account_selection_required", 400, "OIDC Core §3.1.2.6";
    /// `prompt=none`, but consent is missing.
    ConsentRequired = "consent_required", 400, "OIDC Core §3.1.2.6";
    /// An essential `acr` cannot be met.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements", 400,
        "OIDC Unmet Authentication Requirements §3";
    /// Request objects by reference are not supported.
    RequestUriNotSupported = "request_uri_not_supported", 400, "OIDC Core §3.1.2.6";
    /// The pushed request is unknown, expired, used or another client's.
    InvalidRequestUri = "invalid_request_uri", 400, "RFC 9101 §6.2, RFC 9126 §4";
    /// The request object is malformed, not signed by the client, or about something else.
    InvalidRequestObject = "invalid_request_object", 400, "RFC 9101 §6.2";
    /// The proof of possession is missing, malformed, about something else, or was used before.
    InvalidDpopProof = "invalid_dpop_proof", 400, "RFC 9449 §5, §7.1";
    /// The proof of possession must have the nonce that comes with this error.
    UseDpopNonce = "use_dpop_nonce", 400, "RFC 9449 §8";
    /// The requested resource is unknown.
    InvalidTarget = "invalid_target", 400, "RFC 8707 §2";
    /// The authorization details are malformed, of an unknown type, or do not fit it.
    InvalidAuthorizationDetails = "invalid_authorization_details", 400, "RFC 9396 §5";
    /// A redirect URI cannot be registered.
    InvalidRedirectUri = "invalid_redirect_uri", 400, "RFC 7591 §3.2.2";
    /// A member of the client metadata cannot be accepted.
    InvalidClientMetadata = "invalid_client_metadata", 400, "RFC 7591 §3.2.2";
    /// The software statement is none.
    InvalidSoftwareStatement = "invalid_software_statement", 400, "RFC 7591 §3.2.2";
    /// Nobody here trusts the issuer of the software statement.
    UnapprovedSoftwareStatement = "unapproved_software_statement", 400, "RFC 7591 §3.2.2";
    /// The access token is expired, revoked or malformed.
    InvalidToken = "invalid_token", 401, "RFC 6750 §3.1";
    /// The access token lacks a scope.
    InsufficientScope = "insufficient_scope", 403, "RFC 6750 §3.1";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire())
    }
}

impl ErrorCode {
    /// Whether the client is only told to wait; nobody was refused anything.
    pub const fn is_wait(self) -> bool {
        matches!(self, Self::AuthorizationPending | Self::SlowDown)
    }
}

/// A protocol error: a code, a sentence for the client's developer, and a cause that only logs may see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct OAuthError {
    /// The code of the table.
    pub code: ErrorCode,
    /// `error_description`, always inside `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 §5.2).
    pub description: Cow<'static, str>,
    /// What really happened; never leaves the process except to the log.
    pub cause: Option<String>,
}

impl OAuthError {
    /// Builds an error; characters the grammar forbids are replaced by a space.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        let allowed = |c: char| matches!(c, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}');
        let description = if description.chars().all(allowed) {
            description
        } else {
            Cow::Owned(description.chars().map(|c| if allowed(c) { c } else { ' ' }).collect())
        };
        Self { code, description, cause: None }
    }

    /// Attaches the cause, for logs only.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

macro_rules! shorthands {
    ($($name:ident => $code:ident),* $(,)?) => {
        impl OAuthError {
            $(#[doc = concat!("Shorthand for [`ErrorCode::", stringify!($code), "`].")]
            pub fn $name(description: impl Into<Cow<'static, str>>) -> Self {
                Self::new(ErrorCode::$code, description)
            })*
        }
    };
}

shorthands! {
    invalid_request => InvalidRequest,
    invalid_client => InvalidClient,
    invalid_grant => InvalidGrant,
    unauthorized_client => UnauthorizedClient,
    invalid_scope => InvalidScope,
    access_denied => AccessDenied,
    server_error => ServerError,
    invalid_token => InvalidToken,
    invalid_dpop_proof => InvalidDpopProof,
    invalid_request_object => InvalidRequestObject,
    temporarily_unavailable => TemporarilyUnavailable,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn wire_names_are_unique_and_statuses_are_errors() {
        let names: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.wire()).collect();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert!(
            ErrorCode::ALL
                .iter()
                .all(|code| (400..=503).contains(&code.status()) && !code.section().is_empty())
        );
    }

    #[test]
    fn rfc6749_5_2_description_charset() {
        let error = OAuthError::invalid_request("a \"quoted\" back\\slash\r\nümlaut");
        assert_eq!(error.description, "a  quoted  back slash   mlaut");
    }
}
