//! Claims from the userinfo endpoint (OIDC Core §5.3), asked for only when the ID token left something out.

use crate::discovery::{Metadata, stage};
use crate::exchange::Tokens;
use crate::guard::{FetchError, GuardedClient};
use hospes_idp::federation::home_idp::{HomeIdp, ProfileAttribute};
use hospes_idp::ports::UpstreamError;
use hospes_protocol::Subject;
use hospes_protocol::jose::Claims;
use hospes_protocol::jose::check::text;

/// The claim an attribute comes from.
pub(crate) fn source(home_idp: &HomeIdp, attribute: ProfileAttribute) -> &str {
    let mapped = home_idp.claim_map.get(&attribute);
    mapped.map_or(attribute.standard_claim(), String::as_str)
}

/// Whether an attribute this home IdP was asked for, or that is mapped explicitly, is missing.
pub(crate) fn is_needed(home_idp: &HomeIdp, id_token: &Claims) -> bool {
    let asked = |scope| home_idp.scopes.iter().any(|asked| asked == scope);
    let by_scope = [
        asked("email").then_some(ProfileAttribute::Email),
        asked("profile").then_some(ProfileAttribute::Name),
    ];
    let mapped = home_idp.claim_map.keys().copied();
    (by_scope.into_iter().flatten().chain(mapped))
        .any(|attribute| text(id_token, source(home_idp, attribute)).is_none())
}

/// The claims; `None` if the endpoint does not give any, which nobody is refused for. An answer about somebody else is
/// refused (OIDC Core §5.3.2).
pub(crate) async fn fetch(
    http: &GuardedClient,
    metadata: &Metadata,
    tokens: &Tokens,
    subject: &Subject,
) -> Result<Option<Claims>, UpstreamError> {
    let Some(endpoint) = metadata.userinfo_endpoint() else {
        return Ok(None);
    };
    let claims: Claims = match http.get_json(endpoint, Some(tokens.access_token.reveal())).await {
        Ok(claims) => claims,
        Err(FetchError::Failed) => return Ok(None),
        Err(blocked @ FetchError::Blocked) => return Err(stage("userinfo")(blocked)),
    };
    if text(&claims, "sub") == Some(subject.as_str()) {
        Ok(Some(claims))
    } else {
        Err(UpstreamError::Refused("userinfo: sub differs".to_owned()))
    }
}
