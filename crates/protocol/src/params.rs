//! Parameters of a request: form or query encoded, each at most once, unknown ones ignored (RFC 6749 §3.1, §3.2).

use crate::OAuthError;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// Decoded parameters in the order they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes `application/x-www-form-urlencoded` text.
    pub fn parse(encoded: &str) -> Self {
        Self(form_urlencoded::parse(encoded.as_bytes()).into_owned().collect())
    }

    /// Adds the parameters of another part of the request: one given in query and body is a repeated one.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Leaves parameters out, whatever their values.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(key, _)| !names.contains(&key.as_str()));
        self
    }

    /// The value of a parameter that may be given once. An empty value counts as omitted (RFC 6749 §3.1).
    pub fn once(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            return Err(OAuthError::invalid_request(format!("parameter {name} is given more than once")));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// As [`Params::once`], for a parameter the request must have.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.once(name)?.ok_or_else(|| OAuthError::invalid_request(format!("parameter {name} is missing")))
    }

    /// All values of a parameter that may be repeated, such as `resource` (RFC 8707 §2).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The first value, where only a hint is wanted and repetition is judged elsewhere.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A space-separated list.
    pub fn words(&self, name: &str) -> Result<Vec<String>, OAuthError> {
        Ok(self
            .once(name)?
            .map(|value| value.split_ascii_whitespace().map(str::to_owned).collect())
            .unwrap_or_default())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_1_repeated_parameters_are_refused_even_across_query_and_body() {
        assert!(Params::parse("a=1&a=2").once("a").is_err());
        assert!(Params::parse("a=1").and(Params::parse("a=1")).once("a").is_err());
        assert_eq!(Params::parse("a=1&b=2").once("a").unwrap(), Some("1"));
    }

    #[test]
    fn rfc6749_3_1_empty_counts_as_omitted() {
        assert_eq!(Params::parse("a=&b").once("a").unwrap(), None);
        assert!(Params::parse("a=").required("a").is_err());
    }
}
