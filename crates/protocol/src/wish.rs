//! What of a grant a token request wants: less scope, one resource (RFC 8707 §2.2), some of the details (RFC 9396 §6).

use crate::OAuthError;
use crate::authorization_details::{AuthorizationDetail, authorization_details};
use crate::params::Params;
use crate::resource::resource;
use crate::scope::Scopes;

/// What of a grant is wanted in these tokens.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Narrower scope.
    pub scope: Option<Scopes>,
    /// One resource (RFC 8707 §2.2).
    pub resource: Option<String>,
    /// Some of what was granted in detail (RFC 9396 §6); empty: all.
    pub details: Vec<AuthorizationDetail>,
}

impl Wish {
    /// Reads the form.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        Ok(Self { scope: scope(form)?, resource: resource(form)?, details: authorization_details(form)? })
    }
}

fn scope(form: &Params) -> Result<Option<Scopes>, OAuthError> {
    let malformed = || OAuthError::invalid_scope("scope is malformed or too long");
    form.once("scope")?.map(|value| Scopes::parse(value).ok_or_else(malformed)).transpose()
}
