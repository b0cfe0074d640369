//! `hospes keys`: signing keys of a tenant.

use super::office::{At, Office};
use anyhow::Result;
use clap::Subcommand;
use hospes_web::api::{Key, SignatureAlgorithm};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// List keys, oldest first; the newest of an algorithm signs.
    List(At),
    /// Make a key that signs from now on; older ones keep verifying.
    Rotate {
        #[command(flatten)]
        at: At,
        /// RS256 or ES256.
        #[arg(long, default_value = "RS256")]
        algorithm: SignatureAlgorithm,
    },
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::List(at) => {
            let tenant = office.tenant(&at.tenant).await?;
            let keys = office.admin(&tenant)?.signing_keys().await?;
            let keys: Vec<Key> = keys.into_iter().map(Key::from).collect();
            office.show_all(&keys, &["keyId", "algorithm", "createdAt"])
        }
        Verb::Rotate { at, algorithm } => {
            let tenant = office.tenant(&at.tenant).await?;
            let key = office.admin(&tenant)?.add_signing_key(algorithm.into()).await?;
            office.show(&Key::from(key))
        }
    }
}
