//! The Rust sources of the workspace, read once and parsed once, with what is test and what is not.
//!
//! A file is a test file when it lies outside a crate's `src`, or when the module that declares it is under
//! `#[cfg(test)]`. Knows nothing of the rules that are checked over it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, Meta};
use walkdir::WalkDir;

/// One Rust file.
pub(crate) struct SourceFile {
    /// Relative to the workspace root.
    pub(crate) path: PathBuf,
    /// The folder under `crates/`, or `tests`.
    pub(crate) krate: String,
    /// Module path inside the crate; empty for `lib.rs` and `main.rs`.
    pub(crate) module: Vec<String>,
    pub(crate) text: String,
    pub(crate) syntax: syn::File,
    pub(crate) is_test: bool,
}

/// All Rust files of the workspace.
pub(crate) struct Sources {
    pub(crate) files: Vec<SourceFile>,
    /// Files that do not parse; they count as empty everywhere else.
    pub(crate) unparsable: Vec<String>,
}

impl Sources {
    /// Reads `crates/` and `tests/` under the workspace root.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut sources = Self { files: Vec::new(), unparsable: Vec::new() };
        for path in files_under(root, &["crates", "tests"], "rs") {
            let text =
                std::fs::read_to_string(root.join(&path)).with_context(|| path.display().to_string())?;
            sources.add(path, text);
        }
        sources.mark_test_modules();
        Ok(sources)
    }

    fn add(&mut self, path: PathBuf, text: String) {
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| {
            let line = error.span().start().line;
            self.unparsable.push(format!("{}:{line}: does not parse: {error}", path.display()));
            syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: Vec::new() }
        });
        let (krate, module) = place(&path);
        let is_test = module.is_none();
        self.files.push(SourceFile {
            path,
            krate,
            module: module.unwrap_or_default(),
            text,
            syntax,
            is_test,
        });
    }

    /// `#[cfg(test)] mod tests;` makes another file a test file, and everything below it.
    fn mark_test_modules(&mut self) {
        let mut test_modules = BTreeSet::new();
        for file in &self.files {
            let mut finder = TestModules { at: file.module.clone(), found: Vec::new() };
            finder.visit_file(&file.syntax);
            test_modules.extend(finder.found.into_iter().map(|module| (file.krate.clone(), module)));
        }
        for file in &mut self.files {
            file.is_test |= test_modules
                .iter()
                .any(|(krate, module)| *krate == file.krate && file.module.starts_with(module));
        }
    }

    /// The files under `crates/*/src` that are not test files.
    pub(crate) fn product(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| !file.is_test)
    }
}

#[cfg(test)]
impl Sources {
    /// A small workspace made of `(path, text)`.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut sources = Self { files: Vec::new(), unparsable: Vec::new() };
        for (path, text) in files {
            sources.add(PathBuf::from(path), (*text).to_owned());
        }
        sources.mark_test_modules();
        sources
    }
}

/// Files with this extension below some folders of the root, sorted, relative to the root. Build output and
/// installed packages are passed by; a folder that is not there holds nothing.
pub(crate) fn files_under(root: &Path, folders: &[&str], extension: &str) -> Vec<PathBuf> {
    let walks = folders.iter().flat_map(|folder| WalkDir::new(root.join(folder)).sort_by_file_name());
    walks
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| path.strip_prefix(root).map(Path::to_path_buf).ok())
        .filter(|path| !path.iter().any(|part| part == "target" || part == "node_modules"))
        .collect()
}

/// Whether an item is compiled for tests only: some `cfg` among its attributes names `test` without `not`.
pub(crate) fn is_test_item(item: &Item) -> bool {
    attributes(item).iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if attribute.path().is_ident("cfg") => {
            let words = list.tokens.to_string();
            let mut words = words.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            words.clone().any(|word| word == "test") && !words.any(|word| word == "not")
        }
        _ => attribute.path().is_ident("test"),
    })
}

/// The lines of a file that belong to items compiled for tests only, numbered from 1.
pub(crate) fn test_lines(file: &SourceFile) -> Vec<std::ops::RangeInclusive<usize>> {
    let mut finder = TestItems(Vec::new());
    finder.visit_file(&file.syntax);
    finder.0
}

struct TestItems(Vec<std::ops::RangeInclusive<usize>>);

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test_item(item) {
            self.0.push(item.span().start().line..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

struct TestModules {
    at: Vec<String>,
    found: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for TestModules {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.at.push(item.ident.to_string());
        if is_test_item(&Item::Mod(item.clone())) {
            self.found.push(self.at.clone());
        } else {
            visit::visit_item_mod(self, item);
        }
        self.at.pop();
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Crate folder and, for files under `crates/*/src`, the module path.
fn place(path: &Path) -> (String, Option<Vec<String>>) {
    let parts: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    match parts.as_slice() {
        [top, krate, src, module @ ..] if top == "crates" && src == "src" => {
            let mut module = module.to_vec();
            let is_named_by_folder = module.last().is_some_and(|last| last == "mod");
            let is_root = matches!(module.as_slice(), [only] if only == "lib" || only == "main");
            if is_named_by_folder || is_root {
                module.pop();
            }
            (krate.clone(), Some(module))
        }
        [top, krate, ..] if top == "crates" => (krate.clone(), None),
        _ => ("tests".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_follow_from_paths() {
        let module = |path: &str| place(Path::new(path)).1.map(|module| module.join("::"));
        assert_eq!(module("crates/idp/src/lib.rs").as_deref(), Some(""));
        assert_eq!(module("crates/idp/src/guest.rs").as_deref(), Some("guest"));
        assert_eq!(module("crates/idp/src/token/mod.rs").as_deref(), Some("token"));
        assert_eq!(module("crates/idp/src/guest/lib.rs").as_deref(), Some("guest::lib"));
        assert_eq!(module("crates/idp/tests/all.rs"), None);
        assert_eq!(module("tests/main.rs"), None);
    }

    #[test]
    fn a_file_declared_under_cfg_test_is_a_test_file_with_all_below_it() {
        let sources = Sources::of(&[
            ("crates/idp/src/lib.rs", "mod guest;"),
            ("crates/idp/src/guest.rs", "#[cfg(test)] mod tests; #[cfg(not(test))] mod real;"),
            ("crates/idp/src/guest/tests.rs", ""),
            ("crates/idp/src/guest/tests/rows.rs", ""),
            ("crates/idp/src/guest/real.rs", ""),
            ("crates/web/src/guest/tests.rs", ""),
        ]);
        let tests: Vec<_> =
            sources.files.iter().filter(|file| file.is_test).map(|f| f.path.display().to_string()).collect();
        assert_eq!(tests, ["crates/idp/src/guest/tests.rs", "crates/idp/src/guest/tests/rows.rs"]);
    }

    #[test]
    fn test_items_cover_their_attributes() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn b() {}\n}\n";
        let sources = Sources::of(&[("crates/idp/src/lib.rs", text)]);
        assert_eq!(test_lines(&sources.files[0]), [3..=7]);
    }

    #[test]
    fn what_does_not_parse_is_reported_with_its_line() {
        let sources = Sources::of(&[("crates/idp/src/lib.rs", "fn a() {}\nfn }")]);
        assert!(sources.unparsable[0].starts_with("crates/idp/src/lib.rs:2: "), "{:?}", sources.unparsable);
    }
}
