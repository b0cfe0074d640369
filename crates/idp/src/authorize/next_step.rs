//! The only place that decides what happens next in a sign-in. Pure and synchronous: what was achieved and what is true
//! go in, a [`Step`] comes out.
//!
//! ```text
//! closed? ── nobody proven ──► session serves? ──► who are you ──► home IdP │ password │ code
//!    │              │
//!  refuse        proven ──► mailbox? ──► mismatch? ──► redeems: password, permissions, admit
//!                   │
//!                 known ──► still allowed? ──► new password ──► consent ──► respond
//! ```

use super::facts::{Facts, SignedIn};
use super::interaction::{Answer, Interaction, Purpose, Realm};
use crate::email::EmailAddress;
use crate::guest::resolve::Resolution;
use crate::model::authentication::{ACR_VALUES, Authentication, Method};
use crate::model::client::ConsentRule;
use crate::model::home_idp::HomeIdp;
use crate::model::invitation::{Invitation, InvitationState};
use crate::model::session::Session;
use crate::model::tenant::Tenant;
use crate::model::user::{ExternalUserState, User};
use crate::policy::decide::{self, Decision, decide};
use crate::refusal::Refusal;
use hospes_protocol::ErrorCode;
use hospes_protocol::authorize::AuthorizationRequest;
use jiff::{SignedDuration, Timestamp};

/// What happens next. Screens wait for the person; the others are carried out at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask who somebody is.
    AskIdentifier,
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
            | Self::Admit(..) => Some(ErrorCode::InteractionRequired),
        }
    }
}

