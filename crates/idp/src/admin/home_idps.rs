//! Home IdPs: registering, changing, deleting. The issuer is immutable once a guest is linked (law 1).

use super::tenants::display_name;
use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::email::Domain;
use crate::federation::logout::Addresses;
use crate::ids::HomeIdpId;
use crate::model::home_idp::{ClaimMap, EmailTrust, HomeDomain, HomeIdp};
use crate::model::tenant::Status;
use crate::ports::{Change, Page, PageRequest};
use crate::vault::Purpose;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use hospes_protocol::{ClientId, Issuer};
use url::Url;

/// Claims that say who a token is for and about; mapping them would let an IdP choose its guests' rights (UP-38).
const RESERVED: [&str; 14] = [
    "sub",
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "tid",
    "oid",
    "roles",
    "amr",
    "acr",
    "email_verified",
];

/// Domains everybody can have an address at: no organization is authoritative for them.
const PUBLIC_DOMAINS: [&str; 14] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "proton.me",
    "aol.com",
];

/// Everything about a home IdP that can be set.
#[derive(Clone, Debug)]
pub struct HomeIdpSettings {
    /// Shown to people.
    pub display_name: String,
    /// Byte for byte as its discovery document has it.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// How we authenticate there.
    pub auth_method: ClientAuthMethod,
    /// Our secret there; absent keeps the one there is.
    pub client_secret: Option<Secret>,
    /// What we ask for.
    pub scopes: Vec<String>,
    /// Whose people sign in there.
    pub domains: Vec<HomeDomain>,
    /// When an address counts as verified.
    pub email_trust: EmailTrust,
    /// Where attributes come from.
    pub claim_map: ClaimMap,
    /// What its ID tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// On or off.
    pub status: Status,
}

impl HomeIdpSettings {
    fn problems(&self, own_host: Option<&str>) -> Vec<String> {
        let mut problems = Vec::new();
        match Url::parse(&self.issuer) {
            Ok(url) if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() => {
                problems.push("issuer must have no query, fragment or user information".to_owned());
            }
            Ok(url) if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() => {
                problems.push("issuer must be an https URL".to_owned());
            }
            Ok(_) if self.issuer.contains(['{', '}']) => {
                problems.push("issuer must not be a template".to_owned());
            }
            Ok(_) => {}
            Err(_) => problems.push("issuer must be an https URL".to_owned()),
        }
        if self.client_id.is_empty() {
            problems.push("clientId is missing".to_owned());
        }
        let reserved = |claim: &&String| RESERVED.contains(&claim.as_str());
        problems.extend(
            self.claim_map.values().filter(reserved).map(|claim| format!("claim {claim:?} cannot be mapped")),
        );
        let public = |home: &&HomeDomain| PUBLIC_DOMAINS.contains(&home.domain.as_str());
        problems.extend(
            self.domains.iter().filter(public).map(|home| format!("{} is a public mail domain", home.domain)),
        );
        if own_host
            .and_then(Domain::parse)
            .is_some_and(|own| self.domains.iter().any(|home| home.domain == own))
        {
            problems.push("a tenant's own domain cannot belong to a home IdP".to_owned());
        }
        if self.algorithms.is_empty() {
            problems.push("algorithms must not be empty".to_owned());
        }
        problems
    }
}

