//! Module cycles inside a crate, between its top-level modules.
//!
//! An edge is any path that names another top-level module: in `use`, in code, in a macro's arguments or in an
//! attribute such as `#[serde(with = "…")]`. A name that the crate root re-exports counts for the module it comes
//! from. The root itself is no node, since it declares and re-exports everything; test code does not count.

mod references;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Findings, Tree};
use crate::sources::Sources;

/// A cycle that is allowed to stay, and why.
struct Exception {
    krate: &'static str,
    /// In the order in which the check reports them.
    modules: &'static [&'static str],
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[];

/// From a top-level module to those it names, with the first place where it does.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

pub(super) fn check(tree: &Tree) -> Findings {
    let graphs = graphs(&tree.sources);
    let edges: usize = graphs.values().flat_map(Graph::values).map(BTreeMap::len).sum();
    let mut problems = stale_exceptions(EXCEPTIONS, &graphs);
    for (krate, graph) in &graphs {
        let cycles = cycles(graph);
        let new = cycles.iter().filter(|cycle| !EXCEPTIONS.iter().any(|known| known.covers(krate, cycle)));
        problems.extend(new.map(|cycle| describe(krate, cycle, graph)));
    }
    Findings { note: format!("{} crates, {edges} references between modules", graphs.len()), problems }
}

impl Exception {
    fn covers(&self, krate: &str, cycle: &[String]) -> bool {
        self.krate == krate && self.modules == cycle
    }
}

fn stale_exceptions(exceptions: &[Exception], graphs: &BTreeMap<String, Graph>) -> Vec<String> {
    let is_stale = |exception: &&Exception| {
        !graphs
            .get(exception.krate)
            .is_some_and(|graph| cycles(graph).iter().any(|cycle| exception.covers(exception.krate, cycle)))
    };
    let describe = |exception: &Exception| {
        let Exception { krate, modules, reason } = exception;
        format!("crates/{krate}: the exception for {} ({reason}) is no longer needed", modules.join(" → "))
    };
    exceptions.iter().filter(is_stale).map(describe).collect()
}

fn graphs(sources: &Sources) -> BTreeMap<String, Graph> {
    let mut graphs: BTreeMap<String, Graph> = BTreeMap::new();
    for file in sources.product() {
        let graph = graphs.entry(file.krate.clone()).or_default();
        for reference in references::of(file, sources) {
            let place = format!("{}:{}", file.path.display(), reference.line);
            graph.entry(reference.from).or_default().entry(reference.to).or_insert(place);
        }
    }
    graphs
}

/// The shortest cycle through each module, each one once, beginning with its alphabetically first module.
fn cycles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let rotated = |mut cycle: Vec<String>| {
        let first = cycle.iter().enumerate().min_by_key(|(_, name)| *name).map_or(0, |(at, _)| at);
        cycle.rotate_left(first);
        cycle
    };
    graph.keys().filter_map(|start| shortest_cycle(graph, start)).map(rotated).collect()
}

fn shortest_cycle(graph: &Graph, start: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut paths = VecDeque::from([vec![start.to_owned()]]);
    while let Some(path) = paths.pop_front() {
        for next in path.last().and_then(|last| graph.get(last)).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(path);
            }
            if seen.insert(next) {
                paths.push_back([path.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

fn describe(krate: &str, cycle: &[String], graph: &Graph) -> String {
    let following = cycle.iter().cycle().skip(1);
    let steps = cycle.iter().zip(following).map(|(from, to)| {
        let place = graph.get(from).and_then(|targets| targets.get(to)).map_or("?", String::as_str);
        format!("{from} → {to} ({place})")
    });
    format!("crates/{krate}: {}", steps.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