/// Decides.
pub fn next_step(tenant: &Tenant, interaction: &Interaction, facts: &Facts) -> Step {
    if let Some(refusal) = closed(interaction, facts) {
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
fn closed(interaction: &Interaction, facts: &Facts) -> Option<Refusal> {
    match &interaction.purpose {
        Purpose::Visit(_) => None,
        Purpose::Authorize(_) => match &facts.client {
            None => Some(Refusal::UnknownClient),
            Some(client) => (!client.status.is_enabled()).then_some(Refusal::ClientDisabled),
        },
        Purpose::Redeem(_) => match &facts.invitation {
            None => Some(Refusal::InvitationUnknown),
            Some((invitation, _)) => invitation_closed(invitation, facts.now),
        },
    }
}

/// Why an invitation cannot be redeemed. A completed one is not closed: whoever completed it may pass.
pub fn invitation_closed(invitation: &Invitation, now: Timestamp) -> Option<Refusal> {
    match invitation.state {
        InvitationState::Revoked => Some(Refusal::InvitationRevoked),
        InvitationState::Superseded => Some(Refusal::InvitationSuperseded),
        InvitationState::Pending if now >= invitation.expires_at => Some(Refusal::InvitationExpired),
        InvitationState::Pending | InvitationState::Completed => None,
    }
}

fn nobody_proven(tenant: &Tenant, interaction: &Interaction, facts: &Facts) -> Step {
    if let Some(SignedIn { session, user, home_idp }) = &facts.session {
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
    match &interaction.purpose {
        Purpose::Visit(_) => !interaction.session_set_aside,
        // A session may pass an invitation that it has completed, never complete one.
        Purpose::Redeem(_) => facts.invitation.as_ref().is_some_and(|(invitation, invited)| {
            invited.id == user.id && invitation.state == InvitationState::Completed
        }),
        Purpose::Authorize(request) => {
            let expected = expected_subject(interaction, request);
            !interaction.session_set_aside
                && !names_somebody_else(interaction, request, user)
                && !request.prompt.login
                && !request.prompt.select_account
                && request.max_age.is_none_or(|max_age| is_fresh(session, max_age, facts.now))
                && expected.is_none_or(|expected| expected == user.id.to_string())
        }
    }
}

/// Whoever typed another address is not answered with a session that began in a second tab meanwhile. A client's
/// `login_hint` is only a hint.
fn names_somebody_else(interaction: &Interaction, request: &AuthorizationRequest, user: &User) -> bool {
    let hinted = request.login_hint.as_deref().and_then(|hint| EmailAddress::parse(hint).ok());
    let typed = interaction.identifier.as_ref().filter(|identifier| Some(*identifier) != hinted.as_ref());
    typed.is_some_and(|typed| typed.key() != user.email.key())
}

fn is_fresh(session: &Session, max_age: u32, now: Timestamp) -> bool {
    now.duration_since(session.authentication.at) < SignedDuration::from_secs(i64::from(max_age))
}

fn expected_subject<'a>(interaction: &'a Interaction, request: &'a AuthorizationRequest) -> Option<&'a str> {
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
    let done = Step::Respond(Box::new(user.clone()), authentication.clone());
    let Some(request) = interaction.request() else {
        return done;
    };
    if expected_subject(interaction, request).is_some_and(|expected| expected != user.id.to_string()) {
        return Step::Refuse(Refusal::OtherSubject);
    }
    // OIDC Core §5.5.1.1: an essential acr that cannot be met fails; a voluntary one does not.
    if request.claims.essential_acr().is_some_and(|wish| !ACR_VALUES.iter().any(|acr| wish.accepts(acr))) {
        return Step::Refuse(Refusal::UnmetAcr);
    }
    match (consent_needed(request, facts), interaction.consent) {
        (true, None) => Step::AskConsent(Box::new(user.clone())),
        (_, Some(Answer::Declined)) => Step::Refuse(Refusal::ConsentDeclined),
        (_, Some(Answer::Accepted)) | (false, None) => done,
    }
}

fn consent_needed(request: &AuthorizationRequest, facts: &Facts) -> bool {
    let asks = facts.client.as_ref().is_some_and(|client| client.consent == ConsentRule::Ask);
    let covered = facts.consent.as_ref().is_some_and(|consent| request.scope.within(&consent.scope));
    request.prompt.consent || asks && !covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::interaction::{PasswordChoice, SentCode};
    use crate::fixture::{
        at_home, by_password, client, earlier, email, facts, guest, home_idp, interaction, invitation, now,
        pending, request, session, tenant,
    };
    use crate::model::client::Client;
    use crate::model::invitation::InvitationState::{Completed, Pending, Revoked, Superseded};
    use crate::model::tenant::Status;
    use crate::vault::SecretHash;
    use hospes_protocol::authorize::{ClaimWish, Prompt};

    const FREYA: &str = "freya@fjord.example";

    fn authorizing(change: impl FnOnce(&mut AuthorizationRequest)) -> Interaction {
        let mut request = request();
        change(&mut request);
        interaction(Purpose::Authorize(Box::new(request)))
    }

    fn redeeming(state: InvitationState) -> (Interaction, Facts) {
        let user = pending(1, FREYA);
        let invitation = invitation(&user, state);
        let interaction = interaction(Purpose::Redeem(invitation.id));
        (interaction, Facts { client: None, invitation: Some((invitation, user)), ..facts() })
    }

    fn signed_in(seconds_ago: i64) -> Facts {
        let user = guest(1, FREYA);
        let session = session(&user, earlier(seconds_ago));
        Facts { session: Some(SignedIn { session, user, home_idp: None }), ..facts() }
    }

    fn code(to: &str) -> SentCode {
        SentCode { to: email(to), mac: SecretHash([0; 32]), expires_at: now() }
    }

    fn next(interaction: &Interaction, facts: &Facts) -> Step {
        next_step(&tenant(), interaction, facts)
    }

    fn responds(step: &Step) -> bool {
        matches!(step, Step::Respond(..))
    }

    #[test]
    fn who_are_you() {
        let mut asked = authorizing(|_| ());
        assert_eq!(next(&asked, &facts()), Step::AskIdentifier);
        asked.identifier = Some(email("a@b.example"));
        asked.realm = Some(Realm::Local);
        assert_eq!(next(&asked, &facts()), Step::AskPassword(email("a@b.example")));
        asked.code = Some(code("a@b.example"));
        assert_eq!(next(&asked, &facts()), Step::AskCode(email("a@b.example")));
        asked.realm = Some(Realm::Home(home_idp().id));
        assert_eq!(next(&asked, &facts()), Step::Refuse(Refusal::HomeIdpRemoved));
        let present = Facts { home_idp: Some(home_idp()), ..facts() };
        assert_eq!(next(&asked, &present), Step::SignInAt(Box::new(home_idp())));
        let closed = HomeIdp { status: Status::Disabled, ..home_idp() };
        assert_eq!(
            next(&asked, &Facts { home_idp: Some(closed), ..facts() }),
            Step::Refuse(Refusal::HomeIdpDisabled)
        );
    }

    #[test]
    fn oidc_3_1_2_1_when_a_session_serves() {
        let prompt = |prompt| authorizing(|request| request.prompt = prompt);
        let max_age = |seconds| authorizing(|request| request.max_age = Some(seconds));
        let hinted = |subject: &str| {
            let mut hinted = authorizing(|_| ());
            hinted.expected_subject = Some(subject.to_owned());
            hinted
        };
        let rows = [
            ("plain", authorizing(|_| ()), true),
            ("az_20 prompt=login", prompt(Prompt { login: true, ..Prompt::default() }), false),
            ("select_account", prompt(Prompt { select_account: true, ..Prompt::default() }), false),
            ("max_age wide", max_age(100), true),
            ("max_age narrow", max_age(99), false),
            ("az_21 max_age=0", max_age(0), false),
            ("az_26 hint fits", hinted(&guest(1, FREYA).id.to_string()), true),
            ("az_26 hint of somebody else", hinted("somebody"), false),
        ];
        for (row, interaction, serves) in rows {
            assert_eq!(responds(&next(&interaction, &signed_in(99).clone())), serves, "{row}");
        }
    }

    #[test]
    fn what_closed_meanwhile_refuses() {
        let asked = authorizing(|_| ());
        assert_eq!(next(&asked, &Facts { client: None, ..facts() }), Step::Refuse(Refusal::UnknownClient));
        let closed = Client { status: Status::Disabled, ..client() };
        assert_eq!(
            next(&asked, &Facts { client: Some(closed), ..facts() }),
            Step::Refuse(Refusal::ClientDisabled)
        );
        for (state, refusal) in
            [(Revoked, Refusal::InvitationRevoked), (Superseded, Refusal::InvitationSuperseded)]
        {
            let (interaction, facts) = redeeming(state);
            assert_eq!(next(&interaction, &facts), Step::Refuse(refusal));
        }
        let (interaction, mut facts) = redeeming(Pending);
        facts.now = facts.invitation.as_ref().unwrap().0.expires_at;
        assert_eq!(next(&interaction, &facts), Step::Refuse(Refusal::InvitationExpired), "inv_13");
        facts.invitation = None;
        assert_eq!(next(&interaction, &facts), Step::Refuse(Refusal::InvitationUnknown));
    }

    #[test]
    fn a_redemption_without_home_idp() {
        let (mut interaction, mut facts) = redeeming(Pending);
        interaction.realm = Some(Realm::Local);
        assert_eq!(next(&interaction, &facts), Step::SendCode(email(FREYA)));
        interaction.code = Some(code(FREYA));
        assert_eq!(next(&interaction, &facts), Step::AskCode(email(FREYA)));
        facts.resolution = Some(Resolution::Redeems(Box::new(pending(1, FREYA)), by_password()));
        assert!(matches!(next(&interaction, &facts), Step::ChoosePassword { may_skip: true, .. }));
        interaction.password_choice = Some(PasswordChoice::CodesOnly);
        assert!(matches!(next(&interaction, &facts), Step::ReviewPermissions(..)));
        interaction.permissions = Some(Answer::Declined);
        assert_eq!(next(&interaction, &facts), Step::Refuse(Refusal::Declined), "inv_28");
        interaction.permissions = Some(Answer::Accepted);
        assert!(matches!(next(&interaction, &facts), Step::Admit(..)));
    }

    #[test]
    fn a_redemption_at_home_needs_no_password() {
        let (interaction, mut facts) = redeeming(Pending);
        facts.resolution = Some(Resolution::Redeems(Box::new(pending(1, FREYA)), at_home()));
        facts.home_idp = Some(home_idp());
        assert!(matches!(next(&interaction, &facts), Step::ReviewPermissions(..)));
    }

    #[test]
    fn nobody_is_admitted_who_would_be_refused_the_moment_after() {
        let (mut interaction, mut facts) = redeeming(Pending);
        interaction.permissions = Some(Answer::Accepted);
        let closed = HomeIdp { status: Status::Disabled, ..home_idp() };
        let off = User { status: Status::Disabled, ..pending(1, FREYA) };
        let rows = [
            (pending(1, FREYA), Some(home_idp()), None),
            (pending(1, FREYA), Some(closed), Some(Refusal::HomeIdpDisabled)),
            (pending(1, FREYA), None, Some(Refusal::HomeIdpRemoved)),
            (off, Some(home_idp()), Some(Refusal::UserDisabled)),
        ];
        for (guest, home_idp, refusal) in rows {
            facts.resolution = Some(Resolution::Redeems(Box::new(guest), at_home()));
            facts.home_idp = home_idp;
            match (next(&interaction, &facts), refusal) {
                (Step::Admit(..), None) => {}
                (step, Some(refusal)) => assert_eq!(step, Step::Refuse(refusal)),
                (step, None) => panic!("{step:?}"),
            }
        }
    }

    #[test]
    fn inv_24_another_session_is_never_used_silently() {
        let (mut interaction, mut facts) = redeeming(Pending);
        let other = guest(2, "other@x.example");
        facts.session =
            Some(SignedIn { session: session(&other, now()), user: other.clone(), home_idp: None });
        let expected = Step::AskWhichAccount { signed_in: other.email, invited: email(FREYA) };
        assert_eq!(next(&interaction, &facts), expected);
        interaction.session_set_aside = true;
        assert_eq!(next(&interaction, &facts), Step::AskIdentifier);
    }

    #[test]
    fn a_used_link_is_a_way_back_for_whoever_used_it() {
        let (interaction, mut facts) = redeeming(Completed);
        let owner = guest(1, FREYA);
        facts.session = Some(SignedIn { session: session(&owner, now()), user: owner, home_idp: None });
        assert!(responds(&next(&interaction, &facts)));
        let (interaction, facts) =
            (redeeming(Pending).0, Facts { invitation: redeeming(Pending).1.invitation, ..facts });
        assert!(!responds(&next(&interaction, &facts)), "a session never completes an invitation");
    }

    #[test]
    fn consent_is_asked_where_the_client_asks() {
        let asking = Client { consent: ConsentRule::Ask, ..client() };
        let mut facts = Facts { client: Some(asking), ..signed_in(0) };
        let mut asked = authorizing(|_| ());
        assert!(matches!(next(&asked, &facts), Step::AskConsent(_)));
        asked.consent = Some(Answer::Declined);
        assert_eq!(next(&asked, &facts), Step::Refuse(Refusal::ConsentDeclined));
        asked.consent = Some(Answer::Accepted);
        assert!(responds(&next(&asked, &facts)));
        facts.client = Some(client());
        let prompted = authorizing(|request| request.prompt.consent = true);
        assert!(matches!(next(&prompted, &facts), Step::AskConsent(_)));
    }

    #[test]
    fn az_22_an_essential_acr_that_cannot_be_met_fails_and_a_voluntary_one_does_not() {
        let wish = |essential| {
            authorizing(move |request| {
                let wish = ClaimWish { essential, value: None, values: vec!["unreachable".into()] };
                request.claims.id_token.insert("acr".into(), Some(wish));
            })
        };
        assert_eq!(next(&wish(true), &signed_in(0)), Step::Refuse(Refusal::UnmetAcr));
        assert!(responds(&next(&wish(false), &signed_in(0))));
        assert!(responds(&next(
            &authorizing(|request| request.acr_values = vec!["2".into()]),
            &signed_in(0)
        )));
    }

    #[test]
    fn az_16_to_az_19_what_a_silent_request_is_told() {
        let user = Box::new(guest(1, FREYA));
        let rows = [
            (Step::AskIdentifier, Some(ErrorCode::LoginRequired)),
            (Step::SignInAt(Box::new(home_idp())), Some(ErrorCode::LoginRequired)),
            (Step::SendCode(email(FREYA)), Some(ErrorCode::LoginRequired)),
            (Step::AskConsent(user.clone()), Some(ErrorCode::ConsentRequired)),
            (
                Step::ChoosePassword { may_skip: false, user: user.clone() },
                Some(ErrorCode::InteractionRequired),
            ),
            (Step::Refuse(Refusal::UserDisabled), Some(ErrorCode::AccessDenied)),
            (Step::Respond(user, by_password()), None),
        ];
        for (step, error) in rows {
            assert_eq!(step.silent_error(), error, "{step:?}");
        }
    }

    #[test]
    fn a_reset_comes_before_anything_is_handed_out() {
        let mut asked = authorizing(|_| ());
        asked.reset = true;
        assert!(matches!(next(&asked, &signed_in(0)), Step::ChoosePassword { may_skip: false, .. }));
    }
}
