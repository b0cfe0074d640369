//! The administration API: the table of its endpoints. One module per resource; [`access`] says who is asking,
//! [`failure`] turns every refusal into problem details, [`openapi`] describes it all.
//!
//! Nothing is decided here. Each handler obtains the permission handle, calls it once and renders a document of
//! [`crate::api`]. Bearer tokens only: no cookie is read, so nothing here can be forged across sites.

pub(in crate::routes) mod access;
mod audit;
mod clients;
mod deleted_users;
pub(in crate::routes) mod failure;
mod groups;
mod home_idps;
mod invitations;
mod keys;
mod openapi;
mod registration_tokens;
mod sessions;
mod tenant;
mod users;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{resource, route, scope};
use actix_web::{HttpResponse, Route};

/// Everything below `/t/{tenant}/api`.
pub(crate) fn service() -> impl HttpServiceFactory {
    let all = scope("/api").wrap(from_fn(failure::as_problem_details));
    let all = ENDPOINTS.iter().fold(all, |all, endpoint| all.service(only(endpoint)));
    all.default_service(route().to(HttpResponse::NotFound))
}

/// The methods of one path. Others are answered with those there are (RFC 9110 §15.5.6).
struct Endpoint {
    path: &'static str,
    methods: &'static [(Method, Handler)],
}

/// Makes the route to a handler, without its method.
type Handler = fn() -> Route;

const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "/openapi.json", methods: &[(Method::GET, || route().to(openapi::document))] },
    Endpoint {
        path: "/tenant",
        methods: &[
            (Method::GET, || route().to(tenant::read)),
            (Method::PATCH, || route().to(tenant::update)),
        ],
    },
    Endpoint {
        path: "/keys",
        methods: &[(Method::GET, || route().to(keys::list)), (Method::POST, || route().to(keys::add))],
    },
    Endpoint { path: "/keys/rotate", methods: &[(Method::POST, || route().to(keys::rotate))] },
    Endpoint { path: "/keys/{id}/revoke", methods: &[(Method::POST, || route().to(keys::revoke))] },
    Endpoint {
        path: "/clients",
        methods: &[
            (Method::GET, || route().to(clients::list)),
            (Method::POST, || route().to(clients::create)),
        ],
    },
    Endpoint {
        path: "/clients/{id}",
        methods: &[
            (Method::GET, || route().to(clients::read)),
            (Method::PUT, || route().to(clients::replace)),
            (Method::DELETE, || route().to(clients::remove)),
        ],
    },
    Endpoint {
        path: "/clients/{id}/secret",
        methods: &[(Method::POST, || route().to(clients::rotate_secret))],
    },
    Endpoint {
        path: "/clients/{id}/claims-preview",
        methods: &[(Method::POST, || route().to(clients::preview_claims))],
    },
    Endpoint {
        path: "/registration-tokens",
        methods: &[
            (Method::GET, || route().to(registration_tokens::list)),
            (Method::POST, || route().to(registration_tokens::create)),
        ],
    },
    Endpoint {
        path: "/registration-tokens/{id}",
        methods: &[(Method::DELETE, || route().to(registration_tokens::revoke))],
    },
    Endpoint {
        path: "/home-idps",
        methods: &[
            (Method::GET, || route().to(home_idps::list)),
            (Method::POST, || route().to(home_idps::create)),
        ],
    },
    Endpoint {
        path: "/home-idps/{id}",
        methods: &[
            (Method::GET, || route().to(home_idps::read)),
            (Method::PUT, || route().to(home_idps::replace)),
            (Method::DELETE, || route().to(home_idps::remove)),
        ],
    },
    Endpoint {
        path: "/users",
        methods: &[(Method::GET, || route().to(users::list)), (Method::POST, || route().to(users::create))],
    },
    Endpoint {
        path: "/users/{id}/sessions",
        methods: &[
            (Method::GET, || route().to(sessions::list)),
            (Method::DELETE, || route().to(sessions::end_all)),
        ],
    },
    Endpoint {
        path: "/users/{id}/sessions/{session}",
        methods: &[(Method::DELETE, || route().to(sessions::end))],
    },
    Endpoint {
        path: "/users/{id}",
        methods: &[
            (Method::GET, || route().to(users::read)),
            (Method::PATCH, || route().to(users::update)),
            (Method::DELETE, || route().to(users::remove)),
        ],
    },
    Endpoint { path: "/deleted-users", methods: &[(Method::GET, || route().to(deleted_users::list))] },
    Endpoint {
        path: "/deleted-users/{id}",
        methods: &[
            (Method::GET, || route().to(deleted_users::read)),
            (Method::DELETE, || route().to(deleted_users::purge)),
        ],
    },
    Endpoint {
        path: "/deleted-users/{id}/restore",
        methods: &[(Method::POST, || route().to(deleted_users::restore))],
    },
    Endpoint { path: "/users/{id}/groups", methods: &[(Method::GET, || route().to(groups::of_user))] },
    Endpoint {
        path: "/groups",
        methods: &[(Method::GET, || route().to(groups::list)), (Method::POST, || route().to(groups::create))],
    },
    Endpoint {
        path: "/groups/{id}",
        methods: &[
            (Method::GET, || route().to(groups::read)),
            (Method::PUT, || route().to(groups::replace)),
            (Method::DELETE, || route().to(groups::remove)),
        ],
    },
    Endpoint { path: "/groups/{id}/members", methods: &[(Method::GET, || route().to(groups::members))] },
    Endpoint {
        path: "/groups/{id}/members/{user}",
        methods: &[
            (Method::PUT, || route().to(groups::add_member)),
            (Method::DELETE, || route().to(groups::remove_member)),
        ],
    },
    Endpoint {
        path: "/invitations",
        methods: &[
            (Method::GET, || route().to(invitations::list)),
            (Method::POST, || route().to(invitations::create)),
        ],
    },
    Endpoint { path: "/invitations/{id}", methods: &[(Method::GET, || route().to(invitations::read))] },
    Endpoint {
        path: "/invitations/{id}/revoke",
        methods: &[(Method::POST, || route().to(invitations::revoke))],
    },
    Endpoint {
        path: "/invitations/{id}/resend",
        methods: &[(Method::POST, || route().to(invitations::resend))],
    },
    Endpoint { path: "/audit", methods: &[(Method::GET, || route().to(audit::list))] },
];

fn only(endpoint: &Endpoint) -> actix_web::Resource {
    let methods: Vec<&str> = endpoint.methods.iter().map(|(method, _)| method.as_str()).collect();
    let allow = methods.join(", ");
    let refuse = move || {
        let allow = allow.clone();
        async move { HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow)).finish() }
    };
    let with_methods = endpoint
        .methods
        .iter()
        .fold(resource(endpoint.path), |all, (method, handler)| all.route(handler().method(method.clone())));
    with_methods.default_service(route().to(refuse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let registered: BTreeSet<String> = ENDPOINTS
            .iter()
            .flat_map(|endpoint| {
                endpoint.methods.iter().map(|(method, _)| format!("{method} {}", endpoint.path))
            })
            .collect();
        let document = serde_json::to_value(openapi::describe("https://id.example/t/a")).unwrap();
        let described: BTreeSet<String> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        assert_eq!(registered, described);
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], "https://id.example/t/a/api");
    }
}
