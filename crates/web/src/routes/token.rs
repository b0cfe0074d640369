//! Where clients authenticate (tokens, pushed requests, devices, introspection, revocation), and userinfo.

use crate::posted::FormBody;
use crate::site::Site;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use hospes_idp::Idp;
use hospes_idp::token::ClientRequest;
use hospes_idp::token::certificate::ClientCertificate;
use hospes_idp::token::possession::{Possession, PresentedToken, TokenScheme};
use hospes_idp::token::sealed::Told;
use hospes_protocol::OAuthError;
use hospes_protocol::params::Params;
use std::sync::Arc;

/// RFC 9701 §5.
const INTROSPECTION_JWT: &str = "application/token-introspection+jwt";

fn authorization(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default())
}

fn proofs(request: &HttpRequest) -> Vec<String> {
    let texts = request.headers().get_all("DPoP").map(|value| value.to_str().unwrap_or_default());
    texts.map(str::to_owned).collect()
}

/// The certificate of the connection, never of a header: anybody can write headers (CA-12).
fn certificate(request: &HttpRequest) -> Option<Arc<ClientCertificate>> {
    request.conn_data::<Arc<ClientCertificate>>().cloned()
}

/// Of a connection to the listener that asks for certificates, whether or not it brought one (RFC 8705 §5).
#[derive(Clone, Copy, Debug)]
pub struct AliasConnection;

fn is_at_alias(request: &HttpRequest) -> bool {
    request.conn_data::<AliasConnection>().is_some()
}

/// An access token as it came with a request.
pub(crate) struct RequestToken {
    pub(crate) scheme: TokenScheme,
    token: String,
    method: String,
    uri: String,
    proofs: Vec<String>,
    certificate: Option<Arc<ClientCertificate>>,
    at_alias: bool,
}

impl RequestToken {
    /// The one of the `Authorization` header; schemes are case-insensitive (RFC 9110 §11.1).
    pub(crate) fn of(site: &Site, request: &HttpRequest) -> Option<Self> {
        let (scheme, token) = authorization(request)?.split_once(' ')?;
        let schemes = [("bearer", TokenScheme::Bearer), ("dpop", TokenScheme::Dpop)];
        let (_, scheme) = schemes.into_iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name))?;
        Some(Self::new(site, request, (scheme, token.trim())))
    }

    fn new(site: &Site, request: &HttpRequest, (scheme, token): (TokenScheme, &str)) -> Self {
        Self {
            scheme,
            token: token.to_owned(),
            method: request.method().to_string(),
            uri: format!("{}{}", site.idp().reached_at(is_at_alias(request)), request.path()),
            proofs: proofs(request),
            certificate: certificate(request),
            at_alias: is_at_alias(request),
        }
    }

    pub(crate) fn presented(&self) -> PresentedToken<'_> {
        PresentedToken {
            scheme: self.scheme,
            token: &self.token,
            method: &self.method,
            uri: &self.uri,
            possession: Possession {
                proofs: &self.proofs,
                certificate: self.certificate.as_deref(),
                at_alias: self.at_alias,
            },
        }
    }
}

/// A form a client sent with what it says about itself.
pub(crate) struct ClientCall {
    site: Site,
    authorization: Option<String>,
    proofs: Vec<String>,
    certificate: Option<Arc<ClientCertificate>>,
    at_alias: bool,
    form: Result<Params, OAuthError>,
}

impl FromRequest for ClientCall {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = FormBody::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let site = Site::of(&request).await?;
            let authorization = authorization(&request).map(str::to_owned);
            let (proofs, certificate) = (proofs(&request), certificate(&request));
            let form = match form.await {
                Ok(form) => form.form(),
                Err(unread) => {
                    site.idp().unread(&site.ctx, &site.tenant, unread.to_string()).await;
                    return Err(unread);
                }
            };
            Ok(Self { site, authorization, proofs, certificate, at_alias: is_at_alias(&request), form })
        })
    }
}

