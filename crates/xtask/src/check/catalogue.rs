//! The catalogue of negative tests, `tests/CATALOGUE.md`: each id is proved by a test that exists, or is open.
//!
//! A line reads `- AZ-01: az_01_unknown_client_is_a_page`, with several names between commas, or `- AZ-02: open`,
//! with a reason in brackets where there is one. Other lines are prose. `catalogue-ids.txt` holds every id, so that
//! none is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use regex::Regex;

use super::{Findings, Tree};
use crate::sources::Sources;

const CATALOGUE: &str = "tests/CATALOGUE.md";
const IDS: &str = include_str!("../../catalogue-ids.txt");

pub(super) fn check(tree: &Tree) -> Result<Findings> {
    let path = tree.root.join(CATALOGUE);
    if !path.exists() {
        return Ok(Findings { note: format!("{CATALOGUE} is not there yet"), problems: Vec::new() });
    }
    let ids = IDS.lines().collect();
    compare(&std::fs::read_to_string(path)?, &ids, &functions(&tree.sources)?)
}

fn functions(sources: &Sources) -> Result<BTreeSet<String>> {
    let function = Regex::new(r"\bfn\s+(\w+)")?;
    let names = sources.files.iter().flat_map(|file| function.captures_iter(&file.text));
    Ok(names.filter_map(|found| found.get(1).map(|name| name.as_str().to_owned())).collect())
}

fn compare(catalogue: &str, ids: &BTreeSet<&str>, functions: &BTreeSet<String>) -> Result<Findings> {
    let entry = Regex::new(r"^- ([A-Z]+-\d+[a-z]?): (?:open(?: \(.+\))?|(`?[\w:]+`?(?:, `?[\w:]+`?)*))$")?;
    let mut problems = Vec::new();
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut open = 0;
    for (at, line) in catalogue.lines().enumerate().filter(|(_, line)| line.starts_with("- ")) {
        let place = format!("{CATALOGUE}:{}", at + 1);
        let Some(found) = entry.captures(line.trim_end()) else {
            problems.push(format!("{place}: reads neither `- ID: test_name` nor `- ID: open`"));
            continue;
        };
        let id = found.get(1).map_or("", |id| id.as_str());
        if let Some(first) = listed.insert(id, at + 1) {
            problems.push(format!("{place}: {id} is listed twice, first in line {first}"));
        }
        match found.get(2) {
            Some(names) => {
                let gone = missing(names.as_str(), functions);
                problems.extend(gone.map(|what| format!("{place}: {what}")));
            }
            None => open += 1,
        }
    }
    problems.extend(
        ids.iter().filter(|id| !listed.contains_key(*id)).map(|id| format!("{CATALOGUE}: {id} is missing")),
    );
    let unknown = listed.iter().filter(|(id, _)| !ids.contains(*id));
    problems
        .extend(unknown.map(|(id, line)| format!("{CATALOGUE}:{line}: {id} is no id of catalogue-ids.txt")));
    Ok(Findings { note: format!("{} ids, {open} open", listed.len()), problems })
}

fn missing(names: &str, functions: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let names = names.split(", ").map(|name| name.trim_matches('`'));
    let names = names.map(|name| name.rsplit("::").next().unwrap_or(name));
    names.filter(|name| !functions.contains(*name)).map(|name| format!("no function is called {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(catalogue: &str) -> Vec<String> {
        let ids = BTreeSet::from(["AZ-01", "AZ-02"]);
        let sources =
            Sources::of(&[("tests/main.rs", "async fn az_01_page() {} mod m { fn az_02_page() {} }")]);
        let found = compare(catalogue, &ids, &functions(&sources).unwrap()).unwrap();
        found.problems.into_iter().map(|problem| problem.replace("tests/CATALOGUE.md", "")).collect()
    }

    #[test]
    fn proved_and_open_ids_are_fine() {
        assert_eq!(problems("# Head\n- AZ-01: az_01_page, `m::az_02_page`\n\n- AZ-02: open\n"), [""; 0]);
        assert_eq!(problems("- AZ-01: open (needs the pages)\n- AZ-02: `az_02_page`"), [""; 0]);
    }

    #[test]
    fn a_test_that_is_not_there_is_a_problem() {
        assert_eq!(problems("- AZ-01: az_01_gone\n- AZ-02: open"), [":1: no function is called az_01_gone"]);
    }

    #[test]
    fn ids_are_neither_missing_nor_double_nor_unknown() {
        assert_eq!(problems("- AZ-01: open"), [": AZ-02 is missing"]);
        let twice = problems("- AZ-01: open\n- AZ-02: open\n- AZ-01: open");
        assert_eq!(twice, [":3: AZ-01 is listed twice, first in line 1"]);
        let unknown = problems("- AZ-01: open\n- AZ-02: open\n- AZ-03: open");
        assert_eq!(unknown, [":3: AZ-03 is no id of catalogue-ids.txt"]);
    }

    #[test]
    fn a_line_that_reads_otherwise_is_a_problem() {
        let found = problems("- AZ-01 open\n- AZ-01: open\n- AZ-02: open soon");
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn the_list_of_ids_holds_each_once() {
        let ids: Vec<&str> = IDS.lines().collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len());
        assert!(distinct.contains("AZ-01"));
    }
}
