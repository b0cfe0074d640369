//! Links that may be put into a page.

use std::fmt;
use url::Url;

/// A link target that cannot run script: an absolute `http(s)` URL, or a path on this origin.
///
/// Escaping protects attributes from breaking out, not from `javascript:`; so pages take this type instead of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Href<'a>(&'a str);

impl<'a> Href<'a> {
    /// Checks the target; `None` for other schemes, relative paths, `//host` and anything with control characters.
    pub fn new(target: &'a str) -> Option<Self> {
        // Browsers drop tabs and newlines and read `\` as `/`, which would turn `/\t/host` into another origin.
        if target.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        let path = target.starts_with('/') && !target.starts_with("//");
        let web = || Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        (path || web()).then_some(Self(target))
    }

    /// The text.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// The host it leads to, if it leaves this origin.
    pub fn host(&self) -> Option<String> {
        Url::parse(self.0).ok()?.host_str().map(str::to_owned)
    }
}

impl fmt::Display for Href<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_urls_and_own_paths_are_links() {
        for good in ["https://app.example/a?b=c#d", "http://127.0.0.1:8080/", "/", "/t/fjord/home?x=1"] {
            assert_eq!(Href::new(good).map(|href| href.as_str()), Some(good));
        }
    }

    #[test]
    fn web_02_nothing_that_runs_script_or_leaves_by_surprise_is_a_link() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "blob:https://a.example/1",
            "file:///etc/passwd",
            "//evil.example",
            "/\t/evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "relative",
            "",
        ] {
            assert_eq!(Href::new(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_host_is_told_only_for_other_origins() {
        assert_eq!(
            Href::new("https://app.example:8443/a").and_then(|h| h.host()).as_deref(),
            Some("app.example")
        );
        assert_eq!(Href::new("/a").and_then(|h| h.host()), None);
    }
}
