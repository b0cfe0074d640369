//! Signing keys.

use super::access::{Answer, Api};
use crate::api::{Key, NewKey, Page};
use actix_web::HttpResponse;
use actix_web::web::Payload;
use hospes_idp::admin::keys::ListedKey;

/// Lists all keys, oldest first; always one page.
#[utoipa::path(get, path = "/keys", tag = "keys", responses((status = 200, body = Page<Key>)))]
pub(super) async fn list(api: Api) -> Answer {
    Ok(HttpResponse::Ok().json(page(api.admin()?.signing_keys().await?)))
}

/// Adds a key, the first of its algorithm or the next one. It is published now and signs when everybody knows it.
#[utoipa::path(
    post,
    path = "/keys",
    tag = "keys",
    request_body = NewKey,
    responses((status = 201, body = Key))
)]
pub(super) async fn add(api: Api, payload: Payload) -> Answer {
    let admin = api.fresh_admin()?;
    let new: NewKey = api.body(payload).await?;
    let key = admin.add_signing_key(new.algorithm.into()).await?;
    Ok(HttpResponse::Created().json(Key::from(key)))
}

/// Adds the next key of each algorithm there is a key of, ahead of the schedule.
#[utoipa::path(post, path = "/keys/rotate", tag = "keys", responses((status = 201, body = Page<Key>)))]
pub(super) async fn rotate(api: Api) -> Answer {
    Ok(HttpResponse::Created().json(page(api.fresh_admin()?.rotate_signing_keys().await?)))
}

/// Takes a key away at once, with every token it signed; another one signs from now on. Answers with those there are.
#[utoipa::path(
    post,
    path = "/keys/{id}/revoke",
    tag = "keys",
    params(("id" = String, Path, description = "`keyId`")),
    responses((status = 200, body = Page<Key>))
)]
pub(super) async fn revoke(api: Api) -> Answer {
    let admin = api.fresh_admin()?;
    admin.revoke_signing_key(&api.id::<String>()?).await?;
    Ok(HttpResponse::Ok().json(page(admin.signing_keys().await?)))
}

fn page(keys: Vec<ListedKey>) -> Page<Key> {
    Page { items: keys.into_iter().map(Key::from).collect(), next: None }
}
