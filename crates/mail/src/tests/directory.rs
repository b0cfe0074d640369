//! A directory that has an outbox and an audit trail, and nothing else.

use async_trait::async_trait;
use hospes_idp::audit::AuditEvent;
use hospes_idp::client::Client;
use hospes_idp::email::{Domain, EmailAddress};
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::guest::group::Group;
use hospes_idp::guest::user::{Consent, FederatedIdentity, LocalAccount, User};
use hospes_idp::ids::{GroupId, HomeIdpId, InvitationId, MailId, NoticeId, TenantId, UserId};
use hospes_idp::invitation::record::{Invitation, InvitationState};
use hospes_idp::mail::OutboxMail;
use hospes_idp::notice::LogoutNotice;
use hospes_idp::ports::{Change, ChangeError, Directory, Groups, Page, PageRequest, Unavailable, UserQuery};
use hospes_idp::registration::record::RegistrationToken;
use hospes_idp::tenant::{SigningKey, Slug, Tenant};
use hospes_idp::vault::SecretHash;
use hospes_protocol::{ClientId, Issuer, Subject};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Everything the double holds.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) waiting: Vec<OutboxMail>,
    pub(crate) audit: Vec<AuditEvent>,
    /// Whether the next removal fails, as if the store went away just then.
    pub(crate) forgetful: bool,
    /// Whether reading the outbox fails.
    pub(crate) down: bool,
}

pub(crate) struct OutboxOnly(watch::Sender<State>);

impl OutboxOnly {
    pub(crate) fn with(waiting: Vec<OutboxMail>) -> Self {
        Self(watch::Sender::new(State { waiting, ..State::default() }))
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.send_modify(change);
    }

    pub(crate) fn state(&self) -> State {
        self.0.borrow().clone()
    }

    /// Waits until the state is as expected.
    pub(crate) async fn until(&self, expected: impl FnMut(&State) -> bool) -> State {
        let mut state = self.0.subscribe();
        let reached = tokio::time::timeout(Duration::from_secs(20), state.wait_for(expected)).await;
        reached.expect("the outbox never got there").unwrap().clone()
    }
}

#[async_trait]
impl Directory for OutboxOnly {
    async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMail>, Unavailable> {
        if self.state().down {
            return Err(Unavailable::because("down"));
        }
        let mut claimed = Vec::new();
        self.change(|state| {
            let due = state.waiting.iter_mut().filter(|mail| mail.due_at <= now);
            for mail in due.take(limit as usize) {
                claimed.push(mail.clone());
                mail.due_at = lease_until;
            }
        });
        Ok(claimed)
    }

    async fn postpone_mail(&self, id: MailId, due_at: Timestamp) -> Result<(), Unavailable> {
        self.change(|state| {
            for mail in state.waiting.iter_mut().filter(|mail| mail.id == id) {
                mail.attempts += 1;
                mail.due_at = due_at;
            }
        });
        Ok(())
    }

    async fn remove_mail(&self, id: MailId) -> Result<(), Unavailable> {
        if self.state().forgetful {
            self.change(|state| state.forgetful = false);
            return Err(Unavailable::because("gone"));
        }
        self.change(|state| state.waiting.retain(|mail| mail.id != id));
        Ok(())
    }

    async fn append_audit(&self, events: &[AuditEvent]) -> Result<(), Unavailable> {
        self.change(|state| state.audit.extend_from_slice(events));
        Ok(())
    }

    async fn apply(&self, _: Change, _: AuditEvent) -> Result<(), ChangeError> {
        unreachable!()
    }
    async fn list_audit(
        &self,
        _: TenantId,
        _: Option<&str>,
        _: PageRequest,
    ) -> Result<Page<AuditEvent>, Unavailable> {
        unreachable!()
    }
    async fn tenant_by_slug(&self, _: &Slug) -> Result<Option<Tenant>, Unavailable> {
        unreachable!()
    }
    async fn tenant(&self, _: TenantId) -> Result<Option<Tenant>, Unavailable> {
        unreachable!()
    }
    async fn list_tenants(&self, _: PageRequest) -> Result<Page<Tenant>, Unavailable> {
        unreachable!()
    }
    async fn signing_keys(&self, _: TenantId) -> Result<Arc<Vec<SigningKey>>, Unavailable> {
        unreachable!()
    }
    async fn client(&self, _: TenantId, _: &ClientId) -> Result<Option<Client>, Unavailable> {
        unreachable!()
    }
    async fn list_clients(&self, _: TenantId, _: PageRequest) -> Result<Page<Client>, Unavailable> {
        unreachable!()
    }
    async fn registration_token(
        &self,
        _: TenantId,
        _: &SecretHash,
    ) -> Result<Option<RegistrationToken>, Unavailable> {
        unreachable!()
    }

