//! Errors by destination: a page for a person whose client is not trusted yet, a redirect back to a client, JSON for the
//! token endpoint, problem details for administrators. Mixing them up does not compile.

use crate::ports::{ChangeError, Unavailable};
use crate::refusal::Refusal;
use hospes_protocol::response::{AuthorizationResponse, ReturnTo};
use hospes_protocol::{ErrorCode, OAuthError};

/// Shown to a person.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}{}", cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default())]
pub struct PageError {
    /// The row of the table.
    pub refusal: Refusal,
    /// For logs only.
    pub cause: Option<String>,
    /// The way back to the client, where one is trusted.
    pub way_back: Option<AuthorizationResponse>,
}

impl PageError {
    /// Attaches the cause, for logs only.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Offers the way back to a trusted client.
    #[must_use]
    pub fn returning(mut self, return_to: Option<&ReturnTo>) -> Self {
        let row = self.refusal.explanation();
        self.way_back = return_to.map(|to| to.error(&OAuthError::new(row.oauth, row.what)));
        self
    }
}

impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, cause: None, way_back: None }
    }
}

impl From<Unavailable> for PageError {
    fn from(cause: Unavailable) -> Self {
        Self::from(Refusal::Unavailable).because(cause)
    }
}

impl From<ChangeError> for PageError {
    fn from(cause: ChangeError) -> Self {
        let refusal = match cause {
            ChangeError::Unavailable(_) => Refusal::Unavailable,
            // Somebody else was faster: starting again shows the new state.
            ChangeError::Stale | ChangeError::NotFound => Refusal::InteractionExpired,
            ChangeError::Conflict(_) => Refusal::IdentityTaken,
        };
        Self::from(refusal).because(cause)
    }
}

/// Where an authorization request that fails is answered.
#[derive(Debug)]
pub enum AuthorizeError {
    /// On a page: the client or its redirect URI is not trusted.
    Page(PageError),
    /// At the client.
    Return(ReturnTo, OAuthError),
}

impl<E: Into<PageError>> From<E> for AuthorizeError {
    fn from(error: E) -> Self {
        Self::Page(error.into())
    }
}

impl From<Unavailable> for OAuthError {
    fn from(cause: Unavailable) -> Self {
        Self::new(ErrorCode::TemporarilyUnavailable, "a store does not answer, try again").because(cause)
    }
}

impl From<hospes_protocol::jose::JoseError> for PageError {
    fn from(cause: hospes_protocol::jose::JoseError) -> Self {
        Self::from(Refusal::Internal).because(cause)
    }
}
