//! Certificates of clients (RFC 8705). The handshake proves that a client holds the key of its certificate; what the
//! certificate is worth is decided where clients are registered.

use anyhow::{Context, Result, anyhow};
use hospes_idp::token::certificate::ClientCertificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Asks every client for a certificate and takes any, or none.
#[derive(Debug)]
pub(super) struct Asking(Arc<CryptoProvider>);

impl Asking {
    pub(super) fn new() -> Result<Self> {
        let provider = CryptoProvider::get_default().ok_or_else(|| anyhow!("no TLS provider"))?;
        Ok(Self(provider.clone()))
    }
}

impl ClientCertVerifier for Asking {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    // Self-signed certificates are registered with their clients (RFC 8705 §2.2): the chain is judged per client.
    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Says whose certificate a connection has.
#[derive(Clone)]
pub(super) struct Reader(Option<Arc<dyn ClientCertVerifier>>);

impl Reader {
    /// Trusts the authorities of this file; none without one.
    pub(super) fn trusting(authorities: Option<&Path>) -> Result<Self> {
        let Some(path) = authorities else {
            return Ok(Self(None));
        };
        let mut roots = RootCertStore::empty();
        let read = || format!("mtls.client_ca {} cannot be read", path.display());
        for certificate in CertificateDer::pem_file_iter(path).with_context(read)? {
            roots.add(certificate.with_context(read)?).with_context(read)?;
        }
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().with_context(read)?;
        Ok(Self(Some(verifier)))
    }

    /// What is to be known about a certificate; `None` of one that cannot be read.
    pub(super) fn read(&self, chain: &[CertificateDer<'_>]) -> Option<ClientCertificate> {
        let (own, intermediates) = chain.split_first()?;
        let (_, parsed) = X509Certificate::from_der(own).ok()?;
        let is_trusted = |verifier: &Arc<dyn ClientCertVerifier>| {
            verifier.verify_client_cert(own, intermediates, UnixTime::now()).is_ok()
        };
        let mut certificate = ClientCertificate {
            der: own.to_vec(),
            is_trusted: self.0.as_ref().is_some_and(is_trusted),
            subject: rfc4514(&parsed),
            ..ClientCertificate::default()
        };
        let names = parsed.subject_alternative_name().ok().flatten();
        for name in names.iter().flat_map(|names| &names.value.general_names) {
            match name {
                GeneralName::DNSName(name) => certificate.dns_names.push((*name).to_owned()),
                GeneralName::URI(uri) => certificate.uris.push((*uri).to_owned()),
                GeneralName::RFC822Name(email) => certificate.emails.push((*email).to_owned()),
                GeneralName::IPAddress(bytes) => certificate.addresses.extend(address(bytes)),
                _ => {}
            }
        }
        Some(certificate)
    }
}

/// Most specific first, as RFC 4514 §2.1 has it.
fn rfc4514(certificate: &X509Certificate<'_>) -> String {
    let parts = certificate.subject().iter_rdn().map(|part| {
        let attributes = part.iter().map(|attribute| {
            let oid = attribute.attr_type();
            let registry = x509_parser::objects::oid_registry();
            let name = x509_parser::objects::oid2abbrev(oid, registry)
                .map_or_else(|_| oid.to_id_string(), str::to_owned);
            format!("{name}={}", escaped(attribute.as_str().unwrap_or_default()))
        });
        attributes.collect::<Vec<_>>().join("+")
    });
    let mut parts: Vec<_> = parts.collect();
    parts.reverse();
    parts.join(",")
}

/// RFC 4514 §2.4.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (position, letter) in value.chars().enumerate() {
        let edge = (letter == ' ' && (position == 0 || position == last)) || (letter == '#' && position == 0);
        if edge || matches!(letter, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into())).ok()
}
