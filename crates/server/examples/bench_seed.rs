//! What `cargo xtask bench` measures with: two houses, opened as they will be served, filled through the facade.
//!
//! `bench_seed MAIN.toml HOME.toml` makes, in the first, clients, members with passwords, and guests who sign in at the
//! second. It prints what a load generator must know, as JSON. An example, so that it is not part of what is shipped.

use anyhow::{Context, Result};
use hospes_idp::Ctx;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::admin::people::NewMember;
use hospes_idp::admin::permission::INVITE;
use hospes_idp::admin::tenants::NewTenant;
use hospes_idp::admin::{Admin, Caller};
use hospes_idp::audit::{Actor, AuditEvent, AuditKind};
use hospes_idp::email::{Domain, EmailAddress};
use hospes_idp::federation::home_idp::{ClaimMap, EmailTrust, HomeDomain, HomeIdp};
use hospes_idp::guest::user::{ExternalUserState, FederatedIdentity, Profile, User};
use hospes_idp::ids::UserId;
use hospes_idp::ports::Change;
use hospes_idp::ports::directory::{Admission, Binding};
use hospes_idp::tenant::{Status, Tenant, TenantSettings};
use hospes_protocol::Subject;
use hospes_protocol::claims::UserType;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use hospes_protocol::token::GrantType;
use hospes_server::config::{Config, Sources};
use hospes_server::serve::{bind, run_http};
use hospes_server::wiring::House;
use serde_json::{Value, json};
use std::path::Path;
use tokio::sync::oneshot;

const MEMBERS: usize = 20;
const PASSWORD: &str = "velvet-otter-lantern-93";
const REDIRECT_URI: &str = "https://app.example/callback";
/// The client of the home IdP that the first house is.
const AT_HOME: &str = "bench";

#[tokio::main]
async fn main() -> Result<()> {
    let mut files = std::env::args().skip(1);
    let mut config = || -> Result<Config> {
        let file = files.next().context("usage: bench_seed MAIN.toml HOME.toml")?;
        Config::load(&Sources { file: Some(Path::new(&file)), environment: Vec::new() })
    };
    let (main, home) = (config()?, config()?);
    let listener = bind("home", home.listen)?;
    let at_home = House::open(&home).await?;
    let here = House::open(&main).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let seeding = async {
        let seeded = seed(&here, &at_home).await;
        let _ = stop.send(());
        seeded
    };
    // A home IdP is probed when it is registered, so it must answer.
    let (served, seeded) = tokio::join!(run_http(&home, at_home.app.clone(), listener, stopped), seeding);
    served?;
    println!("{}", seeded?);
    here.close().await;
    at_home.close().await;
    Ok(())
}

async fn seed(here: &House, at_home: &House) -> Result<Value> {
    let (ctx, home_ctx) = ((here.app.make_ctx)(None), (at_home.app.make_ctx)(None));
    let tenant = tenant(here, &ctx, "bench").await?;
    let home_tenant = self::tenant(at_home, &home_ctx, "home").await?;
    let admin = here.app.idp.admin(&ctx, &tenant, &Caller::Operator)?;
    let home_admin = at_home.app.idp.admin(&home_ctx, &home_tenant, &Caller::Operator)?;
    let es256 = client(&admin, "es256", Algorithm::ES256).await?;
    let rs256 = client(&admin, "rs256", Algorithm::RS256).await?;
    let members = members(&admin, "bench.example").await?;
    let home_members = self::members(&home_admin, "home.example").await?;
    let home_idp = trust(&admin, (at_home, &home_tenant), &home_admin).await?;
    for (email, subject) in &home_members {
        link(here, (&ctx, &tenant), &home_idp, (email, *subject)).await?;
    }
    let emails =
        |members: &[(String, UserId)]| members.iter().map(|(email, _)| json!(email)).collect::<Value>();
    Ok(json!({
        "password": PASSWORD,
        "redirect_uri": REDIRECT_URI,
        "es256": {"id": "es256", "secret": es256.reveal()},
        "rs256": {"id": "rs256", "secret": rs256.reveal()},
        "members": emails(&members),
        "guests": emails(&home_members),
    }))
}

