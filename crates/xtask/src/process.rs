//! Running other programs so that a signal to us reaches them.
//!
//! Ctrl-C must end a run in order: the program under way is told first, then the servers we started are stopped by
//! their own `Drop`. So the signal handler only passes the signal on and leaves the rest to the ordinary way out.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static UNDER_WAY: Mutex<Option<Pid>> = Mutex::new(None);

/// From here on SIGINT, SIGTERM and SIGHUP end the program under way instead of ending us at once.
pub(crate) fn pass_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        stop(*UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner));
    })
    .context("cannot catch signals")
}

/// Runs a program to its end; its output goes where ours goes. Fails when the program fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let child = start(command)?;
    let output = wait(child)?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    Ok(())
}

/// Runs a program to its end and returns what it wrote to its standard output. What it wrote is shown only when it
/// fails, as part of the error.
pub(crate) fn run_quietly(command: &mut Command) -> Result<String> {
    let child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let output = wait(child)?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({})\n{}\n{}", shown(command), output.status, stdout.trim(), stderr.trim());
    }
    Ok(stdout.into_owned())
}

/// Whether a program can be run and succeeds; says nothing of why not.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Fails when a signal has asked us to end.
pub(crate) fn unless_interrupted() -> Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        bail!("interrupted");
    }
    Ok(())
}

/// The command line as one could type it, without its environment.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn start(command: &mut Command) -> Result<Child> {
    unless_interrupted()?;
    let child = command.spawn().with_context(|| format!("cannot start `{}`", shown(command)))?;
    let pid = pid_of(&child);
    *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = pid;
    // A signal between the first line and this one found nothing to stop.
    if INTERRUPTED.load(Ordering::SeqCst) {
        stop(pid);
    }
    Ok(child)
}

fn wait(child: Child) -> Result<std::process::Output> {
    let output = child.wait_with_output();
    *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = None;
    unless_interrupted()?;
    Ok(output?)
}

fn stop(pid: Option<Pid>) {
    if let Some(pid) = pid {
        // It may have ended by itself: then there is nothing to do.
        let _ = kill(pid, Signal::SIGTERM);
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().map(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_program_returns_its_output() {
        assert_eq!(run_quietly(Command::new("echo").arg("ready")).unwrap(), "ready\n");
    }

    #[test]
    fn a_failing_program_is_an_error_that_holds_its_words() {
        let error = run_quietly(Command::new("sh").args(["-c", "echo no disk >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("no disk"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.to_string().contains("no-such-program-here"), "{error}");
    }
}
