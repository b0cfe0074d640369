//! How somebody proved who they are, in the terms policy and tokens use.

use crate::ids::HomeIdpId;
use hospes_protocol::claims::VerifiedAccessToken;
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
    },
    /// Here, with a password.
    Password,
    /// Here, with a code sent by mail.
    EmailCode,
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

    /// What an access token of ours remembers of the sign-in. Password and code are one there: no rule tells them apart.
    pub fn of_token(token: &VerifiedAccessToken) -> Self {
        let home_idp = token.home_idp.as_deref().and_then(HomeIdpId::parse);
        let method = home_idp.map_or(Method::Password, |home_idp| Method::Home {
            home_idp,
            issuer: token.idp.clone().unwrap_or_default(),
        });
        let at = Timestamp::from_second(token.auth_time.unwrap_or_default()).unwrap_or_default();
        Self { method, at }
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
