//! Who somebody is here, given who they proved to be. Pure; the answer is data.
//!
//! A federated guest is found by `(home_idp, iss, sub)` and by nothing else (law 1). An address only ever leads to an
//! invitation that waits, and only when the mailbox is proven (law 2).

use crate::email::EmailAddress;
use crate::model::authentication::{Authentication, HomeClaims, Method};
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
    /// Why no invitation of that person is open, if they wait and none is.
    pub closed: Option<Refusal>,
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
                awaited(user, matches.closed, authentication)
            }
            (EmailStanding::Proven(_), Some(_)) => Resolution::Refused(Refusal::SubjectChanged),
            // Whether an unproven address is invited is nobody's business.
            _ => Resolution::Refused(Refusal::NotInvited),
        },
    }
}

/// Who waits may come without the link, but not without an open invitation.
fn awaited(user: User, closed: Option<Refusal>, authentication: Authentication) -> Resolution {
    closed.map_or_else(|| Resolution::Redeems(Box::new(user), authentication), Resolution::Refused)
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
        None if user.is_pending() => awaited(user, matches.closed, authentication),
        None => Resolution::Refused(Refusal::SubjectChanged),
    }
}

/// Ours is never later than what the home IdP states (UP-36).
fn home_authentication(identity: &VerifiedIdentity, now: Timestamp) -> Authentication {
    let stated = identity.auth_time.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let said = HomeClaims {
        subject: Some(identity.subject.to_string()),
        acr: identity.acr.clone(),
        amr: identity.amr.clone(),
    };
    let method = Method::Home { home_idp: identity.home_idp, issuer: identity.issuer.to_string(), said };
    Authentication { method, at: stated.map_or(now, |at| at.min(now)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{earlier, email, guest, home_idp, identity, now, pending};
    use crate::model::identity::EmailVerified;
    use crate::model::user::LocalAccount;

    const FREYA: &str = "freya@fjord.example";

    fn home(
        verified: EmailVerified,
        address: Option<&str>,
        mailbox: Option<&str>,
        matches: Matches,
    ) -> Resolution {
        let identity = identity(address, verified);
        let standing = identity.email_standing(&home_idp());
        resolve_home(&identity, &standing, mailbox.map(email).as_ref(), matches, now())
    }

    fn name(resolution: &Resolution) -> String {
        match resolution {
            Resolution::Known(user, _) => format!("known {}", user.id.0.as_u128()),
            Resolution::Redeems(user, _) => format!("redeems {}", user.id.0.as_u128()),
            Resolution::ProveMailbox(address) => format!("prove {address}"),
            Resolution::Mismatch { actual, .. } => format!("mismatch {actual}"),
            Resolution::Refused(refusal) => refusal.code().to_owned(),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, clippy::large_stack_arrays, reason = "a table")]
    fn law_1_and_law_2_at_a_home_idp() {
        use EmailVerified::{Absent, False, True};
        let invited = || Matches { invited: Some(pending(1, FREYA)), ..Matches::default() };
        let bound =
            |invited| Matches { bound: Some(guest(2, "x@fjord.example")), invited, ..Matches::default() };
        let at_address = |user| Matches { at_address: Some(user), ..Matches::default() };
        let rows = [
            ("bound", True, Some(FREYA), None, bound(None), "known 2"),
            ("lnk_08 bound, address changed", True, Some("new@fjord.example"), None, bound(None), "known 2"),
            (
                "bound, invited as somebody else",
                True,
                Some(FREYA),
                None,
                bound(Some(pending(1, FREYA))),
                "identity_already_linked",
            ),
            ("invited and proven", True, Some(FREYA), None, invited(), "redeems 1"),
            ("letter case", True, Some("Freya@FJORD.example"), None, invited(), "redeems 1"),
            ("inv_16 false", False, Some(FREYA), None, invited(), "prove freya@fjord.example"),
            ("inv_16 absent", Absent, Some(FREYA), None, invited(), "prove freya@fjord.example"),
            ("no address", Absent, None, None, invited(), "prove freya@fjord.example"),
            ("proven by code", False, Some(FREYA), Some(FREYA), invited(), "redeems 1"),
            (
                "another mailbox proven",
                False,
                Some(FREYA),
                Some("z@fjord.example"),
                invited(),
                "prove freya@fjord.example",
            ),
            (
                "inv_15 another address",
                True,
                Some("finn@fjord.example"),
                None,
                invited(),
                "mismatch finn@fjord.example",
            ),
            (
                "another address, even with a code",
                False,
                Some("finn@fjord.example"),
                Some(FREYA),
                invited(),
                "mismatch finn@fjord.example",
            ),
            ("pending, without link", True, Some(FREYA), None, at_address(pending(1, FREYA)), "redeems 1"),
            (
                "pending, without link, expired",
                True,
                Some(FREYA),
                None,
                Matches { closed: Some(Refusal::InvitationExpired), ..at_address(pending(1, FREYA)) },
                "invitation_expired",
            ),
            (
                "lnk_03 known by another identity",
                True,
                Some(FREYA),
                None,
                at_address(guest(1, FREYA)),
                "home_subject_changed",
            ),
            (
                "unproven address says nothing",
                False,
                Some(FREYA),
                None,
                at_address(pending(1, FREYA)),
                "not_invited",
            ),
            ("nobody", True, Some(FREYA), None, Matches::default(), "not_invited"),
        ];
        for (row, verified, address, mailbox, matches, expected) in rows {
            assert_eq!(name(&home(verified, address, mailbox, matches)), expected, "{row}");
        }
    }

    #[test]
    fn inv_17_lnk_09_an_idp_is_authoritative_for_its_own_domains_only() {
        let invited = Matches { invited: Some(pending(1, "ceo@victim.example")), ..Matches::default() };
        let resolution = home(EmailVerified::True, Some("ceo@victim.example"), None, invited);
        assert_eq!(name(&resolution), "prove ceo@victim.example");
    }

    #[test]
    fn a_mailbox_alone() {
        let account = |user: &User| LocalAccount {
            tenant: user.tenant,
            user: user.id,
            password: None,
            created_at: now(),
            password_changed_at: None,
        };
        let (waiting, known) = (pending(1, FREYA), guest(2, FREYA));
        let rows = [
            ("invited", Matches { invited: Some(waiting.clone()), ..Matches::default() }, "redeems 1"),
            (
                "invited elsewhere",
                Matches { invited: Some(pending(1, "z@fjord.example")), ..Matches::default() },
                "mismatch freya@fjord.example",
            ),
            (
                "account",
                Matches {
                    account: Some(account(&known)),
                    at_address: Some(known.clone()),
                    ..Matches::default()
                },
                "known 2",
            ),
            (
                "waiting, withdrawn",
                Matches {
                    at_address: Some(waiting.clone()),
                    closed: Some(Refusal::InvitationRevoked),
                    ..Matches::default()
                },
                "invitation_revoked",
            ),
            ("waiting", Matches { at_address: Some(waiting), ..Matches::default() }, "redeems 1"),
            (
                "federated guest",
                Matches { at_address: Some(known), ..Matches::default() },
                "home_subject_changed",
            ),
            ("stranger", Matches::default(), "not_invited"),
        ];
        for (row, matches, expected) in rows {
            assert_eq!(name(&resolve_mailbox(&email(FREYA), matches, now())), expected, "{row}");
        }
    }

    #[test]
    fn up_36_auth_time_is_never_later_than_home_says() {
        let mut identity = identity(Some(FREYA), EmailVerified::True);
        for (stated, expected) in
            [(None, now()), (Some(now().as_second() - 90), earlier(90)), (Some(i64::MAX / 2), now())]
        {
            identity.auth_time = stated;
            assert_eq!(home_authentication(&identity, now()).at, expected, "{stated:?}");
        }
    }
}
