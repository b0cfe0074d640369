//! The demo's tenants, people and clients, made through the facade. Running it again changes nothing.

use super::{Places, passphrase};
use anyhow::{Context, Result};
use hospes_idp::Ctx;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::admin::people::NewMember;
use hospes_idp::admin::tenants::NewTenant;
use hospes_idp::admin::{Admin, AdminError, Caller};
use hospes_idp::email::Domain;
use hospes_idp::federation::home_idp::{ClaimMap, EmailTrust, HomeDomain};
use hospes_idp::guest::user::Role;
use hospes_idp::options::KeepSignedIn;
use hospes_idp::tenant::{Status, Tenant, TenantSettings};
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_web::App;
use std::path::Path;

/// Who invites in the tour.
pub(super) const ADMINISTRATOR_EMAIL: &str = "hanna@harbor.example";
/// The sample app's client identifier.
pub(super) const SAMPLE_CLIENT: &str = "sample-app";

/// Somebody to sign in as.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Shown name.
    pub name: &'static str,
    /// Address.
    pub email: &'static str,
    /// Password at their own organization.
    pub password: String,
    /// What they are in the tour.
    pub about: &'static str,
}

const PEOPLE: [(&str, &str, &str); 3] = [
    ("Hanna Hafen", ADMINISTRATOR_EMAIL, "administrator of harbor, invites guests"),
    ("Freya Fjell", "freya@fjord.example", "member of fjord, signs in at her own organization"),
    ("Finn Foss", "finn@fjord.example", "member of fjord, a second one to try with"),
];

/// Makes what is missing and returns the people.
pub(super) async fn seed(app: &App, places: &Places, data: &Path) -> Result<Vec<Person>> {
    let password = passphrase::open_or_create(data)?;
    let people: Vec<Person> =
        PEOPLE.map(|(name, email, about)| Person { name, email, password: password.clone(), about }).to_vec();
    let ctx = (app.make_ctx)(None);
    let caller = Caller::Operator;
    if app.idp.tenant("harbor").await?.is_some() {
        return Ok(people);
    }
    let fjord = tenant(app, &ctx, "fjord", "Fjord Institute").await?;
    let harbor = tenant(app, &ctx, "harbor", "Harbor Logistics").await?;
    let at_fjord = app.idp.admin(&ctx, &fjord, &caller)?;
    let at_harbor = app.idp.admin(&ctx, &harbor, &caller)?;
    for person in &people {
        let (admin, roles) = match person.email {
            ADMINISTRATOR_EMAIL => (&at_harbor, vec![Role::Administrator]),
            _ => (&at_fjord, Vec::new()),
        };
        let member = NewMember {
            email: person.email.to_owned(),
            display_name: person.name.to_owned(),
            roles,
            password: Some(person.password.clone()),
        };
        admin.create_member(member).await?;
    }
    sample_client(&at_harbor, places).await?;
    trust_fjord(app, (&at_harbor, &harbor), (&at_fjord, &fjord))
        .await
        .context("harbor cannot trust fjord")?;
    Ok(people)
}

async fn tenant(app: &App, ctx: &Ctx, slug: &str, display_name: &str) -> Result<Tenant, AdminError> {
    let new = NewTenant {
        slug: slug.to_owned(),
        display_name: display_name.to_owned(),
        settings: TenantSettings { keep_signed_in: KeepSignedIn::Ask, ..TenantSettings::default() },
    };
    app.idp.create_tenant(ctx, &Caller::Operator, new).await
}

/// A public client: the sample app keeps no secret.
async fn sample_client(admin: &Admin<'_>, places: &Places) -> Result<(), AdminError> {
    let app = format!("{}/app", places.companion_url);
    let settings = ClientSettings {
        display_name: "Sample app".to_owned(),
        auth_method: ClientAuthMethod::None,
        redirect_uris: vec![format!("{app}/callback")],
        post_logout_redirect_uris: vec![app.clone()],
        start_url: Some(app),
        ..ClientSettings::default()
    };
    admin.create_client(Some(SAMPLE_CLIENT), settings).await.map(drop)
}

/// Registers harbor as a client of fjord, and fjord as a home IdP of harbor.
async fn trust_fjord(
    app: &App,
    (at_harbor, _): (&Admin<'_>, &Tenant),
    (at_fjord, fjord): (&Admin<'_>, &Tenant),
) -> Result<()> {
    let settings = ClientSettings {
        display_name: "Harbor Logistics".to_owned(),
        auth_method: ClientAuthMethod::ClientSecretBasic,
        // Replaced below, once the identifier in our redirect URI is known.
        redirect_uris: vec![format!("{}/placeholder", app.idp.base_url())],
        ..ClientSettings::default()
    };
    let (client, secret) = at_fjord.create_client(Some("harbor"), settings.clone()).await?;
    let home_idp = at_harbor
        .create_home_idp(HomeIdpSettings {
            display_name: fjord.display_name.clone(),
            issuer: app.idp.issuer(fjord).to_string(),
            client_id: client.client_id.to_string(),
            auth_method: ClientAuthMethod::ClientSecretBasic,
            client_secret: secret,
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            domains: vec![HomeDomain {
                domain: Domain::parse("fjord.example").context("domain")?,
                authoritative: true,
            }],
            email_trust: EmailTrust::VerifiedOnly,
            claim_map: ClaimMap::new(),
            algorithms: vec![Algorithm::RS256, Algorithm::ES256],
            status: Status::Enabled,
        })
        .await?;
    let redirect_uri = at_harbor.callback_uri(home_idp.id);
    at_fjord
        .update_client(
            &client.client_id,
            ClientSettings { redirect_uris: vec![redirect_uri], ..settings },
            None,
        )
        .await?;
    Ok(())
}
