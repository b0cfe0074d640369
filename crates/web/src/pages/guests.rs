//! Pages of those who may invite.

use crate::pages::href::Href;
use crate::pages::layout::Layout;
use crate::pages::moment::Moment;
use askama::Template;

/// Invites a guest. Posts `email`, `name`, `message`, `destination`, `language`.
#[derive(Debug, Template)]
#[template(path = "guests/invite.html")]
pub struct InviteGuest<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The organization that invites.
    pub organization: &'a str,
    /// The account that invites, for the form.
    pub account: &'a str,
    /// Where the form goes.
    pub action: &'a str,
    /// What was typed so far.
    pub form: InviteForm<'a>,
    /// Apps a guest can land on.
    pub destinations: Vec<Choice<'a>>,
    /// Languages of the mail.
    pub languages: Vec<Choice<'a>>,
    /// What was wrong.
    pub problems: Vec<InviteProblem>,
    /// What the invitation just made became.
    pub result: Option<InviteResult<'a>>,
    /// The page with recent invitations.
    pub invitations: Href<'a>,
    /// The person's own page.
    pub home: Href<'a>,
}

impl InviteGuest<'_> {
    /// Whether something is wrong with the field of that `id`.
    fn is_wrong(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field() == field)
    }
}

/// The fields of the invitation form as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InviteForm<'a> {
    /// Whom to invite.
    pub email: &'a str,
    /// How they are called; may be empty.
    pub name: &'a str,
    /// A few words; may be empty.
    pub message: &'a str,
    /// The chosen [`Choice::value`].
    pub destination: &'a str,
    /// The chosen [`Choice::value`].
    pub language: &'a str,
}

/// One option of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<'a> {
    /// What is posted.
    pub value: &'a str,
    /// What is read.
    pub label: &'a str,
}

/// Why an invitation was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteProblem {
    /// No address.
    EmailMissing,
    /// Not an address.
    EmailMalformed,
    /// Guests from this domain are not allowed.
    DomainNotAllowed,
    /// The organization's own domain: these people are members.
    OwnDomain,
    /// The person was disabled by an administrator.
    GuestDisabled,
    /// The name is too long.
    NameTooLong,
    /// The message is too long.
    MessageTooLong,
    /// The destination is not one of the list.
    DestinationUnknown,
    /// The language is not one of the list.
    LanguageUnknown,
    /// Too many invitations; later again.
    TooMany,
}

impl InviteProblem {
    /// The `id` of the field to mend.
    pub const fn field(self) -> &'static str {
        match self {
            Self::NameTooLong => "name",
            Self::MessageTooLong => "message",
            Self::DestinationUnknown => "destination",
            Self::LanguageUnknown => "language",
            _ => "email",
        }
    }
}

/// What an invitation became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteResult<'a> {
    /// The invited address.
    pub email: &'a str,
    /// What happened.
    pub outcome: InviteOutcome,
    /// The link itself, only where the organization lets inviters see it.
    pub redeem_url: Option<Href<'a>>,
}

/// What happened to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteOutcome {
    /// A mail is on its way; the link works until then.
    Mailed {
        /// When it stops.
        until: Moment,
    },
    /// An older invitation was replaced; its link is dead, the new one is on its way.
    Renewed {
        /// When the new one stops.
        until: Moment,
    },
    /// Made without a mail.
    NotMailed {
        /// When it stops.
        until: Moment,
    },
    /// The person is a guest already.
    AlreadyGuest,
}

/// Recent invitations.
#[derive(Debug, Template)]
#[template(path = "guests/list.html")]
pub struct InvitationList<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The newest first.
    pub rows: Vec<InvitationRow<'a>>,
    /// The page to invite a guest.
    pub invite: Href<'a>,
    /// The person's own page.
    pub home: Href<'a>,
    /// Older ones, if there are more.
    pub older: Option<Href<'a>>,
}

/// One invitation of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationRow<'a> {
    /// Whom.
    pub email: &'a str,
    /// How they are called.
    pub name: Option<&'a str>,
    /// Where they land.
    pub destination: &'a str,
    /// By whom.
    pub inviter: &'a str,
    /// How it stands.
    pub state: InvitationState,
    /// When it was made.
    pub at: Moment,
}

/// How an invitation stands, as the list says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// Waits for the guest.
    Pending,
    /// Redeemed.
    Accepted,
    /// Its time is over.
    Expired,
    /// Withdrawn.
    Revoked,
    /// A newer one replaced it.
    Superseded,
}
