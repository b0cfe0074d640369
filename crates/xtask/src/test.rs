//! `cargo xtask test`: every test of the workspace, with its real counterparts.
//!
//! Brings the machine up (packages, npm modules, a Redis and a `PostgreSQL` of its own), tells the tests through
//! `HOSPES_TEST_*` where everything is, and takes it all down again, whichever way the run ends. What cannot be
//! brought up is a failure with a sentence; nothing is passed over.

mod counterparts;
pub(crate) mod machine;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

use crate::process;
use machine::Machine;
use postgres::Postgres;
use redis::Redis;

/// Runs the tests; `runner` is handed to cargo-nextest, or to `cargo test` where that is not installed.
pub(crate) fn run(root: &Path, runner: &[String]) -> Result<()> {
    process::pass_on_signals()?;
    let machine = Machine::prepare()?;
    let python = counterparts::install(root, &machine)?;
    let redis = Redis::start(&machine.stores)?;
    let postgres = Postgres::start(&machine.stores)?;
    let (redis_url, postgres_url) = (redis.url(), postgres.url());
    let tests = Tests { root, machine: &machine, python, redis_url, postgres_url };
    println!("started {} and {}", tests.redis_url, tests.postgres_url);
    let binary = tests.build()?;
    tests.run(runner, &binary)
}

struct Tests<'a> {
    root: &'a Path,
    machine: &'a Machine,
    /// With the Python packages the tests use.
    python: PathBuf,
    redis_url: String,
    postgres_url: String,
}

impl Tests<'_> {
    /// One build for the `hospes` binary and all tests. Building the binary's package alone would resolve features
    /// differently and compile most dependencies a second time.
    fn build(&self) -> Result<PathBuf> {
        let build = ["build", "--quiet", "--workspace", "--bins", "--tests", "--locked"];
        process::run(Command::new("cargo").current_dir(self.root).args(build))?;
        let metadata =
            MetadataCommand::new().current_dir(self.root).no_deps().exec().context("cargo metadata")?;
        let binary = metadata.target_directory.join("debug").join("hospes").into_std_path_buf();
        ensure!(binary.is_file(), "the build left no binary at {}", binary.display());
        Ok(binary)
    }

    /// Documentation tests come first, so that the runner's own summary closes the output.
    fn run(&self, runner: &[String], binary: &Path) -> Result<()> {
        let has_nextest = process::succeeds(Command::new("cargo").args(["nextest", "--version"]));
        if !has_nextest {
            // `cargo test` runs documentation tests by itself.
            let test = ["test", "--workspace", "--locked", "--no-fail-fast"];
            return process::run(self.cargo(binary).args(test).args(runner));
        }
        let documentation = if runner.is_empty() {
            self.documentation(binary)
        } else {
            println!("documentation tests are left out: arguments for the test runner were given");
            Ok(())
        };
        process::unless_interrupted()?;
        let all =
            process::run(self.cargo(binary).args(["nextest", "run", "--workspace", "--locked"]).args(runner));
        all.and(documentation)
    }

    /// The examples in the documentation; a line when they hold, the whole output when they do not.
    fn documentation(&self, binary: &Path) -> Result<()> {
        let test = ["test", "--doc", "--workspace", "--locked", "--no-fail-fast"];
        let output = process::run_quietly(self.cargo(binary).args(test))?;
        println!("{} examples in the documentation hold", output.matches("... ok\n").count());
        Ok(())
    }

    fn cargo(&self, binary: &Path) -> Command {
        let mut command = Command::new("cargo");
        command
            .current_dir(self.root)
            .env("HOSPES_TEST_REDIS_URL", &self.redis_url)
            .env("HOSPES_TEST_POSTGRES_URL", &self.postgres_url)
            .env("HOSPES_TEST_CHROMEDRIVER", &self.machine.chromedriver)
            .env("HOSPES_TEST_NODE", &self.machine.node)
            .env("HOSPES_TEST_PYTHON", &self.python)
            .env("HOSPES_TEST_BINARY", binary);
        command
    }
}
