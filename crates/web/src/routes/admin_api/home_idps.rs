//! Home IdPs.

use super::access::{Answer, Api, PageQuery, versioned};
use crate::api::{HomeIdp, HomeIdpBody, Page};
use actix_web::{HttpResponse, web::Payload};
use hospes_idp::ids::HomeIdpId;
use uuid::Uuid;

/// Lists home IdPs, oldest first.
#[utoipa::path(
    get,
    path = "/home-idps",
    tag = "home IdPs",
    params(PageQuery),
    responses((status = 200, body = Page<HomeIdp>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = admin.home_idps(api.page(&admin, &api.query()?)?).await?;
    Ok(api.found(&admin, page, |home_idp| {
        let addresses = admin.addresses(home_idp.id);
        HomeIdp::of(home_idp, addresses)
    }))
}

/// Registers a home IdP after its discovery document was read. The answer says what to register there.
#[utoipa::path(
    post,
    path = "/home-idps",
    tag = "home IdPs",
    request_body = HomeIdpBody,
    responses((status = 201, body = HomeIdp))
)]
pub(super) async fn create(api: Api, payload: Payload) -> Answer {
    let admin = api.fresh_admin()?;
    let body: HomeIdpBody = api.body(payload).await?;
    let home_idp = admin.create_home_idp(body.settings()?).await?;
    let addresses = admin.addresses(home_idp.id);
    let mut response = HttpResponse::Created();
    response.insert_header(api.location(&format!("/home-idps/{}", home_idp.id)));
    Ok(versioned(response, home_idp.version, &HomeIdp::of(home_idp, addresses)))
}

/// Reads a home IdP.
#[utoipa::path(
    get,
    path = "/home-idps/{id}",
    tag = "home IdPs",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = HomeIdp))
)]
pub(super) async fn read(api: Api) -> Answer {
    let admin = api.admin()?;
    let home_idp = admin.home_idp(HomeIdpId(api.id()?)).await?;
    let addresses = admin.addresses(home_idp.id);
    Ok(versioned(HttpResponse::Ok(), home_idp.version, &HomeIdp::of(home_idp, addresses)))
}

/// Changes a home IdP to be exactly as said; an absent secret stays.
#[utoipa::path(
    put,
    path = "/home-idps/{id}",
    tag = "home IdPs",
    params(("id" = Uuid, Path), super::openapi::IfMatch),
    request_body = HomeIdpBody,
    responses((status = 200, body = HomeIdp))
)]
pub(super) async fn replace(api: Api, payload: Payload) -> Answer {
    let (admin, id) = (api.fresh_admin()?, HomeIdpId(api.id()?));
    let body: HomeIdpBody = api.body(payload).await?;
    let home_idp = admin.update_home_idp(id, body.settings()?, api.if_match()).await?;
    let addresses = admin.addresses(id);
    Ok(versioned(HttpResponse::Ok(), home_idp.version, &HomeIdp::of(home_idp, addresses)))
}

/// Deletes a home IdP with its links. Its guests stay.
#[utoipa::path(
    delete,
    path = "/home-idps/{id}",
    tag = "home IdPs",
    params(("id" = Uuid, Path), super::openapi::IfMatch),
    responses((status = 204))
)]
pub(super) async fn remove(api: Api) -> Answer {
    api.fresh_admin()?.delete_home_idp(HomeIdpId(api.id::<Uuid>()?), api.if_match()).await?;
    Ok(HttpResponse::NoContent().finish())
}
