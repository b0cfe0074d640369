//! A directory that is read as it is and never written: changes are judged, answered as if they were made, and dropped.

use async_trait::async_trait;
use hospes_idp::audit::AuditEvent;
use hospes_idp::client::Client;
use hospes_idp::email::{Domain, EmailAddress};
use hospes_idp::federation::home_idp::HomeIdp;
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
use std::sync::Arc;

mod groups;

/// In front of the directory that is read.
pub(crate) struct DryRun(pub(crate) Arc<dyn Directory>);

impl DryRun {
    /// What must be unique, as the store would find it.
    async fn is_taken(&self, change: &Change) -> Result<Option<&'static str>, Unavailable> {
        let taken = |is_taken: bool, what| is_taken.then_some(what);
        Ok(match change {
            Change::CreateTenant(tenant, _) => {
                taken(self.0.tenant_by_slug(&tenant.slug).await?.is_some(), "slug")
            }
            Change::InsertClient(client) | Change::RegisterClient(client, _) => {
                taken(self.0.client(client.tenant, &client.client_id).await?.is_some(), "client_id")
            }
            Change::InsertUser(user, _) => {
                taken(self.0.user_by_email(user.tenant, &user.email).await?.is_some(), "email")
            }
            Change::InsertGroup(group) | Change::UpdateGroup(group) => {
                let holder = self.0.group_by_name(group.tenant, &group.name_key()).await?;
                taken(holder.is_some_and(|holder| holder.id != group.id), "displayName")
            }
            Change::InsertHomeIdp(home_idp) | Change::UpdateHomeIdp(home_idp) => {
                taken(self.has_foreign_domain(home_idp).await?, "domain")
            }
            _ => None,
        })
    }

    async fn has_foreign_domain(&self, home_idp: &HomeIdp) -> Result<bool, Unavailable> {
        for home in &home_idp.domains {
            let holder = self.0.home_idp_for_domain(home_idp.tenant, &home.domain).await?;
            if holder.is_some_and(|holder| holder.id != home_idp.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl Directory for DryRun {
    async fn apply(&self, change: Change, _: AuditEvent) -> Result<(), ChangeError> {
        if let Change::RevokeInvitation(tenant, id, _) = change {
            let invitation = self.0.invitation(tenant, id).await?.ok_or(ChangeError::NotFound)?;
            let waits = invitation.state == InvitationState::Pending;
            return if waits { Ok(()) } else { Err(ChangeError::Stale) };
        }
        self.is_taken(&change).await?.map_or(Ok(()), |what| Err(ChangeError::Conflict(what)))
    }

    async fn append_audit(&self, _: &[AuditEvent]) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn list_audit(
        &self,
        tenant: TenantId,
        reference: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, Unavailable> {
        self.0.list_audit(tenant, reference, page).await
    }

    async fn tenant_by_slug(&self, slug: &Slug) -> Result<Option<Tenant>, Unavailable> {
        self.0.tenant_by_slug(slug).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, Unavailable> {
        self.0.tenant(id).await
    }

    async fn list_tenants(&self, page: PageRequest) -> Result<Page<Tenant>, Unavailable> {
        self.0.list_tenants(page).await
    }

    async fn signing_keys(&self, tenant: TenantId) -> Result<Arc<Vec<SigningKey>>, Unavailable> {
        self.0.signing_keys(tenant).await
    }

    async fn client(&self, tenant: TenantId, id: &ClientId) -> Result<Option<Client>, Unavailable> {
        self.0.client(tenant, id).await
    }

    async fn list_clients(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Client>, Unavailable> {
        self.0.list_clients(tenant, page).await
    }

    async fn registration_token(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<RegistrationToken>, Unavailable> {
        self.0.registration_token(tenant, secret).await
    }

    async fn list_registration_tokens(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RegistrationToken>, Unavailable> {
        self.0.list_registration_tokens(tenant, page).await
    }

    async fn home_idp(&self, tenant: TenantId, id: HomeIdpId) -> Result<Option<HomeIdp>, Unavailable> {
        self.0.home_idp(tenant, id).await
    }

    async fn home_idp_for_domain(
        &self,
        tenant: TenantId,
        domain: &Domain,
    ) -> Result<Option<HomeIdp>, Unavailable> {
        self.0.home_idp_for_domain(tenant, domain).await
    }

    async fn list_home_idps(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<HomeIdp>, Unavailable> {
        self.0.list_home_idps(tenant, page).await
    }

    async fn count_linked(&self, tenant: TenantId, home_idp: HomeIdpId) -> Result<u64, Unavailable> {
        self.0.count_linked(tenant, home_idp).await
    }

    async fn user(&self, tenant: TenantId, id: UserId) -> Result<Option<User>, Unavailable> {
        self.0.user(tenant, id).await
    }

    async fn user_by_email(
        &self,
        tenant: TenantId,
        email: &EmailAddress,
    ) -> Result<Option<User>, Unavailable> {
        self.0.user_by_email(tenant, email).await
    }

    async fn user_by_identity(
        &self,
        tenant: TenantId,
        home_idp: HomeIdpId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<User>, Unavailable> {
        self.0.user_by_identity(tenant, home_idp, issuer, subject).await
    }

    async fn list_users(
        &self,
        tenant: TenantId,
        query: &UserQuery,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        self.0.list_users(tenant, query, page).await
    }

    async fn identities(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Vec<FederatedIdentity>, Unavailable> {
        self.0.identities(tenant, user).await
    }

    async fn local_account(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<LocalAccount>, Unavailable> {
        self.0.local_account(tenant, user).await
    }

    async fn consent(
        &self,
        tenant: TenantId,
        user: UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>, Unavailable> {
        self.0.consent(tenant, user, client).await
    }

    async fn invitation_by_secret(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<Invitation>, Unavailable> {
        self.0.invitation_by_secret(tenant, secret).await
    }

    async fn invitation(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, Unavailable> {
        self.0.invitation(tenant, id).await
    }

    async fn pending_invitation(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Invitation>, Unavailable> {
        self.0.pending_invitation(tenant, user).await
    }

    async fn list_invitations(
        &self,
        tenant: TenantId,
        state: Option<InvitationState>,
        page: PageRequest,
    ) -> Result<Page<Invitation>, Unavailable> {
        self.0.list_invitations(tenant, state, page).await
    }

    async fn claim_mails(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<OutboxMail>, Unavailable> {
        Ok(Vec::new())
    }

    async fn postpone_mail(&self, _: MailId, _: Timestamp) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn remove_mail(&self, _: MailId) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn claim_notices(
        &self,
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<LogoutNotice>, Unavailable> {
        Ok(Vec::new())
    }

    async fn postpone_notice(&self, _: NoticeId, _: Timestamp) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn remove_notice(&self, _: NoticeId) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        self.0.ping().await
    }
}
