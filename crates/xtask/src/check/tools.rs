//! The checks other tools make for us: rustfmt, clippy, cargo-deny. Their words go straight to the terminal.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Findings, Tree};
use crate::process;

const CARGO_DENY: &str = "0.20.2";

pub(super) fn formatting(tree: &Tree) -> Result<Findings> {
    process::run(cargo(tree.root).args(["fmt", "--all", "--check"]))?;
    Ok(Findings::default())
}

pub(super) fn lints(tree: &Tree) -> Result<Findings> {
    let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    process::run(cargo(tree.root).args(clippy))?;
    Ok(Findings::default())
}

/// Licences and origins of everything, and the walls between crates and libraries. A crate's own tests may reach
/// over a wall, to forge what the product must refuse. Advisories need a database from the network and are no
/// property of a commit, so they are not part of this check.
pub(super) fn dependencies(tree: &Tree) -> Result<Findings> {
    let note = install_cargo_deny(tree.root)?;
    let deny = |arguments: &[&str]| {
        let settings = ["deny", "--log-level", "error", "--locked", "--config", ".deny.toml"];
        process::run_quietly(cargo(tree.root).args(settings).args(arguments))
            .context("see .deny.toml for the reasons")
    };
    deny(&["check", "licenses", "sources"])?;
    deny(&["--exclude-dev", "check", "bans"])?;
    Ok(Findings { note, problems: Vec::new() })
}

fn install_cargo_deny(root: &Path) -> Result<String> {
    if process::succeeds(cargo(root).args(["deny", "--version"])) {
        return Ok(String::new());
    }
    let install = ["install", "--quiet", "--locked", "cargo-deny", "--version", CARGO_DENY];
    process::run(cargo(root).args(install))?;
    Ok(format!("installed cargo-deny {CARGO_DENY}"))
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    command
}
