//! Pages of `hospes demo`: a sample app, a mail viewer and a tour. Their look differs from the product's on purpose, so
//! that nobody takes one for the other.

use crate::pages::href::Href;
use crate::pages::layout::Layout;
use crate::pages::moment::Moment;
use askama::Template;

/// The sample app before sign-in.
#[derive(Debug, Template)]
#[template(path = "demo/app_signed_out.html")]
pub struct SampleAppSignedOut<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// What the app is called.
    pub app: &'a str,
    /// The organization whose guests it serves.
    pub organization: &'a str,
    /// Starts an authorization request.
    pub sign_in: Href<'a>,
    /// The tour.
    pub tour: Href<'a>,
}

/// The sample app after sign-in: what an app learns. The sign-out form posts nothing but `csrf`.
#[derive(Debug, Template)]
#[template(path = "demo/app_signed_in.html")]
pub struct SampleAppSignedIn<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// What the app is called.
    pub app: &'a str,
    /// How to greet.
    pub name: &'a str,
    /// Claims of the verified ID token, in the order shown.
    pub claims: Vec<Claim<'a>>,
    /// The whole payload, indented.
    pub raw: &'a str,
    /// Where "sign out" goes.
    pub sign_out_action: &'a str,
    /// The tour.
    pub tour: Href<'a>,
}

/// One claim. The template explains the well-known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value as JSON, strings without quotes.
    pub value: &'a str,
}

/// Mails the demo caught.
#[derive(Debug, Template)]
#[template(path = "demo/mails.html")]
pub struct Mails<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The newest first.
    pub mails: Vec<MailRow<'a>>,
    /// The tour.
    pub tour: Href<'a>,
}

/// One mail of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailRow<'a> {
    /// Its page.
    pub href: Href<'a>,
    /// Recipient.
    pub to: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// When it came.
    pub at: Moment,
}

/// One mail.
#[derive(Debug, Template)]
#[template(path = "demo/mail.html")]
pub struct Mail<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Sender.
    pub from: &'a str,
    /// Recipient.
    pub to: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// When it came.
    pub at: Moment,
    /// The plain text part.
    pub text: &'a str,
    /// Links found in the plain text, so that they can be followed.
    pub links: Vec<Href<'a>>,
    /// The HTML part under a URL of its own, shown in a frame that may run nothing.
    pub html: Option<Href<'a>>,
    /// The list.
    pub list: Href<'a>,
}

/// A numbered tour of the demo.
#[derive(Debug, Template)]
#[template(path = "demo/tour.html")]
pub struct Tour<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The organization whose guests are shown.
    pub organization: &'a str,
    /// The sample app.
    pub app: Href<'a>,
    /// The mail viewer.
    pub mails: Href<'a>,
    /// The page to invite a guest.
    pub invite: Href<'a>,
    /// The discovery document.
    pub discovery: Href<'a>,
    /// People to try.
    pub people: Vec<DemoPerson<'a>>,
}

/// Somebody to try the demo as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoPerson<'a> {
    /// How they are called.
    pub name: &'a str,
    /// Their address.
    pub email: &'a str,
    /// Their password; absent where a mailed code is used.
    pub password: Option<&'a str>,
    /// What they are: "Administrator", "Guest from Fabrikam".
    pub about: &'a str,
}
