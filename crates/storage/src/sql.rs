//! The directory in SQL: one text for SQLite and PostgreSQL, reads here, writes in [`change`] and [`outbox`].
//!
//! Every statement names the tenant. A row holds the domain value as JSON beside the columns that are queried, so a new
//! option needs no migration. Nothing is decided here beyond what must be unique, present and unchanged.

mod change;
mod groups;
mod notices;
mod open;
mod outbox;
mod page;
mod people;
mod row;
mod statement;

pub use open::OpenError;

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
use open::PATIENCE;
use page::Paging;
use row::{Counted, decode, invitation_state};
use serde::de::DeserializeOwned;
use sqlx::SqlSafeStr;
use statement::{Arg, Pool, Writing, args};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The directory in a SQLite file or a PostgreSQL database.
pub struct SqlDirectory {
    pool: Pool,
    round_trips: AtomicU64,
}

impl SqlDirectory {
    /// Reads and transactions so far, each counted once.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    async fn all<T: DeserializeOwned>(
        &self,
        sql: impl SqlSafeStr,
        args: &[Arg],
    ) -> Result<Vec<T>, Unavailable> {
        let rows = self.bounded(async {
            let rows = statement::read(&self.pool, sql, args).await;
            rows.map_err(Unavailable::because)
        });
        rows.await?.iter().map(|body| decode(body)).collect()
    }

    async fn one<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        args: &[Arg],
    ) -> Result<Option<T>, Unavailable> {
        self.all(sql, args).await.map(|found| found.into_iter().next())
    }

    /// Refuses to wait longer than a request may: an unanswered statement is an unavailable store.
    async fn bounded<T, E: From<Unavailable>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done,
            Err(_) => Err(Unavailable("the database did not answer in time".to_owned()).into()),
        }
    }
}

/// Runs `$work` in a transaction of `$directory` and commits it.
macro_rules! transaction {
    ($directory:expr, $tx:ident => $work:expr) => {
        $directory
            .bounded(async {
                let mut begun = Writing::begin(&$directory.pool).await.map_err(Unavailable::because)?;
                let $tx = &mut begun;
                let done = $work;
                begun.commit().await.map_err(Unavailable::because)?;
                Ok(done)
            })
            .await
    };
}

#[async_trait]
impl Directory for SqlDirectory {
    async fn apply(&self, change: Change, audit: AuditEvent) -> Result<(), ChangeError> {
        transaction!(self, tx => change::apply(tx, change, &audit).await?)
    }

    async fn append_audit(&self, events: &[AuditEvent]) -> Result<(), Unavailable> {
        transaction!(self, tx => change::append_audit(tx, events).await?)
    }

