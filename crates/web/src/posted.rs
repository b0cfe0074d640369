//! A form posted to one of our pages: from our own page, by the browser it was shown to, small, decoded once.

use crate::plain::refused;
use crate::site::Site;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{Error, FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use hospes_idp::error::PageError;
use hospes_protocol::OAuthError;
use hospes_protocol::params::Params;

/// The parameters of a form-encoded body; `None` of anything else, which is never read as a form.
pub(crate) struct FormBody(Option<Params>);

impl FormBody {
    /// No parameters where there is no form.
    pub(crate) fn params(self) -> Params {
        self.0.unwrap_or_default()
    }

    /// For clients, whose developers are told.
    pub(crate) fn form(self) -> Result<Params, OAuthError> {
        self.0
            .ok_or_else(|| OAuthError::invalid_request("the body must be application/x-www-form-urlencoded"))
    }
}

impl FromRequest for FormBody {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(
                |value| {
                    value.split(';').next().is_some_and(|mime| {
                        mime.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
                    })
                },
            );
        let body = String::from_request(request, payload);
        Box::pin(async move {
            let body = body.await?;
            Ok(Self(is_form.then(|| Params::parse(&body))))
        })
    }
}

/// A form of ours that passed every check a form must pass (SES-06).
pub(crate) struct Posted {
    pub(crate) site: Site,
    pub(crate) form: Params,
    /// Path parameter `{id}`, where the route has one.
    pub(crate) id: String,
}

impl Posted {
    /// A field as typed; empty if absent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.form.first(name).unwrap_or_default()
    }

    /// Whether the box "Keep me signed in" was ticked.
    pub(crate) fn keeps(&self) -> bool {
        self.form.first("keep").is_some()
    }

    /// The account whose page the form stood on, so that it is not sent for another one.
    pub(crate) fn account(&self) -> Option<&str> {
        self.form.first("account")
    }
}

impl FromRequest for Posted {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = FormBody::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let site = Site::of(&request).await?;
            let form = form.await?.params();
            let token = form.first("csrf").unwrap_or_default();
            let from_us = is_same_origin(&request, site.idp().base_url());
            if let Err(refusal) = site.idp().check_form(&site.visit(), if from_us { token } else { "" }).await
            {
                return Err(refused(site.page_error(&PageError::from(refusal))));
            }
            let id = request.match_info().get("id").unwrap_or_default().to_owned();
            Ok(Self { site, form, id })
        })
    }
}

/// What browsers say about where a form came from. `Origin: null` says nothing: our own referrer policy causes it.
pub(crate) fn is_same_origin(request: &HttpRequest, base_url: &str) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let site_fits = header("Sec-Fetch-Site").is_none_or(|site| site == "same-origin");
    let ours = url::Url::parse(base_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    site_fits && header("Origin").is_none_or(|origin| origin == "null" || origin == ours)
}
