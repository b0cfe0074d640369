//! Rows of people: directory objects, lightweight accounts and consents.

use super::{args, body, delete, insert, stale_or_missing, stored, write};
use crate::sql::row::{decode, user_state, user_status, user_type};
use crate::sql::statement::{Arg, Writing};
use hospes_idp::guest::user::{Consent, LocalAccount, User};
use hospes_idp::ids::{TenantId, UserId};
use hospes_idp::ports::user_query::TextField;
use hospes_idp::ports::{ChangeError, Unavailable};

pub(super) async fn insert_user(
    tx: &mut Writing,
    user: &User,
    account: Option<&LocalAccount>,
) -> Result<(), ChangeError> {
    let sql =
        "INSERT INTO users (tenant, id, version, email_key, user_type, state, status, name_key, created_at,
             state_changed_at, deleted_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let mut row = vec![user.tenant.into(), user.id.into(), stored(user.version).into()];
    row.extend(columns(user)?);
    insert(tx, sql, &row, "email").await?;
    let Some(account) = account else {
        return Ok(());
    };
    belongs(user, account.tenant, account.user)?;
    put_local_account(tx, account).await
}

pub(super) async fn update_user(tx: &mut Writing, mut user: User) -> Result<(), ChangeError> {
    let read = stored(user.version);
    user.version += 1;
    let sql = "UPDATE users SET version = $4, email_key = $5, user_type = $6, state = $7, status = $8, name_key = $9,
             created_at = $10, state_changed_at = $11, deleted_at = $12, body = $13
         WHERE tenant = $1 AND id = $2 AND version = $3";
    let mut row = vec![user.tenant.into(), user.id.into(), read.into(), stored(user.version).into()];
    row.extend(columns(&user)?);
    if write(tx, sql, &row, "email").await? == 0 {
        let sql = "SELECT id FROM users WHERE tenant = $1 AND id = $2";
        return Err(stale_or_missing(tx, sql, args![user.tenant, user.id]).await);
    }
    Ok(())
}

/// What people are found by, and the body.
fn columns(user: &User) -> Result<[Arg; 9], ChangeError> {
    Ok([
        user.email.key().into(),
        user_type(user.user_type).into(),
        user.external_user_state.map(user_state).into(),
        user_status(user.status).into(),
        TextField::DisplayName.key(user).into(),
        user.created_at.into(),
        user.external_user_state_changed_at.into(),
        user.deleted_at.into(),
        body(user)?.into(),
    ])
}

/// Fills the columns of some rows that were written before there were these columns. Returns how many it filled.
pub(crate) async fn fill_columns(tx: &mut Writing) -> Result<u64, ChangeError> {
    let sql = "SELECT body FROM users WHERE created_at IS NULL ORDER BY tenant, id LIMIT 500";
    let rows = tx.read(sql, &[]).await.map_err(Unavailable::because)?;
    let sql = "UPDATE users SET email_key = $4, user_type = $5, state = $6, status = $7, name_key = $8, created_at = $9,
             state_changed_at = $10, deleted_at = $11, body = $12
         WHERE tenant = $1 AND id = $2 AND version = $3";
    let mut filled = 0;
    for row in &rows {
        let user: User = decode(row)?;
        let mut row = vec![user.tenant.into(), user.id.into(), stored(user.version).into()];
        row.extend(columns(&user)?);
        filled += write(tx, sql, &row, "email").await?;
    }
    Ok(filled)
}

pub(super) async fn delete_user(tx: &mut Writing, tenant: TenantId, id: UserId) -> Result<(), ChangeError> {
    delete(
        tx,
        "DELETE FROM users WHERE tenant = $1 AND id = $2 AND deleted_at IS NOT NULL",
        args![tenant, id],
    )
    .await
}

pub(super) async fn put_local_account(tx: &mut Writing, account: &LocalAccount) -> Result<(), ChangeError> {
    let sql = "INSERT INTO local_accounts (tenant, user_id, body) VALUES ($1, $2, $3)
         ON CONFLICT (tenant, user_id) DO UPDATE SET body = excluded.body";
    insert(tx, sql, args![account.tenant, account.user, body(account)?], "account").await
}

/// A lightweight account that is still there.
pub(super) async fn update_local_account(
    tx: &mut Writing,
    account: &LocalAccount,
) -> Result<(), ChangeError> {
    let sql = "UPDATE local_accounts SET body = $1 WHERE tenant = $2 AND user_id = $3";
    match write(tx, sql, args![body(account)?, account.tenant, account.user], "account").await? {
        0 => Err(ChangeError::NotFound),
        _ => Ok(()),
    }
}

pub(super) async fn rehash_password(
    tx: &mut Writing,
    before: &LocalAccount,
    after: &LocalAccount,
) -> Result<(), ChangeError> {
    let sql = "UPDATE local_accounts SET body = $1 WHERE tenant = $2 AND user_id = $3 AND body = $4";
    let row = args![body(after)?, before.tenant, before.user, body(before)?];
    match write(tx, sql, row, "account").await? {
        0 => Err(ChangeError::Stale),
        _ => Ok(()),
    }
}

pub(super) async fn put_consent(tx: &mut Writing, consent: &Consent) -> Result<(), ChangeError> {
    let sql = "INSERT INTO consents (tenant, user_id, client_id, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, user_id, client_id) DO UPDATE SET body = excluded.body";
    let row = args![consent.tenant, consent.user, consent.client.as_str(), body(consent)?];
    insert(tx, sql, row, "consent").await
}

/// Law 7: what is written for a person belongs to that person in that tenant.
pub(super) fn belongs(user: &User, tenant: TenantId, id: UserId) -> Result<(), ChangeError> {
    if (user.tenant, user.id) == (tenant, id) { Ok(()) } else { Err(ChangeError::NotFound) }
}
