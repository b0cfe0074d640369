//! How somebody proved who they are, in the terms policy and tokens use.

use crate::ids::HomeIdpId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One factor, whatever it was.
pub const SINGLE_FACTOR: &str = "urn:hospes:acr:1fa";
/// Authentication contexts this server can reach, as discovery lists them.
pub const ACR_VALUES: [&str; 1] = [SINGLE_FACTOR];

/// Where and with what somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "method")]
pub enum Method {
    /// At a home IdP.
    Home {
        /// Which.
        home_idp: HomeIdpId,
        /// Its issuer, the `idp` claim.
        issuer: String,
        /// What it stated about this sign-in.
        #[serde(default, skip_serializing_if = "HomeClaims::is_empty")]
        said: HomeClaims,
    },
    /// Here, with a password.
    Password,
    /// Here, with a code sent by mail.
    EmailCode,
}

/// What a home IdP stated about one sign-in, as it stated it: worth no right here, told to clients that have it mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeClaims {
    /// `sub` there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `acr` there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// `amr` there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

impl HomeClaims {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A completed authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// Where and with what.
    pub method: Method,
    /// When; never later than the home IdP says.
    pub at: Timestamp,
}

impl Authentication {
    /// The home IdP it came through.
    pub fn home_idp(&self) -> Option<HomeIdpId> {
        match &self.method {
            Method::Home { home_idp, .. } => Some(*home_idp),
            Method::Password | Method::EmailCode => None,
        }
    }

    /// `amr` values of the RFC 8176 registry; empty for a home IdP whose word on methods is not trusted.
    pub fn amr(&self) -> Vec<String> {
        match self.method {
            Method::Home { .. } => Vec::new(),
            Method::Password => vec!["pwd".to_owned()],
            Method::EmailCode => vec!["otp".to_owned()],
        }
    }

    /// The authentication context reached.
    pub const fn acr(&self) -> &'static str {
        SINGLE_FACTOR
    }
}
