//! The `hospes` binary: configuration, wiring, telemetry and the command line.
//!
//! The only place where time and randomness come from the operating system.

mod cli;
mod config;
mod demo;
mod entropy;
mod key_file;
mod operations;
mod serve;
mod telemetry;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("hospes: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hospes: {error:#}");
            ExitCode::FAILURE
        }
    }
}
