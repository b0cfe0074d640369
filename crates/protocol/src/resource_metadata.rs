//! Metadata of protected resources (RFC 9728): how somebody who was refused finds out whose tokens are taken.

use crate::Issuer;
use crate::metadata::paths;
use serde::Serialize;

/// RFC 9728 §3.1: inserted between host and path of the resource.
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The resources of a tenant that take its own access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectedResource {
    /// Who somebody is (OIDC Core §5.3).
    Userinfo,
    /// Administration.
    Api,
    /// Invitations as Microsoft Graph takes them.
    Graph,
}

impl ProtectedResource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Userinfo, Self::Api, Self::Graph];

    /// Its path below the issuer.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Userinfo => paths::USERINFO,
            Self::Api => "/api",
            Self::Graph => "/v1.0",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Userinfo => "Userinfo",
            Self::Api => "Administration",
            Self::Graph => "Invitations",
        }
    }

    /// RFC 6750 §2.2: only userinfo reads forms.
    const fn bearer_methods(self) -> &'static [&'static str] {
        match self {
            Self::Userinfo => &["header", "body"],
            Self::Api | Self::Graph => &["header"],
        }
    }
}

/// The document (RFC 9728 §2).
#[derive(Clone, Debug, Serialize)]
pub struct ResourceMetadata {
    resource: String,
    authorization_servers: [Issuer; 1],
    scopes_supported: Vec<&'static str>,
    bearer_methods_supported: &'static [&'static str],
    resource_name: &'static str,
}

impl ResourceMetadata {
    /// Of a resource that knows these scopes.
    pub fn new(issuer: &Issuer, resource: ProtectedResource, scopes: &[&'static str]) -> Self {
        Self {
            resource: issuer.join(resource.path()),
            authorization_servers: [issuer.clone()],
            scopes_supported: scopes.to_vec(),
            bearer_methods_supported: resource.bearer_methods(),
            resource_name: resource.name(),
        }
    }
}
