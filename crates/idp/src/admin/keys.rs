//! Signing keys: who sees them, makes the next one early, or takes one away at once.

use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::keyring::KeyringError;
use crate::model::signing_key::{KeyState, SigningKey, newest, signing};
use crate::ports::Change;
use crate::rotation::first_use;
use hospes_protocol::jose::Algorithm;
use jiff::Timestamp;

/// A signing key with what it is for now. Its private half is of no use to anybody.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The key.
    pub key: SigningKey,
    /// What it is for.
    pub state: KeyState,
    /// When it is removed, once another one follows it.
    pub ends_at: Option<Timestamp>,
}

impl Admin<'_> {
    /// Its keys, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<ListedKey>, AdminError> {
        let all = self.idp.directory.signing_keys(self.tenant.id).await?;
        let listed = |key: &SigningKey| ListedKey {
            key: key.clone(),
            state: key.state(&all, self.ctx.now),
            ends_at: key.ends_at(&all),
        };
        Ok(all.iter().map(listed).collect())
    }

    /// Adds a key, the first of its algorithm or the next one. It is published now and signs when everybody knows it.
    pub async fn add_signing_key(&self, algorithm: Algorithm) -> Result<ListedKey, AdminError> {
        let all = self.idp.directory.signing_keys(self.tenant.id).await?;
        self.refuse_second(&all, algorithm)?;
        self.add_next(algorithm).await
    }

    /// Adds the next key of each algorithm there is a key of.
    pub async fn rotate_signing_keys(&self) -> Result<Vec<ListedKey>, AdminError> {
        let all = self.idp.directory.signing_keys(self.tenant.id).await?;
        let has_key = |algorithm: &Algorithm| newest(&all, *algorithm).is_some();
        let algorithms: Vec<_> = Algorithm::SIGNING.into_iter().filter(has_key).collect();
        algorithms.iter().try_for_each(|algorithm| self.refuse_second(&all, *algorithm))?;
        let mut made = Vec::with_capacity(algorithms.len());
        for algorithm in algorithms {
            made.push(self.add_next(algorithm).await?);
        }
        Ok(made)
    }

    /// Takes a key away at once, with every token it signed. If it was signing, the key that waited, or a new one, signs
    /// from now on: unknown to whoever cached the key set, which is the price of not waiting.
    pub async fn revoke_signing_key(&self, key_id: &str) -> Result<(), AdminError> {
        let all = self.idp.directory.signing_keys(self.tenant.id).await?;
        let key = all.iter().find(|key| key.key_id == key_id).ok_or(AdminError::NotFound)?;
        let successor = if key.state(&all, self.ctx.now) == KeyState::Signing {
            let now = self.ctx.now;
            let waits = newest(&all, key.algorithm).filter(|next| next.signs_from() > now);
            Some(match waits {
                Some(next) => SigningKey { signs_from: Some(now), ..next.clone() },
                None => self.make(key.algorithm, now).await?,
            })
        } else {
            None
        };
        let event = self.event(AuditKind::KeyRevoked).target(key_id);
        let key_id = key_id.to_owned();
        let change = Change::RemoveSigningKey { tenant: self.tenant.id, key_id, successor };
        Ok(self.idp.apply(change, event).await?)
    }

    /// Refuses what asks for a signature the tenant does not make yet, and says when it will.
    pub(super) async fn can_sign(&self, asked: &[(&str, Algorithm)]) -> Result<(), AdminError> {
        let all = self.idp.directory.signing_keys(self.tenant.id).await?;
        let problem = |(member, algorithm): &(&str, Algorithm)| {
            let name = algorithm.as_str();
            match (signing(&all, *algorithm, self.ctx.now), newest(&all, *algorithm)) {
                (Some(_), _) => None,
                (None, Some(next)) => {
                    Some(format!("{member}: the tenant signs with {name} from {} on", next.signs_from()))
                }
                (None, None) => Some(format!("{member}: the tenant has no {name} key")),
            }
        };
        let problems: Vec<_> = asked.iter().filter_map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(AdminError::Invalid(problems)) }
    }

    /// Whoever asks twice wants one key.
    fn refuse_second(&self, all: &[SigningKey], algorithm: Algorithm) -> Result<(), AdminError> {
        match newest(all, algorithm).filter(|key| key.signs_from() > self.ctx.now) {
            None => Ok(()),
            Some(next) => {
                let (name, from) = (algorithm.as_str(), next.signs_from());
                Err(AdminError::invalid(format!(
                    "the next {name} key waits already and signs from {from} on"
                )))
            }
        }
    }

    async fn add_next(&self, algorithm: Algorithm) -> Result<ListedKey, AdminError> {
        let key = self.make(algorithm, first_use(self.ctx.now)).await?;
        let event = self.event(AuditKind::KeyCreated).target(&key.key_id);
        self.idp.apply(Change::InsertSigningKey(key.clone()), event).await?;
        Ok(ListedKey { key, state: KeyState::Upcoming, ends_at: None })
    }

    async fn make(&self, algorithm: Algorithm, signs_from: Timestamp) -> Result<SigningKey, AdminError> {
        let made = self.idp.keyring.make(self.ctx, self.tenant.id, (algorithm, signs_from)).await;
        made.map_err(|cause| match cause {
            KeyringError::Unavailable(cause) => cause.into(),
            KeyringError::Jose(cause) => AdminError::invalid(cause.to_string()),
        })
    }
}
