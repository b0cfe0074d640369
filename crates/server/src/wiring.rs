//! Putting the rooms together: stores, vault, home IdPs, mail, facade.

use crate::config::Config;
use crate::courier::tell_clients;
use crate::dry_run::DryRun;
use crate::entropy::{make_ctx, now};
use crate::key_file;
use anyhow::{Context, Result};
use hospes_idp::password::hashing::PasswordHasher;
use hospes_idp::ports::{Directory, Sessions};
use hospes_idp::vault::Vault;
use hospes_idp::{Idp, Rooms};
use hospes_mail::{OutboxWorker, SmtpTransport};
use hospes_storage::{CachedDirectory, Clock, EmbeddedSessions, RedisSessions, SqlDirectory};
use hospes_upstream::{Guard, OidcUpstream, OutboundPolicy, RemoteKeySets};
use hospes_web::{App, MakeCtx};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Notify;

/// Why a command that needs sessions cannot run beside a server with an embedded store.
const IN_USE: &str = "a set-up link is kept in the session file, which a running server holds: stop it first, or make an \
     administrator with `hospes member create --role Administrator --password-file FILE`, which needs no link";

/// The house, ready to serve.
pub struct House {
    /// What HTTP serves.
    pub app: App,
    /// The store the outbox worker reads.
    pub directory: Arc<dyn Directory>,
    /// The short-lived store.
    pub sessions: Arc<dyn Sessions>,
    /// The key-encryption key.
    pub vault: Arc<Vault>,
    /// Wakes the outbox worker.
    mail_queued: Arc<Notify>,
    /// Wakes whoever tells clients that sessions have ended.
    notices_queued: Arc<Notify>,
    /// To be closed last.
    closing: Closing,
}

/// What one command needs of the house.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errand {
    /// Whether what it makes is kept in the session store.
    pub needs_sessions: bool,
    /// Whether nothing may change.
    pub is_dry_run: bool,
}

/// What must be written or closed before the process ends.
struct Closing {
    sql: Arc<SqlDirectory>,
    embedded: Option<Arc<EmbeddedSessions>>,
}

impl House {
    /// Opens stores and keys as configured, and brings the directory's schema up to date.
    pub async fn open(config: &Config) -> Result<Self> {
        Self::open_at(config, Arc::new(now)).await
    }

    /// As [`House::open`], for one command while a server may be running. Its session file belongs to that server, so
    /// commands that need no sessions get a store of their own, which is gone with them. A dry run writes nothing.
    pub async fn open_for_cli(config: &Config, errand: Errand) -> Result<Self> {
        let is_file = config.sessions_url.starts_with("file:");
        let clock: Clock = Arc::new(now);
        let sessions: OpenSessions = if errand.is_dry_run || is_file && !errand.needs_sessions {
            (Arc::new(EmbeddedSessions::in_memory(clock.clone())), None)
        } else {
            let sessions = open_sessions(config, clock.clone()).await;
            if is_file { sessions.context(IN_USE)? } else { sessions? }
        };
        Self::furnish(config, clock, sessions, errand.is_dry_run).await
    }

    /// As [`House::open`], with another clock than the wall's.
    pub async fn open_at(config: &Config, clock: Clock) -> Result<Self> {
        let sessions = open_sessions(config, clock.clone()).await?;
        Self::furnish(config, clock, sessions, false).await
    }

