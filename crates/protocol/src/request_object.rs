//! Request objects (RFC 9101): an authorization request as a JWT the client signed. Only what is inside counts.

use crate::jose::check::{ClaimError, SKEW, not_before, seconds, text};
use crate::jose::{Claims, CompactJwt, JoseError};
use crate::params::Params;
use serde_json::Value;

/// Seconds between `nbf` and `exp` at most (FAPI 2 Message Signing §5.3.1).
const MAX_LIFETIME: i64 = 3600;
/// Types an object may state besides none. Every other names something else that the client signed (RFC 8725 §3.11).
const TYPES: [&str; 2] = ["oauth-authz-req+jwt", "JWT"];
/// About the object, not part of the request.
const ENVELOPE: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "client_id"];

/// What an object must say.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRules<'a> {
    /// The client that signed it.
    pub client: &'a str,
    /// Whom it is for.
    pub issuer: &'a str,
    /// Seconds since the epoch.
    pub now: i64,
}

/// An object, if it is nothing else by its own word. It is not verified yet.
pub fn parse(object: &str) -> Result<CompactJwt<'_>, JoseError> {
    let jwt = CompactJwt::parse(object)?;
    let names = |typ: &str| TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ));
    if jwt.typ.as_deref().is_none_or(names) { Ok(jwt) } else { Err(JoseError::Header("typ")) }
}

/// The parameters of a verified object, without `client_id`.
pub fn parameters(claims: Claims, rules: ObjectRules<'_>) -> Result<Params, JoseError> {
    check(&claims, rules)?;
    claims
        .into_iter()
        .filter(|(name, _)| !ENVELOPE.contains(&name.as_str()))
        .map(|(name, value)| texts(&name, value).ok_or(JoseError::Malformed("a parameter is no text")))
        .collect::<Result<Vec<_>, _>>()
        .map(|parameters| parameters.into_iter().flatten().collect())
}

fn check(claims: &Claims, rules: ObjectRules<'_>) -> Result<(), ClaimError> {
    let is = |claim, holds| if holds { Ok(()) } else { Err(ClaimError(claim)) };
    is("iss", text(claims, "iss") == Some(rules.client))?;
    is("client_id", !claims.contains_key("client_id") || text(claims, "client_id") == Some(rules.client))?;
    let for_us = match claims.get("aud") {
        Some(Value::String(audience)) => audience == rules.issuer,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == rules.issuer),
        _ => false,
    };
    is("aud", for_us)?;
    let not_before_at = seconds(claims, "nbf").ok_or(ClaimError("nbf"))?;
    not_before(claims, rules.now)?;
    let expiry = seconds(claims, "exp").ok_or(ClaimError("exp"))?;
    is("exp", expiry > rules.now - SKEW && expiry - not_before_at <= MAX_LIFETIME)?;
    // RFC 9101 §10.8: what has a subject is a client assertion; §4: objects do not nest.
    is("sub", !claims.contains_key("sub"))?;
    is("request", !claims.contains_key("request") && !claims.contains_key("request_uri"))
}

/// Texts and numbers as they are, objects as JSON, a list of resources as several parameters (RFC 9101 §4).
fn texts(name: &str, value: Value) -> Option<Vec<(String, String)>> {
    let named = |text: String| (name.to_owned(), text);
    match value {
        Value::String(text) => Some(vec![named(text)]),
        Value::Number(number) => Some(vec![named(number.to_string())]),
        Value::Bool(flag) => Some(vec![named(flag.to_string())]),
        Value::Array(values) if name == "resource" => {
            values.iter().map(|value| Some(named(value.as_str()?.to_owned()))).collect()
        }
        Value::Object(_) | Value::Array(_) => Some(vec![named(value.to_string())]),
        Value::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::base64url;
    use crate::jose::signing::SigningKeyPair;
    use crate::jose::{Algorithm, VerifyingKeys};
    use josekit::jws::ES256;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;
    const ISSUER: &str = "https://op.test/t/acme";

    fn opened(header: &Value, change: &Value) -> Result<Params, JoseError> {
        let pair = SigningKeyPair::generate(Algorithm::ES256).unwrap();
        let mut claims = json!({"iss": "wiki", "aud": ISSUER, "nbf": NOW, "exp": NOW + 300, "scope": "openid", "max_age": 0});
        let members = claims.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        let mut head = json!({"alg": "ES256"});
        head.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
        let input = format!("{}.{}", base64url(head.to_string()), base64url(claims.to_string()));
        let signature = ES256.signer_from_der(&pair.private_der).unwrap();
        let signature = josekit::jws::JwsSigner::sign(&signature, input.as_bytes()).unwrap();
        let keys = VerifyingKeys::parse(json!({"keys": [pair.public]}).to_string().as_bytes()).unwrap();
        let object = format!("{input}.{}", base64url(signature));
        let jwt = parse(&object)?;
        let claims = keys.verify(&jwt, &[Algorithm::ES256])?;
        parameters(claims, ObjectRules { client: "wiki", issuer: ISSUER, now: NOW })
    }

    #[test]
    fn par_10_par_11_one_row_per_rule() {
        let refused = [
            json!({"iss": null}),
            json!({"iss": "other"}),
            json!({"client_id": "other"}),
            json!({"aud": null}),
            json!({"aud": "https://op.test/t/beta"}),
            json!({"aud": ["https://op.test/t/beta"]}),
            json!({"exp": null}),
            json!({"exp": NOW - 300, "nbf": NOW - 600}),
            json!({"exp": NOW + 3601}),
            json!({"nbf": null}),
            json!({"nbf": NOW + 61}),
            json!({"sub": "wiki"}),
            json!({"request": "x"}),
            json!({"request_uri": "https://a.example"}),
        ];
        for change in refused {
            assert!(opened(&json!({}), &change).is_err(), "{change}");
        }
        for typ in ["at+jwt", "client-authentication+jwt", "dpop+jwt", "logout+jwt"] {
            assert!(opened(&json!({"typ": typ}), &json!({})).is_err(), "{typ}");
        }
        for change in
            [json!({"nbf": NOW + 8}), json!({"aud": [ISSUER, "https://x.test"]}), json!({"jti": "a"})]
        {
            assert!(opened(&json!({"typ": "oauth-authz-req+jwt"}), &change).is_ok(), "{change}");
        }
    }

    #[test]
    fn rfc9101_4_parameters_of_every_kind() {
        let change =
            json!({"claims": {"id_token": {}}, "resource": ["https://a", "https://b"], "client_id": "wiki"});
        let params = opened(&json!({}), &change).unwrap();
        assert_eq!(params.first("scope"), Some("openid"));
        assert_eq!(params.first("max_age"), Some("0"));
        assert_eq!(params.first("claims"), Some(r#"{"id_token":{}}"#));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["https://a", "https://b"]);
        assert_eq!(params.first("iss"), None);
        assert_eq!(params.first("client_id"), None);
    }
}
