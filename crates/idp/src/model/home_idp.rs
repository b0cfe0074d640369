//! A registered home IdP: where some guests already have an account.

use crate::email::Domain;
use crate::ids::{HomeIdpId, TenantId};
use crate::model::tenant::Status;
use crate::vault::Sealed;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::{ClientId, Issuer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A domain whose people sign in at this home IdP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HomeDomain {
    /// Compared exactly: no sub-domains, no suffixes.
    pub domain: Domain,
    /// Whether what this IdP says about mailboxes of the domain is proof. Routing alone does not need it.
    #[serde(default)]
    pub authoritative: bool,
}

/// When an address asserted by the home IdP counts as verified. Absent, false and true are three values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmailTrust {
    /// Only the boolean `true`, in the same payload as the address.
    #[default]
    VerifiedOnly,
    /// Also when the claim is absent, for IdPs known to leave it out; `false` stays false.
    VerifiedOrAbsent,
    /// Never: a code is always sent.
    Never,
}

/// Which claim of the home IdP fills which attribute. Protocol claims cannot be mapped (UP-38).
pub type ClaimMap = BTreeMap<ProfileAttribute, String>;

/// Attributes a home IdP may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProfileAttribute {
    /// E-mail address; `email_verified` always comes from the same payload.
    Email,
    /// Full name.
    Name,
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// Login name at home, for display.
    PreferredUsername,
    /// Language.
    Locale,
}

impl ProfileAttribute {
    /// The standard claim (OIDC Core §5.1).
    pub const fn standard_claim(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::PreferredUsername => "preferred_username",
            Self::Locale => "locale",
        }
    }
}

/// A home IdP reached over OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeIdp {
    /// Part of its own redirect URI.
    pub id: HomeIdpId,
    /// Owner.
    pub tenant: TenantId,
    /// Shown to people.
    pub display_name: String,
    /// Byte for byte; immutable once a guest is linked.
    pub issuer: Issuer,
    /// Who we are there.
    pub client_id: ClientId,
    /// How we authenticate there.
    pub auth_method: ClientAuthMethod,
    /// Our secret there, sealed.
    #[serde(default)]
    pub client_secret: Option<Sealed>,
    /// What we ask for; `openid` is always among it.
    pub scopes: Vec<String>,
    /// Whose people sign in there.
    pub domains: Vec<HomeDomain>,
    /// When an address counts as verified.
    #[serde(default)]
    pub email_trust: EmailTrust,
    /// Where attributes come from, where not from the standard claim.
    #[serde(default)]
    pub claim_map: ClaimMap,
    /// What its ID tokens may be signed with.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// Disabled home IdPs are refused everywhere, also mid-flow.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change.
    pub version: u64,
}

fn default_algorithms() -> Vec<Algorithm> {
    Algorithm::VERIFYING.to_vec()
}

impl HomeIdp {
    /// Whether its word about mailboxes of this domain is proof.
    pub fn is_authoritative_for(&self, domain: &Domain) -> bool {
        self.domains.iter().any(|home| home.authoritative && home.domain == *domain)
    }
}
