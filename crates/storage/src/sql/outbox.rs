//! The outbox. A mail is claimed by moving its lease in one conditional update, so two nodes never hold the same one.

use super::change::{body, insert};
use super::row::decode;
use super::statement::{Writing, args};
use hospes_idp::ids::MailId;
use hospes_idp::mail::OutboxMail;
use hospes_idp::ports::{ChangeError, Unavailable};
use jiff::Timestamp;

pub(super) async fn enqueue(tx: &mut Writing, mail: &OutboxMail) -> Result<(), ChangeError> {
    let sql = "INSERT INTO outbox (id, tenant, due_at, leased_until, body) VALUES ($1, $2, $3, $4, $5)";
    let row = args![mail.id, mail.tenant, mail.due_at, 0_i64, body(mail)?];
    insert(tx, sql, row, "mail").await
}

pub(super) async fn claim(
    tx: &mut Writing,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxMail>, Unavailable> {
    // The outer condition is checked again on rows that another node claimed meanwhile.
    let sql = "UPDATE outbox SET leased_until = $2
         WHERE leased_until <= $1 AND id IN (
             SELECT id FROM outbox WHERE due_at <= $1 AND leased_until <= $1 ORDER BY due_at, id LIMIT $3)
         RETURNING body";
    let args = args![now, lease_until, i64::from(limit)];
    let claimed = tx.read(sql, args).await.map_err(Unavailable::because)?;
    let mails: Result<Vec<OutboxMail>, _> = claimed.iter().map(|body| decode(body)).collect();
    mails.map(|mut mails| {
        mails.sort_by_key(|mail| (mail.due_at, mail.id));
        mails
    })
}

/// Counts an attempt and ends the lease. A mail that is gone stays gone.
pub(super) async fn postpone(tx: &mut Writing, id: MailId, due_at: Timestamp) -> Result<(), Unavailable> {
    let sql = "SELECT body FROM outbox WHERE id = $1";
    let found = tx.read(sql, args![id]).await.map_err(Unavailable::because)?;
    let Some(text) = found.first() else {
        return Ok(());
    };
    let mut mail: OutboxMail = decode(text)?;
    mail.attempts = mail.attempts.saturating_add(1);
    mail.due_at = due_at;
    let sql = "UPDATE outbox SET due_at = $1, leased_until = 0, body = $2 WHERE id = $3";
    let changed = tx.execute(sql, args![due_at, body(&mail)?, id]).await;
    changed.map(drop).map_err(Unavailable::because)
}

pub(super) async fn remove(tx: &mut Writing, id: MailId) -> Result<(), Unavailable> {
    let removed = tx.execute("DELETE FROM outbox WHERE id = $1", args![id]).await;
    removed.map(drop).map_err(Unavailable::because)
}
