//! The audit trail: what happened, who did it, to whom, and under which reference. Never a secret.

use crate::ctx::Ctx;
use crate::ids::{AuditId, TenantId};
use crate::model::invitation::Inviter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

macro_rules! audit_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What happened. The names are stable: dashboards and alerts key on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum AuditKind { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl AuditKind {
            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

audit_kinds! {
    /// A tenant was made.
    TenantCreated = "tenant.created";
    /// A tenant was changed.
    TenantUpdated = "tenant.updated";
    /// A signing key was made.
    KeyCreated = "key.created";
    /// A signing key was taken away before its time.
    KeyRevoked = "key.revoked";
    /// A signing key was taken away after everything it signed had expired.
    KeyRemoved = "key.removed";
    /// A client was registered.
    ClientCreated = "client.created";
    /// A client was changed.
    ClientUpdated = "client.updated";
    /// A client was deleted.
    ClientDeleted = "client.deleted";
    /// A registration by a client itself, or a look at it, was refused.
    RegistrationDenied = "registration.denied";
    /// Leave to register clients was given.
    RegistrationTokenCreated = "registration_token.created";
    /// Leave to register clients was withdrawn.
    RegistrationTokenRevoked = "registration_token.revoked";
    /// A home IdP was registered.
    HomeIdpCreated = "idp.created";
    /// A home IdP was changed.
    HomeIdpUpdated = "idp.updated";
    /// A home IdP was deleted.
    HomeIdpDeleted = "idp.deleted";
    /// A guest has to redeem anew.
    RedemptionReset = "redemption.reset";
    /// A person was added without invitation.
    UserCreated = "user.created";
    /// A person was changed.
    UserUpdated = "user.updated";
    /// A person was deleted and can be restored.
    UserDeleted = "user.deleted";
    /// A person who was deleted is back.
    UserRestored = "user.restored";
    /// A person who was deleted is gone for good.
    UserPurged = "user.purged";
    /// A group was made.
    GroupCreated = "group.created";
    /// A group was changed.
    GroupUpdated = "group.updated";
    /// A group was deleted.
    GroupDeleted = "group.deleted";
    /// Somebody was put into a group.
    GroupMemberAdded = "group.member_added";
    /// Somebody was taken out of a group.
    GroupMemberRemoved = "group.member_removed";
    /// A password was set or reset.
    PasswordChanged = "user.password_changed";
    /// A password was hashed again, with today's parameters.
    PasswordRehashed = "user.password_rehashed";
    /// An invitation was made, or made anew.
    InvitationCreated = "invite.created";
    /// An invitation was withdrawn.
    InvitationRevoked = "invite.revoked";
    /// The API told an inviter the redeem URL.
    InvitationUrlDisclosed = "invite.url_disclosed";
    /// A redemption came to its end.
    RedemptionCompleted = "redeem.completed";
    /// A redemption was refused.
    RedemptionRejected = "redeem.rejected";
    /// Somebody other than the invited person signed in.
    RedemptionMismatch = "redeem.identity_mismatch";
    /// Permissions were declined.
    RedemptionDeclined = "redeem.declined";
    /// A sign-in was decided, either way.
    SignIn = "signin";
    /// A sign-in through a home IdP failed its checks.
    UpstreamRejected = "upstream.rejected";
    /// An authorization request was refused before anybody was asked.
    AuthorizationRejected = "authz.rejected";
    /// A token request was refused.
    TokenDenied = "token.denied";
    /// A client ended a token.
    TokenRevoked = "token.revoked";
    /// A client exchanged somebody's token.
    TokenExchanged = "token.exchanged";
    /// A code was offered twice.
    CodeReplayed = "code.replayed";
    /// A code was offered by another client.
    CodeWrongClient = "code.wrong_client";
    /// A rotated refresh token was offered again.
    RefreshReuseDetected = "refresh.reuse_detected";
    /// A form came without a valid token of its own.
    CsrfRejected = "csrf.rejected";
    /// A person signed out.
    SignedOut = "session.ended";
    /// A client could not be told that a session has ended.
    LogoutUndelivered = "logout.undelivered";
    /// A code to prove a mailbox was sent.
    CodeSent = "code.sent";
    /// A code or password was wrong.
    CredentialRejected = "credential.rejected";
    /// A person let a device have tokens.
    DeviceApproved = "device.approved";
    /// A person did not let a device have tokens.
    DeviceDenied = "device.denied";
    /// Consent was given.
    ConsentGranted = "consent.granted";
    /// Mail could not be delivered for good.
    MailDead = "mail.dead_letter";
    /// An outbound request was refused by the guard.
    SsrfBlocked = "ssrf.blocked";
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "id")]
pub enum Actor {
    /// Nobody known.
    Anonymous,
    /// A person, by `oid`.
    User(String),
    /// A client.
    Client(String),
    /// The operator at the command line.
    Operator,
    /// Hospes itself, in the background.
    System,
}

impl From<&Inviter> for Actor {
    fn from(inviter: &Inviter) -> Self {
        match inviter {
            Inviter::User(user) => Self::User(user.to_string()),
            Inviter::Client(client) => Self::Client(client.to_string()),
            Inviter::Operator => Self::Operator,
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Identifier.
    pub id: AuditId,
    /// Owner.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: AuditKind,
    /// Who.
    pub actor: Actor,
    /// Whom or what it concerned.
    pub target: Option<String>,
    /// The client in play.
    pub client: Option<String>,
    /// Stable code of a refusal.
    pub reason: Option<String>,
    /// Address of the peer.
    pub address: Option<String>,
    /// The reference number people see.
    pub reference: String,
    /// Anything else that is not secret.
    #[serde(default)]
    pub details: Map<String, Value>,
}

impl AuditEvent {
    /// An entry for this request.
    pub fn new(ctx: &Ctx, tenant: TenantId, kind: AuditKind, actor: Actor) -> Self {
        Self {
            id: AuditId::generate(ctx),
            tenant,
            at: ctx.now,
            kind,
            actor,
            target: None,
            client: None,
            reason: None,
            address: ctx.request.address.map(|address| address.to_string()),
            reference: ctx.request.reference.clone(),
            details: Map::new(),
        }
    }

    /// Names what it concerned.
    #[must_use]
    pub fn target(mut self, target: impl std::fmt::Display) -> Self {
        self.target = Some(target.to_string());
        self
    }

    /// Names the client in play.
    #[must_use]
    pub fn client(mut self, client: impl std::fmt::Display) -> Self {
        self.client = Some(client.to_string());
        self
    }

    /// Names why it was refused.
    #[must_use]
    pub fn reason(mut self, reason: impl std::fmt::Display) -> Self {
        self.reason = Some(reason.to_string());
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}
