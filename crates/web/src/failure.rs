//! Errors as HTTP, one function per family: pages, redirects to clients, token endpoint JSON.

use crate::pages::{Declined, DeviceAnswered, ErrorPage, Href, LinkProblem, LinkProblemKind};
use crate::plain::{html, not_found, unavailable};
use crate::render::respond;
use crate::site::Site;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use hospes_idp::error::{AuthorizeError, PageError};
use hospes_idp::refusal::Refusal;
use hospes_idp::token::possession::TokenScheme;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::resource_metadata::ProtectedResource;
use hospes_protocol::response::AuthorizationResponse;
use hospes_protocol::{ErrorCode, OAuthError};
use serde_json::json;

impl Site {
    /// A refusal a person reads.
    pub(crate) fn page_error(&self, error: &PageError) -> HttpResponse {
        let row = error.refusal.explanation();
        let reference = self.ctx.request.reference.as_str();
        if row.status >= 500 {
            tracing::error!(%error, reference, "a page could not be shown");
        } else {
            tracing::info!(%error, reference, "a person was refused");
        }
        match error.refusal {
            Refusal::TenantDisabled => return not_found(),
            Refusal::Unavailable => return unavailable(reference),
            Refusal::Declined => return self.declined(),
            Refusal::DeviceDeclined => return self.device_answered(false),
            _ => {}
        }
        let mut response = HttpResponseBuilder::new(status(row.status));
        if row.status == 429 {
            response.insert_header((header::RETRY_AFTER, "600"));
        }
        let layout = self.layout("");
        if let Some(kind) = link_problem(error.refusal) {
            return html(response, &LinkProblem { layout, kind, reference });
        }
        let back = error.way_back.as_ref().and_then(way_back);
        html(
            response,
            &ErrorPage {
                layout,
                title: row.title,
                what: row.what,
                why: None,
                remedy: row.remedy,
                code: row.code,
                reference,
                back: back.and_then(Href::new),
            },
        )
    }

    /// Saying no is an answer, not an error.
    fn declined(&self) -> HttpResponse {
        html(
            HttpResponse::Ok(),
            &Declined { layout: self.layout(""), organization: &self.tenant.display_name },
        )
    }

    /// What is left to do is on the device.
    pub(crate) fn device_answered(&self, approved: bool) -> HttpResponse {
        html(HttpResponse::Ok(), &DeviceAnswered { layout: self.layout(""), approved })
    }

    /// An authorization request that failed: on a page, or at the client.
    pub(crate) fn authorize_error(&self, error: &AuthorizeError) -> HttpResponse {
        match error {
            AuthorizeError::Page(error) => self.page_error(error),
            AuthorizeError::Return(return_to, error) => {
                tracing::info!(%error, reference = %self.ctx.request.reference, "an authorization request was refused");
                respond(self, &return_to.error(error))
            }
        }
    }

    /// An error of the token endpoint (RFC 6749 §5.2).
    pub(crate) fn token_error(&self, error: &OAuthError, used_basic: bool) -> HttpResponse {
        tracing::info!(%error, cause = error.cause, reference = %self.ctx.request.reference, "a token request was refused");
        let mut response = HttpResponseBuilder::new(status(error.code.status()));
        if error.code == ErrorCode::InvalidClient && used_basic {
            response
                .insert_header((header::WWW_AUTHENTICATE, format!("Basic realm=\"{}\"", self.tenant.slug)));
        }
        self.offer_nonce(&mut response, error);
        oauth_json(response, error)
    }

    /// A refusal that no other token would change.
    pub(crate) fn forbidden(&self, error: &OAuthError) -> HttpResponse {
        tracing::info!(%error, reference = %self.ctx.request.reference, "a request was refused");
        oauth_json(HttpResponse::Forbidden(), error)
    }

    /// RFC 9449 §8: the error brings the nonce it asks for.
    pub(crate) fn nonce_for(&self, error: &OAuthError) -> Option<String> {
        (error.code == ErrorCode::UseDpopNonce).then(|| self.idp().dpop_nonce(&self.ctx, &self.tenant))
    }

    fn offer_nonce(&self, response: &mut HttpResponseBuilder, error: &OAuthError) {
        if let Some(nonce) = self.nonce_for(error) {
            response.insert_header(("DPoP-Nonce", nonce));
        }
    }

    /// What a protected resource asks for, and where that is explained (RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1): no
    /// code where no token came.
    pub(crate) fn challenge(
        &self,
        resource: ProtectedResource,
        scheme: TokenScheme,
        error: Option<&OAuthError>,
    ) -> String {
        let metadata = self.idp().resource_metadata_url(&self.tenant, resource);
        let realm = format!("realm=\"{}\", resource_metadata=\"{metadata}\"", self.tenant.slug);
        let error = error
            .map(|error| format!(", error=\"{}\", error_description=\"{}\"", error.code, error.description));
        let error = error.unwrap_or_default();
        match scheme {
            TokenScheme::Bearer => format!("Bearer {realm}{error}"),
            TokenScheme::Dpop => {
                let algorithms = Algorithm::VERIFYING.map(Algorithm::as_str).join(" ");
                format!("DPoP {realm}, algs=\"{algorithms}\"{error}")
            }
        }
    }

    /// An error of where clients register, whose tokens are of no other use (RFC 6750 §3).
    pub(crate) fn registration_error(&self, error: &OAuthError) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(status(error.code.status()));
        let realm = format!("Bearer realm=\"{}\", error=\"{}\"", self.tenant.slug, error.code);
        response.insert_header((header::WWW_AUTHENTICATE, realm));
        oauth_json(response, error)
    }

    /// An error of userinfo.
    pub(crate) fn bearer_error(&self, scheme: TokenScheme, error: Option<&OAuthError>) -> HttpResponse {
        let challenge =
            (header::WWW_AUTHENTICATE, self.challenge(ProtectedResource::Userinfo, scheme, error));
        let Some(error) = error else {
            return HttpResponse::Unauthorized().insert_header(challenge).finish();
        };
        // RFC 9449 §7.1: at a resource these are about the token, and say so by their status.
        let code = match error.code {
            ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => 401,
            code => code.status(),
        };
        let mut response = HttpResponseBuilder::new(status(code));
        if code < 500 {
            response.insert_header(challenge);
        }
        self.offer_nonce(&mut response, error);
        oauth_json(response, error)
    }
}

fn oauth_json(mut response: HttpResponseBuilder, error: &OAuthError) -> HttpResponse {
    match error.code.status() {
        429 => drop(response.insert_header((header::RETRY_AFTER, "60"))),
        503 => drop(response.insert_header((header::RETRY_AFTER, "5"))),
        _ => {}
    }
    response.json(json!({"error": error.code.wire(), "error_description": error.description}))
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

const fn link_problem(refusal: Refusal) -> Option<LinkProblemKind> {
    match refusal {
        Refusal::InvitationExpired => Some(LinkProblemKind::Expired),
        Refusal::InvitationRevoked => Some(LinkProblemKind::Revoked),
        Refusal::InvitationUnknown => Some(LinkProblemKind::Unknown),
        Refusal::InvitationSuperseded => Some(LinkProblemKind::Superseded),
        _ => None,
    }
}

/// Only a plain redirect can be offered as a link.
fn way_back(response: &AuthorizationResponse) -> Option<&str> {
    match response {
        AuthorizationResponse::Redirect(uri) => Some(uri),
        AuthorizationResponse::FormPost { .. } => None,
    }
}
