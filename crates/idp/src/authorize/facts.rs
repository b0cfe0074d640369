//! Gathering what [`next_step`](super::next_step) decides on: reads only, from the directory and the session store.

use super::accounts::{Selection, select};
use super::interaction::{Interaction, Purpose, Realm};
use super::next_step::invitation_closed;
use crate::Idp;
use crate::browser::Visit;
use crate::email::EmailAddress;
use crate::guest::resolve::{Matches, Resolution, resolve_home, resolve_mailbox};
use crate::ids::{HomeIdpId, UserId};
use crate::model::authentication::{Authentication, Method};
use crate::model::client::Client;
use crate::model::home_idp::HomeIdp;
use crate::model::identity::{EmailStanding, VerifiedIdentity};
use crate::model::invitation::Invitation;
use crate::model::session::Session;
use crate::model::user::{Consent, User};
use crate::ports::Unavailable;
use crate::refusal::Refusal;
use crate::subject::subject_at;
use hospes_protocol::names::Secret;
use jiff::Timestamp;

/// What is true now.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time of the request.
    pub now: Timestamp,
    /// The client, if the sign-in is for one.
    pub client: Option<Client>,
    /// Everybody who is signed in at this browser.
    pub accounts: Vec<SignedIn>,
    /// The one of them this sign-in goes on with.
    pub session: Option<SignedIn>,
    /// Those among whom the person has to choose first.
    pub choices: Vec<SignedIn>,
    /// The home IdP in play: chosen, or arrived from.
    pub home_idp: Option<HomeIdp>,
    /// The invitation in play and the person it is for.
    pub invitation: Option<(Invitation, User)>,
    /// Who the person proved to be, if they proved anything.
    pub resolution: Option<Resolution>,
    /// What the client calls the person in question.
    pub subject: Option<String>,
    /// What the person agreed to before.
    pub consent: Option<Consent>,
}

/// A browser session that is not over, with what a decision on it needs.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What the browser calls the session.
    pub cookie: Secret,
    /// The session.
    pub session: Session,
    /// Its person.
    pub user: User,
    /// The home IdP it came through, as configured now.
    pub home_idp: Option<HomeIdp>,
}

impl Idp {
    /// Reads everything the next decision needs.
    pub(crate) async fn facts(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
    ) -> Result<Facts, Unavailable> {
        let tenant = visit.tenant.id;
        let client = match interaction.wish() {
            Some((client_id, _)) => self.directory.client(tenant, client_id).await?,
            None => None,
        };
        let invitation = match &interaction.purpose {
            Purpose::Redeem(id) => self.invitation_and_guest(visit, *id).await?,
            Purpose::Authorize(_) | Purpose::Device(_) | Purpose::Visit(_) => None,
        };
        let accounts = self.accounts(visit).await?;
        let home_idp = match home_in_play(interaction) {
            Some(id) => self.directory.home_idp(tenant, id).await?,
            None => None,
        };
        let invited = invitation.as_ref().map(|(_, user)| user.clone());
        let subject_of = |person| client.as_ref().map(|client| subject_at(&self.vault, client, person));
        let whom = invited.as_ref().map(|user| user.id);
        let (session, choices) = match select(interaction, &accounts, (whom, subject_of)) {
            Selection::Nobody => (None, Vec::new()),
            Selection::Account(account) => (Some(*account), Vec::new()),
            Selection::Ask(choices) => (None, choices),
        };
        let resolution = self.resolution(visit, interaction, home_idp.as_ref(), invited).await?;
        let person = person(resolution.as_ref(), session.as_ref());
        let subject = person.and_then(subject_of);
        let consent = match (&client, person) {
            (Some(client), Some(user)) if client.consent == crate::model::client::ConsentRule::Ask => {
                self.directory.consent(tenant, user, &client.client_id).await?
            }
            _ => None,
        };
        let now = visit.ctx.now;
        Ok(Facts {
            now,
            client,
            accounts,
            session,
            choices,
            home_idp,
            invitation,
            resolution,
            subject,
            consent,
        })
    }

    /// Who is signed in at this browser, if anybody is: the account chosen last.
    pub async fn signed_in(&self, visit: &Visit<'_>) -> Result<Option<SignedIn>, Unavailable> {
        Ok(self.accounts(visit).await?.into_iter().next())
    }

