//! Making an invitation: who may, to whom, leading where. The guest object exists from this moment.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::email::{EmailAddress, EmailError};
use crate::ids::{InvitationId, UserId};
use crate::mail::{InvitationMail, MailContent};
use crate::model::invitation::{Invitation, InvitationState, Inviter};
use crate::model::tenant::{AllowInvitesFrom, Status, Tenant};
use crate::model::user::{ExternalUserState, Profile, Role, User};
use crate::ports::{Change, ChangeError, Unavailable};
use crate::vault::SecretHash;
use hospes_protocol::claims::UserType;
use jiff::SignedDuration;
use std::time::Duration;

/// The longest custom message, in characters.
pub const MAX_MESSAGE: usize = 1000;
/// The longest display name, in characters.
const MAX_NAME: usize = 256;
/// Sponsors of one guest, as in the model product.
const MAX_SPONSORS: usize = 5;
/// Invitations to one address within a day.
const PER_RECIPIENT: u64 = 3;
/// Invitations by one inviter within an hour.
const PER_INVITER: u64 = 1000;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct InviteRequest {
    /// To whom, as typed.
    pub email: String,
    /// Where the guest lands.
    pub redirect_url: String,
    /// How the guest is called.
    pub display_name: Option<String>,
    /// Whether Hospes sends the mail.
    pub send_mail: bool,
    /// Plain text for the mail.
    pub message: Option<String>,
    /// Language of the mail.
    pub language: Option<String>,
    /// One copy.
    pub cc: Option<String>,
    /// Who is responsible; the inviter when empty.
    pub sponsors: Vec<UserId>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// The guest object.
    pub user: User,
    /// The link, only where the tenant's policy gives it to inviters.
    pub redeem_url: Option<String>,
    /// Whether a mail was queued.
    pub mail_queued: bool,
}

/// Why no invitation was made. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The caller may not invite.
    #[error("the caller may not invite guests into this tenant")]
    NotAllowed,
    /// The address.
    #[error("invitedUserEmailAddress {0}")]
    Email(EmailError),
    /// The copy's address.
    #[error("ccRecipients {0}")]
    Cc(EmailError),
    /// Where it leads.
    #[error(
        "inviteRedirectUrl must be the start page of a registered application or a landing page of the tenant"
    )]
    Destination,
    /// Unknown here, disabled, or too many.
    #[error("invitedUserSponsors must name at most 5 people of this tenant who are not disabled")]
    Sponsor,
    /// Too long, or with control characters.
    #[error("{0} is too long or has characters that are not allowed")]
    Text(&'static str),
    /// The address belongs to a member.
    #[error("the address belongs to a member of this tenant")]
    IsMember(UserId),
    /// The guest is blocked.
    #[error("the guest exists and is disabled")]
    IsDisabled(UserId),
    /// Too many.
    #[error("too many invitations, try again later")]
    TooMany,
    /// A store is away, or somebody invited the same address at this moment.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl From<Unavailable> for InviteError {
    fn from(cause: Unavailable) -> Self {
        Self::Change(cause.into())
    }
}

/// Who may invite. Pure.
pub fn may_invite(tenant: &Tenant, user: &User) -> bool {
    let has_role = user.has_role(Role::Administrator) || user.has_role(Role::GuestInviter);
    user.status.is_enabled()
        && !user.is_pending()
        && match tenant.settings.allow_invites_from {
            AllowInvitesFrom::None => false,
            AllowInvitesFrom::AdminsAndGuestInviters => has_role,
            AllowInvitesFrom::AdminsGuestInvitersAndAllMembers => {
                has_role || user.user_type == UserType::Member
            }
            AllowInvitesFrom::Everyone => true,
        }
}

/// A checked request.
struct Checked {
    email: EmailAddress,
    cc: Option<EmailAddress>,
    message: Option<String>,
}

