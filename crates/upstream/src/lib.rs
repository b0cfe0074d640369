//! Talks to home IdPs as a relying party: discovery, keys, the way there and back, verification.
//!
//! Read in the order of a sign-in: [`OidcUpstream`] is the port's implementation; `depart` builds the authorization URL,
//! `exchange` redeems the code, `id_token` verifies, `userinfo` fills gaps, `identity` puts the result together. `home`
//! remembers metadata and keys; every request leaves through [`guard`]. `client_keys` fetches the key sets of our own
//! clients the same way.
//!
//! `openidconnect` and `oauth2` read the metadata, build the URL and redeem the code. They do not verify ID tokens here:
//! their verifier takes allowed algorithms from the home IdP's own metadata (HS256 among them), ignores `azp`, `nbf` and
//! by default `iat` and `auth_time`, allows no clock skew, and never refetches keys. `hospes_protocol::jose` does it.
//!
//! Must not know: storage, HTTP towards browsers, who a guest is.

mod callbacks;
mod client_keys;
mod depart;
mod discovery;
mod exchange;
pub mod guard;
mod home;
mod id_token;
mod identity;
mod logout_token;
mod oidc;
mod sector;
mod slot;
mod userinfo;

#[cfg(test)]
mod tests;

pub use client_keys::RemoteKeySets;
pub use guard::{Guard, OutboundPolicy, SetupError};
pub use oidc::OidcUpstream;
