//! Which resource tokens are for (RFC 8707 §2.2). What was granted is remembered whole; every token is for one of it.

use crate::model::client::Client;
use crate::model::options::AllowedResource;
use hospes_protocol::OAuthError;
use hospes_protocol::resource::invalid_target;

/// Resources that were granted, and the one these tokens are for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Target {
    /// All; none for the usual audience.
    pub(crate) granted: Vec<String>,
    /// One of them, as the client may use it now.
    pub(crate) chosen: Option<AllowedResource>,
}

impl Target {
    /// Chooses: the one that is wanted, or else the first that was granted. A client that lost a resource loses it here
    /// too, and is never served the usual audience in its place.
    pub(crate) fn choose(
        client: &Client,
        granted: Vec<String>,
        wanted: Option<&str>,
    ) -> Result<Self, OAuthError> {
        let Some(name) = wanted.or(granted.first().map(String::as_str)) else {
            return Ok(Self::default());
        };
        if !granted.iter().any(|resource| resource == name) {
            return Err(invalid_target("resource was not granted"));
        }
        let chosen = client.options.resources.find(name).cloned();
        let chosen = chosen.ok_or_else(|| invalid_target("the client may not use this resource any more"))?;
        Ok(Self { granted, chosen: Some(chosen) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::client;
    use hospes_protocol::ErrorCode;

    #[test]
    fn rfc8707_2_2_what_was_granted_and_is_still_allowed() {
        let mut app = client();
        let allowed = |resource: &str| AllowedResource { resource: resource.into(), scopes: Vec::new() };
        app.options.resources.allowed = vec![allowed("urn:a"), allowed("urn:b")];
        let granted = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let rows: [(&str, &[&str], Option<&str>, Result<Option<&str>, ErrorCode>); 7] = [
            ("nothing", &[], None, Ok(None)),
            ("the first", &["urn:b", "urn:a"], None, Ok(Some("urn:b"))),
            ("the wanted", &["urn:b", "urn:a"], Some("urn:a"), Ok(Some("urn:a"))),
            ("not granted", &["urn:b"], Some("urn:a"), Err(ErrorCode::InvalidTarget)),
            ("nothing granted", &[], Some("urn:a"), Err(ErrorCode::InvalidTarget)),
            ("lost", &["urn:gone", "urn:a"], Some("urn:gone"), Err(ErrorCode::InvalidTarget)),
            ("the first is lost", &["urn:gone", "urn:a"], None, Err(ErrorCode::InvalidTarget)),
        ];
        for (name, given, wanted, expected) in rows {
            let target = Target::choose(&app, granted(given), wanted);
            let chosen =
                target.as_ref().map(|target| target.chosen.as_ref().map(|one| one.resource.as_str()));
            assert_eq!(chosen.map_err(|error| error.code), expected, "{name}");
        }
    }
}
