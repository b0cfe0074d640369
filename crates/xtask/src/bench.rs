//! `cargo xtask bench`: what each hot path costs, on a release build with real stores.
//!
//! Starts `hospes serve` as a process of its own and a second one as the home IdP of its guests, both filled by the
//! example `bench_seed`. This process is the load: sixteen connections, each sending its next request when the answer
//! has come. Since load and server share the machine, requests a second say less than the server's CPU time per flow.

mod flows;
mod houses;
mod http;
mod limits;
mod load;
mod report;
mod usage;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use clap::{Args, ValueEnum};

use crate::process;
use crate::test::machine::Stores;
use crate::test::postgres::Postgres;
use crate::test::redis::Redis;
use houses::{Houses, StoreUrls};
use report::{Report, Section};
use world::World;

/// Options of `cargo xtask bench`.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds each flow is measured.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Which stores the server uses.
    #[arg(long, value_enum, default_value_t = Which::Both)]
    stores: Which,
    /// Only flows whose name contains this.
    #[arg(long, default_value = "")]
    flow: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// SQLite and the embedded session store.
    Embedded,
    /// PostgreSQL and Redis, started for the run.
    Real,
    Both,
}

/// The programs measured and measuring.
struct Programs {
    hospes: PathBuf,
    seed: PathBuf,
    /// Where `bench.json` goes.
    target: PathBuf,
}

/// Builds, measures, prints one table and writes it to `target/bench.json`.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    process::pass_on_signals()?;
    let programs = build(root)?;
    let mut report = Report { limits: limits::of_machine(), sections: Vec::new() };
    if options.stores != Which::Real {
        report.sections.push(measure("embedded", &programs, &StoreUrls::Embedded, options)?);
    }
    if options.stores != Which::Embedded {
        let stores = Stores::prepare()?;
        let (redis, postgres) = (Redis::start(&stores)?, Postgres::start(&stores)?);
        report.limits.extend(limits::redis_round_trip(&redis.url())?);
        let urls = StoreUrls::Real { directory: postgres.url(), sessions: redis.url() };
        report.sections.push(measure("real", &programs, &urls, options)?);
    }
    print!("{}", report.table());
    let file = programs.target.join("bench.json");
    std::fs::write(&file, format!("{:#}\n", report.json())).context("cannot write bench.json")?;
    println!("\nwritten to {}", file.display());
    let failed: Vec<&str> = report.sections.iter().flat_map(|section| section.failed.clone()).collect();
    ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
    Ok(())
}

fn build(root: &Path) -> Result<Programs> {
    let arguments = ["build", "--release", "--locked", "--package", "hospes-server"];
    let what = ["--bin", "hospes", "--example", "bench_seed"];
    process::run(Command::new("cargo").current_dir(root).args(arguments).args(what))?;
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().context("cargo metadata")?;
    let target = metadata.target_directory.into_std_path_buf();
    let release = target.join("release");
    let programs =
        Programs { hospes: release.join("hospes"), seed: release.join("examples/bench_seed"), target };
    for program in [&programs.hospes, &programs.seed] {
        ensure!(program.is_file(), "the build left nothing at {}", program.display());
    }
    Ok(programs)
}

fn measure(name: &'static str, programs: &Programs, urls: &StoreUrls, options: &Options) -> Result<Section> {
    println!("measuring with {name} stores");
    let houses = Houses::open(programs, urls)?;
    let mut section = Section::begin(name, &houses)?;
    let world = World::enter(&houses)?;
    for flow in flows::ALL.iter().filter(|flow| flow.name == flows::BARE || flow.name.contains(&options.flow))
    {
        process::unless_interrupted()?;
        match load::run(flow, &world, &houses, options.seconds) {
            Ok(measured) => {
                println!("  {}", measured.line(flow));
                section.flows.push((flow, measured));
            }
            // One flow that does not work leaves the others worth knowing.
            Err(error) => {
                println!("  {:<30} {error:#}", flow.name);
                section.failed.push(flow.name);
            }
        }
    }
    section.end(&houses)?;
    Ok(section)
}
