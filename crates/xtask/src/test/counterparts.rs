//! The npm and Python packages of `tests/counterparts`: independent implementations the tests talk to. Both are installed
//! exactly as locked, beside the programs that use them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::machine::Machine;
use crate::process;

const FOLDER: &str = "tests/counterparts";

const LOCK: &str = "package-lock.json";
/// npm writes a lock file of its own into the packages it has installed, at the very end.
const LOCKED: &str = "node_modules/.package-lock.json";
const REQUIREMENTS: &str = "requirements.txt";
/// Ours, written at the very end.
const REQUIRED: &str = ".venv/requirements.txt";

/// Installs exactly what the lock files say, unless that has been done since they last changed. Answers where the Python
/// with the packages is.
pub(super) fn install(root: &Path, machine: &Machine) -> Result<PathBuf> {
    let folder = root.join(FOLDER);
    if !is_current(&folder, LOCK, LOCKED) {
        install_npm(&folder, machine)?;
    }
    let environment = folder.join(".venv");
    if !is_current(&folder, REQUIREMENTS, REQUIRED) {
        install_python(&folder, &environment, machine)?;
    }
    Ok(environment.join("bin/python"))
}

fn install_npm(folder: &Path, machine: &Machine) -> Result<()> {
    println!("installing the npm packages of {FOLDER}");
    let quiet = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run_quietly(Command::new(&machine.npm).current_dir(folder).args(quiet))
        .with_context(|| format!("the npm packages of {FOLDER} cannot be installed"))
        .map(drop)
}

fn install_python(folder: &Path, environment: &Path, machine: &Machine) -> Result<()> {
    println!("installing the Python packages of {FOLDER}");
    let make = ["-m", "venv", "--clear"];
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
    process::run_quietly(Command::new(&machine.python).args(make).arg(environment))
        .and_then(|_| {
            let python = environment.join("bin/python");
            process::run_quietly(
                Command::new(python).current_dir(folder).args(install).args(["-r", REQUIREMENTS]),
            )
        })
        .with_context(|| format!("the Python packages of {FOLDER} cannot be installed"))?;
    std::fs::copy(folder.join(REQUIREMENTS), folder.join(REQUIRED)).context("cannot finish")?;
    Ok(())
}

fn is_current(folder: &Path, lock: &str, installed: &str) -> bool {
    let changed = |file: &str| -> Option<SystemTime> { folder.join(file).metadata().ok()?.modified().ok() };
    match (changed(lock), changed(installed)) {
        (None, _) => true,
        (Some(wanted), Some(installed)) => installed >= wanted,
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::Duration;

    use super::*;

    #[test]
    fn installing_is_due_when_the_lock_file_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let is_current = || is_current(folder.path(), LOCK, LOCKED);
        assert!(is_current(), "nothing to install");
        let lock = File::create(folder.path().join(LOCK)).unwrap();
        assert!(!is_current(), "never installed");
        fs::create_dir(folder.path().join("node_modules")).unwrap();
        let installed = File::create(folder.path().join(LOCKED)).unwrap();
        let then = installed.metadata().unwrap().modified().unwrap();
        lock.set_modified(then - Duration::from_secs(5)).unwrap();
        assert!(is_current(), "installed after the lock file changed");
        lock.set_modified(then + Duration::from_secs(5)).unwrap();
        assert!(!is_current(), "the lock file changed afterwards");
    }
}
