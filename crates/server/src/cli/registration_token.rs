//! `hospes registration-token`: leave to register clients (RFC 7591).

use super::office::{At, Office, Range, all, refused};
use anyhow::{Context, Result};
use clap::Subcommand;
use hospes_idp::admin::AdminError;
use hospes_idp::ids::RegistrationTokenId;
use hospes_web::api::{GrantType, MadeRegistrationToken, NewRegistrationTokenBody, RegistrationToken};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Make an initial access token and print it, this once.
    Create {
        #[command(flatten)]
        at: At,
        /// What it is for.
        #[arg(long)]
        name: Option<String>,
        /// Seconds until it ends; a week if absent.
        #[arg(long)]
        lifetime: Option<u32>,
        /// How many clients it can make; one if absent.
        #[arg(long)]
        max_clients: Option<u32>,
        /// What its clients may use at most: `authorization_code`, `refresh_token`, `client_credentials`.
        #[arg(long)]
        grant_type: Vec<GrantType>,
        /// What its clients may ask people for at most.
        #[arg(long)]
        scope: Vec<String>,
        /// Types of authorization details its clients may ask for at most.
        #[arg(long)]
        authorization_details_type: Vec<String>,
    },
    /// List tokens, also those that no longer work.
    List {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        range: Range,
    },
    /// Withdraw a token; the clients it made stay.
    Revoke {
        #[command(flatten)]
        at: At,
        id: String,
    },
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { at, name, lifetime, max_clients, grant_type, scope, authorization_details_type } => {
            let tenant = office.tenant(&at.tenant).await?;
            let usual = NewRegistrationTokenBody::default();
            let new = NewRegistrationTokenBody {
                display_name: name.unwrap_or(usual.display_name),
                lifetime: lifetime.unwrap_or(usual.lifetime),
                max_clients: max_clients.unwrap_or(usual.max_clients),
                grant_types: if grant_type.is_empty() { usual.grant_types } else { grant_type },
                scopes: if scope.is_empty() { usual.scopes } else { scope },
                authorization_details_types: authorization_details_type,
            };
            let new = new.read().map_err(refused)?;
            let (token, value) = office.admin(&tenant)?.create_registration_token(new).await?;
            office.show(&MadeRegistrationToken::of(token, &value))
        }
        Verb::List { at, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let tokens: Vec<RegistrationToken> =
                all(range, async |page| admin.registration_tokens(page).await).await?;
            office.show_all(&tokens, &["id", "displayName", "clients", "maxClients", "expiresAt"])
        }
        Verb::Revoke { at, id } => {
            let tenant = office.tenant(&at.tenant).await?;
            let parsed = RegistrationTokenId::parse(&id).ok_or(AdminError::NotFound);
            let admin = office.admin(&tenant)?;
            let parsed = parsed.with_context(|| id.clone())?;
            admin.revoke_registration_token(parsed).await.with_context(|| id.clone())?;
            office.say(&format!("Registration token {id} is revoked."));
            Ok(())
        }
    }
}
