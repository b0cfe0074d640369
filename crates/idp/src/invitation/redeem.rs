//! Redeeming: opening the link changes nothing, however often scanners do it; a person's click begins an interaction in
//! their browser; the rest is an ordinary sign-in with a proof of the mailbox.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::flow::Open;
use crate::authorize::interaction::{Interaction, Purpose, Realm};
use crate::authorize::next_step::invitation_closed;
use crate::authorize::outcome::{Outcome, Reply};
use crate::browser::Visit;
use crate::error::PageError;
use crate::ids::InvitationId;
use crate::model::invitation::{Invitation, InvitationState, Inviter};
use crate::model::user::User;
use crate::ports::Unavailable;
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use crate::vault::SecretHash;
use jiff::Timestamp;
use std::time::Duration;
use url::Url;

/// Links that lead nowhere, tried from one network within ten minutes.
const MISSES: u64 = 20;

/// What an opened link shows before anybody proved anything.
#[derive(Clone, Debug)]
pub struct OpenedInvitation {
    /// The invited address, masked.
    pub masked_email: String,
    /// Who invites, if a person.
    pub inviter_name: Option<String>,
    /// Name and host of the destination.
    pub destination: String,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether it was redeemed: the link is a way back now.
    pub completed: bool,
}

impl Idp {
    /// What a link leads to. Reads only (law 2).
    pub async fn open_invitation(
        &self,
        visit: &Visit<'_>,
        ticket: &str,
    ) -> Result<OpenedInvitation, PageError> {
        let invitation = self.invitation_of(visit, ticket).await?;
        let inviter = match &invitation.inviter {
            Inviter::User(id) => self.directory.user(visit.tenant.id, *id).await?,
            Inviter::Client(_) | Inviter::Operator => None,
        };
        let destination = self.destination_name(visit.tenant, &invitation.redirect_url).await?;
        Ok(OpenedInvitation {
            masked_email: invitation.email.masked(),
            inviter_name: inviter.and_then(|inviter| inviter.profile.display_name),
            destination,
            expires_at: invitation.expires_at,
            completed: invitation.state == InvitationState::Completed,
        })
    }

    /// The person clicked: the redemption begins in this browser.
    pub async fn begin_redemption(&self, visit: &Visit<'_>, ticket: &str) -> Result<Reply, PageError> {
        let invitation = self.invitation_of(visit, ticket).await?;
        let binding = visit.browser.binding.clone().unwrap_or_else(|| visit.ctx.token());
        let purpose = Purpose::Redeem(invitation.id);
        let mut interaction = Interaction::begin(visit.ctx, visit.tenant.id, &binding, purpose);
        interaction.realm = self.invited_realm(visit, &interaction).await?;
        interaction.identifier = Some(invitation.email);
        let mut reply = self.advance(visit, Open::fresh(interaction, false)).await?;
        if visit.browser.binding.is_none() {
            reply.binding = Some(binding);
        }
        Ok(reply)
    }

    async fn invitation_of(&self, visit: &Visit<'_>, ticket: &str) -> Result<Invitation, PageError> {
        let found = self.directory.invitation_by_secret(visit.tenant.id, &SecretHash::of(ticket)).await?;
        let refusal = match &found {
            Some(invitation) => invitation_closed(visit.tenant, invitation, visit.ctx.now),
            None => Some(self.missed_ticket(visit).await?),
        };
        match (found, refusal) {
            (Some(invitation), None) => Ok(invitation),
            (found, refusal) => {
                let refusal = refusal.unwrap_or(Refusal::InvitationUnknown);
                self.record_refused_ticket(visit, found.map(|invitation| invitation.id), refusal).await;
                Err(refusal.into())
            }
        }
    }

    /// Guessing is counted by network.
    async fn missed_ticket(&self, visit: &Visit<'_>) -> Result<Refusal, Unavailable> {
        let network = visit.ctx.request.network();
        let misses = self.count(visit, "tickets", &network, Duration::from_mins(10)).await?;
        Ok(if misses > MISSES { Refusal::TooMany } else { Refusal::InvitationUnknown })
    }

    /// Law 11: the reference number on the page finds this.
    async fn record_refused_ticket(&self, visit: &Visit<'_>, id: Option<InvitationId>, refusal: Refusal) {
        let (kind, actor) = (AuditKind::RedemptionRejected, Actor::Anonymous);
        let mut event = AuditEvent::new(visit.ctx, visit.tenant.id, kind, actor).reason(refusal);
        event.target = id.map(|id| id.to_string());
        self.audit.record(event).await;
    }

    /// Where the invited address signs in, for a redemption; nothing for other purposes.
    pub(crate) async fn invited_realm(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
    ) -> Result<Option<Realm>, Unavailable> {
        let Purpose::Redeem(id) = &interaction.purpose else {
            return Ok(None);
        };
        match self.directory.invitation(visit.tenant.id, *id).await? {
            Some(invitation) => self.realm_of(visit, &invitation.email).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn invitation_and_guest(
        &self,
        visit: &Visit<'_>,
        id: InvitationId,
    ) -> Result<Option<(Invitation, User)>, Unavailable> {
        let Some(invitation) = self.directory.invitation(visit.tenant.id, id).await? else {
            return Ok(None);
        };
        let user = self.directory.user(visit.tenant.id, invitation.user).await?;
        Ok(user.map(|user| (invitation, user)))
    }

    /// How people are told where an invitation leads: by a name they may know, and by the host, which cannot be made up.
    pub(crate) async fn destination_name(&self, tenant: &Tenant, url: &str) -> Result<String, Unavailable> {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let mut named = self.destinations(tenant).await?.into_iter();
        let name = named.find(|(destination, name)| destination == url && name != url);
        Ok(name.map_or(host.clone(), |(_, name)| format!("{name} ({host})")))
    }

    /// Where a redeemed invitation leads, checked again at use.
    pub(crate) async fn landing(&self, visit: &Visit<'_>, id: InvitationId) -> Result<Outcome, PageError> {
        let invitation =
            self.directory.invitation(visit.tenant.id, id).await?.ok_or(Refusal::InvitationUnknown)?;
        let way = self.way_to(visit.tenant, &invitation.redirect_url).await?;
        way.map(Outcome::Leave).ok_or_else(|| Refusal::Destination.into())
    }
}
