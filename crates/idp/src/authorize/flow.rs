//! Carrying out steps until a screen is due or the browser leaves. Every answer of a person ends here: it records an
//! achievement and looks again.

use super::details::in_words;
use super::facts::Facts;
use super::interaction::{Interaction, LIFETIME, Purpose, Stored};
use super::next_step::{Step, next_step};
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::outcome::{About, Outcome, Problem, Reply};
use crate::browser::Visit;
use crate::error::PageError;
use crate::model::options::KeepSignedIn;
use crate::ports::{Key, Kind, Write};
use crate::refusal::Refusal;
use crate::vault::SecretHash;
use bytes::Bytes;
use hospes_protocol::response::ReturnTo;
use hospes_protocol::{ErrorCode, OAuthError};

/// More effects than this in a row mean a mistake of ours, not a long sign-in.
const MAX_EFFECTS: usize = 8;

/// An interaction being worked on.
#[derive(Clone, Debug)]
pub struct Open {
    pub(crate) stored: Stored,
    /// Whether screens are forbidden (`prompt=none`).
    pub(crate) silent: bool,
    /// What was wrong with the last answer.
    pub(crate) problem: Option<Problem>,
    /// Whether something was achieved that is not stored: it need not be, where the sign-in ends with it.
    pub(crate) unsaved: bool,
}

impl Open {
    /// One that was never stored.
    pub(crate) const fn fresh(interaction: Interaction, silent: bool) -> Self {
        Self { stored: Stored { interaction, raw: None }, silent, problem: None, unsaved: false }
    }
}

/// The session whose person a screen is for, where they proved nothing else in this sign-in.
fn shown_for<'a>(step: &Step, facts: &'a Facts) -> Option<&'a str> {
    let asks = matches!(step, Step::AskConsent(_) | Step::ConfirmDevice(..) | Step::ChoosePassword { .. });
    let session = facts.session.as_ref().filter(|_| asks && facts.resolution.is_none());
    session.map(|signed_in| signed_in.session.id.as_str())
}

impl Idp {
    /// The screen of an interaction this browser began.
    pub async fn resume(&self, visit: &Visit<'_>, id: &str) -> Result<Reply, PageError> {
        let open = self.open(visit, id).await?;
        self.advance(visit, open).await
    }

    /// Reads an interaction of this browser.
    pub(crate) async fn open(&self, visit: &Visit<'_>, id: &str) -> Result<Open, PageError> {
        let raw = self.sessions.get(&Key::new(visit.tenant.id, Kind::Interaction, id)).await?;
        let gone = || PageError::from(Refusal::InteractionExpired);
        let raw = raw.ok_or_else(gone)?;
        let interaction: Interaction = serde_json::from_slice(&raw).map_err(|cause| gone().because(cause))?;
        let same_browser = |binding: &String| SecretHash::of(binding) == interaction.browser;
        let ours =
            interaction.tenant == visit.tenant.id && visit.browser.binding.as_ref().is_some_and(same_browser);
        if !ours || visit.ctx.now >= interaction.expires_at {
            return Err(gone());
        }
        let stored = Stored { interaction, raw: Some(raw) };
        Ok(Open { stored, silent: false, problem: None, unsaved: false })
    }

    /// Reads an interaction whose turn is the screen the answer came from. Steps cannot be skipped, or taken another way,
    /// by calling the address of a later one (GEN-08).
    pub(crate) async fn open_at(
        &self,
        visit: &Visit<'_>,
        id: &str,
        due: impl Fn(&Step) -> bool + Send,
    ) -> Result<Open, PageError> {
        let open = self.open(visit, id).await?;
        let facts = self.facts(visit, &open.stored.interaction).await?;
        let step = next_step(visit.tenant, &open.stored.interaction, &facts);
        if due(&step) {
            Ok(open)
        } else {
            Err(self.out_of_turn(visit, &open.stored.interaction, &step).await)
        }
    }

