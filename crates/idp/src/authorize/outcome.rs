//! What the browser sees next, as data: a screen, another site, or the answer to a client.

use super::details::Wanted;
use super::next_step::Step;
use crate::browser::SessionCookie;
use crate::password::Weakness;
use crate::refusal::Refusal;
use hospes_protocol::response::AuthorizationResponse;
use hospes_protocol::scope::Scopes;

/// What the browser sees next.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A screen of an interaction, with what was wrong with the last answer.
    Screen {
        /// The interaction, for its URL.
        interaction: String,
        /// Which screen.
        step: Box<Step>,
        /// What to mend.
        problem: Option<Problem>,
        /// What the screen says besides.
        about: Box<About>,
    },
    /// Off to another site, or to one of our own pages.
    Leave(String),
    /// Back to the client.
    Respond(AuthorizationResponse),
}

/// What a sign-in is for, as its screens tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The client that asked.
    pub client_name: Option<String>,
    /// What it asked for.
    pub scope: Scopes,
    /// What exactly it asked for.
    pub details: Vec<Wanted>,
    /// Whether an invitation is being redeemed.
    pub redeeming: bool,
    /// Whether "Keep me signed in" is ticked, where the person can.
    pub keep: Option<bool>,
    /// The home IdP in play, by its name.
    pub home_idp_name: Option<String>,
}

/// An outcome with its cookies.
pub struct Reply {
    /// What is seen.
    pub outcome: Outcome,
    /// A new browser binding.
    pub binding: Option<String>,
    /// The session cookie.
    pub session: SessionCookie,
    /// Addresses of clients that the screen loads in frames, where an account was signed out (Front-Channel Logout §3).
    pub frames: Vec<String>,
}

impl From<Outcome> for Reply {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, binding: None, session: SessionCookie::Keep, frames: Vec::new() }
    }
}

/// What was wrong with an answer, shown beside the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Not an address.
    NotAnAddress,
    /// Address and password do not fit, whichever it is.
    WrongPassword,
    /// Not the code.
    WrongCode,
    /// The code is too old.
    CodeExpired,
    /// A new code was sent.
    CodeSentAgain,
    /// The password is refused, with every reason.
    WeakPassword(Vec<Weakness>),
    /// Wait.
    TooMany,
}

impl Problem {
    /// HTTP status of the screen that shows it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::CodeSentAgain => 200,
            Self::TooMany => Refusal::TooMany.explanation().status,
            Self::NotAnAddress
            | Self::WrongPassword
            | Self::WrongCode
            | Self::CodeExpired
            | Self::WeakPassword(_) => 422,
        }
    }
}
