//! Which resource tokens are for (RFC 8707 §2.2), and what exactly they allow there (RFC 9396 §6). What was granted is
//! remembered whole; every token is for one resource and may tell less.

use super::Call;
use crate::model::options::AllowedResource;
use crate::model::tenant::Tenant;
use hospes_protocol::OAuthError;
use hospes_protocol::authorization_details::{AuthorizationDetail, invalid_details};
use hospes_protocol::resource::invalid_target;
use hospes_protocol::wish::Wish;

/// What was granted beside scopes, and what of it these tokens are for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Target {
    /// All resources; none for the usual audience.
    pub(crate) granted: Vec<String>,
    /// One of them, as the client may use it now.
    pub(crate) chosen: Option<AllowedResource>,
    /// All details.
    pub(crate) details: Vec<AuthorizationDetail>,
    /// Those the access token tells.
    pub(crate) told: Vec<AuthorizationDetail>,
}

impl Target {
    /// Chooses: the resource that is wanted, or else the first that was granted. A client that lost a resource or a type
    /// of details loses it here too, and is never served the usual audience in its place.
    pub(crate) fn choose(
        call: Call<'_>,
        (granted, details): (Vec<String>, Vec<AuthorizationDetail>),
        wish: &Wish,
    ) -> Result<Self, OAuthError> {
        let known = &call.tenant.settings.options.details;
        known.check(&call.client.options.resources.details, &details)?;
        if wish.details.iter().any(|wanted| !details.contains(wanted)) {
            return Err(invalid_details("authorization_details were not granted"));
        }
        let told = if wish.details.is_empty() { details.clone() } else { wish.details.clone() };
        let Some(name) = wish.resource.as_deref().or(granted.first().map(String::as_str)) else {
            return Ok(Self { granted, chosen: None, details, told });
        };
        if !granted.iter().any(|resource| resource == name) {
            return Err(invalid_target("resource was not granted"));
        }
        let chosen = call.client.options.resources.find(name).cloned();
        let chosen = chosen.ok_or_else(|| invalid_target("the client may not use this resource any more"))?;
        let told = concerning(call.tenant, told, name);
        Ok(Self { granted, chosen: Some(chosen), details, told })
    }
}

/// A resource learns of what concerns it.
fn concerning(
    tenant: &Tenant,
    details: Vec<AuthorizationDetail>,
    resource: &str,
) -> Vec<AuthorizationDetail> {
    let types = &tenant.settings.options.details;
    let concerns = |detail: &AuthorizationDetail| {
        let at = types.find(&detail.kind).and_then(|known| known.resource.as_deref());
        at.is_none_or(|at| at == resource)
    };
    details.into_iter().filter(concerns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{client, ctx, tenant};
    use hospes_protocol::ErrorCode;

    /// A name, what was granted, what is wanted, what is chosen.
    type Row<'a> = (&'a str, &'a [&'a str], Option<&'a str>, Result<Option<&'a str>, ErrorCode>);

    #[test]
    fn rfc8707_2_2_what_was_granted_and_is_still_allowed() {
        let (mut app, ctx, tenant) = (client(), ctx(), tenant());
        let allowed = |resource: &str| AllowedResource { resource: resource.into(), scopes: Vec::new() };
        app.options.resources.allowed = vec![allowed("urn:a"), allowed("urn:b")];
        let call = Call::new(&ctx, &tenant, &app);
        let granted = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let rows: [Row<'_>; 7] = [
            ("nothing", &[], None, Ok(None)),
            ("the first", &["urn:b", "urn:a"], None, Ok(Some("urn:b"))),
            ("the wanted", &["urn:b", "urn:a"], Some("urn:a"), Ok(Some("urn:a"))),
            ("not granted", &["urn:b"], Some("urn:a"), Err(ErrorCode::InvalidTarget)),
            ("nothing granted", &[], Some("urn:a"), Err(ErrorCode::InvalidTarget)),
            ("lost", &["urn:gone", "urn:a"], Some("urn:gone"), Err(ErrorCode::InvalidTarget)),
            ("the first is lost", &["urn:gone", "urn:a"], None, Err(ErrorCode::InvalidTarget)),
        ];
        for (name, given, wanted, expected) in rows {
            let wish = Wish { scope: None, resource: wanted.map(str::to_owned), details: Vec::new() };
            let target = Target::choose(call, (granted(given), Vec::new()), &wish);
            let chosen =
                target.as_ref().map(|target| target.chosen.as_ref().map(|one| one.resource.as_str()));
            assert_eq!(chosen.map_err(|error| error.code), expected, "{name}");
        }
    }
}
