//! Hot reads of the directory from memory, for at most one second.
//!
//! The contract: this node's own writes are seen at once; another node's within a second, so that a disabled guest,
//! client, home IdP or tenant stops everywhere by then. Absence is never remembered: what was just made on another node
//! is found at once. Decisions that must not be a second old are guarded by versions when they are written.

use async_trait::async_trait;
use hospes_idp::audit::AuditEvent;
use hospes_idp::client::Client;
use hospes_idp::email::{Domain, EmailAddress};
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::guest::group::Group;
use hospes_idp::guest::user::{Consent, FederatedIdentity, LocalAccount, User};
use hospes_idp::ids::{HomeIdpId, InvitationId, MailId, NoticeId, TenantId, UserId};
use hospes_idp::invitation::record::{Invitation, InvitationState};
use hospes_idp::mail::OutboxMail;
use hospes_idp::notice::LogoutNotice;
use hospes_idp::ports::{Change, ChangeError, Directory, Page, PageRequest, Unavailable, UserQuery};
use hospes_idp::registration::record::RegistrationToken;
use hospes_idp::tenant::{SigningKey, Slug, Tenant};
use hospes_idp::vault::SecretHash;
use hospes_protocol::{ClientId, Issuer, Subject};
use jiff::Timestamp;
use recent::Recent;
use std::sync::Arc;

mod groups;
mod recent;

/// A [`Directory`] that answers hot reads from memory.
pub struct CachedDirectory {
    inner: Arc<dyn Directory>,
    slugs: Recent<Slug, Tenant>,
    tenants: Recent<TenantId, Tenant>,
    keys: Recent<TenantId, Arc<Vec<SigningKey>>>,
    clients: Recent<(TenantId, ClientId), Client>,
    home_idps: Recent<(TenantId, HomeIdpId), HomeIdp>,
    users: Recent<(TenantId, UserId), User>,
    /// The groups tokens name.
    groups: Recent<(TenantId, UserId), Page<Group>>,
}

impl CachedDirectory {
    /// In front of `inner`, which every write goes through.
    pub fn new(inner: Arc<dyn Directory>) -> Self {
        Self {
            inner,
            slugs: Recent::with_capacity(1_000),
            tenants: Recent::with_capacity(1_000),
            keys: Recent::with_capacity(1_000),
            clients: Recent::with_capacity(10_000),
            home_idps: Recent::with_capacity(10_000),
            users: Recent::with_capacity(50_000),
            groups: Recent::with_capacity(50_000),
        }
    }

    fn forget(&self, touched: Touched) {
        match touched {
            Touched::Tenant(id, slug) => {
                self.tenants.forget(&id);
                self.slugs.forget(&slug);
                self.keys.forget(&id);
            }
            Touched::Keys(tenant) => self.keys.forget(&tenant),
            Touched::Client(tenant, id) => self.clients.forget(&(tenant, id)),
            Touched::HomeIdp(tenant, id) => self.home_idps.forget(&(tenant, id)),
            Touched::User(tenant, id) => self.users.forget(&(tenant, id)),
            Touched::GroupsOf(tenant, id) => self.groups.forget(&(tenant, id)),
            Touched::Groups => self.groups.forget_all(),
            Touched::Nothing => {}
        }
    }
}

/// What a change makes different among the things that are remembered.
enum Touched {
    Tenant(TenantId, Slug),
    Keys(TenantId),
    Client(TenantId, ClientId),
    HomeIdp(TenantId, HomeIdpId),
    User(TenantId, UserId),
    GroupsOf(TenantId, UserId),
    Groups,
    Nothing,
}

impl Touched {
    fn by(change: &Change) -> Self {
        match change {
            Change::CreateTenant(tenant, _) | Change::UpdateTenant(tenant) => {
                Self::Tenant(tenant.id, tenant.slug.clone())
            }
            Change::InsertSigningKey(key) => Self::Keys(key.tenant),
            Change::RemoveSigningKey { tenant, .. } => Self::Keys(*tenant),
            Change::InsertClient(client)
            | Change::UpdateClient(client)
            | Change::RegisterClient(client, _) => Self::Client(client.tenant, client.client_id.clone()),
            Change::DeleteClient(tenant, id) => Self::Client(*tenant, id.clone()),
            Change::InsertHomeIdp(home_idp) | Change::UpdateHomeIdp(home_idp) => {
                Self::HomeIdp(home_idp.tenant, home_idp.id)
            }
            Change::DeleteHomeIdp(tenant, id) => Self::HomeIdp(*tenant, *id),
            Change::InsertUser(user, _) | Change::UpdateUser(user) | Change::Invite { user, .. } => {
                Self::User(user.tenant, user.id)
            }
            Change::Admit(admission) => Self::User(admission.user.tenant, admission.user.id),
            Change::DeleteUser(tenant, id) => Self::User(*tenant, *id),
            Change::AddMember(membership) | Change::RemoveMember(membership) => {
                Self::GroupsOf(membership.tenant, membership.user)
            }
            Change::UpdateGroup(_) | Change::DeleteGroup(..) => Self::Groups,
            Change::InsertGroup(_)
            | Change::ReplacePassword(..)
            | Change::RehashPassword { .. }
            | Change::RevokeInvitation(..)
            | Change::PutConsent(_)
            | Change::InsertRegistrationToken(_)
            | Change::DeleteRegistrationToken(..)
            | Change::EnqueueMail(_)
            | Change::EnqueueNotices(_) => Self::Nothing,
        }
    }
}

