//! What tests and measurements need from the machine, where it is, and how a Debian machine gets it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// The servers our stores are, both of them present.
pub(crate) struct Stores {
    pub(super) redis_server: PathBuf,
    /// Holds `initdb`, `postgres`, `pg_ctl` and `pg_isready` of one release.
    pub(super) postgres_bin: PathBuf,
}

/// The programs the tests use, all of them present.
pub(super) struct Machine {
    pub(super) stores: Stores,
    pub(super) chromedriver: PathBuf,
    pub(super) node: PathBuf,
    pub(super) npm: PathBuf,
    pub(super) python: PathBuf,
}

/// A thing that may be missing, and the Debian packages that bring it.
struct Need {
    what: &'static str,
    find: fn() -> Option<PathBuf>,
    packages: &'static [&'static str],
}

const REDIS: Need =
    Need { what: "redis-server", find: || program("redis-server"), packages: &["redis-server"] };
const POSTGRES: Need = Need { what: "PostgreSQL", find: newest_postgres, packages: &["postgresql"] };
const CHROMIUM: Need = Need { what: "Chromium", find: || program("chromium"), packages: &["chromium"] };
const DRIVER: Need =
    Need { what: "chromedriver", find: || program("chromedriver"), packages: &["chromium-driver"] };
const NODE: Need = Need { what: "Node 18 or newer", find: recent_node, packages: &["nodejs"] };
const NPM: Need = Need { what: "npm", find: || program("npm"), packages: &["npm"] };

const PYTHON: Need = Need {
    what: "Python 3.10 or newer with venv",
    find: recent_python,
    packages: &["python3", "python3-venv"],
};

const OLDEST_NODE: u32 = 18;
/// Asked of Python itself: its version, and whether it can make environments.
const PYTHON_IS_FIT: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

impl Stores {
    /// As [`Machine::prepare`], for the stores alone.
    pub(crate) fn prepare() -> Result<Self> {
        bring(&[&REDIS, &POSTGRES])?;
        Ok(Self { redis_server: REDIS.found()?, postgres_bin: POSTGRES.found()? })
    }
}

impl Machine {
    /// Finds everything, after installing what is missing.
    ///
    /// Fails with the command to run where installing is not ours to do.
    pub(super) fn prepare() -> Result<Self> {
        bring(&[&REDIS, &POSTGRES, &CHROMIUM, &DRIVER, &NODE, &NPM, &PYTHON])?;
        CHROMIUM.found()?;
        Ok(Self {
            stores: Stores::prepare()?,
            chromedriver: DRIVER.found()?,
            node: NODE.found()?,
            npm: NPM.found()?,
            python: PYTHON.found()?,
        })
    }
}

impl Need {
    fn found(&self) -> Result<PathBuf> {
        let packages = self.packages.join(" ");
        (self.find)().with_context(|| format!("{} is missing, also after installing {packages}", self.what))
    }
}

/// Whether we are root: servers that refuse to run as root then run as their own user.
pub(super) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Installs what of these is missing, in one go.
fn bring(needs: &[&Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().copied().filter(|need| (need.find)().is_none()).collect();
    if missing.is_empty() { Ok(()) } else { install(&missing) }
}

fn install(missing: &[&Need]) -> Result<()> {
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.iter().copied()).collect();
    let names: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let (names, wanted) = (names.join(", "), packages.join(" "));
    let prefix: &[&str] = if is_root() { &[] } else { &["sudo", "-n"] };
    let may_install = program("apt-get").is_some()
        && (is_root() || process::succeeds(Command::new("sudo").args(["-n", "true"])));
    if !may_install {
        bail!("{names} missing; run: sudo apt-get install --no-install-recommends {wanted}");
    }
    println!("installing {wanted}");
    apt_get(prefix, &["update"])?;
    let install: Vec<&str> =
        ["install", "--yes", "--no-install-recommends"].into_iter().chain(packages).collect();
    apt_get(prefix, &install).with_context(|| format!("cannot install {names}"))
}

fn apt_get(prefix: &[&str], arguments: &[&str]) -> Result<()> {
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"], arguments].concat();
    let (program, rest) = words.split_first().context("empty command")?;
    process::run_quietly(Command::new(program).args(rest)).map(drop)
}

/// A program on the search path.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Debian keeps the servers of each release in a folder of their own, off the search path.
fn newest_postgres() -> Option<PathBuf> {
    let releases = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let release = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let complete = |folder: &Path| {
        ["initdb", "postgres", "pg_ctl", "pg_isready"].iter().all(|p| folder.join(p).is_file())
    };
    releases
        .filter_map(Result::ok)
        .filter_map(|entry| Some((release(&entry.path())?, entry.path().join("bin"))))
        .filter(|(_, bin)| complete(bin))
        .max()
        .map(|(_, bin)| bin)
}

fn recent_node() -> Option<PathBuf> {
    let node = program("node")?;
    let version = process::run_quietly(Command::new(&node).arg("--version")).ok()?;
    (major(&version)? >= OLDEST_NODE).then_some(node)
}

fn recent_python() -> Option<PathBuf> {
    program("python3").filter(|python| process::succeeds(Command::new(python).args(["-c", PYTHON_IS_FIT])))
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_tells_its_major_version() {
        assert_eq!(major("v18.20.4\n"), Some(18));
        assert_eq!(major("nonsense"), None);
    }

    #[test]
    fn programs_are_found_on_the_search_path_only() {
        assert!(program("sh").is_some());
        assert_eq!(program("no-such-program-here"), None);
    }

    #[test]
    fn what_is_still_missing_is_named_with_its_package() {
        let need = Need { what: "Gizmo", find: || None, packages: &["gizmo-tools"] };
        assert_eq!(
            need.found().unwrap_err().to_string(),
            "Gizmo is missing, also after installing gizmo-tools"
        );
    }
}
