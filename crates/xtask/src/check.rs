//! `cargo xtask check`: the rules of the house, one line each.
//!
//! A step that fails does not stop the next one, so that one run tells everything there is to mend.

mod budgets;
mod catalogue;
mod cycles;
mod graph;
mod handlers;
mod snapshots;
mod templates;
mod tools;

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::sources::Sources;

/// What a step found.
#[derive(Default)]
struct Findings {
    /// A few words for the step's line, such as a measure.
    note: String,
    /// One sentence each, beginning with the place; empty means that the rule holds.
    problems: Vec<String>,
}

struct Tree<'a> {
    root: &'a Path,
    sources: Sources,
}

type Step = (&'static str, fn(&Tree) -> Result<Findings>);

const STEPS: [Step; 10] = [
    ("formatting", tools::formatting),
    ("lints", tools::lints),
    ("dependencies", tools::dependencies),
    ("crate graph", graph::check),
    ("module cycles", |tree| Ok(cycles::check(tree))),
    ("size budgets", |tree| Ok(budgets::check(tree))),
    ("web handlers", |tree| Ok(handlers::check(tree))),
    ("templates", templates::check),
    ("snapshots", snapshots::check),
    ("catalogue", catalogue::check),
];

/// Runs every step; fails at the end when any of them failed, with their names.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree { root, sources: Sources::read(root)? };
    let failed: Vec<&str> = STEPS.iter().filter(|step| !holds(step, &tree)).map(|(name, _)| *name).collect();
    if !failed.is_empty() {
        bail!("{} of {} checks failed: {}", failed.len(), STEPS.len(), failed.join(", "));
    }
    println!("all {} checks hold", STEPS.len());
    Ok(())
}

fn holds((name, step): &Step, tree: &Tree) -> bool {
    let begun = Instant::now();
    let findings = step(tree)
        .unwrap_or_else(|error| Findings { note: String::new(), problems: vec![format!("{error:#}")] });
    let verdict = if findings.problems.is_empty() { "ok" } else { "FAILED" };
    let seconds = begun.elapsed().as_secs_f32();
    println!("{}", format!("{verdict:<6}  {name:<13}  {seconds:6.1} s  {}", findings.note).trim_end());
    for problem in &findings.problems {
        println!("        {problem}");
    }
    findings.problems.is_empty()
}
