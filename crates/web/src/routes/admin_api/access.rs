//! Who is asking, and how requests are read: bearer token, permission, JSON body, query, versions and cursors.

use super::failure::{INVALID, MALFORMED, MEDIA_TYPE, Reference, Refused, SCOPE, TOO_LARGE, UNAUTHENTICATED};
use super::failure::{NOT_FOUND, STEP_UP, UNAVAILABLE};
use crate::api::Page;
use crate::routes::token::RequestToken;
use crate::site::Site;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Query};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use hospes_idp::admin::permission::{ADMINISTER, FRESH_FOR, INVITE};
use hospes_idp::admin::{Admin, AdminError, Caller};
use hospes_idp::invitation::record::Inviter;
use hospes_idp::ports::{Page as Found, PageRequest};
use hospes_idp::token::possession::TokenScheme;
use hospes_protocol::OAuthError;
use hospes_protocol::resource_metadata::ProtectedResource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::str::FromStr;
use utoipa::IntoParams;

/// The largest document accepted, in bytes.
const MAX_BODY: usize = 256 * 1024;
/// The largest page, and the one served when none is asked for.
const MAX_PAGE: u32 = 200;
const DEFAULT_PAGE: u32 = 50;

/// What a handler answers.
pub(in crate::routes) type Answer = Result<HttpResponse, Refused>;

/// A request by somebody who was recognised. What they may do is asked next: [`Api::admin`], [`Api::inviter`].
pub(in crate::routes) struct Api {
    pub(in crate::routes) site: Site,
    caller: Caller,
    /// When the person of the token signed in.
    signed_in_at: Option<i64>,
    request: HttpRequest,
}

impl FromRequest for Api {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let site = Site::of(&request).await?;
            let reference = Reference(site.ctx.request.reference.clone());
            request.extensions_mut().insert(reference);
            let (caller, signed_in_at) = caller(&site, &request).await?;
            Ok(Self { site, caller, signed_in_at, request })
        })
    }
}

/// Which API this is: what a scope says about itself, or the one of administrators.
fn resource(request: &HttpRequest) -> ProtectedResource {
    request.app_data().copied().unwrap_or(ProtectedResource::Api)
}

/// API-04: an access token of this tenant, for this API; whatever is wrong with another, the answer is the same.
async fn caller(site: &Site, request: &HttpRequest) -> Result<(Caller, Option<i64>), Refused> {
    let realm = site.challenge(resource(request), TokenScheme::Bearer, None);
    let refused = || {
        Refused::new(
            &UNAUTHENTICATED,
            "the access token is missing, invalid, expired or for another audience",
        )
    };
    let Some(token) = RequestToken::of(site, request) else {
        // RFC 6750 §3.1: no error code where no token came.
        return Err(refused().challenging(realm));
    };
    let scheme = token.scheme;
    let invalid = || refused().challenging(format!("{realm}, error=\"invalid_token\""));
    let unavailable = |error: OAuthError| match error.code.status() {
        500.. => Refused::new(&UNAVAILABLE, "a store does not answer, try again"),
        _ if scheme == TokenScheme::Dpop => refused()
            .challenging(site.challenge(resource(request), scheme, Some(&error)))
            .offering(site.nonce_for(&error)),
        _ => invalid(),
    };
    let token = site.idp().presented_token(&site.ctx, &site.tenant, token.presented()).await;
    let token = token.map_err(unavailable)?;
    if token.aud != site.idp().issuer(&site.tenant).as_str() {
        return Err(invalid());
    }
    let caller = site.idp().caller(&site.ctx, &site.tenant, &token).await?.ok_or_else(invalid)?;
    Ok((caller, token.auth_time))
}

