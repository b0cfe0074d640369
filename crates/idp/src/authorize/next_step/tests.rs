//! One row or test per sentence of what comes next.

use super::*;
use crate::authorize::interaction::{PasswordChoice, SentCode};
use crate::fixture::{
    self, at_home, by_password, client, ctx, earlier, email, facts, guest, home_idp, interaction, invitation,
    now, pending, request, tenant,
};
use crate::model::client::Client;
use crate::model::device::UserCode;
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
    let session = Some(fixture::signed_in(&user, earlier(seconds_ago)));
    Facts { session, subject: Some(user.id.to_string()), ..facts() }
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
    facts.session = Some(fixture::signed_in(&other, now()));
    let expected = Step::AskWhichAccount { signed_in: other.email, invited: email(FREYA) };
    assert_eq!(next(&interaction, &facts), expected);
    interaction.session_set_aside = true;
    assert_eq!(next(&interaction, &facts), Step::AskIdentifier);
}

#[test]
fn a_used_link_is_a_way_back_for_whoever_used_it() {
    let (interaction, mut facts) = redeeming(Completed);
    let owner = guest(1, FREYA);
    facts.session = Some(fixture::signed_in(&owner, now()));
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
    assert!(responds(&next(&authorizing(|request| request.acr_values = vec!["2".into()]), &signed_in(0))));
}

#[test]
fn az_16_to_az_19_what_a_silent_request_is_told() {
    let user = Box::new(guest(1, FREYA));
    let rows = [
        (Step::AskIdentifier, Some(ErrorCode::LoginRequired)),
        (Step::SignInAt(Box::new(home_idp())), Some(ErrorCode::LoginRequired)),
        (Step::SendCode(email(FREYA)), Some(ErrorCode::LoginRequired)),
        (Step::AskConsent(user.clone()), Some(ErrorCode::ConsentRequired)),
        (Step::ChoosePassword { may_skip: false, user: user.clone() }, Some(ErrorCode::InteractionRequired)),
        (Step::Refuse(Refusal::UserDisabled), Some(ErrorCode::AccessDenied)),
        (Step::Respond(user, by_password()), None),
    ];
    for (step, error) in rows {
        assert_eq!(step.silent_error(), error, "{step:?}");
    }
}

#[test]
fn among_several_accounts_the_person_chooses_and_the_choice_serves() {
    let (freya, other) = (guest(1, FREYA), guest(2, "other@x.example"));
    let choices = [&freya, &other].map(|user| fixture::signed_in(user, now())).to_vec();
    let mut asked = authorizing(|request| request.prompt.select_account = true);
    let Step::ChooseAccount(rows) = next(&asked, &Facts { choices, ..facts() }) else {
        panic!("the person is asked")
    };
    assert_eq!(rows.iter().map(|row| &row.email).collect::<Vec<_>>(), [&freya.email, &other.email]);
    assert_ne!(rows[0].handle, rows[1].handle);
    assert_eq!(Step::ChooseAccount(rows).silent_error(), Some(ErrorCode::AccountSelectionRequired));
    assert_eq!(next(&asked, &signed_in(0)), Step::AskIdentifier, "not chosen");
    asked.chosen = true;
    assert!(responds(&next(&asked, &signed_in(0))));
}

#[test]
fn a_reset_comes_before_anything_is_handed_out() {
    let mut asked = authorizing(|_| ());
    asked.reset = true;
    assert!(matches!(next(&asked, &signed_in(0)), Step::ChoosePassword { may_skip: false, .. }));
}

#[test]
fn a_device_is_confirmed_by_whoever_is_signed_in() {
    let request = DeviceRequest {
        client_id: client().client_id,
        scope: ["openid"].into_iter().collect(),
        resources: Vec::new(),
        details: Vec::new(),
        user_code: UserCode::generate(&ctx()),
        requested_at: earlier(60),
        network: String::new(),
        expires_at: now() + SignedDuration::from_secs(1),
    };
    let late = DeviceRequest { expires_at: now(), ..request.clone() };
    let expired = interaction(Purpose::Device(Box::new(late)));
    assert_eq!(next(&expired, &signed_in(60)), Step::Refuse(Refusal::DeviceGone));
    let mut asked = interaction(Purpose::Device(Box::new(request)));
    assert_eq!(next(&asked, &facts()), Step::AskIdentifier);
    assert!(matches!(next(&asked, &signed_in(60)), Step::ConfirmDevice(..)));
    let disabled = Facts { client: Some(Client { status: Status::Disabled, ..client() }), ..signed_in(60) };
    assert_eq!(next(&asked, &disabled), Step::Refuse(Refusal::ClientDisabled));
    asked.device = Some(Answer::Declined);
    assert_eq!(next(&asked, &signed_in(60)), Step::Refuse(Refusal::DeviceDeclined));
    asked.device = Some(Answer::Accepted);
    assert!(responds(&next(&asked, &signed_in(60))));
    let asking = Facts { client: Some(Client { consent: ConsentRule::Ask, ..client() }), ..signed_in(60) };
    assert!(matches!(next(&asked, &asking), Step::AskConsent(_)));
    asked.consent = Some(Answer::Declined);
    assert_eq!(next(&asked, &asking), Step::Refuse(Refusal::DeviceDeclined));
}
