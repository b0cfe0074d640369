//! The npm packages in `tests/counterparts`: the certified provider and client library the tests talk to.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::machine::Machine;
use crate::process;

const FOLDER: &str = "tests/counterparts";

/// Installs exactly what the lock file says, unless that has been done since the lock file last changed.
pub(super) fn install(root: &Path, machine: &Machine) -> Result<()> {
    let folder = root.join(FOLDER);
    if is_current(&folder) {
        return Ok(());
    }
    println!("installing the npm packages of {FOLDER}");
    let quiet = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run_quietly(Command::new(&machine.npm).current_dir(&folder).args(quiet))
        .with_context(|| format!("the counterparts in {FOLDER} cannot be installed"))
        .map(drop)
}

/// npm writes a lock file of its own into the packages it has installed, at the very end.
fn is_current(folder: &Path) -> bool {
    let changed = |file: &str| -> Option<SystemTime> { folder.join(file).metadata().ok()?.modified().ok() };
    match (changed("package-lock.json"), changed("node_modules/.package-lock.json")) {
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
        assert!(is_current(folder.path()), "nothing to install");
        let lock = File::create(folder.path().join("package-lock.json")).unwrap();
        assert!(!is_current(folder.path()), "never installed");
        fs::create_dir(folder.path().join("node_modules")).unwrap();
        let installed = File::create(folder.path().join("node_modules/.package-lock.json")).unwrap();
        let then = installed.metadata().unwrap().modified().unwrap();
        lock.set_modified(then - Duration::from_secs(5)).unwrap();
        assert!(is_current(folder.path()), "installed after the lock file changed");
        lock.set_modified(then + Duration::from_secs(5)).unwrap();
        assert!(!is_current(folder.path()), "the lock file changed afterwards");
    }
}