#[async_trait]
impl Directory for CachedDirectory {
    async fn apply(&self, change: Change, audit: AuditEvent) -> Result<(), ChangeError> {
        let touched = Touched::by(&change);
        let applied = self.inner.apply(change, audit).await;
        // Also after a failure: a store that lost the answer may have made the change.
        self.forget(touched);
        applied
    }

    async fn tenant_by_slug(&self, slug: &Slug) -> Result<Option<Tenant>, Unavailable> {
        self.slugs.read(slug, self.inner.tenant_by_slug(slug)).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, Unavailable> {
        self.tenants.read(&id, self.inner.tenant(id)).await
    }

    async fn signing_keys(&self, tenant: TenantId) -> Result<Arc<Vec<SigningKey>>, Unavailable> {
        let read = async {
            let keys = self.inner.signing_keys(tenant).await?;
            Ok((!keys.is_empty()).then_some(keys))
        };
        self.keys.read(&tenant, read).await.map(Option::unwrap_or_default)
    }

    async fn client(&self, tenant: TenantId, id: &ClientId) -> Result<Option<Client>, Unavailable> {
        let key = (tenant, id.clone());
        self.clients.read(&key, self.inner.client(tenant, id)).await
    }

    async fn home_idp(&self, tenant: TenantId, id: HomeIdpId) -> Result<Option<HomeIdp>, Unavailable> {
        self.home_idps.read(&(tenant, id), self.inner.home_idp(tenant, id)).await
    }

    async fn user(&self, tenant: TenantId, id: UserId) -> Result<Option<User>, Unavailable> {
        self.users.read(&(tenant, id), self.inner.user(tenant, id)).await
    }

    async fn append_audit(&self, events: &[AuditEvent]) -> Result<(), Unavailable> {
        self.inner.append_audit(events).await
    }

    async fn list_audit(
        &self,
        tenant: TenantId,
        reference: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, Unavailable> {
        self.inner.list_audit(tenant, reference, page).await
    }

    async fn list_tenants(&self, page: PageRequest) -> Result<Page<Tenant>, Unavailable> {
        self.inner.list_tenants(page).await
    }

    async fn list_clients(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Client>, Unavailable> {
        self.inner.list_clients(tenant, page).await
    }

    async fn registration_token(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<RegistrationToken>, Unavailable> {
        self.inner.registration_token(tenant, secret).await
    }

    async fn list_registration_tokens(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RegistrationToken>, Unavailable> {
        self.inner.list_registration_tokens(tenant, page).await
    }

    async fn home_idp_for_domain(
        &self,
        tenant: TenantId,
        domain: &Domain,
    ) -> Result<Option<HomeIdp>, Unavailable> {
        self.inner.home_idp_for_domain(tenant, domain).await
    }

    async fn list_home_idps(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<HomeIdp>, Unavailable> {
        self.inner.list_home_idps(tenant, page).await
    }

    async fn count_linked(&self, tenant: TenantId, home_idp: HomeIdpId) -> Result<u64, Unavailable> {
        self.inner.count_linked(tenant, home_idp).await
    }

    async fn user_by_email(
        &self,
        tenant: TenantId,
        email: &EmailAddress,
    ) -> Result<Option<User>, Unavailable> {
        self.inner.user_by_email(tenant, email).await
    }

    async fn user_by_identity(
        &self,
        tenant: TenantId,
        home_idp: HomeIdpId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<User>, Unavailable> {
        self.inner.user_by_identity(tenant, home_idp, issuer, subject).await
    }

    async fn list_users(
        &self,
        tenant: TenantId,
        query: &UserQuery,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        self.inner.list_users(tenant, query, page).await
    }

    async fn identities(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Vec<FederatedIdentity>, Unavailable> {
        self.inner.identities(tenant, user).await
    }

    async fn local_account(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<LocalAccount>, Unavailable> {
        self.inner.local_account(tenant, user).await
    }

    async fn consent(
        &self,
        tenant: TenantId,
        user: UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>, Unavailable> {
        self.inner.consent(tenant, user, client).await
    }

    async fn invitation_by_secret(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<Invitation>, Unavailable> {
        self.inner.invitation_by_secret(tenant, secret).await
    }

    async fn invitation(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, Unavailable> {
        self.inner.invitation(tenant, id).await
    }

    async fn pending_invitation(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Invitation>, Unavailable> {
        self.inner.pending_invitation(tenant, user).await
    }

    async fn list_invitations(
        &self,
        tenant: TenantId,
        state: Option<InvitationState>,
        page: PageRequest,
    ) -> Result<Page<Invitation>, Unavailable> {
        self.inner.list_invitations(tenant, state, page).await
    }

    async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMail>, Unavailable> {
        self.inner.claim_mails(now, lease_until, limit).await
    }

    async fn postpone_mail(&self, id: MailId, due_at: Timestamp) -> Result<(), Unavailable> {
        self.inner.postpone_mail(id, due_at).await
    }

    async fn remove_mail(&self, id: MailId) -> Result<(), Unavailable> {
        self.inner.remove_mail(id).await
    }

    async fn claim_notices(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LogoutNotice>, Unavailable> {
        self.inner.claim_notices(now, lease_until, limit).await
    }

    async fn postpone_notice(&self, id: NoticeId, due_at: Timestamp) -> Result<(), Unavailable> {
        self.inner.postpone_notice(id, due_at).await
    }

    async fn remove_notice(&self, id: NoticeId) -> Result<(), Unavailable> {
        self.inner.remove_notice(id).await
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        self.inner.ping().await
    }
}
