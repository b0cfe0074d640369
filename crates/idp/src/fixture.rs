//! Values for tests of pure rules: ordinary ones, to be changed where a row differs.

use crate::Ctx;
use crate::authorize::facts::{Facts, SignedIn};
use crate::authorize::interaction::{Interaction, Purpose};
use crate::ctx::Entropy;
use crate::email::{Domain, EmailAddress};
use crate::ids::{HomeIdpId, InvitationId, TenantId, UserId};
use crate::model::authentication::{Authentication, HomeClaims, Method};
use crate::model::client::{Client, ConsentRule};
use crate::model::home_idp::{ClaimMap, EmailTrust, HomeDomain, HomeIdp};
use crate::model::identity::{EmailVerified, VerifiedIdentity};
use crate::model::invitation::{Invitation, InvitationState, Inviter};
use crate::model::options::ClientOptions;
use crate::model::session::Session;
use crate::model::tenant::{Slug, Status, Tenant, TenantSettings};
use crate::model::user::{ExternalUserState, Profile, User};
use crate::vault::SecretHash;
use hospes_protocol::authorize::{AuthorizationRequest, ClaimsRequest, Prompt, ResponseMode};
use hospes_protocol::claims::UserType;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use hospes_protocol::token::GrantType;
use hospes_protocol::{ClientId, Issuer, RedirectUri, Subject};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const HOME: HomeIdpId = HomeIdpId(Uuid::from_u128(7));

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) fn earlier(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub(crate) fn ctx() -> Ctx {
    Ctx::new(now(), Arc::new(Zeros), None)
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn tenant() -> Tenant {
    Tenant {
        id: TenantId(Uuid::from_u128(1)),
        slug: Slug::parse("harbor").unwrap(),
        display_name: "Harbor".into(),
        status: Status::Enabled,
        settings: TenantSettings::default(),
        created_at: now(),
        version: 0,
    }
}

pub(crate) fn client() -> Client {
    Client {
        tenant: tenant().id,
        client_id: ClientId::new("app"),
        display_name: "App".into(),
        status: Status::Enabled,
        auth_method: ClientAuthMethod::None,
        secrets: Vec::new(),
        jwks: None,
        redirect_uris: vec![RedirectUri::new("https://rp.test/cb")],
        post_logout_redirect_uris: Vec::new(),
        start_url: None,
        grant_types: vec![GrantType::AuthorizationCode],
        scope: ["openid"].into_iter().collect(),
        permissions: hospes_protocol::scope::Scopes::default(),
        require_pkce: true,
        require_pushed_requests: false,
        consent: ConsentRule::Preauthorized,
        id_token_algorithm: Algorithm::RS256,
        audience: None,
        options: ClientOptions::default(),
        registration: None,
        created_at: now(),
        version: 0,
    }
}

/// A guest who has redeemed.
pub(crate) fn guest(number: u128, address: &str) -> User {
    User {
        id: UserId(Uuid::from_u128(number)),
        tenant: tenant().id,
        user_type: UserType::Guest,
        external_user_state: Some(ExternalUserState::Accepted),
        external_user_state_changed_at: None,
        email: email(address),
        email_verified: true,
        profile: Profile::default(),
        roles: Vec::new(),
        status: Status::Enabled,
        sponsors: Vec::new(),
        invited_by: None,
        created_at: now(),
        deleted_at: None,
        version: 0,
    }
}

/// A guest who has not redeemed.
pub(crate) fn pending(number: u128, address: &str) -> User {
    User {
        external_user_state: Some(ExternalUserState::PendingAcceptance),
        email_verified: false,
        ..guest(number, address)
    }
}

pub(crate) fn home_idp() -> HomeIdp {
    HomeIdp {
        id: HOME,
        tenant: tenant().id,
        display_name: "Fjord".into(),
        issuer: Issuer::new("https://fjord.test"),
        client_id: ClientId::new("harbor"),
        auth_method: ClientAuthMethod::ClientSecretBasic,
        client_secret: None,
        scopes: Vec::new(),
        domains: vec![HomeDomain { domain: Domain::parse("fjord.example").unwrap(), authoritative: true }],
        email_trust: EmailTrust::VerifiedOnly,
        claim_map: ClaimMap::new(),
        algorithms: vec![Algorithm::RS256],
        status: Status::Enabled,
        created_at: now(),
        version: 0,
    }
}

pub(crate) fn identity(address: Option<&str>, email_verified: EmailVerified) -> VerifiedIdentity {
    VerifiedIdentity {
        home_idp: HOME,
        issuer: home_idp().issuer,
        subject: Subject::parse("freya").unwrap(),
        email: address.map(email),
        email_verified,
        profile: Profile::default(),
        sid: None,
        session_expiry: None,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
    }
}

pub(crate) fn at_home() -> Authentication {
    let said = HomeClaims::default();
    let method = Method::Home { home_idp: HOME, issuer: home_idp().issuer.to_string(), said };
    Authentication { method, at: now() }
}

pub(crate) fn by_password() -> Authentication {
    Authentication { method: Method::Password, at: now() }
}

pub(crate) fn session(user: &User, at: Timestamp) -> Session {
    Session {
        id: "sid".into(),
        tenant: user.tenant,
        user: user.id,
        authentication: Authentication { at, ..by_password() },
        home: None,
        agent: None,
        kept: false,
        created_at: at,
        used_at: at,
        expires_at: now() + SignedDuration::from_hours(1),
        idle_at: now() + SignedDuration::from_hours(1),
    }
}

pub(crate) fn signed_in(user: &User, at: Timestamp) -> SignedIn {
    let session = Session { id: format!("sid of {}", user.email), ..session(user, at) };
    let cookie = Secret::new(format!("cookie of {}", user.email));
    SignedIn { cookie, session, user: user.clone(), home_idp: None }
}

pub(crate) fn invitation(user: &User, state: InvitationState) -> Invitation {
    Invitation {
        id: InvitationId(Uuid::from_u128(9)),
        tenant: user.tenant,
        user: user.id,
        email: user.email.clone(),
        secret: SecretHash([0; 32]),
        redirect_url: "https://rp.test/".into(),
        inviter: Inviter::Operator,
        message: None,
        language: None,
        cc: None,
        state,
        created_at: now(),
        expires_at: now() + SignedDuration::from_hours(1),
        closed_at: None,
    }
}

pub(crate) fn request() -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: ClientId::new("app"),
        redirect_uri: RedirectUri::new("https://rp.test/cb"),
        redirect_uri_given: true,
        response_mode: ResponseMode::Query,
        response_algorithm: Algorithm::RS256,
        scope: ["openid"].into_iter().collect(),
        state: None,
        nonce: None,
        code_challenge: None,
        dpop_jkt: None,
        prompt: Prompt::default(),
        max_age: None,
        login_hint: None,
        domain_hint: None,
        id_token_hint: None,
        claims: ClaimsRequest::default(),
        acr_values: Vec::new(),
        ui_locales: Vec::new(),
        resources: Vec::new(),
        details: Vec::new(),
        pushed: None,
    }
}

pub(crate) fn interaction(purpose: Purpose) -> Interaction {
    Interaction::begin(&ctx(), tenant().id, "browser", purpose)
}

pub(crate) fn facts() -> Facts {
    Facts {
        now: now(),
        client: Some(client()),
        accounts: Vec::new(),
        session: None,
        choices: Vec::new(),
        home_idp: None,
        invitation: None,
        resolution: None,
        subject: None,
        consent: None,
    }
}
