//! Signing keys of tenants, opened and parsed once, shared until they change.

use crate::Ctx;
use crate::ids::TenantId;
use crate::model::tenant::SigningKey;
use crate::ports::{Directory, Unavailable};
use crate::published::Published;
use crate::vault::{Purpose, Sealed, Vault};
use hospes_protocol::jose::{Algorithm, JoseError, Signer, SigningKeyPair, VerifyingKeys};
use moka::sync::Cache;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long another node may sign with keys this one has not read yet.
const REREAD: Duration = Duration::from_secs(30);

/// What one tenant signs and verifies with.
#[derive(Debug)]
pub struct TenantKeys {
    signers: Vec<Signer>,
    /// Verifies what the tenant signed.
    pub verifying: VerifyingKeys,
    /// The published key set, rendered once.
    pub jwks: Published,
}

impl TenantKeys {
    /// The newest key of an algorithm.
    pub fn signer(&self, algorithm: Algorithm) -> Result<&Signer, JoseError> {
        let newest = self.signers.iter().rev().find(|signer| signer.algorithm == algorithm);
        newest.ok_or_else(|| JoseError::Key(format!("the tenant has no {} key", algorithm.as_str())))
    }

    fn open(keys: &[SigningKey], vault: &Vault) -> Result<Self, JoseError> {
        let unsealed = |key: &SigningKey| {
            let context = context(key.tenant, &key.key_id);
            let der = vault.open(Purpose::SigningKey, &context, &key.private);
            let der = der.map_err(|_| {
                JoseError::Key("a signing key does not open under this key-encryption key".into())
            })?;
            Signer::open(key.algorithm, &key.key_id, &der)
        };
        let jwks = json!({"keys": keys.iter().map(|key| &key.public).collect::<Vec<_>>()}).to_string();
        Ok(Self {
            signers: keys.iter().map(unsealed).collect::<Result<_, _>>()?,
            verifying: VerifyingKeys::parse(jwks.as_bytes())
                .map_err(|cause| JoseError::Key(cause.to_string()))?,
            jwks: Published::new(jwks.into_bytes()),
        })
    }
}

/// Opened keys by tenant.
pub struct Keyring {
    directory: Arc<dyn Directory>,
    vault: Arc<Vault>,
    cache: Cache<TenantId, Arc<TenantKeys>>,
}

/// Why a tenant's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The directory does not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The keys do not open or parse.
    #[error(transparent)]
    Jose(#[from] JoseError),
}

impl From<KeyringError> for crate::error::PageError {
    fn from(cause: KeyringError) -> Self {
        match cause {
            KeyringError::Unavailable(cause) => cause.into(),
            KeyringError::Jose(cause) => cause.into(),
        }
    }
}

impl From<KeyringError> for hospes_protocol::OAuthError {
    fn from(cause: KeyringError) -> Self {
        match cause {
            KeyringError::Unavailable(cause) => cause.into(),
            KeyringError::Jose(cause) => {
                Self::server_error("the keys of the tenant cannot be used").because(cause)
            }
        }
    }
}

impl Keyring {
    /// A keyring over the directory's sealed keys.
    pub fn new(directory: Arc<dyn Directory>, vault: Arc<Vault>) -> Self {
        let cache = Cache::builder().max_capacity(10_000).time_to_live(REREAD).build();
        Self { directory, vault, cache }
    }

    /// The keys of a tenant.
    pub async fn of(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, KeyringError> {
        if let Some(keys) = self.cache.get(&tenant) {
            return Ok(keys);
        }
        let stored = self.directory.signing_keys(tenant).await?;
        let keys = Arc::new(TenantKeys::open(&stored, &self.vault)?);
        self.cache.insert(tenant, keys.clone());
        Ok(keys)
    }

    /// Reads the keys of a tenant again at the next use.
    pub fn forget(&self, tenant: TenantId) {
        self.cache.invalidate(&tenant);
    }
}

/// Makes a key for a tenant and seals its private half.
pub fn generate(
    ctx: &Ctx,
    vault: &Vault,
    tenant: TenantId,
    algorithm: Algorithm,
) -> Result<SigningKey, JoseError> {
    let pair = SigningKeyPair::generate(algorithm)?;
    let private: Sealed =
        vault.seal(ctx, Purpose::SigningKey, &context(tenant, &pair.key_id), &pair.private_der);
    Ok(SigningKey {
        tenant,
        key_id: pair.key_id,
        algorithm,
        public: pair.public,
        private,
        created_at: ctx.now,
    })
}

fn context(tenant: TenantId, key_id: &str) -> Vec<u8> {
    [tenant.0.as_bytes().as_slice(), key_id.as_bytes()].concat()
}
