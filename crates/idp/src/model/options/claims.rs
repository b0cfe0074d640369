//! What tokens and userinfo say about people, and what the person is called there.

mod source;

pub use source::ClaimSource;

use hospes_protocol::claim_names::is_reserved;
use hospes_protocol::names::SubjectType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;
use utoipa::ToSchema;

/// Claims a client can have mapped.
const MAX_MAPPED: usize = 50;
/// The longest name of a claim.
const MAX_NAME: usize = 128;

/// What tokens and userinfo say about people, and what the person is called there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClaimOptions {
    /// `public`: `sub` is the person's identifier, the same for every client. `pairwise`: another one in every sector,
    /// and no `oid` (OIDC Core §8). Changing it, or the sector, renames everybody at this client.
    #[schema(value_type = String, example = "public")]
    pub subject_type: SubjectType,
    /// Where the redirect URIs of a sector are listed, as a JSON array; its host is the sector. Needed for pairwise
    /// subjects if the redirect URIs are on several hosts.
    pub sector_identifier_uri: Option<String>,
    /// Claims this client gets beyond the usual ones. One that is called as a usual claim about the person takes its
    /// place.
    pub mapping: Vec<MappedClaim>,
}

/// One claim this client gets, and where its value comes from. A claim without a value is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappedClaim {
    /// What it is called. Claims that say who a token is from, for and about cannot be mapped.
    pub claim: String,
    /// Where the value comes from.
    pub source: ClaimSource,
    /// Where it stands.
    #[serde(rename = "in")]
    pub places: BTreeSet<ClaimPlace>,
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClaimPlace {
    /// In the ID token, for the client.
    IdToken,
    /// At userinfo, for the client.
    Userinfo,
    /// In the access token, for the resource and for introspection.
    AccessToken,
}

impl ClaimOptions {
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.sector_identifier_uri.as_deref().is_some_and(|uri| !may_name_a_sector(uri)) {
            problems.push("sectorIdentifierUri must be an https URL".to_owned());
        }
        if self.mapping.len() > MAX_MAPPED {
            problems.push(format!("mapping has more than {MAX_MAPPED} claims"));
        }
        let mut taken = BTreeSet::new();
        for mapped in &self.mapping {
            let is_pairwise = self.subject_type == SubjectType::Pairwise;
            let problem = mapped.problem().or_else(|| {
                (is_pairwise && mapped.source.identifies())
                    .then_some("names the person by an identifier that other clients get too")
            });
            let repeated = mapped.places.iter().any(|place| !taken.insert((&mapped.claim, place)));
            let problem = problem.or(repeated.then_some("is mapped twice to one place"));
            problems.extend(problem.map(|problem| format!("the mapped claim {:?} {problem}", mapped.claim)));
        }
        problems
    }

    /// Whether some claim is made of groups.
    pub(crate) fn mentions_groups(&self) -> bool {
        self.mapping.iter().any(|mapped| mapped.source.mentions(&ClaimSource::is_groups))
    }

    /// Whether the client is told names of groups.
    pub(crate) fn names_groups(&self) -> bool {
        let names = |source: &ClaimSource| matches!(source, ClaimSource::GroupNames);
        self.mapping.iter().any(|mapped| mapped.source.mentions(&names))
    }

    /// Whether userinfo needs what only the sign-in knows.
    pub(crate) fn userinfo_needs_home(&self) -> bool {
        let at_userinfo = |mapped: &&MappedClaim| mapped.places.contains(&ClaimPlace::Userinfo);
        self.mapping.iter().filter(at_userinfo).any(|mapped| mapped.source.is_of_home())
    }
}

impl MappedClaim {
    fn problem(&self) -> Option<&'static str> {
        if is_reserved(&self.claim) {
            return Some("is set by this server alone");
        }
        let printable = self.claim.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        if !printable || !(1..=MAX_NAME).contains(&self.claim.len()) {
            return Some("must be called by 1 to 128 printable ASCII characters");
        }
        if self.places.is_empty() {
            return Some("stands nowhere");
        }
        self.source.problem()
    }
}

/// OIDC Registration §5 asks for https; http goes no further than this machine, if the outbound policy lets it.
fn may_name_a_sector(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || url.scheme() == "http" && local
}
