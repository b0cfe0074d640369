//! Clients: registering, changing, giving a new secret, deleting.

use super::tenants::display_name;
use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::ctx::Ctx;
use crate::ids::TenantId;
use crate::model::client::{Client, ClientSecret, ConsentRule};
use crate::model::options::{ClientOptions, Registered};
use crate::model::tenant::Status;
use crate::ports::{Change, Page, PageRequest};
use crate::subject::sector;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::client_metadata::ClientMetadata;
use hospes_protocol::jose::{Algorithm, KeyManagement, KeySet};
use hospes_protocol::names::{Secret, SubjectType};
use hospes_protocol::redirect_uri::parse_registered;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::GrantType;
use hospes_protocol::{ClientId, RedirectUri};
use serde_json::Value;

/// Seconds the old secret keeps working after a new one was made.
const OVERLAP: u32 = 24 * 3600;

/// Everything about a client that can be set.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Shown to people.
    pub display_name: String,
    /// How it authenticates.
    pub auth_method: ClientAuthMethod,
    /// JWK set, for `private_key_jwt`.
    pub jwks: Option<Value>,
    /// Exactly these.
    pub redirect_uris: Vec<String>,
    /// Exactly these.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where people start it.
    pub start_url: Option<String>,
    /// What it may ask for.
    pub grant_types: Vec<GrantType>,
    /// For people.
    pub scope: Scopes,
    /// For itself.
    pub permissions: Scopes,
    /// An administrator may exempt a confidential client.
    pub require_pkce: bool,
    /// Whether only pushed authorization requests are taken (RFC 9126 §6).
    pub require_pushed_requests: bool,
    /// Whether people are asked.
    pub consent: ConsentRule,
    /// What its ID tokens are signed with.
    pub id_token_algorithm: Algorithm,
    /// `aud` of its access tokens.
    pub audience: Option<String>,
    /// Everything rarely changed.
    pub options: ClientOptions,
    /// On or off.
    pub status: Status,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            auth_method: ClientAuthMethod::ClientSecretBasic,
            jwks: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            start_url: None,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: ["openid", "profile", "email", "offline_access"].into_iter().collect(),
            permissions: Scopes::default(),
            require_pkce: true,
            require_pushed_requests: false,
            consent: ConsentRule::default(),
            id_token_algorithm: Algorithm::RS256,
            audience: None,
            options: ClientOptions::default(),
            status: Status::Enabled,
        }
    }
}

impl ClientSettings {
    pub(crate) fn problems(&self) -> Vec<String> {
        let set = self.jwks.as_ref().map(ToString::to_string).unwrap_or_default();
        let keys = KeySet::parse(set.as_bytes()).ok();
        let metadata = ClientMetadata {
            redirect_uris: &self.redirect_uris,
            grant_types: &self.grant_types,
            auth_method: self.auth_method,
            require_pkce: self.require_pkce,
            // Keys at a URL may be made, and published, later.
            keys: match &self.options.tokens.jwks_uri {
                Some(_) => 1,
                None => keys.as_ref().map_or(0, |keys| keys.verifying.len()),
            },
        };
        let mut problems: Vec<String> = metadata.problems().iter().map(ToString::to_string).collect();
        problems.extend(self.options.logout.problems(&self.redirect_uris));
        problems.extend(self.options.sessions.problems());
        let others = self.post_logout_redirect_uris.iter().chain(&self.start_url);
        problems.extend(others.filter_map(|uri| Some(format!("{uri:?} {}", parse_registered(uri).err()?))));
        problems.extend(self.options.tokens.problems());
        problems.extend(self.key_problems(keys.as_ref()));
        problems.extend(self.options.resources.problems());
        problems.extend(self.options.exchange.problems());
        if self.permissions.iter().any(|permission| !super::permission::PERMISSIONS.contains(&permission)) {
            problems.push(format!("permissions must be among {}", super::permission::PERMISSIONS.join(", ")));
        }
        problems.extend(self.options.security.problems(Registered {
            auth_method: self.auth_method,
            require_pkce: self.require_pkce,
            id_token_algorithm: self.id_token_algorithm,
        }));
        problems.extend(self.options.claims.problems());
        if self.options.claims.subject_type == SubjectType::Pairwise {
            let sector = sector(&self.options.claims, self.redirect_uris.iter().map(String::as_str));
            problems.extend(sector.err().map(str::to_owned));
        }
        problems.extend(self.options.registration.problems());
        problems
    }

