//! The worker that empties the outbox: claims what is due under a lease, opens, renders and sends it, and writes down
//! what became of it. Several nodes may run one each.
//!
//! Sending comes first and removing second, so a crash between the two sends the same message again, to the byte, never
//! none. One mail's trouble is that mail's own.

use crate::message::{Letter, MessageError, build};
use crate::smtp::{SendError, SmtpTransport};
use futures_util::future::join_all;
use hospes_idp::Ctx;
use hospes_idp::audit::{Actor, AuditEvent, AuditKind};
use hospes_idp::mail::{MailContent, OutboxMail};
use hospes_idp::ports::{Directory, Unavailable};
use hospes_idp::vault::{OpenError, Purpose, Vault};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Makes a context with the current time for work nobody requested.
pub type MakeCtx = Arc<dyn Fn() -> Ctx + Send + Sync>;

/// How many mails are sent at a time.
const BATCH: u32 = 8;
/// How long claimed mails are hidden from other nodes; more than a letter and its copy can take.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// How often the outbox is looked at without being told to.
const POLL: Duration = Duration::from_secs(5);
/// The first wait after a failure; it doubles from attempt to attempt.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(10);
/// The longest wait between attempts.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_hours(1);
/// After this long the relay has had its chance.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(24);

/// Sends what waits in the outbox.
pub struct OutboxWorker {
    directory: Arc<dyn Directory>,
    vault: Arc<Vault>,
    transport: SmtpTransport,
    make_ctx: MakeCtx,
    wake: Arc<Notify>,
    poll: Duration,
}

/// What becomes of a claimed mail.
enum Fate {
    Sent,
    Postponed(Timestamp),
    Dead(&'static str),
}

/// Why a mail cannot even be tried.
#[derive(Debug, thiserror::Error)]
enum Poison {
    #[error(transparent)]
    Sealed(#[from] OpenError),
    #[error("the content is not one we know")]
    Content(#[from] serde_json::Error),
    #[error(transparent)]
    Message(#[from] MessageError),
}

impl OutboxWorker {
    /// A worker; it does nothing until it [runs](Self::run). Notify `wake` (`notify_one`) after a mail was written to the
    /// outbox, and the mail goes out at once.
    pub fn new(
        directory: Arc<dyn Directory>,
        vault: Arc<Vault>,
        transport: SmtpTransport,
        make_ctx: MakeCtx,
        wake: Arc<Notify>,
    ) -> Self {
        Self { directory, vault, transport, make_ctx, wake, poll: POLL }
    }

    #[cfg(test)]
    pub(crate) fn polling_every(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }

    /// Runs until `shutdown` is ready; mails in flight are finished first, within a minute.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        loop {
            let claimed = self.send_due().await.unwrap_or_else(|error| {
                tracing::error!(%error, "the outbox cannot be read");
                0
            });
            let idle = async {
                if claimed < BATCH as usize {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = tokio::time::sleep(self.poll) => {}
                    }
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = idle => {}
            }
        }
    }

    /// Tries one batch of due mails and says how many that were.
    async fn send_due(&self) -> Result<usize, Unavailable> {
        let now = (self.make_ctx)().now;
        let mails = self.directory.claim_mails(now, now + LEASE, BATCH).await?;
        join_all(mails.iter().map(|mail| self.handle(mail))).await;
        Ok(mails.len())
    }

    async fn handle(&self, mail: &OutboxMail) {
        let fate = self.try_to_send(mail).await;
        if let Err(error) = self.settle(mail, fate).await {
            // The lease ends and the mail is tried again.
            tracing::error!(mail = %mail.id, %error, "the fate of a mail could not be written down");
        }
    }

    async fn try_to_send(&self, mail: &OutboxMail) -> Fate {
        if (self.make_ctx)().now >= mail.worthless_at {
            return Fate::Dead("mail.too_late");
        }
        let letter = match self.prepare(mail) {
            Ok(letter) => letter,
            Err(error) => {
                tracing::error!(mail = %mail.id, %error, "a mail in the outbox is unusable");
                return Fate::Dead("mail.unusable");
            }
        };
        match self.transport.send(&letter).await {
            Ok(()) => Fate::Sent,
            Err(error) => {
                tracing::warn!(mail = %mail.id, to = %mail.to.masked(), attempts = mail.attempts, %error, "a mail was not sent");
                after_failure(mail, error, (self.make_ctx)().now)
            }
        }
    }

    fn prepare(&self, mail: &OutboxMail) -> Result<Letter, Poison> {
        let json = self.vault.open(Purpose::Mail, mail.id.0.as_bytes(), &mail.content)?;
        let content: MailContent = serde_json::from_slice(&json)?;
        Ok(build(mail, &content, self.transport.sender())?)
    }

    async fn settle(&self, mail: &OutboxMail, fate: Fate) -> Result<(), Unavailable> {
        match fate {
            Fate::Sent => tracing::info!(mail = %mail.id, to = %mail.to.masked(), "mail sent"),
            Fate::Postponed(due_at) => return self.directory.postpone_mail(mail.id, due_at).await,
            Fate::Dead(reason) => {
                tracing::warn!(mail = %mail.id, to = %mail.to.masked(), reason, "mail given up");
                let event =
                    AuditEvent::new(&(self.make_ctx)(), mail.tenant, AuditKind::MailDead, Actor::System)
                        .target(mail.to.masked())
                        .reason(reason)
                        .detail("mail", mail.id.to_string())
                        .detail("attempts", mail.attempts);
                self.directory.append_audit(&[event]).await?;
            }
        }
        self.directory.remove_mail(mail.id).await
    }
}

/// Refused for good is dead; anything else is tried again with doubling waits until the time is up.
fn after_failure(mail: &OutboxMail, error: SendError, now: Timestamp) -> Fate {
    let reason = match error {
        SendError::Rejected(_) => return Fate::Dead("mail.rejected"),
        SendError::Deferred(_) => "mail.deferred",
        SendError::Tls => "mail.tls_failed",
        SendError::Unavailable => "mail.relay_unavailable",
    };
    let doubled = 1_i32.checked_shl(mail.attempts).filter(|factor| *factor > 0);
    let wait = doubled.map_or(LONGEST_RETRY, |factor| (FIRST_RETRY * factor).min(LONGEST_RETRY));
    let due_at = now + wait;
    if due_at.duration_since(mail.created_at) > GIVE_UP {
        Fate::Dead(reason)
    } else {
        Fate::Postponed(due_at)
    }
}
