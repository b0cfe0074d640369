//! Resetting a redemption: the person stays who they are here, with groups, roles and history, and redeems anew, with
//! another account at home or from another address.

use super::Admin;
use super::people::administers;
use crate::endings::Whose;
use crate::ids::UserId;
use crate::invitation::invite::{InviteError, InviteRequest, Invited, invitable};
use crate::model::invitation::Inviter;
use crate::model::user::{ExternalUserState, User};
use crate::ports::ChangeError;
use crate::ports::directory::Invitee;

impl Admin<'_> {
    /// Takes a guest's identities and lightweight account away, ends their sessions and tokens, and invites them to redeem
    /// anew, at the address of the request.
    pub async fn reset_redemption(
        &self,
        inviter: Inviter,
        id: UserId,
        request: InviteRequest,
    ) -> Result<Invited, InviteError> {
        let directory = &self.idp.directory;
        let user = invitable(directory.user(self.tenant.id, id).await?.ok_or(ChangeError::NotFound)?)?;
        if !user.roles.is_empty() && matches!(inviter, Inviter::Client(_)) {
            return Err(InviteError::HasRoles(id));
        }
        if administers(&user) {
            self.check_another_administrator(id).await.map_err(|_| InviteError::LastAdministrator)?;
        }
        let checked = self.idp.check_invite((self.tenant, &inviter), &request).await?;
        let holder = directory.user_by_email(self.tenant.id, &checked.email).await?;
        if let Some(other) = holder.filter(|holder| holder.id != id) {
            return Err(InviteError::IsTaken(other.id));
        }
        self.idp.count_invite(self.ctx, self.tenant, &inviter, &checked.email).await?;
        let user = User {
            external_user_state: Some(ExternalUserState::PendingAcceptance),
            external_user_state_changed_at: Some(self.ctx.now),
            email: checked.email.clone(),
            email_verified: false,
            ..user
        };
        let at = (self.ctx, self.tenant);
        let made = self.idp.issue(at, inviter, (&request, checked), (user, Invitee::Reset)).await?;
        let by = (self.actor.clone(), "redemptionReset");
        self.idp.end_sessions((self.ctx, self.tenant.id), Whose::User(id), by).await?;
        Ok(made)
    }
}
