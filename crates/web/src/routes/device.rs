//! Devices that wait for a person. Opening the page reads, with the code in the link or without; the buttons post.

use crate::pages::{DeviceCode, DeviceCodeProblem};
use crate::plain::html;
use crate::posted::Posted;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::authorize::interaction::Answer;
use hospes_idp::device::UserCode;
use hospes_protocol::params::Params;

pub(crate) async fn open(site: Site, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let code = params.first("user_code").and_then(UserCode::parse);
    code_page(&site, &code.map(|code| code.to_string()).unwrap_or_default(), None)
}

pub(crate) async fn enter(posted: Posted) -> HttpResponse {
    let (site, typed) = (&posted.site, posted.field("user_code"));
    if typed.trim().is_empty() {
        return code_page(site, "", Some(DeviceCodeProblem::Missing));
    }
    match site.idp().enter_user_code(&site.visit(), typed).await {
        Ok(Some(reply)) => site.answer_form(Ok(reply)),
        Ok(None) => code_page(site, typed, Some(DeviceCodeProblem::Unknown)),
        Err(error) => site.page_error(&error),
    }
}

pub(crate) async fn answer(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let answer = if posted.field("decision") == "allow" { Answer::Accepted } else { Answer::Declined };
    site.answer_form(site.idp().answer_device(&site.visit(), &posted.id, answer).await)
}

pub(crate) async fn approved(site: Site) -> HttpResponse {
    site.device_answered(true)
}

fn code_page(site: &Site, user_code: &str, problem: Option<DeviceCodeProblem>) -> HttpResponse {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (response, csrf) = site.form_page(status);
    let action = site.path("/device");
    html(response, &DeviceCode { layout: site.layout(&csrf), user_code, action: &action, problem })
}
