//! Leave to register clients.

use super::access::{Answer, Api, PageQuery};
use crate::api::{MadeRegistrationToken, NewRegistrationTokenBody, Page, RegistrationToken};
use actix_web::{HttpResponse, web::Payload};
use hospes_idp::ids::RegistrationTokenId;

/// Lists initial access tokens, oldest first, also those that no longer work.
#[utoipa::path(
    get,
    path = "/registration-tokens",
    tag = "registration tokens",
    params(PageQuery),
    responses((status = 200, body = Page<RegistrationToken>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = admin.registration_tokens(api.page(&admin, &api.query()?)?).await?;
    Ok(api.found(&admin, page, RegistrationToken::from))
}

/// Makes an initial access token. The answer has its value, this once.
#[utoipa::path(
    post,
    path = "/registration-tokens",
    tag = "registration tokens",
    request_body = NewRegistrationTokenBody,
    responses((status = 201, body = MadeRegistrationToken))
)]
pub(super) async fn create(api: Api, payload: Payload) -> Answer {
    let admin = api.fresh_admin()?;
    let body: NewRegistrationTokenBody = api.body(payload).await?;
    let (token, value) = admin.create_registration_token(body.read()?).await?;
    Ok(HttpResponse::Created().json(MadeRegistrationToken::of(token, &value)))
}

/// Withdraws an initial access token. The clients it made stay.
#[utoipa::path(
    delete,
    path = "/registration-tokens/{id}",
    tag = "registration tokens",
    params(("id" = String, Path)),
    responses((status = 204))
)]
pub(super) async fn revoke(api: Api) -> Answer {
    let id = RegistrationTokenId(api.id()?);
    api.fresh_admin()?.revoke_registration_token(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
