//! Published documents.

use crate::plain::unavailable;
use crate::site::Site;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::published::Published;

/// Short enough that a rotated key is seen, long enough to spare clients the trip (DSC-05).
const CACHE: &str = "public, max-age=300";

/// Server metadata, the same at both well-known forms.
pub(crate) async fn document(site: Site, request: HttpRequest) -> HttpResponse {
    published(&request, &site.idp().metadata(&site.tenant))
}

/// The key set.
pub(crate) async fn jwks(site: Site, request: HttpRequest) -> HttpResponse {
    match site.idp().keys(&site.tenant).await {
        Ok(keys) => published(&request, &keys.jwks),
        Err(cause) => {
            tracing::error!(%cause, "the key set cannot be published");
            unavailable(&site.ctx.request.reference)
        }
    }
}

/// Entity tags cover the content, and the content names the tenant: one tenant's tag never fits another's (DSC-10).
fn published(request: &HttpRequest, document: &Published) -> HttpResponse {
    let etag = document.etag.as_str();
    let known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, CACHE))
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if known {
        response.finish()
    } else {
        response.content_type("application/json").body(document.body.clone())
    }
}
