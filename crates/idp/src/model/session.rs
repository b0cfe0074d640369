//! A browser session: who signed in here, how, and until when. Found by the hash of its cookie.

use crate::ids::{HomeIdpId, TenantId, UserId};
use crate::model::authentication::Authentication;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a signed-in browser is known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Public identifier, the `sid` claim; not the cookie.
    pub id: String,
    /// Owner.
    pub tenant: TenantId,
    /// Who.
    pub user: UserId,
    /// How, and how recently.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it ends unless used.
    pub idle_at: Timestamp,
}

impl Session {
    /// Whether it is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.idle_at
    }

    /// The home IdP it came through.
    pub fn home_idp(&self) -> Option<HomeIdpId> {
        self.authentication.home_idp()
    }
}
