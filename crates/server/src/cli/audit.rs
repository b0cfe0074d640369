//! `hospes audit`: what happened.

use super::office::{At, Office, Range, all};
use anyhow::Result;
use clap::Subcommand;
use hospes_web::api::AuditEntry;

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// List entries, newest first.
    List {
        #[command(flatten)]
        at: At,
        /// Only those with the reference number of an error page.
        #[arg(long)]
        reference: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    let Verb::List { at, reference, limit } = verb;
    let tenant = office.tenant(&at.tenant).await?;
    let admin = office.admin(&tenant)?;
    let range = Range { limit: Some(limit) };
    let page = async |page| admin.audit(reference.as_deref(), page).await;
    let entries: Vec<AuditEntry> = all(range, page).await?;
    office.show_all(&entries, &["at", "kind", "actor", "target", "reason", "reference"])
}
