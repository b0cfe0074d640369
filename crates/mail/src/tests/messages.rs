//! What travels.

use super::samples::{bare_invitation, code, email, invitation, outbox};
use crate::message::{Letter, build};
use hospes_idp::mail::{CodeMail, InvitationMail, MailContent};
use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::{any, prop_assert_eq, proptest};

fn letter(content: &MailContent) -> Letter {
    letter_from("Hospes <no-reply@id.fjord.example>", content)
}

fn letter_from(sender: &str, content: &MailContent) -> Letter {
    build(&outbox(5, "grace@partner.example", content), content, &sender.parse().unwrap()).unwrap()
}

fn parsed(letter: &Letter) -> Message<'_> {
    MessageParser::default().parse(&letter.bytes).unwrap()
}

/// Header lines as they travel, folding included.
fn header_names(letter: &Letter) -> Vec<String> {
    let text = String::from_utf8(letter.bytes.clone()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let starts = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<String> = starts.map(|line| line.split(':').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

const HEADERS: [&str; 8] =
    ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"];

#[test]
fn mail_01_hostile_names_stay_in_their_header() {
    for name in [
        "Fjord\r\nBcc: eve@evil.example",
        "Fjord\nX-Evil: 1",
        "=?utf-8?Q?Your_Bank=0D=0ABcc:_eve@evil.example?=",
        "\u{202e}\u{2066}Fjord\u{200b}",
        "\"Bank\" <bank@bank.example>",
        "Müller, Söhne & Töchter: GmbH;",
        &"ä".repeat(10_000),
        &"A".repeat(10_000),
        &"a \u{1f600}".repeat(5_000),
        "",
    ] {
        let content = MailContent::Code(CodeMail { organization: name.into(), code: "1".into(), minutes: 1 });
        let letter = letter(&content);
        assert_eq!(header_names(&letter), HEADERS, "{name:.40}");
        let longest = letter.bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest <= 998, "{longest} bytes in a line for {name:.40}");
        let message = parsed(&letter);
        let from = message.from().unwrap();
        assert_eq!(from.iter().count(), 1, "{name:.40}");
        let from = from.first().unwrap();
        assert_eq!(from.address(), Some("no-reply@id.fjord.example"));
        assert!(from.name().unwrap().ends_with("Hospes"), "{from:?}");
        let subject = message.subject().unwrap();
        assert!(subject.starts_with("Your code for") && subject.chars().count() <= 160, "{subject}");
        assert!(!subject.chars().any(|c| c.is_control() || c == '\u{202e}'), "{subject:?}");
        assert!(!subject.contains("=?"));
    }
}

#[test]
fn mail_01_names_in_other_scripts_arrive() {
    let mail = InvitationMail {
        organization: "Müller & Söhne".into(),
        inviter_name: Some("נועה לוי".into()),
        ..invitation()
    };
    let letter = letter(&MailContent::Invitation(mail));
    let message = parsed(&letter);
    assert_eq!(message.subject(), Some("נועה לוי invited you to collaborate with Müller & Söhne"));
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Müller & Söhne via Hospes"));
    let reply_to = message.reply_to().unwrap().first().unwrap();
    assert_eq!((reply_to.name(), reply_to.address()), (Some("נועה לוי"), Some("ada@fjord.example")));
    assert!(message.body_text(0).unwrap().contains("Müller & Söhne"));
    assert!(message.body_html(0).unwrap().contains("<bdi>נועה לוי</bdi>"));
    assert!(letter.bytes.is_ascii(), "no relay needs 8BITMIME");
}

#[test]
fn mail_02_one_mail_has_one_recipient() {
    let letter = letter(&code());
    let to: Vec<&str> = letter.recipient.to().iter().map(AsRef::as_ref).collect();
    assert_eq!(to, ["grace@partner.example"]);
    assert_eq!(letter.recipient.from().map(AsRef::<str>::as_ref), Some("no-reply@id.fjord.example"));
    assert!(letter.copy.is_none());
}

#[test]
fn mail_02_every_address_we_accept_can_be_mailed_to() {
    for to in ["o'neil+tag@x.example", "!#$%&'*+-/=?^_`{|}~@x.example", "zoë@x.example", "a@bücher.example"]
    {
        let mail = outbox(5, to, &code());
        let letter = build(&mail, &code(), &"a@b.example".parse().unwrap()).unwrap();
        let expected = format!("{}@{}", to.split_once('@').unwrap().0, email(to).domain());
        assert_eq!(AsRef::<str>::as_ref(&letter.recipient.to()[0]), expected);
        assert_eq!(letter.recipient.to().len(), 1);
    }
}

#[test]
fn a_copy_has_an_envelope_of_its_own() {
    let with_cc = |cc| InvitationMail { cc: Some(email(cc)), ..bare_invitation() };
    let letter = letter(&MailContent::Invitation(with_cc("boss@fjord.example")));
    assert_eq!(letter.recipient.to().len(), 1);
    assert_eq!(AsRef::<str>::as_ref(&letter.copy.as_ref().unwrap().to()[0]), "boss@fjord.example");
    assert_eq!(parsed(&letter).cc().unwrap().first().unwrap().address(), Some("boss@fjord.example"));
    let same = self::letter(&MailContent::Invitation(with_cc("Grace@partner.example")));
    assert!(same.copy.is_none() && parsed(&same).cc().is_none());
}

#[test]
fn mail_06_a_second_attempt_is_the_same_message() {
    let content = MailContent::Invitation(invitation());
    let first = letter(&content);
    assert_eq!(first.bytes, letter(&content).bytes);
    let message = parsed(&first);
    assert_eq!(message.message_id(), Some("00000000-0000-0000-0000-000000000005@id.fjord.example"));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-22T09:00:00Z");
}

#[test]
fn mail_07_plain_text_comes_first_and_machines_do_not_answer() {
    let letter = letter(&MailContent::Invitation(invitation()));
    let message = parsed(&letter);
    let types: Vec<_> = message.parts.iter().filter_map(|part| part.content_type()?.subtype()).collect();
    assert_eq!(types, ["alternative", "plain", "html"]);
    let header = message.header("Auto-Submitted").and_then(|value| value.as_text());
    assert_eq!(header, Some("auto-generated"));
}

#[test]
fn a_sender_without_a_name_carries_the_organizations() {
    let letter = letter_from("no-reply@id.fjord.example", &code());
    assert_eq!(parsed(&letter).from().unwrap().first().unwrap().name(), Some("Fjord Labs"));
}

proptest! {
    #[test]
    fn gen_07_names_never_break_a_header(organization in any::<String>(), inviter in any::<String>()) {
        let content = MailContent::Invitation(InvitationMail {
            organization,
            inviter_name: Some(inviter),
            ..invitation()
        });
        let letter = letter(&content);
        let mut names = header_names(&letter);
        names.retain(|name| name != "Reply-To");
        prop_assert_eq!(names, HEADERS);
        let message = parsed(&letter);
        prop_assert_eq!(message.from().unwrap().first().unwrap().address(), Some("no-reply@id.fjord.example"));
        prop_assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("ada@fjord.example"));
        prop_assert_eq!(message.to().unwrap().first().unwrap().address(), Some("grace@partner.example"));
    }
}
