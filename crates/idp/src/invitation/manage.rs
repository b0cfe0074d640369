//! What inviters do with invitations they made: look at them, withdraw them.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::ids::InvitationId;
use crate::model::invitation::{Invitation, InvitationState, Inviter};
use crate::model::tenant::Tenant;
use crate::ports::{Change, ChangeError, Page, PageRequest, Unavailable};

impl Idp {
    /// Invitations with the name of who invited: one's own for a person, all for everybody else.
    pub async fn invitations_of(
        &self,
        tenant: &Tenant,
        inviter: &Inviter,
        page: PageRequest,
    ) -> Result<Page<(Invitation, String)>, Unavailable> {
        let page = self.directory.list_invitations(tenant.id, None, page).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for invitation in page.items {
            if matches!(inviter, Inviter::User(_)) && invitation.inviter != *inviter {
                continue;
            }
            let name = match &invitation.inviter {
                Inviter::User(id) => {
                    self.directory.user(tenant.id, *id).await?.map(|user| user.email.to_string())
                }
                Inviter::Client(client) => Some(client.to_string()),
                Inviter::Operator => None,
            };
            items.push((invitation, name.unwrap_or_else(|| "operator".to_owned())));
        }
        Ok(Page { items, next: page.next })
    }

    /// Withdraws an invitation that waits. Withdrawing it twice is fine; one that was redeemed is [`ChangeError::Stale`].
    pub async fn revoke_invitation(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        inviter: &Inviter,
        id: InvitationId,
    ) -> Result<(), ChangeError> {
        let invitation = self.directory.invitation(tenant.id, id).await?.ok_or(ChangeError::NotFound)?;
        if invitation.state == InvitationState::Revoked {
            return Ok(());
        }
        let event =
            AuditEvent::new(ctx, tenant.id, AuditKind::InvitationRevoked, Actor::from(inviter)).target(id);
        self.apply(Change::RevokeInvitation(tenant.id, id, ctx.now), event).await
    }
}