    async fn list_registration_tokens(
        &self,
        _: TenantId,
        _: PageRequest,
    ) -> Result<Page<RegistrationToken>, Unavailable> {
        unreachable!()
    }

    async fn home_idp(&self, _: TenantId, _: HomeIdpId) -> Result<Option<HomeIdp>, Unavailable> {
        unreachable!()
    }
    async fn home_idp_for_domain(&self, _: TenantId, _: &Domain) -> Result<Option<HomeIdp>, Unavailable> {
        unreachable!()
    }
    async fn list_home_idps(&self, _: TenantId, _: PageRequest) -> Result<Page<HomeIdp>, Unavailable> {
        unreachable!()
    }
    async fn count_linked(&self, _: TenantId, _: HomeIdpId) -> Result<u64, Unavailable> {
        unreachable!()
    }
    async fn user(&self, _: TenantId, _: UserId) -> Result<Option<User>, Unavailable> {
        unreachable!()
    }
    async fn user_by_email(&self, _: TenantId, _: &EmailAddress) -> Result<Option<User>, Unavailable> {
        unreachable!()
    }
    async fn user_by_identity(
        &self,
        _: TenantId,
        _: HomeIdpId,
        _: &Issuer,
        _: &Subject,
    ) -> Result<Option<User>, Unavailable> {
        unreachable!()
    }
    async fn list_users(
        &self,
        _: TenantId,
        _: &UserQuery,
        _: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        unreachable!()
    }
    async fn identities(&self, _: TenantId, _: UserId) -> Result<Vec<FederatedIdentity>, Unavailable> {
        unreachable!()
    }
    async fn local_account(&self, _: TenantId, _: UserId) -> Result<Option<LocalAccount>, Unavailable> {
        unreachable!()
    }
    async fn consent(&self, _: TenantId, _: UserId, _: &ClientId) -> Result<Option<Consent>, Unavailable> {
        unreachable!()
    }
    async fn invitation_by_secret(
        &self,
        _: TenantId,
        _: &SecretHash,
    ) -> Result<Option<Invitation>, Unavailable> {
        unreachable!()
    }
    async fn invitation(&self, _: TenantId, _: InvitationId) -> Result<Option<Invitation>, Unavailable> {
        unreachable!()
    }
    async fn pending_invitation(&self, _: TenantId, _: UserId) -> Result<Option<Invitation>, Unavailable> {
        unreachable!()
    }
    async fn list_invitations(
        &self,
        _: TenantId,
        _: Option<InvitationState>,
        _: PageRequest,
    ) -> Result<Page<Invitation>, Unavailable> {
        unreachable!()
    }
    async fn claim_notices(
        &self,
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<LogoutNotice>, Unavailable> {
        unreachable!()
    }
    async fn postpone_notice(&self, _: NoticeId, _: Timestamp) -> Result<(), Unavailable> {
        unreachable!()
    }
    async fn remove_notice(&self, _: NoticeId) -> Result<(), Unavailable> {
        unreachable!()
    }
    async fn ping(&self) -> Result<(), Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl Groups for OutboxOnly {
    async fn group(&self, _: TenantId, _: GroupId) -> Result<Option<Group>, Unavailable> {
        unreachable!()
    }
    async fn group_by_name(&self, _: TenantId, _: &str) -> Result<Option<Group>, Unavailable> {
        unreachable!()
    }
    async fn list_groups(&self, _: TenantId, _: PageRequest) -> Result<Page<Group>, Unavailable> {
        unreachable!()
    }
    async fn list_group_members(
        &self,
        _: TenantId,
        _: GroupId,
        _: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        unreachable!()
    }
    async fn groups_of(&self, _: TenantId, _: UserId, _: PageRequest) -> Result<Page<Group>, Unavailable> {
        unreachable!()
    }
}
