//! Taking a compact JWS apart, strictly: three parts, JSON objects without repeated members, nothing surprising in the header.

use super::secret::Hs256;
use super::{Algorithm, JoseError};
use crate::encoding::from_base64url;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The payload as a JSON object in which no member stood twice.
pub type Claims = Map<String, Value>;

/// The largest token worth looking at.
const MAX_LENGTH: usize = 64 * 1024;

/// A compact JWS, decoded but not verified. What it was made with is part of its type: nothing made with a key is ever
/// verified with a secret, nor the other way round (RFC 8725 §3.1).
#[derive(Debug)]
pub struct CompactJwt<'a, A = Algorithm> {
    /// From the header.
    pub algorithm: A,
    /// From the header; only ever a map key.
    pub key_id: Option<String>,
    /// From the header.
    pub typ: Option<String>,
    pub(super) signing_input: &'a str,
    pub(super) signature: Vec<u8>,
    payload: Vec<u8>,
}

impl<'a> CompactJwt<'a> {
    /// Splits and decodes a token. Headers that point to keys or ask for extensions are refused (RFC 7515 §4.1).
    pub fn parse(token: &'a str) -> Result<Self, JoseError> {
        let (jwt, header) = Self::decode(token)?;
        if header.contains_key("jwk") { Err(JoseError::Header("jwk")) } else { Ok(jwt) }
    }

    /// As [`CompactJwt::parse`], of a token that must carry its key: good for proving possession of that key, and for
    /// nothing else.
    pub fn parse_with_own_key(token: &'a str) -> Result<(Self, Map<String, Value>), JoseError> {
        let (jwt, mut header) = Self::decode(token)?;
        match header.remove("jwk") {
            Some(Value::Object(key)) => Ok((jwt, key)),
            _ => Err(JoseError::Header("jwk")),
        }
    }

    fn decode(token: &'a str) -> Result<(Self, Claims), JoseError> {
        Self::decode_with(token, Algorithm::parse)
    }
}

impl<'a> CompactJwt<'a, Hs256> {
    /// As [`CompactJwt::parse`], of a token made with a secret.
    pub fn parse_with_secret(token: &'a str) -> Result<Self, JoseError> {
        let (jwt, header) = Self::decode_with(token, |name| (name == "HS256").then_some(Hs256))?;
        if header.contains_key("jwk") { Err(JoseError::Header("jwk")) } else { Ok(jwt) }
    }
}

impl<'a, A> CompactJwt<'a, A> {
    fn decode_with(token: &'a str, known: impl Fn(&str) -> Option<A>) -> Result<(Self, Claims), JoseError> {
        if token.len() > MAX_LENGTH {
            return Err(JoseError::Malformed("too long"));
        }
        let (signing_input, signature) =
            token.rsplit_once('.').ok_or(JoseError::Malformed("not three parts"))?;
        let (header, payload) =
            signing_input.split_once('.').ok_or(JoseError::Malformed("not three parts"))?;
        let decode = |part| from_base64url(part).ok_or(JoseError::Malformed("not base64url"));
        let header = object(&decode(header)?)?;
        for forbidden in ["crit", "jku", "x5u", "x5c", "zip", "b64", "enc"] {
            if header.contains_key(forbidden) {
                return Err(JoseError::Header(forbidden));
            }
        }
        let text = |name: &'static str| match header.get(name) {
            None => Ok(None),
            Some(Value::String(value)) if value.len() <= 256 => Ok(Some(value.clone())),
            Some(_) => Err(JoseError::Header(name)),
        };
        let jwt = Self {
            algorithm: text("alg")?.as_deref().and_then(known).ok_or(JoseError::Header("alg"))?,
            key_id: text("kid")?,
            typ: text("typ")?,
            signing_input,
            signature: decode(signature)?,
            payload: decode(payload)?,
        };
        Ok((jwt, header))
    }

    /// The payload, for finding out which key to verify with. Nothing in it may be believed.
    pub fn unverified_claims(&self) -> Result<Claims, JoseError> {
        object(&self.payload)
    }
}

/// Parses a JSON object and refuses repeated members at its top level (RFC 8725 §2.4 and UP-39).
fn object(bytes: &[u8]) -> Result<Claims, JoseError> {
    serde_json::from_slice::<UniqueObject>(bytes)
        .map(|object| object.0)
        .map_err(|_| JoseError::Malformed("not a JSON object"))
}

struct UniqueObject(Claims);

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;
        impl<'de> Visitor<'de> for Unique {
            type Value = UniqueObject;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueObject, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("repeated member"));
                    }
                }
                Ok(UniqueObject(members))
            }
        }
        deserializer.deserialize_map(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::base64url;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.{}", base64url(header), base64url(payload), base64url("sig"))
    }

    #[test]
    fn up_09_up_10_up_17_headers_that_are_refused() {
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"RS256","crit":["x"]}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r"{}",
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":"RS256","kid":["a"]}"#,
            r#"{"alg":"RS256","jku":"https://evil.test"}"#,
            r#"{"alg":"RS256","jwk":{}}"#,
            r#"{"alg":"RS256","x5c":[]}"#,
            r#"{"alg":"RS256","x5u":"a"}"#,
            r#"{"alg":"RS256","zip":"DEF"}"#,
            r#"{"alg":"RS256","alg":"ES256"}"#,
            "[]",
            "",
        ] {
            let token = token(header, "{}");
            assert!(CompactJwt::parse(&token).is_err(), "{header}");
            let is_hs256 = header == r#"{"alg":"HS256"}"#;
            assert_eq!(CompactJwt::parse_with_secret(&token).is_ok(), is_hs256, "{header}");
        }
        assert!(
            CompactJwt::parse(&token(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(4096)), "{}"))
                .is_err()
        );
    }

    #[test]
    fn up_39_repeated_members_are_refused() {
        let text = token(r#"{"alg":"RS256"}"#, r#"{"email":"a","email":"b"}"#);
        assert!(CompactJwt::parse(&text).unwrap().unverified_claims().is_err());
    }

    #[test]
    fn only_compact_serialization_is_read() {
        for text in [
            "",
            "a",
            "a.b",
            "a.b.c",
            "{}",
            &format!("{}.x", token(r#"{"alg":"RS256"}"#, "{}")),
            &format!("{}=", token(r#"{"alg":"RS256"}"#, "{}")),
        ] {
            assert!(CompactJwt::parse(text).is_err(), "{text}");
        }
    }
}
