//! Answers that need no tenant: rendering a page, "nothing here", "one moment".

use crate::pages::{Layout, NotFound, Unavailable};
use actix_web::error::InternalError;
use actix_web::http::header;
use actix_web::{Error, HttpResponse, HttpResponseBuilder};
use askama::Template;

/// The one answer to every path, tenant and object that is not there.
pub(crate) fn not_found() -> HttpResponse {
    html(HttpResponse::NotFound(), &NotFound { layout: Layout::default() })
}

pub(crate) fn unavailable(reference: &str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header((header::RETRY_AFTER, "5"));
    html(response, &Unavailable { layout: Layout::default(), reference })
}

/// Stops extraction with a finished answer.
pub(crate) fn refused(response: HttpResponse) -> Error {
    InternalError::from_response("refused", response).into()
}

/// A page as a response.
pub(crate) fn html(mut response: HttpResponseBuilder, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(body) => response.content_type("text/html; charset=utf-8").body(body),
        Err(cause) => {
            tracing::error!(%cause, "a page does not render");
            HttpResponse::InternalServerError().finish()
        }
    }
}
