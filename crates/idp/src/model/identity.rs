//! Who a home IdP says somebody is, after everything was verified; and what that is worth as proof of a mailbox.

use crate::email::EmailAddress;
use crate::ids::HomeIdpId;
use crate::model::home_idp::{EmailTrust, HomeIdp};
use crate::model::user::Profile;
use hospes_protocol::{Issuer, Subject};
use serde::{Deserialize, Serialize};

/// `email_verified` as it came: three values, and anything but a boolean counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmailVerified {
    /// Boolean true.
    True,
    /// Boolean false.
    False,
    /// Missing, or not a boolean.
    Absent,
}

/// An identity whose ID token was verified. Only the `upstream` crate makes one; the rest reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedIdentity {
    /// The home IdP as registered.
    pub home_idp: HomeIdpId,
    /// Verified `iss`.
    pub issuer: Issuer,
    /// Verified `sub`.
    pub subject: Subject,
    /// Address, from the same payload as `email_verified`.
    pub email: Option<EmailAddress>,
    /// What was said about it.
    pub email_verified: EmailVerified,
    /// Names and language, cleaned.
    pub profile: Profile,
    /// The session at home, if it has a name.
    #[serde(default)]
    pub sid: Option<String>,
    /// When the session at home ends, seconds.
    #[serde(default)]
    pub session_expiry: Option<i64>,
    /// When the person signed in at home, seconds.
    pub auth_time: Option<i64>,
    /// As asserted; worth nothing unless this tenant trusts it.
    pub acr: Option<String>,
    /// As asserted; worth nothing unless this tenant trusts it.
    pub amr: Vec<String>,
}

/// A logout token of a home IdP that was verified. Only the `upstream` crate makes one; the rest reads it. At least one of
/// `subject` and `sid` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLogout {
    /// Whose account there.
    pub subject: Option<Subject>,
    /// Which session there.
    pub sid: Option<String>,
    /// Counts once.
    pub token_id: String,
}

/// What an identity proves about a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailStanding {
    /// The home IdP is authoritative for the domain and says it is verified.
    Proven(EmailAddress),
    /// Said, but not proof.
    Claimed(EmailAddress),
    /// No address came.
    None,
}

impl VerifiedIdentity {
    /// Law 2: proof is an authoritative home IdP that says verified, in the sense of its trust rule.
    pub fn email_standing(&self, home_idp: &HomeIdp) -> EmailStanding {
        let Some(email) = &self.email else {
            return EmailStanding::None;
        };
        let verified = match (home_idp.email_trust, self.email_verified) {
            (EmailTrust::VerifiedOnly | EmailTrust::VerifiedOrAbsent, EmailVerified::True)
            | (EmailTrust::VerifiedOrAbsent, EmailVerified::Absent) => true,
            (EmailTrust::Never, _) | (_, EmailVerified::False | EmailVerified::Absent) => false,
        };
        if verified && home_idp.is_authoritative_for(&email.domain()) {
            EmailStanding::Proven(email.clone())
        } else {
            EmailStanding::Claimed(email.clone())
        }
    }
}
