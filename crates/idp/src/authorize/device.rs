//! Devices without a browser of their own (RFC 8628): the device asks and shows a code, a person enters the code at their
//! own browser, signs in as for anything else, and answers. Against those who make others enter a code of theirs
//! (RFC 10027): codes are short-lived, and nothing is approved but by a button below where the request came from.

use super::flow::Open;
use super::interaction::{Answer, Interaction, Purpose};
use super::next_step::Step;
use super::outcome::{Outcome, Reply};
use super::sessions::put_family;
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::browser::Visit;
use crate::error::PageError;
use crate::ids::TenantId;
use crate::model::device::{Approval, DeviceAuthorization, DeviceRequest, INTERVAL, Standing, UserCode};
use crate::model::session::Session;
use crate::model::user::User;
use crate::ports::{Key, Kind, Presence, Unavailable, Write};
use crate::refusal::Refusal;
use crate::token::{Call, ClientRequest};
use bytes::Bytes;
use hospes_protocol::authorization_details::authorization_details;
use hospes_protocol::authorize_checks;
use hospes_protocol::encoding::base64url;
use hospes_protocol::error::ErrorCode;
use hospes_protocol::metadata::paths;
use hospes_protocol::params::Params;
use hospes_protocol::resource::resources;
use hospes_protocol::token::GrantType;
use hospes_protocol::{OAuthError, names::Secret};
use serde::Serialize;
use std::time::Duration;

/// Seconds a device waits for its person.
const WAITS: u32 = 600;
/// How long a request is remembered: longer than it can be approved, so that the device is told that it is too late.
const MEMORY: Duration = Duration::from_mins(20);
/// Requests for one client from one network within a minute. Few codes at a time are few to guess.
const PER_MINUTE: u64 = 60;
/// Wrong codes from one browser, or one network, within [`WINDOW`].
const GUESSES: u64 = 10;
const WINDOW: Duration = Duration::from_mins(10);
/// Polls may come between reading a request and answering it, or somebody else's code may be drawn.
const TRIES: usize = 8;

/// Answer of the device authorization endpoint (RFC 8628 §3.2).
#[derive(Clone, Serialize)]
pub struct DeviceResponse {
    /// What the device polls with.
    pub device_code: String,
    /// What it shows.
    pub user_code: String,
    /// Where its person enters that.
    pub verification_uri: String,
    /// The same with the code filled in, for a QR code.
    pub verification_uri_complete: String,
    /// Seconds.
    pub expires_in: u32,
    /// Seconds between polls.
    pub interval: u32,
}

impl Idp {
    /// Begins a request of a device.
    pub async fn request_device(&self, request: ClientRequest<'_>) -> Result<DeviceResponse, OAuthError> {
        self.answer(request, async |call| self.keep_device(call, request.form).await).await
    }

    async fn keep_device(&self, call: Call<'_>, form: &Params) -> Result<DeviceResponse, OAuthError> {
        let Call { ctx, tenant, client, .. } = call;
        if !client.grant_types.contains(&GrantType::DeviceCode) {
            return Err(OAuthError::unauthorized_client("the client may not use the device grant"));
        }
        let scope = authorize_checks::scope(form, &client.scope)?;
        let resources = resources(form, &client.options.resources.names())?;
        let details = authorization_details(form)?;
        tenant.settings.options.details.check(&client.options.resources.details, &details)?;
        let network = ctx.request.network();
        let whose = format!("devices\0{}\0{network}", client.client_id);
        let counter = Key::new(tenant.id, Kind::Counter, whose);
        if self.sessions.increment(&counter, Duration::from_mins(1)).await? > PER_MINUTE {
            return Err(OAuthError::new(ErrorCode::TooManyRequests, "too many devices ask, wait a minute"));
        }
        let device_code = Secret::new(ctx.token());
        let key = Key::new(tenant.id, Kind::Device, device_code.reveal());
        let user_code = self.new_user_code(call, &key).await?;
        let request = DeviceRequest {
            client_id: client.client_id.clone(),
            scope,
            resources,
            details,
            user_code: user_code.clone(),
            requested_at: ctx.now,
            network,
            expires_at: ctx.after(WAITS),
        };
        let standing = Standing::Waiting { interval: INTERVAL, polled_at: None };
        let value = DeviceAuthorization { request, standing }.bytes();
        self.sessions.write(vec![Write::Put { key, value, ttl: MEMORY, indexes: Vec::new() }]).await?;
        let verification_uri = self.issuer(tenant).join(paths::DEVICE);
        Ok(DeviceResponse {
            device_code: device_code.reveal().to_owned(),
            user_code: user_code.to_string(),
            verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
            verification_uri,
            expires_in: WAITS,
            interval: INTERVAL,
        })
    }

    /// A code no other device of the tenant shows.
    async fn new_user_code(&self, call: Call<'_>, device: &Key) -> Result<UserCode, OAuthError> {
        for _ in 0..TRIES {
            let code = UserCode::generate(call.ctx);
            let key = Key::new(call.tenant.id, Kind::UserCode, code.as_str());
            let value = Bytes::copy_from_slice(&device.hash);
            if self.sessions.put_new(&key, value, Duration::from_secs(u64::from(WAITS))).await? {
                return Ok(code);
            }
        }
        Err(OAuthError::server_error("no user code is free"))
    }

