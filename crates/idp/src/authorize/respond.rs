//! Artefacts last (law 5): only here are sessions and codes minted, when nothing is left to decide.

use super::facts::Facts;
use super::interaction::{Interaction, Purpose, Stored};
use super::sessions::{Seats, bytes, home_session, prolong, put_family, put_participant};
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::outcome::{Outcome, Reply};
use crate::browser::Visit;
use crate::error::PageError;
use crate::model::authentication::Authentication;
use crate::model::session::Session;
use crate::model::user::{Consent, User};
use crate::ports::{Change, Key, Kind, Write};
use crate::refusal::Refusal;
use crate::token::code::{AuthorizationCode, CODE_MEMORY};
use hospes_protocol::authorize::AuthorizationRequest;
use hospes_protocol::names::Secret;

impl Idp {
    /// Ends an interaction: the session begins or goes on, and whoever asked is answered.
    pub(crate) async fn respond(
        &self,
        visit: &Visit<'_>,
        stored: &Stored,
        (user, authentication): (User, Authentication),
        facts: Facts,
    ) -> Result<Reply, PageError> {
        let interaction = &stored.interaction;
        if let Some(name) = interaction.request().and_then(|request| request.pushed.as_ref())
            && !self.spend_pushed(visit, name).await?
        {
            return self.refuse(visit, interaction, Refusal::PushedRequest).await;
        }
        let proven =
            interaction.arrival.is_some() || interaction.mailbox.is_some() || interaction.password.is_some();
        let mut batch = Vec::new();
        if stored.raw.is_some() {
            batch.push(Write::Delete(interaction.key()));
        }
        let seats = match facts.session {
            Some(chosen) if !proven && interaction.chosen => {
                Self::switch_session(visit, chosen, &facts.accounts, &mut batch)?
            }
            Some(present) if !proven => prolong(visit, present, &mut batch)?,
            _ => {
                let home = home_session(interaction, &authentication);
                let who = (&user, authentication, home, interaction.keep);
                self.begin_session(visit, who, &facts.accounts, &mut batch).await?
            }
        };
        let Seats { session, cookie, moved } = seats;
        let outcome = match &interaction.purpose {
            Purpose::Authorize(request) => {
                let return_to = self.return_of(visit, request).await?;
                let code = mint_code(visit, request, (&user, &session), &mut batch)?;
                Outcome::Respond(return_to.code(&code))
            }
            Purpose::Device(request) => match self.approve_device(visit, request, (&user, &session)).await? {
                Some(outcome) => {
                    batch.push(put_participant(&session, &request.client_id, visit.ctx.now)?);
                    outcome
                }
                None => return self.refuse(visit, interaction, Refusal::DeviceGone).await,
            },
            Purpose::Redeem(id) => self.landing(visit, *id).await?,
            Purpose::Visit(path) => Outcome::Leave(self.issuer(visit.tenant).join(path)),
        };
        self.remember_consent(visit, interaction, &user).await?;
        self.sessions.write(batch).await?;
        self.leave_old_seats(moved).await?;
        let mut event =
            AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::SignIn, Actor::User(user.id.to_string()))
                .detail("silent", !proven)
                .detail("acr", session.authentication.acr());
        event.client = interaction.wish().map(|(client, _)| client.to_string());
        self.audit.record(event).await;
        Ok(Reply { session: cookie, ..outcome.into() })
    }

    async fn remember_consent(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        user: &User,
    ) -> Result<(), PageError> {
        let (Some((client, scope)), Some(super::interaction::Answer::Accepted)) =
            (interaction.wish(), interaction.consent)
        else {
            return Ok(());
        };
        let consent = Consent {
            tenant: visit.tenant.id,
            user: user.id,
            client: client.clone(),
            scope: scope.clone(),
            granted_at: visit.ctx.now,
        };
        let event = AuditEvent::new(
            visit.ctx,
            visit.tenant.id,
            AuditKind::ConsentGranted,
            Actor::User(user.id.to_string()),
        )
        .client(client)
        .detail("scope", scope.to_string());
        Ok(self.apply(Change::PutConsent(consent), event).await?)
    }
}

fn mint_code(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    (user, session): (&User, &Session),
    batch: &mut Vec<Write>,
) -> Result<Secret, PageError> {
    let code = Secret::new(visit.ctx.token());
    let record = AuthorizationCode::new(visit.ctx, request, user, session);
    batch.push(put_participant(session, &request.client_id, visit.ctx.now)?);
    batch.push(put_family(session, (&record.family, &request.scope), CODE_MEMORY));
    batch.push(Write::PutSpendable {
        key: Key::new(visit.tenant.id, Kind::Code, code.reveal()),
        holder: hospes_protocol::encoding::sha256(request.client_id.as_str()),
        value: bytes(&record)?,
        ttl: CODE_MEMORY,
    });
    Ok(code)
}
