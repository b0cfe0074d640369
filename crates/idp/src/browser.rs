//! The browser at the other end: the cookies it brought and the cookies it is given.

use crate::ctx::Ctx;
use crate::model::tenant::Tenant;

/// The cookies of one tenant that a browser brought. Worth nothing until looked up.
#[derive(Clone, Default)]
pub struct Browser {
    /// Ties interactions to the browser that began them.
    pub binding: Option<String>,
    /// Names the browser session.
    pub session: Option<String>,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = |cookie: &Option<String>| if cookie.is_some() { "present" } else { "absent" };
        write!(f, "Browser {{ binding: {}, session: {} }}", known(&self.binding), known(&self.session))
    }
}

/// One request of a browser to a tenant.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// Time, randomness, origin.
    pub ctx: &'a Ctx,
    /// Whose pages.
    pub tenant: &'a Tenant,
    /// With which cookies.
    pub browser: &'a Browser,
}

/// What happens to the session cookie.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum SessionCookie {
    /// Nothing.
    #[default]
    Keep,
    /// A new session began. The browser forgets it after so many seconds, or when it is closed.
    Set(String, Option<i64>),
    /// The session is over.
    Clear,
}
