//! To a home IdP and back. The `state` names the interaction and proves the journey; it works once, in the browser that
//! left, at the redirect URI of the home IdP it left for.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::authorize::flow::Open;
use crate::authorize::interaction::{Interaction, JOURNEY, Journey, Purpose as For};
use crate::authorize::outcome::{Outcome, Reply};
use crate::browser::Visit;
use crate::error::PageError;
use crate::ids::HomeIdpId;
use crate::model::home_idp::HomeIdp;
use crate::model::tenant::Tenant;
use crate::ports::UpstreamError;
use crate::ports::upstream::{Arrival, Departure};
use crate::refusal::Refusal;
use crate::vault::{Purpose, SecretHash};
use hospes_protocol::Nonce;
use hospes_protocol::names::Secret;
use hospes_protocol::params::Params;
use hospes_protocol::pkce::CodeVerifier;

impl Idp {
    /// Our redirect URI for one home IdP of one tenant (D1: never shared).
    pub(crate) fn callback_uri(&self, tenant: &Tenant, home_idp: HomeIdpId) -> String {
        self.issuer(tenant).join(&format!("/upstream/{home_idp}/callback"))
    }

    /// Remembers the journey and sends the browser off.
    pub(crate) async fn leave_for_home(
        &self,
        visit: &Visit<'_>,
        mut open: Open,
        home_idp: &HomeIdp,
    ) -> Result<Reply, PageError> {
        let max_age = self.max_age_at_home(visit, &open.stored.interaction).await?;
        let proof = visit.ctx.token();
        let verifier = CodeVerifier::parse(&visit.ctx.token()).ok_or(Refusal::Internal)?;
        let interaction = &mut open.stored.interaction;
        let departure = Departure {
            redirect_uri: self.callback_uri(visit.tenant, home_idp.id),
            state: Secret::new(format!("{}.{proof}", interaction.id)),
            nonce: Nonce::new(visit.ctx.token()),
            code_verifier: verifier,
            login_hint: interaction.identifier.as_ref().map(ToString::to_string),
            prompt: prompt_at_home(interaction),
            max_age,
            ui_locales: interaction.request().map(|request| request.ui_locales.clone()).unwrap_or_default(),
        };
        interaction.journey = Some(Journey {
            home_idp: home_idp.id,
            state: SecretHash::of(&proof),
            nonce: departure.nonce.clone(),
            code_verifier: departure.code_verifier.clone(),
            max_age: departure.max_age,
            departed_at: visit.ctx.now,
        });
        let url = match self.upstream.depart(home_idp, &departure).await {
            Ok(url) => url,
            Err(error) => {
                return Err(self.journey_failed(visit, &open.stored.interaction, home_idp.id, &error).await);
            }
        };
        self.save(&mut open.stored).await?;
        Ok(Outcome::Leave(url).into())
    }

    /// A fresh sign-in asked of us is asked of home too.
    async fn max_age_at_home(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
    ) -> Result<Option<u32>, PageError> {
        let Some(request) = interaction.request() else {
            return Ok(None);
        };
        if request.prompt.login {
            return Ok(Some(0));
        }
        let client = self.directory.client(visit.tenant.id, &request.client_id).await?;
        Ok(client.map_or(request.max_age, |client| client.options.sessions.max_age(request.max_age)))
    }

    /// The browser comes back from a home IdP.
    pub async fn arrive(
        &self,
        visit: &Visit<'_>,
        home_idp: HomeIdpId,
        params: &Params,
    ) -> Result<Reply, PageError> {
        let (mut open, journey) = match self.take_journey(visit, home_idp, params).await {
            Ok(taken) => taken,
            Err(error) => return Err(self.reject_arrival(visit, home_idp, error).await),
        };
        let interaction = &open.stored.interaction;
        let outcome = self.verify_arrival(visit, interaction, &journey, params).await;
        let identity = match outcome {
            Ok(identity) => identity,
            Err(error) => {
                let error = self.with_way_back(visit, interaction, error).await;
                return Err(self.reject_arrival(visit, home_idp, error).await);
            }
        };
        // Taking the journey was the gate: nobody else arrives in this interaction.
        open.stored.interaction.arrival = Some(identity);
        open.unsaved = true;
        self.go_on(visit, open).await
    }

