//! The rooms around the decisions, as traits: the durable [`Directory`], the short-lived [`Sessions`] and the
//! [`Upstream`] home IdPs, and the [`ClientKeySets`] clients publish. Time and randomness come with [`Ctx`](crate::Ctx).

pub mod client_keys;
pub mod directory;
pub mod groups;
pub mod page;
pub mod sessions;
pub mod upstream;

pub use client_keys::ClientKeySets;
pub use directory::{Change, ChangeError, Directory};
pub use groups::Groups;
pub use page::{Page, PageRequest};
pub use sessions::{Key, Kind, Presence, Rotation, Sessions, Spend, Write};
pub use upstream::{Upstream, UpstreamError};

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
