//! Signing keys.

use super::access::{Answer, Api};
use crate::api::{Key, NewKey, Page};
use actix_web::{HttpResponse, web::Payload};

/// Lists all keys, oldest first; always one page.
#[utoipa::path(get, path = "/keys", tag = "keys", responses((status = 200, body = Page<Key>)))]
pub(super) async fn list(api: Api) -> Answer {
    let keys = api.admin()?.signing_keys().await?;
    Ok(HttpResponse::Ok().json(Page { items: keys.into_iter().map(Key::from).collect(), next: None }))
}

/// Makes a key that signs from now on; older ones keep verifying.
#[utoipa::path(
    post,
    path = "/keys",
    tag = "keys",
    request_body = NewKey,
    responses((status = 201, body = Key))
)]
pub(super) async fn add(api: Api, payload: Payload) -> Answer {
    let admin = api.admin()?;
    let new: NewKey = api.body(payload).await?;
    let key = admin.add_signing_key(new.algorithm.into()).await?;
    Ok(HttpResponse::Created().json(Key::from(key)))
}
