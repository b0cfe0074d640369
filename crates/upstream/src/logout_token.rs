//! What a logout token must say after its signature was verified (OIDC Back-Channel Logout §2.6). It looks much like an ID
//! token: what tells them apart is the event, and that there is no `nonce`.

use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::federation::identity::VerifiedLogout;
use hospes_protocol::Subject;
use hospes_protocol::claims::BACKCHANNEL_LOGOUT;
use hospes_protocol::jose::check::text;
use hospes_protocol::jose::{ClaimError, Claims, CompactJwt, Expectation};
use serde_json::Value;

/// News this old is a replay. Seconds; shorter than the memory of what came before.
const MAX_AGE: i64 = 600;
/// The longest `jti` or `sid` believed, in bytes.
const MAX_NAME: usize = 256;

/// One visible list of checks.
pub(crate) fn check(
    home_idp: &HomeIdp,
    (jwt, claims): (&CompactJwt<'_>, &Claims),
    now: i64,
) -> Result<VerifiedLogout, ClaimError> {
    Expectation {
        issuer: home_idp.issuer.as_str(),
        audience: home_idp.client_id.as_str(),
        types: &[None, Some("JWT"), Some("logout+jwt")],
        max_age: MAX_AGE,
    }
    .check(jwt.typ.as_deref(), claims, now)?;
    let event = claims.get("events").and_then(|events| events.get(BACKCHANNEL_LOGOUT));
    ensure("events", event.is_some_and(Value::is_object))?;
    ensure("nonce", !claims.contains_key("nonce"))?;
    let subject = optional(claims, "sub", Subject::parse)?;
    let sid = optional(claims, "sid", name)?;
    ensure("sub", subject.is_some() || sid.is_some())?;
    let token_id = text(claims, "jti").and_then(name).ok_or(ClaimError("jti"))?;
    Ok(VerifiedLogout { subject, sid, token_id })
}

fn name(text: &str) -> Option<String> {
    let sound = (1..=MAX_NAME).contains(&text.len()) && !text.contains(char::is_control);
    sound.then(|| text.to_owned())
}

/// Absent is absent; anything unsound is an error.
fn optional<T>(
    claims: &Claims,
    claim: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ClaimError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(_) => text(claims, claim).and_then(read).map(Some).ok_or(ClaimError(claim)),
    }
}

fn ensure(name: &'static str, holds: bool) -> Result<(), ClaimError> {
    if holds { Ok(()) } else { Err(ClaimError(name)) }
}
