//! `hospes keys`: signing keys of a tenant.

use super::office::{At, Office};
use anyhow::{Context, Result};
use clap::Subcommand;
use hospes_idp::admin::keys::ListedKey;
use hospes_web::api::{Key, SignatureAlgorithm};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// List keys, oldest first.
    List(At),
    /// Add a key, the first of its algorithm or the next one. It signs when everybody has had time to learn of it.
    Add {
        #[command(flatten)]
        at: At,
        /// RS256, PS256, ES256 or `EdDSA`.
        #[arg(long)]
        algorithm: SignatureAlgorithm,
    },
    /// Add the next key of each algorithm, ahead of the schedule; the ones before verify until all they signed expired.
    Rotate(At),
    /// Take a key away at once, with every token it signed; another one signs from now on.
    Revoke {
        #[command(flatten)]
        at: At,
        /// The `keyId` that `keys list` shows.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::List(at) => {
            let tenant = office.tenant(&at.tenant).await?;
            show(office, office.admin(&tenant)?.signing_keys().await?)
        }
        Verb::Add { at, algorithm } => {
            let tenant = office.tenant(&at.tenant).await?;
            let key = office.admin(&tenant)?.add_signing_key(algorithm.into()).await?;
            office.show(&Key::from(key))
        }
        Verb::Rotate(at) => {
            let tenant = office.tenant(&at.tenant).await?;
            show(office, office.admin(&tenant)?.rotate_signing_keys().await?)
        }
        Verb::Revoke { at, id } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            admin.revoke_signing_key(&id).await.with_context(|| format!("key {id}"))?;
            show(office, admin.signing_keys().await?)
        }
    }
}

fn show(office: &Office, keys: Vec<ListedKey>) -> Result<()> {
    let keys: Vec<Key> = keys.into_iter().map(Key::from).collect();
    office.show_all(&keys, &["keyId", "algorithm", "state", "createdAt", "signsFrom", "removedAfter"])
}
