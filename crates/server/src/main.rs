//! The `hospes` binary.

use clap::Parser;
use hospes_server::cli;
use nix::sys::stat::{Mode, umask};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // Databases, session files and keys are nobody else's business on this machine.
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
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
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
