//! A sign-in in progress: what has been achieved, never what comes next. Bound to the browser that began it.

use crate::email::EmailAddress;
use crate::ids::{HomeIdpId, InvitationId, TenantId, UserId};
use crate::model::device::DeviceRequest;
use crate::model::identity::VerifiedIdentity;
use crate::model::user::PasswordHash;
use crate::ports::{Key, Kind};
use crate::vault::SecretHash;
use bytes::Bytes;
use hospes_protocol::authorization_details::AuthorizationDetail;
use hospes_protocol::authorize::AuthorizationRequest;
use hospes_protocol::pkce::CodeVerifier;
use hospes_protocol::scope::Scopes;
use hospes_protocol::{ClientId, Nonce};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a sign-in may take: long enough to fetch a code from a slow mailbox (UP-04 allows a departure 10 minutes).
pub const LIFETIME: Duration = Duration::from_mins(30);
/// How long a journey to a home IdP may take.
pub const JOURNEY: SignedDuration = SignedDuration::from_mins(10);

/// What the sign-in is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// To answer a client.
    Authorize(Box<AuthorizationRequest>),
    /// To redeem an invitation.
    Redeem(InvitationId),
    /// To let a device have tokens.
    Device(Box<DeviceRequest>),
    /// To see one of our own pages, by its path below the issuer.
    Visit(String),
}

/// Where an identifier leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Realm {
    /// To a home IdP.
    Home(HomeIdpId),
    /// To a lightweight account, existing or not.
    Local,
}

/// A journey to a home IdP that has not come back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Where to.
    pub home_idp: HomeIdpId,
    /// Of the secret part of `state`.
    pub state: SecretHash,
    /// Must come back in the ID token.
    pub nonce: Nonce,
    /// Goes to the token endpoint there.
    pub code_verifier: CodeVerifier,
    /// Asked for.
    pub max_age: Option<u32>,
    /// When it began.
    pub departed_at: Timestamp,
}

/// A one-time code that was sent, or pretended to be sent to an address nobody has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentCode {
    /// Whose mailbox it proves.
    pub to: EmailAddress,
    /// Keyed hash; eight digits are too few for a plain one.
    pub mac: SecretHash,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// What a guest chose for their lightweight account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PasswordChoice {
    /// A password.
    Chosen(PasswordHash),
    /// Codes by mail.
    CodesOnly,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// Yes.
    Accepted,
    /// No.
    Declined,
}

/// A sign-in in progress.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact about the way so far")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// In its URL; worth nothing without the browser's cookie.
    pub id: String,
    /// Owner.
    pub tenant: TenantId,
    /// The browser that began.
    pub browser: SecretHash,
    /// What for.
    pub purpose: Purpose,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who the person says they are.
    pub identifier: Option<EmailAddress>,
    /// Where that leads.
    pub realm: Option<Realm>,
    /// On the way to a home IdP.
    pub journey: Option<Journey>,
    /// Came back from a home IdP.
    pub arrival: Option<VerifiedIdentity>,
    /// A code was sent.
    pub code: Option<SentCode>,
    /// Proven by that code.
    pub mailbox: Option<EmailAddress>,
    /// Proven by password.
    pub password: Option<UserId>,
    /// When.
    pub password_proven_at: Option<Timestamp>,
    /// Wants a new password.
    pub reset: bool,
    /// For the lightweight account.
    pub password_choice: Option<PasswordChoice>,
    /// Whether all present sessions are left aside.
    pub session_set_aside: bool,
    /// The session it goes on with and no other, by its public identifier: chosen, or a screen was shown for it.
    pub session: Option<String>,
    /// Whether the person chose that session.
    #[serde(default)]
    pub chosen: bool,
    /// Whether the person came to choose one.
    #[serde(default)]
    pub choosing: bool,
    /// Whether the person ticked "Keep me signed in".
    #[serde(default)]
    pub keep: bool,
    /// To reviewing permissions of the organization.
    pub permissions: Option<Answer>,
    /// To the client's request.
    pub consent: Option<Answer>,
    /// To what a device asked.
    pub device: Option<Answer>,
    /// `sub` the client expects, from a verified hint.
    pub expected_subject: Option<String>,
}

impl Interaction {
    /// A sign-in that begins now.
    pub fn begin(ctx: &crate::Ctx, tenant: TenantId, browser: &str, purpose: Purpose) -> Self {
        let lifetime = SignedDuration::try_from(LIFETIME).unwrap_or(JOURNEY);
        Self {
            id: hospes_protocol::encoding::base64url(ctx.bytes::<16>()),
            tenant,
            browser: SecretHash::of(browser),
            purpose,
            begun_at: ctx.now,
            expires_at: ctx.now.saturating_add(lifetime).unwrap_or(ctx.now),
            identifier: None,
            realm: None,
            journey: None,
            arrival: None,
            code: None,
            mailbox: None,
            password: None,
            password_proven_at: None,
            reset: false,
            password_choice: None,
            session_set_aside: false,
            session: None,
            chosen: false,
            choosing: false,
            keep: false,
            permissions: None,
            consent: None,
            device: None,
            expected_subject: None,
        }
    }

    /// The authorization request, if that is what it is for.
    pub fn request(&self) -> Option<&AuthorizationRequest> {
        match &self.purpose {
            Purpose::Authorize(request) => Some(request),
            Purpose::Device(_) | Purpose::Redeem(_) | Purpose::Visit(_) => None,
        }
    }

    /// The client that will get tokens, and the scope it asks for.
    pub fn wish(&self) -> Option<(&ClientId, Scopes)> {
        match &self.purpose {
            Purpose::Authorize(request) => Some((&request.client_id, request.disclosed())),
            Purpose::Device(request) => Some((&request.client_id, request.scope.clone())),
            Purpose::Redeem(_) | Purpose::Visit(_) => None,
        }
    }

    /// What exactly is asked for beside scopes.
    pub fn details(&self) -> &[AuthorizationDetail] {
        match &self.purpose {
            Purpose::Authorize(request) => &request.details,
            Purpose::Device(request) => &request.details,
            Purpose::Redeem(_) | Purpose::Visit(_) => &[],
        }
    }

    /// Starts over with who the person is; what it is for stays.
    pub fn forget_person(&mut self) {
        self.identifier = None;
        self.realm = None;
        self.journey = None;
        self.arrival = None;
        self.code = None;
        self.mailbox = None;
        self.password = None;
        self.reset = false;
        self.password_choice = None;
        self.session = None;
        self.chosen = false;
        self.permissions = None;
        self.consent = None;
        self.device = None;
    }

    /// Where it is kept.
    pub fn key(&self) -> Key {
        Key::new(self.tenant, Kind::Interaction, &self.id)
    }
}

/// An interaction with the bytes it was read as, so that it is only replaced if nobody else did.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The interaction.
    pub interaction: Interaction,
    /// As read; `None` while it was never stored.
    pub raw: Option<Bytes>,
}
