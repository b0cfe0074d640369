//! The durable store of tenants, clients, home IdPs, people and invitations.
//!
//! Reads return whole domain values. Every write is one [`Change`], applied in one transaction together with its audit
//! entry: nothing privileged happens unrecorded, and several rows that belong together change together.

use super::Unavailable;
use super::groups::Groups;
use super::page::{Page, PageRequest};
use super::user_query::UserQuery;
use crate::audit::AuditEvent;
use crate::email::{Domain, EmailAddress};
use crate::ids::{GroupId, HomeIdpId, InvitationId, MailId, NoticeId, RegistrationTokenId, TenantId, UserId};
use crate::mail::OutboxMail;
use crate::model::client::Client;
use crate::model::group::{Group, Membership};
use crate::model::home_idp::HomeIdp;
use crate::model::invitation::{Invitation, InvitationState};
use crate::model::notice::LogoutNotice;
use crate::model::registration::RegistrationToken;
use crate::model::tenant::{SigningKey, Slug, Tenant};
use crate::model::user::{Consent, FederatedIdentity, LocalAccount, User};
use crate::vault::SecretHash;
use async_trait::async_trait;
use hospes_protocol::{ClientId, Issuer, Subject};
use jiff::Timestamp;
use std::sync::Arc;

/// How a redemption binds a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// To an account at a home IdP.
    Federated(FederatedIdentity),
    /// To a lightweight account.
    Local(LocalAccount),
}

/// Everything that changes when a guest is admitted, at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    /// The person after admission, with the version read before.
    pub user: User,
    /// What they are bound to.
    pub binding: Binding,
    /// The invitation that is used up, if one was. It must still be pending.
    pub invitation: Option<InvitationId>,
}

/// What becomes of the directory object of somebody who is invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitee {
    /// It is new.
    New,
    /// It stays as it is.
    Known,
    /// It is updated, and loses the identities and the lightweight account it is bound to.
    Reset,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A tenant with its first signing keys.
    CreateTenant(Tenant, Vec<SigningKey>),
    /// The stored version must be `tenant.version`; it is raised by one. The same holds for every update.
    UpdateTenant(Tenant),
    /// A further signing key.
    InsertSigningKey(SigningKey),
    /// Takes a signing key away, which must be there, and adds or replaces the one that signs in its place.
    RemoveSigningKey {
        /// Whose.
        tenant: TenantId,
        /// Which.
        key_id: String,
        /// New, or one there is with another beginning.
        successor: Option<SigningKey>,
    },
    /// A client with a new identifier.
    InsertClient(Client),
    /// See [`Change::UpdateTenant`].
    UpdateClient(Client),
    /// Gone.
    DeleteClient(TenantId, ClientId),
    /// Leave to register clients.
    InsertRegistrationToken(RegistrationToken),
    /// Gone; the clients it made stay.
    DeleteRegistrationToken(TenantId, RegistrationTokenId),
    /// A client with a new identifier, counted against this leave. Leave that has made all its clients is
    /// [`ChangeError::Stale`].
    RegisterClient(Client, RegistrationTokenId),
    /// A home IdP. Its domains must not belong to another home IdP of the tenant.
    InsertHomeIdp(HomeIdp),
    /// See [`Change::UpdateTenant`] and [`Change::InsertHomeIdp`].
    UpdateHomeIdp(HomeIdp),
    /// Gone, with its links; the people stay.
    DeleteHomeIdp(TenantId, HomeIdpId),
    /// A person, with a lightweight account if one is given.
    InsertUser(User, Option<LocalAccount>),
    /// See [`Change::UpdateTenant`].
    UpdateUser(User),
    /// Gone for good, with identities, account, invitations, consents and memberships: somebody who was updated to be
    /// deleted before. Nobody else is found.
    DeleteUser(TenantId, UserId),
    /// Changes the lightweight account a person has, and queues the mail that tells them.
    ReplacePassword(LocalAccount, OutboxMail),
    /// A lightweight account, unless it is another by now: a stale hash never replaces a new password.
    RehashPassword {
        /// As it was read.
        before: LocalAccount,
        /// As it shall be.
        after: LocalAccount,
    },
    /// The person, the invitation, its mail. Pending invitations of the person are superseded.
    Invite {
        /// The guest object.
        user: User,
        /// What becomes of it.
        invitee: Invitee,
        /// The invitation.
        invitation: Invitation,
        /// Its mail, unless the inviter delivers the link.
        mail: Option<OutboxMail>,
    },
    /// Withdraws a pending invitation; another state is [`ChangeError::Stale`].
    RevokeInvitation(TenantId, InvitationId, Timestamp),
    /// See [`Admission`]. Another version of the person, or an invitation that is no longer pending, is
    /// [`ChangeError::Stale`]; an identity bound to somebody else is [`ChangeError::Conflict`].
    Admit(Box<Admission>),
    /// Adds or replaces.
    PutConsent(Consent),
    /// A group. Its name must not be another group's of the tenant, in any letter case.
    InsertGroup(Group),
    /// See [`Change::UpdateTenant`] and [`Change::InsertGroup`].
    UpdateGroup(Group),
    /// Gone, with its memberships; the people stay.
    DeleteGroup(TenantId, GroupId),
    /// Adds unless present; both must exist.
    AddMember(Membership),
    /// Gone; must be there.
    RemoveMember(Membership),
    /// A mail that goes with no other change.
    EnqueueMail(OutboxMail),
    /// News that a session has ended, for its clients.
    EnqueueNotices(Vec<LogoutNotice>),
}

impl Change {
    /// Whether it puts a mail into the outbox.
    pub const fn queues_mail(&self) -> bool {
        matches!(self, Self::EnqueueMail(_) | Self::ReplacePassword(..) | Self::Invite { mail: Some(_), .. })
    }

