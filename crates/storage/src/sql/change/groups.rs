//! Rows of groups and their members.

use super::{args, body, delete, insert, stale_or_missing, stored, write};
use crate::sql::statement::Writing;
use hospes_idp::guest::group::{Group, Membership};
use hospes_idp::ids::{GroupId, TenantId};
use hospes_idp::ports::ChangeError;

pub(super) async fn insert_group(tx: &mut Writing, group: &Group) -> Result<(), ChangeError> {
    let sql = "INSERT INTO groups (tenant, id, name_key, version, body) VALUES ($1, $2, $3, $4, $5)";
    let row = args![group.tenant, group.id, group.name_key(), stored(group.version), body(group)?];
    insert(tx, sql, row, "displayName").await
}

pub(super) async fn update_group(tx: &mut Writing, mut group: Group) -> Result<(), ChangeError> {
    let read = stored(group.version);
    group.version += 1;
    let sql = "UPDATE groups SET name_key = $1, version = $2, body = $3
         WHERE tenant = $4 AND id = $5 AND version = $6";
    let row = args![group.name_key(), stored(group.version), body(&group)?, group.tenant, group.id, read];
    if write(tx, sql, row, "displayName").await? == 0 {
        let sql = "SELECT id FROM groups WHERE tenant = $1 AND id = $2";
        return Err(stale_or_missing(tx, sql, args![group.tenant, group.id]).await);
    }
    Ok(())
}

pub(super) async fn delete_group(tx: &mut Writing, tenant: TenantId, id: GroupId) -> Result<(), ChangeError> {
    delete(tx, "DELETE FROM groups WHERE tenant = $1 AND id = $2", args![tenant, id]).await
}

/// Somebody who is a member stays one.
pub(super) async fn add_member(tx: &mut Writing, membership: Membership) -> Result<(), ChangeError> {
    let sql =
        "INSERT INTO group_members (tenant, group_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    insert(tx, sql, args![membership.tenant, membership.group, membership.user], "member").await
}

pub(super) async fn remove_member(tx: &mut Writing, membership: Membership) -> Result<(), ChangeError> {
    let sql = "DELETE FROM group_members WHERE tenant = $1 AND group_id = $2 AND user_id = $3";
    delete(tx, sql, args![membership.tenant, membership.group, membership.user]).await
}
