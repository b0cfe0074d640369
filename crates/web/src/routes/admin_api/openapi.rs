//! The description of the API, made from its handlers and documents (OpenAPI 3.1).

use super::{
    audit, clients, deleted_users, groups, home_idps, invitations, keys, registration_tokens, sessions,
    tenant, users,
};
use crate::api::Problem;
use crate::site::Site;
use actix_web::HttpResponse;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder, Server};
use utoipa::{IntoParams, Modify, OpenApi};

/// RFC 9110 §13.1.1.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header that is read elsewhere")]
pub(super) struct IfMatch {
    /// The `ETag` of the object as the caller knows it; another version is refused with 412.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hospes administration API",
        description = "Administers one tenant. Every request carries an access token whose audience is the issuer."
    ),
    paths(
        document,
        tenant::read,
        tenant::update,
        keys::list,
        keys::add,
        keys::rotate,
        keys::revoke,
        clients::list,
        clients::create,
        clients::read,
        clients::replace,
        clients::remove,
        clients::rotate_secret,
        clients::preview_claims,
        registration_tokens::list,
        registration_tokens::create,
        registration_tokens::revoke,
        home_idps::list,
        home_idps::create,
        home_idps::read,
        home_idps::replace,
        home_idps::remove,
        users::list,
        users::create,
        users::read,
        users::update,
        users::remove,
        deleted_users::list,
        deleted_users::read,
        deleted_users::purge,
        deleted_users::restore,
        groups::of_user,
        groups::list,
        groups::create,
        groups::read,
        groups::replace,
        groups::remove,
        groups::members,
        groups::add_member,
        groups::remove_member,
        sessions::list,
        sessions::end_all,
        sessions::end,
        invitations::list,
        invitations::create,
        invitations::read,
        invitations::revoke,
        invitations::resend,
        audit::list
    ),
    components(schemas(Problem)),
    security(("bearer" = [])),
    modifiers(&Conventions)
)]
struct Description;

/// What holds for every operation: the bearer token, and that errors are problem details.
struct Conventions;

impl Modify for Conventions {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let problem = ResponseBuilder::new()
            .description("Problem details (RFC 9457)")
            .content("application/problem+json", content)
            .build();
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            operation.responses.responses.insert("default".to_owned(), problem.clone().into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// The description for the API of one issuer.
pub(super) fn describe(issuer: &str) -> utoipa::openapi::OpenApi {
    let mut document = Description::openapi();
    document.servers = Some(vec![Server::new(format!("{issuer}/api"))]);
    document
}

/// Reads this description. No token is needed.
#[utoipa::path(get, path = "/openapi.json", tag = "description", security(()), responses((status = 200, body = Object)))]
pub(super) async fn document(site: Site) -> HttpResponse {
    HttpResponse::Ok().json(describe(site.idp().issuer(&site.tenant).as_str()))
}
