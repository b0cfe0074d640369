//! The two servers of a run: the one that is measured, and the home IdP of its guests.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::Programs;
use super::http::{Connection, get};
use crate::process;
use crate::test::server::{Server, free_port};

/// How often a starting server is asked for its first page.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// What the measured server keeps its data in.
pub(super) enum StoreUrls {
    Embedded,
    Real { directory: String, sessions: String },
}

/// A running server.
pub(super) struct House {
    pub(super) address: SocketAddr,
    pub(super) operations: SocketAddr,
    /// From the start of the process to its first page.
    pub(super) ready_after: Duration,
    server: Server,
}

/// Both servers and what they were filled with.
pub(super) struct Houses {
    // Dropped in this order: the servers end before their folder goes.
    pub(super) main: House,
    pub(super) home: House,
    /// What `bench_seed` printed.
    pub(super) seed: Value,
    _folder: TempDir,
}

struct Plan {
    address: SocketAddr,
    operations: SocketAddr,
    folder: PathBuf,
    config: PathBuf,
}

impl Houses {
    /// Fills the stores, then starts both servers on them.
    pub(super) fn open(programs: &Programs, urls: &StoreUrls) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hospes-bench-").tempdir()?;
        let main = Plan::write(folder.path().join("main"), urls)?;
        let home = Plan::write(folder.path().join("home"), &StoreUrls::Embedded)?;
        let seed = process::run_quietly(Command::new(&programs.seed).args([&main.config, &home.config]))?;
        let seed = serde_json::from_str(&seed).context("what bench_seed printed")?;
        let home = House::start(&programs.hospes, &home, "/t/home")?;
        let main = House::start(&programs.hospes, &main, "/t/bench")?;
        Ok(Self { main, home, seed, _folder: folder })
    }
}

impl Plan {
    fn write(folder: PathBuf, urls: &StoreUrls) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (address, operations) = (local(free_port()?), local(free_port()?));
        let within = |name: &str| folder.join(name).display().to_string();
        let (directory, sessions) = match urls {
            StoreUrls::Embedded => {
                (format!("sqlite://{}", within("directory.db")), format!("file:{}", within("sessions.redb")))
            }
            StoreUrls::Real { directory, sessions } => (directory.clone(), sessions.clone()),
        };
        let text = format!(
            "base_url = \"http://{address}\"\nlisten = \"{address}\"\noperations_listen = \"{operations}\"\n\
             directory.url = \"{directory}\"\nsessions.url = \"{sessions}\"\nkeys.dir = \"{}\"\n\
             outbound.allow_loopback = true\n",
            within("keys")
        );
        let config = folder.join("hospes.toml");
        std::fs::write(&config, text)?;
        Ok(Self { address, operations, folder, config })
    }
}

impl House {
    fn start(hospes: &Path, plan: &Plan, tenant: &str) -> Result<Self> {
        let first_page = get(&format!("{tenant}/.well-known/openid-configuration"), &[]);
        let begun = Instant::now();
        let ready_after = Cell::new(Duration::ZERO);
        let is_ready = || {
            let asked = Instant::now();
            while asked.elapsed() < Duration::from_secs(1) {
                if answers(plan.address, &first_page) {
                    ready_after.set(begun.elapsed());
                    return true;
                }
                std::thread::sleep(BETWEEN_LOOKS);
            }
            false
        };
        let mut serve = Command::new(hospes);
        serve.current_dir(&plan.folder).arg("--config").arg(&plan.config).arg("serve");
        let server = Server::start(&mut serve, Signal::SIGTERM, &plan.folder, is_ready)?;
        let (address, operations) = (plan.address, plan.operations);
        Ok(Self { address, operations, ready_after: ready_after.get(), server })
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Requests to the directory and to the session store so far, as the server counts them.
    pub(super) fn round_trips(&self) -> Result<[u64; 2]> {
        let metrics = Connection::open(self.operations)?.send(&get("/metrics", &[]))?.body;
        let of = |store: &str| -> Result<u64> {
            let name = format!("hospes_store_round_trips_total{{store=\"{store}\"}} ");
            let count = metrics.lines().find_map(|line| line.strip_prefix(&name)).context(name.clone())?;
            Ok(count.parse()?)
        };
        Ok([of("directory")?, of("sessions")?])
    }
}

fn answers(address: SocketAddr, request: &str) -> bool {
    let response = Connection::open(address).and_then(|mut connection| connection.send(request));
    response.is_ok_and(|response| response.status == 200)
}
