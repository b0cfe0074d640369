//! The house as commands see it: opened for one command, administered by the operator.

use super::output::Output;
use crate::config::Config;
use crate::wiring::{Errand, House};
use anyhow::{Context, Result};
use clap::Args;
use hospes_idp::admin::{Admin, AdminError, Caller};
use hospes_idp::email::EmailAddress;
use hospes_idp::guest::user::User;
use hospes_idp::ids::UserId;
use hospes_idp::ports::{Page, PageRequest, UserQuery};
use hospes_idp::tenant::Tenant;
use hospes_idp::{Ctx, Idp};
use hospes_protocol::claims::UserType;
use hospes_protocol::names::Secret;
use serde::Serialize;
use std::io::Read;
use std::path::Path;

/// Items read at once.
const PAGE: u32 = 200;

/// Which tenant a command is about.
#[derive(Args, Clone, Debug)]
pub(super) struct At {
    /// The tenant's name in URLs.
    #[arg(long, value_name = "SLUG")]
    pub(super) tenant: String,
}

/// How much of a list.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Range {
    /// At most this many; all without it.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
}

/// The house, and how to print.
pub(super) struct Office {
    house: House,
    pub(super) ctx: Ctx,
    output: Output,
}

impl Office {
    pub(super) async fn open(config: &Config, output: Output, errand: Errand) -> Result<Self> {
        let house = House::open_for_cli(config, errand).await?;
        let ctx = (house.app.make_ctx)(None);
        Ok(Self { house, ctx, output })
    }

    pub(super) async fn close(self) {
        self.house.close().await;
    }

    pub(super) fn idp(&self) -> &Idp {
        &self.house.app.idp
    }

    pub(super) async fn tenant(&self, slug: &str) -> Result<Tenant> {
        let found = self.idp().tenant_for_operator(&Caller::Operator, slug).await;
        found.with_context(|| format!("tenant {slug}"))
    }

    pub(super) fn admin<'a>(&'a self, tenant: &'a Tenant) -> Result<Admin<'a>> {
        Ok(self.idp().admin(&self.ctx, tenant, &Caller::Operator)?)
    }

    /// Prints one document.
    pub(super) fn show(&self, document: &impl Serialize) -> Result<()> {
        println!("{}", self.output.one(document)?);
        Ok(())
    }

    /// Prints a list of documents.
    pub(super) fn show_all<T: Serialize>(&self, items: &[T], columns: &[&str]) -> Result<()> {
        println!("{}", self.output.list(items, columns)?);
        Ok(())
    }

    /// Says what was done, to people; scripts see the exit code.
    pub(super) fn say(&self, sentence: &str) {
        if self.output == Output::Text {
            println!("{sentence}");
        }
    }
}

/// All items of a list, or the first ones, read page by page.
pub(super) async fn all<T, D: From<T>>(
    range: Range,
    mut page: impl AsyncFnMut(PageRequest) -> Result<Page<T>, AdminError>,
) -> Result<Vec<D>> {
    let limit = range.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let found = page(PageRequest { after, size: PAGE }).await?;
        items.extend(found.items.into_iter().map(D::from));
        after = found.next;
        if after.is_none() || items.len() >= limit {
            items.truncate(limit);
            return Ok(items);
        }
    }
}

/// A person of this type, by identifier or address.
pub(super) async fn person(admin: &Admin<'_>, user_type: UserType, named: &str) -> Result<User> {
    let found = Some(somebody(admin, named).await?).filter(|user| user.user_type == user_type);
    found.ok_or(AdminError::NotFound).with_context(|| named.to_owned())
}

/// A person, by identifier or address.
pub(super) async fn somebody(admin: &Admin<'_>, named: &str) -> Result<User> {
    let found = match (UserId::parse(named), EmailAddress::parse(named)) {
        (Some(id), _) => Some(admin.user(id).await?),
        (None, Ok(email)) => {
            let query = UserQuery::with_email(&email);
            admin.users(&query, PageRequest { after: None, size: 1 }).await?.items.pop()
        }
        (None, Err(_)) => None,
    };
    found.ok_or(AdminError::NotFound).with_context(|| named.to_owned())
}

/// A secret from a file, or from standard input for `-`; never from an argument, which other users of the machine see.
pub(super) fn read_secret(path: &Path) -> Result<Secret> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// Everything a document cannot be read for, as the refusal it is.
pub(super) fn refused(problems: Vec<String>) -> AdminError {
    AdminError::Invalid(problems)
}
