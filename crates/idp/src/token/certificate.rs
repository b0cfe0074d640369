//! Certificates of clients (RFC 8705): the connection proved that the client holds the key; here is decided what it is worth.

use crate::model::client::Client;
use crate::model::options::CertificateSubject;
use hospes_protocol::claims::Confirmation;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::encoding::{base64url, from_base64, sha256};
use serde_json::Value;
use std::net::IpAddr;

/// The certificate a connection was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCertificate {
    /// DER.
    pub der: Vec<u8>,
    /// Whether an authority the operator trusts issued it and it is valid now.
    pub is_trusted: bool,
    /// RFC 4514.
    pub subject: String,
    /// Alternative names.
    pub dns_names: Vec<String>,
    /// Alternative names.
    pub uris: Vec<String>,
    /// Alternative names.
    pub addresses: Vec<IpAddr>,
    /// Alternative names.
    pub emails: Vec<String>,
}

impl ClientCertificate {
    /// What tokens bound to it say.
    pub fn confirmation(&self) -> Confirmation {
        Confirmation::Certificate(base64url(sha256(&self.der)))
    }

    /// Whether it proves that the connection is this client's.
    pub(super) fn proves(&self, client: &Client) -> bool {
        match client.auth_method {
            ClientAuthMethod::TlsClientAuth => {
                let subject = client.options.security.tls_client_auth.as_ref();
                self.is_trusted && subject.is_some_and(|subject| self.is_of(subject))
            }
            ClientAuthMethod::SelfSignedTlsClientAuth => registered(client).any(|der| der == self.der),
            _ => false,
        }
    }

    fn is_of(&self, subject: &CertificateSubject) -> bool {
        match subject {
            CertificateSubject::SubjectDn(name) => *name == self.subject,
            CertificateSubject::SanDns(name) => self.dns_names.contains(name),
            CertificateSubject::SanUri(uri) => self.uris.contains(uri),
            CertificateSubject::SanIp(address) => {
                address.parse().is_ok_and(|address| self.addresses.contains(&address))
            }
            CertificateSubject::SanEmail(email) => self.emails.contains(email),
        }
    }
}

/// RFC 8705 §2.2.2: certificates are registered in `x5c` of the client's keys.
fn registered(client: &Client) -> impl Iterator<Item = Vec<u8>> {
    let keys = client.jwks.as_ref().and_then(|set| set.get("keys")?.as_array());
    let first = |key: &Value| from_base64(key.get("x5c")?.get(0)?.as_str()?);
    keys.into_iter().flatten().filter_map(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::client;
    use serde_json::json;

    #[test]
    fn rfc8705_2_whose_certificate_it_is() {
        let certificate = ClientCertificate {
            der: vec![1, 2, 3],
            is_trusted: true,
            subject: "CN=wiki,O=Harbor".into(),
            dns_names: vec!["wiki.example".into()],
            uris: vec!["urn:wiki".into()],
            addresses: vec!["::1".parse().unwrap()],
            emails: vec!["wiki@harbor.example".into()],
        };
        let with = |subject: CertificateSubject| {
            let mut client = Client { auth_method: ClientAuthMethod::TlsClientAuth, ..client() };
            client.options.security.tls_client_auth = Some(subject);
            client
        };
        let rows = [
            (CertificateSubject::SubjectDn("CN=wiki,O=Harbor".into()), true),
            (CertificateSubject::SubjectDn("CN=wiki".into()), false),
            (CertificateSubject::SanDns("wiki.example".into()), true),
            (CertificateSubject::SanDns("wiki@harbor.example".into()), false),
            (CertificateSubject::SanUri("urn:wiki".into()), true),
            (CertificateSubject::SanIp("0:0:0:0:0:0:0:1".into()), true),
            (CertificateSubject::SanIp("::2".into()), false),
            (CertificateSubject::SanEmail("wiki@harbor.example".into()), true),
        ];
        for (subject, proves) in rows {
            let client = with(subject.clone());
            assert_eq!(certificate.proves(&client), proves, "{subject:?}");
            let foreign = ClientCertificate { is_trusted: false, ..certificate.clone() };
            assert!(!foreign.proves(&client), "{subject:?}");
        }
        let mut own = Client { auth_method: ClientAuthMethod::SelfSignedTlsClientAuth, ..client() };
        own.jwks = Some(json!({"keys": [{"kty": "EC"}, {"x5c": ["AQID"]}]}));
        assert!(certificate.proves(&own));
        assert!(!ClientCertificate { der: vec![1, 2], ..certificate.clone() }.proves(&own));
        assert!(!certificate.proves(&client()), "a client that authenticates otherwise");
    }
}
