//! E-mail addresses: contact data, parsed strictly, compared by a normalised key, shown masked to strangers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Why a text is not an address we accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Not `local@domain` with exactly one `@`, or too long.
    #[error("is not an e-mail address")]
    Shape,
    /// The part before the `@`.
    #[error("has a part before the @ that is not accepted")]
    LocalPart,
    /// The part after the `@`.
    #[error("has a domain that is not accepted")]
    Domain,
}

/// An address as it was given, with the key it is compared by.
///
/// The key folds the case of both parts and writes the domain as A-labels. Tags (`+tag`) and dots are kept: they are
/// different addresses unless the mailbox's owner says otherwise.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    original: String,
    key: String,
}

impl EmailAddress {
    /// Parses an address (RFC 5321 §4.1.2 dot-strings, RFC 6531 for other scripts). White space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.len() > 254 {
            return Err(EmailError::Shape);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::Shape)?;
        if domain.contains('@') {
            return Err(EmailError::Shape);
        }
        let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        let atoms = local.split('.').all(|part| !part.is_empty() && part.chars().all(atom));
        if local.len() > 64 || !atoms {
            return Err(EmailError::LocalPart);
        }
        let domain_key = Domain::parse(domain).ok_or(EmailError::Domain)?;
        Ok(Self {
            original: text.to_owned(),
            key: format!("{}@{}", local.to_lowercase(), domain_key.as_str()),
        })
    }

    /// As it was given, for sending and for showing to its owner.
    pub fn as_str(&self) -> &str {
        &self.original
    }

    /// What addresses are compared by.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain, for home realm discovery.
    pub fn domain(&self) -> Domain {
        Domain(self.key.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default())
    }

    /// Enough to recognise one's own address, too little to learn somebody else's: `m***@partner.example`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.original.split_once('@').unwrap_or_default();
        let first: String = local.chars().take(1).collect();
        format!("{first}***@{domain}")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.original)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.original)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| serde::de::Error::custom(format!("address {error}")))
    }
}

/// A DNS domain of at least two labels, as lower-case A-labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// Parses a domain in its own script. Encoded labels (`xn--`), IP literals, single labels and trailing dots are
    /// refused: each is a way to write a name that does not look like what it is.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = |label: &str| label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
        if text.split('.').any(encoded)
            || text.chars().any(|c| matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}'))
        {
            return None;
        }
        Self::from_ascii(&idna::domain_to_ascii_strict(text).ok()?)
    }

    fn from_ascii(ascii: &str) -> Option<Self> {
        let label = |label: &str| {
            let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
        };
        let labels: Vec<&str> = ascii.split('.').collect();
        let named = labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
        (labels.len() >= 2 && ascii.len() <= 253 && named && labels.iter().all(|part| label(part)))
            .then(|| Self(ascii.to_ascii_lowercase()))
    }

    /// Lower-case A-labels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl TryFrom<String> for Domain {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_ascii(&text).or_else(|| Self::parse(&text)).ok_or("not a domain name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_02_addresses_that_are_refused() {
        let long = format!("{}@x.example", "a".repeat(310));
        for bad in [
            "",
            "a",
            "a@b@c.example",
            "a@x",
            "\"a b\"@x.example",
            &long,
            "a@x.example\r\nBcc: b@x.example",
            "a@xn--bcher-kva.example",
            "a＠x.example",
            "A B <a@x.example>",
            "a@x.example.",
            "a@[192.0.2.1]",
            "a@192.0.2.1",
            ".a@x.example",
            "a..b@x.example",
            "a@-x.example",
            "a@x..example",
            "a,b@x.example",
            "a@x。example",
            "a@x.example,b@x.example",
            "a b@x.example",
            "@x.example",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn case_and_script_fold_but_tags_stay() {
        let key = |text| EmailAddress::parse(text).unwrap().key().to_owned();
        assert_eq!(key(" Zoë.Müller@Bücher.Example "), "zoë.müller@xn--bcher-kva.example");
        assert_eq!(key("A.b+tag@X.example"), "a.b+tag@x.example");
        assert_ne!(key("a+tag@x.example"), key("a@x.example"));
    }

    #[test]
    fn masks_keep_the_domain() {
        assert_eq!(EmailAddress::parse("äda@fjord.example").unwrap().masked(), "ä***@fjord.example");
        assert!(!format!("{:?}", EmailAddress::parse("ada@fjord.example").unwrap()).contains("ada"));
    }
}
