//! A `PostgreSQL` of our own: a fresh cluster that trusts everybody on 127.0.0.1 and never waits for the disk.
//!
//! The server refuses to run as root, so as root it runs as the `postgres` user its package has made.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::machine::{Stores, is_root};
use super::server::{Server, free_port};
use crate::process;

pub(crate) struct Postgres {
    port: u16,
    // Dropped in this order: the server ends before its folder goes.
    _server: Server,
    _folder: TempDir,
}

impl Postgres {
    pub(crate) fn start(stores: &Stores) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hospes-postgres-").tempdir()?;
        let owner = Owner::of_cluster()?;
        owner.take(folder.path())?;
        let data = folder.path().join("data");
        let program = |name: &str| owner.command(&stores.postgres_bin.join(name), folder.path());

        let mut initdb = program("initdb");
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        process::run_quietly(initdb.arg("--pgdata").arg(&data))
            .context("PostgreSQL cannot make its cluster")?;

        let port = free_port()?;
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(&data).args(["-c", "listen_addresses=127.0.0.1"]);
        postgres.args(["-c", &format!("port={port}"), "-c", &sockets]);
        for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]
        {
            postgres.args(["-c", setting]);
        }
        let is_ready = || {
            let mut ask = program("pg_isready");
            process::succeeds(ask.args(["--host=127.0.0.1", "--quiet", &format!("--port={port}")]))
        };
        // SIGINT is the fast shutdown: it waits for nobody's connection.
        let server = Server::start(&mut postgres, Signal::SIGINT, folder.path(), is_ready)?;
        Ok(Self { port, _server: server, _folder: folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

/// Who owns the cluster: ourselves, or as root another user and group.
struct Owner(Option<(u32, u32)>);

impl Owner {
    fn of_cluster() -> Result<Self> {
        if !is_root() {
            return Ok(Self(None));
        }
        let id = |which: &str| -> Result<u32> {
            let number = process::run_quietly(Command::new("id").args([which, "postgres"]))
                .context("as root, PostgreSQL runs as the user postgres, who is missing")?;
            number.trim().parse().context("`id` gives no number")
        };
        Ok(Self(Some((id("-u")?, id("-g")?))))
    }

    fn take(&self, folder: &Path) -> Result<()> {
        let Some((user, group)) = self.0 else {
            return Ok(());
        };
        chown(folder, Some(user), Some(group)).context("cannot hand a folder to the user postgres")
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}
