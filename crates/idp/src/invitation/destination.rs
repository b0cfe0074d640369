//! Where an invitation may lead: only places the tenant's administrators registered.

use crate::Idp;
use crate::model::tenant::Tenant;
use crate::ports::{PageRequest, Unavailable};

impl Idp {
    /// Whether an invitation may lead there: exactly one of the [`Idp::destinations`].
    pub(crate) async fn is_destination(&self, tenant: &Tenant, url: &str) -> Result<bool, Unavailable> {
        Ok(self.destinations(tenant).await?.iter().any(|(destination, _)| destination == url))
    }

    /// Where invitations may lead, with names: start pages of enabled clients, landing pages of the tenant, our own
    /// home page.
    pub async fn destinations(&self, tenant: &Tenant) -> Result<Vec<(String, String)>, Unavailable> {
        let mut destinations = Vec::new();
        let mut after = None;
        loop {
            let page = self.directory.list_clients(tenant.id, PageRequest { after, size: 200 }).await?;
            let enabled = page.items.into_iter().filter(|client| client.status.is_enabled());
            destinations.extend(enabled.filter_map(|client| Some((client.start_url?, client.display_name))));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        destinations.extend(tenant.settings.landing_urls.iter().map(|url| (url.clone(), url.clone())));
        destinations.push((self.issuer(tenant).join("/home"), tenant.display_name.clone()));
        Ok(destinations)
    }
}
