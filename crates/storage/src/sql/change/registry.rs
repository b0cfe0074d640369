//! Rows of tenants, signing keys, clients and home IdPs.

use super::{args, body, delete, insert, stale_or_missing, stored, write};
use crate::sql::statement::Writing;
use hospes_idp::client::Client;
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::ids::{HomeIdpId, TenantId};
use hospes_idp::ports::ChangeError;
use hospes_idp::tenant::{SigningKey, Tenant};
use hospes_protocol::ClientId;

pub(super) async fn create_tenant(
    tx: &mut Writing,
    tenant: &Tenant,
    keys: &[SigningKey],
) -> Result<(), ChangeError> {
    let sql = "INSERT INTO tenants (id, slug, version, body) VALUES ($1, $2, $3, $4)";
    let version = stored(tenant.version);
    let row = args![tenant.id, tenant.slug.as_str(), version, body(tenant)?];
    insert(tx, sql, row, "slug").await?;
    for key in keys {
        insert_signing_key(tx, key).await?;
    }
    Ok(())
}

pub(super) async fn update_tenant(tx: &mut Writing, mut tenant: Tenant) -> Result<(), ChangeError> {
    let read = stored(tenant.version);
    tenant.version += 1;
    let version = stored(tenant.version);
    let sql = "UPDATE tenants SET slug = $1, version = $2, body = $3 WHERE id = $4 AND version = $5";
    let row = args![tenant.slug.as_str(), version, body(&tenant)?, tenant.id, read];
    match write(tx, sql, row, "slug").await? {
        0 => Err(stale_or_missing(tx, "SELECT id FROM tenants WHERE id = $1", args![tenant.id]).await),
        _ => Ok(()),
    }
}

pub(super) async fn insert_signing_key(tx: &mut Writing, key: &SigningKey) -> Result<(), ChangeError> {
    let sql = "INSERT INTO signing_keys (tenant, key_id, created_at, body) VALUES ($1, $2, $3, $4)";
    let row = args![key.tenant, key.key_id.as_str(), key.created_at, body(key)?];
    insert(tx, sql, row, "key_id").await
}

pub(super) async fn remove_signing_key(
    tx: &mut Writing,
    (tenant, key_id): (TenantId, &str),
    successor: Option<&SigningKey>,
) -> Result<(), ChangeError> {
    let sql = "DELETE FROM signing_keys WHERE tenant = $1 AND key_id = $2";
    delete(tx, sql, args![tenant, key_id]).await?;
    let Some(key) = successor else {
        return Ok(());
    };
    // Law 7: another tenant's key takes nobody's place.
    if key.tenant != tenant {
        return Err(ChangeError::NotFound);
    }
    let sql = "INSERT INTO signing_keys (tenant, key_id, created_at, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, key_id) DO UPDATE SET body = excluded.body";
    insert(tx, sql, args![tenant, key.key_id.as_str(), key.created_at, body(key)?], "key_id").await
}

pub(super) async fn insert_client(tx: &mut Writing, client: &Client) -> Result<(), ChangeError> {
    let sql = "INSERT INTO clients (tenant, client_id, version, body) VALUES ($1, $2, $3, $4)";
    let version = stored(client.version);
    let row = args![client.tenant, client.client_id.as_str(), version, body(client)?];
    insert(tx, sql, row, "client_id").await
}

pub(super) async fn update_client(tx: &mut Writing, mut client: Client) -> Result<(), ChangeError> {
    let read = stored(client.version);
    client.version += 1;
    let (tenant, id) = (client.tenant, client.client_id.as_str());
    let sql =
        "UPDATE clients SET version = $1, body = $2 WHERE tenant = $3 AND client_id = $4 AND version = $5";
    let row = args![stored(client.version), body(&client)?, tenant, id, read];
    if write(tx, sql, row, "client_id").await? == 0 {
        let sql = "SELECT client_id FROM clients WHERE tenant = $1 AND client_id = $2";
        return Err(stale_or_missing(tx, sql, args![tenant, id]).await);
    }
    Ok(())
}

pub(super) async fn delete_client(
    tx: &mut Writing,
    tenant: TenantId,
    id: &ClientId,
) -> Result<(), ChangeError> {
    let sql = "DELETE FROM clients WHERE tenant = $1 AND client_id = $2";
    delete(tx, sql, args![tenant, id.as_str()]).await
}

pub(super) async fn insert_home_idp(tx: &mut Writing, home_idp: &HomeIdp) -> Result<(), ChangeError> {
    let sql = "INSERT INTO home_idps (tenant, id, version, body) VALUES ($1, $2, $3, $4)";
    let version = stored(home_idp.version);
    let row = args![home_idp.tenant, home_idp.id, version, body(home_idp)?];
    insert(tx, sql, row, "home IdP").await?;
    insert_domains(tx, home_idp).await
}

pub(super) async fn update_home_idp(tx: &mut Writing, mut home_idp: HomeIdp) -> Result<(), ChangeError> {
    let read = stored(home_idp.version);
    home_idp.version += 1;
    let (tenant, id) = (home_idp.tenant, home_idp.id);
    let sql = "UPDATE home_idps SET version = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";
    let row = args![stored(home_idp.version), body(&home_idp)?, tenant, id, read];
    if write(tx, sql, row, "home IdP").await? == 0 {
        let sql = "SELECT id FROM home_idps WHERE tenant = $1 AND id = $2";
        return Err(stale_or_missing(tx, sql, args![tenant, id]).await);
    }
    let sql = "DELETE FROM home_idp_domains WHERE tenant = $1 AND home_idp = $2";
    write(tx, sql, args![tenant, id], "domain").await?;
    insert_domains(tx, &home_idp).await
}

async fn insert_domains(tx: &mut Writing, home_idp: &HomeIdp) -> Result<(), ChangeError> {
    let sql = "INSERT INTO home_idp_domains (tenant, domain, home_idp) VALUES ($1, $2, $3)";
    for home in &home_idp.domains {
        let row = args![home_idp.tenant, home.domain.as_str(), home_idp.id];
        insert(tx, sql, row, "domain").await?;
    }
    Ok(())
}

pub(super) async fn delete_home_idp(
    tx: &mut Writing,
    tenant: TenantId,
    id: HomeIdpId,
) -> Result<(), ChangeError> {
    let sql = "DELETE FROM home_idps WHERE tenant = $1 AND id = $2";
    delete(tx, sql, args![tenant, id]).await
}
