//! Invitation links. Opening one reads; the button posts.

use crate::pages::InvitationOpened;
use crate::plain::html;
use crate::posted::Posted;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use hospes_protocol::params::Params;

pub(crate) async fn open(site: Site, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let ticket = params.first("ticket").unwrap_or_default();
    let opened = match site.idp().open_invitation(&site.visit(), ticket).await {
        Ok(opened) => opened,
        Err(error) => return site.page_error(&error),
    };
    let (response, csrf) = site.form_page(StatusCode::OK);
    html(
        response,
        &InvitationOpened {
            layout: site.layout(&csrf),
            organization: &site.tenant.display_name,
            inviter: opened.inviter_name.as_deref(),
            address: &opened.masked_email,
            destination: &opened.destination,
            expires: opened.expires_at.into(),
            action: &site
                .path(&format!("/redeem?ticket={}", hospes_protocol::encoding::url_component(ticket))),
        },
    )
}

pub(crate) async fn begin(posted: Posted, request: HttpRequest) -> HttpResponse {
    let site = &posted.site;
    let params = Params::parse(request.query_string());
    let ticket = params.first("ticket").unwrap_or_default();
    site.answer_form(site.idp().begin_redemption(&site.visit(), ticket).await)
}