impl Idp {
    /// Invites somebody. The inviter was authenticated before and, if a person, passed [`may_invite`].
    pub async fn invite(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        inviter: Inviter,
        request: InviteRequest,
    ) -> Result<Invited, InviteError> {
        if tenant.settings.allow_invites_from == AllowInvitesFrom::None && inviter != Inviter::Operator {
            return Err(InviteError::NotAllowed);
        }
        let checked = self.check_invite(tenant, &request).await?;
        self.count_invite(ctx, tenant, &inviter, &checked.email).await?;
        let existing = self.directory.user_by_email(tenant.id, &checked.email).await?;
        let is_new = existing.is_none();
        let user = match existing {
            Some(user) => invitable(user)?,
            None => guest(ctx, tenant, &inviter, &request, &checked.email),
        };
        let secret = ctx.token();
        let invitation = invitation(ctx, tenant, (&user, &inviter), (&request, &checked, &secret));
        let link = self.redeem_url(tenant, &secret);
        let mail = if request.send_mail {
            Some(self.invitation_mail(ctx, tenant, (&invitation, &user, &checked), &link).await?)
        } else {
            None
        };
        let mail_queued = mail.is_some();
        let event = AuditEvent::new(ctx, tenant.id, AuditKind::InvitationCreated, Actor::from(&inviter))
            .target(user.id)
            .detail("invitation", invitation.id.to_string())
            .detail("mail", mail_queued);
        let change = Change::Invite { user: user.clone(), is_new, invitation: invitation.clone(), mail };
        self.apply(change, event).await?;
        let redeem_url = self.disclose(ctx, tenant, (&inviter, &invitation), link).await;
        Ok(Invited { invitation, user, redeem_url, mail_queued })
    }

    async fn check_invite(&self, tenant: &Tenant, request: &InviteRequest) -> Result<Checked, InviteError> {
        let email = EmailAddress::parse(&request.email).map_err(InviteError::Email)?;
        let cc = request.cc.as_deref().map(EmailAddress::parse).transpose().map_err(InviteError::Cc)?;
        if request.display_name.as_ref().is_some_and(|name| !is_plain_line(name, MAX_NAME)) {
            return Err(InviteError::Text("invitedUserDisplayName"));
        }
        let message = request.message.as_ref().map(|text| text.replace("\r\n", "\n"));
        if message.as_ref().is_some_and(|text| !is_plain_text(text, MAX_MESSAGE)) {
            return Err(InviteError::Text("customizedMessageBody"));
        }
        if !self.is_destination(tenant, &request.redirect_url).await? {
            return Err(InviteError::Destination);
        }
        if request.sponsors.len() > MAX_SPONSORS {
            return Err(InviteError::Sponsor);
        }
        for sponsor in &request.sponsors {
            let found = self.directory.user(tenant.id, *sponsor).await?;
            found.filter(|user| user.status.is_enabled()).ok_or(InviteError::Sponsor)?;
        }
        Ok(Checked { email, cc, message: message.filter(|text| !text.trim().is_empty()) })
    }

    async fn count_invite(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        inviter: &Inviter,
        to: &EmailAddress,
    ) -> Result<(), InviteError> {
        let who = match inviter {
            Inviter::User(user) => user.to_string(),
            Inviter::Client(client) => client.to_string(),
            Inviter::Operator => return Ok(()),
        };
        let browser = crate::browser::Browser::default();
        let visit = crate::browser::Visit { ctx, tenant, browser: &browser };
        let by_inviter = self.count(&visit, "invites-by", &who, Duration::from_hours(1)).await?;
        let to_recipient = self.count(&visit, "invites-to", to.key(), Duration::from_hours(24)).await?;
        if by_inviter > PER_INVITER || to_recipient > PER_RECIPIENT {
            Err(InviteError::TooMany)
        } else {
            Ok(())
        }
    }

