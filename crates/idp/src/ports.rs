//! The rooms around the decisions, as traits: the durable [`Directory`], the short-lived [`Sessions`], the
//! [`Upstream`] home IdPs, and of clients their [`Callbacks`] and the [`ClientKeySets`] they publish. Time and randomness
//! come with [`Ctx`](crate::Ctx).

pub mod callbacks;
pub mod client_keys;
pub mod directory;
pub mod groups;
pub mod page;
pub mod sessions;
pub mod upstream;
pub mod user_query;

pub use callbacks::{CallbackError, Callbacks};
pub use client_keys::ClientKeySets;
pub use directory::{Change, ChangeError, Directory};
pub use groups::Groups;
pub use page::{Page, PageRequest};
pub use sessions::{Found, Key, Kind, Presence, Rotation, Sessions, Spend, Write};
pub use upstream::{Upstream, UpstreamError};
pub use user_query::UserQuery;

/// A store cannot answer. The cause is for logs; callers fail closed.
#[derive(Debug, thiserror::Error)]
#[error("a store is unavailable: {0}")]
pub struct Unavailable(pub String);

impl Unavailable {
    /// From whatever the room met.
    pub fn because(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string())
    }
}