    /// A person typed a code. `None`: no device shows it.
    pub async fn enter_user_code(&self, visit: &Visit<'_>, typed: &str) -> Result<Option<Reply>, PageError> {
        let bars = guessers(visit).map(|whose| {
            Key::new(visit.tenant.id, Kind::Counter, format!("barred-from-user-codes\0{whose}"))
        });
        if self.sessions.look(&bars).await?.iter().any(|bar| *bar != Presence::Absent) {
            self.record_guess(visit, Refusal::TooMany.code()).await;
            return Err(Refusal::TooMany.into());
        }
        let found = match UserCode::parse(typed) {
            Some(code) => self.device_showing(visit.tenant.id, &code).await?,
            None => None,
        };
        let waiting = found.filter(|(_, _, asked)| asked.is_open(visit.ctx.now));
        let Some((_, _, asked)) = waiting else {
            for (whose, bar) in guessers(visit).iter().zip(bars) {
                if self.count(visit, "user-codes", whose, WINDOW).await? >= GUESSES {
                    self.sessions.put_new(&bar, Bytes::from_static(b"1"), WINDOW).await?;
                }
            }
            self.record_guess(visit, "wrong_user_code").await;
            return Ok(None);
        };
        let binding = visit.browser.binding.clone().ok_or(Refusal::FormRejected)?;
        let purpose = Purpose::Device(Box::new(asked.request));
        let interaction = Interaction::begin(visit.ctx, visit.tenant.id, &binding, purpose);
        self.advance(visit, Open::fresh(interaction, false)).await.map(Some)
    }

    /// The person answers what the device asked.
    pub async fn answer_device(
        &self,
        visit: &Visit<'_>,
        id: &str,
        answer: Answer,
    ) -> Result<Reply, PageError> {
        let open = self.open_at(visit, id, |step| matches!(step, Step::ConfirmDevice(..))).await?;
        self.achieve(visit, open, |interaction| interaction.device = Some(answer)).await
    }

    /// Lets the device have its tokens; `None` if it is too late for that.
    pub(super) async fn approve_device(
        &self,
        visit: &Visit<'_>,
        request: &DeviceRequest,
        (user, session): (&User, &Session),
    ) -> Result<Option<Outcome>, PageError> {
        let family = base64url(visit.ctx.bytes::<16>());
        self.sessions.write(vec![put_family(session, (&family, &request.scope), MEMORY)]).await?;
        let approval = Approval {
            family,
            user: user.id,
            sid: session.id.clone(),
            session_expiry: session.expires_at,
            authentication: session.authentication.clone(),
        };
        if !self.settle(visit, request, Standing::Approved(Box::new(approval))).await? {
            return Ok(None);
        }
        let actor = Actor::User(user.id.to_string());
        let event = AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::DeviceApproved, actor);
        let event = event.client(&request.client_id).detail("scope", request.scope.to_string());
        self.audit.record(event.detail("device_network", request.network.clone())).await;
        Ok(Some(Outcome::Leave(self.issuer(visit.tenant).join("/device/approved"))))
    }

    /// Tells the device no, if it still waits.
    pub(super) async fn deny_device(
        &self,
        visit: &Visit<'_>,
        request: &DeviceRequest,
    ) -> Result<(), Unavailable> {
        self.settle(visit, request, Standing::Denied).await.map(drop)
    }

    /// Answers a request that still waits, once; its code is worth nothing afterwards.
    async fn settle(
        &self,
        visit: &Visit<'_>,
        request: &DeviceRequest,
        standing: Standing,
    ) -> Result<bool, Unavailable> {
        for _ in 0..TRIES {
            let found = self.device_showing(visit.tenant.id, &request.user_code).await?;
            let Some((key, raw, asked)) = found.filter(|(_, _, asked)| asked.is_open(visit.ctx.now)) else {
                return Ok(false);
            };
            let settled = DeviceAuthorization { standing: standing.clone(), ..asked };
            if self.sessions.swap(&key, &raw, settled.bytes(), MEMORY).await? {
                let shown = Key::new(visit.tenant.id, Kind::UserCode, request.user_code.as_str());
                self.sessions.write(vec![Write::Delete(shown)]).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The request of the device that shows this code.
    async fn device_showing(
        &self,
        tenant: TenantId,
        code: &UserCode,
    ) -> Result<Option<(Key, Bytes, DeviceAuthorization)>, Unavailable> {
        let shown = self.sessions.get(&Key::new(tenant, Kind::UserCode, code.as_str())).await?;
        let Some(hash) = shown.and_then(|hash| hash.as_ref().try_into().ok()) else {
            return Ok(None);
        };
        let key = Key { tenant, kind: Kind::Device, hash };
        let raw = self.sessions.get(&key).await?;
        Ok(raw.and_then(|raw| Some((key, raw.clone(), serde_json::from_slice(&raw).ok()?))))
    }

    async fn record_guess(&self, visit: &Visit<'_>, reason: &str) {
        let event =
            AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::CredentialRejected, Actor::Anonymous);
        self.audit.record(event.reason(reason)).await;
    }
}

/// Who may have guessed: the browser, which can be thrown away, and its network, which cannot.
fn guessers(visit: &Visit<'_>) -> [String; 2] {
    let browser = visit.browser.binding.as_deref().unwrap_or_default();
    [format!("browser\0{browser}"), format!("network\0{}", visit.ctx.request.network())]
}