    /// Whether clients are others afterwards.
    pub const fn concerns_clients(&self) -> bool {
        matches!(
            self,
            Self::InsertClient(_) | Self::UpdateClient(_) | Self::DeleteClient(..) | Self::RegisterClient(..)
        )
    }
}

/// Why a change was not made. Nothing was written then, not even the audit entry.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A key that must be unique is taken; the name says which.
    #[error("{0} is taken")]
    Conflict(&'static str),
    /// The object is not there.
    #[error("the object does not exist")]
    NotFound,
    /// Somebody else changed it first.
    #[error("the object was changed by somebody else")]
    Stale,
    /// The store cannot answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The durable store.
#[async_trait]
pub trait Directory: Groups {
    /// Applies a change and appends its audit entry, in one transaction.
    async fn apply(&self, change: Change, audit: AuditEvent) -> Result<(), ChangeError>;

    /// Appends entries that go with no change.
    async fn append_audit(&self, events: &[AuditEvent]) -> Result<(), Unavailable>;
    /// Entries of a tenant, newest first; only those with this reference if one is given.
    async fn list_audit(
        &self,
        tenant: TenantId,
        reference: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, Unavailable>;

    /// By its name in URLs.
    async fn tenant_by_slug(&self, slug: &Slug) -> Result<Option<Tenant>, Unavailable>;
    /// By identifier.
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, Unavailable>;
    /// All of them, by name.
    async fn list_tenants(&self, page: PageRequest) -> Result<Page<Tenant>, Unavailable>;
    /// Its keys, oldest first. Asked for with each token, so it costs no copy.
    async fn signing_keys(&self, tenant: TenantId) -> Result<Arc<Vec<SigningKey>>, Unavailable>;

    /// By identifier, byte for byte.
    async fn client(&self, tenant: TenantId, id: &ClientId) -> Result<Option<Client>, Unavailable>;
    /// By identifier.
    async fn list_clients(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Client>, Unavailable>;

    /// By the hash of its bearer value, with its count.
    async fn registration_token(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<RegistrationToken>, Unavailable>;
    /// Oldest first.
    async fn list_registration_tokens(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RegistrationToken>, Unavailable>;

    /// By identifier.
    async fn home_idp(&self, tenant: TenantId, id: HomeIdpId) -> Result<Option<HomeIdp>, Unavailable>;
    /// The one that has the domain.
    async fn home_idp_for_domain(
        &self,
        tenant: TenantId,
        domain: &Domain,
    ) -> Result<Option<HomeIdp>, Unavailable>;
    /// By identifier.
    async fn list_home_idps(&self, tenant: TenantId, page: PageRequest)
    -> Result<Page<HomeIdp>, Unavailable>;
    /// How many people are linked to it.
    async fn count_linked(&self, tenant: TenantId, home_idp: HomeIdpId) -> Result<u64, Unavailable>;

    /// By identifier.
    async fn user(&self, tenant: TenantId, id: UserId) -> Result<Option<User>, Unavailable>;
    /// By contact address. Never an answer to "who is signing in" except for a lightweight account or a pending guest.
    async fn user_by_email(
        &self,
        tenant: TenantId,
        email: &EmailAddress,
    ) -> Result<Option<User>, Unavailable>;
    /// By federated identity, every part byte for byte.
    async fn user_by_identity(
        &self,
        tenant: TenantId,
        home_idp: HomeIdpId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<User>, Unavailable>;
    /// Those a query asks for. Only here are deleted people found: everywhere else they are not there.
    async fn list_users(
        &self,
        tenant: TenantId,
        query: &UserQuery,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable>;
    /// Links of a person.
    async fn identities(&self, tenant: TenantId, user: UserId)
    -> Result<Vec<FederatedIdentity>, Unavailable>;
    /// The lightweight account of a person.
    async fn local_account(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<LocalAccount>, Unavailable>;
    /// What a person agreed to.
    async fn consent(
        &self,
        tenant: TenantId,
        user: UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>, Unavailable>;

    /// By the hash of the link's secret.
    async fn invitation_by_secret(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<Invitation>, Unavailable>;
    /// By identifier.
    async fn invitation(&self, tenant: TenantId, id: InvitationId)
    -> Result<Option<Invitation>, Unavailable>;
    /// The one that waits for a person, expired or not; there is never more than one.
    async fn pending_invitation(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Invitation>, Unavailable>;
    /// Newest first; only in this state if one is given.
    async fn list_invitations(
        &self,
        tenant: TenantId,
        state: Option<InvitationState>,
        page: PageRequest,
    ) -> Result<Page<Invitation>, Unavailable>;

    /// Takes up to `limit` mails that are due at `now` and hides them from others until `lease_until`.
    async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMail>, Unavailable>;
    /// Counts an attempt and sets when the next one is due.
    async fn postpone_mail(&self, id: MailId, due_at: Timestamp) -> Result<(), Unavailable>;
    /// Done with: delivered, worthless or given up.
    async fn remove_mail(&self, id: MailId) -> Result<(), Unavailable>;

    /// Takes up to `limit` notices that are due at `now` and hides them from others until `lease_until`.
    async fn claim_notices(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LogoutNotice>, Unavailable>;
    /// Counts an attempt and sets when the next one is due.
    async fn postpone_notice(&self, id: NoticeId, due_at: Timestamp) -> Result<(), Unavailable>;
    /// Done with: delivered, or given up.
    async fn remove_notice(&self, id: NoticeId) -> Result<(), Unavailable>;

    /// Whether the store answers, for readiness.
    async fn ping(&self) -> Result<(), Unavailable>;
}
