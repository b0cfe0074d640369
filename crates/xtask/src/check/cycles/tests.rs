use super::*;

const ROOT: &str = "pub mod a;\npub mod b;\nmod c;\npub use b::Thing;\nuse serde::Serialize;";

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let mut all = vec![("crates/idp/src/lib.rs", ROOT)];
    all.extend_from_slice(files);
    let sources = Sources::of(&all);
    graphs(&sources)
        .iter()
        .flat_map(|(krate, graph)| cycles(graph).into_iter().map(move |c| (krate, c)))
        .map(|(krate, cycle)| format!("{krate}: {}", cycle.join(" ")))
        .collect()
}

/// Two files whose references, if both are seen, form the cycle `a b`.
fn is_seen(in_a: &str) -> bool {
    found(&[("crates/idp/src/a.rs", in_a), ("crates/idp/src/b.rs", "use crate::a::X;")]) == ["idp: a b"]
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    for way in [
        "use crate::b;",
        "use crate::b::Y;",
        "use crate::{c::Z, b::{Y, W}};",
        "use super::b::Y;",
        "mod inner { use super::super::b::Y; }",
        "fn f() { crate::b::go(); }",
        "fn f(x: crate::b::Y<u8>) {}",
        "fn f() { println!(\"{}\", crate::b::NAME); }",
        "fn f() { crate::b::show!(); }",
        "struct S { #[serde(with = \"crate::b::seconds\")] x: u8 }",
        "use crate::Thing;",
        "use crate::Thing as Other;",
    ] {
        assert!(is_seen(way), "{way}");
    }
}

#[test]
fn what_names_no_other_module_is_not_an_edge() {
    for other in [
        "use crate::a::X;",
        "use self::b::Y; mod b {}",
        "mod inner { use super::b::Y; }",
        "use crate::Serialize;",
        "//! See [`crate::b`].",
        "#[cfg(test)] mod tests { use crate::b::Y; }",
        "#[cfg(test)] use crate::b::Y;",
        "fn f() { println!(\"crate::b\"); }",
    ] {
        assert!(!is_seen(other), "{other}");
    }
}

#[test]
fn files_below_count_for_their_top_level_module() {
    let files = [
        ("crates/idp/src/a/deep/er.rs", "use super::super::super::b::Y;"),
        ("crates/idp/src/b/x.rs", "use crate::a::X;"),
    ];
    assert_eq!(found(&files), ["idp: a b"]);
}

#[test]
fn longer_cycles_are_found_once() {
    let files = [
        ("crates/idp/src/a.rs", "use crate::b::Y;"),
        ("crates/idp/src/b.rs", "use crate::c::Z;"),
        ("crates/idp/src/c.rs", "use crate::a::X;"),
    ];
    assert_eq!(found(&files), ["idp: a b c"]);
}

#[test]
fn a_one_way_street_is_no_cycle() {
    assert_eq!(found(&[("crates/idp/src/a.rs", "use crate::b::Y; use crate::c::Z;")]), [""; 0]);
}

#[test]
fn the_report_names_both_places() {
    let sources = Sources::of(&[
        ("crates/idp/src/lib.rs", ROOT),
        ("crates/idp/src/a.rs", "\nuse crate::b::Y;"),
        ("crates/idp/src/b.rs", "use crate::a::X;"),
    ]);
    let graphs = graphs(&sources);
    let report = describe("idp", &["a".into(), "b".into()], &graphs["idp"]);
    assert_eq!(report, "crates/idp: a → b (crates/idp/src/a.rs:2), b → a (crates/idp/src/b.rs:1)");
}

#[test]
fn an_exception_that_is_not_needed_is_a_problem() {
    let exception = Exception { krate: "idp", modules: &["a", "b"], reason: "being untied" };
    assert_eq!(stale_exceptions(&[exception], &BTreeMap::new()).len(), 1);
}
