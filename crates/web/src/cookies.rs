//! The two cookies of a tenant: one ties sign-ins to a browser, one names the browser sessions.
//!
//! Each tenant has names of its own, so that a cookie of one is nothing to another. Over https they carry the `__Host-`
//! prefix, which keeps other hosts and paths from setting them (SES-02).

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponseBuilder};
use hospes_idp::browser::{ACCOUNTS, Browser, SessionCookie};
use hospes_idp::tenant::Tenant;

pub(crate) struct Names {
    binding: String,
    session: String,
    secure: bool,
}

impl Names {
    pub(crate) fn of(tenant: &Tenant, secure: bool) -> Self {
        let prefix = if secure { "__Host-" } else { "" };
        let id = tenant.id.0.simple().to_string();
        let short = id.get(20..).unwrap_or_default();
        Self { binding: format!("{prefix}hb_{short}"), session: format!("{prefix}hs_{short}"), secure }
    }

    pub(crate) fn read(&self, request: &HttpRequest) -> Browser {
        Browser {
            binding: only(request, &self.binding),
            sessions: sessions(only(request, &self.session).as_deref()),
        }
    }

    pub(crate) fn write(
        &self,
        response: &mut HttpResponseBuilder,
        binding: Option<String>,
        session: SessionCookie,
    ) {
        if let Some(binding) = binding {
            response.cookie(self.cookie(&self.binding, binding));
        }
        match session {
            SessionCookie::Keep => {}
            SessionCookie::Set(values, seconds) => {
                let mut cookie = self.cookie(&self.session, values.join(BETWEEN));
                cookie.set_max_age(seconds.map(Duration::seconds));
                response.cookie(cookie);
            }
            SessionCookie::Clear => {
                let mut gone = self.cookie(&self.session, String::new());
                gone.make_removal();
                response.cookie(gone);
            }
        }
    }

    fn cookie<'a>(&'a self, name: &'a str, value: String) -> Cookie<'a> {
        Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .finish()
    }
}

/// Between the names of the sessions of several accounts.
const BETWEEN: &str = ".";
/// Longer values than this are none of ours.
const LONGEST: usize = ACCOUNTS * 44;

/// One for each account. A value that is not a list of ours as a whole is nothing (SES-04).
fn sessions(value: Option<&str>) -> Vec<String> {
    let values: Vec<String> =
        value.into_iter().flat_map(|value| value.split(BETWEEN)).map(str::to_owned).collect();
    let usable = values.len() <= ACCOUNTS && values.iter().all(|value| !value.is_empty());
    if usable { values } else { Vec::new() }
}

/// The value of a cookie that came exactly once. Twins mean that somebody else planted one: then there is none (SES-07).
fn only(request: &HttpRequest, name: &str) -> Option<String> {
    let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut values = headers
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = values.next()?;
    let usable = values.next().is_none() && !first.is_empty() && first.len() <= LONGEST;
    usable.then(|| first.to_owned())
}
