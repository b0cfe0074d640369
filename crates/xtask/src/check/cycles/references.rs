//! Which other top-level modules of its crate a file names, and where.
//!
//! Resolves `crate`, `self` and `super`; looks into `use` trees, paths, macro arguments and attributes.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, Meta, UseTree};

use crate::sources::{SourceFile, Sources, is_test_item};

/// One top-level module naming another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) line: usize,
}

/// The references of one file to other top-level modules of its crate.
pub(super) fn of(file: &SourceFile, sources: &Sources) -> Vec<Reference> {
    let mut finder =
        Finder { names: &root_names(&file.krate, sources), at: file.module.clone(), found: Vec::new() };
    finder.visit_file(&file.syntax);
    finder.found
}

/// What can follow `crate::`, and the top-level module it stands for.
fn root_names(krate: &str, sources: &Sources) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let root_items = sources
        .product()
        .filter(|file| file.krate == krate && file.module.is_empty())
        .flat_map(|file| &file.syntax.items);
    for item in root_items {
        match item {
            Item::Mod(module) => {
                names.insert(module.ident.to_string(), module.ident.to_string());
            }
            Item::Use(reexport) => {
                for path in use_paths(&reexport.tree) {
                    let module = path.iter().find(|name| *name != "self" && *name != "crate");
                    if let (Some(module), Some(name)) = (module, path.last()) {
                        names.entry(name.clone()).or_insert(module.clone());
                    }
                }
            }
            _ => {}
        }
    }
    // A name brought in from another crate stands for no module of ours.
    let modules: Vec<String> =
        names.iter().filter(|(name, module)| name == module).map(|(n, _)| n.clone()).collect();
    names.retain(|_, module| modules.contains(module));
    names
}

struct Finder<'a> {
    names: &'a BTreeMap<String, String>,
    at: Vec<String>,
    found: Vec<Reference>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    AreText,
    MayBePaths,
}

impl Finder<'_> {
    /// Records a path that begins with `crate`, `self` or `super`; others name nothing outside their module.
    fn record(&mut self, path: &[String], line: usize) {
        let supers = path.iter().take_while(|name| *name == "super" || *name == "self").count();
        let ups = path.iter().take(supers).filter(|name| *name == "super").count();
        let absolute = match path.first().map(String::as_str) {
            Some("crate") => path.get(1),
            Some("super") if ups >= self.at.len() => path.get(supers),
            _ => None,
        };
        let from = self.at.first();
        let to = absolute.and_then(|name| self.names.get(name));
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            self.found.push(Reference { from: from.clone(), to: to.clone(), line });
        }
    }

    /// Paths inside tokens nobody has parsed: `crate :: a :: B`; in attributes also `"crate::a::b"`.
    fn scan(&mut self, tokens: TokenStream, strings: Strings) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let line = token.span().start().line;
            match token {
                TokenTree::Group(group) => self.scan(group.stream(), strings),
                TokenTree::Ident(word) if word == "crate" || word == "super" => {
                    self.record(&path_from(tokens.get(at..).unwrap_or_default()), line);
                }
                TokenTree::Literal(literal) if strings == Strings::MayBePaths => {
                    let text = literal.to_string();
                    let path: Vec<String> = text.trim_matches('"').split("::").map(str::to_owned).collect();
                    self.record(&path, line);
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_item(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.at.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.at.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let line = item.use_token.span.start().line;
        for path in use_paths(&item.tree) {
            self.record(&path, line);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.record(&names, line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone(), Strings::AreText);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone(), Strings::MayBePaths);
        }
    }
}

/// The identifiers at the head of some tokens that are joined by `::`.
fn path_from(tokens: &[TokenTree]) -> Vec<String> {
    let mut names = Vec::new();
    let mut colons = 2;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if colons == 2 => {
                names.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' && colons < 2 => colons += 1,
            _ => break,
        }
    }
    names
}

/// Every path a `use` brings in, written out. `*` is a name of its own; a renamed item keeps its old name, then
/// its new one, so that both ends of the path are right.
fn use_paths(tree: &UseTree) -> Vec<Vec<String>> {
    let below = |name: String, paths: Vec<Vec<String>>| {
        paths.into_iter().map(|path| [vec![name.clone()], path].concat()).collect()
    };
    match tree {
        UseTree::Path(path) => below(path.ident.to_string(), use_paths(&path.tree)),
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(rename) => vec![vec![rename.ident.to_string(), rename.rename.to_string()]],
        UseTree::Glob(_) => vec![vec!["*".to_owned()]],
        UseTree::Group(group) => group.items.iter().flat_map(use_paths).collect(),
    }
}
