//! Published documents.

use crate::plain::{not_found, unavailable};
use crate::site::Site;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::keyring::KeyringError;
use hospes_idp::published::{CACHE_CONTROL, Published};
use hospes_protocol::resource_metadata::ProtectedResource;

/// Server metadata, the same at both well-known forms.
pub(crate) async fn document(site: Site, request: HttpRequest) -> HttpResponse {
    match site.idp().metadata(&site.ctx, &site.tenant).await {
        Ok(document) => published(&request, &document),
        Err(cause) => unpublished(&site, &cause),
    }
}

/// Metadata of one of our own resources (RFC 9728).
pub(crate) async fn resource(site: Site, request: HttpRequest) -> HttpResponse {
    let named = request.match_info().get("resource").unwrap_or_default();
    let named = |resource: &ProtectedResource| resource.path().strip_prefix('/') == Some(named);
    match ProtectedResource::ALL.into_iter().find(named) {
        Some(resource) => published(&request, &site.idp().resource_metadata(&site.tenant, resource)),
        None => not_found(),
    }
}

/// The key set.
pub(crate) async fn jwks(site: Site, request: HttpRequest) -> HttpResponse {
    match site.idp().keys(&site.tenant).await {
        Ok(keys) => published(&request, &keys.jwks),
        Err(cause) => unpublished(&site, &cause),
    }
}

fn unpublished(site: &Site, cause: &KeyringError) -> HttpResponse {
    tracing::error!(%cause, "the keys of the tenant cannot be used");
    unavailable(&site.ctx.request.reference)
}

/// Entity tags cover the content, and the content names the tenant: one tenant's tag never fits another's (DSC-10).
fn published(request: &HttpRequest, document: &Published) -> HttpResponse {
    let etag = document.etag.as_str();
    let known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::CACHE_CONTROL, CACHE_CONTROL)).insert_header((header::ETAG, etag));
    if known {
        response.finish()
    } else {
        response.content_type("application/json").body(document.body.clone())
    }
}
