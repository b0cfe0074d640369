//! Rotating signing keys: each is published before it signs, signs until the next one takes over, verifies until the
//! last it signed has expired, and goes. What is due follows from the keys and the time; nothing is remembered beside
//! them, so a job that was stopped for a year goes on where it stands and takes nothing away that is still needed.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::keyring::KeyringError;
use crate::model::signing_key::{SigningKey, newest};
use crate::model::tenant::Tenant;
use crate::ports::{Change, ChangeError, Key, Kind, Unavailable};
use crate::published::MAX_AGE;
use crate::upkeep::Tally;
use bytes::Bytes;
use hospes_protocol::jose::Algorithm;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How long a key is published before it signs: a cache in the middle and the application's own behind it may each
/// hold the set for as long as it says, and clocks differ.
const LEAD: SignedDuration = SignedDuration::from_secs(2 * MAX_AGE as i64 + 300);
/// Of several nodes one makes the next key; the others see it long before this is over.
const LEASE: Duration = Duration::from_mins(1);

/// Why keys were not rotated; what is due stays due.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// A key cannot be made.
    #[error(transparent)]
    Key(#[from] KeyringError),
    /// The directory did not take the change.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Due {
    make: Vec<Algorithm>,
    remove: Vec<String>,
}

/// When a key made now begins to sign.
pub(crate) fn first_use(now: Timestamp) -> Timestamp {
    now.saturating_add(LEAD).unwrap_or(now)
}

fn due(keys: &[SigningKey], now: Timestamp, rotate_after: SignedDuration) -> Due {
    let is_due = |algorithm: &Algorithm| match newest(keys, *algorithm) {
        None => Algorithm::USUAL.contains(algorithm),
        Some(key) => key.signs_from().saturating_add(rotate_after).is_ok_and(|ends| ends <= first_use(now)),
    };
    let is_over = |key: &&SigningKey| key.ends_at(keys).is_some_and(|end| end <= now);
    Due {
        make: Algorithm::SIGNING.into_iter().filter(is_due).collect(),
        remove: keys.iter().filter(is_over).map(|key| key.key_id.clone()).collect(),
    }
}

impl Idp {
    /// Makes the keys that are due and removes those that are over, in all tenants. Returns how many keys came or went.
    pub async fn rotate_keys(&self, ctx: &Ctx) -> Result<u64, RotationError> {
        let mut changed = Tally::new();
        for tenant in self.every_tenant().await? {
            changed.add(&tenant, self.rotate_keys_of(ctx, &tenant).await);
        }
        changed.total()
    }