    async fn list_audit(
        &self,
        tenant: TenantId,
        reference: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, Unavailable> {
        let paging = Paging::falling(page);
        let (after, limit) = (paging.after.as_str(), paging.limit);
        let found = if let Some(reference) = reference {
            let sql = "SELECT body FROM audit WHERE tenant = $1 AND reference = $2 AND id < $3
                 ORDER BY id DESC LIMIT $4";
            self.all(sql, args![tenant, reference, after, limit]).await?
        } else {
            let sql = "SELECT body FROM audit WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
            self.all(sql, args![tenant, after, limit]).await?
        };
        Ok(paging.cut(found, |event| event.id.to_string()))
    }

    async fn tenant_by_slug(&self, slug: &Slug) -> Result<Option<Tenant>, Unavailable> {
        let sql = "SELECT body FROM tenants WHERE slug = $1";
        self.one(sql, args![slug.as_str()]).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, Unavailable> {
        self.one("SELECT body FROM tenants WHERE id = $1", args![id]).await
    }

    async fn list_tenants(&self, page: PageRequest) -> Result<Page<Tenant>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT body FROM tenants WHERE slug > $1 ORDER BY slug LIMIT $2";
        let found = self.all(sql, args![paging.after.as_str(), paging.limit]).await?;
        Ok(paging.cut(found, |tenant: &Tenant| tenant.slug.to_string()))
    }

    async fn signing_keys(&self, tenant: TenantId) -> Result<Arc<Vec<SigningKey>>, Unavailable> {
        let sql = "SELECT body FROM signing_keys WHERE tenant = $1 ORDER BY created_at, key_id";
        self.all(sql, args![tenant]).await.map(Arc::new)
    }

    async fn client(&self, tenant: TenantId, id: &ClientId) -> Result<Option<Client>, Unavailable> {
        let sql = "SELECT body FROM clients WHERE tenant = $1 AND client_id = $2";
        self.one(sql, args![tenant, id.as_str()]).await
    }

    async fn list_clients(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Client>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT body FROM clients WHERE tenant = $1 AND client_id > $2 ORDER BY client_id LIMIT $3";
        let args = args![tenant, paging.after.as_str(), paging.limit];
        let found = self.all(sql, args).await?;
        Ok(paging.cut(found, |client: &Client| client.client_id.to_string()))
    }

    async fn registration_token(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<RegistrationToken>, Unavailable> {
        let sql = "SELECT '{\"clients\":' || CAST(clients AS TEXT) || ',\"token\":' || body || '}'
             FROM registration_tokens WHERE tenant = $1 AND secret = $2";
        let counted: Option<Counted> = self.one(sql, args![tenant, *secret]).await?;
        Ok(counted.map(RegistrationToken::from))
    }

    async fn list_registration_tokens(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RegistrationToken>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT '{\"clients\":' || CAST(clients AS TEXT) || ',\"token\":' || body || '}'
             FROM registration_tokens WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
        let found: Vec<Counted> = self.all(sql, args![tenant, paging.after.as_str(), paging.limit]).await?;
        let found = found.into_iter().map(RegistrationToken::from).collect();
        Ok(paging.cut(found, |token: &RegistrationToken| token.id.to_string()))
    }

    async fn home_idp(&self, tenant: TenantId, id: HomeIdpId) -> Result<Option<HomeIdp>, Unavailable> {
        let sql = "SELECT body FROM home_idps WHERE tenant = $1 AND id = $2";
        self.one(sql, args![tenant, id]).await
    }

    async fn home_idp_for_domain(
        &self,
        tenant: TenantId,
        domain: &Domain,
    ) -> Result<Option<HomeIdp>, Unavailable> {
        let sql = "SELECT home_idps.body FROM home_idp_domains
             JOIN home_idps ON home_idps.tenant = home_idp_domains.tenant AND home_idps.id = home_idp_domains.home_idp
             WHERE home_idp_domains.tenant = $1 AND home_idp_domains.domain = $2";
        self.one(sql, args![tenant, domain.as_str()]).await
    }

    async fn list_home_idps(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<HomeIdp>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT body FROM home_idps WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
        let args = args![tenant, paging.after.as_str(), paging.limit];
        let found = self.all(sql, args).await?;
        Ok(paging.cut(found, |home_idp: &HomeIdp| home_idp.id.to_string()))
    }

    async fn count_linked(&self, tenant: TenantId, home_idp: HomeIdpId) -> Result<u64, Unavailable> {
        let sql =
            "SELECT COUNT(DISTINCT user_id) FROM federated_identities WHERE tenant = $1 AND home_idp = $2";
        let count = self.bounded(async {
            let count = statement::count(&self.pool, sql, args![tenant, home_idp]).await;
            count.map_err(Unavailable::because)
        });
        count.await.map(i64::unsigned_abs)
    }

    async fn user(&self, tenant: TenantId, id: UserId) -> Result<Option<User>, Unavailable> {
        let sql = "SELECT body FROM users WHERE tenant = $1 AND id = $2 AND deleted_at IS NULL";
        self.one(sql, args![tenant, id]).await
    }

    async fn user_by_email(
        &self,
        tenant: TenantId,
        email: &EmailAddress,
    ) -> Result<Option<User>, Unavailable> {
        let sql = "SELECT body FROM users WHERE tenant = $1 AND email_key = $2 AND deleted_at IS NULL";
        self.one(sql, args![tenant, email.key()]).await
    }

    async fn user_by_identity(
        &self,
        tenant: TenantId,
        home_idp: HomeIdpId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<User>, Unavailable> {
        let sql = "SELECT users.body FROM federated_identities AS identity
             JOIN users ON users.tenant = identity.tenant AND users.id = identity.user_id
             WHERE identity.tenant = $1 AND identity.home_idp = $2 AND identity.issuer = $3 AND identity.subject = $4
                 AND users.deleted_at IS NULL";
        self.one(sql, args![tenant, home_idp, issuer.as_str(), subject.as_str()]).await
    }

    async fn list_users(
        &self,
        tenant: TenantId,
        query: &UserQuery,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        self.people(tenant, query, page).await
    }

    async fn identities(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Vec<FederatedIdentity>, Unavailable> {
        let sql = "SELECT body FROM federated_identities WHERE tenant = $1 AND user_id = $2
             ORDER BY home_idp, issuer, subject";
        self.all(sql, args![tenant, user]).await
    }

    async fn local_account(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<LocalAccount>, Unavailable> {
        let sql = "SELECT body FROM local_accounts WHERE tenant = $1 AND user_id = $2";
        self.one(sql, args![tenant, user]).await
    }

    async fn consent(
        &self,
        tenant: TenantId,
        user: UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>, Unavailable> {
        let sql = "SELECT body FROM consents WHERE tenant = $1 AND user_id = $2 AND client_id = $3";
        self.one(sql, args![tenant, user, client.as_str()]).await
    }

    async fn invitation_by_secret(
        &self,
        tenant: TenantId,
        secret: &SecretHash,
    ) -> Result<Option<Invitation>, Unavailable> {
        let sql = "SELECT body FROM invitations WHERE tenant = $1 AND secret = $2";
        self.one(sql, args![tenant, *secret]).await
    }

    async fn invitation(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, Unavailable> {
        let sql = "SELECT body FROM invitations WHERE tenant = $1 AND id = $2";
        self.one(sql, args![tenant, id]).await
    }

    async fn pending_invitation(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Invitation>, Unavailable> {
        let sql = "SELECT body FROM invitations WHERE tenant = $1 AND user_id = $2 AND state = 'pending'";
        self.one(sql, args![tenant, user]).await
    }

    async fn list_invitations(
        &self,
        tenant: TenantId,
        state: Option<InvitationState>,
        page: PageRequest,
    ) -> Result<Page<Invitation>, Unavailable> {
        let paging = Paging::falling(page);
        let sql = "SELECT body FROM invitations WHERE tenant = $1 AND id < $2 AND ($3 IS NULL OR state = $3)
             ORDER BY id DESC LIMIT $4";
        let state = state.map(invitation_state);
        let args = args![tenant, paging.after.as_str(), state, paging.limit];
        let found = self.all(sql, args).await?;
        Ok(paging.cut(found, |invitation: &Invitation| invitation.id.to_string()))
    }

    async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMail>, Unavailable> {
        transaction!(self, tx => outbox::claim(tx, now, lease_until, limit).await?)
    }

    async fn postpone_mail(&self, id: MailId, due_at: Timestamp) -> Result<(), Unavailable> {
        transaction!(self, tx => outbox::postpone(tx, id, due_at).await?)
    }

    async fn remove_mail(&self, id: MailId) -> Result<(), Unavailable> {
        transaction!(self, tx => outbox::remove(tx, id).await?)
    }

    async fn claim_notices(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LogoutNotice>, Unavailable> {
        transaction!(self, tx => notices::claim(tx, now, lease_until, limit).await?)
    }

    async fn postpone_notice(&self, id: NoticeId, due_at: Timestamp) -> Result<(), Unavailable> {
        transaction!(self, tx => notices::postpone(tx, id, due_at).await?)
    }

    async fn remove_notice(&self, id: NoticeId) -> Result<(), Unavailable> {
        transaction!(self, tx => notices::remove(tx, id).await?)
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        let answer = self.bounded(async {
            let answer =
                statement::count(&self.pool, "SELECT COUNT(*) FROM tenants WHERE id = ''", &[]).await;
            answer.map_err(Unavailable::because)
        });
        answer.await.map(drop)
    }
}
