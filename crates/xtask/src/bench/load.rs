//! The load itself: a thread for each connection, a start together, and what was seen meanwhile.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::flows::Flow;
use super::houses::Houses;
use super::usage;
use super::world::{CONNECTIONS, World};

const WARM_UP: Duration = Duration::from_millis(300);

/// What one flow cost.
pub(super) struct Measured {
    pub(super) rounds: usize,
    pub(super) per_second: f64,
    pub(super) median: Duration,
    /// 99 of 100 were faster.
    pub(super) slow: Duration,
    /// Microseconds of CPU of the measured server, a round.
    pub(super) cpu: f64,
    /// The same of the home IdP.
    pub(super) home_cpu: f64,
    /// Requests to the directory and to the session store, a round.
    pub(super) trips: [f64; 2],
}

struct Snapshot {
    cpu: Duration,
    home_cpu: Duration,
    trips: [u64; 2],
}

impl Snapshot {
    fn take(houses: &Houses) -> Result<Self> {
        Ok(Self {
            cpu: usage::cpu(houses.main.pid())?,
            home_cpu: usage::cpu(houses.home.pid())?,
            trips: houses.main.round_trips()?,
        })
    }
}

/// Runs a flow on all connections for that long, or until what was prepared is used up.
pub(super) fn run(flow: &Flow, world: &World, houses: &Houses, seconds: u64) -> Result<Measured> {
    let (ready, start) = (&Barrier::new(CONNECTIONS + 1), &Barrier::new(CONNECTIONS + 1));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|number| scope.spawn(move || connection(flow, (world, number), seconds, (ready, start))))
            .collect();
        ready.wait();
        let before = Snapshot::take(houses);
        start.wait();
        let begun = Instant::now();
        let mut latencies = Vec::new();
        for thread in threads {
            latencies.extend(thread.join().map_err(|_| anyhow!("a connection's thread panicked"))??);
        }
        let elapsed = begun.elapsed();
        Measured::of(latencies, elapsed, (&before?, &Snapshot::take(houses)?))
    })
}

fn connection(
    flow: &Flow,
    (world, number): (&World, usize),
    seconds: u64,
    (ready, start): (&Barrier, &Barrier),
) -> Result<Vec<Duration>> {
    let prepared = (|| {
        let mut round = flow.round(world, number)?;
        round.prepare(seconds)?;
        let begun = Instant::now();
        while round.may_warm_up() && begun.elapsed() < WARM_UP {
            round.run()?;
        }
        anyhow::Ok(round)
    })();
    // Also after a failure: the others wait.
    ready.wait();
    start.wait();
    let mut round = prepared?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut latencies = Vec::new();
    loop {
        let begun = Instant::now();
        if begun >= end || !round.run()? {
            return Ok(latencies);
        }
        latencies.push(begun.elapsed());
    }
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn of(
        mut latencies: Vec<Duration>,
        elapsed: Duration,
        (before, after): (&Snapshot, &Snapshot),
    ) -> Result<Self> {
        latencies.sort_unstable();
        let rounds = latencies.len();
        let percentile =
            |percent: usize| latencies.get(rounds * percent / 100).copied().context("nothing was measured");
        let a_round = |total: f64| total / rounds as f64;
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let [directory, sessions] = [0, 1].map(|store: usize| {
            let count = |snapshot: &Snapshot| snapshot.trips.get(store).copied().unwrap_or_default();
            a_round((count(after) - count(before)) as f64)
        });
        Ok(Self {
            rounds,
            per_second: rounds as f64 / elapsed.as_secs_f64(),
            median: percentile(50)?,
            slow: percentile(99)?,
            cpu: a_round(micros(after.cpu.saturating_sub(before.cpu))),
            home_cpu: a_round(micros(after.home_cpu.saturating_sub(before.home_cpu))),
            trips: [directory, sessions],
        })
    }

    /// For those who watch.
    pub(super) fn line(&self, flow: &Flow) -> String {
        format!("{:<30} {:>8.0}/s {:>8.1} µs CPU", flow.name, self.per_second, self.cpu)
    }
}
