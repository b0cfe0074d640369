//! Signing in: who are you, password, one-time code, and what an app may know.
//!
//! These pages look the same whether the address is known or not; nothing here may tell strangers who is a guest.

use crate::pages::layout::Layout;
use askama::Template;

/// Asks for the e-mail address. Posts `email`.
#[derive(Debug, Template)]
#[template(path = "sign_in/identifier.html")]
pub struct Identifier<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The app the person came from.
    pub app: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What was typed or hinted so far.
    pub email: &'a str,
    /// Whether "Keep me signed in" is ticked; none where people are not asked. Posts `keep`.
    pub keep: Option<bool>,
    /// What was wrong with it.
    pub problem: Option<IdentifierProblem>,
}

/// Why an address was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierProblem {
    /// Nothing was typed.
    Missing,
    /// It is not an address.
    Malformed,
    /// Too many tries; later again.
    TooManyAttempts,
}

/// Asks which of the accounts at this browser to go on with. The forms of an account post its `account`.
#[derive(Debug, Template)]
#[template(path = "sign_in/choose_account.html")]
pub struct ChooseAccount<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The app the person came from.
    pub app: Option<&'a str>,
    /// The one chosen last comes first.
    pub accounts: Vec<AccountRow<'a>>,
    /// Where the choice goes.
    pub action: &'a str,
    /// Where "sign out" of one of them goes.
    pub sign_out_action: &'a str,
    /// Where "use another account" goes.
    pub restart_action: &'a str,
}

/// One account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRow<'a> {
    /// Names it in the forms of this page.
    pub handle: &'a str,
    /// What the person is called.
    pub name: Option<&'a str>,
    /// Full address: its owner signed in with this browser.
    pub email: &'a str,
    /// Their home IdP; none for a lightweight account.
    pub home: Option<&'a str>,
}

/// Asks for the password of a lightweight account. Posts `password`, and `username` for password managers.
#[derive(Debug, Template)]
#[template(path = "sign_in/password.html")]
pub struct Password<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The address, as typed by the person, or masked.
    pub address: &'a str,
    /// The full address for password managers; absent where only the masked one may be shown.
    pub username: Option<&'a str>,
    /// Where the password goes.
    pub action: &'a str,
    /// Where "e-mail me a code instead" goes.
    pub code_action: &'a str,
    /// Where "choose a new password" goes: it sends a code first.
    pub reset_action: &'a str,
    /// Where "not you?" goes.
    pub restart_action: &'a str,
    /// Whether "Keep me signed in" is ticked; none where people are not asked. Posts `keep`.
    pub keep: Option<bool>,
    /// What was wrong.
    pub problem: Option<PasswordProblem>,
}

/// Why a password was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Nothing was typed.
    Missing,
    /// Address and password do not belong together, or there is no such account.
    Wrong,
    /// Too many tries; later again.
    TooManyAttempts,
}

/// Asks for the one-time code. Posts `code`: eight digits, spaces allowed anywhere.
#[derive(Debug, Template)]
#[template(path = "sign_in/code.html")]
pub struct Code<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Why the code is asked for.
    pub purpose: CodePurpose,
    /// The address, usually masked.
    pub address: &'a str,
    /// How long a code works.
    pub minutes: u32,
    /// Where the code goes.
    pub action: &'a str,
    /// Where "send a new code" goes.
    pub resend_action: &'a str,
    /// Where "not you?" goes.
    pub restart_action: &'a str,
    /// A new code was just sent.
    pub resent: bool,
    /// Whether "Keep me signed in" is ticked; none where people are not asked. Posts `keep`.
    pub keep: Option<bool>,
    /// What was wrong.
    pub problem: Option<CodeProblem>,
}

/// Why a code is asked for; decides the words only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    /// To sign in.
    SignIn,
    /// To prove that the invited mailbox is the person's own.
    Redemption,
}

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// Nothing was typed.
    Missing,
    /// It is another one.
    Wrong,
    /// It was right, but too late.
    Expired,
    /// Too many tries; this code is dead.
    TooManyAttempts,
}

/// Asks whether an app may know the person. Posts `decision`: `allow` or `deny`.
#[derive(Debug, Template)]
#[template(path = "sign_in/consent.html")]
pub struct Consent<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The app.
    pub app: &'a str,
    /// Who is signed in.
    pub email: &'a str,
    /// What it wants, in the order shown.
    pub wishes: Vec<Wish<'a>>,
    /// What exactly it wants besides.
    pub details: Vec<Detail<'a>>,
    /// Where the answer goes.
    pub action: &'a str,
    /// Where "not you?" goes.
    pub restart_action: &'a str,
}

/// One thing an app wants in detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail<'a> {
    /// What it allows.
    pub title: &'a str,
    /// Labels and values.
    pub says: Vec<(&'a str, &'a str)>,
}

/// One thing an app wants, named after its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish<'a> {
    /// `openid`
    Identity,
    /// `profile`
    Profile,
    /// `email`
    Email,
    /// `groups`
    Groups,
    /// `offline_access`
    OfflineAccess,
    /// A scope of the app's own, by name.
    Other(&'a str),
}

impl<'a> Wish<'a> {
    /// The wish a scope token stands for.
    pub fn of_scope(scope: &'a str) -> Self {
        match scope {
            "openid" => Self::Identity,
            "profile" => Self::Profile,
            "email" => Self::Email,
            "groups" => Self::Groups,
            "offline_access" => Self::OfflineAccess,
            other => Self::Other(other),
        }
    }
}
