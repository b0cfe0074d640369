//! Rows of people: directory objects, lightweight accounts and consents.

use super::{args, body, delete, insert, stale_or_missing, stored, write};
use crate::sql::row::{user_state, user_type};
use crate::sql::statement::Writing;
use hospes_idp::guest::user::{Consent, LocalAccount, User};
use hospes_idp::ids::{TenantId, UserId};
use hospes_idp::ports::ChangeError;

pub(super) async fn insert_user(
    tx: &mut Writing,
    user: &User,
    account: Option<&LocalAccount>,
) -> Result<(), ChangeError> {
    let sql = "INSERT INTO users (tenant, id, email_key, user_type, state, version, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = args![
        user.tenant,
        user.id,
        user.email.key(),
        user_type(user.user_type),
        user.external_user_state.map(user_state),
        stored(user.version),
        body(user)?,
    ];
    insert(tx, sql, row, "email").await?;
    let Some(account) = account else {
        return Ok(());
    };
    belongs(user, account.tenant, account.user)?;
    put_local_account(tx, account).await
}

pub(super) async fn update_user(tx: &mut Writing, mut user: User) -> Result<(), ChangeError> {
    let read = stored(user.version);
    user.version += 1;
    let sql = "UPDATE users SET email_key = $1, user_type = $2, state = $3, version = $4, body = $5
         WHERE tenant = $6 AND id = $7 AND version = $8";
    let row = args![
        user.email.key(),
        user_type(user.user_type),
        user.external_user_state.map(user_state),
        stored(user.version),
        body(&user)?,
        user.tenant,
        user.id,
        read,
    ];
    if write(tx, sql, row, "email").await? == 0 {
        let sql = "SELECT id FROM users WHERE tenant = $1 AND id = $2";
        return Err(stale_or_missing(tx, sql, args![user.tenant, user.id]).await);
    }
    Ok(())
}

pub(super) async fn delete_user(tx: &mut Writing, tenant: TenantId, id: UserId) -> Result<(), ChangeError> {
    delete(tx, "DELETE FROM users WHERE tenant = $1 AND id = $2", args![tenant, id]).await
}

pub(super) async fn put_local_account(tx: &mut Writing, account: &LocalAccount) -> Result<(), ChangeError> {
    let sql = "INSERT INTO local_accounts (tenant, user_id, body) VALUES ($1, $2, $3)
         ON CONFLICT (tenant, user_id) DO UPDATE SET body = excluded.body";
    insert(tx, sql, args![account.tenant, account.user, body(account)?], "account").await
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
