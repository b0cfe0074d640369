//! Signing out. A client's form may come from anywhere, so only the button of our own page counts as a confirmation.

use crate::pages::{ConfirmSignOut, Href, SignedOut};
use crate::plain::html;
use crate::posted::{FormBody, is_same_origin};
use crate::render::redirect;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::browser::SessionCookie;
use hospes_idp::logout::Logout;
use hospes_protocol::params::Params;

pub(crate) async fn by_get(site: Site, request: HttpRequest) -> HttpResponse {
    log_out(&site, &Params::parse(request.query_string()), false).await
}

pub(crate) async fn by_post(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    // A page elsewhere does not press our button, whatever token it got hold of (SES-06).
    let from_us = is_same_origin(&request, site.idp().base_url());
    let form = form.params();
    let confirmed = match form.first("csrf") {
        None => false,
        Some(token) => match site.idp().check_form(&site.visit(), if from_us { token } else { "" }).await {
            Ok(()) => true,
            Err(refusal) => return site.page_error(&refusal.into()),
        },
    };
    log_out(&site, &Params::parse(request.query_string()).and(form), confirmed).await
}

async fn log_out(site: &Site, params: &Params, confirmed: bool) -> HttpResponse {
    match site.idp().log_out(&site.visit(), params, confirmed).await {
        Err(error) => site.page_error(&error),
        Ok(Logout::Confirm) => confirm(site, params).await,
        Ok(Logout::Done(target)) => {
            let mut response = target.as_deref().map_or_else(HttpResponse::Ok, redirect);
            site.cookies().write(&mut response, None, SessionCookie::Clear);
            match target {
                Some(_) => response.finish(),
                None => html(response, &SignedOut { layout: site.layout(""), again: None }),
            }
        }
    }
}

async fn confirm(site: &Site, params: &Params) -> HttpResponse {
    let signed_in = site.idp().signed_in(&site.visit()).await.ok().flatten();
    let email = signed_in.map(|signed_in| signed_in.user.email.to_string()).unwrap_or_default();
    let (response, csrf) = site.form_page(StatusCode::OK);
    let kept = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"].into_iter();
    let kept = kept.filter_map(|name| {
        Some(format!("{name}={}", hospes_protocol::encoding::url_component(params.first(name)?)))
    });
    let action = format!("{}?{}", site.path("/logout"), kept.collect::<Vec<_>>().join("&"));
    let stay = site.path("/home");
    let Some(stay) = Href::new(&stay) else {
        return crate::plain::not_found();
    };
    html(
        response,
        &ConfirmSignOut { layout: site.layout(&csrf), app: None, email: &email, action: &action, stay },
    )
}
