//! The route table: every address Hospes answers, in one place.

mod account;
mod admin_api;
mod assets;
mod authorize;
mod graph;
mod guests;
mod interaction;
mod logout;
mod metadata;
mod redeem;
mod token;

use crate::failure::not_found;
use actix_web::http::header;
use actix_web::web::{ServiceConfig, get, head, post, resource, route, scope};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder};

/// The largest form or query accepted, in bytes (DOS-01).
const MAX_FORM: usize = 64 * 1024;

/// Adds all routes. The app data must hold an [`App`](crate::App).
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(actix_web::web::PayloadConfig::new(MAX_FORM))
        .configure(static_files)
        .service(document("/.well-known/oauth-authorization-server/t/{tenant}", metadata::document))
        .service(
            scope("/t/{tenant}")
                .configure(protocol)
                .configure(pages)
                .service(scope("/v1.0").configure(graph::configure))
                .service(scope("/api").configure(admin_api::configure)),
        )
        .default_service(route().to(|| async { not_found() }));
}

/// Styles and scripts alone, for servers that show our pages on another origin.
pub fn static_files(config: &mut ServiceConfig) {
    config.service(document("/static/{file}", assets::file));
}

fn protocol(config: &mut ServiceConfig) {
    config
        .service(document("/.well-known/openid-configuration", metadata::document))
        .service(document("/jwks", metadata::jwks))
        .service(
            only("/authorize", "GET, POST")
                .route(get().to(authorize::by_get))
                .route(post().to(authorize::by_post)),
        )
        .service(only("/token", "POST").route(post().to(token::exchange)))
        .service(
            only("/userinfo", "GET, POST")
                .route(get().to(token::userinfo))
                .route(post().to(token::userinfo_by_post)),
        )
        .service(
            only("/logout", "GET, POST").route(get().to(logout::by_get)).route(post().to(logout::by_post)),
        )
        .service(only_get("/upstream/{id}/callback").route(get().to(authorize::callback)));
}

fn pages(config: &mut ServiceConfig) {
    config
        .service(only("/redeem", "GET, POST").route(get().to(redeem::open)).route(post().to(redeem::begin)))
        .service(only_get("/interaction/{id}").route(get().to(interaction::resume)))
        .service(only_post("/interaction/{id}/identify").route(post().to(interaction::identify)))
        .service(only_post("/interaction/{id}/restart").route(post().to(interaction::restart)))
        .service(only_post("/interaction/{id}/password").route(post().to(interaction::password)))
        .service(only_post("/interaction/{id}/send-code").route(post().to(interaction::send_code)))
        .service(only_post("/interaction/{id}/reset-password").route(post().to(interaction::reset_password)))
        .service(only_post("/interaction/{id}/code").route(post().to(interaction::code)))
        .service(only_post("/interaction/{id}/new-password").route(post().to(interaction::new_password)))
        .service(only_post("/interaction/{id}/skip-password").route(post().to(interaction::skip_password)))
        .service(only_post("/interaction/{id}/permissions").route(post().to(interaction::permissions)))
        .service(only_post("/interaction/{id}/consent").route(post().to(interaction::consent)))
        .service(
            only("/set-up", "GET, POST")
                .route(get().to(account::open_set_up))
                .route(post().to(account::set_up)),
        )
        .service(only_get("/home").route(get().to(account::home)))
        .service(only("/invite", "GET, POST").route(get().to(guests::form)).route(post().to(guests::invite)))
        .service(only_get("/invitations").route(get().to(guests::list)));
}

/// Something published: reading it has no effect, so that asking for its headers alone has none either.
fn document<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    only(path, "GET, HEAD").route(get().to(handler.clone())).route(head().to(handler))
}

fn only_get(path: &str) -> Resource {
    only(path, "GET")
}

fn only_post(path: &str) -> Resource {
    only(path, "POST")
}

/// A resource that answers other methods with 405 and the ones it has (RFC 9110 §15.5.6).
fn only(path: &str, allow: &'static str) -> Resource {
    resource(path).default_service(route().to(move || async move {
        HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow)).finish()
    }))
}