    async fn resolution(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        home_idp: Option<&HomeIdp>,
        invited: Option<User>,
    ) -> Result<Option<Resolution>, Unavailable> {
        if let Some(identity) = &interaction.arrival {
            return self.resolve_arrival(visit, interaction, identity, (home_idp, invited)).await.map(Some);
        }
        if let Some(id) = interaction.password {
            // The account may be another since the password was typed: the redemption was reset.
            let account = self.directory.local_account(visit.tenant.id, id).await?;
            let proven_at = interaction.password_proven_at.unwrap_or(interaction.begun_at);
            let is_same = account.is_some_and(|account| account.created_at <= proven_at);
            let user = if is_same { self.directory.user(visit.tenant.id, id).await? } else { None };
            let authentication = Authentication { method: Method::Password, at: visit.ctx.now };
            return Ok(Some(user.map_or(Resolution::Refused(Refusal::NotInvited), |user| {
                Resolution::Known(Box::new(user), authentication)
            })));
        }
        let Some(mailbox) = &interaction.mailbox else {
            return Ok(None);
        };
        let matches = self.matches(visit, Some(mailbox), invited).await?;
        Ok(Some(resolve_mailbox(mailbox, matches, visit.ctx.now)))
    }

    async fn resolve_arrival(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        identity: &VerifiedIdentity,
        (home_idp, invited): (Option<&HomeIdp>, Option<User>),
    ) -> Result<Resolution, Unavailable> {
        let Some(home_idp) = home_idp else {
            return Ok(Resolution::Refused(Refusal::HomeIdpRemoved));
        };
        let standing = identity.email_standing(home_idp);
        let bound = self
            .directory
            .user_by_identity(visit.tenant.id, identity.home_idp, &identity.issuer, &identity.subject)
            .await?;
        if bound.is_some() {
            // Law 1: an address plays no part for somebody who is known.
            let matches = Matches { bound, invited, ..Matches::default() };
            return Ok(resolve_home(identity, &standing, None, matches, visit.ctx.now));
        }
        let proven = match &standing {
            EmailStanding::Proven(address) => Some(address),
            EmailStanding::Claimed(_) | EmailStanding::None => None,
        };
        let matches = self.matches(visit, proven, invited).await?;
        Ok(resolve_home(identity, &standing, interaction.mailbox.as_ref(), matches, visit.ctx.now))
    }

    async fn matches(
        &self,
        visit: &Visit<'_>,
        address: Option<&EmailAddress>,
        invited: Option<User>,
    ) -> Result<Matches, Unavailable> {
        let tenant = visit.tenant.id;
        let at_address = match (&invited, address) {
            (None, Some(address)) => self.directory.user_by_email(tenant, address).await?,
            _ => None,
        };
        let closed = match &at_address {
            Some(user) if user.is_pending() => self.no_open_invitation(visit, user.id).await?,
            _ => None,
        };
        let account = match invited.as_ref().or(at_address.as_ref()) {
            Some(user) => self.directory.local_account(tenant, user.id).await?,
            None => None,
        };
        Ok(Matches { bound: None, at_address, closed, account, invited })
    }

    /// Why a person who waits cannot come in: their invitation was withdrawn or is too old. `None`: one is open.
    async fn no_open_invitation(
        &self,
        visit: &Visit<'_>,
        user: UserId,
    ) -> Result<Option<Refusal>, Unavailable> {
        let pending = self.directory.pending_invitation(visit.tenant.id, user).await?;
        Ok(pending.map_or(Some(Refusal::InvitationRevoked), |pending| {
            invitation_closed(visit.tenant, &pending, visit.ctx.now)
        }))
    }
}

fn home_in_play(interaction: &Interaction) -> Option<HomeIdpId> {
    let arrived = interaction.arrival.as_ref().map(|identity| identity.home_idp);
    arrived.or(match interaction.realm {
        Some(Realm::Home(id)) => Some(id),
        Some(Realm::Local) | None => None,
    })
}

fn person(resolution: Option<&Resolution>, session: Option<&SignedIn>) -> Option<UserId> {
    match resolution {
        Some(Resolution::Known(user, _)) => Some(user.id),
        Some(_) => None,
        None => session.map(|signed_in| signed_in.user.id),
    }
}
