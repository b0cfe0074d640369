//! Text other people wrote, made harmless before it meets a template or a header: one line where one line is meant, no
//! controls that reorder or hide text, no encoded words, no addresses a mail program would turn into a link.
//!
//! Escaping for HTML is the templates' business, encoding for headers lettre's.

use url::Url;

/// Longest message an inviter may write, in characters.
const MESSAGE_CHARS: usize = 1_000;

/// One line of at most `max` characters, ending in an ellipsis where it was cut.
pub(crate) fn line(text: &str, max: usize) -> String {
    let visible: String = visible(text).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    // RFC 2047 §5: an encoded word typed by a person would be decoded by the reader's mail program.
    cut(&words.join(" ").replace("=?", "= ?"), max)
}

/// A name that may be an address too, but is not to become a link by its scheme.
pub(crate) fn organization(text: &str) -> String {
    let name = line(text, 200);
    if name.contains("://") || name.contains("www.") { defang(&name) } else { name }
}

/// A person's name.
pub(crate) fn person(text: &str) -> String {
    defang(&line(text, 120))
}

/// Lines of a message, defanged; none if nothing visible was written. More than one empty line in a row is one.
pub(crate) fn message(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let text = cut(text.trim(), MESSAGE_CHARS);
    let mut lines: Vec<String> = text
        .split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(|part| defang(&line(part, MESSAGE_CHARS)))
        .collect();
    lines.dedup_by(|next, before| next.is_empty() && before.is_empty());
    if lines.iter().all(String::is_empty) {
        lines.clear();
    }
    lines
}

/// A link a person may follow: `https`, or `http` where an operator runs without TLS; no user name in it.
pub(crate) fn link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "https" | "http") && url.has_host();
    (web && url.username().is_empty() && url.password().is_none()).then(|| url.into())
}

/// Breaks what mail programs recognise as links: `https[:]//evil[.]example`. Ordinary prose, numbers and initials stay.
fn defang(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, &c) in chars.iter().enumerate() {
        let (before, after) = chars.split_at(at);
        let glued = before.last().is_some_and(|c| c.is_alphanumeric());
        match (c, after.get(1..).unwrap_or_default()) {
            ('.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}', [first, second, ..])
                if glued && first.is_alphabetic() && second.is_alphanumeric() =>
            {
                out.push_str("[.]");
            }
            (':', [next, ..]) if glued && (next.is_alphabetic() || matches!(next, '/' | '\\')) => {
                out.push_str("[:]");
            }
            _ => out.push(c),
        }
    }
    out
}

/// Leaves out what cannot be seen; white space of every kind becomes a space.
fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut before = ' ';
    text.chars().filter_map(move |c| {
        let kept = match c {
            _ if c.is_whitespace() || c.is_control() => Some(' '),
            // Joiners belong to Persian and Indic names; behind ASCII they only hide something.
            '\u{200c}' | '\u{200d}' => (!before.is_ascii()).then_some(c),
            _ if is_hidden(c) => None,
            _ => Some(c),
        };
        before = kept.unwrap_or(before);
        kept
    })
}

/// Format characters that reorder, join or hide text (Unicode general category Cf, without the joiners), and fillers.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
}

/// At most `max` characters.
fn cut(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_01_a_name_becomes_one_visible_line() {
        for (given, kept) in [
            ("Fjord\r\nBcc: eve@evil.example", "Fjord Bcc: eve@evil.example"),
            ("Fjord\u{202e}sbaL", "FjordsbaL"),
            ("Fj\u{200b}or\u{ad}d\u{2066}", "Fjord"),
            ("=?utf-8?Q?Bank?=", "= ?utf-8?Q?Bank?="),
            ("a\u{200d}b", "ab"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("  Müller \u{2028} & Söhne\t\0GmbH ", "Müller & Söhne GmbH"),
        ] {
            assert_eq!(line(given, 80), kept, "{given:?}");
        }
        assert_eq!(line(&"ä".repeat(10_000), 80).chars().count(), 80);
        assert!(line(&"ä".repeat(81), 80).ends_with('…'));
        assert_eq!(line(&"ä".repeat(80), 80), "ä".repeat(80));
    }

    #[test]
    fn mail_01_addresses_in_a_message_are_not_links_any_more() {
        for (given, kept) in [
            ("see https://evil.example/a?b", "see https[:]//evil[.]example/a?b"),
            ("www.evil.example", "www[.]evil[.]example"),
            ("t.co/x", "t[.]co/x"),
            ("evil\u{200b}.\u{200d}example", "evil[.]example"),
            ("evil。example", "evil[.]example"),
            ("http:\\\\evil.example", "http[:]\\\\evil[.]example"),
            ("mailto:eve@evil.example", "mailto[:]eve@evil[.]example"),
            (
                "At 12:30 it costs 3.50, e.g. here. J. R. Tolkien: hello.",
                "At 12:30 it costs 3.50, e.g. here. J. R. Tolkien: hello.",
            ),
        ] {
            assert_eq!(message(given), [kept], "{given:?}");
        }
    }

    #[test]
    fn a_message_keeps_its_lines() {
        assert_eq!(message("\r\n Hello\r\n\r\n\r\nbye \n"), ["Hello", "", "bye"]);
        assert!(message(" \n\u{200b}\n ").is_empty());
        assert_eq!(message(&"a\n".repeat(2_000)).concat().chars().count(), 501);
    }

    #[test]
    fn an_organization_may_be_called_like_its_domain() {
        assert_eq!(organization("Fjord.example"), "Fjord.example");
        assert_eq!(organization("https://fjord.example"), "https[:]//fjord[.]example");
        assert_eq!(person("Eve evil.example"), "Eve evil[.]example");
    }

    #[test]
    fn a_link_is_a_web_address_without_user() {
        assert!(link("https://id.fjord.example/i/abc").is_some());
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/relative",
            "https://a@evil.example/",
            "file:///etc",
            "",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }
}
