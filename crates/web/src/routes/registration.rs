//! Clients that register themselves (RFC 7591) and look after their registration (RFC 7592). Tenants that take none have
//! no such address.

use super::token::RequestToken;
use crate::plain::{not_found, refused};
use crate::site::Site;
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use hospes_idp::registration::{Registered, RegistrationCall};
use hospes_idp::token::possession::TokenScheme;
use hospes_protocol::{ClientId, ErrorCode, OAuthError};

/// A request of somebody who may hold a token.
pub(crate) struct Caller {
    site: Site,
    token: Option<RequestToken>,
    client: ClientId,
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let site = Site::of(&request).await?;
            if !site.idp().takes_registrations(&site.tenant) {
                return Err(refused(not_found()));
            }
            let token = RequestToken::of(&site, &request).filter(|token| token.scheme == TokenScheme::Bearer);
            let client = ClientId::new(request.match_info().get("id").unwrap_or_default());
            Ok(Self { site, token, client })
        })
    }
}

impl Caller {
    fn call(&self) -> RegistrationCall<'_> {
        let bearer = self.token.as_ref().map(|token| token.presented().token);
        RegistrationCall { ctx: &self.site.ctx, tenant: &self.site.tenant, bearer }
    }

    fn answer<T>(
        &self,
        answer: Result<T, OAuthError>,
        render: impl FnOnce(T) -> HttpResponse,
    ) -> HttpResponse {
        match answer {
            Ok(answer) => render(answer),
            Err(error) if error.code == ErrorCode::InvalidToken => self.site.registration_error(&error),
            Err(error) if error.code == ErrorCode::AccessDenied => self.site.forbidden(&error),
            Err(error) => self.site.token_error(&error, false),
        }
    }
}

fn shown(registered: Registered) -> HttpResponse {
    HttpResponse::Ok().json(registered)
}

pub(crate) async fn register(caller: Caller, body: Bytes) -> HttpResponse {
    let answer = caller.site.idp().register_client(caller.call(), &body).await;
    caller.answer(answer, |registered| HttpResponse::Created().json(registered))
}

pub(crate) async fn read(caller: Caller) -> HttpResponse {
    let answer = caller.site.idp().registered_client(caller.call(), &caller.client).await;
    caller.answer(answer, shown)
}

pub(crate) async fn change(caller: Caller, body: Bytes) -> HttpResponse {
    let answer = caller.site.idp().change_registration(caller.call(), &caller.client, &body).await;
    caller.answer(answer, shown)
}

pub(crate) async fn end(caller: Caller) -> HttpResponse {
    let answer = caller.site.idp().end_registration(caller.call(), &caller.client).await;
    caller.answer(answer, |()| HttpResponse::NoContent().finish())
}
