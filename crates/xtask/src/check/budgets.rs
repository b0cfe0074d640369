//! Size budgets of the sources under `crates/*/src`, and the weight of tests against code.
//!
//! Function length and parameter counts are clippy's job (`.clippy.toml`).

use super::{Findings, Tree};
use crate::sources::{self, SourceFile, Sources};

/// Lines of a file, its tests included.
const FILE_LINES: usize = 400;
/// Test lines per code line below which the check fails. The aim is 1.0; the bar rises as the tests come in.
const TESTS_PER_CODE: f64 = 0.5;

pub(super) fn check(tree: &Tree) -> Findings {
    let mut problems = tree.sources.unparsable.clone();
    problems.extend(too_long(&tree.sources));
    let ratio = tests_per_code(&tree.sources);
    if ratio < TESTS_PER_CODE {
        problems
            .push(format!("{ratio:.2} test lines per code line; at least {TESTS_PER_CODE} are asked for"));
    }
    let lengths = format!("{}; {ratio:.2} test lines per code line", lengths(&tree.sources));
    Findings { note: lengths, problems }
}

fn too_long(sources: &Sources) -> Vec<String> {
    let in_crates =
        sources.files.iter().filter(|file| file.path.iter().nth(2).is_some_and(|part| part == "src"));
    let describe = |file: &SourceFile| {
        let (path, lines) = (file.path.display(), file.text.lines().count());
        (lines > FILE_LINES).then(|| format!("{path}: {lines} lines; at most {FILE_LINES}"))
    };
    in_crates.filter_map(describe).collect()
}

fn lengths(sources: &Sources) -> String {
    let mut lengths: Vec<usize> = sources.product().map(code_lines).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let longest = sources.product().max_by_key(|file| code_lines(file));
    let longest = longest.map(|file| format!("{} ({})", code_lines(file), file.path.display()));
    format!("{} files, median {median}, longest {}", lengths.len(), longest.unwrap_or_default())
}

/// All lines but those of tests, blank ones and comments included.
fn code_lines(file: &SourceFile) -> usize {
    if file.is_test { 0 } else { count(file, |_| true, Part::Code) }
}

/// Blank lines weigh nothing on either side.
fn tests_per_code(sources: &Sources) -> f64 {
    let weigh = |part: Part| -> usize {
        sources.files.iter().map(|file| count(file, |line| !line.trim().is_empty(), part)).sum()
    };
    let ratio = |lines: usize| f64::from(u32::try_from(lines).unwrap_or(u32::MAX));
    ratio(weigh(Part::Tests)) / ratio(weigh(Part::Code)).max(1.0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Tests,
}

fn count(file: &SourceFile, counts: impl Fn(&str) -> bool, part: Part) -> usize {
    let tests = sources::test_lines(file);
    let part_of = |number: usize| {
        let is_test = file.is_test || tests.iter().any(|range| range.contains(&number));
        if is_test { Part::Tests } else { Part::Code }
    };
    let lines = file.text.lines().enumerate();
    lines.filter(|(at, line)| part_of(at + 1) == part && counts(line)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(code: usize, tests: usize) -> String {
        format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "// code\n".repeat(code), "// test\n".repeat(tests))
    }

    fn problems(code: usize, tests: usize) -> Vec<String> {
        too_long(&Sources::of(&[("crates/idp/src/a.rs", &file_of(code, tests))]))
    }

    #[test]
    fn the_whole_file_has_a_budget() {
        assert_eq!(problems(10, 387), [""; 0]);
        assert_eq!(problems(10, 388), ["crates/idp/src/a.rs: 401 lines; at most 400"]);
        assert_eq!(problems(401, 0).len(), 1);
    }

    #[test]
    fn files_outside_src_have_no_budget() {
        assert_eq!(too_long(&Sources::of(&[("tests/main.rs", &file_of(900, 0))])), [""; 0]);
    }

    #[test]
    fn the_ratio_counts_inline_tests_and_test_files_without_blank_lines() {
        let sources = Sources::of(&[
            ("crates/idp/src/a.rs", "fn a() {}\n\nfn b() {}\n#[cfg(test)]\nmod tests {\n\n}\n"),
            ("tests/main.rs", "fn c() {}\n"),
        ]);
        assert!((tests_per_code(&sources) - 2.0).abs() < 1e-9, "{}", tests_per_code(&sources));
    }
}
