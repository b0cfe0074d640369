//! `hospes client`: the applications of a tenant.

use super::office::{At, Office, Range, all, refused};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use hospes_idp::admin::clients::ClientSettings;
use hospes_protocol::ClientId;
use hospes_web::api::{
    AuthMethod, Client, ClientBody, ClientWithSecret, ConsentRule, GrantType, SignatureAlgorithm, Status,
};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Register a client and print its secret, this once.
    Create {
        #[command(flatten)]
        at: At,
        /// Its identifier; a UUID if absent.
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// List clients.
    List {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        range: Range,
    },
    /// Show a client.
    Show {
        #[command(flatten)]
        at: At,
        id: String,
    },
    /// Change what is named; lists are replaced as a whole.
    Update {
        #[command(flatten)]
        at: At,
        id: String,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Make a new secret and print it, this once; the ones before work for another day.
    RotateSecret {
        #[command(flatten)]
        at: At,
        id: String,
    },
    /// Delete a client.
    Delete {
        #[command(flatten)]
        at: At,
        id: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct Settings {
    /// Shown to people.
    #[arg(long)]
    name: Option<String>,
    /// `client_secret_basic`, `client_secret_post`, `private_key_jwt`, `none`, or where the tenant allows it
    /// `client_secret_jwt`.
    #[arg(long)]
    auth_method: Option<AuthMethod>,
    /// Its public keys (a JWK set), for `private_key_jwt`.
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// Compared exactly; several are allowed, as for the other lists.
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// Compared exactly.
    #[arg(long, value_name = "URI")]
    post_logout_redirect_uri: Vec<String>,
    /// Where people start it; invitations may lead here.
    #[arg(long, value_name = "URL")]
    start_url: Option<String>,
    /// `authorization_code`, `refresh_token`, `client_credentials`.
    #[arg(long)]
    grant_type: Vec<GrantType>,
    /// What it may ask for on behalf of people.
    #[arg(long)]
    scope: Vec<String>,
    /// What it may do for itself: `User.Invite.All`, `Directory.ReadWrite.All`.
    #[arg(long)]
    permission: Vec<String>,
    /// Whether PKCE is required; always for public clients.
    #[arg(long)]
    require_pkce: Option<bool>,
    /// Whether only pushed authorization requests are taken.
    #[arg(long)]
    require_pushed_requests: Option<bool>,
    /// `preauthorized` or `ask`.
    #[arg(long)]
    consent: Option<ConsentRule>,
    /// What its ID tokens are signed with; the tenant must have a key for it.
    #[arg(long)]
    id_token_algorithm: Option<SignatureAlgorithm>,
    /// `aud` of its access tokens; the issuer if absent.
    #[arg(long)]
    audience: Option<String>,
    /// Everything rarely changed, as JSON: the member `options` that `client show` prints.
    #[arg(long, value_name = "FILE")]
    options_file: Option<PathBuf>,
    /// `enabled` or `disabled`.
    #[arg(long)]
    status: Option<Status>,
}

/// A list that was named replaces the one before.
fn list<T>(named: Vec<T>, before: Vec<T>) -> Vec<T> {
    if named.is_empty() { before } else { named }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let value = serde_json::from_str(&text);
    Ok(value.map_err(|error| refused(vec![format!("{}: {error}", path.display())]))?)
}

impl Settings {
    fn apply(self, before: ClientSettings) -> Result<ClientSettings> {
        let before = ClientBody::from(before);
        let body = ClientBody {
            client_id: None,
            display_name: self.name.unwrap_or(before.display_name),
            auth_method: self.auth_method.unwrap_or(before.auth_method),
            jwks: self.jwks_file.as_deref().map(json).transpose()?.or(before.jwks),
            redirect_uris: list(self.redirect_uri, before.redirect_uris),
            post_logout_redirect_uris: list(self.post_logout_redirect_uri, before.post_logout_redirect_uris),
            start_url: self.start_url.or(before.start_url),
            grant_types: list(self.grant_type, before.grant_types),
            scopes: list(self.scope, before.scopes),
            permissions: list(self.permission, before.permissions),
            require_pkce: self.require_pkce.unwrap_or(before.require_pkce),
            require_pushed_requests: self.require_pushed_requests.unwrap_or(before.require_pushed_requests),
            consent: self.consent.unwrap_or(before.consent),
            id_token_algorithm: self.id_token_algorithm.unwrap_or(before.id_token_algorithm),
            audience: self.audience.or(before.audience),
            options: self.options_file.as_deref().map(json).transpose()?.unwrap_or(before.options),
            status: self.status.unwrap_or(before.status),
        };
        Ok(body.settings().map_err(refused)?)
    }
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { at, id, settings } => {
            let tenant = office.tenant(&at.tenant).await?;
            let settings = settings.apply(ClientSettings::default())?;
            let (client, secret) = office.admin(&tenant)?.create_client(id.as_deref(), settings).await?;
            office.show(&ClientWithSecret::of(client, secret.as_ref()))
        }
        Verb::List { at, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let clients: Vec<Client> = all(range, async |page| admin.clients(page).await).await?;
            office.show_all(&clients, &["clientId", "displayName", "status", "authMethod"])
        }
        Verb::Show { at, id } => {
            let tenant = office.tenant(&at.tenant).await?;
            let client = office.admin(&tenant)?.client(&ClientId::new(&id)).await.context(id)?;
            office.show(&Client::from(client))
        }
        Verb::Update { at, id, settings } => {
            let tenant = office.tenant(&at.tenant).await?;
            let (admin, id) = (office.admin(&tenant)?, ClientId::new(id));
            let before = admin.client(&id).await.with_context(|| id.to_string())?;
            let version = before.version;
            let client = admin.update_client(&id, settings.apply(before.into())?, Some(version)).await?;
            office.show(&Client::from(client))
        }
        Verb::RotateSecret { at, id } => {
            let tenant = office.tenant(&at.tenant).await?;
            let (admin, id) = (office.admin(&tenant)?, ClientId::new(id));
            let rotated = admin.rotate_client_secret(&id, None).await;
            let (client, secret) = rotated.with_context(|| id.to_string())?;
            office.show(&ClientWithSecret::of(client, Some(&secret)))
        }
        Verb::Delete { at, id } => {
            let tenant = office.tenant(&at.tenant).await?;
            let deleted = office.admin(&tenant)?.delete_client(&ClientId::new(&id), None).await;
            deleted.with_context(|| id.clone())?;
            office.say(&format!("Client {id} is deleted."));
            Ok(())
        }
    }
}
