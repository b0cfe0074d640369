//! Changes: which rows each one writes. All in the caller's transaction, so a change that fails leaves nothing behind.
//!
//! The time of a change is the time of its audit entry. Whether a change is allowed was decided before it came here.

mod groups;
mod invitations;
mod people;
mod registration;
mod registry;

pub(super) use people::fill_columns;

use super::statement::{Arg, Writing, args};
use super::{notices, outbox};
use hospes_idp::audit::AuditEvent;
use hospes_idp::ports::{Change, ChangeError, Unavailable};
use serde::Serialize;
use sqlx::error::ErrorKind;
use std::sync::LazyLock;

/// Makes a change and records it.
pub(super) async fn apply(tx: &mut Writing, change: Change, audit: &AuditEvent) -> Result<(), ChangeError> {
    match change {
        Change::CreateTenant(tenant, keys) => registry::create_tenant(tx, &tenant, &keys).await,
        Change::UpdateTenant(tenant) => registry::update_tenant(tx, tenant).await,
        Change::InsertSigningKey(key) => registry::insert_signing_key(tx, &key).await,
        Change::RemoveSigningKey { tenant, key_id, successor } => {
            registry::remove_signing_key(tx, (tenant, &key_id), successor.as_ref()).await
        }
        Change::InsertClient(client) => registry::insert_client(tx, &client).await,
        Change::UpdateClient(client) => registry::update_client(tx, client).await,
        Change::DeleteClient(tenant, id) => registry::delete_client(tx, tenant, &id).await,
        Change::InsertRegistrationToken(token) => registration::insert_token(tx, &token).await,
        Change::DeleteRegistrationToken(tenant, id) => registration::delete_token(tx, (tenant, id)).await,
        Change::RegisterClient(client, by) => registration::register_client(tx, &client, by).await,
        Change::InsertHomeIdp(home_idp) => registry::insert_home_idp(tx, &home_idp).await,
        Change::UpdateHomeIdp(home_idp) => registry::update_home_idp(tx, home_idp).await,
        Change::DeleteHomeIdp(tenant, id) => registry::delete_home_idp(tx, tenant, id).await,
        Change::InsertUser(user, account) => people::insert_user(tx, &user, account.as_ref()).await,
        Change::UpdateUser(user) => people::update_user(tx, user).await,
        Change::DeleteUser(tenant, id) => people::delete_user(tx, tenant, id).await,
        Change::ReplacePassword(account, notice) => {
            people::update_local_account(tx, &account).await?;
            outbox::enqueue(tx, &notice).await
        }
        Change::RehashPassword { before, after } => people::rehash_password(tx, &before, &after).await,
        Change::Invite { user, invitee, invitation, mail } => {
            invitations::invite(tx, (&user, invitee), &invitation, audit.at).await?;
            match &mail {
                Some(mail) => outbox::enqueue(tx, mail).await,
                None => Ok(()),
            }
        }
        Change::RevokeInvitation(tenant, id, at) => invitations::revoke(tx, (tenant, id), at).await,
        Change::Admit(admission) => invitations::admit(tx, *admission, audit.at).await,
        Change::PutConsent(consent) => people::put_consent(tx, &consent).await,
        Change::InsertGroup(group) => groups::insert_group(tx, &group).await,
        Change::UpdateGroup(group) => groups::update_group(tx, group).await,
        Change::DeleteGroup(tenant, id) => groups::delete_group(tx, tenant, id).await,
        Change::AddMember(membership) => groups::add_member(tx, membership).await,
        Change::RemoveMember(membership) => groups::remove_member(tx, membership).await,
        Change::EnqueueMail(mail) => outbox::enqueue(tx, &mail).await,
        Change::EnqueueNotices(news) => notices::enqueue(tx, &news).await,
    }?;
    let sql = "INSERT INTO audit (tenant, id, reference, body) VALUES ($1, $2, $3, $4)";
    insert(tx, sql, &audit_row(audit)?, "audit entry").await
}

/// Rows a statement can insert, the largest first, and the statements. Both engines take far more placeholders.
static APPEND: LazyLock<[(usize, String); 3]> = LazyLock::new(|| {
    [64, 8, 1].map(|rows| {
        let row =
            |row: usize| format!("(${}, ${}, ${}, ${})", 4 * row + 1, 4 * row + 2, 4 * row + 3, 4 * row + 4);
        let values: Vec<String> = (0..rows).map(row).collect();
        let insert = "INSERT INTO audit (tenant, id, reference, body) VALUES";
        (rows, format!("{insert} {} ON CONFLICT DO NOTHING", values.join(", ")))
    })
});

/// Records without a change. An entry that is already there, because an answer was lost on the way, is not repeated.
pub(super) async fn append_audit(tx: &mut Writing, events: &[AuditEvent]) -> Result<(), Unavailable> {
    let mut left = events;
    for (rows, sql) in APPEND.iter() {
        while let Some((these, rest)) = left.split_at_checked(*rows) {
            let args: Vec<[Arg; 4]> = these.iter().map(audit_row).collect::<Result<_, _>>()?;
            tx.execute(sql, args.as_flattened()).await.map_err(Unavailable::because)?;
            left = rest;
        }
    }
    Ok(())
}

fn audit_row(audit: &AuditEvent) -> Result<[Arg; 4], Unavailable> {
    Ok([
        audit.tenant.into(),
        audit.id.to_string().into(),
        audit.reference.as_str().into(),
        body(audit)?.into(),
    ])
}

/// A domain value as it is kept.
pub(super) fn body(value: &impl Serialize) -> Result<String, Unavailable> {
    serde_json::to_string(value).map_err(Unavailable::because)
}

/// Adds or replaces rows. A key that is taken is a conflict over `taken`; a row that must exist and does not is
/// [`ChangeError::NotFound`].
pub(super) async fn insert(
    tx: &mut Writing,
    sql: &'static str,
    args: &[Arg],
    taken: &'static str,
) -> Result<(), ChangeError> {
    write(tx, sql, args, taken).await.map(drop)
}

async fn write(
    tx: &mut Writing,
    sql: &'static str,
    args: &[Arg],
    taken: &'static str,
) -> Result<u64, ChangeError> {
    tx.execute(sql, args).await.map_err(|error| {
        match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
            Some(ErrorKind::UniqueViolation) => ChangeError::Conflict(taken),
            Some(ErrorKind::ForeignKeyViolation) => ChangeError::NotFound,
            _ => Unavailable::because(error).into(),
        }
    })
}

/// Deletes what must be there.
async fn delete(tx: &mut Writing, sql: &'static str, args: &[Arg]) -> Result<(), ChangeError> {
    match tx.execute(sql, args).await.map_err(Unavailable::because)? {
        0 => Err(ChangeError::NotFound),
        _ => Ok(()),
    }
}

/// Why a conditional update found no row: `sql` asks whether the object is there at all.
async fn stale_or_missing(tx: &mut Writing, sql: &'static str, args: &[Arg]) -> ChangeError {
    match tx.read(sql, args).await {
        Ok(rows) if rows.is_empty() => ChangeError::NotFound,
        Ok(_) => ChangeError::Stale,
        Err(error) => Unavailable::because(error).into(),
    }
}

/// A version as it is kept.
fn stored(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
