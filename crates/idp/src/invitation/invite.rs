//! Making an invitation: who may, to whom, leading where. The guest object exists from this moment.

use crate::Idp;
use crate::ctx::Ctx;
use crate::email::{Domain, EmailAddress, EmailError};
use crate::ids::UserId;
use crate::model::invitation::{Invitation, Inviter};
use crate::model::tenant::{AllowInvitesFrom, Status, Tenant};
use crate::model::user::{ExternalUserState, MAX_SPONSORS, Profile, Role, User};
use crate::ports::directory::Invitee;
use crate::ports::{ChangeError, Unavailable};
use hospes_protocol::claims::UserType;
use std::time::Duration;

/// The longest custom message, in characters.
pub const MAX_MESSAGE: usize = 1000;
/// The longest display name, in characters.
const MAX_NAME: usize = 256;

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
    /// The tenant takes no guests from there.
    #[error("the organization takes no guests from {0}")]
    Domain(Domain),
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
    /// The guest was deleted and can be restored.
    #[error("the guest was deleted; restore them instead of inviting anew")]
    IsDeleted(UserId),
    /// The address is another person's.
    #[error("the address belongs to somebody else in this tenant")]
    IsTaken(UserId),
    /// A client may not hand somebody's roles to another account.
    #[error("a person with directory roles is reset by an administrator who signed in")]
    HasRoles(UserId),
    /// Nobody else could administer meanwhile.
    #[error("the tenant needs another administrator first")]
    LastAdministrator,
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
pub(crate) struct Checked {
    pub(crate) email: EmailAddress,
    pub(super) cc: Option<EmailAddress>,
    pub(super) message: Option<String>,
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
        let checked = self.check_invite((tenant, &inviter), &request).await?;
        self.count_invite(ctx, tenant, &inviter, &checked.email).await?;
        let existing = self.directory.user_by_email(tenant.id, &checked.email).await?;
        let (user, fate) = match existing {
            Some(user) => (invitable(user)?, Invitee::Known),
            None => (guest(ctx, tenant, &inviter, &request, &checked.email), Invitee::New),
        };
        self.issue((ctx, tenant), inviter, (&request, checked), (user, fate)).await
    }

    pub(crate) async fn check_invite(
        &self,
        (tenant, inviter): (&Tenant, &Inviter),
        request: &InviteRequest,
    ) -> Result<Checked, InviteError> {
        if tenant.settings.allow_invites_from == AllowInvitesFrom::None && *inviter != Inviter::Operator {
            return Err(InviteError::NotAllowed);
        }
        let email = EmailAddress::parse(&request.email).map_err(InviteError::Email)?;
        if !tenant.settings.options.invitations.domains.welcome(&email.domain()) {
            return Err(InviteError::Domain(email.domain()));
        }
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

    pub(crate) async fn count_invite(
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
        let limits = &tenant.settings.options.invitations.limits;
        let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
        // In this order: what is refused for one inviter takes nothing from the others.
        for (what, whose, period, limit) in [
            ("invites-by", who.as_str(), hour, limits.by_inviter_per_hour),
            ("invites-to", to.key(), day, limits.to_address_per_day),
            ("invites-of-tenant", "", day, limits.of_tenant_per_day),
        ] {
            if self.count(&visit, what, whose, period).await? > u64::from(limit) {
                return Err(InviteError::TooMany);
            }
        }
        Ok(())
    }
}

pub(crate) fn invitable(user: User) -> Result<User, InviteError> {
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
        deleted_at: None,
        version: 0,
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
