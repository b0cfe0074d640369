//! What tokens say about a guest: ID token, access token (RFC 9068) and userinfo.
//!
//! Structs borrow and go straight to bytes. `oid` is the stable identifier; `email` is contact data and always comes
//! with an honest boolean `email_verified`.

mod verified;

pub use verified::{ActiveToken, ActorClaim, VerifiedAccessToken};

use crate::authorization_details::AuthorizationDetail;
use crate::scope::Scopes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `user_type`, and as a number `acct`: what a person is here, not where they sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserType {
    /// Belongs to the tenant; `acct` 0.
    Member,
    /// Belongs somewhere else; `acct` 1.
    Guest,
}

impl UserType {
    /// The `acct` claim.
    pub const fn acct(self) -> u8 {
        match self {
            Self::Member => 0,
            Self::Guest => 1,
        }
    }
}

/// Where and how a person signed in; the same in every token of one sign-in.
#[derive(Clone, Debug, Serialize)]
pub struct SignInClaims<'a> {
    /// Seconds since the epoch of the sign-in.
    pub auth_time: i64,
    /// Authentication context reached.
    pub acr: &'a str,
    /// Methods used, from the RFC 8176 registry; left out when the home IdP's word on them is not trusted.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub amr: &'a [String],
    /// Issuer of the home IdP; our own for a lightweight account.
    pub idp: &'a str,
    /// Session identifier shared by all tokens of a browser session.
    pub sid: &'a str,
}

/// Contact and display data, released by scope.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProfileClaims<'a> {
    /// Scope `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// Always beside `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// Scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// Scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<&'a str>,
    /// Scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<&'a str>,
    /// Scope `profile`; for display only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<&'a str>,
    /// Scope `profile`; BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<&'a str>,
}

/// Who the token is about, in the terms of this tenant.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectClaims<'a> {
    /// Subject for this client.
    pub sub: &'a str,
    /// The tenant.
    pub tid: &'a str,
    /// The directory object: stable across clients and for life. Absent where `sub` is pairwise, which it would undo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oid: Option<&'a str>,
    /// 0 member, 1 guest.
    pub acct: u8,
    /// `Member` or `Guest`.
    pub user_type: UserType,
    /// Directory roles.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub roles: &'a [String],
}

/// ID token (OIDC Core §2).
#[derive(Clone, Debug, Serialize)]
pub struct IdTokenClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client, always a single string.
    pub aud: &'a str,
    /// The client again (OIDC Core §2).
    pub azp: &'a str,
    /// Expiry.
    pub exp: i64,
    /// Issue time.
    pub iat: i64,
    /// Echo of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// Binds the access token (OIDC Core §3.1.3.6).
    pub at_hash: &'a str,
    /// When the browser session ends at the latest.
    pub session_expiry: i64,
    /// Who.
    #[serde(flatten)]
    pub subject: SubjectClaims<'a>,
    /// How.
    #[serde(flatten)]
    pub sign_in: SignInClaims<'a>,
    /// Contact and display data.
    #[serde(flatten)]
    pub profile: ProfileClaims<'a>,
    /// Claims of this client's own.
    #[serde(flatten)]
    pub extra: &'a BTreeMap<String, Value>,
}

/// `cnf`: the key whose holder alone may use the token (RFC 7800 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// RFC 7638 thumbprint of a key (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    Key(String),
    /// SHA-256 of a certificate, base64url (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

impl Confirmation {
    /// `token_type` of a token with this confirmation (RFC 9449 §5).
    pub const fn token_type(confirmation: Option<&Self>) -> &'static str {
        match confirmation {
            Some(Self::Key(_)) => "DPoP",
            Some(Self::Certificate(_)) | None => "Bearer",
        }
    }
}

/// Access token of a person (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize)]
pub struct AccessTokenClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The resource.
    pub aud: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// Expiry.
    pub exp: i64,
    /// Issue time.
    pub iat: i64,
    /// Token identifier; its first part names the token family.
    pub jti: &'a str,
    /// The home IdP as registered here, so that its state can be asked when the token is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_idp: Option<String>,
    /// What was granted.
    pub scope: &'a Scopes,
    /// The key it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<&'a Confirmation>,
    /// What only this server reads, sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// What exactly was granted (RFC 9396 §9.1).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub authorization_details: &'a [AuthorizationDetail],
    /// Who.
    #[serde(flatten)]
    pub subject: SubjectClaims<'a>,
    /// How.
    #[serde(flatten)]
    pub sign_in: SignInClaims<'a>,
    /// Claims of this client's own.
    #[serde(flatten)]
    pub extra: &'a BTreeMap<String, Value>,
}

/// Access token of a client acting for itself: `sub` is the client (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize)]
pub struct ClientTokenClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client.
    pub sub: &'a str,
    /// The resource.
    pub aud: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// Expiry.
    pub exp: i64,
    /// Issue time.
    pub iat: i64,
    /// Token identifier.
    pub jti: &'a str,
    /// The tenant.
    pub tid: &'a str,
    /// What was granted.
    pub scope: &'a Scopes,
    /// The key it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<&'a Confirmation>,
}

/// The event of a logout token (OIDC Back-Channel Logout §2.4).
pub const BACKCHANNEL_LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token. It has no `nonce`, so that it can never pass for an ID token.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client that is told.
    pub aud: &'a str,
    /// Whose session it was.
    pub sub: &'a str,
    /// Which session it was.
    pub sid: &'a str,
    /// Issue time.
    pub iat: i64,
    /// Expiry.
    pub exp: i64,
    /// Token identifier.
    pub jti: &'a str,
    /// What happened.
    pub events: LogoutEvents,
}

/// That somebody was logged out, and nothing more.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogoutEvents {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: NoMembers,
}

#[derive(Clone, Debug, Default, Serialize)]
struct NoMembers {}

/// Userinfo response (OIDC Core §5.3.2).
#[derive(Clone, Debug, Serialize)]
pub struct UserInfoClaims<'a> {
    /// Who.
    #[serde(flatten)]
    pub subject: SubjectClaims<'a>,
    /// Issuer of the home IdP.
    pub idp: &'a str,
    /// Contact and display data.
    #[serde(flatten)]
    pub profile: ProfileClaims<'a>,
    /// Claims of this client's own.
    #[serde(flatten)]
    pub extra: &'a BTreeMap<String, Value>,
}

/// Userinfo as a signed token (OIDC Core §5.3.2): who says it, and to whom.
#[derive(Clone, Debug, Serialize)]
pub struct SignedUserInfoClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client.
    pub aud: &'a str,
    /// What the plain answer says.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

/// An answer of the introspection endpoint as a signed token (RFC 9701 §5).
#[derive(Clone, Debug, Serialize)]
pub struct IntrospectionClaims<'a, T> {
    /// Issuer.
    pub iss: &'a str,
    /// Who asked.
    pub aud: &'a str,
    /// When.
    pub iat: i64,
    /// What the plain answer says.
    pub token_introspection: &'a T,
}
