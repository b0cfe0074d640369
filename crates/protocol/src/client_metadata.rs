//! What a client may be registered with, judged in one place for every way of registering (RFC 7591 §2).

use crate::client_auth::ClientAuthMethod;
use crate::redirect_uri::{RedirectUriError, parse_registered};
use crate::token::GrantType;

/// Why a registration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientMetadataError {
    /// One of the URIs is unusable.
    #[error("redirect URI {uri:?} {reason}")]
    RedirectUri {
        /// As it was given.
        uri: String,
        /// What is wrong with it.
        reason: RedirectUriError,
    },
    /// The code grant needs somewhere to send the code.
    #[error("a client with the authorization_code grant needs at least one redirect URI")]
    NoRedirectUri,
    /// A public client has nothing to authenticate with.
    #[error("a public client cannot use client_credentials")]
    PublicClientCredentials,
    /// Whoever exchanges tokens proves who it is.
    #[error("a public client cannot use token_exchange")]
    PublicTokenExchange,
    /// PKCE is what protects a public client.
    #[error("a public client cannot be exempted from PKCE")]
    PublicWithoutPkce,
    /// The method needs keys.
    #[error("private_key_jwt and self_signed_tls_client_auth need jwks with at least one usable public key")]
    NoKeys,
}

/// The members that constrain each other.
#[derive(Clone, Debug)]
pub struct ClientMetadata<'a> {
    /// Redirect URIs as given.
    pub redirect_uris: &'a [String],
    /// Grants wanted.
    pub grant_types: &'a [GrantType],
    /// Authentication at the token endpoint.
    pub auth_method: ClientAuthMethod,
    /// Whether requests need PKCE.
    pub require_pkce: bool,
    /// How many usable public keys are registered.
    pub keys: usize,
}

impl ClientMetadata<'_> {
    /// All problems at once, so that they are mended at once.
    pub fn problems(&self) -> Vec<ClientMetadataError> {
        let confidential = self.auth_method.is_confidential();
        let needs_keys = matches!(
            self.auth_method,
            ClientAuthMethod::PrivateKeyJwt | ClientAuthMethod::SelfSignedTlsClientAuth
        );
        let mut problems: Vec<_> = (self.redirect_uris.iter())
            .filter_map(|uri| {
                Some(ClientMetadataError::RedirectUri {
                    uri: uri.clone(),
                    reason: parse_registered(uri).err()?,
                })
            })
            .collect();
        let mut when = |bad: bool, problem| {
            if bad {
                problems.push(problem);
            }
        };
        let uses = |grant| self.grant_types.contains(&grant);
        when(
            uses(GrantType::AuthorizationCode) && self.redirect_uris.is_empty(),
            ClientMetadataError::NoRedirectUri,
        );
        when(
            uses(GrantType::ClientCredentials) && !confidential,
            ClientMetadataError::PublicClientCredentials,
        );
        when(uses(GrantType::TokenExchange) && !confidential, ClientMetadataError::PublicTokenExchange);
        when(!self.require_pkce && !confidential, ClientMetadataError::PublicWithoutPkce);
        when(needs_keys && self.keys == 0, ClientMetadataError::NoKeys);
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_reported_together() {
        let metadata = ClientMetadata {
            redirect_uris: &["javascript:alert(1)".into()],
            grant_types: &[GrantType::AuthorizationCode, GrantType::ClientCredentials],
            auth_method: ClientAuthMethod::None,
            require_pkce: false,
            keys: 0,
        };
        assert_eq!(metadata.problems().len(), 3);
        assert!(
            ClientMetadata {
                redirect_uris: &["https://rp.test/cb".into()],
                auth_method: ClientAuthMethod::ClientSecretBasic,
                ..metadata
            }
            .problems()
            .is_empty()
        );
    }
}
