//! Home IdPs.

use super::{Attribute, AuthMethod, EmailTrust, SignatureAlgorithm, Status};
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::email::Domain;
use hospes_idp::federation::home_idp as domain;
use hospes_idp::federation::logout::Addresses;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A registered home IdP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HomeIdp {
    /// Identifier.
    pub id: Uuid,
    /// Shown to people.
    pub display_name: String,
    /// Byte for byte as its discovery document has it.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// How we authenticate there.
    pub auth_method: AuthMethod,
    /// Whether we have a secret there; it is never shown.
    pub has_client_secret: bool,
    /// What we ask for.
    pub scopes: Vec<String>,
    /// Whose people sign in there.
    pub domains: Vec<HomeDomain>,
    /// When an address counts as verified.
    pub email_trust: EmailTrust,
    /// Where attributes come from, where not from the standard claim.
    pub claim_map: BTreeMap<Attribute, String>,
    /// What its ID tokens may be signed with.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// On or off.
    pub status: Status,
    /// Our redirect URI: to be registered there.
    pub callback_uri: String,
    /// Where its server tells us that somebody signed out: to be registered there.
    pub backchannel_logout_uri: String,
    /// Where its pages tell us that somebody signed out: to be registered there.
    pub frontchannel_logout_uri: String,
    /// Where people come back to after signing out there: to be registered there.
    pub post_logout_redirect_uri: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change; the `ETag` in quotes.
    pub version: u64,
}

impl HomeIdp {
    /// A home IdP with our addresses for it.
    pub fn of(home_idp: domain::HomeIdp, addresses: Addresses) -> Self {
        let claims = home_idp.claim_map.into_iter();
        Self {
            id: home_idp.id.0,
            display_name: home_idp.display_name,
            issuer: home_idp.issuer.to_string(),
            client_id: home_idp.client_id.to_string(),
            auth_method: home_idp.auth_method.into(),
            has_client_secret: home_idp.client_secret.is_some(),
            scopes: home_idp.scopes,
            domains: home_idp.domains.into_iter().map(HomeDomain::from).collect(),
            email_trust: home_idp.email_trust.into(),
            claim_map: claims.map(|(attribute, claim)| (attribute.into(), claim)).collect(),
            algorithms: home_idp.algorithms.into_iter().map(SignatureAlgorithm::from).collect(),
            status: home_idp.status.into(),
            callback_uri: addresses.callback,
            backchannel_logout_uri: addresses.backchannel_logout,
            frontchannel_logout_uri: addresses.frontchannel_logout,
            post_logout_redirect_uri: addresses.post_logout_redirect,
            created_at: home_idp.created_at,
            version: home_idp.version,
        }
    }
}

/// A domain whose people sign in at a home IdP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HomeDomain {
    /// Compared exactly: no sub-domains.
    pub domain: String,
    /// Whether what the home IdP says about mailboxes of the domain is proof.
    #[serde(default)]
    pub authoritative: bool,
}

impl From<domain::HomeDomain> for HomeDomain {
    fn from(home: domain::HomeDomain) -> Self {
        Self { domain: home.domain.to_string(), authoritative: home.authoritative }
    }
}

impl HomeDomain {
    fn into_domain(self) -> Result<domain::HomeDomain, String> {
        let domain = Domain::try_from(self.domain.clone());
        let domain = domain.map_err(|error| format!("domains: {:?} is {error}", self.domain))?;
        Ok(domain::HomeDomain { domain, authoritative: self.authoritative })
    }
}

/// A home IdP to be registered, or what it is to be from now on: absent members take their default, also when it is
/// changed; an absent secret stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HomeIdpBody {
    /// Shown to people.
    pub display_name: String,
    /// Byte for byte as its discovery document has it. Immutable once a guest is linked.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// How we authenticate there.
    #[serde(default = "default_method")]
    pub auth_method: AuthMethod,
    /// Our secret there; never shown again.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    pub client_secret: Option<Secret>,
    /// What we ask for.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// Whose people sign in there.
    #[serde(default)]
    pub domains: Vec<HomeDomain>,
    /// When an address counts as verified.
    #[serde(default = "default_trust")]
    pub email_trust: EmailTrust,
    /// Where attributes come from, where not from the standard claim.
    #[serde(default)]
    pub claim_map: BTreeMap<Attribute, String>,
    /// What its ID tokens may be signed with.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<SignatureAlgorithm>,
    /// On or off.
    #[serde(default = "default_status")]
    pub status: Status,
}

const fn default_method() -> AuthMethod {
    AuthMethod::ClientSecretBasic
}

fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

const fn default_trust() -> EmailTrust {
    EmailTrust::VerifiedOnly
}

fn default_algorithms() -> Vec<SignatureAlgorithm> {
    Algorithm::VERIFYING.map(SignatureAlgorithm::from).to_vec()
}

const fn default_status() -> Status {
    Status::Enabled
}

impl From<domain::HomeIdp> for HomeIdpBody {
    fn from(home_idp: domain::HomeIdp) -> Self {
        let shown = HomeIdp::of(home_idp, Addresses::default());
        Self {
            display_name: shown.display_name,
            issuer: shown.issuer,
            client_id: shown.client_id,
            auth_method: shown.auth_method,
            client_secret: None,
            scopes: shown.scopes,
            domains: shown.domains,
            email_trust: shown.email_trust,
            claim_map: shown.claim_map,
            algorithms: shown.algorithms,
            status: shown.status,
        }
    }
}

impl HomeIdpBody {
    /// As settings, or everything that cannot be read.
    pub fn settings(self) -> Result<HomeIdpSettings, Vec<String>> {
        let (domains, problems): (Vec<_>, Vec<_>) =
            self.domains.into_iter().map(HomeDomain::into_domain).partition(Result::is_ok);
        let problems: Vec<String> = problems.into_iter().filter_map(Result::err).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(HomeIdpSettings {
            display_name: self.display_name,
            issuer: self.issuer,
            client_id: self.client_id,
            auth_method: self.auth_method.into(),
            client_secret: self.client_secret,
            scopes: self.scopes,
            domains: domains.into_iter().flatten().collect(),
            email_trust: self.email_trust.into(),
            claim_map: self
                .claim_map
                .into_iter()
                .map(|(attribute, claim)| (attribute.into(), claim))
                .collect(),
            algorithms: self.algorithms.into_iter().map(Into::into).collect(),
            status: self.status.into(),
        })
    }
}
