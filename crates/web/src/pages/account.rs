//! A person's own account: choosing a password, the first administrator's set-up, their page, signing out.

use crate::pages::href::Href;
use crate::pages::invitation::HomeAccount;
use crate::pages::layout::Layout;
use askama::Template;

/// Chooses the password of a lightweight account. Posts `password`, and `username` for password managers.
#[derive(Debug, Template)]
#[template(path = "account/new_password.html")]
pub struct NewPassword<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// First password or a new one.
    pub purpose: NewPasswordPurpose,
    /// Full address: its owner has proved it by now.
    pub email: &'a str,
    /// Where the password goes.
    pub action: &'a str,
    /// Where "mail me codes instead" goes, where that is possible.
    pub skip_action: Option<&'a str>,
    /// How good the refused password was.
    pub strength: Option<Strength>,
    /// Why it was refused.
    pub problems: Vec<NewPasswordProblem>,
}

/// Why a password is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPasswordPurpose {
    /// The account is new.
    Create,
    /// The old password is replaced.
    Reset,
}

/// How hard a password is to guess, in the four steps people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Falls to the first list.
    Weak,
    /// Falls to patience.
    Fair,
    /// Holds against online guessing.
    Good,
    /// Holds.
    Strong,
}

impl Strength {
    /// 1 to 4, for a meter.
    pub const fn level(self) -> u8 {
        match self {
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Good => 3,
            Self::Strong => 4,
        }
    }
}

/// Why a new password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPasswordProblem {
    /// Fewer than 15 characters.
    TooShort,
    /// More than the server reads.
    TooLong,
    /// On every guesser's list, or a simple pattern.
    TooCommon,
    /// Mostly the person's or the organization's name or address.
    TooPersonal,
}

/// The first administrator's account, by a link that works once. Posts `name`, `email`, `password`.
#[derive(Debug, Template)]
#[template(path = "account/set_up.html")]
pub struct SetUp<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The organization being set up.
    pub organization: &'a str,
    /// What was typed so far.
    pub name: &'a str,
    /// What was typed so far, or where the link was mailed to.
    pub email: &'a str,
    /// Where the form goes.
    pub action: &'a str,
    /// How good the refused password was.
    pub strength: Option<Strength>,
    /// What was wrong.
    pub problems: Vec<SetUpProblem>,
}

impl SetUp<'_> {
    /// Whether something is wrong with the field of that `id`.
    fn is_wrong(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field() == field)
    }
}

/// Why a set-up form was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUpProblem {
    /// No name.
    NameMissing,
    /// Not an address.
    EmailMalformed,
    /// Something about the password.
    Password(NewPasswordProblem),
}

impl SetUpProblem {
    /// The `id` of the field to mend.
    pub const fn field(self) -> &'static str {
        match self {
            Self::NameMissing => "name",
            Self::EmailMalformed => "email",
            Self::Password(_) => "password",
        }
    }
}

/// The signed-in person's own page. The sign-out form posts nothing but `csrf`.
#[derive(Debug, Template)]
#[template(path = "account/home.html")]
pub struct Home<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The organization.
    pub organization: &'a str,
    /// How the person is called, if known.
    pub name: Option<&'a str>,
    /// Their address.
    pub email: &'a str,
    /// What they are here.
    pub standing: Standing,
    /// Where they sign in.
    pub home: HomeAccount<'a>,
    /// The account this page is of, for its forms.
    pub account: &'a str,
    /// Where "sign out" goes.
    pub sign_out_action: &'a str,
    /// Where "use another account" goes.
    pub switch_action: &'a str,
    /// What they can go on to.
    pub applications: Vec<ApplicationLink<'a>>,
    /// The page that says where they are signed in.
    pub sessions: Href<'a>,
    /// The page to invite a guest, for those who may.
    pub invite: Option<Href<'a>>,
    /// The page with recent invitations, for those who may.
    pub invitations: Option<Href<'a>>,
}

/// An application somebody can start.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationLink<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where it starts.
    pub href: Href<'a>,
}

/// What a person is in the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A guest.
    Guest,
    /// A member.
    Member,
}

/// Asks whether to sign out. Posts `account`: the one that is named, or `all`.
#[derive(Debug, Template)]
#[template(path = "account/confirm_sign_out.html")]
pub struct ConfirmSignOut<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The app that asked for it.
    pub app: Option<&'a str>,
    /// Who is signed in.
    pub email: &'a str,
    /// Their account, for the form.
    pub account: &'a str,
    /// Whether there are other accounts in this browser.
    pub has_others: bool,
    /// Where "sign out" goes.
    pub action: &'a str,
    /// Where "stay signed in" leads.
    pub stay: Href<'a>,
}

/// Signed out.
#[derive(Debug, Template)]
#[template(path = "account/signed_out.html")]
pub struct SignedOut<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Where to sign in again.
    pub again: Option<Href<'a>>,
    /// How many other accounts are still signed in at this browser.
    pub left: usize,
    /// Where "sign out of all accounts" goes.
    pub sign_out_action: &'a str,
    /// Where an app waits.
    pub back: Option<Href<'a>>,
    /// Where to sign out at the person's own organization too, and its name.
    pub home: Option<(Href<'a>, &'a str)>,
}
