//! Clients.

use super::{AuthMethod, ConsentRule, GrantType, SignatureAlgorithm, Status};
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::client as domain;
use hospes_idp::options::ClientOptions;
use hospes_protocol::RedirectUri;
use hospes_protocol::names::Secret;
use hospes_protocol::scope::Scopes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Unique within the tenant.
    pub client_id: String,
    /// Shown to people.
    pub display_name: String,
    /// On or off.
    pub status: Status,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Its secrets, without their values.
    pub secrets: Vec<ClientSecret>,
    /// Its public keys, for `private_key_jwt`.
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    /// Compared exactly.
    pub redirect_uris: Vec<String>,
    /// Compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where people start it; invitations may lead here.
    pub start_url: Option<String>,
    /// What it may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// What it may ask for on behalf of people.
    pub scopes: Vec<String>,
    /// What it may do for itself.
    pub permissions: Vec<String>,
    /// Whether PKCE is required.
    pub require_pkce: bool,
    /// Whether only pushed authorization requests are taken.
    pub require_pushed_requests: bool,
    /// Whether people are asked.
    pub consent: ConsentRule,
    /// What its ID tokens are signed with.
    pub id_token_algorithm: SignatureAlgorithm,
    /// `aud` of its access tokens; the issuer when null.
    pub audience: Option<String>,
    /// Everything rarely changed, in groups.
    pub options: ClientOptions,
    /// Whether it registered itself.
    pub registered_itself: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change; the `ETag` in quotes.
    pub version: u64,
}

/// That there is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecret {
    /// After this it no longer works.
    pub expires_at: Option<Timestamp>,
}

/// A client with the secret that was made for it: shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientWithSecret {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// The plain secret; null where its method needs none.
    pub client_secret: Option<String>,
}

impl ClientWithSecret {
    /// Reveals the secret.
    pub fn of(client: domain::Client, secret: Option<&Secret>) -> Self {
        Self { client: client.into(), client_secret: secret.map(|secret| secret.reveal().to_owned()) }
    }
}

impl From<domain::Client> for Client {
    fn from(client: domain::Client) -> Self {
        let texts = |uris: Vec<RedirectUri>| uris.iter().map(ToString::to_string).collect();
        let tokens = |scopes: &Scopes| scopes.iter().map(str::to_owned).collect();
        let secrets = client.secrets.into_iter();
        Self {
            client_id: client.client_id.to_string(),
            display_name: client.display_name,
            status: client.status.into(),
            auth_method: client.auth_method.into(),
            secrets: secrets.map(|secret| ClientSecret { expires_at: secret.expires_at }).collect(),
            jwks: client.jwks,
            redirect_uris: texts(client.redirect_uris),
            post_logout_redirect_uris: texts(client.post_logout_redirect_uris),
            start_url: client.start_url,
            grant_types: client.grant_types.into_iter().map(GrantType::from).collect(),
            scopes: tokens(&client.scope),
            permissions: tokens(&client.permissions),
            require_pkce: client.require_pkce,
            require_pushed_requests: client.require_pushed_requests,
            consent: client.consent.into(),
            id_token_algorithm: client.id_token_algorithm.into(),
            audience: client.audience,
            options: client.options,
            registered_itself: client.registration.is_some(),
            created_at: client.created_at,
            version: client.version,
        }
    }
}

/// A client to be registered, or what it is to be from now on: absent members take their default, also when it is
/// changed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClientBody {
    /// Chosen by the caller, or a UUID; in a change it must be the one of the path.
    pub client_id: Option<String>,
    /// Shown to people.
    pub display_name: String,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Its public keys, for `private_key_jwt`.
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    /// Compared exactly.
    pub redirect_uris: Vec<String>,
    /// Compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where people start it; invitations may lead here.
    pub start_url: Option<String>,
    /// What it may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// What it may ask for on behalf of people.
    pub scopes: Vec<String>,
    /// What it may do for itself: `User.Invite.All`, `Directory.ReadWrite.All`.
    pub permissions: Vec<String>,
    /// Always true for public clients.
    pub require_pkce: bool,
    /// Whether only pushed authorization requests are taken.
    pub require_pushed_requests: bool,
    /// Whether people are asked.
    pub consent: ConsentRule,
    /// What its ID tokens are signed with; the tenant must have a key for it.
    pub id_token_algorithm: SignatureAlgorithm,
    /// `aud` of its access tokens; the issuer when absent.
    pub audience: Option<String>,
    /// Everything rarely changed, in groups.
    pub options: ClientOptions,
    /// On or off.
    pub status: Status,
}

impl Default for ClientBody {
    fn default() -> Self {
        ClientSettings::default().into()
    }
}

impl From<ClientSettings> for ClientBody {
    fn from(settings: ClientSettings) -> Self {
        let tokens = |scopes: &Scopes| scopes.iter().map(str::to_owned).collect();
        Self {
            client_id: None,
            display_name: settings.display_name,
            auth_method: settings.auth_method.into(),
            jwks: settings.jwks,
            redirect_uris: settings.redirect_uris,
            post_logout_redirect_uris: settings.post_logout_redirect_uris,
            start_url: settings.start_url,
            grant_types: settings.grant_types.into_iter().map(GrantType::from).collect(),
            scopes: tokens(&settings.scope),
            permissions: tokens(&settings.permissions),
            require_pkce: settings.require_pkce,
            require_pushed_requests: settings.require_pushed_requests,
            consent: settings.consent.into(),
            id_token_algorithm: settings.id_token_algorithm.into(),
            audience: settings.audience,
            options: settings.options,
            status: settings.status.into(),
        }
    }
}

impl ClientBody {
    /// As settings, or everything that cannot be read.
    pub fn settings(self) -> Result<ClientSettings, Vec<String>> {
        let (scope, permissions) =
            match (scopes("scopes", &self.scopes), scopes("permissions", &self.permissions)) {
                (Ok(scope), Ok(permissions)) => (scope, permissions),
                (scope, permissions) => {
                    return Err(scope.err().into_iter().chain(permissions.err()).collect());
                }
            };
        Ok(ClientSettings {
            display_name: self.display_name,
            auth_method: self.auth_method.into(),
            jwks: self.jwks,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            start_url: self.start_url,
            grant_types: self.grant_types.into_iter().map(Into::into).collect(),
            scope,
            permissions,
            require_pkce: self.require_pkce,
            require_pushed_requests: self.require_pushed_requests,
            consent: self.consent.into(),
            id_token_algorithm: self.id_token_algorithm.into(),
            audience: self.audience,
            options: self.options,
            status: self.status.into(),
        })
    }
}

/// RFC 6749 §3.3: tokens without spaces.
pub(super) fn scopes(member: &str, tokens: &[String]) -> Result<Scopes, String> {
    let whole = tokens.iter().all(|token| !token.is_empty() && !token.contains(' '));
    let parsed = Scopes::parse(&tokens.join(" ")).filter(|_| whole);
    parsed.ok_or_else(|| format!("{member} must be at most 64 scope tokens"))
}