    async fn invitation_mail(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        (invitation, user, checked): (&Invitation, &User, &Checked),
        link: &str,
    ) -> Result<crate::mail::OutboxMail, InviteError> {
        let inviter = match &invitation.inviter {
            Inviter::User(id) => self.directory.user(tenant.id, *id).await?,
            Inviter::Client(_) | Inviter::Operator => None,
        };
        let content = MailContent::Invitation(InvitationMail {
            organization: tenant.display_name.clone(),
            inviter_name: inviter.as_ref().and_then(|inviter| inviter.profile.display_name.clone()),
            reply_to: inviter.map(|inviter| inviter.email),
            cc: checked.cc.clone(),
            guest_name: user.profile.display_name.clone(),
            message: checked.message.clone(),
            link: link.to_owned(),
            expires_at: invitation.expires_at,
            destination: self.destination_name(tenant, &invitation.redirect_url).await?,
            privacy_statement_url: tenant.settings.privacy_statement_url.clone(),
        });
        let mut mail = self.outbox_mail(ctx, tenant, &invitation.email, (&content, invitation.expires_at));
        mail.language.clone_from(&invitation.language);
        Ok(mail)
    }

    fn redeem_url(&self, tenant: &Tenant, secret: &str) -> String {
        self.issuer(tenant).join(&format!("/redeem?ticket={secret}"))
    }

    /// Whoever holds the link could pretend to be invited, so it is only shown where the tenant wants that, and recorded.
    async fn disclose(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        (inviter, invitation): (&Inviter, &Invitation),
        link: String,
    ) -> Option<String> {
        if !tenant.settings.return_redeem_url && *inviter != Inviter::Operator {
            return None;
        }
        let event = AuditEvent::new(ctx, tenant.id, AuditKind::InvitationUrlDisclosed, Actor::from(inviter));
        self.audit.record(event.target(invitation.id)).await;
        Some(link)
    }
}

fn invitable(user: User) -> Result<User, InviteError> {
    match (user.user_type, user.status) {
        (UserType::Member, _) => Err(InviteError::IsMember(user.id)),
        (UserType::Guest, Status::Disabled) => Err(InviteError::IsDisabled(user.id)),
        (UserType::Guest, Status::Enabled) => Ok(user),
    }
}

fn guest(
    ctx: &Ctx,
    tenant: &Tenant,
    inviter: &Inviter,
    request: &InviteRequest,
    email: &EmailAddress,
) -> User {
    let invited_by = match inviter {
        Inviter::User(user) => Some(*user),
        Inviter::Client(_) | Inviter::Operator => None,
    };
    let sponsors =
        if request.sponsors.is_empty() { invited_by.into_iter().collect() } else { request.sponsors.clone() };
    User {
        id: UserId::generate(ctx),
        tenant: tenant.id,
        user_type: UserType::Guest,
        external_user_state: Some(ExternalUserState::PendingAcceptance),
        external_user_state_changed_at: Some(ctx.now),
        email: email.clone(),
        email_verified: false,
        profile: Profile {
            display_name: request.display_name.clone(),
            preferred_language: request.language.clone(),
            ..Profile::default()
        },
        roles: Vec::new(),
        status: Status::Enabled,
        sponsors,
        invited_by,
        created_at: ctx.now,
        version: 0,
    }
}

/// For somebody who has redeemed already, the link is a way back from the start.
fn invitation(
    ctx: &Ctx,
    tenant: &Tenant,
    (user, inviter): (&User, &Inviter),
    (request, checked, secret): (&InviteRequest, &Checked, &str),
) -> Invitation {
    let state = if user.is_pending() { InvitationState::Pending } else { InvitationState::Completed };
    Invitation {
        id: InvitationId::generate(ctx),
        tenant: tenant.id,
        user: user.id,
        email: checked.email.clone(),
        secret: SecretHash::of(secret),
        redirect_url: request.redirect_url.clone(),
        inviter: inviter.clone(),
        message: checked.message.clone(),
        language: request.language.clone(),
        cc: checked.cc.clone(),
        state,
        created_at: ctx.now,
        expires_at: ctx
            .after(tenant.settings.invitation_lifetime)
            .max(ctx.now + SignedDuration::from_mins(1)),
        closed_at: None,
    }
}

/// Bidirectional overrides and their kin make text look like what it is not.
fn deceptive(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

fn is_plain_line(text: &str, limit: usize) -> bool {
    text.chars().count() <= limit && !text.chars().any(|c| c.is_control() || deceptive(c))
}

fn is_plain_text(text: &str, limit: usize) -> bool {
    text.chars().count() <= limit
        && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t' || deceptive(c))
}
