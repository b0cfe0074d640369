//! Whether redirect URIs belong to the sector a client claims (OIDC Registration §5).

use super::clients::ClientSettings;
use super::{Admin, AdminError};
use crate::model::client::Client;
use hospes_protocol::RedirectUri;

impl Admin<'_> {
    /// Refuses unless the document at `sectorIdentifierUri` lists every redirect URI. Asked again only when one of both
    /// changes: a host that is away must not keep a client from being edited.
    pub(super) async fn check_sector(
        &self,
        settings: &ClientSettings,
        before: Option<&Client>,
    ) -> Result<(), AdminError> {
        let Some(uri) = &settings.options.claims.sector_identifier_uri else {
            return Ok(());
        };
        let unchanged = before.is_some_and(|before| {
            before.options.claims.sector_identifier_uri.as_ref() == Some(uri)
                && before.redirect_uris.iter().map(RedirectUri::as_str).eq(&settings.redirect_uris)
        });
        if unchanged {
            return Ok(());
        }
        // One sentence whatever went wrong out there (SSRF-11).
        let listed = self.idp.upstream.sector(uri).await.map_err(|cause| {
            tracing::info!(%cause, "a sector could not be read");
            AdminError::invalid(
                "fetch_failed: sectorIdentifierUri does not answer with a JSON array of redirect URIs",
            )
        })?;
        let missing = settings.redirect_uris.iter().filter(|uri| !listed.contains(uri));
        let problems: Vec<String> = missing
            .map(|uri| format!("{uri:?} is not listed by the document at sectorIdentifierUri"))
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(AdminError::Invalid(problems)) }
    }
}
