//! The facade: one value that holds the rooms and answers every question of the web layer.

use crate::Ctx;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::audit_log::AuditLog;
use crate::barred::Barred;
use crate::browser::Visit;
use crate::email::EmailAddress;
use crate::ids::{MailId, TenantId};
use crate::keyring::Keyring;
use crate::mail::{MailContent, OutboxMail};
use crate::model::session::Session;
use crate::model::tenant::{Slug, Tenant};
use crate::password::hashing::PasswordHasher;
use crate::ports::{
    Callbacks, Change, ChangeError, ClientKeySets, Directory, Key, Kind, Sessions, Unavailable, Upstream,
};
use crate::published::Published;
use crate::refusal::Refusal;
use crate::vault::{Purpose, Vault};
use crate::verified_tokens::VerifiedTokens;
use crate::web_origins::WebOrigins;
use hospes_protocol::Issuer;
use hospes_protocol::jose::{Algorithm, KeySet};
use hospes_protocol::names::Secret;
use jiff::Timestamp;
use moka::sync::Cache;
use std::sync::Arc;
use tokio::sync::Notify;

/// The rooms around the decisions.
pub struct Rooms {
    /// The durable store.
    pub directory: Arc<dyn Directory>,
    /// The short-lived store.
    pub sessions: Arc<dyn Sessions>,
    /// Home IdPs.
    pub upstream: Arc<dyn Upstream>,
    /// Keys at URLs of clients.
    pub client_keys: Arc<dyn ClientKeySets>,
    /// The key-encryption key.
    pub vault: Arc<Vault>,
    /// Passwords.
    pub passwords: PasswordHasher,
    /// Notified when a mail was queued.
    pub mail_queued: Arc<Notify>,
    /// Addresses of clients that we call.
    pub callbacks: Arc<dyn Callbacks>,
    /// Notified when clients have to hear of a session that ended.
    pub notices_queued: Arc<Notify>,
    /// Where the outside reaches us, without a trailing slash. The only source of URLs (law 8).
    pub base_url: String,
    /// Where clients with certificates reach us, if anywhere (RFC 8705 §5).
    pub mtls_base_url: Option<String>,
}

/// The product behind its facade.
pub struct Idp {
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) client_keys: Arc<dyn ClientKeySets>,
    /// Keys in registrations, by the hash of their text.
    pub(crate) registered_keys: Cache<[u8; 32], Arc<KeySet>>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) passwords: PasswordHasher,
    pub(crate) keyring: Keyring,
    pub(crate) verified_tokens: VerifiedTokens,
    /// Metadata documents by tenant, its version and what it signs with.
    pub(crate) documents: Cache<(TenantId, u64, Vec<Algorithm>), Arc<Published>>,
    pub(crate) web_origins: WebOrigins,
    pub(crate) barred: Barred,
    pub(crate) audit: AuditLog,
    pub(crate) callbacks: Arc<dyn Callbacks>,
    pub(crate) notices_queued: Arc<Notify>,
    mail_queued: Arc<Notify>,
    base_url: String,
    mtls_base_url: Option<String>,
}

impl Idp {
    /// Opens the house. Must be called on a tokio runtime, which the audit writer lives on.
    pub fn new(rooms: Rooms) -> Self {
        Self {
            keyring: Keyring::new(rooms.directory.clone(), rooms.vault.clone()),
            verified_tokens: VerifiedTokens::default(),
            documents: Cache::new(10_000),
            web_origins: WebOrigins::default(),
            barred: Barred::default(),
            audit: AuditLog::start(rooms.directory.clone()),
            directory: rooms.directory,
            sessions: rooms.sessions,
            upstream: rooms.upstream,
            client_keys: rooms.client_keys,
            registered_keys: Cache::new(10_000),
            vault: rooms.vault,
            passwords: rooms.passwords,
            callbacks: rooms.callbacks,
            notices_queued: rooms.notices_queued,
            mail_queued: rooms.mail_queued,
            base_url: rooms.base_url,
            mtls_base_url: rooms.mtls_base_url,
        }
    }

