//! The developer commands: `cargo xtask check` holds the tree to its rules, `cargo xtask test` runs every test
//! with its real counterparts, `cargo xtask bench` measures the hot paths.
//!
//! This crate stands alone. It reads the other crates as text and through cargo; it never links them.

mod bench;
mod check;
mod process;
mod sources;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Hospes")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Formatting, lints, licences, boundaries, module cycles, size budgets, templates, snapshots, test catalogue.
    Check,
    /// Every test of the workspace, with its own Redis, `PostgreSQL`, browser driver and Node counterparts.
    Test {
        /// Given to the test runner as they are, for instance the part of a test's name.
        #[arg(last = true)]
        runner: Vec<String>,
    },
    /// What each hot path costs on a release build: requests a second, latency, server CPU, store round trips.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Cargo tells where this crate is, at crates/xtask. It does so anew at each run, since builds of several checkouts
/// may share a target folder.
fn workspace_root() -> Option<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).ancestors().nth(2).map(Path::to_path_buf)
}

fn run() -> Result<()> {
    let root = workspace_root().context("no workspace root")?;
    match Arguments::parse().command {
        Task::Check => check::run(&root),
        Task::Test { runner } => test::run(&root, &runner),
        Task::Bench(options) => bench::run(&root, &options),
    }
}
