//! Signing out. A client's form may come from anywhere, so only the button of our own page counts as a confirmation.

use crate::pages::{ConfirmSignOut, Href, Layout, SignedOut};
use crate::plain::html;
use crate::posted::{FormBody, is_same_origin};
use crate::render::redirect;
use crate::site::Site;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::authorize::own_page::PAGE;
use hospes_idp::logout::{Answer, Logout, SignedOff};
use hospes_protocol::params::Params;

pub(crate) async fn by_get(site: Site, request: HttpRequest) -> HttpResponse {
    log_out(&site, &Params::parse(request.query_string()), Answer::None).await
}

pub(crate) async fn by_post(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    // A page elsewhere does not press our button, whatever token it got hold of (SES-06).
    let from_us = is_same_origin(&request, site.idp().base_url());
    let form = form.params();
    let params = Params::parse(request.query_string()).and(form.clone());
    let answer = match form.first("csrf") {
        // Browsers keep our cookies to themselves when another site posts, and send them when it leads here.
        None if site.browser.sessions.is_empty() => {
            return redirect(&format!("{}?{}", site.path("/logout"), query(&params))).finish();
        }
        None => Answer::None,
        Some(token) => match site.idp().check_form(&site.visit(), if from_us { token } else { "" }).await {
            Ok(()) => match form.first("account") {
                None => Answer::Yes,
                Some("all") => Answer::All,
                Some(handle) => Answer::This(handle),
            },
            Err(refusal) => return site.page_error(&refusal.into()),
        },
    };
    log_out(&site, &params, answer).await
}

async fn log_out(site: &Site, params: &Params, answer: Answer<'_>) -> HttpResponse {
    match site.idp().log_out(&site.visit(), params, answer).await {
        Err(error) => site.page_error(&error),
        Ok(Logout::Confirm) => confirm(site, params).await,
        Ok(Logout::Done(done)) => signed_out(site, &done),
    }
}

/// Straight on to where a client wants the person, unless other clients are to be told on the way.
fn signed_out(site: &Site, done: &SignedOff) -> HttpResponse {
    let back = done.target.as_deref();
    let shown = back.is_none() || !done.frames.is_empty() && back.and_then(Href::new).is_some();
    let mut response = back.filter(|_| !shown).map_or_else(HttpResponse::Ok, redirect);
    site.cookies().write(&mut response, None, done.cookie.clone());
    if !shown {
        return response.finish();
    }
    let policy = crate::headers::policy(site.app.is_secure(), &done.frames);
    response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    if let Some(back) = back {
        // Long enough for the frames to load.
        response.insert_header((header::REFRESH, format!("3; url={back}")));
    }
    let leave = done.home.as_ref().map(|(id, _)| site.path(&format!("/upstream/{id}/sign-out")));
    let place = leave.as_deref().and_then(Href::new);
    let csrf = if done.left > 0 { site.form_token(None) } else { String::new() };
    let frames: Vec<Href<'_>> = done.frames.iter().filter_map(|frame| Href::new(frame)).collect();
    let page = SignedOut {
        layout: Layout { frames: &frames, ..site.layout(&csrf) },
        left: done.left,
        sign_out_action: &site.path("/logout"),
        again: None,
        back: back.and_then(Href::new),
        home: place.zip(done.home.as_ref().map(|(_, name)| name.as_str())),
    };
    html(response, &page)
}

/// What a logout request says (RP-Initiated Logout §2).
fn query(params: &Params) -> String {
    let names =
        ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales"];
    let said = names.iter().filter_map(|name| Some((name, params.first(name)?)));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish()
}

async fn confirm(site: &Site, params: &Params) -> HttpResponse {
    let accounts = match site.idp().accounts(&site.visit()).await {
        Ok(accounts) => accounts,
        Err(error) => return site.page_error(&error.into()),
    };
    let email = accounts.first().map(|one| one.user.email.to_string()).unwrap_or_default();
    // Of somebody who was disabled there is a session and no account any more.
    let account = accounts.first().map_or_else(|| "all".to_owned(), |one| one.session.handle(PAGE));
    let (response, csrf) = site.form_page(StatusCode::OK);
    let action = format!("{}?{}", site.path("/logout"), query(params));
    let stay = site.path("/home");
    let Some(stay) = Href::new(&stay) else {
        return crate::plain::not_found();
    };
    html(
        response,
        &ConfirmSignOut {
            layout: site.layout(&csrf),
            app: None,
            email: &email,
            account: &account,
            has_others: accounts.len() > 1,
            action: &action,
            stay,
        },
    )
}