impl ClientCall {
    async fn answered<T>(
        self,
        ask: impl AsyncFnOnce(&Idp, ClientRequest<'_>) -> Result<T, OAuthError>,
        render: impl FnOnce(T) -> HttpResponse,
    ) -> HttpResponse {
        let Self { site, authorization, proofs, certificate, at_alias, form } = self;
        let authorization = authorization.as_deref();
        let answer = match &form {
            Ok(form) => {
                let (ctx, tenant) = (&site.ctx, &site.tenant);
                let certificate = certificate.as_deref();
                let possession = Possession { proofs: &proofs, certificate, at_alias };
                ask(site.idp(), ClientRequest { ctx, tenant, authorization, form, possession }).await
            }
            Err(error) => {
                site.idp().unread(&site.ctx, &site.tenant, error.code.wire()).await;
                Err(error.clone())
            }
        };
        answer.map_or_else(|error| site.token_error(&error, authorization.is_some()), render)
    }
}

pub(crate) async fn exchange(call: ClientCall) -> HttpResponse {
    let render = |tokens| HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(tokens);
    call.answered(async |idp, request| idp.exchange(request).await, render).await
}

pub(crate) async fn push(call: ClientCall) -> HttpResponse {
    let render = |pushed| HttpResponse::Created().json(pushed);
    call.answered(async |idp, request| idp.push_request(request).await, render).await
}

pub(crate) async fn request_device(call: ClientCall) -> HttpResponse {
    let render = |asked| HttpResponse::Ok().json(asked);
    call.answered(async |idp, request| idp.request_device(request).await, render).await
}

pub(crate) async fn introspect(call: ClientCall, request: HttpRequest) -> HttpResponse {
    let signed = accepts(&request, INTROSPECTION_JWT);
    let render = |answer| told(answer, INTROSPECTION_JWT);
    call.answered(async |idp, request| idp.introspect(request, signed).await, render).await
}

/// Whether a media type is asked for by its name (RFC 9701 §4); a wildcard asks for nothing in particular.
fn accepts(request: &HttpRequest, media_type: &str) -> bool {
    let fields = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let names = fields.flat_map(|field| field.split(',')).filter_map(|range| range.split(';').next());
    names.map(str::trim).any(|name| name.eq_ignore_ascii_case(media_type))
}

fn told(answer: Told, media_type: &str) -> HttpResponse {
    match answer {
        Told::Plain(json) => HttpResponse::Ok().content_type("application/json").body(json),
        Told::Jwt(token) => HttpResponse::Ok().content_type(media_type).body(token),
    }
}

pub(crate) async fn revoke(call: ClientCall) -> HttpResponse {
    let render = |()| HttpResponse::Ok().finish();
    call.answered(async |idp, request| idp.revoke_token(request).await, render).await
}

pub(crate) async fn userinfo(site: Site, request: HttpRequest) -> HttpResponse {
    released(&site, RequestToken::of(&site, &request)).await
}

/// RFC 6750 §2.2 allows the token in the form, but not together with the header.
pub(crate) async fn userinfo_by_post(site: Site, request: HttpRequest, form: FormBody) -> HttpResponse {
    match (RequestToken::of(&site, &request), form.params().once("access_token")) {
        (Some(token), Ok(Some(_))) => {
            let twice = OAuthError::invalid_request("the token came twice");
            site.bearer_error(token.scheme, Some(&twice))
        }
        (_, Err(repeated)) => site.bearer_error(TokenScheme::Bearer, Some(&repeated)),
        (header, Ok(form)) => {
            let form = form.map(|token| RequestToken::new(&site, &request, (TokenScheme::Bearer, token)));
            released(&site, header.or(form)).await
        }
    }
}

/// Where a token with too many groups points to.
pub(crate) async fn groups(site: Site, request: HttpRequest) -> HttpResponse {
    let query = Params::parse(request.query_string());
    let (token, after) = match (RequestToken::of(&site, &request), query.once("after")) {
        (None, _) => return site.bearer_error(TokenScheme::Bearer, None),
        (Some(token), Err(repeated)) => return site.bearer_error(token.scheme, Some(&repeated)),
        (Some(token), Ok(after)) => (token, after),
    };
    match site.idp().groups_of_bearer(&site.ctx, &site.tenant, (token.presented(), after)).await {
        Ok(body) => HttpResponse::Ok().content_type("application/json").body(body),
        Err(error) => site.bearer_error(token.scheme, Some(&error)),
    }
}

async fn released(site: &Site, token: Option<RequestToken>) -> HttpResponse {
    let Some(token) = token else {
        return site.bearer_error(TokenScheme::Bearer, None);
    };
    match site.idp().userinfo(&site.ctx, &site.tenant, token.presented()).await {
        Ok(answer) => told(answer, "application/jwt"),
        Err(error) => site.bearer_error(token.scheme, Some(&error)),
    }
}
