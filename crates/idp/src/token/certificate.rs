//! Certificates of clients (RFC 8705): the connection proved that the client holds the key; here is decided what it is worth.

use crate::Idp;
use crate::model::client::Client;
use crate::model::options::CertificateSubject;
use hospes_protocol::claims::Confirmation;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::encoding::{base64url, sha256};
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

    /// Whether an authority says that it is this client's (RFC 8705 §2.1).
    pub(super) fn is_issued_to(&self, client: &Client) -> bool {
        let subject = client.options.security.tls_client_auth.as_ref();
        client.auth_method == ClientAuthMethod::TlsClientAuth
            && self.is_trusted
            && subject.is_some_and(|subject| self.is_of(subject))
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

impl Idp {
    /// Whether the connection with this certificate is the client's.
    pub(super) async fn is_connection_of(&self, client: &Client, certificate: &ClientCertificate) -> bool {
        match client.auth_method {
            ClientAuthMethod::TlsClientAuth => certificate.is_issued_to(client),
            ClientAuthMethod::SelfSignedTlsClientAuth => {
                self.has_certificate(client, &certificate.der).await.is_ok()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::client;

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
            assert_eq!(certificate.is_issued_to(&client), proves, "{subject:?}");
            let foreign = ClientCertificate { is_trusted: false, ..certificate.clone() };
            assert!(!foreign.is_issued_to(&client), "{subject:?}");
        }
        assert!(!certificate.is_issued_to(&client()), "a client that authenticates otherwise");
    }
}
