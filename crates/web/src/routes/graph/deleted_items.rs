//! `/directory/deletedItems`: people who were deleted and can be restored.

use super::list::{Options, single};
use super::person::{PROPERTIES, reference, shown};
use super::users::id;
use crate::routes::admin_api::access::{Answer, Api};
use actix_web::HttpResponse;

pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let options = Options::of_people(&api)?;
    let selected = options.selected(&PROPERTIES)?;
    let page = admin.users(&options.people()?.deleted(), options.page(&api, &admin)?).await?;
    let mut value = Vec::with_capacity(page.items.len());
    for user in &page.items {
        value.push(shown((&api.site, &admin), user, selected.as_deref()).await?);
    }
    Ok(options.found((&api, &admin), "directoryObjects", (value, page.next)))
}

pub(super) async fn read(api: Api) -> Answer {
    let admin = api.admin()?;
    let selected = Options::of_one(&api)?.selected(&PROPERTIES)?;
    let object = reference(&admin.deleted_user(id(&api)?).await?, selected.as_deref());
    Ok(HttpResponse::Ok().json(single(&api, "directoryObjects", object)))
}

pub(super) async fn restore(api: Api) -> Answer {
    let user = api.fresh_admin()?.restore_user(id(&api)?).await?;
    Ok(HttpResponse::Ok().json(single(&api, "directoryObjects", reference(&user, None))))
}

pub(super) async fn purge(api: Api) -> Answer {
    api.fresh_admin()?.purge_user(id(&api)?).await?;
    Ok(HttpResponse::NoContent().finish())
}