    /// The single-use gate (law 6): whoever clears the journey may go on with it. Nothing is fetched before.
    async fn take_journey(
        &self,
        visit: &Visit<'_>,
        home_idp: HomeIdpId,
        params: &Params,
    ) -> Result<(Open, Journey), PageError> {
        let none = |cause: &str| PageError::from(Refusal::NoTransaction).because(cause);
        let state = params.once("state").ok().flatten().ok_or_else(|| none("no state"))?;
        let (id, proof) = state.split_once('.').ok_or_else(|| none("foreign state"))?;
        let mut open = self.open(visit, id).await.map_err(|error| none(&error.to_string()))?;
        let journey = open.stored.interaction.journey.take().ok_or_else(|| none("no journey under way"))?;
        if !journey.state.matches(proof) || journey.home_idp != home_idp {
            return Err(none("state or home IdP does not fit the journey"));
        }
        if visit.ctx.now.duration_since(journey.departed_at) > JOURNEY {
            return Err(PageError::from(Refusal::InteractionExpired).because("the journey took too long"));
        }
        self.save(&mut open.stored).await.map_err(|error| none(&error.to_string()))?;
        Ok((open, journey))
    }

    async fn verify_arrival(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        journey: &Journey,
        params: &Params,
    ) -> Result<crate::model::identity::VerifiedIdentity, PageError> {
        let malformed = |cause: &str| PageError::from(Refusal::HomeIdpRefused).because(cause);
        let once = |name| params.once(name).map_err(|error| malformed(&error.description));
        let (code, error) = (once("code")?, once("error")?);
        let home_idp = self.directory.home_idp(visit.tenant.id, journey.home_idp).await?;
        let home_idp = home_idp.ok_or(Refusal::HomeIdpRemoved)?;
        if !home_idp.status.is_enabled() {
            return Err(Refusal::HomeIdpDisabled.into());
        }
        let code = match (code, error) {
            (Some(code), None) => Secret::new(code),
            (None, Some(_)) => return Err(Refusal::HomeIdpDenied.into()),
            _ => return Err(malformed("neither code nor error, or both")),
        };
        let arrival = Arrival {
            code,
            iss: once("iss")?.map(str::to_owned),
            redirect_uri: self.callback_uri(visit.tenant, home_idp.id),
            nonce: journey.nonce.clone(),
            code_verifier: journey.code_verifier.clone(),
            max_age: journey.max_age,
            client_secret: self.secret_at_home(&home_idp)?,
            now: visit.ctx.now,
        };
        match self.upstream.arrive(&home_idp, arrival).await {
            Ok(identity) => Ok(identity),
            Err(error) => Err(self.journey_failed(visit, interaction, home_idp.id, &error).await),
        }
    }

    fn secret_at_home(&self, home_idp: &HomeIdp) -> Result<Option<Secret>, PageError> {
        let Some(sealed) = &home_idp.client_secret else {
            return Ok(None);
        };
        let plain = self.vault.open(Purpose::HomeIdpSecret, home_idp.id.0.as_bytes(), sealed);
        let plain = plain.map_err(|cause| PageError::from(Refusal::Internal).because(cause))?;
        Ok(Some(Secret::new(String::from_utf8_lossy(&plain))))
    }

    async fn journey_failed(
        &self,
        visit: &Visit<'_>,
        interaction: &Interaction,
        home_idp: HomeIdpId,
        error: &UpstreamError,
    ) -> PageError {
        if matches!(error, UpstreamError::Blocked) {
            let event = AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::SsrfBlocked, Actor::System);
            self.audit.record(event.target(home_idp).reason(error.reason())).await;
        }
        let refusal = match error {
            UpstreamError::Unreachable(_) | UpstreamError::Blocked => Refusal::HomeIdpUnreachable,
            UpstreamError::Refused(_) => Refusal::HomeIdpRefused,
        };
        self.with_way_back(visit, interaction, PageError::from(refusal).because(error)).await
    }

    async fn reject_arrival(&self, visit: &Visit<'_>, home_idp: HomeIdpId, error: PageError) -> PageError {
        let event =
            AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::UpstreamRejected, Actor::Anonymous);
        self.audit.record(event.target(home_idp).reason(error.refusal)).await;
        error
    }
}

/// A guest who redeems, and whoever wants another account, should be asked which, not be signed in with whatever session
/// is open at home.
fn prompt_at_home(interaction: &Interaction) -> Option<&'static str> {
    let prompt = interaction.request().map(|request| request.prompt).unwrap_or_default();
    let wants_another = interaction.choosing || !matches!(interaction.purpose, For::Visit(_));
    let set_aside = interaction.session_set_aside && wants_another;
    match (prompt.login, set_aside || prompt.select_account) {
        (true, _) => Some("login"),
        (false, true) => Some("select_account"),
        (false, false) => None,
    }
}
