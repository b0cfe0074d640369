//! Logout notices, claimed like mails: by moving a lease in one conditional update, so two nodes never hold the same one.

use super::change::{body, insert};
use super::row::decode;
use super::statement::{Writing, args};
use hospes_idp::ids::NoticeId;
use hospes_idp::notice::LogoutNotice;
use hospes_idp::ports::{ChangeError, Unavailable};
use jiff::Timestamp;

pub(super) async fn enqueue(tx: &mut Writing, notices: &[LogoutNotice]) -> Result<(), ChangeError> {
    for notice in notices {
        let sql =
            "INSERT INTO logout_notices (id, tenant, due_at, leased_until, body) VALUES ($1, $2, $3, $4, $5)";
        let row = args![notice.id, notice.tenant, notice.due_at, 0_i64, body(notice)?];
        insert(tx, sql, row, "notice").await?;
    }
    Ok(())
}

pub(super) async fn claim(
    tx: &mut Writing,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<LogoutNotice>, Unavailable> {
    let sql = "UPDATE logout_notices SET leased_until = $2
         WHERE leased_until <= $1 AND id IN (
             SELECT id FROM logout_notices WHERE due_at <= $1 AND leased_until <= $1 ORDER BY due_at, id LIMIT $3)
         RETURNING body";
    let args = args![now, lease_until, i64::from(limit)];
    let claimed = tx.read(sql, args).await.map_err(Unavailable::because)?;
    claimed.iter().map(|body| decode(body)).collect()
}

/// Counts an attempt and ends the lease. A notice that is gone stays gone.
pub(super) async fn postpone(tx: &mut Writing, id: NoticeId, due_at: Timestamp) -> Result<(), Unavailable> {
    let sql = "SELECT body FROM logout_notices WHERE id = $1";
    let found = tx.read(sql, args![id]).await.map_err(Unavailable::because)?;
    let Some(text) = found.first() else {
        return Ok(());
    };
    let mut notice: LogoutNotice = decode(text)?;
    notice.attempts = notice.attempts.saturating_add(1);
    notice.due_at = due_at;
    let sql = "UPDATE logout_notices SET due_at = $1, leased_until = 0, body = $2 WHERE id = $3";
    let changed = tx.execute(sql, args![due_at, body(&notice)?, id]).await;
    changed.map(drop).map_err(Unavailable::because)
}

pub(super) async fn remove(tx: &mut Writing, id: NoticeId) -> Result<(), Unavailable> {
    let removed = tx.execute("DELETE FROM logout_notices WHERE id = $1", args![id]).await;
    removed.map(drop).map_err(Unavailable::because)
}
