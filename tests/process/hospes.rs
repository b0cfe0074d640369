//! The `hospes` binary as its users run it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use hospes_server::config::{Config, Sources};
use tempfile::TempDir;

use super::{Program, told, two_free_ports};

/// `hospes demo`, ready for visitors.
pub(crate) struct Demo {
    /// Of the server.
    pub(crate) base_url: String,
    /// Of the tour, the sample app and the mail viewer.
    pub(crate) companion_url: String,
    /// Of everybody in the demo.
    pub(crate) password: String,
    _program: Program,
}

impl Demo {
    /// Starts a demo of its own.
    pub(crate) fn start() -> Self {
        let port = two_free_ports();
        let mut program = Program::start(Command::new(told("HOSPES_TEST_BINARY")).args([
            "demo",
            "--port",
            &port.to_string(),
        ]));
        let password = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words.get(2) == Some(&"hanna@harbor.example")).then(|| words[3].to_owned())
        };
        let password = program.wait_for_line(password).unwrap();
        program.wait_for_line(|line| line.starts_with("Stop with").then_some(())).unwrap();
        Self {
            base_url: format!("http://localhost:{port}"),
            companion_url: format!("http://localhost:{}", port + 1),
            password,
            _program: program,
        }
    }
}

/// Where a server will run: a folder with its configuration and its stores, and an address.
pub(crate) struct Place {
    folder: TempDir,
    /// Where browsers reach the server.
    pub(crate) base_url: String,
}

impl Place {
    /// A fresh place; mail goes to the catcher at `smtp`.
    pub(crate) fn new(smtp: SocketAddr) -> Self {
        let folder = tempfile::Builder::new().prefix("hospes-serve-").tempdir().unwrap();
        let port = two_free_ports();
        let data = folder.path().display();
        let text = format!(
            r#"base_url = "http://localhost:{port}"
listen = "127.0.0.1:{port}"
operations_listen = "127.0.0.1:{operations}"
directory.url = "sqlite://{data}/directory.db"
sessions.url = "file:{data}/sessions.redb"
keys.dir = "{data}/keys"
smtp.url = "smtp://{smtp}"
smtp.from = "Hospes <hospes@harbor.example>"
outbound.allow_loopback = true
log.format = "json"
"#,
            operations = port + 1
        );
        std::fs::write(folder.path().join("hospes.toml"), text).unwrap();
        Self { folder, base_url: format!("http://localhost:{port}") }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("hospes.toml")
    }

    /// The configuration as the server will read it.
    pub(crate) fn config(&self) -> Config {
        Config::load(&Sources { file: Some(&self.file()), environment: Vec::new() }).unwrap()
    }

    /// Runs `hospes serve` here.
    pub(crate) fn serve(self) -> Server {
        let mut command = Command::new(told("HOSPES_TEST_BINARY"));
        command.arg("--config").arg(self.file()).arg("serve").current_dir(self.folder.path());
        command.env("HOSPES_LOG", "debug");
        let mut program = Program::start(&mut command);
        program.wait_for_line(|line| line.contains("ready").then_some(())).unwrap();
        Server { base_url: self.base_url, program, folder: self.folder }
    }
}

/// `hospes serve`, ready for requests.
pub(crate) struct Server {
    /// Where browsers reach it.
    pub(crate) base_url: String,
    // Dropped in this order: the server ends before its folder goes.
    program: Program,
    folder: TempDir,
}

impl Server {
    /// Ends it in order: everything it printed, and its folder.
    pub(crate) fn ended(self) -> (String, TempDir) {
        (self.program.ended(), self.folder)
    }
}
