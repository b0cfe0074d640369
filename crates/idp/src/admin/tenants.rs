//! Tenants: making one is the operator's, changing its rules its administrators'.

use super::{Admin, AdminError, Caller};
use crate::Idp;
use crate::audit::{AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::ids::TenantId;
use crate::keyring;
use crate::model::signing_key::LONGEST_TOKEN;
use crate::model::tenant::{SigningKey, Slug, Status, Tenant, TenantSettings};
use crate::ports::{Change, Page, PageRequest};
use hospes_protocol::jose::Algorithm;
use hospes_protocol::redirect_uri::parse_registered;

/// A tenant to be made.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// In URLs, for good.
    pub slug: String,
    /// Shown to people.
    pub display_name: String,
    /// Rules.
    pub settings: TenantSettings,
}

/// What changes; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct TenantPatch {
    /// Shown to people.
    pub display_name: Option<String>,
    /// Rules, as a whole.
    pub settings: Option<TenantSettings>,
    /// On or off.
    pub status: Option<Status>,
}

impl Idp {
    /// Makes a tenant with a signing key for each usual algorithm, in use at once: nobody knows an older set. Only the
    /// operator may.
    pub async fn create_tenant(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        new: NewTenant,
    ) -> Result<Tenant, AdminError> {
        if !matches!(caller, Caller::Operator) {
            return Err(AdminError::Forbidden);
        }
        let slug = Slug::parse(&new.slug).ok_or_else(|| {
            AdminError::invalid("slug must be 1 to 63 lower-case letters, digits and inner hyphens")
        })?;
        check_settings(&new.settings)?;
        let tenant = Tenant {
            id: TenantId::generate(ctx),
            slug,
            display_name: display_name(&new.display_name)?,
            status: Status::Enabled,
            settings: new.settings,
            created_at: ctx.now,
            version: 0,
        };
        let generate = |algorithm| keyring::generate(ctx, &self.vault, tenant.id, (algorithm, ctx.now));
        let keys: Result<Vec<SigningKey>, _> = Algorithm::USUAL.into_iter().map(generate).collect();
        let keys = keys.map_err(|cause| AdminError::invalid(cause.to_string()))?;
        let event =
            AuditEvent::new(ctx, tenant.id, AuditKind::TenantCreated, caller.actor()).target(&tenant.slug);
        self.apply(Change::CreateTenant(tenant.clone(), keys), event).await?;
        Ok(tenant)
    }

    /// All tenants. Only the operator may.
    pub async fn tenants(&self, caller: &Caller, page: PageRequest) -> Result<Page<Tenant>, AdminError> {
        match caller {
            Caller::Operator => Ok(self.directory.list_tenants(page).await?),
            Caller::Client(..) | Caller::User(..) => Err(AdminError::Forbidden),
        }
    }

    /// Any tenant by name, disabled ones included. Only the operator may.
    pub async fn tenant_for_operator(&self, caller: &Caller, slug: &str) -> Result<Tenant, AdminError> {
        let (Caller::Operator, Some(slug)) = (caller, Slug::parse(slug)) else {
            return Err(AdminError::NotFound);
        };
        self.directory.tenant_by_slug(&slug).await?.ok_or(AdminError::NotFound)
    }
}

impl Admin<'_> {
    /// The tenant.
    pub fn tenant(&self) -> &Tenant {
        self.tenant
    }

    /// Changes the tenant; `version` guards against lost updates.
    pub async fn update_tenant(
        &self,
        patch: TenantPatch,
        version: Option<u64>,
    ) -> Result<Tenant, AdminError> {
        let mut tenant = self.tenant.clone();
        AdminError::check_version(version, tenant.version)?;
        if let Some(name) = patch.display_name {
            tenant.display_name = display_name(&name)?;
        }
        if let Some(settings) = patch.settings {
            check_settings(&settings)?;
            tenant.settings = settings;
        }
        tenant.status = patch.status.unwrap_or(tenant.status);
        let event = self.event(AuditKind::TenantUpdated).target(&tenant.slug);
        self.idp.apply(Change::UpdateTenant(tenant.clone()), event).await?;
        Ok(Tenant { version: tenant.version + 1, ..tenant })
    }

    /// The audit trail, newest first; one reference's entries if one is given.
    pub async fn audit(
        &self,
        reference: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, AdminError> {
        Ok(self.idp.directory.list_audit(self.tenant.id, reference, page).await?)
    }
}

/// Lifetimes that end within reason, links that lead somewhere safe.
fn check_settings(settings: &TenantSettings) -> Result<(), AdminError> {
    const DAY: u32 = 24 * 3600;
    let lifetimes = [
        ("invitationLifetime", settings.invitation_lifetime, 366 * DAY),
        ("sessionLifetime", settings.session_lifetime, 90 * DAY),
        ("sessionIdle", settings.session_idle, 90 * DAY),
        ("accessTokenLifetime", settings.access_token_lifetime, LONGEST_TOKEN),
        ("refreshTokenIdle", settings.refresh_token_idle, 366 * DAY),
        ("refreshTokenLifetime", settings.refresh_token_lifetime, 366 * DAY),
    ];
    let out_of_range = lifetimes.into_iter().filter(|(_, seconds, most)| !(1..=*most).contains(seconds));
    let mut problems: Vec<String> =
        out_of_range.map(|(name, _, most)| format!("{name} must be 1 to {most} seconds")).collect();
    problems.extend(settings.options.keys.problems());
    problems.extend(settings.options.sessions.problems());
    problems.extend(settings.options.details.problems());
    problems.extend(settings.options.invitations.problems());
    let links = settings.landing_urls.iter().map(|url| ("landingUrls", url));
    let links = links.chain(settings.privacy_statement_url.iter().map(|url| ("privacyStatementUrl", url)));
    problems.extend(
        links.filter_map(|(name, url)| Some(format!("{name}: {url:?} {}", parse_registered(url).err()?))),
    );
    if problems.is_empty() { Ok(()) } else { Err(AdminError::Invalid(problems)) }
}

/// A name of 1 to 256 visible characters.
pub(crate) fn display_name(text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    let visible = !text.is_empty() && text.chars().count() <= 256 && !text.chars().any(char::is_control);
    if visible {
        Ok(text.to_owned())
    } else {
        Err(AdminError::invalid("displayName must be 1 to 256 visible characters"))
    }
}
