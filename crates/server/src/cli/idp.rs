//! `hospes idp`: home IdPs of a tenant.

use super::office::{At, Office, Range, all, read_secret, refused};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use hospes_idp::admin::{Admin, AdminError};
use hospes_idp::federation::home_idp as domain;
use hospes_idp::ids::HomeIdpId;
use hospes_web::api::{
    Attribute, AuthMethod, EmailTrust, HomeDomain, HomeIdp, HomeIdpBody, SignatureAlgorithm, Status,
};
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Register a home IdP after its discovery document was read, and print the redirect URI to register there.
    Create {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// List home IdPs.
    List {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        range: Range,
    },
    /// Show a home IdP.
    Show(One),
    /// Change what is named; lists are replaced as a whole, an unnamed secret stays.
    Update {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Refuse sign-ins through it, also those in progress.
    Disable(One),
    /// Take it back into use.
    Enable(One),
    /// Delete it with its links; its guests stay.
    Delete(One),
}

/// Which home IdP.
#[derive(Args, Debug)]
pub(super) struct One {
    #[command(flatten)]
    at: At,
    /// Its identifier.
    id: String,
}

#[derive(Args, Debug, Default)]
pub(super) struct Settings {
    /// Shown to people.
    #[arg(long)]
    name: Option<String>,
    /// Byte for byte as its discovery document has it.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Who we are there.
    #[arg(long)]
    client_id: Option<String>,
    /// `client_secret_basic`, `client_secret_post` or `none`.
    #[arg(long)]
    auth_method: Option<AuthMethod>,
    /// A file with our secret there; - for standard input.
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// What we ask for; several are allowed, as for the other lists.
    #[arg(long)]
    scope: Vec<String>,
    /// A domain whose people sign in there.
    #[arg(long)]
    domain: Vec<String>,
    /// As --domain; what it says about mailboxes of the domain is proof.
    #[arg(long, value_name = "DOMAIN")]
    authoritative_domain: Vec<String>,
    /// `verifiedOnly`, `verifiedOrAbsent` or `never`.
    #[arg(long)]
    email_trust: Option<EmailTrust>,
    /// Where an attribute comes from, such as `givenName=first_name`.
    #[arg(long, value_name = "ATTRIBUTE=CLAIM")]
    claim: Vec<String>,
    /// What its ID tokens may be signed with.
    #[arg(long)]
    algorithm: Vec<SignatureAlgorithm>,
}

impl Settings {
    fn create(self) -> Result<HomeIdpBody> {
        let required = json!({"displayName": "", "issuer": "", "clientId": ""});
        self.apply(serde_json::from_value(required)?)
    }

    fn apply(self, mut body: HomeIdpBody) -> Result<HomeIdpBody> {
        body.display_name = self.name.unwrap_or(body.display_name);
        body.issuer = self.issuer.unwrap_or(body.issuer);
        body.client_id = self.client_id.unwrap_or(body.client_id);
        body.auth_method = self.auth_method.unwrap_or(body.auth_method);
        body.client_secret = self.client_secret_file.as_deref().map(read_secret).transpose()?;
        body.email_trust = self.email_trust.unwrap_or(body.email_trust);
        if !self.scope.is_empty() {
            body.scopes = self.scope;
        }
        if !self.algorithm.is_empty() {
            body.algorithms = self.algorithm;
        }
        let homes = |domains: Vec<String>, authoritative| {
            domains.into_iter().map(move |domain| HomeDomain { domain, authoritative })
        };
        let domains: Vec<_> =
            homes(self.domain, false).chain(homes(self.authoritative_domain, true)).collect();
        if !domains.is_empty() {
            body.domains = domains;
        }
        if !self.claim.is_empty() {
            body.claim_map = self.claim.iter().map(|text| claim(text)).collect::<Result<_, _>>()?;
        }
        Ok(body)
    }
}

fn claim(text: &str) -> Result<(Attribute, String), AdminError> {
    let parsed = text.split_once('=').and_then(|(name, claim)| Some((name.parse().ok()?, claim.to_owned())));
    parsed.ok_or_else(|| refused(vec![format!("{text:?} must be ATTRIBUTE=CLAIM")]))
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { at, settings } => {
            let settings = settings.create()?.settings().map_err(refused)?;
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            office.show(&document(&admin, admin.create_home_idp(settings).await?))
        }
        Verb::List { at, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let found: Vec<domain::HomeIdp> = all(range, async |page| admin.home_idps(page).await).await?;
            let found: Vec<HomeIdp> = found.into_iter().map(|home_idp| document(&admin, home_idp)).collect();
            office.show_all(&found, &["id", "displayName", "status", "issuer"])
        }
        Verb::Show(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let admin = office.admin(&tenant)?;
            office.show(&document(&admin, find(&admin, &one.id).await?))
        }
        Verb::Update { one, settings } => update(office, &one, *settings, None).await,
        Verb::Disable(one) => update(office, &one, Settings::default(), Some(Status::Disabled)).await,
        Verb::Enable(one) => update(office, &one, Settings::default(), Some(Status::Enabled)).await,
        Verb::Delete(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let found = find(&admin, &one.id).await?;
            admin.delete_home_idp(found.id, Some(found.version)).await?;
            office.say(&format!("Home IdP {} is deleted.", one.id));
            Ok(())
        }
    }
}

async fn update(office: &Office, one: &One, settings: Settings, status: Option<Status>) -> Result<()> {
    let tenant = office.tenant(&one.at.tenant).await?;
    let admin = office.admin(&tenant)?;
    let before = find(&admin, &one.id).await?;
    let (id, version) = (before.id, before.version);
    let mut body = settings.apply(before.into())?;
    body.status = status.unwrap_or(body.status);
    let settings = body.settings().map_err(refused)?;
    office.show(&document(&admin, admin.update_home_idp(id, settings, Some(version)).await?))
}

async fn find(admin: &Admin<'_>, id: &str) -> Result<domain::HomeIdp> {
    let found = match HomeIdpId::parse(id) {
        Some(id) => admin.home_idp(id).await,
        None => Err(AdminError::NotFound),
    };
    found.with_context(|| id.to_owned())
}

fn document(admin: &Admin<'_>, home_idp: domain::HomeIdp) -> HomeIdp {
    let addresses = admin.addresses(home_idp.id);
    HomeIdp::of(home_idp, addresses)
}
