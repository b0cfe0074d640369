//! Identifiers of the protocol, each its own type so that one cannot be passed for another.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares a transparent string newtype with the conversions every identifier needs.
#[macro_export]
macro_rules! string_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a value that needs no checking beyond being this kind of identifier.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The value as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

string_newtype!(
    /// `client_id` (RFC 6749 §2.2), compared byte for byte.
    ClientId
);
string_newtype!(
    /// Issuer identifier (RFC 8414 §2), compared byte for byte: no normalisation, no trailing-slash tolerance.
    Issuer
);
string_newtype!(
    /// `sub`: at most 255 ASCII characters, compared byte for byte (OIDC Core §2).
    Subject
);
string_newtype!(
    /// A registered or requested redirect URI, kept exactly as written (RFC 6749 §3.1.2).
    RedirectUri
);
string_newtype!(
    /// `nonce` (OIDC Core §3.1.2.1), echoed unmodified.
    Nonce
);

impl Issuer {
    /// Appends a path to the issuer, which never ends in a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl Subject {
    /// Accepts 1 to 255 printable ASCII characters (OIDC Core §2: "MUST NOT exceed 255 ASCII characters").
    pub fn parse(value: &str) -> Option<Self> {
        let printable = value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        (!value.is_empty() && value.len() <= 255 && printable).then(|| Self(value.to_owned()))
    }
}

/// A bearer value: redacted in `Debug`, without `Serialize`, to be revealed deliberately.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The plain value, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Which subject identifiers an issuer hands out (OIDC Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// The same `sub` for every client.
    #[default]
    Public,
    /// Another `sub` for every sector, so that clients cannot tell together whom they know.
    Pairwise,
}

impl SubjectType {
    /// All of them, as discovery lists them.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];
}
