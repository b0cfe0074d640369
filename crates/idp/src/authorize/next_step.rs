//! The only place that decides what happens next in a sign-in. Pure and synchronous: what was achieved and what is true
//! go in, a [`Step`] comes out.
//!
//! ```text
//! closed? ── nobody proven ──► which account? ──► session serves? ──► who are you ──► home IdP │ password │ code
//!    │              │
//!  refuse        proven ──► mailbox? ──► mismatch? ──► redeems: password, permissions, admit
//!                   │
//!                 known ──► still allowed? ──► new password ──► consent ──► respond
//! ```

use super::accounts::Choice;
use super::facts::{Facts, SignedIn};
use super::interaction::{Answer, Interaction, Purpose, Realm};
use crate::email::EmailAddress;
use crate::guest::resolve::Resolution;
use crate::model::authentication::{ACR_VALUES, Authentication, Method};
use crate::model::client::ConsentRule;
use crate::model::device::DeviceRequest;
use crate::model::home_idp::HomeIdp;
use crate::model::invitation::{Invitation, InvitationState};
use crate::model::session::Session;
use crate::model::tenant::Tenant;
use crate::model::user::{ExternalUserState, User};
use crate::policy::decide::{self, Decision, decide};
use crate::refusal::Refusal;
use hospes_protocol::ErrorCode;
use hospes_protocol::authorize::{AuthorizationRequest, ClaimWish};
use jiff::{SignedDuration, Timestamp};

/// What happens next. Screens wait for the person; the others are carried out at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask who somebody is.
    AskIdentifier,
    /// Ask which of the accounts at this browser to go on with.
    ChooseAccount(Vec<Choice>),
    /// Ask for a password, or offer a code.
    AskPassword(EmailAddress),
    /// Ask for the code that was sent.
    AskCode(EmailAddress),
    /// Say that the invitation is for somebody other than who is signed in.
    AskWhichAccount {
        /// Signed in.
        signed_in: EmailAddress,
        /// Invited.
        invited: EmailAddress,
    },
    /// Say that somebody else was invited.
    Mismatch {
        /// Invited.
        invited: EmailAddress,
        /// Signed in.
        actual: EmailAddress,
    },
    /// Let the person choose a password for their lightweight account.
    ChoosePassword {
        /// Whether codes by mail are a choice.
        may_skip: bool,
        /// Whose.
        user: Box<User>,
    },
    /// Show what the organization will learn.
    ReviewPermissions(Box<User>, Authentication),
    /// Show which device asks, from where.
    ConfirmDevice(Box<User>, Box<DeviceRequest>),
    /// Show what the client wants.
    AskConsent(Box<User>),
    /// Send a code, then ask for it.
    SendCode(EmailAddress),
    /// Leave for a home IdP.
    SignInAt(Box<HomeIdp>),
    /// Admit the guest, then look again.
    Admit(Box<User>, Authentication),
    /// Done: answer whoever asked.
    Respond(Box<User>, Authentication),
    /// Stop.
    Refuse(Refusal),
}

impl Step {
    /// What a client that allows no screens is told (OIDC Core §3.1.2.6). `None`: no screen is needed.
    pub const fn silent_error(&self) -> Option<ErrorCode> {
        match self {
            Self::Respond(..) => None,
            Self::AskConsent(_) => Some(ErrorCode::ConsentRequired),
            Self::ChooseAccount(_) => Some(ErrorCode::AccountSelectionRequired),
            Self::AskIdentifier
            | Self::AskPassword(_)
            | Self::AskCode(_)
            | Self::SendCode(_)
            | Self::SignInAt(_) => Some(ErrorCode::LoginRequired),
            Self::Refuse(refusal) => Some(refusal.explanation().oauth),
            Self::AskWhichAccount { .. }
            | Self::Mismatch { .. }
            | Self::ChoosePassword { .. }
            | Self::ReviewPermissions(..)
            | Self::ConfirmDevice(..)
            | Self::Admit(..) => Some(ErrorCode::InteractionRequired),
        }
    }
}

/// Decides.
pub fn next_step(tenant: &Tenant, interaction: &Interaction, facts: &Facts) -> Step {
    if let Some(refusal) = closed(tenant, interaction, facts) {
        return Step::Refuse(refusal);
    }
    match &facts.resolution {
        None => nobody_proven(tenant, interaction, facts),
        Some(Resolution::ProveMailbox(address)) => code_for(interaction, address),
        Some(Resolution::Mismatch { invited, actual }) => {
            Step::Mismatch { invited: invited.clone(), actual: actual.clone() }
        }
        Some(Resolution::Refused(refusal)) => Step::Refuse(*refusal),
        Some(Resolution::Redeems(user, authentication)) => {
            redeem(tenant, interaction, facts, (user, authentication))
        }
        Some(Resolution::Known(user, authentication)) => {
            known(tenant, interaction, facts, (user, authentication, facts.home_idp.as_ref()))
        }
    }
}

