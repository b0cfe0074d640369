//! The command line: noun then verb, one module per noun. What changes something goes through the same facade as
//! everything else, as the operator.
//!
//! Exit codes: 0 done · 1 failure (a store does not answer, a file cannot be read) · 2 usage · 3 not found · 4 refused or
//! invalid.

mod audit;
mod client;
mod group;
mod guest;
mod idp;
mod invite;
mod keys;
mod member;
mod office;
mod output;
mod registration_token;
mod tenant;

use crate::config::{Config, Sources};
use crate::demo::{self, DemoArgs};
use crate::serve;
use crate::telemetry::{self, Format};
use crate::wiring::{Errand, open_directory};
use anyhow::Result;
use clap::{Parser, Subcommand};
use hospes_idp::admin::AdminError;
use hospes_idp::invitation::invite::InviteError;
use hospes_idp::ports::ChangeError;
use office::Office;
use output::Output;
use std::path::PathBuf;

/// Guest-federation identity provider.
#[derive(Parser, Debug)]
#[command(
    name = "hospes",
    version,
    about,
    after_help = "Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 refused or invalid."
)]
pub struct Cli {
    /// Configuration file; hospes.toml is read if it exists.
    #[arg(long, short, global = true, env = "HOSPES_CONFIG")]
    config: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    output: Output,
    /// Check a change and show its result without making it.
    #[arg(long, global = true)]
    dry_run: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the server.
    Serve,
    /// Try everything on this machine: two tenants, a sample app, a mail viewer.
    Demo(DemoArgs),
    /// Check the configuration and print it with secrets masked.
    Check,
    /// Bring the directory's schema up to date.
    Migrate,
    /// Signing keys.
    #[command(subcommand)]
    Keys(keys::Verb),
    /// Tenants.
    #[command(subcommand)]
    Tenant(tenant::Verb),
    /// Clients: the applications of a tenant.
    #[command(subcommand)]
    Client(client::Verb),
    /// Leave for clients to register themselves.
    #[command(subcommand)]
    RegistrationToken(registration_token::Verb),
    /// Home IdPs: where guests have their accounts.
    #[command(subcommand)]
    Idp(idp::Verb),
    /// Guests.
    #[command(subcommand)]
    Guest(guest::Verb),
    /// Members.
    #[command(subcommand)]
    Member(member::Verb),
    /// Groups of people.
    #[command(subcommand)]
    Group(group::Verb),
    /// Invitations.
    #[command(subcommand)]
    Invite(invite::Verb),
    /// The audit trail.
    #[command(subcommand)]
    Audit(audit::Verb),
}

/// Runs a command.
pub async fn run(cli: Cli) -> Result<()> {
    let load = || {
        let environment = std::env::vars().collect();
        Config::load(&Sources { file: cli.config.as_deref(), environment })
    };
    match cli.command {
        Command::Serve => {
            let config = load()?;
            telemetry::install(config.log_format, "info");
            serve::serve(config).await
        }
        Command::Demo(args) => {
            telemetry::install(Format::Text, "warn");
            demo::run(args).await
        }
        Command::Check => {
            println!("{:#}", load()?.describe());
            Ok(())
        }
        Command::Migrate => {
            let directory = open_directory(&load()?).await?;
            directory.migrate().await?;
            println!("The directory is up to date.");
            Ok(())
        }
        administration => {
            telemetry::install(Format::Text, "warn");
            let needs_sessions = matches!(&administration, Command::Tenant(verb) if verb.needs_sessions());
            let errand = Errand { needs_sessions, is_dry_run: cli.dry_run };
            let office = Office::open(&load()?, cli.output, errand).await?;
            let done = administer(&office, administration).await;
            office.close().await;
            if cli.dry_run && done.is_ok() {
                eprintln!("hospes: this was a dry run, nothing has changed");
            }
            done
        }
    }
}

async fn administer(office: &Office, command: Command) -> Result<()> {
    match command {
        Command::Keys(verb) => keys::run(office, verb).await,
        Command::Tenant(verb) => tenant::run(office, verb).await,
        Command::Client(verb) => client::run(office, verb).await,
        Command::RegistrationToken(verb) => registration_token::run(office, verb).await,
        Command::Idp(verb) => idp::run(office, verb).await,
        Command::Guest(verb) => guest::run(office, verb).await,
        Command::Member(verb) => member::run(office, verb).await,
        Command::Group(verb) => group::run(office, verb).await,
        Command::Invite(verb) => invite::run(office, verb).await,
        Command::Audit(verb) => audit::run(office, verb).await,
        Command::Serve | Command::Demo(_) | Command::Check | Command::Migrate => Ok(()),
    }
}

/// What the process ends with after this error.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    const FAILURE: u8 = 1;
    const NOT_FOUND: u8 = 3;
    const REFUSED: u8 = 4;
    let of_admin = |error: &AdminError| match error {
        AdminError::NotFound => NOT_FOUND,
        AdminError::Unavailable(_) => FAILURE,
        _ => REFUSED,
    };
    let of_invite = |error: &InviteError| match error {
        InviteError::Change(ChangeError::NotFound) => NOT_FOUND,
        InviteError::Change(ChangeError::Unavailable(_)) => FAILURE,
        _ => REFUSED,
    };
    let admin = error.downcast_ref::<AdminError>().map(of_admin);
    admin.or_else(|| error.downcast_ref::<InviteError>().map(of_invite)).unwrap_or(FAILURE)
}
