//! One-time codes that prove a mailbox: eight digits, ten minutes, five attempts.
//!
//! Attempts are counted before the code is compared, in the store, so that parallel guesses are counted too. Sending
//! again gives a new code, not new attempts. A code lives in its interaction and so in its browser.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::flow::Open;
use crate::authorize::interaction::{Interaction, LIFETIME, Purpose as For, SentCode};
use crate::authorize::next_step::Step;
use crate::authorize::outcome::{Problem, Reply};
use crate::browser::Visit;
use crate::email::EmailAddress;
use crate::error::PageError;
use crate::mail::{CodeMail, MailContent};
use crate::ports::{Change, Key, Kind, Unavailable};
use crate::refusal::Refusal;
use crate::vault::{Purpose, SecretHash};
use jiff::SignedDuration;
use std::time::Duration;

/// Digits of a code.
pub const DIGITS: u32 = 8;
/// Minutes a code works.
pub const MINUTES: u32 = 10;
/// Attempts per interaction, however many codes were sent in it.
const ATTEMPTS: u64 = 5;
/// Codes sent to one address within an hour.
const MAILS_PER_HOUR: u64 = 5;
/// Wrong codes for one address within an hour, over all interactions.
const MISSES_PER_HOUR: u64 = 20;
const HOUR: Duration = Duration::from_hours(1);

impl Idp {
    /// Makes a code and mails it, if the address can use one; looks the same if it cannot.
    pub(crate) async fn send_code(
        &self,
        visit: &Visit<'_>,
        open: &mut Open,
        to: &EmailAddress,
    ) -> Result<(), PageError> {
        if self.count(visit, "code-mails", to.key(), HOUR).await? > MAILS_PER_HOUR {
            return Err(Refusal::TooMany.into());
        }
        let code = visit.ctx.digits(DIGITS);
        let interaction = &mut open.stored.interaction;
        let lifetime = SignedDuration::from_mins(i64::from(MINUTES));
        let expires_at = visit.ctx.now.saturating_add(lifetime).unwrap_or(visit.ctx.now);
        interaction.code =
            Some(SentCode { to: to.clone(), mac: self.code_mac(interaction, &code), expires_at });
        self.save(&mut open.stored).await?;
        if !self.may_receive_code(visit, &open.stored.interaction, to).await? {
            return Ok(());
        }
        let content = MailContent::Code(CodeMail {
            organization: visit.tenant.display_name.clone(),
            code,
            minutes: MINUTES,
        });
        let mail = self.outbox_mail(visit.ctx, visit.tenant, to, (&content, expires_at));
        let event = AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::CodeSent, Actor::Anonymous)
            .target(to.masked());
        Ok(self.apply(Change::EnqueueMail(mail), event).await?)
    }

    /// Codes go to invited mailboxes, waiting guests and lightweight accounts; never to strangers.
    async fn may_receive_code(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        to: &EmailAddress,
    ) -> Result<bool, Unavailable> {
        if matches!(interaction.purpose, For::Redeem(_)) {
            return Ok(true);
        }
        let Some(user) = self.directory.user_by_email(visit.tenant.id, to).await? else {
            return Ok(false);
        };
        let account = self.directory.local_account(visit.tenant.id, user.id).await?;
        Ok(user.status.is_enabled() && (user.is_pending() || account.is_some()))
    }

    /// The person asks for a code instead of a password, or to choose a new password.
    pub async fn request_code(&self, visit: &Visit<'_>, id: &str, reset: bool) -> Result<Reply, PageError> {
        let due = |step: &Step| matches!(step, Step::AskPassword(_) | Step::AskCode(_));
        let mut open = self.open_at(visit, id, due).await?;
        let interaction = &mut open.stored.interaction;
        let sent_before = interaction.code.as_ref().map(|code| code.to.clone());
        let to = sent_before
            .clone()
            .or_else(|| interaction.identifier.clone())
            .ok_or(Refusal::InteractionExpired)?;
        interaction.reset |= reset;
        self.send_code(visit, &mut open, &to).await?;
        match sent_before {
            Some(_) => self.again(visit, open, Problem::CodeSentAgain).await,
            None => self.advance(visit, open).await,
        }
    }

    /// The person typed the code.
    pub async fn enter_code(
        &self,
        visit: &Visit<'_>,
        id: &str,
        (typed, keep): (&str, bool),
    ) -> Result<Reply, PageError> {
        let mut open = self.open_at(visit, id, |step| matches!(step, Step::AskCode(_))).await?;
        open.stored.interaction.keep = keep;
        let interaction = &open.stored.interaction;
        let code = interaction.code.clone().ok_or(Refusal::InteractionExpired)?;
        let attempts = self.count(visit, "code-attempts", &interaction.id, LIFETIME).await?;
        if attempts > ATTEMPTS {
            return self.again(visit, open, Problem::TooMany).await;
        }
        let digits = digits(typed);
        let right = digits.is_some_and(|digits| code.mac == self.code_mac(interaction, &digits));
        if right && visit.ctx.now < code.expires_at {
            return self
                .achieve(visit, open, |interaction| {
                    interaction.mailbox = Some(code.to);
                    interaction.code = None;
                })
                .await;
        }
        let event =
            AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::CredentialRejected, Actor::Anonymous);
        self.audit.record(event.target(code.to.masked()).reason("wrong_code")).await;
        if self.count(visit, "code-misses", code.to.key(), HOUR).await? > MISSES_PER_HOUR {
            return self.again(visit, open, Problem::TooMany).await;
        }
        let problem = if right { Problem::CodeExpired } else { Problem::WrongCode };
        self.again(visit, open, problem).await
    }

    fn code_mac(&self, interaction: &Interaction, code: &str) -> SecretHash {
        let parts: [&[u8]; 3] = [interaction.tenant.0.as_bytes(), interaction.id.as_bytes(), code.as_bytes()];
        SecretHash(self.vault.mac(Purpose::OneTimeCode, &parts))
    }

    /// Counts one more of something within a window.
    pub(crate) async fn count(
        &self,
        visit: &Visit<'_>,
        what: &str,
        whose: &str,
        window: Duration,
    ) -> Result<u64, Unavailable> {
        self.sessions.increment(&counter(visit, what, whose), window).await
    }
}

/// Where something is counted.
pub(crate) fn counter(visit: &Visit<'_>, what: &str, whose: &str) -> Key {
    Key::new(visit.tenant.id, Kind::Counter, format!("{what}\0{whose}"))
}

/// ASCII digits with the spaces and hyphens people type between them; anything else is no code.
fn digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
    let count = usize::try_from(DIGITS).ok()?;
    (digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn loc_11_what_people_type() {
        assert_eq!(digits(" 1234-5678 ").as_deref(), Some("12345678"));
        assert_eq!(digits("1234\u{a0}5678").as_deref(), Some("12345678"));
        for bad in ["", "1234567", "123456789", "١٢٣٤٥٦٧٨", "1e500000", "+1234567", "[\"1\"]"] {
            assert_eq!(digits(bad), None, "{bad}");
        }
    }
}