impl Api {
    /// The handle, if the caller may administer.
    pub(in crate::routes) fn admin(&self) -> Result<Admin<'_>, Refused> {
        let admin = self.site.idp().admin(&self.site.ctx, &self.site.tenant, &self.caller);
        admin.map_err(|error| self.forbidden(error, ADMINISTER))
    }

    /// As [`Self::admin`], for what cannot be undone or opens doors: a person must have signed in lately (RFC 9470 §3).
    pub(in crate::routes) fn fresh_admin(&self) -> Result<Admin<'_>, Refused> {
        let admin = self.admin()?;
        if !self.caller.must_sign_in_anew(self.signed_in_at, &self.site.ctx) {
            return Ok(admin);
        }
        let realm = self.realm();
        let error = "error=\"insufficient_user_authentication\", error_description=\"a more recent sign-in is needed\"";
        let sentence = format!("this needs a sign-in within the last {FRESH_FOR} seconds");
        Err(Refused::new(&STEP_UP, sentence)
            .challenging(format!("{realm}, {error}, max_age=\"{FRESH_FOR}\"")))
    }

    /// The caller as an inviter, if they may invite.
    pub(in crate::routes) fn inviter(&self) -> Result<Inviter, Refused> {
        self.caller.inviter(&self.site.tenant).map_err(|error| self.forbidden(error, INVITE))
    }

    fn realm(&self) -> String {
        self.site.challenge(resource(&self.request), TokenScheme::Bearer, None)
    }

    /// RFC 6750 §3.1: names the scope that would do.
    fn forbidden(&self, error: AdminError, scope: &str) -> Refused {
        let AdminError::Forbidden = error else {
            return error.into();
        };
        let sentence = format!("this needs {scope}, granted to the client or to an administrator's token");
        let realm = self.realm();
        Refused::new(&SCOPE, sentence)
            .challenging(format!("{realm}, error=\"insufficient_scope\", scope=\"{scope}\""))
    }

    /// The path of the request.
    pub(in crate::routes) fn path(&self) -> &str {
        self.request.path()
    }

    /// The `{id}` of the path. One that cannot be an identifier names nothing.
    pub(in crate::routes) fn id<T: FromStr>(&self) -> Result<T, Refused> {
        self.part("id")
    }

    /// A part of the path by its name, likewise.
    pub(in crate::routes) fn part<T: FromStr>(&self, name: &str) -> Result<T, Refused> {
        let id = self.request.match_info().get(name).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Refused::new(&NOT_FOUND, "there is no such object"))
    }

    /// The body, if it is JSON of this shape. Unknown members are refused.
    pub(in crate::routes) async fn body<T: DeserializeOwned>(
        &self,
        payload: web::Payload,
    ) -> Result<T, Refused> {
        if !self.request.content_type().eq_ignore_ascii_case("application/json") {
            return Err(Refused::new(&MEDIA_TYPE, "Content-Type must be application/json"));
        }
        let bytes = payload.to_bytes_limited(MAX_BODY).await;
        let bytes = bytes.map_err(|_| Refused::new(&TOO_LARGE, "a document has at most 256 KiB"))?;
        let bytes = bytes.map_err(|_| Refused::new(&MALFORMED, "the body ended early"))?;
        // A list would be read as the members of the object in their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err(vec!["the body must be an object".to_owned()].into());
        }
        serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
            Category::Data => Refused::from(vec![error.to_string()]),
            Category::Io | Category::Syntax | Category::Eof => Refused::new(&MALFORMED, error.to_string()),
        })
    }

    /// The parameters of the query. Unknown ones, and known ones given twice, are refused.
    pub(in crate::routes) fn query<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        let query = Query::from_query(self.request.query_string());
        query.map(Query::into_inner).map_err(|error| Refused::new(&INVALID, error.to_string()))
    }

    /// The version of `If-Match` (RFC 9110 §13.1.1). A tag we never gave matches nothing.
    pub(in crate::routes) fn if_match(&self) -> Option<u64> {
        let given = self.request.headers().get(header::IF_MATCH)?.to_str().unwrap_or_default().trim();
        let version = given.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        (given != "*").then(|| version.and_then(|version| version.parse().ok()).unwrap_or(u64::MAX))
    }

    /// Which page of the list at this address is wanted.
    pub(in crate::routes) fn page(
        &self,
        admin: &Admin<'_>,
        range: &PageQuery,
    ) -> Result<PageRequest, Refused> {
        let size = match range.limit.as_deref().map(str::parse) {
            None => DEFAULT_PAGE,
            Some(Ok(limit)) if (1..=MAX_PAGE).contains(&limit) => limit,
            Some(_) => return Err(vec![format!("limit must be 1 to {MAX_PAGE}")].into()),
        };
        let key = |cursor: &String| admin.key_of(&self.list(), cursor);
        Ok(PageRequest { after: range.after.as_ref().map(key).transpose()?, size })
    }

    /// A page as a document.
    pub(in crate::routes) fn found<T, D: Serialize>(
        &self,
        admin: &Admin<'_>,
        page: Found<T>,
        shown: impl FnMut(T) -> D,
    ) -> HttpResponse {
        let next = page.next.map(|key| admin.cursor(&self.list(), &key));
        HttpResponse::Ok().json(Page { items: page.items.into_iter().map(shown).collect(), next })
    }

    /// What a cursor belongs to: the path and the filters.
    fn list(&self) -> String {
        let range = |pair: &&str| pair.starts_with("limit=") || pair.starts_with("after=");
        let mut filters: Vec<&str> =
            self.request.query_string().split('&').filter(|pair| !range(pair)).collect();
        filters.sort_unstable();
        format!("{}?{}", self.request.path(), filters.join("&"))
    }

    /// Where a new object is, below the API.
    pub(in crate::routes) fn location(&self, below: &str) -> (header::HeaderName, String) {
        (header::LOCATION, self.site.idp().issuer(&self.site.tenant).join(&format!("/api{below}")))
    }
}

/// Which part of a list.
#[derive(Clone, Debug, Default, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct PageQuery {
    /// At most this many items, 1 to 200; 50 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl PageQuery {
    pub(in crate::routes) const fn new(limit: Option<String>, after: Option<String>) -> Self {
        Self { limit, after }
    }
}

/// An object with its version as a strong entity tag (RFC 9110 §8.8.3).
pub(in crate::routes) fn versioned(
    mut response: actix_web::HttpResponseBuilder,
    version: u64,
    body: &impl Serialize,
) -> HttpResponse {
    response.insert_header((header::ETAG, format!("\"{version}\""))).json(body)
}
