//! What a template may not do: switch escaping off, or carry script and style inside the page.
//!
//! The pages' content security policy refuses inline code, so such a page would be broken as well as risky. Mail
//! has no such policy and no linked files, so `templates/mail/` may style inline; nothing may skip escaping.

use std::path::Path;

use anyhow::Result;
use regex::{Captures, Match, Regex};

use super::{Findings, Tree};
use crate::sources::files_under;

pub(super) fn check(tree: &Tree) -> Result<Findings> {
    let patterns = Patterns::new()?;
    let templates: Vec<_> =
        ["html", "txt", "xml"].iter().flat_map(|kind| files_under(tree.root, &["templates"], kind)).collect();
    let mut problems = Vec::new();
    for path in &templates {
        problems.extend(patterns.problems(path, &std::fs::read_to_string(tree.root.join(path))?));
    }
    Ok(Findings { note: format!("{} templates", templates.len()), problems })
}

struct Patterns {
    /// Askama's ways round escaping: `|safe`, `|escape("none")`, and both as filter blocks.
    unescaped: Regex,
    /// Comments and askama expressions, which may hold any sign.
    not_html: Regex,
    /// Tag name, then everything up to its `>`.
    tag: Regex,
    quoted: Regex,
    inline_attribute: Regex,
}

impl Patterns {
    fn new() -> Result<Self> {
        Ok(Self {
            unescaped: Regex::new(
                r#"(?:\|\s*|\{%[-+~]?\s*filter\s+)(?:safe\b|e(?:scape)?\s*\(\s*(?:escaper\s*=\s*)?"none")"#,
            )?,
            not_html: Regex::new(r"(?s)<!--.*?-->|\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}")?,
            tag: Regex::new(r#"(?s)<([a-zA-Z][\w-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>"#)?,
            quoted: Regex::new(r#"(?s)"[^"]*"|'[^']*'"#)?,
            inline_attribute: Regex::new(r"(?i)(?:^|\s)(on[a-z]+|style)\s*=")?,
        })
    }

    fn problems(&self, path: &Path, text: &str) -> Vec<String> {
        let is_page =
            path.extension().is_some_and(|kind| kind == "html") && !path.starts_with("templates/mail");
        let escapes = self.unescaped.find_iter(text);
        let mut found: Vec<_> =
            escapes.map(|found| (line_of(text, found), "switches escaping off".to_owned())).collect();
        if is_page {
            found.extend(self.inline(text));
        }
        found.sort_unstable();
        found.into_iter().map(|(line, what)| format!("{}:{line}: {what}", path.display())).collect()
    }

    /// Script and style inside the page.
    fn inline(&self, text: &str) -> Vec<(usize, String)> {
        let html = blanked(&self.not_html, text);
        let mut found = Vec::new();
        for tag in self.tag.captures_iter(&html) {
            let line = tag.get(0).map_or(0, |all| line_of(&html, all));
            let [name, rest] = [1, 2].map(|group| tag.get(group).map_or("", |part| part.as_str()));
            let attributes = blanked(&self.quoted, rest);
            if name.eq_ignore_ascii_case("script") && !attributes.contains("src=") {
                found.push((line, "<script> without src".to_owned()));
            }
            if name.eq_ignore_ascii_case("style") {
                found.push((line, "<style> inside the page".to_owned()));
            }
            let inline = self.inline_attribute.find_iter(&attributes);
            found.extend(inline.map(|attribute| (line, format!("inline {}", attribute.as_str().trim()))));
        }
        found
    }
}

/// Takes out what matches but keeps its line ends, so that line numbers stay right.
fn blanked(pattern: &Regex, text: &str) -> String {
    let line_ends = |found: &Captures| {
        let lines = found.get(0).map_or(0, |all| all.as_str().matches('\n').count());
        if lines == 0 { " ".to_owned() } else { "\n".repeat(lines) }
    };
    pattern.replace_all(text, line_ends).into_owned()
}

fn line_of(text: &str, found: Match) -> usize {
    text.get(..found.start()).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        let place = format!("{path}:");
        let found = Patterns::new().unwrap().problems(Path::new(path), text);
        found.into_iter().map(|problem| problem.replace(&place, "")).collect()
    }

    #[test]
    fn escaping_may_not_be_switched_off_anywhere() {
        for text in [
            "{{ x|safe }}",
            "{{ x | trim | safe }}",
            "{% filter safe %}{% endfilter %}",
            "{{ x|escape(\"none\") }}",
            "{{ x|e( \"none\") }}",
        ] {
            for path in ["templates/a.html", "templates/mail/a.html", "templates/mail/a.txt"] {
                assert_eq!(problems(path, text), ["1: switches escaping off"], "{path} {text}");
            }
        }
        assert_eq!(problems("templates/a.html", "{{ x|safety }} {{ x|escape }} is safe"), [""; 0]);
    }

    #[test]
    fn a_page_carries_no_script_and_no_style() {
        let text = "<p>\n<script>go()</script>\n<SCRIPT\n type=module>x</SCRIPT><style>p{}</style>";
        let expected = ["2: <script> without src", "3: <script> without src", "4: <style> inside the page"];
        assert_eq!(problems("templates/a.html", text), expected);
        assert_eq!(problems("templates/a.html", "<script defer src=\"/s.js\"></script>"), [""; 0]);
    }

    #[test]
    fn a_page_has_no_inline_attributes() {
        assert_eq!(problems("templates/a.html", "<p class=a\n style='x'>"), ["1: inline style="]);
        assert_eq!(
            problems("templates/a.html", "<p {% if a > b %}onClick = \"x\"{% endif %}>"),
            ["1: inline onClick ="]
        );
        let harmless = "<p title=\"x style= onclick=\" data-style=\"a\">style= onx=</p><!-- <p style=x> -->{# <script> #}";
        assert_eq!(problems("templates/a.html", harmless), [""; 0]);
    }

    #[test]
    fn mail_may_style_inline() {
        assert_eq!(problems("templates/mail/a.html", "<style>p{}</style><p style=\"x\">"), [""; 0]);
    }

    #[test]
    fn lines_are_counted_through_expressions() {
        assert_eq!(problems("templates/a.html", "{{ a\n}}\n{#\n\n#}<p style=x>"), ["5: inline style="]);
    }
}
