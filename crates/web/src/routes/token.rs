//! Where clients authenticate (tokens, pushed requests, introspection, revocation), and userinfo.

use crate::posted::FormBody;
use crate::site::Site;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use hospes_idp::Idp;
use hospes_idp::token::ClientRequest;
use hospes_idp::token::sealed::Told;
use hospes_protocol::OAuthError;
use hospes_protocol::params::Params;

/// RFC 9701 §5.
const INTROSPECTION_JWT: &str = "application/token-introspection+jwt";

fn authorization(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default())
}

/// The token of an `Authorization: Bearer` header; the scheme is case-insensitive (RFC 9110 §11.1).
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = authorization(request)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A form a client sent with what it says about itself.
pub(crate) struct ClientCall {
    site: Site,
    authorization: Option<String>,
    form: Result<Params, OAuthError>,
}

impl FromRequest for ClientCall {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = FormBody::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let site = Site::of(&request).await?;
            let authorization = authorization(&request).map(str::to_owned);
            Ok(Self { site, authorization, form: form.await?.form() })
        })
    }
}

impl ClientCall {
    async fn answered<T>(
        self,
        ask: impl AsyncFnOnce(&Idp, ClientRequest<'_>) -> Result<T, OAuthError>,
        render: impl FnOnce(T) -> HttpResponse,
    ) -> HttpResponse {
        let Self { site, authorization, form } = self;
        let authorization = authorization.as_deref();
        let answer = match &form {
            Ok(form) => {
                let (ctx, tenant) = (&site.ctx, &site.tenant);
                ask(site.idp(), ClientRequest { ctx, tenant, authorization, form }).await
            }
            Err(error) => Err(error.clone()),
        };
        answer.map_or_else(|error| site.token_error(&error, authorization.is_some()), render)
    }
}

pub(crate) async fn exchange(call: ClientCall) -> HttpResponse {
    let render = |tokens| HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(tokens);
    call.answered(async |idp, request| idp.exchange(request).await, render).await
}

pub(crate) async fn push(call: ClientCall) -> HttpResponse {
    let render = |pushed| HttpResponse::Created().json(pushed);
    call.answered(async |idp, request| idp.push_request(request).await, render).await
}

pub(crate) async fn introspect(call: ClientCall, request: HttpRequest) -> HttpResponse {
    let signed = accepts(&request, INTROSPECTION_JWT);
    let render = |answer| told(answer, INTROSPECTION_JWT);
    call.answered(async |idp, request| idp.introspect(request, signed).await, render).await
}

/// Whether a media type is asked for by its name (RFC 9701 §4); a wildcard asks for nothing in particular.
fn accepts(request: &HttpRequest, media_type: &str) -> bool {
    let fields = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let names = fields.flat_map(|field| field.split(',')).filter_map(|range| range.split(';').next());
    names.map(str::trim).any(|name| name.eq_ignore_ascii_case(media_type))
}

fn told(answer: Told, media_type: &str) -> HttpResponse {
    match answer {
        Told::Plain(json) => HttpResponse::Ok().content_type("application/json").body(json),
        Told::Jwt(token) => HttpResponse::Ok().content_type(media_type).body(token),
    }
}

pub(crate) async fn revoke(call: ClientCall) -> HttpResponse {
    let render = |()| HttpResponse::Ok().finish();
    call.answered(async |idp, request| idp.revoke_token(request).await, render).await
}

pub(crate) async fn userinfo(site: Site, request: HttpRequest) -> HttpResponse {
    released(&site, bearer(&request)).await
}

/// RFC 6750 §2.2 allows the token in the form, but not together with the header.
pub(crate) async fn userinfo_by_post(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    match (bearer(&request), form.params().once("access_token")) {
        (Some(_), Ok(Some(_))) => {
            site.bearer_error(Some(&OAuthError::invalid_request("the token came twice")))
        }
        (_, Err(repeated)) => site.bearer_error(Some(&repeated)),
        (header, Ok(form)) => released(&site, header.or(form)).await,
    }
}

async fn released(site: &Site, token: Option<&str>) -> HttpResponse {
    let Some(token) = token else {
        return site.bearer_error(None);
    };
    match site.idp().userinfo(&site.ctx, &site.tenant, token).await {
        Ok(answer) => told(answer, "application/jwt"),
        Err(error) => site.bearer_error(Some(&error)),
    }
}
