//! The sessions of a person, for themselves and for administrators: where they are signed in, and ending that.

use crate::Idp;
use crate::admin::{Admin, AdminError};
use crate::audit::Actor;
use crate::authorize::facts::SignedIn;
use crate::browser::Visit;
use crate::endings::{Ended, Whose};
use crate::ids::{TenantId, UserId};
use crate::model::session::SessionWithClients;
use crate::ports::Unavailable;
use hospes_protocol::ClientId;
use jiff::Timestamp;

impl Idp {
    /// Where the person is signed in, the latest used first.
    pub async fn own_sessions(
        &self,
        visit: &Visit<'_>,
        person: &SignedIn,
    ) -> Result<Vec<SessionWithClients>, Unavailable> {
        self.sessions_of((visit.tenant.id, visit.ctx.now), person.user.id).await
    }

    /// Ends one session of the person at this browser. `false`: they have no such session (SES-10).
    pub async fn end_own_session(
        &self,
        visit: &Visit<'_>,
        person: &SignedIn,
        id: &str,
    ) -> Result<bool, Unavailable> {
        let sessions = self.own_sessions(visit, person).await?;
        if !sessions.iter().any(|one| one.session.id == id) {
            return Ok(false);
        }
        let by = (Actor::User(person.user.id.to_string()), "endedByPerson");
        self.end_sessions((visit.ctx, visit.tenant.id), Whose::Session(id), by).await?;
        Ok(true)
    }

    /// Ends all sessions of the person but the one at this browser.
    pub async fn end_other_sessions(&self, visit: &Visit<'_>, person: &SignedIn) -> Result<(), Unavailable> {
        let of_person = Whose::User(person.user.id).key(visit.tenant.id);
        let found = Ended::of(self.sessions.find_all(&of_person).await?);
        // Those that idled out too: what was granted in them may live on.
        for (other, _) in found.names() {
            if other != person.session.id {
                let by = (Actor::User(person.user.id.to_string()), "endedByPerson");
                self.end_sessions((visit.ctx, visit.tenant.id), Whose::Session(other), by).await?;
            }
        }
        Ok(())
    }

    /// How clients are called, in the order given; by identifier where they are gone.
    pub async fn client_names(&self, tenant: TenantId, ids: &[ClientId]) -> Result<Vec<String>, Unavailable> {
        let mut names = Vec::new();
        for id in ids {
            let client = self.directory.client(tenant, id).await?;
            names.push(client.map_or_else(|| id.to_string(), |client| client.display_name));
        }
        Ok(names)
    }

    /// How a home IdP is called.
    pub async fn home_idp_name(
        &self,
        tenant: TenantId,
        session: &SessionWithClients,
    ) -> Result<Option<String>, Unavailable> {
        match session.session.home_idp() {
            None => Ok(None),
            Some(id) => Ok(self.directory.home_idp(tenant, id).await?.map(|home_idp| home_idp.display_name)),
        }
    }

    async fn sessions_of(
        &self,
        (tenant, now): (TenantId, Timestamp),
        user: UserId,
    ) -> Result<Vec<SessionWithClients>, Unavailable> {
        let found = Ended::of(self.sessions.find_all(&Whose::User(user).key(tenant)).await?);
        let clients = |id: &str| {
            let mut clients: Vec<ClientId> = (found.participants.iter())
                .filter(|one| one.session == id)
                .map(|one| one.client.clone())
                .collect();
            clients.sort();
            clients
        };
        let open = found.sessions.iter().filter(|session| !session.is_over(now));
        let mut sessions: Vec<SessionWithClients> = open
            .map(|session| SessionWithClients { clients: clients(&session.id), session: session.clone() })
            .collect();
        sessions.sort_by_key(|one| std::cmp::Reverse(one.session.used_at));
        Ok(sessions)
    }
}

impl Admin<'_> {
    /// Where a person is signed in, the latest used first.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<SessionWithClients>, AdminError> {
        self.user(user).await?;
        Ok(self.idp.sessions_of((self.tenant.id, self.ctx.now), user).await?)
    }

    /// Ends one session of a person.
    pub async fn end_session(&self, user: UserId, id: &str) -> Result<(), AdminError> {
        if !self.sessions(user).await?.iter().any(|one| one.session.id == id) {
            return Err(AdminError::NotFound);
        }
        let by = (self.actor.clone(), "administrator");
        self.idp.end_sessions((self.ctx, self.tenant.id), Whose::Session(id), by).await?;
        Ok(())
    }

    /// Ends all sessions and tokens of a person.
    pub async fn sign_out(&self, user: UserId) -> Result<(), AdminError> {
        self.user(user).await?;
        let by = (self.actor.clone(), "administrator");
        self.idp.end_sessions((self.ctx, self.tenant.id), Whose::User(user), by).await?;
        Ok(())
    }
}
