//! The command line: noun then verb. What changes something goes through the same facade as everything else.

use crate::config::{Config, Sources};
use crate::demo::{self, DemoArgs};
use crate::serve;
use crate::telemetry::{self, Format};
use crate::wiring::open_directory;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Guest-federation identity provider.
#[derive(Parser, Debug)]
#[command(name = "hospes", version, about)]
pub struct Cli {
    /// Configuration file; hospes.toml is read if it exists.
    #[arg(long, short, global = true, env = "HOSPES_CONFIG")]
    config: Option<PathBuf>,
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
    }
}
