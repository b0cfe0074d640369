//! Home IdPs, seen as a relying party sees them. What comes back is a [`VerifiedIdentity`] or an error, never a maybe.

use crate::model::home_idp::HomeIdp;
use crate::model::identity::{VerifiedIdentity, VerifiedLogout};
use async_trait::async_trait;
use hospes_protocol::Nonce;
use hospes_protocol::names::Secret;
use hospes_protocol::pkce::CodeVerifier;
use jiff::Timestamp;

/// A journey to a home IdP, about to begin.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Our redirect URI for this tenant and home IdP.
    pub redirect_uri: String,
    /// Bound to interaction and browser.
    pub state: Secret,
    /// Comes back in the ID token.
    pub nonce: Nonce,
    /// Its challenge goes out, it goes to the token endpoint.
    pub code_verifier: CodeVerifier,
    /// Who is expected.
    pub login_hint: Option<String>,
    /// `prompt` to send.
    pub prompt: Option<&'static str>,
    /// `max_age` to send.
    pub max_age: Option<u32>,
    /// `ui_locales` to send.
    pub ui_locales: Vec<String>,
}

/// What the browser brought back, with what it must fit.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The code.
    pub code: Secret,
    /// The `iss` parameter (RFC 9207), if one came.
    pub iss: Option<String>,
    /// As at departure.
    pub redirect_uri: String,
    /// As at departure.
    pub nonce: Nonce,
    /// As at departure.
    pub code_verifier: CodeVerifier,
    /// As at departure.
    pub max_age: Option<u32>,
    /// Our secret at the home IdP, opened.
    pub client_secret: Option<Secret>,
    /// The time of the request.
    pub now: Timestamp,
}

/// Why a journey failed. The machine reason goes to the audit trail; people see a fixed sentence.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The home IdP does not answer, or answers nonsense: not the guest's fault, may pass.
    #[error("home IdP is unreachable: {0}")]
    Unreachable(String),
    /// What it sent does not verify.
    #[error("home IdP's answer was refused: {0}")]
    Refused(String),
    /// The guard refused to connect.
    #[error("the address of the home IdP is not allowed")]
    Blocked,
}

impl UpstreamError {
    /// Stable machine reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "home_idp_unreachable",
            Self::Refused(_) => "home_idp_refused",
            Self::Blocked => "home_idp_blocked",
        }
    }
}

/// Home IdPs.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// The URL to send the browser to.
    async fn depart(&self, home_idp: &HomeIdp, departure: &Departure) -> Result<String, UpstreamError>;
    /// Exchanges the code and verifies everything.
    async fn arrive(&self, home_idp: &HomeIdp, arrival: Arrival) -> Result<VerifiedIdentity, UpstreamError>;
    /// Verifies a logout token (OIDC Back-Channel Logout §2.6), but for whether it came before.
    async fn verify_logout(
        &self,
        home_idp: &HomeIdp,
        token: &str,
        now: Timestamp,
    ) -> Result<VerifiedLogout, UpstreamError>;
    /// Where people sign out there (OIDC RP-Initiated Logout §2.1), if they can.
    async fn sign_out_address(&self, home_idp: &HomeIdp) -> Result<Option<String>, UpstreamError>;
    /// Whether the issuer can be reached and its metadata is usable: asked when a home IdP is registered.
    async fn probe(&self, home_idp: &HomeIdp) -> Result<(), UpstreamError>;
    /// The redirect URIs a sector lists (OIDC Registration §5): asked when a client is registered.
    async fn sector(&self, uri: &str) -> Result<Vec<String>, UpstreamError>;
}
