//! Builds the message as it travels: headers encoded, each exactly once, and an envelope per recipient.
//!
//! The result depends on nothing but the mail and the sender's address, so that a second attempt is the same message to
//! the byte and a receiver recognises it by its Message-ID.

use crate::render::{RenderError, Rendered, render};
use crate::untrusted;
use hospes_idp::email::EmailAddress;
use hospes_idp::mail::{InvitationMail, MailContent, OutboxMail};
use lettre::address::{AddressError, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};

/// Longest display name in front of an address, in characters.
const DISPLAY_NAME_CHARS: usize = 64;

/// A message with its envelopes. The copy travels on its own: a refused copy must not cost the guest the invitation.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) bytes: Vec<u8>,
    pub(crate) recipient: Envelope,
    pub(crate) copy: Option<Envelope>,
}

/// Why no message could be built. It will not get better by trying again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("an address is refused: {0}")]
    Address(#[from] AddressError),
    #[error("the message is refused: {0}")]
    Build(#[from] lettre::error::Error),
}

/// Builds the message for a mail in the outbox.
pub(crate) fn build(
    mail: &OutboxMail,
    content: &MailContent,
    sender: &Mailbox,
) -> Result<Letter, MessageError> {
    let rendered = render(content)?;
    let to = address(&mail.to)?;
    let invitation = match content {
        MailContent::Invitation(invitation) => Some(invitation),
        _ => None,
    };
    let copy = invitation
        .and_then(|invitation| invitation.cc.as_ref())
        .filter(|cc| cc.key() != mail.to.key())
        .map(address)
        .transpose()?;
    let mut builder = headers(mail, &rendered, named(sender, organization(content))).to(to.clone().into());
    if let Some(cc) = &copy {
        builder = builder.cc(cc.clone().into());
    }
    if let Some(reply_to) = invitation.and_then(|invitation| invitation.reply_to.as_ref()) {
        builder = builder.reply_to(Mailbox::new(invitation.and_then(inviter), address(reply_to)?));
    }
    let message = builder.multipart(alternatives(mail, rendered))?;
    let envelope = |to: Address| Envelope::new(Some(sender.email.clone()), vec![to]);
    Ok(Letter { bytes: message.formatted(), recipient: envelope(to)?, copy: copy.map(envelope).transpose()? })
}

fn headers(mail: &OutboxMail, rendered: &Rendered, from: Mailbox) -> MessageBuilder {
    // RFC 5322 §3.6.4: the same message keeps its identifier; `mail.id` is unique for ever.
    let message_id = format!("<{}@{}>", mail.id, from.email.domain());
    Message::builder()
        .message_id(Some(message_id))
        .date(mail.created_at.into())
        .from(from)
        .subject(rendered.subject.clone())
        // RFC 3834 §5: keeps vacation answers away.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
}

fn alternatives(mail: &OutboxMail, rendered: Rendered) -> MultiPart {
    MultiPart::alternative()
        .boundary(format!("=_{}", mail.id.0.simple()))
        .singlepart(SinglePart::plain(rendered.text))
        .singlepart(SinglePart::html(rendered.html))
}

/// The domain travels as A-labels, so that only a part before the `@` in another script asks the relay for SMTPUTF8.
fn address(email: &EmailAddress) -> Result<Address, AddressError> {
    let local = email.as_str().split_once('@').map_or("", |(local, _)| local);
    Address::new(local, email.domain().as_str())
}

/// The sender's address under the organization's name: `Fjord Labs via Hospes <no-reply@id.fjord.example>`.
fn named(sender: &Mailbox, organization: &str) -> Mailbox {
    let organization = untrusted::line(organization, DISPLAY_NAME_CHARS);
    let name = match &sender.name {
        Some(name) if !organization.is_empty() => format!("{organization} via {name}"),
        Some(name) => name.clone(),
        None => organization,
    };
    Mailbox::new(Some(name).filter(|name| !name.is_empty()), sender.email.clone())
}

fn inviter(invitation: &InvitationMail) -> Option<String> {
    let name = untrusted::line(invitation.inviter_name.as_deref()?, DISPLAY_NAME_CHARS);
    Some(name).filter(|name| !name.is_empty())
}

fn organization(content: &MailContent) -> &str {
    match content {
        MailContent::Invitation(mail) => &mail.organization,
        MailContent::Code(mail) => &mail.organization,
        MailContent::PasswordChanged(mail) => &mail.organization,
        MailContent::SetUp(mail) => &mail.organization,
    }
}
