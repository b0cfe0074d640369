//! Sessions of people.

use hospes_idp::session::SessionWithClients;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A browser session of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The `sid` claim.
    pub id: String,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// The home IdP it came through; null for a lightweight account.
    pub home_idp: Option<Uuid>,
    /// Clients that were let in.
    pub clients: Vec<String>,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// All open sessions of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sessions {
    /// The latest used first.
    pub items: Vec<Session>,
}

impl From<SessionWithClients> for Session {
    fn from(SessionWithClients { session, clients }: SessionWithClients) -> Self {
        Self {
            home_idp: session.home_idp().map(|id| id.0),
            id: session.id,
            agent: session.agent,
            clients: clients.iter().map(ToString::to_string).collect(),
            authenticated_at: session.authentication.at,
            created_at: session.created_at,
            used_at: session.used_at,
            expires_at: session.expires_at,
        }
    }
}
