//! Where we lead people on to: only places the tenant's administrators registered, and to an application by the way it
//! wants to be entered.

use crate::Idp;
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use crate::ports::{PageRequest, Unavailable};
use hospes_protocol::Issuer;
use url::Url;

impl Idp {
    /// Whether an invitation may lead there: exactly one of the [`Idp::destinations`].
    pub(crate) async fn is_destination(&self, tenant: &Tenant, url: &str) -> Result<bool, Unavailable> {
        Ok(self.destinations(tenant).await?.iter().any(|(destination, _)| destination == url))
    }

    /// Where invitations may lead, with names: start pages of enabled clients, landing pages of the tenant, our own
    /// home page.
    pub async fn destinations(&self, tenant: &Tenant) -> Result<Vec<(String, String)>, Unavailable> {
        let clients = self.enabled_clients(tenant).await?;
        let mut destinations: Vec<(String, String)> = clients
            .into_iter()
            .filter_map(|client| Some((start_page(&client)?.to_owned(), client.display_name)))
            .collect();
        destinations.extend(tenant.settings.landing_urls.iter().map(|url| (url.clone(), url.clone())));
        destinations.push((self.issuer(tenant).join("/home"), tenant.display_name.clone()));
        Ok(destinations)
    }

    /// What the browser opens to get to a destination; `None` if it is none (any more).
    pub(crate) async fn way_to(&self, tenant: &Tenant, url: &str) -> Result<Option<String>, Unavailable> {
        if !self.is_destination(tenant, url).await? {
            return Ok(None);
        }
        let clients = self.enabled_clients(tenant).await?;
        let there = clients.iter().find(|client| start_page(client) == Some(url));
        let entered = there.and_then(|client| entrance(client, &self.issuer(tenant)));
        Ok(Some(entered.unwrap_or_else(|| url.to_owned())))
    }

    /// Applications people can be shown, with what the browser opens to start them.
    pub async fn applications(&self, tenant: &Tenant) -> Result<Vec<(String, String)>, Unavailable> {
        let issuer = self.issuer(tenant);
        let shown = self.enabled_clients(tenant).await?.into_iter().filter_map(|client| {
            let start = start_page(&client)?;
            Some((entrance(&client, &issuer).unwrap_or_else(|| start.to_owned()), client.display_name))
        });
        Ok(shown.collect())
    }

    async fn enabled_clients(&self, tenant: &Tenant) -> Result<Vec<Client>, Unavailable> {
        let (mut clients, mut after) = (Vec::new(), None);
        loop {
            let page = self.directory.list_clients(tenant.id, PageRequest { after, size: 200 }).await?;
            clients.extend(page.items.into_iter().filter(|client| client.status.is_enabled()));
            after = page.next;
            if after.is_none() {
                return Ok(clients);
            }
        }
    }
}

/// Where people start it. What a client says about itself, when it registered itself, leads nobody anywhere.
fn start_page(client: &Client) -> Option<&str> {
    let own = client.options.registration.initiate_login_uri.as_deref();
    client.start_url.as_deref().or(own.filter(|_| client.registration.is_none()))
}

/// OIDC Core §4: where the client starts a sign-in when somebody else asks for it. It is told whose, and where to go on
/// to; never anything that proves something (DCR-15).
fn entrance(client: &Client, issuer: &Issuer) -> Option<String> {
    let mut url = Url::parse(client.options.registration.initiate_login_uri.as_deref()?).ok()?;
    url.query_pairs_mut().append_pair("iss", issuer.as_str());
    if let Some(start) = &client.start_url {
        url.query_pairs_mut().append_pair("target_link_uri", start);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::client;

    #[test]
    fn dcr_15_a_client_is_entered_with_issuer_and_destination_and_nothing_else() {
        let issuer = Issuer::new("https://id.test/t/a");
        let mut app = client();
        assert_eq!((start_page(&app), entrance(&app, &issuer)), (None, None));
        app.options.registration.initiate_login_uri = Some("https://app.test/login?x=1".into());
        assert_eq!(start_page(&app), Some("https://app.test/login?x=1"));
        let plain = "https://app.test/login?x=1&iss=https%3A%2F%2Fid.test%2Ft%2Fa";
        assert_eq!(entrance(&app, &issuer).as_deref(), Some(plain));
        app.start_url = Some("https://app.test/".into());
        let with_target = format!("{plain}&target_link_uri=https%3A%2F%2Fapp.test%2F");
        assert_eq!(entrance(&app, &issuer), Some(with_target));
        assert_eq!(start_page(&app), Some("https://app.test/"));
    }
}
