//! What this machine can do at most, measured in the same run: signatures by OpenSSL on one core, a Redis round trip.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process;

/// A name and microseconds.
pub(super) type Limit = (&'static str, f64);

const SIGNATURES: [(&str, &str); 2] =
    [("ES256 signature (openssl speed)", "ecdsap256"), ("RS256 signature (openssl speed)", "rsa2048")];
const PINGS: Duration = Duration::from_millis(500);

/// Signatures; nothing where there is no `openssl` command.
pub(super) fn of_machine() -> Vec<Limit> {
    SIGNATURES.iter().filter_map(|(name, algorithm)| Some((*name, signature(algorithm)?))).collect()
}

fn signature(algorithm: &str) -> Option<f64> {
    let mut speed = Command::new("openssl");
    let output = process::run_quietly(speed.args(["speed", "-seconds", "1", algorithm])).ok()?;
    // "… sign verify sign/s verify/s"
    let per_second: f64 = output.lines().last()?.split_whitespace().rev().nth(1)?.parse().ok()?;
    Some(1e6 / per_second)
}

/// One request in flight, over TCP on this machine.
pub(super) fn redis_round_trip(url: &str) -> Result<Vec<Limit>> {
    let mut stream = TcpStream::connect(url.strip_prefix("redis://").context("a Redis URL")?)?;
    stream.set_nodelay(true)?;
    let mut answer = [0; 7];
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < PINGS {
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut answer)?;
        count += 1;
    }
    Ok(vec![("Redis round trip, wall clock", begun.elapsed().as_secs_f64() * 1e6 / f64::from(count.max(1)))])
}
