//! What an ID token must say after its signature was verified (OIDC Core §3.1.3.7). Absent is never fine.

use crate::exchange::Tokens;
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::ports::upstream::Arrival;
use hospes_protocol::Subject;
use hospes_protocol::encoding::{base64url, half_hash};
use hospes_protocol::jose::check::{SKEW, seconds, text};
use hospes_protocol::jose::{Algorithm, ClaimError, Claims, CompactJwt, Expectation};
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

/// An ID token answers a code just redeemed: older ones were issued for something else (UP-21). Seconds.
const MAX_AGE: i64 = 600;

/// Claims that need more than reading.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) subject: Subject,
    pub(crate) auth_time: Option<i64>,
    pub(crate) session_expiry: Option<i64>,
}

/// One visible list of checks.
pub(crate) fn check(
    home_idp: &HomeIdp,
    arrival: &Arrival,
    tokens: &Tokens,
    (jwt, claims): (&CompactJwt<'_>, &Claims),
) -> Result<Checked, ClaimError> {
    let now = arrival.now.as_second();
    let us = home_idp.client_id.as_str();
    Expectation {
        issuer: home_idp.issuer.as_str(),
        audience: us,
        types: &[None, Some("JWT")],
        max_age: MAX_AGE,
    }
    .check(jwt.typ.as_deref(), claims, now)?;
    optional(claims, "azp", |azp| azp == us)?;
    let nonce = text(claims, "nonce").ok_or(ClaimError("nonce"))?;
    ensure("nonce", nonce.as_bytes().ct_eq(arrival.nonce.as_str().as_bytes()).into())?;
    optional(claims, "at_hash", |hash| hash == hash_of(jwt.algorithm, tokens.access_token.reveal()))?;
    optional(claims, "c_hash", |hash| hash == hash_of(jwt.algorithm, arrival.code.reveal()))?;
    Ok(Checked {
        subject: text(claims, "sub").and_then(Subject::parse).ok_or(ClaimError("sub"))?,
        auth_time: auth_time(claims, arrival.max_age, now)?,
        session_expiry: session_expiry(claims, now)?,
    })
}

/// OIDC Core §3.1.2.1: `max_age` makes `auth_time` required. A time ahead of us is nobody's sign-in.
fn auth_time(claims: &Claims, max_age: Option<u32>, now: i64) -> Result<Option<i64>, ClaimError> {
    let auth_time = seconds(claims, "auth_time");
    ensure("auth_time", auth_time.is_none_or(|at| at <= now + SKEW))?;
    if let Some(max_age) = max_age {
        let oldest = now - i64::from(max_age) - SKEW;
        ensure("auth_time", auth_time.is_some_and(|at| at >= oldest))?;
    }
    Ok(auth_time)
}

/// A session that has ended at home is nobody's sign-in.
fn session_expiry(claims: &Claims, now: i64) -> Result<Option<i64>, ClaimError> {
    if !claims.contains_key("session_expiry") {
        return Ok(None);
    }
    let ends = seconds(claims, "session_expiry").filter(|ends| *ends > now);
    ends.map(Some).ok_or(ClaimError("session_expiry"))
}

fn optional(claims: &Claims, name: &'static str, fits: impl Fn(&str) -> bool) -> Result<(), ClaimError> {
    let absent = !claims.contains_key(name);
    ensure(name, absent || text(claims, name).is_some_and(fits))
}

fn ensure(name: &'static str, holds: bool) -> Result<(), ClaimError> {
    if holds { Ok(()) } else { Err(ClaimError(name)) }
}

/// OIDC Core §3.1.3.6: left half of the hash the algorithm names; Ed25519 names SHA-512 (RFC 8032 §5.1).
fn hash_of(algorithm: Algorithm, value: &str) -> String {
    match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => half_hash(value),
        Algorithm::EdDSA => {
            let digest = Sha512::digest(value.as_bytes());
            base64url(digest.get(..32).unwrap_or_default())
        }
    }
}