    /// Applies a change with its audit entry, and wakes whoever sends mail if there is some.
    pub(crate) async fn apply(&self, change: Change, event: AuditEvent) -> Result<(), ChangeError> {
        let queues_mail = change.queues_mail();
        let (concerns_clients, tenant) = (change.concerns_clients(), event.tenant);
        let applied = self.directory.apply(change, event).await;
        if concerns_clients {
            // Also after a failure: a store that lost the answer may have made the change.
            self.web_origins.forget(tenant);
        }
        if queues_mail && applied.is_ok() {
            self.mail_queued.notify_one();
        }
        applied
    }

    /// An enabled tenant by its name. Disabled, unknown and malformed names are the same.
    pub async fn tenant(&self, slug: &str) -> Result<Option<Tenant>, Unavailable> {
        let Some(slug) = Slug::parse(slug) else {
            return Ok(None);
        };
        Ok(self.directory.tenant_by_slug(&slug).await?.filter(|tenant| tenant.status.is_enabled()))
    }

    /// The issuer of a tenant.
    pub fn issuer(&self, tenant: &Tenant) -> Issuer {
        Issuer::new(format!("{}/t/{}", self.base_url, tenant.slug))
    }

    /// The issuer's endpoints where certificates are asked for; never an `iss`.
    pub(crate) fn mtls_issuer(&self, tenant: &Tenant) -> Option<Issuer> {
        self.mtls_base_url.as_ref().map(|base| Issuer::new(format!("{base}/t/{}", tenant.slug)))
    }

    /// Where the outside reaches us.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where a request reached us: at the listener that asks for certificates, or at the usual one.
    pub fn reached_at(&self, alias: bool) -> &str {
        self.mtls_base_url.as_deref().filter(|_| alias).unwrap_or(&self.base_url)
    }

    /// Whether both stores answer.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.directory.ping().await?;
        self.sessions.ping().await
    }

    /// Returns when the audit trail is written; for a clean stop.
    pub async fn flush(&self) {
        self.audit.flush().await;
    }

    /// The sessions this browser names, minus those that are over or another tenant's, each with its name.
    pub(crate) async fn sessions_at(&self, visit: &Visit<'_>) -> Result<Vec<(Secret, Session)>, Unavailable> {
        let names = &visit.browser.sessions;
        let keys: Vec<_> = names.iter().map(|name| Key::new(visit.tenant.id, Kind::Session, name)).collect();
        let mut sessions: Vec<(Secret, Session)> = Vec::new();
        for (name, raw) in names.iter().zip(self.sessions.get_all(&keys).await?) {
            let session = raw.and_then(|raw| serde_json::from_slice::<Session>(&raw).ok());
            let open = |session: &Session| {
                session.tenant == visit.tenant.id
                    && !session.is_over(visit.ctx.now)
                    && sessions.iter().all(|(_, other)| other.user != session.user)
            };
            if let Some(session) = session.filter(open) {
                sessions.push((Secret::new(name.as_str()), session));
            }
        }
        Ok(sessions)
    }

    /// The token that ties a form to the browser it was shown to.
    pub fn form_token(&self, tenant: &Tenant, binding: &str) -> String {
        let parts: [&[u8]; 2] = [tenant.id.0.as_bytes(), binding.as_bytes()];
        hospes_protocol::encoding::base64url(self.vault.mac(Purpose::Csrf, &parts))
    }

    /// Whether a form came from a page this browser was shown; a refusal is recorded.
    pub async fn check_form(&self, visit: &Visit<'_>, token: &str) -> Result<(), Refusal> {
        let genuine = visit.browser.binding.as_deref().is_some_and(|binding| {
            crate::vault::SecretHash::of(token).matches(&self.form_token(visit.tenant, binding))
        });
        if genuine {
            return Ok(());
        }
        let event = AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::CsrfRejected, Actor::Anonymous);
        self.audit.record(event.reason(Refusal::FormRejected)).await;
        Err(Refusal::FormRejected)
    }

    /// A mail for the outbox, sealed.
    pub(crate) fn outbox_mail(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        to: &EmailAddress,
        (content, worthless_at): (&MailContent, Timestamp),
    ) -> OutboxMail {
        let id = MailId::generate(ctx);
        let plain = serde_json::to_vec(content).unwrap_or_default();
        OutboxMail {
            id,
            tenant: tenant.id,
            to: to.clone(),
            language: None,
            content: self.vault.seal(ctx, Purpose::Mail, id.0.as_bytes(), &plain),
            created_at: ctx.now,
            worthless_at,
            attempts: 0,
            due_at: ctx.now,
        }
    }
}
