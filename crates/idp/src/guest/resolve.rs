//! Who somebody is here, given who they proved to be. Pure; the answer is data.
//!
//! A federated guest is found by `(home_idp, iss, sub)` and by nothing else (law 1). An address only ever leads to an
//! invitation that waits, and only when the mailbox is proven (law 2).

use crate::email::EmailAddress;
use crate::model::authentication::{Authentication, Method};
use crate::model::identity::{EmailStanding, VerifiedIdentity};
use crate::model::user::{LocalAccount, User};
use crate::refusal::Refusal;
use jiff::Timestamp;

/// What the directory holds that may match.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    /// The person bound to the identity, by its key.
    pub bound: Option<User>,
    /// The person with the proven address.
    pub at_address: Option<User>,
    /// The lightweight account of that person.
    pub account: Option<LocalAccount>,
    /// The person the invitation in play is for.
    pub invited: Option<User>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// An admitted person.
    Known(Box<User>, Authentication),
    /// A guest whose invitation this sign-in may redeem.
    Redeems(Box<User>, Authentication),
    /// The invited mailbox must be proven by a code first.
    ProveMailbox(EmailAddress),
    /// Signed in as somebody other than the invited person.
    Mismatch {
        /// Invited.
        invited: EmailAddress,
        /// Signed in as.
        actual: EmailAddress,
    },
    /// Nobody here.
    Refused(Refusal),
}

/// Resolves an identity verified at a home IdP. `mailbox` is an address proven by code in the same sign-in.
pub fn resolve_home(
    identity: &VerifiedIdentity,
    standing: &EmailStanding,
    mailbox: Option<&EmailAddress>,
    matches: Matches,
    now: Timestamp,
) -> Resolution {
    let authentication = home_authentication(identity, now);
    if let Some(user) = matches.bound {
        return match matches.invited {
            Some(invited) if invited.id != user.id => Resolution::Refused(Refusal::IdentityTaken),
            _ => Resolution::Known(Box::new(user), authentication),
        };
    }
    match matches.invited {
        Some(invited) => redeem_link(invited, standing, mailbox, authentication),
        None => match (standing, matches.at_address) {
            (EmailStanding::Proven(_), Some(user)) if user.is_pending() => {
                Resolution::Redeems(Box::new(user), authentication)
            }
            (EmailStanding::Proven(_), Some(_)) => Resolution::Refused(Refusal::SubjectChanged),
            // Whether an unproven address is invited is nobody's business.
            _ => Resolution::Refused(Refusal::NotInvited),
        },
    }
}

fn redeem_link(
    invited: User,
    standing: &EmailStanding,
    mailbox: Option<&EmailAddress>,
    authentication: Authentication,
) -> Resolution {
    if !invited.is_pending() {
        return Resolution::Refused(Refusal::SubjectChanged);
    }
    let is_invited = |address: &EmailAddress| address.key() == invited.email.key();
    match standing {
        EmailStanding::Proven(address) | EmailStanding::Claimed(address) if !is_invited(address) => {
            Resolution::Mismatch { invited: invited.email, actual: address.clone() }
        }
        EmailStanding::Proven(_) => Resolution::Redeems(Box::new(invited), authentication),
        EmailStanding::Claimed(_) | EmailStanding::None if mailbox.is_some_and(is_invited) => {
            Resolution::Redeems(Box::new(invited), authentication)
        }
        EmailStanding::Claimed(_) | EmailStanding::None => Resolution::ProveMailbox(invited.email),
    }
}

/// Resolves a mailbox proven by code, with no home IdP in play.
pub fn resolve_mailbox(mailbox: &EmailAddress, matches: Matches, now: Timestamp) -> Resolution {
    let authentication = Authentication { method: Method::EmailCode, at: now };
    let user = match (matches.invited, matches.at_address) {
        (Some(invited), _) if invited.email.key() == mailbox.key() => invited,
        (Some(invited), _) => {
            return Resolution::Mismatch { invited: invited.email, actual: mailbox.clone() };
        }
        (None, Some(user)) => user,
        (None, None) => return Resolution::Refused(Refusal::NotInvited),
    };
    match matches.account {
        Some(_) => Resolution::Known(Box::new(user), authentication),
        None if user.is_pending() => Resolution::Redeems(Box::new(user), authentication),
        None => Resolution::Refused(Refusal::SubjectChanged),
    }
}

/// Ours is never later than what the home IdP states (UP-36).
fn home_authentication(identity: &VerifiedIdentity, now: Timestamp) -> Authentication {
    let stated = identity.auth_time.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let method = Method::Home { home_idp: identity.home_idp, issuer: identity.issuer.to_string() };
    Authentication { method, at: stated.map_or(now, |at| at.min(now)) }
}
