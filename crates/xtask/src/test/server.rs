//! A server of ours: started in a folder of its own, waited for, stopped when dropped.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process;

const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const LOG: &str = "server.log";

/// A running server process.
pub(crate) struct Server {
    child: Child,
    /// What asks this server to end at once, cleanly.
    stop: Signal,
}

impl Server {
    /// Starts a server and returns once `is_ready`; its output goes to a file in `folder`.
    ///
    /// Fails with the end of that output when the server ends early or takes too long.
    pub(crate) fn start(
        command: &mut Command,
        stop: Signal,
        folder: &Path,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self> {
        use std::os::unix::process::CommandExt;
        process::unless_interrupted()?;
        let log = folder.join(LOG);
        let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        // A group of its own: Ctrl-C in the terminal is for us, who then stop the servers last.
        command.process_group(0).stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let child = command.spawn().with_context(|| format!("cannot start `{}`", process::shown(command)))?;
        let mut server = Self { child, stop };
        server.wait_until(is_ready).with_context(|| {
            let words = std::fs::read_to_string(&log).unwrap_or_default();
            format!("`{}` does not start:\n{}", process::shown(command), words.trim_end())
        })?;
        Ok(server)
    }

    /// Its process, for looking at what it uses.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until(&mut self, is_ready: impl Fn() -> bool) -> Result<()> {
        let begun = Instant::now();
        while !is_ready() {
            process::unless_interrupted()?;
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended by itself ({status})");
            }
            if begun.elapsed() > PATIENCE {
                bail!("it is not ready after {} s", PATIENCE.as_secs());
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(())
    }

    fn ends_when_asked(&mut self) -> Option<()> {
        let pid = i32::try_from(self.child.id()).ok()?;
        kill(Pid::from_raw(pid), self.stop).ok()?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.child.try_wait().ok()?.is_some() {
                return Some(());
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ends_when_asked().is_none() {
            // Nobody is left to tell; the folder goes next, and a server without its files is of no use.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A port on 127.0.0.1 that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str, is_ready: impl Fn() -> bool) -> Result<Server> {
        let folder = tempfile::tempdir()?;
        Server::start(Command::new("sh").args(["-c", script]), Signal::SIGTERM, folder.path(), is_ready)
    }

    #[test]
    fn a_server_that_ends_by_itself_is_an_error_with_its_words() {
        let error = start("echo port taken >&2", || false).err().unwrap();
        assert!(format!("{error:#}").contains("port taken"), "{error:#}");
    }

    #[test]
    fn a_server_is_stopped_when_dropped() {
        let server = start("exec sleep 600", || true).unwrap();
        let process = Path::new("/proc").join(server.child.id().to_string());
        assert!(process.exists());
        drop(server);
        assert!(!process.exists());
    }
}
