//! What a process used, as the kernel counts it.

use std::fs::read_to_string;
use std::time::Duration;

use anyhow::{Context, Result};

/// `USER_HZ`: the kernel's unit for CPU times shown to programs, the same on every architecture.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time of all threads so far, in user and kernel mode.
pub(super) fn cpu(pid: u32) -> Result<Duration> {
    let stat = read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in the second field may hold spaces; it ends with the last parenthesis.
    let fields = stat.rsplit_once(") ").context("no fields")?.1;
    let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
    let (user, system) = (times.next().context("utime")??, times.next().context("stime")??);
    Ok(Duration::from_millis((user + system) * 1000 / TICKS_PER_SECOND))
}

/// Megabytes in memory: now, and the most so far.
pub(super) fn memory(pid: u32) -> Result<(f64, f64)> {
    let status = read_to_string(format!("/proc/{pid}/status"))?;
    let megabytes = |name: &str| -> Result<f64> {
        let line =
            status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    };
    Ok((megabytes("VmRSS:")?, megabytes("VmHWM:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_uses_memory_and_time() {
        let pid = std::process::id();
        let (now, most) = memory(pid).unwrap();
        assert!(now > 0.1 && most >= now);
        assert!(cpu(pid).is_ok());
    }
}