async fn tenant(house: &House, ctx: &Ctx, slug: &str) -> Result<Tenant> {
    let new = NewTenant {
        slug: slug.to_owned(),
        display_name: slug.to_owned(),
        settings: TenantSettings::default(),
    };
    Ok(house.app.idp.create_tenant(ctx, &Caller::Operator, new).await?)
}

async fn client(admin: &Admin<'_>, id: &str, algorithm: Algorithm) -> Result<Secret> {
    let settings = ClientSettings {
        display_name: id.to_owned(),
        auth_method: ClientAuthMethod::ClientSecretPost,
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        grant_types: GrantType::ALL.to_vec(),
        permissions: [INVITE].into_iter().collect(),
        id_token_algorithm: algorithm,
        ..ClientSettings::default()
    };
    admin.create_client(Some(id), settings).await?.1.context("a confidential client has a secret")
}

async fn members(admin: &Admin<'_>, domain: &str) -> Result<Vec<(String, UserId)>> {
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        let email = format!("person-{number}@{domain}");
        let new = NewMember {
            email: email.clone(),
            display_name: format!("Person {number}"),
            roles: Vec::new(),
            password: Some(PASSWORD.to_owned()),
        };
        members.push((email, admin.create_member(new).await?.id));
    }
    Ok(members)
}

/// Registers the home IdP here, and us there.
async fn trust(
    admin: &Admin<'_>,
    (at_home, home_tenant): (&House, &Tenant),
    home_admin: &Admin<'_>,
) -> Result<HomeIdp> {
    let settings = ClientSettings {
        display_name: AT_HOME.to_owned(),
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        id_token_algorithm: Algorithm::ES256,
        ..ClientSettings::default()
    };
    let (registered, secret) = home_admin.create_client(Some(AT_HOME), settings.clone()).await?;
    let home_idp = admin
        .create_home_idp(HomeIdpSettings {
            display_name: "Home".to_owned(),
            issuer: at_home.app.idp.issuer(home_tenant).to_string(),
            client_id: AT_HOME.to_owned(),
            auth_method: ClientAuthMethod::ClientSecretBasic,
            client_secret: secret,
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            domains: vec![HomeDomain {
                domain: Domain::parse("home.example").context("domain")?,
                authoritative: true,
            }],
            email_trust: EmailTrust::VerifiedOnly,
            claim_map: ClaimMap::new(),
            algorithms: vec![Algorithm::ES256],
            status: Status::Enabled,
        })
        .await?;
    let settings = ClientSettings { redirect_uris: vec![admin.callback_uri(home_idp.id)], ..settings };
    home_admin.update_client(&registered.client_id, settings, None).await?;
    Ok(home_idp)
}

/// A guest who has redeemed.
async fn link(
    here: &House,
    (ctx, tenant): (&Ctx, &Tenant),
    home_idp: &HomeIdp,
    (email, subject): (&str, UserId),
) -> Result<()> {
    let user = User {
        id: UserId::generate(ctx),
        tenant: tenant.id,
        user_type: UserType::Guest,
        external_user_state: Some(ExternalUserState::Accepted),
        external_user_state_changed_at: Some(ctx.now),
        email: EmailAddress::parse(email).ok().context("address")?,
        email_verified: true,
        profile: Profile { display_name: Some(email.to_owned()), ..Profile::default() },
        roles: Vec::new(),
        status: Status::Enabled,
        sponsors: Vec::new(),
        invited_by: None,
        created_at: ctx.now,
        deleted_at: None,
        version: 0,
    };
    let identity = FederatedIdentity {
        tenant: tenant.id,
        home_idp: home_idp.id,
        issuer: home_idp.issuer.clone(),
        subject: Subject::new(subject.to_string()),
        user: user.id,
        linked_at: ctx.now,
    };
    let event = || AuditEvent::new(ctx, tenant.id, AuditKind::RedemptionCompleted, Actor::Operator);
    here.directory.apply(Change::InsertUser(user.clone(), None), event()).await?;
    let admission = Admission { user, binding: Binding::Federated(identity), invitation: None };
    here.directory.apply(Change::Admit(Box::new(admission)), event()).await?;
    Ok(())
}
