//! What tokens and userinfo say about people, and what the person is called there.

use hospes_protocol::names::SubjectType;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

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
}

impl ClaimOptions {
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.sector_identifier_uri.as_deref().is_some_and(|uri| !may_name_a_sector(uri)) {
            problems.push("sectorIdentifierUri must be an https URL".to_owned());
        }
        problems
    }
}

/// OIDC Registration §5 asks for https; http goes no further than this machine, if the outbound policy lets it.
fn may_name_a_sector(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || url.scheme() == "http" && local
}
