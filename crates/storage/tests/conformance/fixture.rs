//! Values of the domain with everything that does not matter to a test filled in.

use hospes_idp::audit::{Actor, AuditEvent, AuditKind};
use hospes_idp::client::{Client, ConsentRule};
use hospes_idp::email::{Domain, EmailAddress};
use hospes_idp::federation::home_idp::{EmailTrust, HomeDomain, HomeIdp};
use hospes_idp::guest::user::{
    Consent, ExternalUserState, FederatedIdentity, LocalAccount, PasswordHash, Profile, User,
};
use hospes_idp::ids::{HomeIdpId, InvitationId, MailId, TenantId, UserId};
use hospes_idp::invitation::record::{Invitation, InvitationState, Inviter};
use hospes_idp::mail::OutboxMail;
use hospes_idp::options::ClientOptions;
use hospes_idp::tenant::{SigningKey, Slug, Status, Tenant, TenantSettings};
use hospes_idp::vault::{Sealed, SecretHash};
use hospes_idp::{Ctx, Entropy};
use hospes_protocol::claims::UserType;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::GrantType;
use hospes_protocol::{ClientId, Issuer, RedirectUri, Subject};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

struct Random;

impl Entropy for Random {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }
}

/// A context whose time is later than that of every context before, so that identifiers are in order.
pub(crate) fn ctx() -> Ctx {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    let now = Timestamp::from_millisecond(NOW.fetch_add(1, Ordering::Relaxed)).unwrap();
    Ctx::new(now, Arc::new(Random), None)
}

pub(crate) fn event(tenant: TenantId) -> AuditEvent {
    AuditEvent::new(&ctx(), tenant, AuditKind::SignIn, Actor::Operator).detail("note", "NUL \0 and ü")
}

pub(crate) fn tenant() -> Tenant {
    let ctx = ctx();
    Tenant {
        id: TenantId::generate(&ctx),
        slug: Slug::parse(&format!("t-{}", ctx.uuid())).unwrap(),
        display_name: "Fjord".to_owned(),
        status: Status::Enabled,
        settings: TenantSettings::default(),
        created_at: ctx.now,
        version: 0,
    }
}

pub(crate) fn signing_key(tenant: &Tenant, key_id: &str) -> SigningKey {
    SigningKey {
        tenant: tenant.id,
        key_id: key_id.to_owned(),
        algorithm: Algorithm::RS256,
        public: serde_json::Map::new(),
        private: Sealed(vec![1, 2, 3]),
        created_at: ctx().now,
        signs_from: None,
    }
}

pub(crate) fn client(tenant: &Tenant, id: &str) -> Client {
    Client {
        tenant: tenant.id,
        client_id: ClientId::new(id),
        display_name: "Portal".to_owned(),
        status: Status::Enabled,
        auth_method: ClientAuthMethod::ClientSecretBasic,
        secrets: Vec::new(),
        jwks: None,
        redirect_uris: vec![RedirectUri::new("https://portal.example/cb")],
        post_logout_redirect_uris: Vec::new(),
        start_url: None,
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scopes::parse("openid profile").unwrap(),
        permissions: Scopes::default(),
        require_pkce: true,
        require_pushed_requests: false,
        consent: ConsentRule::Ask,
        id_token_algorithm: Algorithm::RS256,
        audience: None,
        options: ClientOptions::default(),
        registration: None,
        created_at: ctx().now,
        version: 0,
    }
}

pub(crate) fn home_idp(tenant: &Tenant, domains: &[&str]) -> HomeIdp {
    let ctx = ctx();
    let home = |domain: &&str| HomeDomain { domain: Domain::parse(domain).unwrap(), authoritative: true };
    HomeIdp {
        id: HomeIdpId::generate(&ctx),
        tenant: tenant.id,
        display_name: "Partner".to_owned(),
        issuer: Issuer::new("https://login.partner.example"),
        client_id: ClientId::new("hospes"),
        auth_method: ClientAuthMethod::ClientSecretBasic,
        client_secret: Some(Sealed(vec![4, 5, 6])),
        scopes: vec!["openid".to_owned()],
        domains: domains.iter().map(home).collect(),
        email_trust: EmailTrust::VerifiedOnly,
        claim_map: std::collections::BTreeMap::new(),
        algorithms: vec![Algorithm::RS256],
        status: Status::Enabled,
        created_at: ctx.now,
        version: 0,
    }
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A guest who has not redeemed.
pub(crate) fn guest(tenant: &Tenant, address: &str) -> User {
    let ctx = ctx();
    User {
        id: UserId::generate(&ctx),
        tenant: tenant.id,
        user_type: UserType::Guest,
        external_user_state: Some(ExternalUserState::PendingAcceptance),
        external_user_state_changed_at: Some(ctx.now),
        email: email(address),
        email_verified: false,
        profile: Profile::default(),
        roles: Vec::new(),
        status: Status::Enabled,
        sponsors: Vec::new(),
        invited_by: None,
        created_at: ctx.now,
        deleted_at: None,
        version: 0,
    }
}

pub(crate) fn member(tenant: &Tenant, address: &str) -> User {
    User {
        user_type: UserType::Member,
        external_user_state: None,
        external_user_state_changed_at: None,
        ..guest(tenant, address)
    }
}

pub(crate) fn identity(user: &User, home_idp: &HomeIdp, subject: &str) -> FederatedIdentity {
    FederatedIdentity {
        tenant: user.tenant,
        home_idp: home_idp.id,
        issuer: home_idp.issuer.clone(),
        subject: Subject::parse(subject).unwrap(),
        user: user.id,
        linked_at: ctx().now,
    }
}

pub(crate) fn account(user: &User) -> LocalAccount {
    LocalAccount {
        tenant: user.tenant,
        user: user.id,
        password: Some(PasswordHash("$argon2id$".to_owned())),
        created_at: ctx().now,
        password_changed_at: None,
    }
}

pub(crate) fn consent(user: &User, client: &Client, scope: &str) -> Consent {
    Consent {
        tenant: user.tenant,
        user: user.id,
        client: client.client_id.clone(),
        scope: Scopes::parse(scope).unwrap(),
        granted_at: ctx().now,
    }
}

pub(crate) fn invitation(user: &User) -> Invitation {
    let ctx = ctx();
    Invitation {
        id: InvitationId::generate(&ctx),
        tenant: user.tenant,
        user: user.id,
        email: user.email.clone(),
        secret: SecretHash(ctx.bytes()),
        redirect_url: "https://portal.example/".to_owned(),
        inviter: Inviter::Operator,
        message: None,
        language: None,
        cc: None,
        state: InvitationState::Pending,
        created_at: ctx.now,
        expires_at: ctx.now + jiff::SignedDuration::from_hours(24),
        closed_at: None,
    }
}

pub(crate) fn mail(tenant: &Tenant, due_at: Timestamp) -> OutboxMail {
    OutboxMail {
        id: MailId::generate(&ctx()),
        tenant: tenant.id,
        to: email("guest@partner.example"),
        language: Some("nb".to_owned()),
        content: Sealed(vec![7, 8, 9]),
        created_at: due_at,
        worthless_at: due_at + jiff::SignedDuration::from_hours(1),
        attempts: 0,
        due_at,
    }
}
