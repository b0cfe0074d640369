//! A published key set, parsed once into verifiers. Keys that may not verify signatures are left out, whoever sent them.

use super::compact::{Claims, CompactJwt};
use super::{Algorithm, JoseError};
use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value};

/// The most keys looked at in one set.
const MAX_KEYS: usize = 64;

/// The set is not a JWK set at all (RFC 7517 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK set")]
pub struct KeySetError;

#[derive(Debug)]
struct VerifyingKey {
    key_id: Option<String>,
    algorithm: Algorithm,
    verifier: Box<dyn JwsVerifier>,
}

/// Verifiers for the usable keys of a JWK set.
#[derive(Debug, Default)]
pub struct VerifyingKeys(Vec<VerifyingKey>);

impl VerifyingKeys {
    /// Parses a JWK set. Unusable keys are skipped: symmetric, private, meant for encryption, RSA below 2048 bits,
    /// with an algorithm that does not fit (RFC 7517 §5, RFC 8725 §3.5).
    pub fn parse(set: &[u8]) -> Result<Self, KeySetError> {
        Ok(Self(objects(set)?.iter().flat_map(verifying_keys).collect()))
    }

    /// How many verifiers there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key was usable.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key of the set has this identifier.
    pub fn has(&self, key_id: &str) -> bool {
        self.0.iter().any(|key| key.key_id.as_deref() == Some(key_id))
    }

    /// Verifies a token and returns its claims. The algorithm must be one of `allowed` and fit the key. A token without
    /// `kid` is tried against every key that fits; never against "the first" (OIDC Core §10.1).
    pub fn verify(&self, jwt: &CompactJwt<'_>, allowed: &[Algorithm]) -> Result<Claims, JoseError> {
        if !allowed.contains(&jwt.algorithm) {
            return Err(JoseError::Header("alg"));
        }
        let fits = |key: &&VerifyingKey| {
            key.algorithm == jwt.algorithm && (jwt.key_id.is_none() || key.key_id == jwt.key_id)
        };
        let mut candidates = self.0.iter().filter(fits).peekable();
        if candidates.peek().is_none() {
            return Err(JoseError::UnknownKey);
        }
        let verified =
            candidates.any(|key| key.verifier.verify(jwt.signing_input.as_bytes(), &jwt.signature).is_ok());
        if verified { jwt.unverified_claims() } else { Err(JoseError::Signature) }
    }
}

/// RFC 7638 thumbprint of a public key.
pub fn thumbprint_of(key: &Map<String, Value>) -> Result<String, JoseError> {
    let jwk = Jwk::from_map(key.clone()).map_err(|cause| JoseError::Key(cause.to_string()))?;
    super::signing::thumbprint(&jwk)
}

/// The public keys of a set, whatever they are for. Whoever sends a private key is not helped to lose it.
pub(super) fn objects(set: &[u8]) -> Result<Vec<Map<String, Value>>, KeySetError> {
    let mut set: Value = serde_json::from_slice(set).map_err(|_| KeySetError)?;
    let Some(Value::Array(keys)) = set.get_mut("keys").map(Value::take) else {
        return Err(KeySetError);
    };
    let object = |key| match key {
        Value::Object(members) => Some(members),
        _ => None,
    };
    Ok(keys.into_iter().take(MAX_KEYS).filter_map(object).filter(|members| !is_secret(members)).collect())
}

/// Whether a set holds a key that nobody but its owner should know.
pub fn has_secret_keys(set: &Value) -> bool {
    let keys = set.get("keys").and_then(Value::as_array);
    keys.into_iter().flatten().filter_map(Value::as_object).any(is_secret)
}

fn is_secret(members: &Map<String, Value>) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "k", "oth"].iter().any(|name| members.contains_key(*name))
}

fn verifying_keys(members: &Map<String, Value>) -> Vec<VerifyingKey> {
    let text = |name| members.get(name).and_then(Value::as_str);
    let for_signatures = text("use").is_none_or(|usage| usage == "sig")
        && members
            .get("key_ops")
            .is_none_or(|ops| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify")));
    if !for_signatures {
        return Vec::new();
    }
    let Ok(jwk) = Jwk::from_map(members.clone()) else {
        return Vec::new();
    };
    let of_type: &[Algorithm] = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => &[Algorithm::RS256, Algorithm::PS256],
        (Some("EC"), Some("P-256")) => &[Algorithm::ES256],
        (Some("OKP"), Some("Ed25519")) => &[Algorithm::EdDSA],
        _ => &[],
    };
    (of_type.iter().copied())
        .filter(|algorithm| text("alg").is_none_or(|alg| alg == algorithm.as_str()))
        .filter_map(|algorithm| {
            Some(VerifyingKey {
                key_id: text("kid").map(str::to_owned),
                algorithm,
                verifier: verifier(algorithm, &jwk)?,
            })
        })
        .collect()
}

/// josekit refuses RSA keys below 2048 bits by itself; the tests hold it to that.
fn verifier(algorithm: Algorithm, jwk: &Jwk) -> Option<Box<dyn JwsVerifier>> {
    Some(match algorithm {
        Algorithm::RS256 => Box::new(RS256.verifier_from_jwk(jwk).ok()?),
        Algorithm::PS256 => Box::new(PS256.verifier_from_jwk(jwk).ok()?),
        Algorithm::ES256 => Box::new(ES256.verifier_from_jwk(jwk).ok()?),
        Algorithm::EdDSA => Box::new(EdDSA.verifier_from_jwk(jwk).ok()?),
    })
}
