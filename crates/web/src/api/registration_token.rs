//! Leave to register clients.

use super::GrantType;
use hospes_idp::admin::registration_tokens::NewRegistrationToken;
use hospes_idp::registration::record as domain;
use hospes_protocol::names::Secret;
use hospes_protocol::scope::Scopes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An administrator's leave to register clients (an initial access token, RFC 7591 §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationToken {
    /// Identifier.
    pub id: String,
    /// What it is for.
    pub display_name: String,
    /// What its clients may ask the token endpoint for, at most.
    pub grant_types: Vec<GrantType>,
    /// What its clients may ask for on behalf of people, at most.
    pub scopes: Vec<String>,
    /// Types of authorization details its clients may ask for, at most (RFC 9396).
    pub authorization_details_types: Vec<String>,
    /// How many clients it can make.
    pub max_clients: u32,
    /// How many it has made.
    pub clients: u32,
    /// After this it makes none.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new token with its value: shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeRegistrationToken {
    /// The token.
    #[serde(flatten)]
    pub token: RegistrationToken,
    /// The bearer value.
    pub initial_access_token: String,
}

/// A token to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewRegistrationTokenBody {
    /// What it is for.
    pub display_name: String,
    /// Seconds until it ends; a week if absent.
    pub lifetime: u32,
    /// How many clients it can make; one if absent.
    pub max_clients: u32,
    /// What its clients may ask the token endpoint for, at most.
    pub grant_types: Vec<GrantType>,
    /// What its clients may ask for on behalf of people, at most.
    pub scopes: Vec<String>,
    /// Types of authorization details its clients may ask for, at most (RFC 9396).
    pub authorization_details_types: Vec<String>,
}

impl Default for NewRegistrationTokenBody {
    fn default() -> Self {
        let new = NewRegistrationToken::default();
        Self {
            display_name: new.display_name,
            lifetime: new.lifetime,
            max_clients: new.max_clients,
            grant_types: new.ceiling.grant_types.into_iter().map(GrantType::from).collect(),
            scopes: texts(&new.ceiling.scope),
            authorization_details_types: new.ceiling.details,
        }
    }
}

impl NewRegistrationTokenBody {
    /// As the operation takes it, or everything that cannot be read.
    pub fn read(self) -> Result<NewRegistrationToken, Vec<String>> {
        let scope = super::client::scopes("scopes", &self.scopes).map_err(|problem| vec![problem])?;
        let grant_types = self.grant_types.into_iter().map(Into::into).collect();
        Ok(NewRegistrationToken {
            display_name: self.display_name,
            lifetime: self.lifetime,
            max_clients: self.max_clients,
            ceiling: domain::Ceiling { grant_types, scope, details: self.authorization_details_types },
        })
    }
}

impl From<domain::RegistrationToken> for RegistrationToken {
    fn from(token: domain::RegistrationToken) -> Self {
        Self {
            id: token.id.to_string(),
            display_name: token.display_name,
            grant_types: token.ceiling.grant_types.into_iter().map(GrantType::from).collect(),
            scopes: texts(&token.ceiling.scope),
            authorization_details_types: token.ceiling.details,
            max_clients: token.max_clients,
            clients: token.clients,
            expires_at: token.expires_at,
            created_at: token.created_at,
        }
    }
}

impl MadeRegistrationToken {
    /// Reveals the value.
    pub fn of(token: domain::RegistrationToken, value: &Secret) -> Self {
        Self { token: token.into(), initial_access_token: value.reveal().to_owned() }
    }
}

fn texts(scope: &Scopes) -> Vec<String> {
    scope.iter().map(str::to_owned).collect()
}
