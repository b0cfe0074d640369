//! Signing in with a password, choosing one, and changing it.

use crate::Idp;
use crate::account::code::counter;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::flow::Open;
use crate::authorize::interaction::PasswordChoice;
use crate::authorize::next_step::{Step, next_step};
use crate::authorize::outcome::{Problem, Reply};
use crate::browser::Visit;
use crate::endings::Whose;
use crate::error::PageError;
use crate::mail::{MailContent, NoticeMail};
use crate::model::user::{LocalAccount, PasswordHash, User};
use crate::password::hashing::is_outdated;
use crate::password::{MAX_BYTES, weaknesses};
use crate::ports::{Change, Write};
use crate::refusal::Refusal;
use jiff::SignedDuration;
use std::time::Duration;

/// Wrong passwords for one address within [`WINDOW`]; codes by mail keep working meanwhile.
const ATTEMPTS: u64 = 5;
const WINDOW: Duration = Duration::from_mins(10);
/// Wrong passwords from one network address within [`WINDOW`], over all accounts of a tenant: spraying.
const ATTEMPTS_PER_ADDRESS: u64 = 100;

impl Idp {
    /// The person typed a password. Unknown address, wrong password, no password and disabled person are one answer,
    /// after the same work.
    pub async fn enter_password(
        &self,
        visit: &Visit<'_>,
        id: &str,
        (password, keep): (&str, bool),
    ) -> Result<Reply, PageError> {
        let mut open = self.open_at(visit, id, |step| matches!(step, Step::AskPassword(_))).await?;
        open.stored.interaction.keep = keep;
        let address = open.stored.interaction.identifier.clone().ok_or(Refusal::InteractionExpired)?;
        let network = visit.ctx.request.network();
        let by_account = self.count(visit, "passwords", address.key(), WINDOW).await?;
        let by_network = self.count(visit, "passwords-from", &network, WINDOW).await?;
        if by_account > ATTEMPTS || by_network > ATTEMPTS_PER_ADDRESS {
            return self.again(visit, open, Problem::TooMany).await;
        }
        let user = self.directory.user_by_email(visit.tenant.id, &address).await?;
        let account = match &user {
            Some(user) => self.directory.local_account(visit.tenant.id, user.id).await?,
            None => None,
        };
        let hash = account.as_ref().and_then(|account| account.password.as_ref());
        let acceptable = password.len() <= MAX_BYTES;
        let right = acceptable && self.passwords.verify(password, hash).await?;
        if let Some(user) = user.filter(|user| right && user.status.is_enabled()) {
            // Only misses add up.
            self.sessions.write(vec![Write::Delete(counter(visit, "passwords", address.key()))]).await?;
            if let Some(account) = account {
                self.strengthen(visit, account, password).await;
            }
            self.achieve(visit, open, |interaction| {
                interaction.password = Some(user.id);
                interaction.password_proven_at = Some(visit.ctx.now);
            })
            .await
        } else {
            let event =
                AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::CredentialRejected, Actor::Anonymous);
            self.audit.record(event.target(address.masked()).reason("wrong_password")).await;
            self.again(visit, open, Problem::WrongPassword).await
        }
    }

    /// Hashes a password again that was hashed with weaker parameters than today's. Failing to is no reason to refuse
    /// whoever just proved it; the next sign-in tries again.
    async fn strengthen(&self, visit: &Visit<'_>, account: LocalAccount, password: &str) {
        if !account.password.as_ref().is_some_and(is_outdated) {
            return;
        }
        let Ok(hash) = self.passwords.hash(password, visit.ctx.bytes()).await else {
            return;
        };
        let event = AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::PasswordRehashed, Actor::System)
            .target(account.user);
        let after = LocalAccount { password: Some(hash), ..account.clone() };
        if let Err(cause) = self.apply(Change::RehashPassword { before: account, after }, event).await {
            tracing::warn!(%cause, "a password keeps its weaker hash");
        }
    }

    /// The person chose a password for a lightweight account, new or reset.
    pub async fn choose_password(
        &self,
        visit: &Visit<'_>,
        id: &str,
        password: &str,
    ) -> Result<Reply, PageError> {
        let open = self.open(visit, id).await?;
        let (user, may_skip) = self.whose_password(visit, &open).await?;
        let found = weaknesses(password, &user, visit.tenant);
        if !found.is_empty() {
            return self.again(visit, open, Problem::WeakPassword(found)).await;
        }
        let hash = self.passwords.hash(password, visit.ctx.bytes()).await?;
        if !may_skip {
            self.replace_password(visit, &user, hash.clone()).await?;
        }
        self.achieve(visit, open, |interaction| {
            interaction.password_choice = Some(PasswordChoice::Chosen(hash));
        })
        .await
    }

    /// The person prefers codes by mail.
    pub async fn skip_password(&self, visit: &Visit<'_>, id: &str) -> Result<Reply, PageError> {
        let open = self.open(visit, id).await?;
        let (_, may_skip) = self.whose_password(visit, &open).await?;
        if !may_skip {
            return Err(Refusal::BadRequest.into());
        }
        self.achieve(visit, open, |interaction| {
            interaction.password_choice = Some(PasswordChoice::CodesOnly);
        })
        .await
    }

    /// Only when it is this screen's turn: predecessors cannot be skipped by calling its address.
    async fn whose_password(&self, visit: &Visit<'_>, open: &Open) -> Result<(User, bool), PageError> {
        let facts = self.facts(visit, &open.stored.interaction).await?;
        match next_step(visit.tenant, &open.stored.interaction, &facts) {
            Step::ChoosePassword { user, may_skip } => Ok((*user, may_skip)),
            _ => Err(Refusal::InteractionExpired.into()),
        }
    }

    /// A new password ends every session and token family of the person, and they are told (LOC-21).
    async fn replace_password(
        &self,
        visit: &Visit<'_>,
        user: &User,
        hash: PasswordHash,
    ) -> Result<(), PageError> {
        let before = self
            .directory
            .local_account(visit.tenant.id, user.id)
            .await?
            .ok_or(Refusal::InteractionExpired)?;
        let account =
            LocalAccount { password: Some(hash), password_changed_at: Some(visit.ctx.now), ..before };
        let notice = MailContent::PasswordChanged(NoticeMail {
            organization: visit.tenant.display_name.clone(),
            at: visit.ctx.now,
            reference: visit.ctx.request.reference.clone(),
        });
        let worthless_at =
            visit.ctx.now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(visit.ctx.now);
        let notice = self.outbox_mail(visit.ctx, visit.tenant, &user.email, (&notice, worthless_at));
        let actor = Actor::User(user.id.to_string());
        let event =
            AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::PasswordChanged, actor).target(user.id);
        self.apply(Change::ReplacePassword(account, notice), event).await?;
        let by = (Actor::User(user.id.to_string()), "passwordChanged");
        self.end_sessions((visit.ctx, visit.tenant.id), Whose::User(user.id), by).await?;
        Ok(())
    }
}
