//! Clients that register themselves (RFC 7591): by whose leave, and what they may become.

use crate::ids::{RegistrationTokenId, TenantId};
use crate::vault::SecretHash;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::GrantType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a registered client may ask for at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceiling {
    /// At the token endpoint.
    pub grant_types: Vec<GrantType>,
    /// On behalf of people.
    pub scope: Scopes,
    /// In authorization details, likewise: types (RFC 9396).
    #[serde(default)]
    pub details: Vec<String>,
}

impl Default for Ceiling {
    fn default() -> Self {
        Self {
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: ["openid", "profile", "email", "offline_access"].into_iter().collect(),
            details: Vec::new(),
        }
    }
}

/// An administrator's leave to register clients: the initial access token of RFC 7591 §3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationToken {
    /// Owner.
    pub tenant: TenantId,
    /// Identifier.
    pub id: RegistrationTokenId,
    /// What it is for, in an administrator's words.
    pub display_name: String,
    /// The token is recognised by this.
    pub secret: SecretHash,
    /// Of the clients made with it.
    pub ceiling: Ceiling,
    /// How many clients it can make.
    pub max_clients: u32,
    /// How many it has made; counted by the directory.
    #[serde(skip)]
    pub clients: u32,
    /// After this it makes none.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// That a client registered itself, and how it proves that it may change that (RFC 7592).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// By whose leave.
    pub by: RegistrationTokenId,
    /// The registration access token is recognised by this.
    pub access_token: SecretHash,
    /// As it was when the client registered.
    pub ceiling: Ceiling,
}
