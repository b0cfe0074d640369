//! Proofs of possession (RFC 9449 §4): a JWT about one request, signed with the very key it carries.

use crate::encoding::sha256_base64url;
use crate::jose::{Algorithm, Claims, CompactJwt, JoseError, VerifyingKeys, check, jwks};
use serde_json::json;
use url::Url;

/// The type that keeps other tokens from being proofs (RFC 9449 §4.2).
const TYPE: &str = "dpop+jwt";
/// Seconds since the issue of a proof that is still taken; clocks may differ by [`check::SKEW`] besides.
const MAX_AGE: i64 = 60;
/// Seconds a proof has to be remembered so that it works once.
pub const MEMORY: u64 = (MAX_AGE + 2 * check::SKEW).unsigned_abs();

/// The request a proof must be about.
#[derive(Clone, Copy, Debug)]
pub struct ProvenRequest<'a> {
    /// `htm`.
    pub method: &'a str,
    /// `htu`, compared without query and fragment.
    pub uri: &'a str,
    /// At a resource: the token the proof must be bound to by its hash.
    pub access_token: Option<&'a str>,
    /// Seconds since the epoch.
    pub now: i64,
}

/// A verified proof. Whether it was used before only a store can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// RFC 7638 thumbprint of the key.
    pub thumbprint: String,
    /// `jti`: good for one request.
    pub id: String,
    /// The server's nonce, if the proof has one.
    pub nonce: Option<String>,
}

impl Proof {
    /// Verifies a `DPoP` header (RFC 9449 §4.3).
    pub fn verify(header: &str, request: ProvenRequest<'_>) -> Result<Self, JoseError> {
        let (jwt, key) = CompactJwt::parse_with_own_key(header)?;
        if !jwt.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) {
            return Err(JoseError::Header("typ"));
        }
        let thumbprint = jwks::thumbprint_of(&key)?;
        let set = json!({"keys": [key]}).to_string();
        let keys = VerifyingKeys::parse(set.as_bytes()).map_err(|cause| JoseError::Key(cause.to_string()))?;
        let claims = keys.verify(&jwt, &Algorithm::VERIFYING)?;
        about(&claims, request)?;
        let id = check::text(&claims, "jti").filter(|id| (1..=256).contains(&id.len()));
        let id = id.ok_or(check::ClaimError("jti"))?.to_owned();
        Ok(Self { thumbprint, id, nonce: check::text(&claims, "nonce").map(str::to_owned) })
    }
}

fn about(claims: &Claims, request: ProvenRequest<'_>) -> Result<(), check::ClaimError> {
    let is = |claim, holds| if holds { Ok(()) } else { Err(check::ClaimError(claim)) };
    is("htm", check::text(claims, "htm") == Some(request.method))?;
    let uri = check::text(claims, "htu").and_then(bare);
    is("htu", uri.is_some() && uri == bare(request.uri))?;
    let issued = check::seconds(claims, "iat").ok_or(check::ClaimError("iat"))?;
    let age = request.now - issued;
    is("iat", (-check::SKEW..=MAX_AGE + check::SKEW).contains(&age))?;
    check::not_before(claims, request.now)?;
    let expiry = || check::seconds(claims, "exp").is_some_and(|exp| exp > request.now - check::SKEW);
    is("exp", !claims.contains_key("exp") || expiry())?;
    let hash = request.access_token.map(sha256_base64url);
    is("ath", hash.is_none() || check::text(claims, "ath") == hash.as_deref())
}

/// RFC 9449 §4.3-9: without query and fragment, normalised as RFC 3986 has it.
fn bare(uri: &str) -> Option<Url> {
    let mut uri = Url::parse(uri).ok()?;
    uri.set_query(None);
    uri.set_fragment(None);
    Some(uri)
}

#[cfg(test)]
mod tests;