    /// The algorithms we are to sign with for this client, by the member that says so.
    fn signatures(&self) -> Vec<(&'static str, Algorithm)> {
        let id_token = std::iter::once(("idTokenAlgorithm", self.id_token_algorithm));
        let response = self.options.security.authorization_signed_response_alg;
        let response = response.map(|algorithm| ("security.authorizationSignedResponseAlg", algorithm));
        id_token.chain(response).chain(self.options.tokens.signatures()).collect()
    }

    /// RFC 7591 §2: keys are in one place. What is to be encrypted needs one that fits.
    fn key_problems(&self, keys: Option<&KeySet>) -> Vec<String> {
        let tokens = &self.options.tokens;
        if tokens.jwks_uri.is_some() {
            let both =
                self.jwks.is_some().then(|| "keys are in jwks or at tokens.jwksUri, not both".to_owned());
            return both.into_iter().collect();
        }
        let wanted = [tokens.id_token_encryption(), tokens.userinfo_encryption()];
        let lacks = |how: KeyManagement| !keys.is_some_and(|keys| keys.encrypting.has(how));
        let lacking = wanted.into_iter().flatten().filter(|(how, _)| lacks(*how));
        lacking.map(|(how, _)| format!("jwks has no key for {}", how.as_str())).collect()
    }

    /// As a client that is new, and has no secret yet.
    pub(crate) fn into_client(self, ctx: &Ctx, tenant: TenantId, client_id: ClientId) -> Client {
        self.apply(Client {
            tenant,
            client_id,
            display_name: String::new(),
            status: Status::Enabled,
            auth_method: ClientAuthMethod::None,
            secrets: Vec::new(),
            jwks: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            start_url: None,
            grant_types: Vec::new(),
            scope: Scopes::default(),
            permissions: Scopes::default(),
            require_pkce: true,
            require_pushed_requests: false,
            consent: ConsentRule::default(),
            id_token_algorithm: Algorithm::RS256,
            audience: None,
            options: ClientOptions::default(),
            registration: None,
            created_at: ctx.now,
            version: 0,
        })
    }

    pub(crate) fn apply(self, client: Client) -> Client {
        let uris = |texts: Vec<String>| texts.into_iter().map(RedirectUri::new).collect();
        // A secret can be read for the one method that needs that, and no longer.
        let seals = self.auth_method == ClientAuthMethod::ClientSecretJwt;
        let secrets = client.secrets.into_iter();
        let secrets =
            secrets.map(|secret| ClientSecret { sealed: secret.sealed.filter(|_| seals), ..secret });
        Client {
            secrets: secrets.collect(),
            display_name: self.display_name,
            auth_method: self.auth_method,
            jwks: self.jwks,
            redirect_uris: uris(self.redirect_uris),
            post_logout_redirect_uris: uris(self.post_logout_redirect_uris),
            start_url: self.start_url,
            grant_types: self.grant_types,
            scope: self.scope,
            permissions: self.permissions,
            require_pkce: self.require_pkce,
            require_pushed_requests: self.require_pushed_requests,
            consent: self.consent,
            id_token_algorithm: self.id_token_algorithm,
            audience: self.audience,
            options: self.options,
            status: self.status,
            ..client
        }
    }
}

impl From<Client> for ClientSettings {
    fn from(client: Client) -> Self {
        let texts = |uris: Vec<RedirectUri>| uris.iter().map(ToString::to_string).collect();
        Self {
            display_name: client.display_name,
            auth_method: client.auth_method,
            jwks: client.jwks,
            redirect_uris: texts(client.redirect_uris),
            post_logout_redirect_uris: texts(client.post_logout_redirect_uris),
            start_url: client.start_url,
            grant_types: client.grant_types,
            scope: client.scope,
            permissions: client.permissions,
            require_pkce: client.require_pkce,
            require_pushed_requests: client.require_pushed_requests,
            consent: client.consent,
            id_token_algorithm: client.id_token_algorithm,
            audience: client.audience,
            options: client.options,
            status: client.status,
        }
    }
}

