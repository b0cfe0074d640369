//! Access tokens of ours that came back, and what introspection says of them.

use super::{Confirmation, UserType};
use crate::authorization_details::AuthorizationDetail;
use crate::scope::Scopes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// An access token of ours, read back after its signature was verified. What it says is what introspection says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifiedAccessToken {
    /// Issuer.
    pub iss: String,
    /// The resource.
    pub aud: String,
    /// Person or client.
    pub sub: String,
    /// The client.
    pub client_id: String,
    /// Expiry.
    pub exp: i64,
    /// Issue time.
    pub iat: i64,
    /// Token identifier.
    pub jti: String,
    /// Granted.
    pub scope: String,
    /// The tenant.
    pub tid: String,
    /// The person; absent when a client acts for itself, and where `sub` is pairwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oid: Option<String>,
    /// What only this server reads; told to nobody.
    #[serde(default, skip_serializing)]
    pub sealed: Option<String>,
    /// The home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<String>,
    /// The home IdP as registered here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_idp: Option<String>,
    /// When the person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// 0 member, 1 guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acct: Option<u8>,
    /// What the person is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// Directory roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Authentication context reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Methods used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The browser session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The key it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// What exactly was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<AuthorizationDetail>,
    /// Who acts for the person, since the token was exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<ActorClaim>>,
    /// Whatever else it says.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// Who acts for somebody, and for whom they act in turn (RFC 8693 §4.1). Only the outermost decides anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorClaim {
    /// Person or client.
    pub sub: String,
    /// The client it acts through.
    pub client_id: String,
    /// Who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Self>>,
}

impl ActorClaim {
    /// How many acted, this one included.
    pub fn depth(&self) -> usize {
        1 + self.act.as_ref().map_or(0, |before| before.depth())
    }
}

impl VerifiedAccessToken {
    /// Whether it is about a person, not a client that acts for itself.
    pub const fn is_personal(&self) -> bool {
        self.oid.is_some() || self.sealed.is_some()
    }
}

/// Answer of the introspection endpoint about a token that is active (RFC 7662 §2.2).
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ActiveToken<'a> {
    /// An access token.
    Access {
        /// Always `true`.
        active: bool,
        /// `Bearer` or `DPoP`.
        token_type: &'static str,
        /// What the token says.
        #[serde(flatten)]
        claims: &'a VerifiedAccessToken,
    },
    /// A refresh token.
    Refresh {
        /// Always `true`.
        active: bool,
        /// Issuer.
        iss: &'a str,
        /// The client.
        client_id: &'a str,
        /// The person.
        sub: &'a str,
        /// What was granted.
        scope: &'a Scopes,
        /// Expiry.
        exp: i64,
        /// When it was granted.
        iat: i64,
    },
}
