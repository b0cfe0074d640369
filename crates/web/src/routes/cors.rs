//! Which pages of other origins may read an answer (Fetch §3.2, RFC 10017). What is public is for everyone; what clients
//! ask for is for origins of public clients of the tenant; everything else, the authorization endpoint above all, is for
//! nobody. Credentials are never let through: no endpoint here reads a cookie.

use crate::app::App;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, dpop");
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static("www-authenticate, dpop-nonce, retry-after");
/// Seconds a browser need not ask again; as long as Chromium believes at most.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const EVERYONE: HeaderValue = HeaderValue::from_static("*");
const BY_ORIGIN: HeaderValue = HeaderValue::from_static("origin");

type Shared<B> = Result<ServiceResponse<EitherBody<B>>, Error>;

/// For published documents.
pub(crate) async fn for_everyone<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Shared<B> {
    shared(request, next, Some(EVERYONE)).await
}

/// For endpoints that clients in browsers use.
pub(crate) async fn for_browser_clients<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Shared<B> {
    let origin = registered_origin(&request).await;
    shared(request, next, origin).await
}

/// The request's origin, if a public client of the tenant has it. An opaque origin (`null`) belongs to nobody.
async fn registered_origin(request: &ServiceRequest) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?.clone();
    let text = origin.to_str().ok().filter(|text| *text != "null")?;
    let idp = &request.app_data::<Data<App>>()?.idp;
    let slug = request.match_info().get("tenant")?;
    match idp.is_web_origin(slug, text).await {
        Ok(known) => known.then_some(origin),
        Err(cause) => {
            tracing::error!(%cause, "whose origin it is cannot be told");
            None
        }
    }
}

async fn shared<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    allowed: Option<HeaderValue>,
) -> Shared<B> {
    let Some(origin) = allowed else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    if is_preflight(&request) {
        let mut response = HttpResponse::NoContent().finish();
        let headers = response.headers_mut();
        allow(headers, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        return Ok(request.into_response(response).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    allow(response.headers_mut(), origin);
    response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    Ok(response.map_into_left_body())
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    if origin != EVERYONE {
        headers.append(VARY, BY_ORIGIN);
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
}

fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