    /// Stores what changed, unless somebody else stored something first.
    pub(crate) async fn save(&self, stored: &mut Stored) -> Result<(), PageError> {
        let value = Bytes::from(
            serde_json::to_vec(&stored.interaction)
                .map_err(|cause| PageError::from(Refusal::Internal).because(cause))?,
        );
        let key = stored.interaction.key();
        match &stored.raw {
            None => {
                let put = Write::Put { key, value: value.clone(), ttl: LIFETIME, indexes: Vec::new() };
                self.sessions.write(vec![put]).await?;
            }
            Some(raw) => {
                if !self.sessions.swap(&key, raw, value.clone(), LIFETIME).await? {
                    return Err(
                        PageError::from(Refusal::InteractionExpired).because("changed by a parallel request")
                    );
                }
            }
        }
        stored.raw = Some(value);
        Ok(())
    }

    /// Records an achievement and looks again.
    pub(crate) async fn achieve(
        &self,
        visit: &Visit<'_>,
        mut open: Open,
        achievement: impl FnOnce(&mut Interaction) + Send,
    ) -> Result<Reply, PageError> {
        achievement(&mut open.stored.interaction);
        self.save(&mut open.stored).await?;
        self.go_on(visit, open).await
    }

    /// Goes on after an achievement.
    pub(crate) async fn go_on(&self, visit: &Visit<'_>, open: Open) -> Result<Reply, PageError> {
        let reply = self.advance(visit, open).await?;
        // Here and not where screens are shown: a page that is loaded again is not a second event.
        self.record_mismatch(visit, &reply.outcome).await;
        Ok(reply)
    }

    /// Shows the same screen again with what was wrong.
    pub(crate) async fn again(
        &self,
        visit: &Visit<'_>,
        mut open: Open,
        problem: Problem,
    ) -> Result<Reply, PageError> {
        open.problem = Some(problem);
        self.advance(visit, open).await
    }

    /// Carries out steps until the person is needed or the browser leaves.
    pub(crate) async fn advance(&self, visit: &Visit<'_>, mut open: Open) -> Result<Reply, PageError> {
        for _ in 0..MAX_EFFECTS {
            let facts = self.facts(visit, &open.stored.interaction).await?;
            let step = next_step(visit.tenant, &open.stored.interaction, &facts);
            if open.silent
                && let Some(code) = step.silent_error()
            {
                let error = OAuthError::new(code, "prompt=none, but the person would have to be asked");
                return self.answer_error(visit, &open.stored.interaction, &error).await;
            }
            if let Some(bound) = shown_for(&step, &facts)
                && open.stored.interaction.session.is_none()
            {
                // What another tab does meanwhile must not answer this screen as somebody else.
                open.stored.interaction.session = Some(bound.to_owned());
                open.unsaved = true;
            }
            if open.unsaved && !matches!(step, Step::Respond(..)) {
                self.save(&mut open.stored).await?;
                open.unsaved = false;
            }
            match step {
                Step::SendCode(address) => self.send_code(visit, &mut open, &address).await?,
                Step::SignInAt(home_idp) => return self.leave_for_home(visit, open, &home_idp).await,
                Step::Admit(user, authentication) => {
                    self.admit(visit, &mut open, *user, &authentication).await?;
                }
                Step::Respond(user, authentication) => {
                    return self.respond(visit, &open.stored, (*user, authentication), facts).await;
                }
                Step::Refuse(refusal) => return self.refuse(visit, &open.stored.interaction, refusal).await,
                screen => return self.show(visit, open, (screen, &facts)).await,
            }
        }
        Err(PageError::from(Refusal::Internal).because("the sign-in makes no progress"))
    }

