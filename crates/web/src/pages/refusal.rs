//! Pages for when something cannot be done: they say what happened, why, what to do, and what to quote.

use crate::pages::href::Href;
use crate::pages::layout::Layout;
use askama::Template;

/// A refusal. Its sentences come from the one table of errors, so that logs, API and page say the same.
#[derive(Debug, Template)]
#[template(path = "refusal/error.html")]
pub struct ErrorPage<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The heading.
    pub title: &'a str,
    /// What happened.
    pub what: &'a str,
    /// Why, if that can be told.
    pub why: Option<&'a str>,
    /// What the person, or somebody they can ask, can do.
    pub remedy: &'a str,
    /// The stable code.
    pub code: &'a str,
    /// Finds the decision record.
    pub reference: &'a str,
    /// A way back.
    pub back: Option<Href<'a>>,
}

/// 404, the same for every address that leads nowhere.
#[derive(Debug, Template)]
#[template(path = "refusal/not_found.html")]
pub struct NotFound<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
}

/// 503: a store or the mailbox is away, or there is too much to do.
#[derive(Debug, Template)]
#[template(path = "refusal/unavailable.html")]
pub struct Unavailable<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Finds the log lines.
    pub reference: &'a str,
}
