//! The token endpoint and userinfo.

use crate::posted::FormBody;
use crate::site::Site;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use hospes_protocol::OAuthError;

fn authorization(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default())
}

/// The token of an `Authorization: Bearer` header; the scheme is case-insensitive (RFC 9110 §11.1).
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = authorization(request)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) async fn exchange(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    let authorization = authorization(&request);
    let form = match form.form() {
        Ok(form) => form,
        Err(error) => return site.token_error(&error, false),
    };
    match site.idp().exchange(&site.ctx, &site.tenant, authorization, &form).await {
        Ok(response) => HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(response),
        Err(error) => site.token_error(&error, authorization.is_some()),
    }
}

pub(crate) async fn push(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    let authorization = authorization(&request);
    let answer = match form.form() {
        Ok(form) => site.idp().push_request(&site.ctx, &site.tenant, authorization, form).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(pushed) => HttpResponse::Created().json(pushed),
        Err(error) => site.token_error(&error, authorization.is_some()),
    }
}

pub(crate) async fn introspect(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    let authorization = authorization(&request);
    let answer = match form.form() {
        Ok(form) => site.idp().introspect(&site.ctx, &site.tenant, authorization, &form).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(body) => HttpResponse::Ok().content_type("application/json").body(body),
        Err(error) => site.token_error(&error, authorization.is_some()),
    }
}

pub(crate) async fn revoke(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    let authorization = authorization(&request);
    let answer = match form.form() {
        Ok(form) => site.idp().revoke_token(&site.ctx, &site.tenant, authorization, &form).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => site.token_error(&error, authorization.is_some()),
    }
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
        Ok(body) => HttpResponse::Ok().content_type("application/json").body(body),
        Err(error) => site.bearer_error(Some(&error)),
    }
}
