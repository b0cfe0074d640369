//! People who were deleted and can be restored.

use super::access::{Answer, Api, PageQuery, versioned};
use crate::api::{Page, User};
use actix_web::HttpResponse;
use hospes_idp::ids::UserId;
use hospes_idp::ports::UserQuery;
use uuid::Uuid;

/// Lists people who were deleted, oldest first.
#[utoipa::path(
    get,
    path = "/deleted-users",
    tag = "users",
    params(PageQuery),
    responses((status = 200, body = Page<User>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = api.page(&admin, &api.query()?)?;
    let page = admin.users(&UserQuery::default().deleted(), page).await?;
    Ok(api.found(&admin, page, User::from))
}

/// Reads a person who was deleted.
#[utoipa::path(
    get,
    path = "/deleted-users/{id}",
    tag = "users",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = User))
)]
pub(super) async fn read(api: Api) -> Answer {
    let user = api.admin()?.deleted_user(UserId(api.id::<Uuid>()?)).await?;
    Ok(versioned(HttpResponse::Ok(), user.version, &User::from(user)))
}

/// Makes a person who was deleted what they were. Sessions and tokens stay ended.
#[utoipa::path(
    post,
    path = "/deleted-users/{id}/restore",
    tag = "users",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = User))
)]
pub(super) async fn restore(api: Api) -> Answer {
    let user = api.fresh_admin()?.restore_user(UserId(api.id::<Uuid>()?)).await?;
    Ok(versioned(HttpResponse::Ok(), user.version, &User::from(user)))
}

/// Removes a person who was deleted for good, with everything that is theirs.
#[utoipa::path(
    delete,
    path = "/deleted-users/{id}",
    tag = "users",
    params(("id" = Uuid, Path)),
    responses((status = 204))
)]
pub(super) async fn purge(api: Api) -> Answer {
    api.fresh_admin()?.purge_user(UserId(api.id::<Uuid>()?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
