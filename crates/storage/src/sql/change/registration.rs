//! Rows of leave to register clients, and of clients registered with it.

use super::registry::insert_client;
use super::{args, body, delete, insert, stale_or_missing, write};
use crate::sql::statement::Writing;
use hospes_idp::client::Client;
use hospes_idp::ids::{RegistrationTokenId, TenantId};
use hospes_idp::ports::ChangeError;
use hospes_idp::registration::record::RegistrationToken;

pub(super) async fn insert_token(tx: &mut Writing, token: &RegistrationToken) -> Result<(), ChangeError> {
    let sql = "INSERT INTO registration_tokens (tenant, id, secret, clients, max_clients, body)
         VALUES ($1, $2, $3, 0, $4, $5)";
    let row = args![token.tenant, token.id, token.secret, i64::from(token.max_clients), body(token)?];
    insert(tx, sql, row, "registration token").await
}

pub(super) async fn delete_token(
    tx: &mut Writing,
    (tenant, id): (TenantId, RegistrationTokenId),
) -> Result<(), ChangeError> {
    let sql = "DELETE FROM registration_tokens WHERE tenant = $1 AND id = $2";
    delete(tx, sql, args![tenant, id]).await
}

/// Counting is the gate: of any number at once, as many pass as there are clients left.
pub(super) async fn register_client(
    tx: &mut Writing,
    client: &Client,
    by: RegistrationTokenId,
) -> Result<(), ChangeError> {
    let sql = "UPDATE registration_tokens SET clients = clients + 1
         WHERE tenant = $1 AND id = $2 AND clients < max_clients";
    if write(tx, sql, args![client.tenant, by], "registration token").await? == 0 {
        let sql = "SELECT id FROM registration_tokens WHERE tenant = $1 AND id = $2";
        return Err(stale_or_missing(tx, sql, args![client.tenant, by]).await);
    }
    insert_client(tx, client).await
}
