//! The browser at the other end: the cookies it brought and the cookies it is given.

use crate::ctx::Ctx;
use crate::model::tenant::Tenant;

/// The cookies of one tenant that a browser brought. Worth nothing until looked up.
#[derive(Clone, Default)]
pub struct Browser {
    /// Ties interactions to the browser that began them.
    pub binding: Option<String>,
    /// Name the browser sessions, one for each account; the account chosen last comes first.
    pub sessions: Vec<String>,
}

/// As many accounts are remembered beside each other. The one chosen longest ago is forgotten, not signed out: its
/// session goes on for the apps that were let in.
pub const ACCOUNTS: usize = 5;

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = |cookie: &Option<String>| if cookie.is_some() { "present" } else { "absent" };
        write!(f, "Browser {{ binding: {}, sessions: {} }}", known(&self.binding), self.sessions.len())
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
    /// The sessions are these now. The browser forgets them after so many seconds, or when it is closed.
    Set(Vec<String>, Option<i64>),
    /// No session is left.
    Clear,
}

impl std::fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keep => "Keep",
            Self::Set(..) => "Set(***)",
            Self::Clear => "Clear",
        })
    }
}
