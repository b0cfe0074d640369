//! Addresses of clients that we call by ourselves. They came from data, so the guarded client is behind this (law 9).

use async_trait::async_trait;

/// Why a call came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// The guard refused to connect.
    #[error("the address is not allowed")]
    Blocked,
    /// It answered, and did not agree.
    #[error("the answer was {0}")]
    Refused(u16),
    /// Closed, slow, or broken over there: may pass.
    #[error("there was no answer")]
    Failed,
}

impl CallbackError {
    /// Stable machine reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Blocked => "callback_blocked",
            Self::Refused(_) => "callback_refused",
            Self::Failed => "callback_failed",
        }
    }
}

/// Addresses of clients.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Whether the address may be called, as far as it can be told now.
    async fn check(&self, uri: &str) -> Result<(), CallbackError>;
    /// Posts a form; any 2xx is agreement.
    async fn post(&self, uri: &str, form: &[(&str, &str)]) -> Result<(), CallbackError>;
    /// Reads the request object a client publishes (RFC 9101 §5.2.3). A fragment says what it hashes to and is not sent.
    async fn request_object(&self, uri: &str) -> Result<String, CallbackError>;
}
