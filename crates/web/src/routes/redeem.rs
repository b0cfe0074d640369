//! Invitation links. Opening one reads; the button posts.

use crate::pages::InvitationOpened;
use crate::posted::Posted;
use crate::site::{Site, html};
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::browser::SessionCookie;
use hospes_protocol::params::Params;

pub(crate) async fn open(site: Site, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let ticket = params.first("ticket").unwrap_or_default();
    let opened = match site.idp().open_invitation(&site.visit(), ticket).await {
        Ok(opened) => opened,
        Err(error) => return site.page_error(&error),
    };
    // A browser that comes for the first time is given its binding here, so that its form can be tied to it. That is a
    // cookie, not a state of ours: scanners may collect as many as they like (INV-11).
    let binding = site.browser.binding.is_none().then(|| site.ctx.token());
    let csrf = site.form_token(binding.as_deref());
    let mut response = HttpResponse::Ok();
    site.cookies().write(&mut response, binding, SessionCookie::Keep);
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
