//! The route table: every address Hospes answers, in one place.

mod account;
mod admin_api;
mod assets;
mod authorize;
mod cors;
mod device;
mod graph;
mod guests;
mod home_logout;
mod interaction;
mod logout;
mod metadata;
mod redeem;
mod registration;
mod sessions;
mod token;

use crate::plain::not_found;
use actix_web::guard;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, post, put, resource, route, scope};
use actix_web::{HttpResponse, Resource, Route};
pub use token::AliasConnection;

/// The largest form or query accepted, in bytes (DOS-01).
const MAX_FORM: usize = 64 * 1024;

/// Adds all routes. The app data must hold an [`App`](crate::App).
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(actix_web::web::PayloadConfig::new(MAX_FORM))
        .configure(static_files)
        .service(
            only_get("/.well-known/oauth-authorization-server/t/{tenant}")
                .route(read().to(metadata::document))
                .wrap(from_fn(cors::for_everyone)),
        )
        .service(
            only_get("/.well-known/oauth-protected-resource/t/{tenant}/{resource}")
                .route(read().to(metadata::resource))
                .wrap(from_fn(cors::for_everyone)),
        )
        .service(
            scope("/t/{tenant}")
                .configure(protocol)
                .configure(pages)
                .configure(graph::configure)
                .service(admin_api::service()),
        )
        .default_service(route().to(|| async { not_found() }));
}

/// Styles and scripts alone, for servers that show our pages on another origin.
pub fn static_files(config: &mut ServiceConfig) {
    config.service(only_get("/static/{file}").route(read().to(assets::file)));
}

fn protocol(config: &mut ServiceConfig) {
    config
        .service(
            only_get("/.well-known/openid-configuration")
                .route(read().to(metadata::document))
                .wrap(from_fn(cors::for_everyone)),
        )
        .service(only_get("/jwks").route(read().to(metadata::jwks)).wrap(from_fn(cors::for_everyone)))
        .service(
            only("/authorize", "GET, POST")
                .route(get().to(authorize::by_get))
                .route(post().to(authorize::by_post)),
        )
        .service(
            only_post("/token").route(post().to(token::exchange)).wrap(from_fn(cors::for_browser_clients)),
        )
        .service(only_post("/par").route(post().to(token::push)).wrap(from_fn(cors::for_browser_clients)))
        .service(
            only_post("/device_authorization")
                .route(post().to(token::request_device))
                .wrap(from_fn(cors::for_browser_clients)),
        )
        .service(only_post("/introspect").route(post().to(token::introspect)))
        .service(
            only_post("/revoke").route(post().to(token::revoke)).wrap(from_fn(cors::for_browser_clients)),
        )
        .service(
            only("/userinfo", "GET, POST")
                .route(get().to(token::userinfo))
                .route(post().to(token::userinfo_by_post))
                .wrap(from_fn(cors::for_browser_clients)),
        )
        .service(only("/userinfo/groups", "GET").route(get().to(token::groups)))
        .service(
            only("/logout", "GET, POST").route(get().to(logout::by_get)).route(post().to(logout::by_post)),
        )
        .service(only_post("/register").route(post().to(registration::register)))
        .service(
            only("/register/{id}", "GET, PUT, DELETE")
                .route(get().to(registration::read))
                .route(put().to(registration::change))
                .route(delete().to(registration::end)),
        )
        .service(only("/upstream/{id}/callback", "GET").route(get().to(authorize::callback)))
        .service(only_post("/upstream/{id}/backchannel_logout").route(post().to(home_logout::backchannel)))
        .service(only("/upstream/{id}/frontchannel_logout", "GET").route(get().to(home_logout::frontchannel)))
        .service(only("/upstream/{id}/sign-out", "GET").route(get().to(home_logout::leave)))
        .service(only_get("/signed-out").route(read().to(home_logout::back)));
}

fn pages(config: &mut ServiceConfig) {
    config
        .service(
            only("/redeem", "GET, HEAD, POST").route(read().to(redeem::open)).route(post().to(redeem::begin)),
        )
        .service(only_get("/interaction/{id}").route(read().to(interaction::resume)))
        .service(only_post("/interaction/{id}/identify").route(post().to(interaction::identify)))
        .service(only_post("/interaction/{id}/restart").route(post().to(interaction::restart)))
        .service(only_post("/interaction/{id}/account").route(post().to(interaction::choose_account)))
        .service(only_post("/interaction/{id}/sign-out").route(post().to(interaction::sign_out_account)))
        .service(only_post("/interaction/{id}/keep-session").route(post().to(interaction::keep_session)))
        .service(only_post("/interaction/{id}/password").route(post().to(interaction::password)))
        .service(only_post("/interaction/{id}/send-code").route(post().to(interaction::send_code)))
        .service(only_post("/interaction/{id}/reset-password").route(post().to(interaction::reset_password)))
        .service(only_post("/interaction/{id}/code").route(post().to(interaction::code)))
        .service(only_post("/interaction/{id}/new-password").route(post().to(interaction::new_password)))
        .service(only_post("/interaction/{id}/skip-password").route(post().to(interaction::skip_password)))
        .service(only_post("/interaction/{id}/permissions").route(post().to(interaction::permissions)))
        .service(only_post("/interaction/{id}/consent").route(post().to(interaction::consent)))
        .service(only_post("/interaction/{id}/device").route(post().to(device::answer)))
        .service(
            only("/device", "GET, HEAD, POST").route(read().to(device::open)).route(post().to(device::enter)),
        )
        .service(only_get("/device/approved").route(read().to(device::approved)))
        .service(
            only("/set-up", "GET, POST")
                .route(get().to(account::open_set_up))
                .route(post().to(account::set_up)),
        )
        .service(only_get("/home").route(read().to(account::home)))
        .service(only_post("/accounts").route(post().to(account::switch)))
        .service(only_get("/sessions").route(read().to(sessions::list)))
        .service(only_post("/sessions/end-others").route(post().to(sessions::end_others)))
        .service(only_post("/sessions/{id}/end").route(post().to(sessions::end)))
        .service(only("/invite", "GET, POST").route(get().to(guests::form)).route(post().to(guests::invite)))
        .service(only_get("/invitations").route(read().to(guests::list)));
}

fn only_get(path: &str) -> Resource {
    only(path, "GET, HEAD")
}

/// GET, and HEAD which is a GET without the body (RFC 9110 §9.3.2). The authorization endpoint answers GET alone: a HEAD
/// must never spend anything (AZ-39).
fn read() -> Route {
    route().guard(guard::Any(guard::Get()).or(guard::Head()))
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
