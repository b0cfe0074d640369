//! Every committed snapshot belongs to a test that is still there.
//!
//! insta names a snapshot `MODULES__NAME.snap` beside the file that asserts it, and notes that file in the
//! snapshot's head. NAME is a literal in the test, or the test's own name without `test_`. A text search for either
//! in the sources of the same crate is enough to find what nobody reads any more. A test that makes several
//! snapshots of one thing may add an ending to the literal, as in `invitation.html`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Findings, Tree};
use crate::sources::{SourceFile, Sources, files_under};

pub(super) fn check(tree: &Tree) -> Result<Findings> {
    let snapshots = files_under(tree.root, &["crates", "tests"], "snap");
    let mut problems = Vec::new();
    for path in &snapshots {
        let text = std::fs::read_to_string(tree.root.join(path))?;
        problems.extend(unreferenced(path, &text, &tree.sources));
    }
    let pending =
        ["new", "pending-snap"].iter().flat_map(|kind| files_under(tree.root, &["crates", "tests"], kind));
    problems.extend(pending.map(|path| format!("{}: a snapshot nobody has reviewed", path.display())));
    Ok(Findings { note: format!("{} snapshots", snapshots.len()), problems })
}

fn unreferenced(path: &Path, text: &str, sources: &Sources) -> Option<String> {
    let place = path.display();
    let Some(asserted_in) = source_in_head(text) else {
        return Some(format!("{place}: its head names no source"));
    };
    let Some(source) = sources.files.iter().find(|file| file.path == asserted_in) else {
        return Some(format!("{place}: its source {} is not there", asserted_in.display()));
    };
    if path.parent().and_then(Path::parent) != source.path.parent() {
        return Some(format!("{place}: does not lie beside its source {}", asserted_in.display()));
    }
    let name = name_of(path);
    let is_used =
        sources.files.iter().filter(|file| file.krate == source.krate).any(|file| uses(file, &name));
    (!is_used).then(|| format!("{place}: no test is called {name} and none names it"))
}

/// The `source:` line between the two `---` at the top.
fn source_in_head(text: &str) -> Option<PathBuf> {
    let mut head = text.lines().skip(1).take_while(|line| *line != "---");
    let source = head.find_map(|line| line.strip_prefix("source:"));
    source.map(|path| PathBuf::from(path.trim().trim_matches('"')))
}

/// The last part of the file's name, without `@suffix` and without the number of a repeated snapshot.
fn name_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = stem.rsplit("__").next().unwrap_or_default();
    let name = name.split('@').next().unwrap_or_default();
    let without_number =
        name.rsplit_once('-').filter(|(_, end)| end.bytes().all(|byte| byte.is_ascii_digit()));
    without_number.map_or(name, |(name, _)| name).to_owned()
}

fn uses(file: &SourceFile, name: &str) -> bool {
    let without_ending = name.split('.').next().unwrap_or(name);
    let ways = [
        format!("\"{name}\""),
        format!("\"{without_ending}\""),
        format!("fn {name}("),
        format!("fn test_{name}("),
    ];
    ways.iter().any(|way| file.text.contains(way))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &str, source: &str) -> Option<String> {
        let sources = Sources::of(&[
            ("crates/web/src/page.rs", "mod tests { fn consent() {} fn test_home() {} }"),
            ("crates/web/src/lib.rs", "fn f() { show(\"choose home\"); }"),
            ("crates/idp/src/lib.rs", "fn elsewhere() {}"),
        ]);
        unreferenced(
            Path::new(path),
            &format!("---\nsource: {source}\nexpression: x\n---\nsource: no\n"),
            &sources,
        )
    }

    #[test]
    fn a_snapshot_of_a_test_or_of_a_literal_is_used() {
        for name in ["consent", "consent-2", "home", "choose home", "choose home.html", "consent@dark"] {
            let path = format!("crates/web/src/snapshots/hospes_web__page__tests__{name}.snap");
            assert_eq!(problem(&path, "crates/web/src/page.rs"), None, "{name}");
        }
    }

    #[test]
    fn a_snapshot_without_its_test_is_a_problem() {
        let found =
            problem("crates/web/src/snapshots/hospes_web__page__tests__gone.snap", "crates/web/src/page.rs");
        assert!(found.unwrap().ends_with("no test is called gone and none names it"));
        let found = problem(
            "crates/web/src/snapshots/hospes_web__page__tests__elsewhere.snap",
            "crates/web/src/page.rs",
        );
        assert!(found.is_some(), "another crate's function does not count");
    }

    #[test]
    fn a_snapshot_without_its_source_is_a_problem() {
        let found =
            problem("crates/web/src/snapshots/hospes_web__old__consent.snap", "crates/web/src/old.rs");
        assert!(found.unwrap().contains("crates/web/src/old.rs is not there"));
        let found =
            problem("crates/idp/src/snapshots/hospes_web__page__consent.snap", "crates/web/src/page.rs");
        assert!(found.unwrap().contains("does not lie beside"));
        assert!(source_in_head("---\nexpression: x\n---\nsource: a.rs").is_none());
    }
}
