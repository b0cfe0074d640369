//! Programs the tests talk to: started, waited for by what they print, and ended when dropped.
//!
//! Where programs are is told by `cargo xtask test` in `HOSPES_TEST_*`. Nothing here knows what a program is for;
//! that is in the files beside it.

pub(crate) mod counterpart;
pub(crate) mod hospes;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The longest wait for anything on this machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks at something that does not announce itself.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A running program.
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
}

impl Program {
    /// Starts the program; it shares our process group, so that whoever ends the tests ends it too.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let (sender, lines) = channel();
        read_lines(child.stdout.take().unwrap(), sender.clone());
        read_lines(child.stderr.take().unwrap(), sender);
        Self { child, lines, printed: Vec::new() }
    }

    /// Waits for a line and returns what `wanted` makes of it; the error is everything printed until then. Only time
    /// in which the program has nothing to do counts: on a busy machine it may wait long for its turn.
    pub(crate) fn wait_for_line<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let (begun, mut left) = (Instant::now(), PATIENCE);
        loop {
            match self.lines.recv_timeout(BETWEEN_LOOKS) {
                Ok(line) => {
                    let found = wanted(&line);
                    self.printed.push(line);
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    if !self.waits_for_its_turn() {
                        left = left.saturating_sub(BETWEEN_LOOKS);
                    }
                    let elapsed = begun.elapsed();
                    if left.is_zero() || elapsed > PATIENCE * 3 {
                        return Err(format!(
                            "not seen in {elapsed:?}; it printed:\n{}",
                            self.printed.join("\n")
                        ));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("it ended; it printed:\n{}", self.printed.join("\n")));
                }
            }
        }
    }

    /// Whether a thread of the program could go on if it had a processor, or has what it reads. Elsewhere than on Linux
    /// nobody says.
    fn waits_for_its_turn(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        threads.into_iter().flatten().flatten().any(|thread| {
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // proc(5): the state follows the name, which stands in parentheses.
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['R', 'D']))
        })
    }

    /// Everything printed so far, for the words of a failing test.
    pub(crate) fn output(&mut self) -> String {
        self.printed.extend(self.lines.try_iter());
        self.printed.join("\n")
    }

    /// For the words of a failing test.
    fn tells(&mut self) {
        if thread::panicking() {
            eprintln!("--- what the program printed:\n{}", self.output());
        }
    }

    /// Ends the program in order, and answers everything it ever printed.
    pub(crate) fn ended(mut self) -> String {
        let _ = kill(self.pid(), Signal::SIGTERM);
        assert!(self.ends_in(PATIENCE), "the program does not end");
        // The readers end with the streams.
        self.printed.extend(self.lines.iter());
        self.printed.join("\n")
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    fn ends_in(&mut self, patience: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return true;
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        false
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return self.tells();
        }
        let asked = kill(self.pid(), Signal::SIGTERM).is_ok();
        if !(asked && self.ends_in(PATIENCE / 3)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        self.tells();
    }
}

fn read_lines(stream: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        // The thread ends with the stream; nobody listening any more is fine.
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
}

/// What `cargo xtask test` says where a program is.
pub(crate) fn told(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set; run the tests with `cargo xtask test`"));
    PathBuf::from(path)
}

/// Two adjacent ports on 127.0.0.1, for programs that are told where to listen; the first of them.
///
/// They lie below the range the system gives to everybody else, and every test process begins its search elsewhere.
pub(crate) fn two_free_ports() -> u16 {
    static SEARCHES: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const PAIRS: u32 = 6_000;
    let search = u32::from(SEARCHES.fetch_add(1, Ordering::Relaxed));
    let begin = std::process::id().wrapping_mul(16).wrapping_add(search);
    let pairs = (0..PAIRS).map(|pair| FIRST + u16::try_from(begin.wrapping_add(pair) % PAIRS).unwrap() * 2);
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    pairs.into_iter().find(|port| is_free(*port) && is_free(*port + 1)).expect("two adjacent ports are free")
}
