//! Where a person is signed in.

use crate::pages::href::Href;
use crate::pages::layout::Layout;
use crate::pages::moment::Moment;
use askama::Template;

/// The person's sessions. The forms post nothing but `csrf`.
#[derive(Debug, Template)]
#[template(path = "account/sessions.html")]
pub struct Sessions<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The latest used first.
    pub rows: Vec<SessionRow<'a>>,
    /// Where "sign out everywhere else" goes, if there is an elsewhere.
    pub end_others_action: Option<&'a str>,
    /// The account this page is of, for its forms.
    pub account: &'a str,
    /// Where "sign out" of this browser goes.
    pub sign_out_action: &'a str,
    /// The person's own page.
    pub home: Href<'a>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow<'a> {
    /// What the browser calls itself.
    pub agent: Option<&'a str>,
    /// Through which home IdP; none for a lightweight account.
    pub home: Option<&'a str>,
    /// Which apps were let in.
    pub apps: &'a [String],
    /// When it began.
    pub began: Moment,
    /// When it was used last.
    pub used: Moment,
    /// Whether it is the one at this browser.
    pub is_here: bool,
    /// Where "sign out there" goes.
    pub end_action: String,
}
