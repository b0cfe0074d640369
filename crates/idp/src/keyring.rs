//! Signing keys of tenants, opened and parsed once, shared until they change.

use crate::Ctx;
use crate::ids::TenantId;
use crate::model::signing_key;
use crate::model::tenant::SigningKey;
use crate::ports::{Directory, Unavailable};
use crate::published::Published;
use crate::vault::{Purpose, Sealed, Vault};
use hospes_protocol::jose::{Algorithm, JoseError, Signer, SigningKeyPair, VerifyingKeys};
use jiff::Timestamp;
use moka::sync::Cache;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long the opened keys of a tenant nobody asks for are kept.
const IDLE: Duration = Duration::from_hours(1);

/// What one tenant signs and verifies with.
#[derive(Debug)]
pub struct TenantKeys {
    stored: Arc<Vec<SigningKey>>,
    signers: Vec<Signer>,
    /// Verifies what the tenant signed.
    pub verifying: VerifyingKeys,
    /// The published key set, rendered once.
    pub jwks: Published,
}

impl TenantKeys {
    /// The key that signs with an algorithm now.
    pub fn signer(&self, algorithm: Algorithm, now: Timestamp) -> Result<&Signer, JoseError> {
        let current = signing_key::signing(&self.stored, algorithm, now);
        let signer = current.and_then(|key| self.signers.iter().find(|signer| signer.key_id == key.key_id));
        signer.ok_or_else(|| JoseError::Key(format!("the tenant does not sign with {}", algorithm.as_str())))
    }

    /// What the tenant signs with now.
    pub fn algorithms(&self, now: Timestamp) -> Vec<Algorithm> {
        let signs = |algorithm: &Algorithm| signing_key::signing(&self.stored, *algorithm, now).is_some();
        Algorithm::SIGNING.into_iter().filter(signs).collect()
    }

    fn open(stored: Arc<Vec<SigningKey>>, vault: &Vault) -> Result<Self, JoseError> {
        let unsealed = |key: &SigningKey| {
            let context = context(key.tenant, &key.key_id);
            let der = vault.open(Purpose::SigningKey, &context, &key.private);
            let der = der.map_err(|_| {
                JoseError::Key("a signing key does not open under this key-encryption key".into())
            })?;
            Signer::open(key.algorithm, &key.key_id, &der)
        };
        let jwks = json!({"keys": stored.iter().map(|key| &key.public).collect::<Vec<_>>()}).to_string();
        Ok(Self {
            signers: stored.iter().map(unsealed).collect::<Result<_, _>>()?,
            verifying: VerifyingKeys::parse(jwks.as_bytes())
                .map_err(|cause| JoseError::Key(cause.to_string()))?,
            jwks: Published::new(jwks.into_bytes()),
            stored,
        })
    }

    /// Whether these are the keys the directory has. Nothing about a key changes but when it begins to sign.
    fn are(&self, stored: &Arc<Vec<SigningKey>>) -> bool {
        let same = |(a, b): (&SigningKey, &SigningKey)| a.key_id == b.key_id && a.signs_from == b.signs_from;
        Arc::ptr_eq(&self.stored, stored)
            || self.stored.len() == stored.len() && self.stored.iter().zip(stored.iter()).all(same)
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
        let cache = Cache::builder().max_capacity(10_000).time_to_idle(IDLE).build();
        Self { directory, vault, cache }
    }

    /// The keys of a tenant, as new as the directory's: it is asked every time, and answers from memory for a second.
    pub async fn of(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, KeyringError> {
        let stored = self.directory.signing_keys(tenant).await?;
        if let Some(keys) = self.cache.get(&tenant).filter(|keys| keys.are(&stored)) {
            return Ok(keys);
        }
        let keys = Arc::new(TenantKeys::open(stored, &self.vault)?);
        self.cache.insert(tenant, keys.clone());
        Ok(keys)
    }

    /// As [`generate`]. RSA takes its time, so no request waits on this thread.
    pub async fn make(
        &self,
        ctx: &Ctx,
        tenant: TenantId,
        what: (Algorithm, Timestamp),
    ) -> Result<SigningKey, KeyringError> {
        let (ctx, vault) = (ctx.clone(), self.vault.clone());
        let made = tokio::task::spawn_blocking(move || generate(&ctx, &vault, tenant, what)).await;
        Ok(made.map_err(|cause| JoseError::Key(cause.to_string()))??)
    }
}

/// Makes a key for a tenant that signs from then on, and seals its private half.
pub fn generate(
    ctx: &Ctx,
    vault: &Vault,
    tenant: TenantId,
    (algorithm, signs_from): (Algorithm, Timestamp),
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
        signs_from: Some(signs_from),
    })
}

fn context(tenant: TenantId, key_id: &str) -> Vec<u8> {
    [tenant.0.as_bytes().as_slice(), key_id.as_bytes()].concat()
}
