//! The answer to an app that asked for `response_mode=form_post`.

use crate::pages::href::Href;
use crate::pages::layout::Layout;
use askama::Template;

/// Hands the answer over by a form that sends itself, or by a button without JavaScript (OAuth 2.0 Form Post §2).
///
/// The only form without `csrf`: it goes to the app, which must not learn the value.
#[derive(Debug, Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The app.
    pub app: &'a str,
    /// Its redirect URI.
    pub action: Href<'a>,
    /// Names and values of the answer.
    pub fields: Vec<(&'a str, &'a str)>,
}
