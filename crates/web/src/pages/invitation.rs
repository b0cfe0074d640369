//! What an invited person sees between opening the link and being a guest, and what they see when that fails.
//!
//! Addresses on these pages are masked: holding a link proves nothing, so it must not reveal who was invited.

use crate::pages::href::Href;
use crate::pages::layout::Layout;
use crate::pages::moment::Moment;
use askama::Template;

/// An invitation was opened; nothing has happened yet. Posts nothing but `csrf`.
#[derive(Debug, Template)]
#[template(path = "invitation/opened.html")]
pub struct InvitationOpened<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Who invites.
    pub organization: &'a str,
    /// The person who invites.
    pub inviter: Option<&'a str>,
    /// The invited address, masked.
    pub address: &'a str,
    /// Host the guest will land on.
    pub destination: &'a str,
    /// When the invitation ends.
    pub expires: Moment,
    /// Where "Continue" goes.
    pub action: &'a str,
}

/// Says what is shared and asks for a yes. Posts `decision`: `accept` or `decline`.
#[derive(Debug, Template)]
#[template(path = "invitation/review.html")]
pub struct ReviewPermissions<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Who would know the person.
    pub organization: &'a str,
    /// Where the person signs in.
    pub home: HomeAccount<'a>,
    /// Name, if known.
    pub name: Option<&'a str>,
    /// Full address: its owner has proved it by now.
    pub email: &'a str,
    /// The organization's statement about data.
    pub privacy: Option<Href<'a>>,
    /// Where the answer goes.
    pub action: &'a str,
}

/// Where a guest signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeAccount<'a> {
    /// At a home IdP, by its name.
    Federated(&'a str),
    /// Here, with a lightweight account.
    Lightweight,
}

/// Signed in as somebody other than the invited one; the invitation stays pending. Posts nothing but `csrf`.
#[derive(Debug, Template)]
#[template(path = "invitation/mismatch.html")]
pub struct Mismatch<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The invited address, masked.
    pub invited: &'a str,
    /// The address they signed in with, masked too: the page may be shown to whoever sent the invitation.
    pub signed_in: &'a str,
    /// Where "use another account" goes.
    pub action: &'a str,
    /// Finds the decision record.
    pub reference: &'a str,
}

/// This browser is already signed in, as somebody else than invited. Posts nothing but `csrf`.
#[derive(Debug, Template)]
#[template(path = "invitation/another_session.html")]
pub struct AnotherSession<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// The address of the session; the person's own.
    pub signed_in: &'a str,
    /// The invited address, masked.
    pub invited: &'a str,
    /// Where "continue as …" goes.
    pub continue_action: &'a str,
    /// Where "use another account" goes.
    pub switch_action: &'a str,
}

/// An invitation link that does not work. Shows nothing of the organization but its name in the layout.
#[derive(Debug, Template)]
#[template(path = "invitation/link_problem.html")]
pub struct LinkProblem<'a> {
    /// Shared parts; no organization for [`LinkProblemKind::Unknown`].
    pub layout: Layout<'a>,
    /// What is wrong.
    pub kind: LinkProblemKind,
    /// Finds the decision record.
    pub reference: &'a str,
}

/// What is wrong with an invitation link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkProblemKind {
    /// Its time is over.
    Expired,
    /// Withdrawn by the organization.
    Revoked,
    /// No invitation has this link.
    Unknown,
    /// Somebody else has redeemed it.
    AlreadyUsedByOther,
    /// A newer invitation replaced it.
    Superseded,
}

/// The guest said no.
#[derive(Debug, Template)]
#[template(path = "invitation/declined.html")]
pub struct Declined<'a> {
    /// Shared parts.
    pub layout: Layout<'a>,
    /// Who had invited.
    pub organization: &'a str,
}
