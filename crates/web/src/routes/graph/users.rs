//! `/users`: finding, reading, changing, deleting people, and who is responsible for them.

use super::list::{Options, single};
use super::person::{PROPERTIES, reference, shown, whole};
use crate::routes::admin_api::access::{Answer, Api};
use crate::routes::admin_api::failure::{INVALID, Refused};
use actix_web::HttpResponse;
use actix_web::web::Payload;
use hospes_idp::admin::people::UserPatch;
use hospes_idp::ids::UserId;
use hospes_idp::tenant::Status;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let options = Options::of_people(&api)?;
    let selected = options.selected(&PROPERTIES)?;
    let page = admin.users(&options.people()?, options.page(&api, &admin)?).await?;
    let mut value = Vec::with_capacity(page.items.len());
    for user in &page.items {
        value.push(shown((&api.site, &admin), user, selected.as_deref()).await?);
    }
    Ok(options.found((&api, &admin), "users", (value, page.next)))
}

pub(super) async fn read(api: Api) -> Answer {
    let admin = api.admin()?;
    let selected = Options::of_one(&api)?.selected(&PROPERTIES)?;
    let user = admin.user(id(&api)?).await?;
    let object = match selected {
        Some(names) => shown((&api.site, &admin), &user, Some(&names)).await?,
        None => whole(&api.site, &admin, &user).await?,
    };
    Ok(HttpResponse::Ok().json(single(&api, "users", object)))
}

/// What of a person can be changed. A `null` takes a text away.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Patch {
    #[serde(deserialize_with = "given")]
    account_enabled: Option<bool>,
    #[serde(deserialize_with = "given")]
    display_name: Option<String>,
    #[serde(deserialize_with = "emptied")]
    given_name: Option<String>,
    #[serde(deserialize_with = "emptied")]
    surname: Option<String>,
    #[serde(deserialize_with = "emptied")]
    preferred_language: Option<String>,
}

/// Not `null`.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn emptied<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|text: Option<String>| Some(text.unwrap_or_default()))
}

pub(super) async fn update(api: Api, payload: Payload) -> Answer {
    let admin = api.fresh_admin()?;
    let patch: Patch = api.body(payload).await?;
    let status = |enabled| if enabled { Status::Enabled } else { Status::Disabled };
    let patch = UserPatch {
        display_name: patch.display_name,
        given_name: patch.given_name,
        family_name: patch.surname,
        preferred_language: patch.preferred_language,
        status: patch.account_enabled.map(status),
        roles: None,
    };
    admin.update_user(id(&api)?, patch, None).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn remove(api: Api) -> Answer {
    api.fresh_admin()?.delete_user(id(&api)?, None).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Of somebody whom no person invited there is no such object.
pub(super) async fn invited_by(api: Api) -> Answer {
    let admin = api.admin()?;
    let selected = Options::of_one(&api)?.selected(&PROPERTIES)?;
    let inviter = admin.user(id(&api)?).await?.invited_by.ok_or(hospes_idp::admin::AdminError::NotFound)?;
    let inviter = admin.user(inviter).await?;
    let object = reference(&inviter, selected.as_deref());
    Ok(HttpResponse::Ok().json(single(&api, "directoryObjects", object)))
}

pub(super) async fn sponsors(api: Api) -> Answer {
    let admin = api.admin()?;
    let options = Options::of_one(&api)?;
    let selected = options.selected(&PROPERTIES)?;
    let sponsors = admin.sponsors(id(&api)?).await?;
    let value = sponsors.iter().map(|sponsor| reference(sponsor, selected.as_deref())).collect();
    Ok(options.found((&api, &admin), "directoryObjects", (value, None)))
}

pub(super) async fn add_sponsor(api: Api, payload: Payload) -> Answer {
    let admin = api.admin()?;
    admin.add_sponsor(id(&api)?, referred(&api, payload).await?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn remove_sponsor(api: Api) -> Answer {
    api.admin()?.remove_sponsor(id(&api)?, other(&api)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn id(api: &Api) -> Result<UserId, Refused> {
    api.id::<Uuid>().map(UserId)
}

/// The person at the end of the path.
pub(super) fn other(api: &Api) -> Result<UserId, Refused> {
    api.part::<Uuid>("other").map(UserId)
}

/// A reference as Graph writes it: an address whose last part is the identifier.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Referred {
    #[serde(rename = "@odata.id")]
    address: String,
}

/// The person a body refers to.
pub(super) async fn referred(api: &Api, payload: Payload) -> Result<UserId, Refused> {
    let Referred { address } = api.body(payload).await?;
    let mut parts = address.rsplit('/');
    let id = parts.next().and_then(|id| id.parse().ok()).map(UserId);
    let is_person = parts.next().is_some_and(|kind| matches!(kind, "users" | "directoryObjects"));
    id.filter(|_| is_person)
        .ok_or_else(|| Refused::new(&INVALID, "@odata.id must be the address of a user or directoryObject"))
}