/// What the sign-in is for may have closed while it went on.
fn closed(tenant: &Tenant, interaction: &Interaction, facts: &Facts) -> Option<Refusal> {
    match &interaction.purpose {
        Purpose::Visit(_) => None,
        Purpose::Device(request) if facts.now >= request.expires_at => Some(Refusal::DeviceGone),
        Purpose::Authorize(_) | Purpose::Device(_) => client_closed(facts),
        Purpose::Redeem(_) => match &facts.invitation {
            None => Some(Refusal::InvitationUnknown),
            Some((invitation, _)) => invitation_closed(tenant, invitation, facts.now),
        },
    }
}

fn client_closed(facts: &Facts) -> Option<Refusal> {
    match &facts.client {
        None => Some(Refusal::UnknownClient),
        Some(client) => (!client.status.is_enabled()).then_some(Refusal::ClientDisabled),
    }
}

/// Why an invitation cannot be redeemed. A completed one is not closed: whoever completed it may pass.
pub fn invitation_closed(tenant: &Tenant, invitation: &Invitation, now: Timestamp) -> Option<Refusal> {
    let domains = &tenant.settings.options.invitations.domains;
    match invitation.state {
        InvitationState::Revoked => Some(Refusal::InvitationRevoked),
        InvitationState::Superseded => Some(Refusal::InvitationSuperseded),
        InvitationState::Pending if now >= invitation.expires_at => Some(Refusal::InvitationExpired),
        InvitationState::Pending if !domains.welcome(&invitation.email.domain()) => {
            Some(Refusal::DomainNotAllowed)
        }
        InvitationState::Pending | InvitationState::Completed => None,
    }
}

fn nobody_proven(tenant: &Tenant, interaction: &Interaction, facts: &Facts) -> Step {
    if !facts.choices.is_empty() {
        return Step::ChooseAccount(facts.choices.iter().map(|one| Choice::of(interaction, one)).collect());
    }
    if let Some(SignedIn { session, user, home_idp, .. }) = &facts.session {
        if session_serves(interaction, facts, session, user) {
            return known(tenant, interaction, facts, (user, &session.authentication, home_idp.as_ref()));
        }
        if let Some((_, invited)) = &facts.invitation
            && user.id != invited.id
            && !interaction.session_set_aside
        {
            return Step::AskWhichAccount { signed_in: user.email.clone(), invited: invited.email.clone() };
        }
    }
    match (interaction.realm, &facts.home_idp) {
        (None, _) => Step::AskIdentifier,
        (Some(Realm::Home(_)), None) => Step::Refuse(Refusal::HomeIdpRemoved),
        (Some(Realm::Home(_)), Some(home_idp)) if !home_idp.status.is_enabled() => {
            Step::Refuse(Refusal::HomeIdpDisabled)
        }
        (Some(Realm::Home(_)), Some(home_idp)) => Step::SignInAt(Box::new(home_idp.clone())),
        (Some(Realm::Local), _) => local(interaction, facts),
    }
}

fn local(interaction: &Interaction, facts: &Facts) -> Step {
    match (&facts.invitation, &interaction.identifier, &interaction.code) {
        (Some((_, invited)), _, _) => code_for(interaction, &invited.email),
        (None, _, Some(code)) => Step::AskCode(code.to.clone()),
        (None, Some(identifier), None) => Step::AskPassword(identifier.clone()),
        (None, None, None) => Step::AskIdentifier,
    }
}

fn code_for(interaction: &Interaction, address: &EmailAddress) -> Step {
    match &interaction.code {
        Some(code) if code.to.key() == address.key() => Step::AskCode(address.clone()),
        _ => Step::SendCode(address.clone()),
    }
}

/// Whether the present session answers this request (OIDC Core §3.1.2.1 on `prompt` and `max_age`).
fn session_serves(interaction: &Interaction, facts: &Facts, session: &Session, user: &User) -> bool {
    let options = facts.client.as_ref().map(|client| &client.options.sessions);
    let max_age = |asked| options.map_or(asked, |options| options.max_age(asked));
    match &interaction.purpose {
        Purpose::Visit(_) => !interaction.session_set_aside,
        // A session may pass an invitation that it has completed, never complete one.
        Purpose::Redeem(_) => facts.invitation.as_ref().is_some_and(|(invitation, invited)| {
            invited.id == user.id && invitation.state == InvitationState::Completed
        }),
        // The page that asks names the account.
        Purpose::Device(_) => {
            !interaction.session_set_aside
                && max_age(None).is_none_or(|max_age| is_fresh(session, max_age, facts.now))
        }
        Purpose::Authorize(request) => {
            let expected = expected_subject(interaction, request);
            let max_age = max_age(request.max_age);
            !interaction.session_set_aside
                && !request.prompt.login
                && (!request.prompt.select_account || interaction.chosen)
                && max_age.is_none_or(|max_age| is_fresh(session, max_age, facts.now))
                && expected.is_none_or(|expected| facts.subject.as_deref() == Some(expected))
        }
    }
}

