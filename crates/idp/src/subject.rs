//! What a person is called at a client: the same everywhere, or another name in every sector (OIDC Core §8).

use crate::ids::UserId;
use crate::model::client::Client;
use crate::model::options::ClaimOptions;
use crate::vault::{Purpose, Vault};
use hospes_protocol::encoding::base64url;
use hospes_protocol::names::SubjectType;
use std::collections::BTreeSet;
use url::Url;

/// `sub` of a person at a client.
pub(crate) fn subject_at(vault: &Vault, client: &Client, person: UserId) -> String {
    match client.options.claims.subject_type {
        SubjectType::Public => person.to_string(),
        SubjectType::Pairwise => {
            let uris = client.redirect_uris.iter().map(hospes_protocol::RedirectUri::as_str);
            // A client without a sector has no redirect URI, so nobody signs in to it.
            let sector = sector(&client.options.claims, uris).unwrap_or_default();
            // Keyed, so that it cannot be undone by trying everybody's identifier (OIDC Core §8.1).
            let parts: [&[u8]; 3] = [client.tenant.0.as_bytes(), sector.as_bytes(), person.0.as_bytes()];
            base64url(vault.mac(Purpose::PairwiseSubject, &parts))
        }
    }
}

/// The host clients share their names of people under: that of `sectorIdentifierUri`, or the only one of the redirect
/// URIs. Otherwise what to do about it.
pub(crate) fn sector<'a>(
    options: &ClaimOptions,
    redirect_uris: impl Iterator<Item = &'a str>,
) -> Result<String, &'static str> {
    if let Some(uri) = &options.sector_identifier_uri {
        return host(uri).ok_or("sectorIdentifierUri must be an https URL");
    }
    let hosts: Option<BTreeSet<String>> = redirect_uris.map(host).collect();
    match hosts.and_then(|hosts| (hosts.len() <= 1).then_some(hosts)).and_then(|mut one| one.pop_first()) {
        Some(host) => Ok(host),
        None => {
            Err("pairwise subjects need redirectUris on one host, or a sectorIdentifierUri that lists them")
        }
    }
}

fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{client, guest};
    use hospes_protocol::RedirectUri;

    fn of(uris: &[&str], sector: Option<&str>) -> Client {
        let mut client = client();
        client.redirect_uris = uris.iter().copied().map(RedirectUri::new).collect();
        client.options.claims.subject_type = SubjectType::Pairwise;
        client.options.claims.sector_identifier_uri = sector.map(str::to_owned);
        client
    }

    #[test]
    fn oidc_8_1_a_subject_follows_sector_person_tenant_and_key_and_nothing_else() {
        let vault = Vault::new([7; 32]);
        let (freya, finn) = (guest(1, "freya@fjord.example").id, guest(2, "finn@fjord.example").id);
        let subject = |client: &Client| subject_at(&vault, client, freya);
        let one = of(&["https://rp.test/cb"], None);
        assert_eq!(subject(&one), subject(&one));
        assert_eq!(subject(&one).len(), 43);
        let same = of(&["https://rp.test/a", "https://rp.test:8443/b"], None);
        assert_eq!(subject(&one), subject(&same), "the host alone is the sector");
        let listed = of(&["https://a.test/", "https://b.test/"], Some("https://rp.test/sector.json"));
        assert_eq!(subject(&one), subject(&listed), "the sector identifier's host");
        let mut elsewhere = one.clone();
        elsewhere.tenant = crate::ids::TenantId(uuid::Uuid::from_u128(2));
        let others = [
            subject(&of(&["https://other.test/cb"], None)),
            subject(&elsewhere),
            subject_at(&vault, &one, finn),
            subject_at(&Vault::new([8; 32]), &one, freya),
            subject(&client()),
        ];
        for other in others {
            assert_ne!(subject(&one), other);
        }
        assert_eq!(subject(&client()), freya.to_string(), "public");
    }

    #[test]
    fn oidc_8_1_differing_hosts_need_a_sector_identifier() {
        let options = ClaimOptions::default();
        let refused = |uris: &[&str]| sector(&options, uris.iter().copied()).is_err();
        assert!(!refused(&["https://rp.test/a", "https://rp.test/b"]));
        assert!(refused(&["https://a.test/", "https://b.test/"]));
        assert!(refused(&["com.example.app:/cb"]), "no host at all");
        assert!(refused(&[]));
    }
}
