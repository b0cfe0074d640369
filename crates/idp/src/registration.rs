//! Clients that register themselves (RFC 7591) and look after their registration (RFC 7592). Off unless the tenant says
//! otherwise, and only by an administrator's leave: a [`RegistrationToken`] that ends, and makes so many clients.
//!
//! A registered client asks people for consent, has no permissions, and cannot change what only administrators set.

mod metadata;
mod options;

pub use crate::model::registration as record;

use crate::Idp;
use crate::admin::clients::ClientSettings;
use crate::admin::{Admin, AdminError};
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::model::client::{Client, ConsentRule};
use crate::model::registration::{Registration, RegistrationToken};
use crate::model::tenant::Tenant;
use crate::ports::{Change, ChangeError};
use crate::vault::SecretHash;
use hospes_protocol::error::{ErrorCode, OAuthError};
use hospes_protocol::names::Secret;
use hospes_protocol::registration::{RegisteredMetadata, RegistrationRequest};
use hospes_protocol::{ClientId, metadata::paths};
use serde::Serialize;
use serde_json::{Map, Value};

/// A request to a registration endpoint.
#[derive(Clone, Copy)]
pub struct RegistrationCall<'a> {
    /// Time, randomness, origin.
    pub ctx: &'a Ctx,
    /// Whose endpoint it is.
    pub tenant: &'a Tenant,
    /// The bearer token of the `Authorization` header.
    pub bearer: Option<&'a str>,
}

/// What a client reads about itself (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Clone, Debug, Serialize)]
pub struct Registered {
    client_id: String,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    registration_access_token: String,
    registration_client_uri: String,
    #[serde(flatten)]
    metadata: RegisteredMetadata,
    #[serde(flatten)]
    options: Map<String, Value>,
}

impl Idp {
    /// Whether clients may register themselves at the tenant.
    pub fn takes_registrations(&self, tenant: &Tenant) -> bool {
        tenant.settings.options.registration.enabled
    }

    /// Registers a client.
    pub async fn register_client(
        &self,
        call: RegistrationCall<'_>,
        body: &[u8],
    ) -> Result<Registered, OAuthError> {
        let answer = match self.leave(call).await {
            Ok(leave) => self.register(call, &leave, body).await,
            Err(error) => Err(error),
        };
        self.audited(call, Actor::Anonymous, answer).await
    }

    /// What is registered.
    pub async fn registered_client(
        &self,
        call: RegistrationCall<'_>,
        id: &ClientId,
    ) -> Result<Registered, OAuthError> {
        let answer = self.own(call, id).await?;
        let access_token = call.bearer.unwrap_or_default().to_owned();
        Ok(self.shown(call.tenant, &answer.0, (None, access_token)))
    }

    /// Changes a registration to be what the client says, and gives it a new access token.
    pub async fn change_registration(
        &self,
        call: RegistrationCall<'_>,
        id: &ClientId,
        body: &[u8],
    ) -> Result<Registered, OAuthError> {
        let own = self.own(call, id).await?;
        let answer = self.change(call, own, body).await;
        self.audited(call, Actor::Client(id.to_string()), answer).await
    }

    /// Deletes the client.
    pub async fn end_registration(
        &self,
        call: RegistrationCall<'_>,
        id: &ClientId,
    ) -> Result<(), OAuthError> {
        let (client, _) = self.own(call, id).await?;
        let event = event(call, AuditKind::ClientDeleted, &client);
        let change = Change::DeleteClient(call.tenant.id, client.client_id);
        let answer = self.apply(change, event).await.map_err(refused);
        self.audited(call, Actor::Client(id.to_string()), answer).await
    }

    /// The administrator's leave the request brings. Whether it is used up is the directory's to say, when it counts.
    async fn leave(&self, call: RegistrationCall<'_>) -> Result<RegistrationToken, OAuthError> {
        let refused = || OAuthError::invalid_token("an initial access token that still works is needed");
        let bearer = call.bearer.ok_or_else(refused)?;
        let token = self.directory.registration_token(call.tenant.id, &SecretHash::of(bearer)).await?;
        token.filter(|token| call.ctx.now < token.expires_at).ok_or_else(refused)
    }

    async fn register(
        &self,
        call: RegistrationCall<'_>,
        leave: &RegistrationToken,
        body: &[u8],
    ) -> Result<Registered, OAuthError> {
        let request = RegistrationRequest::parse(body)?;
        let blank = ClientSettings {
            consent: ConsentRule::Ask,
            grant_types: Vec::new(),
            scope: [""; 0].into_iter().collect(),
            ..ClientSettings::default()
        };
        let settings = metadata::settings(request, blank, &leave.ceiling)?;
        self.check_elsewhere(call, &settings, None).await?;
        let id = ClientId::new(call.ctx.uuid().to_string());
        let (secrets, plain) = self.new_secret(call.ctx, (call.tenant.id, &id), settings.auth_method);
        let access_token = call.ctx.token();
        let client = settings.into_client(call.ctx, call.tenant.id, id);
        let registration = Registration {
            by: leave.id,
            access_token: SecretHash::of(&access_token),
            ceiling: leave.ceiling.clone(),
        };
        let client = Client { secrets, registration: Some(registration), ..client };
        let event =
            event(call, AuditKind::ClientCreated, &client).detail("registrationToken", leave.id.to_string());
        let change = Change::RegisterClient(client.clone(), leave.id);
        self.apply(change, event).await.map_err(|error| match error {
            ChangeError::Stale => {
                OAuthError::access_denied("the initial access token has made all its clients")
            }
            other => refused(other),
        })?;
        Ok(self.shown(call.tenant, &client, (plain, access_token)))
    }

