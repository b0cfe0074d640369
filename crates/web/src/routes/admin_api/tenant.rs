//! The tenant and its rules.

use super::access::{Answer, Api, versioned};
use crate::api::{Tenant, TenantPatch};
use actix_web::{HttpResponse, web::Payload};
use hospes_idp::admin::tenants as admin;

/// Reads the tenant.
#[utoipa::path(get, path = "/tenant", tag = "tenant", responses((status = 200, body = Tenant)))]
pub(super) async fn read(api: Api) -> Answer {
    let tenant = api.admin()?.tenant().clone();
    let issuer = api.site.idp().issuer(&tenant).to_string();
    Ok(versioned(HttpResponse::Ok(), tenant.version, &Tenant::of(tenant, issuer)))
}

/// Changes name and rules.
#[utoipa::path(
    patch,
    path = "/tenant",
    tag = "tenant",
    params(super::openapi::IfMatch),
    request_body = TenantPatch,
    responses((status = 200, body = Tenant))
)]
pub(super) async fn update(api: Api, payload: Payload) -> Answer {
    let handle = api.fresh_admin()?;
    let patch: TenantPatch = api.body(payload).await?;
    let settings = patch.settings.map(|change| change.apply(handle.tenant().settings.clone())).transpose()?;
    let patch = admin::TenantPatch { display_name: patch.display_name, settings, status: None };
    let tenant = handle.update_tenant(patch, api.if_match()).await?;
    let issuer = api.site.idp().issuer(&tenant).to_string();
    Ok(versioned(HttpResponse::Ok(), tenant.version, &Tenant::of(tenant, issuer)))
}