fn is_fresh(session: &Session, max_age: u32, now: Timestamp) -> bool {
    now.duration_since(session.authentication.at) < SignedDuration::from_secs(i64::from(max_age))
}

/// Whom the client wants, by what it calls them.
pub(super) fn expected_subject<'a>(
    interaction: &'a Interaction,
    request: &'a AuthorizationRequest,
) -> Option<&'a str> {
    interaction.expected_subject.as_deref().or_else(|| request.claims.required_subject())
}

fn redeem(
    tenant: &Tenant,
    interaction: &Interaction,
    facts: &Facts,
    (user, authentication): (&User, &Authentication),
) -> Step {
    // Law 5: nobody is admitted who would be refused the moment after.
    let admitted = User { external_user_state: Some(ExternalUserState::Accepted), ..user.clone() };
    let (client, home_idp) = (facts.client.as_ref(), facts.home_idp.as_ref());
    let then = decide::Facts { tenant, client, user: &admitted, authentication, home_idp };
    if let Decision::Deny(refusal) = decide(&then) {
        return Step::Refuse(refusal);
    }
    let local = !matches!(authentication.method, Method::Home { .. });
    if local && interaction.password_choice.is_none() {
        return Step::ChoosePassword { may_skip: true, user: Box::new(user.clone()) };
    }
    match interaction.permissions {
        // What the person agrees to is what will be written down, so the names from home are in it.
        None => {
            let home = interaction.arrival.as_ref().map(|identity| identity.profile.clone());
            let user = user.clone().named_by(home.unwrap_or_default());
            Step::ReviewPermissions(Box::new(user), authentication.clone())
        }
        Some(Answer::Declined) => Step::Refuse(Refusal::Declined),
        Some(Answer::Accepted) => Step::Admit(Box::new(user.clone()), authentication.clone()),
    }
}

fn known(
    tenant: &Tenant,
    interaction: &Interaction,
    facts: &Facts,
    (user, authentication, home_idp): (&User, &Authentication, Option<&HomeIdp>),
) -> Step {
    let client = facts.client.as_ref();
    if let Decision::Deny(refusal) = decide(&decide::Facts { tenant, client, user, authentication, home_idp })
    {
        return Step::Refuse(refusal);
    }
    if interaction.reset && interaction.password_choice.is_none() {
        return Step::ChoosePassword { may_skip: false, user: Box::new(user.clone()) };
    }
    match &interaction.purpose {
        Purpose::Redeem(_) | Purpose::Visit(_) => {
            Step::Respond(Box::new(user.clone()), authentication.clone())
        }
        Purpose::Authorize(request) => match wrong_person(interaction, facts, request) {
            Some(refusal) => Step::Refuse(refusal),
            None => consent(interaction, facts, (user, authentication), Refusal::ConsentDeclined),
        },
        Purpose::Device(request) => match interaction.device {
            None => Step::ConfirmDevice(Box::new(user.clone()), request.clone()),
            Some(Answer::Declined) => Step::Refuse(Refusal::DeviceDeclined),
            Some(Answer::Accepted) => {
                consent(interaction, facts, (user, authentication), Refusal::DeviceDeclined)
            }
        },
    }
}

/// Why this person is not the one the client wants.
fn wrong_person(interaction: &Interaction, facts: &Facts, request: &AuthorizationRequest) -> Option<Refusal> {
    if expected_subject(interaction, request)
        .is_some_and(|expected| facts.subject.as_deref() != Some(expected))
    {
        return Some(Refusal::OtherSubject);
    }
    // OIDC Core §5.5.1.1: an essential acr that cannot be met fails; a voluntary one does not.
    let unmet = |wish: &ClaimWish| !ACR_VALUES.iter().any(|acr| wish.accepts(acr));
    request.claims.essential_acr().is_some_and(unmet).then_some(Refusal::UnmetAcr)
}

fn consent(
    interaction: &Interaction,
    facts: &Facts,
    (user, authentication): (&User, &Authentication),
    declined: Refusal,
) -> Step {
    match (consent_needed(interaction, facts), interaction.consent) {
        (true, None) => Step::AskConsent(Box::new(user.clone())),
        (_, Some(Answer::Declined)) => Step::Refuse(declined),
        (_, Some(Answer::Accepted)) | (false, None) => {
            Step::Respond(Box::new(user.clone()), authentication.clone())
        }
    }
}

fn consent_needed(interaction: &Interaction, facts: &Facts) -> bool {
    let asks = facts.client.as_ref().is_some_and(|client| client.consent == ConsentRule::Ask);
    let agreed = facts.consent.as_ref();
    let covered =
        agreed.zip(interaction.wish()).is_some_and(|(agreed, (_, scope))| scope.within(&agreed.scope));
    // What is asked for in detail is asked for this once: nobody agreed to it beforehand, no administrator either.
    let once = !interaction.details().is_empty();
    once || interaction.request().is_some_and(|request| request.prompt.consent) || asks && !covered
}

#[cfg(test)]
mod tests;
