//! Clients.

use super::access::{Answer, Api, PageQuery, versioned};
use crate::api::{ClaimsPreview, ClaimsPreviewBody, Client, ClientBody, ClientWithSecret, Page};
use actix_web::{HttpResponse, web::Payload};
use hospes_protocol::ClientId;

/// Lists clients by identifier.
#[utoipa::path(
    get,
    path = "/clients",
    tag = "clients",
    params(PageQuery),
    responses((status = 200, body = Page<Client>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = admin.clients(api.page(&admin, &api.query()?)?).await?;
    Ok(api.found(&admin, page, Client::from))
}

/// Registers a client. The answer has its secret, this once.
#[utoipa::path(
    post,
    path = "/clients",
    tag = "clients",
    request_body = ClientBody,
    responses((status = 201, body = ClientWithSecret))
)]
pub(super) async fn create(api: Api, payload: Payload) -> Answer {
    let admin = api.fresh_admin()?;
    let body: ClientBody = api.body(payload).await?;
    let id = body.client_id.clone();
    let (client, secret) = admin.create_client(id.as_deref(), body.settings()?).await?;
    let mut response = HttpResponse::Created();
    response.insert_header(api.location(&format!("/clients/{}", client.client_id)));
    Ok(versioned(response, client.version, &ClientWithSecret::of(client, secret.as_ref())))
}

/// Reads a client.
#[utoipa::path(
    get,
    path = "/clients/{id}",
    tag = "clients",
    params(("id" = String, Path)),
    responses((status = 200, body = Client))
)]
pub(super) async fn read(api: Api) -> Answer {
    let client = api.admin()?.client(&id(&api)?).await?;
    Ok(versioned(HttpResponse::Ok(), client.version, &Client::from(client)))
}

/// Changes a client to be exactly as said. Its secrets stay.
#[utoipa::path(
    put,
    path = "/clients/{id}",
    tag = "clients",
    params(("id" = String, Path), super::openapi::IfMatch),
    request_body = ClientBody,
    responses((status = 200, body = Client))
)]
pub(super) async fn replace(api: Api, payload: Payload) -> Answer {
    let (admin, id) = (api.fresh_admin()?, id(&api)?);
    let body: ClientBody = api.body(payload).await?;
    // API-03: the path says which.
    if body.client_id.as_deref().is_some_and(|named| named != id.as_str()) {
        return Err(vec!["clientId cannot change".to_owned()].into());
    }
    let client = admin.update_client(&id, body.settings()?, api.if_match()).await?;
    Ok(versioned(HttpResponse::Ok(), client.version, &Client::from(client)))
}

/// Deletes a client.
#[utoipa::path(
    delete,
    path = "/clients/{id}",
    tag = "clients",
    params(("id" = String, Path), super::openapi::IfMatch),
    responses((status = 204))
)]
pub(super) async fn remove(api: Api) -> Answer {
    api.fresh_admin()?.delete_client(&id(&api)?, api.if_match()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes a new secret, shown this once. The ones before work for another day.
#[utoipa::path(
    post,
    path = "/clients/{id}/secret",
    tag = "clients",
    params(("id" = String, Path), super::openapi::IfMatch),
    responses((status = 200, body = ClientWithSecret))
)]
pub(super) async fn rotate_secret(api: Api) -> Answer {
    let (client, secret) = api.fresh_admin()?.rotate_client_secret(&id(&api)?, api.if_match()).await?;
    Ok(versioned(HttpResponse::Ok(), client.version, &ClientWithSecret::of(client, Some(&secret))))
}

/// What the client would be told about a person. Nothing is issued.
#[utoipa::path(
    post,
    path = "/clients/{id}/claims-preview",
    tag = "clients",
    params(("id" = String, Path)),
    request_body = ClaimsPreviewBody,
    responses((status = 200, body = ClaimsPreview))
)]
pub(super) async fn preview_claims(api: Api, payload: Payload) -> Answer {
    let (admin, id) = (api.admin()?, id(&api)?);
    let body: ClaimsPreviewBody = api.body(payload).await?;
    let (person, asked) = body.asked()?;
    let preview = admin.preview_claims(&id, person, asked).await?;
    Ok(HttpResponse::Ok().json(ClaimsPreview::from(preview)))
}

fn id(api: &Api) -> Result<ClientId, super::failure::Refused> {
    api.id::<String>().map(ClientId::new)
}
