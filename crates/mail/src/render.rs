//! Turns what must be said into a subject, a plain text and an HTML page. Every word lives in `templates/mail/`, one
//! folder per language; this file only prepares what the templates show.
//!
//! It must not know how mail travels.

use crate::untrusted;
use askama::Template;
use hospes_idp::mail::{CodeMail, InvitationMail, MailContent, NoticeMail, SetUpMail};
use jiff::Timestamp;

/// A mail as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line, not yet encoded for a header.
    pub subject: String,
    /// The plain text alternative.
    pub text: String,
    /// The HTML alternative: complete, without remote resources.
    pub html: String,
}

/// The content cannot be shown as a mail.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The link is not one a person could follow.
    #[error("the link is not a web address")]
    Link,
    /// A template failed.
    #[error(transparent)]
    Template(#[from] askama::Error),
}

/// Renders a mail. English is the only language so far.
pub fn render(content: &MailContent) -> Result<Rendered, RenderError> {
    match content {
        MailContent::Invitation(mail) => Ok(Invitation::of(mail)?.render()?),
        MailContent::Code(mail) => Ok(Code::of(mail).render()?),
        MailContent::PasswordChanged(mail) => Ok(PasswordChanged::of(mail).render()?),
        MailContent::SetUp(mail) => Ok(SetUp::of(mail)?.render()?),
    }
}

/// Ties a view to its text template, which defines the subject too, and to its HTML template.
macro_rules! templates {
    ($view:ident, $text:literal, $html:literal) => {
        impl $view {
            fn render(&self) -> askama::Result<Rendered> {
                #[derive(Template)]
                #[template(path = $text, blocks = ["subject", "body"])]
                struct Text<'a> {
                    mail: &'a $view,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    mail: &'a $view,
                    subject: &'a str,
                }
                let text = Text { mail: self };
                let subject = untrusted::line(&text.as_subject().render()?, SUBJECT_CHARS);
                Ok(Rendered {
                    text: format!("{}\n", text.as_body().render()?.trim()),
                    html: Html { mail: self, subject: &subject }.render()?,
                    subject,
                })
            }
        }
    };
}

/// Longer subjects are not shown by any mail program.
const SUBJECT_CHARS: usize = 160;

templates!(Invitation, "en/invitation.txt", "en/invitation.html");
templates!(Code, "en/code.txt", "en/code.html");
templates!(PasswordChanged, "en/password_changed.txt", "en/password_changed.html");
templates!(SetUp, "en/set_up.txt", "en/set_up.html");

struct Invitation {
    organization: String,
    inviter: Option<String>,
    reply_to: Option<String>,
    guest: Option<String>,
    message: Vec<String>,
    link: String,
    expires_at: Timestamp,
    destination: String,
    privacy_statement: Option<String>,
}

impl Invitation {
    fn of(mail: &InvitationMail) -> Result<Self, RenderError> {
        let person =
            |name: &Option<String>| name.as_deref().map(untrusted::person).filter(|name| !name.is_empty());
        Ok(Self {
            organization: untrusted::organization(&mail.organization),
            inviter: person(&mail.inviter_name),
            reply_to: mail.reply_to.as_ref().map(ToString::to_string),
            guest: person(&mail.guest_name),
            message: mail.message.as_deref().map(untrusted::message).unwrap_or_default(),
            link: untrusted::link(&mail.link).ok_or(RenderError::Link)?,
            expires_at: mail.expires_at,
            destination: untrusted::line(&mail.destination, 253),
            privacy_statement: mail.privacy_statement_url.as_deref().and_then(untrusted::link),
        })
    }
}

struct Code {
    organization: String,
    grouped: String,
    minutes: u32,
}

impl Code {
    fn of(mail: &CodeMail) -> Self {
        Self {
            organization: untrusted::organization(&mail.organization),
            grouped: grouped(&mail.code),
            minutes: mail.minutes,
        }
    }
}

struct PasswordChanged {
    organization: String,
    at: Timestamp,
    reference: String,
}

impl PasswordChanged {
    fn of(mail: &NoticeMail) -> Self {
        Self {
            organization: untrusted::organization(&mail.organization),
            at: mail.at,
            reference: untrusted::line(&mail.reference, 40),
        }
    }
}

struct SetUp {
    organization: String,
    link: String,
    expires_at: Timestamp,
}

impl SetUp {
    fn of(mail: &SetUpMail) -> Result<Self, RenderError> {
        Ok(Self {
            organization: untrusted::organization(&mail.organization),
            link: untrusted::link(&mail.link).ok_or(RenderError::Link)?,
            expires_at: mail.expires_at,
        })
    }
}

/// Groups of four, or of three where four does not divide it: `1234 5678`.
fn grouped(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    let size = if chars.len().is_multiple_of(4) { 4 } else { 3 };
    let groups: Vec<String> = chars.chunks(size).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
