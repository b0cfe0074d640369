//! A browser session: who signed in here, how, and until when. Found by the hash of its cookie.

use crate::ids::{HomeIdpId, TenantId, UserId};
use crate::model::authentication::Authentication;
use hospes_protocol::encoding::sha256_base64url;
use hospes_protocol::{ClientId, Subject};
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
    /// The session at the home IdP that it hangs on.
    #[serde(default)]
    pub home: Option<HomeSession>,
    /// What the browser calls itself, in a word or two.
    #[serde(default)]
    pub agent: Option<String>,
    /// Whether the person wants to stay signed in when they close the browser.
    #[serde(default)]
    pub kept: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last.
    #[serde(default)]
    pub used_at: Timestamp,
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

    /// What a page calls it, so that forms can name it without its identifiers; another page calls it otherwise.
    pub fn handle(&self, page: &str) -> String {
        sha256_base64url(&format!("{page} {}", self.id))
    }

    /// The home IdP it came through.
    pub fn home_idp(&self) -> Option<HomeIdpId> {
        self.authentication.home_idp()
    }
}

/// A session at a home IdP, as its ID token named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeSession {
    /// Where.
    pub home_idp: HomeIdpId,
    /// Whose account there.
    pub subject: Subject,
    /// Its `sid`, if it has one.
    pub sid: Option<String>,
}

/// A client that was let in on a session: it hears when the session ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Identifier of the session.
    pub session: String,
    /// Whose session.
    pub user: UserId,
    /// Who was let in.
    pub client: ClientId,
}

/// A session of a person with the clients that were let in on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionWithClients {
    /// The session.
    pub session: Session,
    /// Who was let in, by identifier.
    pub clients: Vec<ClientId>,
}
