//! What home IdPs tell us about signing out, and the way there for people who want to sign out at home too.

use crate::pages::SignedOut;
use crate::plain::{html, not_found};
use crate::posted::FormBody;
use crate::render::redirect;
use crate::site::Site;
use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::ids::HomeIdpId;
use hospes_protocol::params::Params;
use url::Url;

/// OIDC Back-Channel Logout §2.8: 200, or 400 with an error.
pub(crate) async fn backchannel(site: Site, path: Path<(String, String)>, form: FormBody) -> HttpResponse {
    let Some(home_idp) = HomeIdpId::parse(&path.1) else {
        return not_found();
    };
    let form = form.form();
    match site.idp().backchannel_logout((&site.ctx, &site.tenant), home_idp, form.as_ref()).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => site.token_error(&error, false),
    }
}

/// An empty page whatever happened; only the home IdP may frame it.
pub(crate) async fn frontchannel(
    site: Site,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> HttpResponse {
    let Some(home_idp) = HomeIdpId::parse(&path.1) else {
        return not_found();
    };
    let params = Params::parse(request.query_string());
    match site.idp().frontchannel_logout((&site.ctx, &site.tenant), home_idp, &params).await {
        Ok(issuer) => {
            let origin = issuer.and_then(|issuer| Url::parse(&issuer).ok()).map(|url| url.origin());
            let origin = origin.map_or_else(|| "'none'".to_owned(), |origin| origin.ascii_serialization());
            let policy = format!("default-src 'none'; frame-ancestors {origin}");
            HttpResponse::Ok().insert_header((header::CONTENT_SECURITY_POLICY, policy)).finish()
        }
        Err(error) => site.page_error(&error),
    }
}

/// Off to the home IdP to sign out there, if it has a place for that.
pub(crate) async fn leave(site: Site, path: Path<(String, String)>) -> HttpResponse {
    let Some(home_idp) = HomeIdpId::parse(&path.1) else {
        return not_found();
    };
    match site.idp().sign_out_at_home(&site.tenant, home_idp).await {
        Ok(Some(url)) => redirect(&url).finish(),
        Ok(None) => redirect(&site.path("/signed-out")).finish(),
        Err(error) => site.page_error(&error),
    }
}

/// Where home IdPs send people back to.
pub(crate) async fn back(site: Site) -> HttpResponse {
    let page = SignedOut {
        layout: site.layout(""),
        again: None,
        left: 0,
        sign_out_action: "",
        back: None,
        home: None,
    };
    html(HttpResponse::Ok(), &page)
}