impl Admin<'_> {
    /// Registers a client; a secret is made where its method needs one and shown only now.
    pub async fn create_client(
        &self,
        id: Option<&str>,
        settings: ClientSettings,
    ) -> Result<(Client, Option<Secret>), AdminError> {
        let settings = checked(settings)?;
        self.check_elsewhere(&settings, None).await?;
        let client_id = match id {
            Some(id) => ClientId::new(client_id(id)?),
            None => ClientId::new(self.ctx.uuid().to_string()),
        };
        let whose = (self.tenant.id, &client_id);
        let (secrets, plain) = self.idp.new_secret(self.ctx, whose, settings.auth_method);
        let client = Client { secrets, ..settings.into_client(self.ctx, self.tenant.id, client_id) };
        let event = self.event(AuditKind::ClientCreated).client(&client.client_id);
        self.idp.apply(Change::InsertClient(client.clone()), event).await?;
        Ok((client, plain))
    }

    /// What settings alone do not tell: whether our keys and the document of the sector allow them.
    pub(crate) async fn check_elsewhere(
        &self,
        settings: &ClientSettings,
        before: Option<&Client>,
    ) -> Result<(), AdminError> {
        self.check_tolerated(settings, before)?;
        self.can_sign(&settings.signatures()).await?;
        self.check_sector(settings, before).await?;
        self.check_callbacks(&settings.options).await
    }

    /// One client.
    pub async fn client(&self, id: &ClientId) -> Result<Client, AdminError> {
        self.idp.directory.client(self.tenant.id, id).await?.ok_or(AdminError::NotFound)
    }

    /// All clients.
    pub async fn clients(&self, page: PageRequest) -> Result<Page<Client>, AdminError> {
        Ok(self.idp.directory.list_clients(self.tenant.id, page).await?)
    }

    /// Changes a client. A method that needs a secret keeps the ones there are.
    pub async fn update_client(
        &self,
        id: &ClientId,
        settings: ClientSettings,
        version: Option<u64>,
    ) -> Result<Client, AdminError> {
        let client = self.client(id).await?;
        AdminError::check_version(version, client.version)?;
        let settings = checked(settings)?;
        self.check_elsewhere(&settings, Some(&client)).await?;
        self.store_client(settings.apply(client)).await
    }

    /// Makes a new secret; the ones before work for another day.
    pub async fn rotate_client_secret(
        &self,
        id: &ClientId,
        version: Option<u64>,
    ) -> Result<(Client, Secret), AdminError> {
        let mut client = self.client(id).await?;
        AdminError::check_version(version, client.version)?;
        let (secrets, plain) = self.idp.new_secret(self.ctx, (self.tenant.id, id), client.auth_method);
        let plain =
            plain.ok_or_else(|| AdminError::invalid("this client does not authenticate with a secret"))?;
        let until = self.ctx.after(OVERLAP);
        client.secrets.retain(|secret| secret.expires_at.is_none_or(|expiry| self.ctx.now < expiry));
        client
            .secrets
            .iter_mut()
            .for_each(|secret| secret.expires_at = Some(secret.expires_at.map_or(until, |at| at.min(until))));
        client.secrets.extend(secrets);
        Ok((self.store_client(client).await?, plain))
    }

    /// Deletes a client.
    pub async fn delete_client(&self, id: &ClientId, version: Option<u64>) -> Result<(), AdminError> {
        AdminError::check_version(version, self.client(id).await?.version)?;
        let event = self.event(AuditKind::ClientDeleted).client(id);
        Ok(self.idp.apply(Change::DeleteClient(self.tenant.id, id.clone()), event).await?)
    }

    async fn store_client(&self, client: Client) -> Result<Client, AdminError> {
        let event = self.event(AuditKind::ClientUpdated).client(&client.client_id);
        self.idp.apply(Change::UpdateClient(client.clone()), event).await?;
        Ok(Client { version: client.version + 1, ..client })
    }
}

fn checked(settings: ClientSettings) -> Result<ClientSettings, AdminError> {
    let mut problems = settings.problems();
    let name = display_name(&settings.display_name);
    if let Err(AdminError::Invalid(more)) = &name {
        problems.extend(more.clone());
    }
    match name {
        Ok(display_name) if problems.is_empty() => Ok(ClientSettings { display_name, ..settings }),
        _ => Err(AdminError::Invalid(problems)),
    }
}

/// RFC 6749 appendix A.1 allows more; these cause no trouble anywhere.
fn client_id(text: &str) -> Result<&str, AdminError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if plain && (1..=128).contains(&text.len()) {
        Ok(text)
    } else {
        Err(AdminError::invalid("clientId must be 1 to 128 letters, digits and -._~"))
    }
}
