//! News for a client that a session has ended, waiting to be delivered.

use crate::ids::{NoticeId, TenantId, UserId};
use hospes_protocol::ClientId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One client, one session. The token is made when it is sent, so that it is always fresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutNotice {
    /// Identifier.
    pub id: NoticeId,
    /// Owner.
    pub tenant: TenantId,
    /// Who is told.
    pub client: ClientId,
    /// Whose session it was.
    pub user: UserId,
    /// Which session it was, the `sid` claim.
    pub session: String,
    /// When it ended.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this.
    pub due_at: Timestamp,
}
