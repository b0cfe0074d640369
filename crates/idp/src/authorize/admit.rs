//! Admitting a guest: identity or lightweight account, state and invitation change at once, after everything was decided.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::flow::Open;
use crate::authorize::interaction::{Interaction, PasswordChoice, Purpose};
use crate::browser::Visit;
use crate::endings::Whose;
use crate::error::PageError;
use crate::model::authentication::Authentication;
use crate::model::identity::VerifiedIdentity;
use crate::model::user::{ExternalUserState, FederatedIdentity, LocalAccount, User};
use crate::ports::Change;
use crate::ports::directory::{Admission, Binding};
use crate::refusal::Refusal;

impl Idp {
    /// Makes it so. Whoever comes second finds the guest changed and is told (INV-19).
    pub(crate) async fn admit(
        &self,
        visit: &Visit<'_>,
        open: &mut Open,
        guest: User,
        authentication: &Authentication,
    ) -> Result<(), PageError> {
        let interaction = &open.stored.interaction;
        let binding = binding(visit, interaction, &guest);
        let via = match &binding {
            Binding::Federated(identity) => identity.issuer.to_string(),
            Binding::Local(_) => self.issuer(visit.tenant).to_string(),
        };
        let invitation = match &interaction.purpose {
            Purpose::Redeem(id) => *id,
            // Who comes without the link uses up the invitation that waits for them all the same.
            Purpose::Authorize(_) | Purpose::Device(_) | Purpose::Visit(_) => {
                let waiting = self.directory.pending_invitation(visit.tenant.id, guest.id).await?;
                waiting.ok_or(Refusal::InvitationRevoked)?.id
            }
        };
        // Nobody pending has any: what is there belonged to whoever redeemed before a reset.
        let by = (Actor::System, "redeemedAnew");
        self.end_sessions((visit.ctx, visit.tenant.id), Whose::User(guest.id), by).await?;
        let user = accepted(visit, guest, interaction.arrival.as_ref());
        let event = AuditEvent::new(
            visit.ctx,
            visit.tenant.id,
            AuditKind::RedemptionCompleted,
            Actor::User(user.id.to_string()),
        )
        .target(user.id)
        .detail("idp", via)
        .detail("acr", authentication.acr());
        let admission = Admission { user, binding, invitation: Some(invitation) };
        Ok(self.apply(Change::Admit(Box::new(admission)), event).await?)
    }
}

fn binding(visit: &Visit<'_>, interaction: &Interaction, guest: &User) -> Binding {
    if let Some(identity) = &interaction.arrival {
        Binding::Federated(FederatedIdentity {
            tenant: visit.tenant.id,
            home_idp: identity.home_idp,
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            user: guest.id,
            linked_at: visit.ctx.now,
        })
    } else {
        let password = match &interaction.password_choice {
            Some(PasswordChoice::Chosen(hash)) => Some(hash.clone()),
            Some(PasswordChoice::CodesOnly) | None => None,
        };
        Binding::Local(LocalAccount {
            tenant: visit.tenant.id,
            user: guest.id,
            password_changed_at: password.is_some().then_some(visit.ctx.now),
            password,
            created_at: visit.ctx.now,
        })
    }
}

/// The mailbox was proven, or nobody would be here.
fn accepted(visit: &Visit<'_>, guest: User, identity: Option<&VerifiedIdentity>) -> User {
    let home = identity.map(|identity| identity.profile.clone()).unwrap_or_default();
    User {
        external_user_state: Some(ExternalUserState::Accepted),
        external_user_state_changed_at: Some(visit.ctx.now),
        email_verified: true,
        ..guest.named_by(home)
    }
}