    async fn rotate_keys_of(&self, ctx: &Ctx, tenant: &Tenant) -> Result<u64, RotationError> {
        let keys = self.directory.signing_keys(tenant.id).await?;
        let rotate_after = SignedDuration::from_secs(i64::from(tenant.settings.options.keys.rotate_after));
        let due = due(&keys, ctx.now, rotate_after);
        // For these keys: whoever sees others has other work.
        let ids: Vec<&str> = keys.iter().map(|key| key.key_id.as_str()).collect();
        let lease = Key::new(tenant.id, Kind::Lease, format!("keys {}", ids.join(" ")));
        if due == Due::default() || !self.sessions.put_new(&lease, Bytes::from_static(b"1"), LEASE).await? {
            return Ok(0);
        }
        let event = |kind| AuditEvent::new(ctx, tenant.id, kind, Actor::System);
        let mut changed = 0;
        for algorithm in due.make {
            let key = self.keyring.make(ctx, tenant.id, (algorithm, first_use(ctx.now))).await?;
            let event = event(AuditKind::KeyCreated).target(&key.key_id);
            self.apply(Change::InsertSigningKey(key), event).await?;
            changed += 1;
        }
        for key_id in due.remove {
            let event = event(AuditKind::KeyRemoved).target(&key_id);
            let removal = Change::RemoveSigningKey { tenant: tenant.id, key_id, successor: None };
            match self.apply(removal, event).await {
                Ok(()) => changed += 1,
                Err(ChangeError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::model::signing_key::{KeyState, signing};
    use crate::vault::Sealed;

    const QUARTER: SignedDuration = SignedDuration::from_hours(90 * 24);

    fn key(algorithm: Algorithm, id: &str, signs_for: SignedDuration) -> SigningKey {
        SigningKey {
            tenant: fixture::tenant().id,
            key_id: id.to_owned(),
            algorithm,
            public: serde_json::Map::new(),
            private: Sealed(Vec::new()),
            created_at: fixture::now() - signs_for - LEAD,
            signs_from: Some(fixture::now() - signs_for),
        }
    }

    fn others() -> Vec<SigningKey> {
        [Algorithm::RS256, Algorithm::EdDSA]
            .map(|other| key(other, other.as_str(), SignedDuration::ZERO))
            .into()
    }

    #[test]
    fn key_01_what_is_due_follows_from_the_keys_and_the_time() {
        let hours = SignedDuration::from_hours;
        let rows: [(&[i64], &[Algorithm], &[&str]); 8] = [
            (&[], &[Algorithm::ES256], &[]),
            (&[0], &[], &[]),
            (&[90 * 24 - 1], &[], &[]),
            (&[90 * 24], &[Algorithm::ES256], &[]),
            (&[400 * 24], &[Algorithm::ES256], &[]),
            (&[90 * 24, 24], &[], &[]),
            (&[90 * 24, 25], &[], &["0"]),
            (&[400 * 24, 200 * 24, 0], &[], &["0"]),
        ];
        for (ages, make, remove) in rows {
            let ours = ages.iter().enumerate();
            let ours = ours.map(|(id, age)| key(Algorithm::ES256, &id.to_string(), hours(*age)));
            let keys: Vec<_> = ours.chain(others()).collect();
            let due = due(&keys, fixture::now(), QUARTER);
            assert_eq!(
                (due.make.as_slice(), due.remove),
                (make, remove.iter().map(ToString::to_string).collect()),
                "{ages:?}"
            );
        }
    }

    #[test]
    fn key_01_a_key_that_waits_is_enough_and_signs_nothing_yet() {
        let mut keys = others();
        keys.push(key(Algorithm::ES256, "now", QUARTER));
        keys.push(key(Algorithm::ES256, "next", -LEAD));
        assert_eq!(due(&keys, fixture::now(), QUARTER), Due::default());
        let current = signing(&keys, Algorithm::ES256, fixture::now()).unwrap();
        assert_eq!(current.key_id, "now");
        let states = |now| keys.iter().skip(2).map(|key| key.state(&keys, now)).collect::<Vec<_>>();
        assert_eq!(states(fixture::now()), [KeyState::Signing, KeyState::Upcoming]);
        assert_eq!(states(first_use(fixture::now())), [KeyState::Verifying, KeyState::Signing]);
    }

    #[test]
    fn key_01_an_algorithm_that_was_added_rotates_too_and_no_other_is_made() {
        let mut keys = others();
        keys.push(key(Algorithm::ES256, "ec", SignedDuration::ZERO));
        assert_eq!(due(&keys, fixture::now(), QUARTER).make, []);
        keys.push(key(Algorithm::PS256, "ps", QUARTER));
        assert_eq!(due(&keys, fixture::now(), QUARTER).make, [Algorithm::PS256]);
    }

    #[test]
    fn key_12_a_job_that_stood_still_takes_nothing_away_that_is_needed() {
        let mut keys = others();
        keys.push(key(Algorithm::ES256, "old", QUARTER * 8));
        keys.push(key(Algorithm::ES256, "current", QUARTER * 7));
        let much_later = fixture::now() + QUARTER * 40;
        let due = due(&keys, much_later, QUARTER);
        assert_eq!(due.remove, ["old"], "the only key of an algorithm stays, however old");
        assert_eq!(due.make, Algorithm::USUAL);
    }
}
