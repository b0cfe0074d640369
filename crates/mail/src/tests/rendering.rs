//! What people read.

use super::samples::{LINK, bare_invitation, code, invitation, password_changed, set_up};
use crate::{RenderError, Rendered, render};
use hospes_idp::mail::{CodeMail, InvitationMail, MailContent};
use proptest::prelude::{any, prop_assert, proptest};

fn shown(content: &MailContent) -> Rendered {
    render(content).unwrap()
}

fn snapshot(name: &str, content: &MailContent) {
    let mail = shown(content);
    insta::assert_snapshot!(format!("{name}.txt"), format!("Subject: {}\n\n{}", mail.subject, mail.text));
    insta::assert_snapshot!(format!("{name}.html"), mail.html);
}

fn difficult() -> InvitationMail {
    InvitationMail {
        organization: format!("Gesellschaft für {}& Töchter <mbH>", "Strömungsmechanik ".repeat(10)),
        inviter_name: Some("نازنین می\u{200c}خواهم".into()),
        guest_name: Some("\u{202e}<b>Grace</b>".into()),
        message: Some("سلام\n<script>alert(1)</script> & www.evil.example".into()),
        ..invitation()
    }
}

#[test]
fn every_mail_as_text_and_html() {
    snapshot("invitation", &MailContent::Invitation(invitation()));
    snapshot("invitation_bare", &MailContent::Invitation(bare_invitation()));
    snapshot("invitation_difficult", &MailContent::Invitation(difficult()));
    snapshot("code", &code());
    snapshot("password_changed", &password_changed());
    snapshot("set_up", &set_up());
}

#[test]
fn mail_07_an_invitation_holds_its_link_and_no_remote_resource() {
    for content in [MailContent::Invitation(invitation()), MailContent::Invitation(difficult()), set_up()] {
        let mail = shown(&content);
        assert_eq!(mail.text.matches(LINK).count(), 1);
        assert!(!mail.subject.contains("http"));
        let linked: Vec<&str> =
            mail.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(
            linked.iter().all(|href| [LINK, "https://fjord.example/privacy"].contains(href)),
            "{linked:?}"
        );
        for remote in ["<img", "src=", "url(", "@import", "<link", "<script", "http-equiv"] {
            assert!(!mail.html.contains(remote), "{remote}");
        }
    }
}

#[test]
fn mail_07_a_code_is_in_the_body_only() {
    let mail = shown(&code());
    assert!(mail.text.contains("1234 5678") && mail.html.contains("1234 5678"));
    assert!(!mail.subject.contains("1234"));
    assert!(!mail.html.contains("href="));
    let six = MailContent::Code(CodeMail { organization: "F".into(), code: "123456".into(), minutes: 1 });
    assert!(shown(&six).text.contains("123 456"));
    assert!(shown(&six).text.contains("1 minute."));
}

#[test]
fn a_link_that_is_not_one_is_refused() {
    let mail = InvitationMail { link: "javascript:alert(1)".into(), ..invitation() };
    assert!(matches!(render(&MailContent::Invitation(mail)), Err(RenderError::Link)));
    let mail = InvitationMail { privacy_statement_url: Some("javascript:alert(1)".into()), ..invitation() };
    assert!(shown(&MailContent::Invitation(mail)).text.contains("has not given a privacy statement"));
}

proptest! {
    #[test]
    fn gen_07_names_and_messages_never_become_markup(name in any::<String>(), message in any::<String>()) {
        let plain = shown(&MailContent::Invitation(bare_invitation())).html;
        let mail = shown(&MailContent::Invitation(InvitationMail {
            organization: name.clone(),
            guest_name: Some(name),
            message: Some(message.clone()),
            ..bare_invitation()
        }));
        let tags = |html: &str| html.matches('<').count();
        // The greeting adds a `bdi`, the message a label, a quotation and a paragraph per line: nothing else.
        let lines = 2 * mail.html.matches("<p dir=\"auto\"").count();
        let added = tags(&mail.html) - tags(&plain) - lines;
        prop_assert!([0, 2, 4, 6].contains(&added), "{added} tags besides the lines");
        prop_assert!(!mail.subject.chars().any(char::is_control));
    }
}
