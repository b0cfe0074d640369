//! Invitations as administrators see them: all of a tenant's, whoever made them.

use super::{Admin, AdminError};
use crate::ids::InvitationId;
use crate::invitation::invite::{InviteError, InviteRequest, Invited};
use crate::invitation::record::{Invitation, InvitationState, Inviter};
use crate::ports::{ChangeError, Page, PageRequest};

impl Admin<'_> {
    /// Invitations, newest first.
    pub async fn invitations(
        &self,
        state: Option<InvitationState>,
        page: PageRequest,
    ) -> Result<Page<Invitation>, AdminError> {
        Ok(self.idp.directory.list_invitations(self.tenant.id, state, page).await?)
    }

    /// One invitation.
    pub async fn invitation(&self, id: InvitationId) -> Result<Invitation, AdminError> {
        self.idp.directory.invitation(self.tenant.id, id).await?.ok_or(AdminError::NotFound)
    }

    /// Withdraws an invitation and returns it as it is then. One that was redeemed or replaced is [`AdminError::Stale`].
    pub async fn revoke_invitation(
        &self,
        inviter: &Inviter,
        id: InvitationId,
    ) -> Result<Invitation, AdminError> {
        self.idp.revoke_invitation(self.ctx, self.tenant, inviter, id).await?;
        self.invitation(id).await
    }

    /// Mails a new link to the same guest, for the same destination; the old link is dead. Only a pending invitation,
    /// expired or not, can be sent again: another is [`ChangeError::Stale`].
    pub async fn resend_invitation(
        &self,
        inviter: Inviter,
        id: InvitationId,
    ) -> Result<Invited, InviteError> {
        let before = self.idp.directory.invitation(self.tenant.id, id).await?.ok_or(ChangeError::NotFound)?;
        if before.state != InvitationState::Pending {
            return Err(ChangeError::Stale.into());
        }
        let request = InviteRequest {
            email: before.email.to_string(),
            redirect_url: before.redirect_url,
            display_name: None,
            send_mail: true,
            message: before.message,
            language: before.language,
            cc: before.cc.map(|cc| cc.to_string()),
            sponsors: Vec::new(),
        };
        self.idp.invite(self.ctx, self.tenant, inviter, request).await
    }
}
