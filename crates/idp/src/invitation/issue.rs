//! Putting an invitation into the world: the guest object, the link, its mail, in one change.

use super::invite::{Checked, InviteError, InviteRequest, Invited};
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::email::EmailAddress;
use crate::ids::InvitationId;
use crate::mail::{InvitationMail, MailContent};
use crate::model::invitation::{Invitation, InvitationState, Inviter};
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::ports::directory::Invitee;
use crate::ports::{Change, ChangeError, PageRequest, Unavailable, UserQuery};
use crate::vault::SecretHash;
use jiff::SignedDuration;

impl Idp {
    /// Invites somebody who may be invited.
    pub(crate) async fn issue(
        &self,
        (ctx, tenant): (&Ctx, &Tenant),
        inviter: Inviter,
        (request, checked): (&InviteRequest, Checked),
        (user, fate): (User, Invitee),
    ) -> Result<Invited, InviteError> {
        let secret = ctx.token();
        let invitation = invitation(ctx, tenant, (&user, &inviter), (request, &checked, &secret));
        let link = self.redeem_url(tenant, &secret);
        let mail = if request.send_mail {
            Some(self.invitation_mail(ctx, tenant, (&invitation, &user, &checked), &link).await?)
        } else {
            None
        };
        let mail_queued = mail.is_some();
        let kind = match fate {
            Invitee::New | Invitee::Known => AuditKind::InvitationCreated,
            Invitee::Reset => AuditKind::RedemptionReset,
        };
        let event = AuditEvent::new(ctx, tenant.id, kind, Actor::from(&inviter))
            .target(user.id)
            .detail("invitation", invitation.id.to_string())
            .detail("mail", mail_queued)
            .detail("to", checked.email.masked());
        let change =
            Change::Invite { user: user.clone(), invitee: fate, invitation: invitation.clone(), mail };
        match self.apply(change, event).await {
            Err(ChangeError::Conflict("email")) => return Err(self.taken(tenant, &checked.email).await?),
            applied => applied?,
        }
        let redeem_url = self.disclose(ctx, tenant, (&inviter, &invitation), link).await;
        Ok(Invited { invitation, user, redeem_url, mail_queued })
    }

    /// Why an address is taken although nobody has it: by somebody who was deleted, or invited at this moment.
    async fn taken(&self, tenant: &Tenant, email: &EmailAddress) -> Result<InviteError, Unavailable> {
        let (query, page) = (UserQuery::with_email(email).deleted(), PageRequest { after: None, size: 1 });
        let holder = self.directory.list_users(tenant.id, &query, page).await?.items.pop();
        let otherwise = || ChangeError::Conflict("email").into();
        Ok(holder.map_or_else(otherwise, |user| InviteError::IsDeleted(user.id)))
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
