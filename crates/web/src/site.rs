//! A request to one tenant: the tenant of the path, the time, the cookies. Unknown and disabled tenants are a plain 404.

use crate::app::App;
use crate::cookies::Names;
use crate::pages::{Href, Layout};
use crate::plain::{not_found, refused, unavailable};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponseBuilder};
use futures_util::future::LocalBoxFuture;
use hospes_idp::browser::{Browser, SessionCookie, Visit};
use hospes_idp::tenant::Tenant;
use hospes_idp::{Ctx, Idp};

pub(crate) struct Site {
    pub(crate) app: Data<App>,
    pub(crate) ctx: Ctx,
    pub(crate) tenant: Tenant,
    pub(crate) browser: Browser,
}

impl Site {
    pub(crate) async fn of(request: &HttpRequest) -> Result<Self, Error> {
        let app = request.app_data::<Data<App>>().cloned().ok_or_else(|| refused(not_found()))?;
        let ctx = app.ctx(request);
        let slug = request.match_info().get("tenant").unwrap_or_default();
        let tenant = match app.idp.tenant(slug).await {
            Ok(Some(tenant)) => tenant,
            Ok(None) => return Err(refused(not_found())),
            Err(cause) => {
                tracing::error!(%cause, reference = %ctx.request.reference, "the directory does not answer");
                return Err(refused(unavailable(&ctx.request.reference)));
            }
        };
        let browser = Names::of(&tenant, app.is_secure()).read(request);
        Ok(Self { app, ctx, tenant, browser })
    }

    pub(crate) fn idp(&self) -> &Idp {
        &self.app.idp
    }

    pub(crate) const fn visit(&self) -> Visit<'_> {
        Visit { ctx: &self.ctx, tenant: &self.tenant, browser: &self.browser }
    }

    pub(crate) fn cookies(&self) -> Names {
        Names::of(&self.tenant, self.app.is_secure())
    }

    /// The path of one of this tenant's pages.
    pub(crate) fn path(&self, below: &str) -> String {
        format!("/t/{}{below}", self.tenant.slug)
    }

    /// The token for the forms of a page shown to the browser with this binding.
    pub(crate) fn form_token(&self, binding: Option<&str>) -> String {
        let binding = binding.or(self.browser.binding.as_deref());
        binding.map(|binding| self.idp().form_token(&self.tenant, binding)).unwrap_or_default()
    }

    /// A response for a page with a form, and the token its forms carry. A browser that comes for the first time is given
    /// its binding here: a cookie, not a state of ours, so that scanners may collect as many as they like (INV-11).
    pub(crate) fn form_page(&self, status: StatusCode) -> (HttpResponseBuilder, String) {
        let binding = self.browser.binding.is_none().then(|| self.ctx.token());
        let csrf = self.form_token(binding.as_deref());
        let mut response = HttpResponseBuilder::new(status);
        self.cookies().write(&mut response, binding, SessionCookie::Keep);
        (response, csrf)
    }

    pub(crate) fn layout<'a>(&'a self, csrf: &'a str) -> Layout<'a> {
        Layout {
            lang: "en",
            organization: Some(&self.tenant.display_name),
            csrf,
            frames: &[],
            privacy: self.tenant.settings.privacy_statement_url.as_deref().and_then(Href::new),
        }
    }
}

impl FromRequest for Site {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}
