//! Groups and who is in them.

use super::access::{Answer, Api, PageQuery, versioned};
use super::failure::Refused;
use crate::api::{Group, GroupBody, Page, User};
use actix_web::{HttpResponse, web::Payload};
use hospes_idp::ids::{GroupId, UserId};
use uuid::Uuid;

/// Lists groups, oldest first.
#[utoipa::path(
    get,
    path = "/groups",
    tag = "groups",
    params(PageQuery),
    responses((status = 200, body = Page<Group>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = admin.groups(api.page(&admin, &api.query()?)?).await?;
    Ok(api.found(&admin, page, Group::from))
}

/// Makes a group nobody is in.
#[utoipa::path(
    post,
    path = "/groups",
    tag = "groups",
    request_body = GroupBody,
    responses((status = 201, body = Group))
)]
pub(super) async fn create(api: Api, payload: Payload) -> Answer {
    let admin = api.admin()?;
    let body: GroupBody = api.body(payload).await?;
    let group = admin.create_group(body.into()).await?;
    let mut response = HttpResponse::Created();
    response.insert_header(api.location(&format!("/groups/{}", group.id)));
    Ok(versioned(response, group.version, &Group::from(group)))
}

/// Reads a group.
#[utoipa::path(
    get,
    path = "/groups/{id}",
    tag = "groups",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Group))
)]
pub(super) async fn read(api: Api) -> Answer {
    let group = api.admin()?.group(id(&api)?).await?;
    Ok(versioned(HttpResponse::Ok(), group.version, &Group::from(group)))
}

/// Changes a group to be exactly as said. Its members stay.
#[utoipa::path(
    put,
    path = "/groups/{id}",
    tag = "groups",
    params(("id" = Uuid, Path), super::openapi::IfMatch),
    request_body = GroupBody,
    responses((status = 200, body = Group))
)]
pub(super) async fn replace(api: Api, payload: Payload) -> Answer {
    let (admin, id) = (api.admin()?, id(&api)?);
    let body: GroupBody = api.body(payload).await?;
    let group = admin.update_group(id, body.into(), api.if_match()).await?;
    Ok(versioned(HttpResponse::Ok(), group.version, &Group::from(group)))
}

/// Deletes a group. The people stay.
#[utoipa::path(
    delete,
    path = "/groups/{id}",
    tag = "groups",
    params(("id" = Uuid, Path), super::openapi::IfMatch),
    responses((status = 204))
)]
pub(super) async fn remove(api: Api) -> Answer {
    api.admin()?.delete_group(id(&api)?, api.if_match()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the people in a group.
#[utoipa::path(
    get,
    path = "/groups/{id}/members",
    tag = "groups",
    params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<User>))
)]
pub(super) async fn members(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = admin.group_members(id(&api)?, api.page(&admin, &api.query()?)?).await?;
    Ok(api.found(&admin, page, User::from))
}

/// Puts somebody into a group. Whoever is in it stays.
#[utoipa::path(
    put,
    path = "/groups/{id}/members/{user}",
    tag = "groups",
    params(("id" = Uuid, Path), ("user" = Uuid, Path)),
    responses((status = 204))
)]
pub(super) async fn add_member(api: Api) -> Answer {
    api.admin()?.add_to_group(id(&api)?, user(&api)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes somebody out of a group.
#[utoipa::path(
    delete,
    path = "/groups/{id}/members/{user}",
    tag = "groups",
    params(("id" = Uuid, Path), ("user" = Uuid, Path)),
    responses((status = 204))
)]
pub(super) async fn remove_member(api: Api) -> Answer {
    api.admin()?.remove_from_group(id(&api)?, user(&api)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the groups a person is in.
#[utoipa::path(
    get,
    path = "/users/{id}/groups",
    tag = "users",
    params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<Group>))
)]
pub(super) async fn of_user(api: Api) -> Answer {
    let admin = api.admin()?;
    let page = admin.groups_of(UserId(api.id()?), api.page(&admin, &api.query()?)?).await?;
    Ok(api.found(&admin, page, Group::from))
}

fn id(api: &Api) -> Result<GroupId, Refused> {
    api.id::<Uuid>().map(GroupId)
}

fn user(api: &Api) -> Result<UserId, Refused> {
    api.part::<Uuid>("user").map(UserId)
}
