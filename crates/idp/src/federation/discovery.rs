//! Home realm discovery: an exact address rule, then the domain, then the fallback. It never asks whether somebody
//! exists, so that known and unknown addresses look the same and take the same time.

use crate::Idp;
use crate::authorize::accounts::offers_others;
use crate::authorize::interaction::{Interaction, Purpose, Realm};
use crate::authorize::next_step::next_step;
use crate::authorize::outcome::{Problem, Reply};
use crate::browser::Visit;
use crate::email::{Domain, EmailAddress};
use crate::error::PageError;
use crate::ports::Unavailable;
use crate::refusal::Refusal;

impl Idp {
    /// Where the people of an address sign in.
    pub(crate) async fn realm_of(
        &self,
        visit: &Visit<'_>,
        address: &EmailAddress,
    ) -> Result<Realm, Unavailable> {
        let rules = &visit.tenant.settings.address_routes;
        if let Some(rule) = rules.iter().find(|rule| rule.address.key() == address.key()) {
            return Ok(rule.home_idp.map_or(Realm::Local, Realm::Home));
        }
        self.realm_of_domain(visit, &address.domain()).await
    }

    async fn realm_of_domain(&self, visit: &Visit<'_>, domain: &Domain) -> Result<Realm, Unavailable> {
        let home_idp = self.directory.home_idp_for_domain(visit.tenant.id, domain).await?;
        Ok(home_idp.map_or(Realm::Local, |home_idp| Realm::Home(home_idp.id)))
    }

    /// A client's `login_hint` and `domain_hint` skip screens, never checks.
    pub(crate) async fn use_hints(
        &self,
        visit: &Visit<'_>,
        interaction: &mut Interaction,
    ) -> Result<(), Unavailable> {
        let Some(request) = interaction.request() else {
            return Ok(());
        };
        if request.prompt.select_account {
            return Ok(());
        }
        let domain = request.domain_hint.as_deref().and_then(Domain::parse);
        let identifier = request.login_hint.as_deref().and_then(|hint| EmailAddress::parse(hint).ok());
        interaction.realm = match (&identifier, domain) {
            (Some(address), _) => Some(self.realm_of(visit, address).await?),
            (None, Some(domain)) => {
                Some(self.realm_of_domain(visit, &domain).await?).filter(|realm| *realm != Realm::Local)
            }
            (None, None) => None,
        };
        interaction.identifier = identifier;
        Ok(())
    }

    /// The person said who they are, and whether to keep them signed in.
    pub async fn identify(
        &self,
        visit: &Visit<'_>,
        id: &str,
        (text, keep): (&str, bool),
    ) -> Result<Reply, PageError> {
        let mut open = self.open(visit, id).await?;
        open.stored.interaction.keep = keep;
        // An invitation names its guest; naming another here could lead around their home IdP.
        if matches!(open.stored.interaction.purpose, Purpose::Redeem(_)) {
            return Err(Refusal::InteractionExpired.into());
        }
        let Ok(address) = EmailAddress::parse(text) else {
            return self.again(visit, open, Problem::NotAnAddress).await;
        };
        let realm = self.realm_of(visit, &address).await?;
        self.achieve(visit, open, |interaction| {
            interaction.forget_person();
            interaction.identifier = Some(address);
            interaction.realm = Some(realm);
        })
        .await
    }

    /// "Not you?": the person chooses another of their accounts in this browser, or starts over without any of them.
    pub async fn use_another_account(&self, visit: &Visit<'_>, id: &str) -> Result<Reply, PageError> {
        let open = self.open(visit, id).await?;
        let interaction = &open.stored.interaction;
        let realm = self.invited_realm(visit, interaction).await?;
        let facts = self.facts(visit, interaction).await?;
        let others = offers_others(&next_step(visit.tenant, interaction, &facts), &facts.accounts);
        self.achieve(visit, open, |interaction| {
            interaction.forget_person();
            interaction.session_set_aside = !others;
            interaction.choosing |= others;
            interaction.realm = realm;
        })
        .await
    }
}
