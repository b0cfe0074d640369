//! A Redis of our own: empty, in memory only, and with the eviction policy production needs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::machine::Stores;
use super::server::{Server, free_port};

pub(crate) struct Redis {
    port: u16,
    // Dropped in this order: the server ends before its folder goes.
    _server: Server,
    _folder: TempDir,
}

impl Redis {
    pub(crate) fn start(stores: &Stores) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hospes-redis-").tempdir()?;
        let port = free_port()?;
        let mut command = Command::new(&stores.redis_server);
        command
            .current_dir(folder.path())
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"])
            .args(["--maxclients", "4000"]);
        let server = Server::start(&mut command, Signal::SIGTERM, folder.path(), || answers(port))?;
        Ok(Self { port, _server: server, _folder: folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

fn answers(port: u16) -> bool {
    let ping = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.set_read_timeout(Some(Duration::from_secs(1)))?;
        connection.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        connection.read_exact(&mut answer)?;
        Ok(answer == *b"+PONG\r\n")
    };
    ping().unwrap_or(false)
}
