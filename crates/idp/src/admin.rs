//! Administration. A permission is a handle: without an [`Admin`] the operations are not there.

pub mod clients;
mod cursor;
pub mod deleted;
pub mod groups;
pub mod home_idps;
pub mod invitations;
pub mod keys;
pub mod people;
pub mod permission;
mod preview;
pub mod registration_tokens;
mod reset;
mod sector;
pub mod set_up;
pub mod sponsors;
pub mod tenants;
mod tolerated;

pub use permission::{Admin, Caller};

use crate::ports::{ChangeError, Unavailable};

/// Why an administrative operation was not done. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The caller lacks the right.
    #[error("the caller may not do this")]
    Forbidden,
    /// The object is not there, or another tenant's: the same.
    #[error("not found")]
    NotFound,
    /// Something in the request cannot be accepted; each sentence names what and why.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
    /// A key is taken.
    #[error("{0} is taken")]
    Conflict(&'static str),
    /// Somebody else changed it first.
    #[error("the object was changed by somebody else, read it again")]
    Stale,
    /// Nobody could administer the tenant afterwards.
    #[error("the last administrator can be neither deleted, disabled nor stripped of the role")]
    LastAdministrator,
    /// A store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<ChangeError> for AdminError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Conflict(what) => Self::Conflict(what),
            ChangeError::NotFound => Self::NotFound,
            ChangeError::Stale => Self::Stale,
            ChangeError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

impl AdminError {
    /// One sentence that refuses a request.
    pub fn invalid(sentence: impl Into<String>) -> Self {
        Self::Invalid(vec![sentence.into()])
    }

    /// Refuses unless `expected`, where the caller named one, is the version there is.
    pub(crate) fn check_version(expected: Option<u64>, version: u64) -> Result<(), Self> {
        if expected.is_none_or(|expected| expected == version) { Ok(()) } else { Err(Self::Stale) }
    }
}