    async fn furnish(
        config: &Config,
        clock: Clock,
        (sessions, embedded): OpenSessions,
        is_dry_run: bool,
    ) -> Result<Self> {
        // Another part of the process may have installed it before; it is the same one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let vault = Arc::new(key_file::open_or_create(&config.keys_dir)?);
        let sql = Arc::new(open_directory(config).await?);
        if !is_dry_run {
            sql.migrate().await.context("the directory cannot be migrated")?;
        }
        let directory: Arc<dyn Directory> = if is_dry_run {
            Arc::new(DryRun(sql.clone()))
        } else {
            Arc::new(CachedDirectory::new(sql.clone()))
        };
        let policy = OutboundPolicy { allow_loopback: config.allow_loopback };
        let guard = Guard::new(policy).context("outbound connections cannot be prepared")?;
        let (mail_queued, notices_queued) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let upstream = OidcUpstream::over(guard.clone());
        let idp = Idp::new(Rooms {
            mail_queued: mail_queued.clone(),
            directory: directory.clone(),
            sessions: sessions.clone(),
            client_keys: Arc::new(RemoteKeySets::new(&guard)),
            callbacks: Arc::new(upstream.clone()),
            upstream: Arc::new(upstream),
            notices_queued: notices_queued.clone(),
            vault: vault.clone(),
            passwords: PasswordHasher::start((config.workers / 2).max(1))
                .context("hashing threads do not start")?,
            base_url: config.base_url.clone(),
            mtls_base_url: config.mtls.as_ref().map(|mtls| mtls.base_url.clone()),
        });
        let make_ctx: MakeCtx = Arc::new(make_ctx(clock));
        let app =
            App { idp: Arc::new(idp), make_ctx, trusted_proxies: config.trusted_proxies.clone().into() };
        Ok(Self {
            app,
            directory,
            sessions,
            vault,
            mail_queued,
            notices_queued,
            closing: Closing { sql, embedded },
        })
    }

    /// The worker that sends mail; none without a mail server.
    pub fn outbox_worker(&self, config: &Config) -> Result<Option<OutboxWorker>> {
        let Some(smtp) = &config.smtp else {
            tracing::warn!("smtp.url is not set: mail waits in the outbox");
            return Ok(None);
        };
        let transport = SmtpTransport::new(smtp).context("smtp")?;
        let make_ctx = self.app.make_ctx.clone();
        let make_ctx: hospes_mail::MakeCtx = Arc::new(move || make_ctx(None));
        Ok(Some(OutboxWorker::new(
            self.directory.clone(),
            self.vault.clone(),
            transport,
            make_ctx,
            self.mail_queued.clone(),
        )))
    }

    /// The worker that tells clients of sessions that have ended.
    pub fn courier(
        &self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        tell_clients(self.app.clone(), self.notices_queued.clone(), stop)
    }

    /// Writes what is queued: audit entries, and what the embedded store has not brought to its file.
    pub async fn flush(&self) -> Result<()> {
        self.app.idp.flush().await;
        let embedded = self.closing.embedded.as_ref();
        embedded.map_or(Ok(()), |embedded| embedded.flush()).context("the session store cannot be written")
    }

    /// Counts requests to the stores, by store.
    pub fn round_trips(&self) -> impl Fn() -> [(&'static str, u64); 2] + Send + Sync + 'static {
        let (sql, sessions) = (self.closing.sql.clone(), self.sessions.clone());
        move || [("directory", sql.round_trips()), ("sessions", sessions.round_trips())]
    }

    /// Writes what is queued and closes the stores.
    pub async fn close(self) {
        self.app.idp.flush().await;
        if let Some(embedded) = &self.closing.embedded
            && let Err(error) = embedded.close()
        {
            tracing::error!(%error, "the session store did not close cleanly");
        }
        self.closing.sql.close().await;
    }
}

/// Opens the directory without changing it.
pub async fn open_directory(config: &Config) -> Result<SqlDirectory> {
    if let Some(path) = config.directory_url.strip_prefix("sqlite://") {
        make_parent(Path::new(path))?;
    }
    SqlDirectory::open(&config.directory_url).await.context("the directory cannot be opened")
}

/// The session store, and the same again if it is a file to be closed.
type OpenSessions = (Arc<dyn Sessions>, Option<Arc<EmbeddedSessions>>);

async fn open_sessions(config: &Config, clock: Clock) -> Result<OpenSessions> {
    let Some(path) = config.sessions_url.strip_prefix("file:") else {
        let redis =
            RedisSessions::open(&config.sessions_url).await.context("the session store cannot be opened")?;
        redis.ping().await.context("the session store cannot be used")?;
        return Ok((Arc::new(redis), None));
    };
    let path = Path::new(path);
    make_parent(path)?;
    let embedded = EmbeddedSessions::open(path, clock).context("the session store cannot be opened")?;
    let embedded = Arc::new(embedded);
    Ok((embedded.clone(), Some(embedded)))
}

fn make_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))
}
