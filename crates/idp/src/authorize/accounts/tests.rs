//! One row per sentence of which account a sign-in goes on with.

use super::*;
use crate::fixture::{email, guest, interaction, now, request, signed_in};
use hospes_protocol::authorize::Prompt;

const FREYA: &str = "freya@fjord.example";
const OTHER: &str = "other@x.example";
const THIRD: &str = "third@x.example";

fn authorizing(change: impl FnOnce(&mut AuthorizationRequest)) -> Interaction {
    let mut request = request();
    change(&mut request);
    interaction(Purpose::Authorize(Box::new(request)))
}

/// The address of the account, `?` and their number where the person is asked, or nothing.
fn selected(interaction: &Interaction, addresses: &[&str]) -> String {
    let numbered = addresses.iter().zip(1..);
    let accounts: Vec<_> =
        numbered.map(|(address, number)| signed_in(&guest(number, address), now())).collect();
    let subject = |user: UserId| Some(user.to_string());
    match select(interaction, &accounts, (Some(guest(2, OTHER).id), subject)) {
        Selection::Nobody => String::new(),
        Selection::Account(account) => account.user.email.to_string(),
        Selection::Ask(choices) => format!("?{}", choices.len()),
    }
}

#[test]
fn which_account_a_request_goes_on_with() {
    let prompt = |prompt| authorizing(|request| request.prompt = prompt);
    let select_account = || prompt(Prompt { select_account: true, ..Prompt::default() });
    let of_domain = |domain: &str| authorizing(|request| request.domain_hint = Some(domain.into()));
    let named = |address: &str| Interaction { identifier: Some(email(address)), ..authorizing(|_| ()) };
    let expecting = |number| Interaction {
        expected_subject: Some(guest(number, OTHER).id.to_string()),
        ..authorizing(|_| ())
    };
    let bound =
        |address: &str| Interaction { session: Some(format!("sid of {address}")), ..select_account() };
    let all = [FREYA, OTHER, THIRD];
    let rows = vec![
        ("nobody is there", authorizing(|_| ()), &all[..0], ""),
        ("one is there", authorizing(|_| ()), &all[..1], FREYA),
        ("several are there", authorizing(|_| ()), &all[..], "?3"),
        ("select_account with one", select_account(), &all[..1], "?1"),
        ("select_account with several", select_account(), &all[..], "?3"),
        ("select_account with nobody", select_account(), &all[..0], ""),
        ("prompt=login", prompt(Prompt { login: true, ..Prompt::default() }), &all[..], ""),
        ("a hint that fits one", named(OTHER), &all[..], OTHER),
        ("a hint of nobody there", named("nobody@x.example"), &all[..], ""),
        ("a hint of nobody there, with one", named("nobody@x.example"), &all[..1], ""),
        ("az_26 a subject that fits one", expecting(2), &all[..], OTHER),
        ("az_26 a subject of nobody there", expecting(9), &all[..], ""),
        ("a domain that fits one", of_domain("fjord.example"), &all[..], FREYA),
        ("a domain that fits two", of_domain("x.example"), &all[..], "?2"),
        ("a domain that fits nobody decides nothing", of_domain("y.example"), &all[..], "?3"),
        ("chosen", bound(THIRD), &all[..], THIRD),
        ("chosen, but over meanwhile", bound(THIRD), &all[..2], ""),
        ("not you", Interaction { choosing: true, ..authorizing(|_| ()) }, &all[..], "?3"),
        ("signed out of all but one", Interaction { choosing: true, ..authorizing(|_| ()) }, &all[..1], "?1"),
        ("not you, but a subject", Interaction { choosing: true, ..expecting(2) }, &all[..], "?1"),
        ("set aside", Interaction { session_set_aside: true, ..authorizing(|_| ()) }, &all[..], ""),
    ];
    for (row, interaction, accounts, wanted) in rows {
        assert_eq!(selected(&interaction, accounts), wanted, "{row}");
    }
}

#[test]
fn whoever_is_another_or_signed_one_out_chooses() {
    let choosing = Interaction { choosing: true, ..authorizing(|_| ()) };
    assert_eq!(selected(&choosing, &[FREYA, OTHER]), "?2", "not you");
    assert_eq!(selected(&choosing, &[FREYA]), "?1", "signed out of all but one");
    let expecting = Interaction { expected_subject: Some(guest(2, OTHER).id.to_string()), ..choosing };
    assert_eq!(selected(&expecting, &[FREYA, OTHER]), "?1", "whom the client means");
}

#[test]
fn which_account_sees_our_own_pages_and_redeems() {
    let visit = interaction(Purpose::Visit("/home".into()));
    assert_eq!(selected(&visit, &[OTHER, FREYA]), OTHER, "the one chosen last");
    let choosing = Interaction { choosing: true, ..visit };
    assert_eq!(selected(&choosing, &[OTHER]), "?1");
    let redeeming = interaction(Purpose::Redeem(crate::ids::InvitationId(uuid::Uuid::nil())));
    assert_eq!(selected(&redeeming, &[FREYA, OTHER]), OTHER, "the invited one");
    assert_eq!(selected(&redeeming, &[FREYA]), FREYA, "who is told that somebody else is invited");
}
