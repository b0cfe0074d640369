//! The resources the client may ask tokens for (RFC 8707), and the ones it is itself.

use hospes_protocol::resource::is_resource;
use hospes_protocol::scope::Scopes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most resources a client may be registered with.
const MOST: usize = 64;

/// The resources the client may ask tokens for (RFC 8707), and the ones it is itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ResourceOptions {
    /// What it may name in `resource`; anything else is `invalid_target`.
    pub allowed: Vec<AllowedResource>,
    /// Types of authorization details it may ask for (RFC 9396).
    pub details: Vec<String>,
    /// Resources this client is: it may introspect tokens for them.
    pub serves: Vec<String>,
}

/// A resource a client may ask tokens for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowedResource {
    /// Its URI: absolute, without fragment, compared byte for byte. Becomes the `aud` of tokens for it.
    pub resource: String,
    /// The scopes a token for it may carry, whatever else was granted. A client acting for itself may ask for these.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl AllowedResource {
    /// As a set.
    pub fn scopes(&self) -> Scopes {
        self.scopes.iter().collect()
    }
}

impl ResourceOptions {
    /// What the client may do at a resource.
    pub fn find(&self, resource: &str) -> Option<&AllowedResource> {
        self.allowed.iter().find(|allowed| allowed.resource == resource)
    }

    /// The URIs it may name.
    pub fn names(&self) -> Vec<String> {
        self.allowed.iter().map(|allowed| allowed.resource.clone()).collect()
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let named = self.allowed.iter().map(|allowed| &allowed.resource).chain(&self.serves);
        let mut problems: Vec<String> = named
            .filter(|uri| !is_resource(uri))
            .map(|uri| format!("resource {uri:?} must be an absolute URI without fragment"))
            .collect();
        if self.allowed.len() > MOST || self.serves.len() > MOST {
            problems.push(format!("resources may name at most {MOST} of them"));
        }
        let all = self.names();
        let twice =
            all.iter().enumerate().find(|(at, name)| all.iter().skip(at + 1).any(|other| other == *name));
        problems.extend(twice.map(|(_, name)| format!("resource {name:?} is named twice")));
        let scopes = self.allowed.iter().flat_map(|allowed| &allowed.scopes);
        problems.extend(
            scopes
                .filter(|scope| Scopes::parse(scope).is_none_or(|set| set.iter().ne([scope.as_str()])))
                .map(|scope| format!("scope {scope:?} of a resource is no scope token")),
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(resource: &str, scopes: &[&str]) -> AllowedResource {
        let scopes = scopes.iter().map(ToString::to_string).collect();
        AllowedResource { resource: resource.to_owned(), scopes }
    }

    #[test]
    fn rfc8707_2_what_a_resource_may_be_called() {
        let good = allowed("https://api.example/orders?v=2", &["orders.read"]);
        let options = |resources: &[AllowedResource]| ResourceOptions {
            allowed: resources.to_vec(),
            ..ResourceOptions::default()
        };
        assert_eq!(options(&[good.clone(), allowed("urn:api:b", &[])]).problems(), Vec::<String>::new());
        for bad in [
            allowed("https://api.example/#top", &[]),
            allowed("/orders", &[]),
            allowed("api", &[]),
            allowed("", &[]),
            allowed("https://api.example", &["a b"]),
            allowed("https://api.example", &[""]),
        ] {
            assert_eq!(options(std::slice::from_ref(&bad)).problems().len(), 1, "{bad:?}");
        }
        assert_eq!(options(&[good.clone(), good]).problems().len(), 1);
        let serves = ResourceOptions { serves: vec!["api".into()], ..ResourceOptions::default() };
        assert_eq!(serves.problems().len(), 1);
    }
}
