//! Token exchange (RFC 8693): whose tokens the client may exchange, and for what. Nothing is allowed unless it is said.

use hospes_protocol::scope::Scopes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most subjects and audiences.
const MOST: usize = 64;

/// Token exchange (RFC 8693): whose tokens the client may exchange, and for what. Needs the grant type too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ExchangeOptions {
    /// Clients whose tokens it may exchange, where these tokens were issued to it or for it.
    pub subjects: Vec<String>,
    /// What the new tokens may be for; the first where a request names none.
    pub audiences: Vec<ExchangeAudience>,
    /// Whether new tokens may leave unsaid that somebody else acts.
    pub impersonation: bool,
    /// Whether new tokens may say in `act` who acts: whoever the actor token names, or this client.
    pub delegation: bool,
}

/// What an exchanged token may be for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExchangeAudience {
    /// A resource URI, or the identifier of a client that is an API: compared byte for byte, becomes `aud`.
    pub audience: String,
    /// The scopes the new token may carry, as far as the old one has them.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl ExchangeAudience {
    /// As a set.
    pub fn scopes(&self) -> Scopes {
        self.scopes.iter().collect()
    }
}

impl ExchangeOptions {
    /// The audience of this name, or the first.
    pub fn audience(&self, name: Option<&str>) -> Option<&ExchangeAudience> {
        self.audiences.iter().find(|allowed| name.is_none_or(|name| allowed.audience == name))
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.subjects.len() > MOST || self.audiences.len() > MOST {
            problems.push(format!("exchange may name at most {MOST} subjects and audiences"));
        }
        if self.audiences.iter().any(|allowed| allowed.audience.is_empty()) {
            problems.push("an audience of exchange has no name".to_owned());
        }
        let scopes = self.audiences.iter().flat_map(|allowed| &allowed.scopes);
        problems.extend(
            scopes
                .filter(|scope| Scopes::parse(scope).is_none_or(|set| set.iter().ne([scope.as_str()])))
                .map(|scope| format!("scope {scope:?} of an audience is no scope token")),
        );
        if !self.subjects.is_empty() && !self.impersonation && !self.delegation {
            problems.push("exchange needs impersonation, delegation or both".to_owned());
        }
        problems
    }
}
