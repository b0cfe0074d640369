//! Scopes: sets of case-sensitive tokens (RFC 6749 §3.3).

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// `openid`, which makes an OAuth request an OpenID Connect one.
pub const OPENID: &str = "openid";
/// `offline_access`, which asks for a refresh token that outlives the browser session.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// The most scope tokens a request may carry; more is a mistake or an attack.
const MAX_TOKENS: usize = 64;

/// A set of scope tokens, rendered in a stable order.
///
/// Serialised as the space-delimited string of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Parses a space-delimited list; `None` if a token has a character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Option<Self> {
        let token_char = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let mut tokens = BTreeSet::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if tokens.len() == MAX_TOKENS || !token.bytes().all(token_char) {
                return None;
            }
            tokens.insert(token.to_owned());
        }
        Some(Self(tokens))
    }

    /// Whether the token is in the set.
    pub fn has(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Whether every token of `self` is in `other`.
    pub fn within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The tokens both sets have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// The tokens either set has.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(tokens: I) -> Self {
        Self(tokens.into_iter().map(Into::into).collect())
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for Scopes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a list of scope tokens")
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, token) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_3_grammar() {
        assert_eq!(Scopes::parse("profile openid  openid").unwrap().to_string(), "openid profile");
        assert!(Scopes::parse("a\"b").is_none());
        assert!(Scopes::parse("a\u{7f}").is_none());
        assert!(Scopes::parse("ü").is_none());
    }

    #[test]
    fn serialised_as_on_the_wire() {
        let scopes: Scopes = ["openid", "email"].into_iter().collect();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), "\"email openid\"");
        assert_eq!(serde_json::from_str::<Scopes>("\"openid email\"").unwrap(), scopes);
    }

    #[test]
    fn dos_06_a_hundred_thousand_tokens_are_refused() {
        let text = (0..100_000).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
        assert!(Scopes::parse(&text).is_none());
    }
}