impl Admin<'_> {
    /// Registers a home IdP after it was reached once.
    pub async fn create_home_idp(&self, settings: HomeIdpSettings) -> Result<HomeIdp, AdminError> {
        let id = HomeIdpId::generate(self.ctx);
        let home_idp = self.home_idp_of(id, settings, None)?;
        self.probe(&home_idp).await?;
        let event =
            self.event(AuditKind::HomeIdpCreated).target(id).detail("issuer", home_idp.issuer.to_string());
        self.idp.apply(Change::InsertHomeIdp(home_idp.clone()), event).await?;
        Ok(home_idp)
    }

    /// Our redirect URI for a home IdP: what has to be registered there.
    pub fn callback_uri(&self, id: HomeIdpId) -> String {
        self.idp.callback_uri(self.tenant, id)
    }

    /// All our addresses that have to be registered there.
    pub fn addresses(&self, id: HomeIdpId) -> Addresses {
        self.idp.addresses(self.tenant, id)
    }

    /// One home IdP.
    pub async fn home_idp(&self, id: HomeIdpId) -> Result<HomeIdp, AdminError> {
        self.idp.directory.home_idp(self.tenant.id, id).await?.ok_or(AdminError::NotFound)
    }

    /// All home IdPs.
    pub async fn home_idps(&self, page: PageRequest) -> Result<Page<HomeIdp>, AdminError> {
        Ok(self.idp.directory.list_home_idps(self.tenant.id, page).await?)
    }

    /// Changes a home IdP.
    pub async fn update_home_idp(
        &self,
        id: HomeIdpId,
        settings: HomeIdpSettings,
        version: Option<u64>,
    ) -> Result<HomeIdp, AdminError> {
        let before = self.home_idp(id).await?;
        AdminError::check_version(version, before.version)?;
        let moves = settings.issuer != before.issuer.as_str();
        if moves && self.idp.directory.count_linked(self.tenant.id, id).await? > 0 {
            return Err(AdminError::invalid("issuer cannot change while guests are linked to it"));
        }
        let home_idp = self.home_idp_of(id, settings, Some(before))?;
        if moves {
            self.probe(&home_idp).await?;
        }
        let event = self.event(AuditKind::HomeIdpUpdated).target(id);
        self.idp.apply(Change::UpdateHomeIdp(home_idp.clone()), event).await?;
        Ok(HomeIdp { version: home_idp.version + 1, ..home_idp })
    }

    /// Deletes a home IdP with its links; its guests can then only sign in after their redemption was reset.
    pub async fn delete_home_idp(&self, id: HomeIdpId, version: Option<u64>) -> Result<(), AdminError> {
        AdminError::check_version(version, self.home_idp(id).await?.version)?;
        let event = self.event(AuditKind::HomeIdpDeleted).target(id);
        Ok(self.idp.apply(Change::DeleteHomeIdp(self.tenant.id, id), event).await?)
    }

    fn home_idp_of(
        &self,
        id: HomeIdpId,
        settings: HomeIdpSettings,
        before: Option<HomeIdp>,
    ) -> Result<HomeIdp, AdminError> {
        let host = Url::parse(self.idp.base_url()).ok().and_then(|url| url.host_str().map(str::to_owned));
        let problems = settings.problems(host.as_deref());
        if !problems.is_empty() {
            return Err(AdminError::Invalid(problems));
        }
        let seal = |secret: &Secret| {
            self.idp.vault.seal(self.ctx, Purpose::HomeIdpSecret, id.0.as_bytes(), secret.reveal().as_bytes())
        };
        let kept = before.as_ref().and_then(|before| before.client_secret.clone());
        let client_secret = settings.client_secret.as_ref().map(seal).or(kept);
        let needs_secret = matches!(
            settings.auth_method,
            ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost
        );
        if needs_secret && client_secret.is_none() {
            return Err(AdminError::invalid("clientSecret is missing"));
        }
        Ok(HomeIdp {
            id,
            tenant: self.tenant.id,
            display_name: display_name(&settings.display_name)?,
            issuer: Issuer::new(settings.issuer),
            client_id: ClientId::new(settings.client_id),
            auth_method: settings.auth_method,
            client_secret,
            scopes: settings.scopes,
            domains: settings.domains,
            email_trust: settings.email_trust,
            claim_map: settings.claim_map,
            algorithms: settings.algorithms,
            status: settings.status,
            created_at: before.as_ref().map_or(self.ctx.now, |before| before.created_at),
            version: before.map_or(0, |before| before.version),
        })
    }

    /// The answer is one sentence whatever went wrong out there (SSRF-11).
    async fn probe(&self, home_idp: &HomeIdp) -> Result<(), AdminError> {
        self.idp.upstream.probe(home_idp).await.map_err(|cause| {
            tracing::info!(%cause, home_idp = %home_idp.id, "a home IdP could not be registered");
            AdminError::invalid("fetch_failed: the issuer's discovery document could not be fetched or does not fit the issuer")
        })
    }
}
