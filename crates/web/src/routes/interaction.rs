//! A sign-in in progress: each answer is one call of the facade.

use crate::posted::Posted;
use crate::render::redirect;
use crate::site::Site;
use actix_web::HttpResponse;
use actix_web::web::Path;
use hospes_idp::authorize::interaction::Answer;

pub(crate) async fn resume(site: Site, path: Path<(String, String)>) -> HttpResponse {
    site.answer(site.idp().resume(&site.visit(), &path.1).await)
}

pub(crate) async fn identify(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let answer = (posted.field("email"), posted.keeps());
    site.answer_form(site.idp().identify(&site.visit(), &posted.id, answer).await)
}

pub(crate) async fn restart(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().use_another_account(&site.visit(), &posted.id).await)
}

pub(crate) async fn choose_account(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().choose_account(&site.visit(), &posted.id, posted.field("account")).await)
}

pub(crate) async fn sign_out_account(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().sign_out_account(&site.visit(), &posted.id, posted.field("account")).await)
}

/// The person stays who they are; the invitation stays for whom it is.
pub(crate) async fn keep_session(posted: Posted) -> HttpResponse {
    redirect(&posted.site.path("/home")).finish()
}

pub(crate) async fn password(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let answer = (posted.field("password"), posted.keeps());
    site.answer_form(site.idp().enter_password(&site.visit(), &posted.id, answer).await)
}

pub(crate) async fn send_code(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().request_code(&site.visit(), &posted.id, false).await)
}

pub(crate) async fn reset_password(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().request_code(&site.visit(), &posted.id, true).await)
}

pub(crate) async fn code(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let answer = (posted.field("code"), posted.keeps());
    site.answer_form(site.idp().enter_code(&site.visit(), &posted.id, answer).await)
}

pub(crate) async fn new_password(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().choose_password(&site.visit(), &posted.id, posted.field("password")).await)
}

pub(crate) async fn skip_password(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().skip_password(&site.visit(), &posted.id).await)
}

pub(crate) async fn permissions(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let answer = if posted.field("decision") == "accept" { Answer::Accepted } else { Answer::Declined };
    site.answer_form(site.idp().answer_permissions(&site.visit(), &posted.id, answer).await)
}

pub(crate) async fn consent(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let answer = if posted.field("decision") == "allow" { Answer::Accepted } else { Answer::Declined };
    site.answer_form(site.idp().answer_consent(&site.visit(), &posted.id, answer).await)
}