    /// Somebody other than the invited person signed in: worth knowing, though nothing changed.
    async fn record_mismatch(&self, visit: &Visit<'_>, outcome: &Outcome) {
        let Outcome::Screen { step, .. } = outcome else {
            return;
        };
        if let Step::Mismatch { invited, actual } = step.as_ref() {
            let event =
                AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::RedemptionMismatch, Actor::Anonymous)
                    .reason(Refusal::WrongIdentity)
                    .detail("invited", invited.masked())
                    .detail("signedIn", actual.masked());
            self.audit.record(event).await;
        }
    }

    async fn show(
        &self,
        visit: &Visit<'_>,
        mut open: Open,
        (step, facts): (Step, &Facts),
    ) -> Result<Reply, PageError> {
        if open.stored.raw.is_none() {
            self.save(&mut open.stored).await?;
        }
        let interaction = &open.stored.interaction;
        let about = About {
            client_name: facts.client.as_ref().map(|client| client.display_name.clone()),
            scope: interaction.wish().map(|(_, scope)| scope).unwrap_or_default(),
            details: in_words(visit.tenant, interaction.details()),
            redeeming: matches!(interaction.purpose, Purpose::Redeem(_)),
            keep: (visit.tenant.settings.keep_signed_in == KeepSignedIn::Ask).then_some(interaction.keep),
            home_idp_name: facts.home_idp.as_ref().map(|home_idp| home_idp.display_name.clone()),
        };
        Ok(Outcome::Screen {
            interaction: interaction.id.clone(),
            step: Box::new(step),
            problem: open.problem,
            about: Box::new(about),
        }
        .into())
    }

    /// Offers the way back to the client, if one waits and can be answered.
    pub(crate) async fn with_way_back(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        error: PageError,
    ) -> PageError {
        match self.waiting_client(visit, interaction).await {
            Ok(waiting) => error.returning(waiting.as_ref()),
            Err(_) => error,
        }
    }

    /// Where the client of an interaction waits.
    async fn waiting_client(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
    ) -> Result<Option<ReturnTo>, PageError> {
        match interaction.request() {
            Some(request) => Ok(Some(self.return_of(visit, request).await?)),
            None => Ok(None),
        }
    }

    async fn answer_error(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        error: &OAuthError,
    ) -> Result<Reply, PageError> {
        let waiting = self.waiting_client(visit, interaction).await?;
        waiting.map(|to| Outcome::Respond(to.error(error)).into()).ok_or_else(|| Refusal::Internal.into())
    }

    /// Why an answer came when its screen was not due: what stopped the sign-in meanwhile, if something did.
    async fn out_of_turn(&self, visit: &Visit<'_>, interaction: &Interaction, due: &Step) -> PageError {
        let Step::Refuse(refusal) = *due else {
            return Refusal::InteractionExpired.into();
        };
        self.refuse(visit, interaction, refusal).await.err().unwrap_or_else(|| refusal.into())
    }

    /// Law 11: every refusal is recorded under its reference. What the client must handle goes to the client at once;
    /// what the person must understand is shown, with the way back offered.
    pub(super) async fn refuse(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        refusal: Refusal,
    ) -> Result<Reply, PageError> {
        let kind = match (&interaction.purpose, refusal) {
            (_, Refusal::Declined) => AuditKind::RedemptionDeclined,
            (Purpose::Redeem(_), _) => AuditKind::RedemptionRejected,
            (_, Refusal::DeviceDeclined) => AuditKind::DeviceDenied,
            (Purpose::Authorize(_) | Purpose::Device(_) | Purpose::Visit(_), _) => AuditKind::SignIn,
        };
        let mut event = AuditEvent::new(visit.ctx, visit.tenant.id, kind, Actor::Anonymous).reason(refusal);
        event.client = interaction.wish().map(|(client, _)| client.to_string());
        event.target = interaction.arrival.as_ref().map(|identity| identity.subject.to_string());
        self.audit.record(event).await;
        if let Purpose::Device(request) = &interaction.purpose
            && refusal.explanation().oauth == ErrorCode::AccessDenied
        {
            self.deny_device(visit, request).await?;
        }
        if matches!(refusal, Refusal::ConsentDeclined | Refusal::OtherSubject | Refusal::UnmetAcr) {
            let row = refusal.explanation();
            let error = OAuthError::new(row.oauth, row.what);
            return self.answer_error(visit, interaction, &error).await;
        }
        Err(self.with_way_back(visit, interaction, refusal.into()).await)
    }
}
