//! TLS by rustls. The certificate is read again when its file changes, without dropping a connection.

use super::client_certificate::Asking;
use crate::config::Mtls;
use anyhow::{Context, Result, anyhow};
use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert, WantsServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ConfigBuilder, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How often the file's modification time is looked at.
const CHECK: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Current(Arc<ArcSwap<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// A configuration that always presents the newest certificate on disk.
pub(super) fn reloading_config(certificate: &Path, key: &Path) -> Result<ServerConfig> {
    presenting(ServerConfig::builder().with_no_client_auth(), certificate, key)
}

/// As [`reloading_config`], and asks clients for certificates.
pub(super) fn asking_config(mtls: &Mtls) -> Result<ServerConfig> {
    let builder = ServerConfig::builder().with_client_cert_verifier(Arc::new(Asking::new()?));
    let (certificate, key) = &mtls.identity;
    presenting(builder, certificate, key)
}

fn presenting(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    certificate: &Path,
    key: &Path,
) -> Result<ServerConfig> {
    let current = Arc::new(ArcSwap::from_pointee(load(certificate, key)?));
    tokio::spawn(reload(certificate.to_owned(), key.to_owned(), current.clone()));
    let mut config = builder.with_cert_resolver(Arc::new(Current(current)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

async fn reload(certificate: PathBuf, key: PathBuf, current: Arc<ArcSwap<CertifiedKey>>) {
    let mut seen = modified(&certificate);
    loop {
        tokio::time::sleep(CHECK).await;
        let now = modified(&certificate);
        if now == seen {
            continue;
        }
        match load(&certificate, &key) {
            Ok(fresh) => {
                current.store(Arc::new(fresh));
                seen = now;
                tracing::info!("the certificate was read again");
            }
            // The file may be half written: the old certificate serves on, and the next look tries again.
            Err(error) => tracing::error!(%error, "the new certificate cannot be used"),
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn load(certificate: &Path, key: &Path) -> Result<CertifiedKey> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("tls.certificate {} cannot be read", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("tls.private_key {} cannot be read", key.display()))?;
    let provider = rustls::crypto::CryptoProvider::get_default().ok_or_else(|| anyhow!("no TLS provider"))?;
    let certified = CertifiedKey::from_der(chain, key, provider).context("certificate and key do not fit")?;
    Ok(certified)
}
