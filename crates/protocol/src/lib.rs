//! The vocabulary of OAuth 2.0 and OpenID Connect: wire types, the error table, PKCE, redirect URIs, response modes,
//! metadata, client authentication and a narrow wrapper over JOSE.
//!
//! Pure: no I/O, no async, no clock. Whoever calls passes the time. Nothing here knows tenants, guests or storage.

pub mod authorization_details;
pub mod authorize;
pub mod authorize_checks;
pub mod claim_names;
pub mod claims;
pub mod client_auth;
pub mod client_metadata;
pub mod dpop;
pub mod encoding;
pub mod error;
pub mod jose;
pub mod metadata;
pub mod names;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod registration;
pub mod request_object;
pub mod resource;
pub mod resource_metadata;
pub mod response;
pub mod scope;
pub mod token;
pub mod token_exchange;
pub mod wish;

pub use error::{ErrorCode, OAuthError};
pub use names::{ClientId, Issuer, Nonce, RedirectUri, Subject};
