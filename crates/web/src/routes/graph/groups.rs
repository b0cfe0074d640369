//! `/groups`: reading groups, and who is in them.

use super::list::{Options, projected, single};
use super::person;
use super::users::{self, other, referred};
use crate::routes::admin_api::access::{Answer, Api};
use crate::routes::admin_api::failure::Refused;
use actix_web::HttpResponse;
use actix_web::web::Payload;
use hospes_idp::guest::group::Group;
use hospes_idp::ids::GroupId;
use serde_json::{Map, Value, json};
use uuid::Uuid;

const PROPERTIES: [&str; 7] =
    ["id", "createdDateTime", "description", "displayName", "groupTypes", "mailEnabled", "securityEnabled"];

pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let options = Options::of_list(&api)?;
    let selected = options.selected(&PROPERTIES)?;
    let page = admin.groups(options.page(&api, &admin)?).await?;
    let value = page.items.iter().map(|group| projected(properties(group), selected.as_deref())).collect();
    Ok(options.found((&api, &admin), "groups", (value, page.next)))
}

pub(super) async fn read(api: Api) -> Answer {
    let selected = Options::of_one(&api)?.selected(&PROPERTIES)?;
    let group = api.admin()?.group(id(&api)?).await?;
    let object = projected(properties(&group), selected.as_deref());
    Ok(HttpResponse::Ok().json(single(&api, "groups", object)))
}

pub(super) async fn members(api: Api) -> Answer {
    let admin = api.admin()?;
    let options = Options::of_list(&api)?;
    let selected = options.selected(&person::PROPERTIES)?;
    let page = admin.group_members(id(&api)?, options.page(&api, &admin)?).await?;
    let value = page.items.iter().map(|user| person::reference(user, selected.as_deref())).collect();
    Ok(options.found((&api, &admin), "directoryObjects", (value, page.next)))
}

pub(super) async fn add_member(api: Api, payload: Payload) -> Answer {
    let admin = api.admin()?;
    admin.add_to_group(id(&api)?, referred(&api, payload).await?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn remove_member(api: Api) -> Answer {
    api.admin()?.remove_from_group(id(&api)?, other(&api)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn of_user(api: Api) -> Answer {
    let admin = api.admin()?;
    let options = Options::of_list(&api)?;
    let selected = options.selected(&PROPERTIES)?;
    let page = admin.groups_of(users::id(&api)?, options.page(&api, &admin)?).await?;
    let value = page.items.iter().map(|group| {
        person::typed("#microsoft.graph.group", projected(properties(group), selected.as_deref()))
    });
    Ok(options.found((&api, &admin), "directoryObjects", (value.collect(), page.next)))
}

fn id(api: &Api) -> Result<GroupId, Refused> {
    api.id::<Uuid>().map(GroupId)
}

fn properties(group: &Group) -> Map<String, Value> {
    let object = json!({
        "id": group.id.to_string(),
        "createdDateTime": group.created_at,
        "description": group.description,
        "displayName": group.display_name,
        "groupTypes": [],
        "mailEnabled": false,
        "securityEnabled": true,
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
