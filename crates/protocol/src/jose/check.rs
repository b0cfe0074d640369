//! Claims a token must have, for the purpose it is offered for. Absent is never fine.

use super::compact::Claims;
use serde_json::Value;

/// Clocks may differ by this many seconds, both ways (TIM-01).
pub const SKEW: i64 = 60;
/// Times further ahead than ten years are nonsense (TIM-04).
const FAR: i64 = 10 * 366 * 24 * 3600;

/// Which claim was refused, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("claim {0} is missing or wrong")]
pub struct ClaimError(pub &'static str);

/// What a token for one purpose must say.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// `iss`, byte for byte.
    pub issuer: &'a str,
    /// `aud`: exactly this one, as a string or an array of one.
    pub audience: &'a str,
    /// Explicit types accepted; `None` in the list accepts an absent `typ`.
    pub types: &'a [Option<&'a str>],
    /// How long ago it may have been issued, in seconds.
    pub max_age: i64,
}

impl Expectation<'_> {
    /// Checks type, issuer, audience and times against `now` (seconds since the epoch).
    pub fn check(&self, typ: Option<&str>, claims: &Claims, now: i64) -> Result<(), ClaimError> {
        let same_type = |accepted: Option<&str>| match (accepted, typ) {
            (None, None) => true,
            (Some(accepted), Some(typ)) => {
                accepted.eq_ignore_ascii_case(typ.trim_start_matches("application/"))
            }
            _ => false,
        };
        ensure("typ", self.types.iter().copied().any(same_type))?;
        ensure("iss", text(claims, "iss") == Some(self.issuer))?;
        ensure("aud", sole_audience(claims) == Some(self.audience))?;
        let exp = seconds(claims, "exp").ok_or(ClaimError("exp"))?;
        ensure("exp", exp > now - SKEW && exp < now + FAR)?;
        let iat = seconds(claims, "iat").ok_or(ClaimError("iat"))?;
        ensure("iat", iat <= now + SKEW && iat >= now - self.max_age - SKEW)?;
        not_before(claims, now)
    }
}

/// `nbf`, where present, must not lie ahead.
pub fn not_before(claims: &Claims, now: i64) -> Result<(), ClaimError> {
    match claims.get("nbf") {
        None => Ok(()),
        Some(_) => ensure("nbf", seconds(claims, "nbf").is_some_and(|nbf| nbf <= now + SKEW)),
    }
}

/// The only audience of a token: a string, or an array with one string.
pub fn sole_audience(claims: &Claims) -> Option<&str> {
    match claims.get("aud")? {
        Value::String(audience) => Some(audience),
        Value::Array(audiences) if audiences.len() == 1 => audiences.first()?.as_str(),
        _ => None,
    }
}

/// A string claim.
pub fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A `NumericDate` (RFC 7519 §2): a non-negative finite number, fractions cut.
pub fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    let number = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded to whole seconds before the cast")]
    let fraction = || number.as_f64().filter(|value| (0.0..4e9).contains(value)).map(|value| value as i64);
    number.as_i64().or_else(fraction).filter(|value| *value >= 0)
}

fn ensure(claim: &'static str, holds: bool) -> Result<(), ClaimError> {
    if holds { Ok(()) } else { Err(ClaimError(claim)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn check(typ: Option<&str>, change: &Value) -> Result<(), ClaimError> {
        let mut claims = json!({"iss": "https://idp.test", "aud": "us", "exp": NOW + 300, "iat": NOW});
        let members = claims.as_object_mut().unwrap();
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                members.remove(name)
            } else {
                members.insert(name.clone(), value.clone())
            };
        }
        Expectation { issuer: "https://idp.test", audience: "us", types: &[None, Some("JWT")], max_age: 600 }
            .check(typ, members, NOW)
    }

    #[test]
    fn tim_01_and_the_claims_of_up_18_to_up_21() {
        let rows = [
            (json!({}), None),
            (json!({"iss": "https://idp.test/"}), Some("iss")),
            (json!({"iss": "https://IDP.test"}), Some("iss")),
            (json!({"aud": null}), Some("aud")),
            (json!({"aud": "other"}), Some("aud")),
            (json!({"aud": []}), Some("aud")),
            (json!({"aud": ["us", "other"]}), Some("aud")),
            (json!({"aud": ["us", "us"]}), Some("aud")),
            (json!({"aud": ["us"]}), None),
            (json!({"exp": null}), Some("exp")),
            (json!({"exp": NOW - 61}), Some("exp")),
            (json!({"exp": NOW - 30}), None),
            (json!({"exp": "soon"}), Some("exp")),
            (json!({"exp": 1e300}), Some("exp")),
            (json!({"exp": -1}), Some("exp")),
            (json!({"exp": i64::MAX}), Some("exp")),
            (json!({"iat": null}), Some("iat")),
            (json!({"iat": NOW + 61}), Some("iat")),
            (json!({"iat": NOW + 8}), None),
            (json!({"iat": NOW - 86_400}), Some("iat")),
            (json!({"nbf": NOW + 61}), Some("nbf")),
            (json!({"nbf": "x"}), Some("nbf")),
            (json!({"nbf": NOW + 8}), None),
        ];
        for (change, refused) in rows {
            assert_eq!(check(None, &change).err().map(|error| error.0), refused, "{change}");
        }
    }

    #[test]
    fn up_24_types() {
        for typ in ["at+jwt", "logout+jwt", "dpop+jwt"] {
            assert_eq!(check(Some(typ), &json!({})), Err(ClaimError("typ")));
        }
        assert!(check(Some("jwt"), &json!({})).is_ok());
    }
}
