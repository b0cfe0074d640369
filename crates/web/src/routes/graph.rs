//! The directory as programs written for Microsoft Graph v1.0 expect it: invitations, users, groups, deleted items. Who is
//! asking and what they may do is the administration API's; here are only Graph's names, shapes and query options. What
//! Graph takes and we do not is refused, never ignored.

mod deleted_items;
mod error;
mod filter;
mod groups;
mod invitations;
mod list;
mod person;
mod users;

use super::only;
use actix_web::HttpResponse;
use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, patch, post, route, scope};
use hospes_protocol::resource_metadata::ProtectedResource;

pub(crate) fn configure(config: &mut ServiceConfig) {
    let all = scope("/v1.0")
        .app_data(ProtectedResource::Graph)
        .wrap(from_fn(error::as_graph_error))
        .service(only("/invitations", "POST").route(post().to(invitations::invite)))
        .service(only("/users", "GET").route(get().to(users::list)))
        .service(
            only("/users/{id}", "GET, PATCH, DELETE")
                .route(get().to(users::read))
                .route(patch().to(users::update))
                .route(delete().to(users::remove)),
        )
        .service(only("/users/{id}/invitedBy", "GET").route(get().to(users::invited_by)))
        .service(only("/users/{id}/memberOf", "GET").route(get().to(groups::of_user)))
        .service(only("/users/{id}/sponsors", "GET").route(get().to(users::sponsors)))
        .service(only("/users/{id}/sponsors/$ref", "POST").route(post().to(users::add_sponsor)))
        .service(
            only("/users/{id}/sponsors/{other}/$ref", "DELETE").route(delete().to(users::remove_sponsor)),
        )
        .service(only("/groups", "GET").route(get().to(groups::list)))
        .service(only("/groups/{id}", "GET").route(get().to(groups::read)))
        .service(only("/groups/{id}/members", "GET").route(get().to(groups::members)))
        .service(only("/groups/{id}/members/$ref", "POST").route(post().to(groups::add_member)))
        .service(
            only("/groups/{id}/members/{other}/$ref", "DELETE").route(delete().to(groups::remove_member)),
        )
        .service(
            only("/directory/deletedItems/microsoft.graph.user", "GET").route(get().to(deleted_items::list)),
        )
        .service(
            only("/directory/deletedItems/{id}", "GET, DELETE")
                .route(get().to(deleted_items::read))
                .route(delete().to(deleted_items::purge)),
        )
        .service(
            only("/directory/deletedItems/{id}/restore", "POST").route(post().to(deleted_items::restore)),
        )
        .default_service(route().to(HttpResponse::NotFound));
    config.service(all);
}