    /// What only others can answer: our keys and listeners, the tenant, the document of the sector, addresses to call.
    async fn check_elsewhere(
        &self,
        call: RegistrationCall<'_>,
        settings: &ClientSettings,
        before: Option<&Client>,
    ) -> Result<(), OAuthError> {
        let RegistrationCall { ctx, tenant, .. } = call;
        let admin = Admin { idp: self, ctx, tenant, actor: Actor::Anonymous };
        let invalid = |words: String| OAuthError::new(ErrorCode::InvalidClientMetadata, words);
        let security = &settings.options.security;
        let certificates =
            settings.auth_method.is_tls() || security.tls_client_certificate_bound_access_tokens;
        if certificates && self.mtls_issuer(tenant).is_none() {
            return Err(invalid("no certificates are asked for here".to_owned()));
        }
        admin.check_elsewhere(settings, before).await.map_err(|error| match error {
            AdminError::Unavailable(cause) => cause.into(),
            other => {
                let words = match &other {
                    AdminError::Invalid(problems) => problems.first().cloned(),
                    _ => None,
                };
                invalid(words.unwrap_or_else(|| "the tenant cannot serve such a client".to_owned()))
                    .because(other)
            }
        })
    }

    /// The client whose registration access token this is. Disabled clients have no way in (law 11, RFC 7592 §2.1).
    /// Whoever has no such token is nobody, whatever the path says.
    async fn own(
        &self,
        call: RegistrationCall<'_>,
        id: &ClientId,
    ) -> Result<(Client, Registration), OAuthError> {
        let client = match self.directory.client(call.tenant.id, id).await {
            Ok(client) => client,
            Err(cause) => return self.audited(call, Actor::Anonymous, Err(cause.into())).await,
        };
        let own = client.filter(|client| client.status.is_enabled()).and_then(|client| {
            let registration = client.registration.clone()?;
            registration.access_token.matches(call.bearer?).then_some((client, registration))
        });
        let refused = || OAuthError::invalid_token("the registration access token of the client is needed");
        self.audited(call, Actor::Anonymous, own.ok_or_else(refused)).await
    }

    async fn change(
        &self,
        call: RegistrationCall<'_>,
        (client, registration): (Client, Registration),
        body: &[u8],
    ) -> Result<Registered, OAuthError> {
        let mut request = RegistrationRequest::parse_change(body)?;
        metadata::keep_method(&mut request, client.auth_method)?;
        let secret = request.client_secret.clone();
        let is_its_own =
            |secret: &String| client.live_secrets(call.ctx.now).any(|known| known.hash.matches(secret));
        if request.client_id.as_deref() != Some(client.client_id.as_str()) {
            return Err(OAuthError::invalid_request("client_id must be the client's"));
        }
        if !secret.as_ref().is_none_or(is_its_own) {
            return Err(OAuthError::invalid_request("client_secret must be the client's"));
        }
        let settings = ClientSettings::from(client.clone());
        let settings = metadata::settings(request, settings, &registration.ceiling)?;
        self.check_elsewhere(call, &settings, Some(&client)).await?;
        let whose = (call.tenant.id, &client.client_id);
        let (made, plain) = self.new_secret(call.ctx, whose, settings.auth_method);
        let has_one = client.live_secrets(call.ctx.now).next().is_some();
        let (secrets, plain) = match plain {
            Some(_) if has_one => (client.secrets.clone(), secret.map(Secret::new)),
            plain => (made, plain),
        };
        let access_token = call.ctx.token();
        let registration = Registration { access_token: SecretHash::of(&access_token), ..registration };
        let client = Client { secrets, registration: Some(registration), ..settings.apply(client) };
        let event = event(call, AuditKind::ClientUpdated, &client);
        self.apply(Change::UpdateClient(client.clone()), event).await.map_err(refused)?;
        Ok(self.shown(call.tenant, &client, (plain, access_token)))
    }

    fn shown(&self, tenant: &Tenant, client: &Client, secrets: (Option<Secret>, String)) -> Registered {
        let (secret, registration_access_token) = secrets;
        Registered {
            client_id: client.client_id.to_string(),
            client_id_issued_at: client.created_at.as_second(),
            client_secret_expires_at: secret.is_some().then_some(0),
            client_secret: secret.map(|secret| secret.reveal().to_owned()),
            registration_access_token,
            registration_client_uri: self.issuer(tenant).join(&format!(
                "{}/{}",
                paths::REGISTRATION,
                client.client_id
            )),
            metadata: metadata::metadata(client),
            options: options::told(&client.options),
        }
    }

    async fn audited<T>(
        &self,
        call: RegistrationCall<'_>,
        actor: Actor,
        answer: Result<T, OAuthError>,
    ) -> Result<T, OAuthError> {
        if let Err(error) = &answer {
            let event = AuditEvent::new(call.ctx, call.tenant.id, AuditKind::RegistrationDenied, actor);
            self.audit.record(event.reason(error.code.wire())).await;
        }
        answer
    }
}

fn event(call: RegistrationCall<'_>, kind: AuditKind, client: &Client) -> AuditEvent {
    let actor = Actor::Client(client.client_id.to_string());
    let event = AuditEvent::new(call.ctx, call.tenant.id, kind, actor).client(&client.client_id);
    match metadata::foreign_hosts(client) {
        hosts if hosts.is_empty() => event,
        hosts => event.detail("foreignHosts", hosts),
    }
}

/// Whoever was overtaken has a token that no longer works.
fn refused(error: ChangeError) -> OAuthError {
    match error {
        ChangeError::Unavailable(cause) => cause.into(),
        ChangeError::NotFound | ChangeError::Stale => {
            OAuthError::invalid_token("the token no longer works").because(error)
        }
        ChangeError::Conflict(_) => OAuthError::new(ErrorCode::ServerError, "try again").because(error),
    }
}
