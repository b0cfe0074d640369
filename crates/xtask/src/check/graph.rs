//! The crate graph: who may know whom inside the workspace, and what the pure crate may not know at all.
//!
//! Third-party libraries have their own guard, the `wrappers` in `.deny.toml`.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use super::{Findings, Tree};

/// Each package and the workspace packages it may depend on, in any way (also for its tests only).
const ALLOWED: &[(&str, &[&str])] = &[
    ("hospes-protocol", &[]),
    ("hospes-idp", &["hospes-protocol"]),
    ("hospes-upstream", INNER),
    ("hospes-storage", INNER),
    ("hospes-mail", INNER),
    ("hospes-web", INNER),
    ("hospes-server", ROOMS),
    ("hospes-tests", WHOLE),
    ("xtask", &[]),
];
const INNER: &[&str] = &["hospes-protocol", "hospes-idp"];
const ROOMS: &[&str] =
    &["hospes-protocol", "hospes-idp", "hospes-upstream", "hospes-storage", "hospes-mail", "hospes-web"];
const WHOLE: &[&str] = &[
    "hospes-protocol",
    "hospes-idp",
    "hospes-upstream",
    "hospes-storage",
    "hospes-mail",
    "hospes-web",
    "hospes-server",
];

/// The vocabulary does no I/O, never waits, and knows neither time nor chance.
const PURE: &str = "hospes-protocol";
const IMPURE: &[&str] = &[
    "async-trait",
    "chrono",
    "futures",
    "futures-util",
    "getrandom",
    "jiff",
    "mio",
    "rand",
    "time",
    "tokio",
];

pub(super) fn check(tree: &Tree) -> Result<Findings> {
    let metadata =
        MetadataCommand::new().current_dir(tree.root).no_deps().exec().context("cargo metadata")?;
    let edges: Vec<Edge> = metadata.packages.iter().flat_map(edges_of).collect();
    let members: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut problems: Vec<String> = members.iter().filter_map(|name| unknown(name)).collect();
    problems.extend(edges.iter().filter_map(|edge| forbidden(edge, &members)));
    Ok(Findings { note: format!("{} packages", members.len()), problems })
}

struct Edge {
    from: String,
    to: String,
    for_tests_only: bool,
}

fn edges_of(package: &Package) -> Vec<Edge> {
    let edge = |dependency: &cargo_metadata::Dependency| Edge {
        from: package.name.to_string(),
        to: dependency.name.clone(),
        for_tests_only: dependency.kind == DependencyKind::Development,
    };
    package.dependencies.iter().map(edge).collect()
}

fn unknown(name: &str) -> Option<String> {
    let is_known = ALLOWED.iter().any(|(known, _)| *known == name);
    (!is_known).then(|| format!("{name}: not in the table of crates; say there what it may depend on"))
}

fn forbidden(edge: &Edge, members: &[&str]) -> Option<String> {
    let Edge { from, to, for_tests_only } = edge;
    if from == PURE && IMPURE.contains(&to.as_str()) && !for_tests_only {
        return Some(format!("{from}: depends on {to}, but it must stay pure"));
    }
    // A crate may depend on itself for its tests: that is how it switches on a feature of its own.
    let is_internal = members.contains(&to.as_str()) && !(from == to && *for_tests_only);
    let is_allowed = ALLOWED.iter().any(|(known, allowed)| known == from && allowed.contains(&to.as_str()));
    (is_internal && !is_allowed).then(|| format!("{from}: must not depend on {to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(from: &str, to: &str, for_tests_only: bool) -> bool {
        let members: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
        forbidden(&Edge { from: from.into(), to: to.into(), for_tests_only }, &members).is_some()
    }

    #[test]
    fn the_arrows_point_inwards() {
        for (from, to) in [("hospes-web", "hospes-idp"), ("hospes-server", "hospes-web")] {
            assert!(!refused(from, to, false), "{from} -> {to}");
        }
        for (from, to) in
            [("hospes-idp", "hospes-web"), ("hospes-web", "hospes-storage"), ("xtask", "hospes-idp")]
        {
            assert!(refused(from, to, false), "{from} -> {to}");
            assert!(refused(from, to, true), "{from} -> {to} for tests");
        }
    }

    #[test]
    fn a_crate_may_switch_on_its_own_features_for_tests() {
        assert!(!refused("hospes-idp", "hospes-idp", true));
    }

    #[test]
    fn the_pure_crate_stays_pure_outside_its_tests() {
        assert!(refused("hospes-protocol", "tokio", false));
        assert!(!refused("hospes-protocol", "tokio", true));
        assert!(!refused("hospes-idp", "tokio", false));
    }

    #[test]
    fn a_new_crate_must_be_placed() {
        assert!(unknown("hospes-extra").is_some());
        assert!(unknown("hospes-idp").is_none());
    }
}
