//! The length of web handlers.
//!
//! A handler is a function in `crates/web/src` that carries an actix route attribute (`#[get("…")]` and its
//! kin), or whose name is given to a route: `web::post().to(module::name)`. A closure given to `.to(…)` is
//! measured as it stands. Length is every line from `fn` to the closing brace, signature included.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, Item, ItemFn};

use super::{Findings, Tree};
use crate::sources::{Sources, is_test_item};

const LINES: usize = 25;
const ROUTES: [&str; 10] =
    ["connect", "delete", "get", "head", "options", "patch", "post", "put", "route", "routes"];

struct Handler {
    place: String,
    name: String,
    lines: usize,
}

pub(super) fn check(tree: &Tree) -> Findings {
    let handlers = handlers(&tree.sources);
    let longest = handlers.iter().map(|handler| handler.lines).max().unwrap_or_default();
    let problems = handlers.iter().filter(|handler| handler.lines > LINES).map(|handler| {
        format!("{}: handler {} has {} lines; at most {LINES}", handler.place, handler.name, handler.lines)
    });
    let problems = problems.collect();
    Findings { note: format!("{} handlers, longest {longest}", handlers.len()), problems }
}

fn handlers(sources: &Sources) -> Vec<Handler> {
    let files = || sources.product().filter(|file| file.krate == "web");
    let mut routed = Routed::default();
    files().for_each(|file| routed.visit_file(&file.syntax));
    let mut found = Vec::new();
    for file in files() {
        let mut functions = Functions::default();
        functions.visit_file(&file.syntax);
        let is_handler = |name: &str, has_route: bool| has_route || routed.names.contains(name);
        for (name, has_route, span) in functions.found {
            if is_handler(&name, has_route) {
                let place = format!("{}:{}", file.path.display(), span.start().line);
                found.push(Handler { place, name, lines: span.end().line - span.start().line + 1 });
            }
        }
    }
    found
}

/// The names given to `.to(…)`.
#[derive(Default)]
struct Routed {
    names: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Routed {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "to"
            && let Some(Expr::Path(path)) = call.args.first()
            && let Some(name) = path.path.segments.last()
        {
            self.names.insert(name.ident.to_string());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Functions, and closures given to `.to(…)`, outside tests.
#[derive(Default)]
struct Functions {
    found: Vec<(String, bool, Span)>,
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_item(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let has_route = function.attrs.iter().any(|attribute| {
            let name = attribute.path().segments.last();
            name.is_some_and(|segment| ROUTES.iter().any(|route| segment.ident == route))
        });
        let span = function.sig.span().join(function.block.span()).unwrap_or_else(|| function.span());
        self.found.push((function.sig.ident.to_string(), has_route, span));
        visit::visit_item_fn(self, function);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "to"
            && let Some(Expr::Closure(closure)) = call.args.first()
        {
            self.found.push(("closure".to_owned(), true, closure.span()));
        }
        visit::visit_expr_method_call(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        handlers(&Sources::of(files)).into_iter().map(|handler| (handler.name, handler.lines)).collect()
    }

    #[test]
    fn a_function_given_to_a_route_in_another_file_is_a_handler() {
        let files = [
            (
                "crates/web/src/routes.rs",
                "fn routes(c: &mut C) { c.route(\"/\", web::get().to(pages::home)); }",
            ),
            (
                "crates/web/src/pages.rs",
                "/// Doc.\nasync fn home(\n  a: A,\n) -> B {\n  a.b()\n}\nfn other() {}",
            ),
        ];
        assert_eq!(measured(&files), [("home".to_owned(), 5)]);
    }

    #[test]
    fn a_route_attribute_makes_a_handler() {
        let text = "#[actix_web::get(\"/x\")]\nasync fn x() {\n}\n#[inline]\nfn y() {}";
        assert_eq!(measured(&[("crates/web/src/x.rs", text)]), [("x".to_owned(), 2)]);
    }

    #[test]
    fn a_closure_given_to_a_route_is_measured() {
        let text = "fn f() { web::get().to(|| async {\n  1\n}); }";
        assert_eq!(measured(&[("crates/web/src/x.rs", text)]), [("closure".to_owned(), 3)]);
    }

    #[test]
    fn other_crates_and_tests_have_no_handlers() {
        let text = "#[get(\"/\")]\nfn x() {}";
        let in_tests = format!("#[cfg(test)] mod tests {{ {text} }}");
        assert_eq!(measured(&[("crates/idp/src/x.rs", text), ("crates/web/src/y.rs", &in_tests)]), []);
    }
}
