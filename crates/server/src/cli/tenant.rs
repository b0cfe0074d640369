//! `hospes tenant`: making tenants and setting their rules.

use super::office::{Office, Range, all, refused};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use hospes_idp::admin::Caller;
use hospes_idp::admin::tenants::{NewTenant, TenantPatch};
use hospes_idp::tenant::{self as domain, Status, TenantSettings};
use hospes_web::api::{SettingsPatch, Tenant};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Make a tenant and print the link that sets up its first administrator: it works once, for one hour.
    Create {
        /// In URLs, for good.
        slug: String,
        /// Shown to people.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        rules: Rules,
    },
    /// List tenants.
    List(Range),
    /// Show a tenant and its rules.
    Show { slug: String },
    /// Change name and rules.
    Update {
        slug: String,
        /// Shown to people.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        rules: Rules,
    },
    /// Answer as if the tenant did not exist.
    Disable { slug: String },
    /// Take a disabled tenant back into use.
    Enable { slug: String },
    /// Print a new link that sets up an administrator.
    SetUp { slug: String },
}

impl Verb {
    pub(super) const fn needs_sessions(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::SetUp { .. })
    }
}

#[derive(Args, Debug)]
pub(super) struct Rules {
    /// A rule, such as `invitationLifetime=86400`; lists are JSON. Names as in `hospes tenant show`.
    #[arg(long = "set", value_name = "RULE=VALUE")]
    set: Vec<String>,
}

impl Rules {
    /// The rules after the change.
    fn apply(&self, settings: TenantSettings) -> Result<TenantSettings> {
        let mut members = Map::new();
        for rule in &self.set {
            let invalid = || refused(vec![format!("{rule:?} must be RULE=VALUE")]);
            let (name, value) = rule.split_once('=').ok_or_else(invalid)?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            members.insert(name.to_owned(), value);
        }
        let patch: SettingsPatch = serde_json::from_value(Value::Object(members))
            .map_err(|error| refused(vec![error.to_string()]))?;
        Ok(patch.apply(settings).map_err(refused)?)
    }
}

/// A tenant with the way in for its first administrator.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithLink {
    #[serde(flatten)]
    tenant: Tenant,
    /// Works once, for one hour.
    set_up_link: String,
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { slug, name, rules } => {
            let settings = rules.apply(TenantSettings::default())?;
            let new = NewTenant { slug, display_name: name, settings };
            let tenant = office.idp().create_tenant(&office.ctx, &Caller::Operator, new).await?;
            show_with_link(office, tenant).await
        }
        Verb::List(range) => {
            let page = async |page| office.idp().tenants(&Caller::Operator, page).await;
            let tenants: Vec<domain::Tenant> = all(range, page).await?;
            let tenants: Vec<Tenant> = tenants.into_iter().map(|tenant| document(office, tenant)).collect();
            office.show_all(&tenants, &["slug", "displayName", "status", "issuer"])
        }
        Verb::Show { slug } => office.show(&document(office, office.tenant(&slug).await?)),
        Verb::Update { slug, name, rules } => {
            let settings = rules.apply(office.tenant(&slug).await?.settings)?;
            let patch = TenantPatch { display_name: name, settings: Some(settings), status: None };
            update(office, &slug, patch).await
        }
        Verb::Disable { slug } => update(office, &slug, status(Status::Disabled)).await,
        Verb::Enable { slug } => update(office, &slug, status(Status::Enabled)).await,
        Verb::SetUp { slug } => show_with_link(office, office.tenant(&slug).await?).await,
    }
}

fn status(status: Status) -> TenantPatch {
    TenantPatch { status: Some(status), ..TenantPatch::default() }
}

async fn update(office: &Office, slug: &str, patch: TenantPatch) -> Result<()> {
    let tenant = office.tenant(slug).await?;
    let tenant = office.admin(&tenant)?.update_tenant(patch, None).await?;
    office.show(&document(office, tenant))
}

async fn show_with_link(office: &Office, tenant: domain::Tenant) -> Result<()> {
    let set_up_link = office.admin(&tenant)?.set_up_link().await.context("the set-up link cannot be made")?;
    office.show(&WithLink { tenant: document(office, tenant), set_up_link })?;
    office.say("The set-up link works once, for one hour. It is not shown again.");
    Ok(())
}

fn document(office: &Office, tenant: domain::Tenant) -> Tenant {
    let issuer = office.idp().issuer(&tenant).to_string();
    Tenant::of(tenant, issuer)
}
