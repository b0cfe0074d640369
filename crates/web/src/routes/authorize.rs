//! The authorization endpoint, and the way back from home IdPs.

use crate::plain::not_found;
use crate::posted::FormBody;
use crate::site::Site;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::ids::HomeIdpId;
use hospes_protocol::params::Params;

pub(crate) async fn by_get(site: Site, request: HttpRequest) -> HttpResponse {
    authorize(&site, &Params::parse(request.query_string())).await
}

pub(crate) async fn by_post(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    authorize(&site, &Params::parse(request.query_string()).and(form.params())).await
}

async fn authorize(site: &Site, params: &Params) -> HttpResponse {
    match site.idp().authorize(&site.visit(), params).await {
        Ok(reply) => site.answer_form(Ok(reply)),
        Err(error) => site.authorize_error(&error),
    }
}

pub(crate) async fn callback(site: Site, path: Path<(String, String)>, request: HttpRequest) -> HttpResponse {
    let Some(home_idp) = HomeIdpId::parse(&path.1) else {
        return not_found();
    };
    let params = Params::parse(request.query_string());
    site.answer_form(site.idp().arrive(&site.visit(), home_idp, &params).await)
}
