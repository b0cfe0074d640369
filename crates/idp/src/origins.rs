//! Pages of other origins that may read what the protocol endpoints answer: browser clients that redeem their own codes
//! (RFC 10017, BCP 212). This guards reading, not acting: a request without any `Origin` is answered as well.

use crate::Idp;
use crate::ids::TenantId;
use crate::model::client::Client;
use crate::ports::{PageRequest, Unavailable};
use hospes_protocol::client_auth::ClientAuthMethod;
use std::collections::HashSet;
use url::Url;

impl Idp {
    /// Whether pages of this origin may read answers of the protocol endpoints of the tenant with this name.
    pub async fn is_web_origin(&self, slug: &str, origin: &str) -> Result<bool, Unavailable> {
        let Some(tenant) = self.tenant(slug).await? else {
            return Ok(false);
        };
        let origins = self.web_origins.of(tenant.id);
        let known = origins.get_or_try_init(|| self.read_origins(tenant.id)).await?;
        Ok(known.contains(origin))
    }

    async fn read_origins(&self, tenant: TenantId) -> Result<HashSet<String>, Unavailable> {
        let mut origins = HashSet::new();
        let mut after = None;
        loop {
            let page = self.directory.list_clients(tenant, PageRequest { after, size: 1000 }).await?;
            origins.extend(page.items.iter().flat_map(of_client));
            after = page.next;
            if after.is_none() {
                return Ok(origins);
            }
        }
    }
}

/// The origins of a client that runs in browsers: a public one. What keeps a secret does so on a server, which needs no
/// leave of ours.
fn of_client(client: &Client) -> Vec<String> {
    if client.auth_method != ClientAuthMethod::None || !client.status.is_enabled() {
        return Vec::new();
    }
    let redirects = client.redirect_uris.iter().filter_map(|uri| of_web_uri(uri.as_str()));
    redirects.chain(client.options.registration.allowed_origins.iter().cloned()).collect()
}

fn of_web_uri(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::client;
    use crate::model::tenant::Status;
    use hospes_protocol::RedirectUri;

    #[test]
    fn ui_17_only_enabled_public_clients_have_origins() {
        let mut app = Client { auth_method: ClientAuthMethod::None, ..client() };
        app.redirect_uris = ["https://app.test/cb", "http://127.0.0.1:4200/cb", "com.app.test:/cb"]
            .map(RedirectUri::new)
            .to_vec();
        app.options.registration.allowed_origins = vec!["https://other.test".to_owned()];
        assert_eq!(of_client(&app), ["https://app.test", "http://127.0.0.1:4200", "https://other.test"]);
        let closed = Client { status: Status::Disabled, ..app.clone() };
        let confidential = Client { auth_method: ClientAuthMethod::ClientSecretPost, ..app };
        assert!(of_client(&closed).is_empty() && of_client(&confidential).is_empty());
    }
}
