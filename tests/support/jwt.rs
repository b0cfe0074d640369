//! JWTs made and read by hand, so that tests can write what no library of the product would.

use hospes_protocol::encoding::{base64url, from_base64url};
use hospes_protocol::jose::{Algorithm, SigningKeyPair};
use josekit::jws::{ES256, EdDSA, HS256, JwsSigner, PS256, RS256};
use serde_json::{Value, json};

/// A key of a client.
pub(crate) struct JwtKey {
    pub(crate) pair: SigningKeyPair,
}

impl JwtKey {
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        Self { pair: SigningKeyPair::generate(algorithm).unwrap() }
    }

    /// A JWK set with the public half.
    pub(crate) fn public_set(&self) -> Value {
        json!({"keys": [self.pair.public]})
    }

    /// The header a client would write.
    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.pair.algorithm.as_str(), "kid": self.pair.key_id, "typ": "JWT"})
    }

    /// Signs whatever header and claims say.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signer: Box<dyn JwsSigner> = match self.pair.algorithm {
            Algorithm::RS256 => Box::new(RS256.signer_from_der(&self.pair.private_der).unwrap()),
            Algorithm::PS256 => Box::new(PS256.signer_from_der(&self.pair.private_der).unwrap()),
            Algorithm::EdDSA => Box::new(EdDSA.signer_from_der(&self.pair.private_der).unwrap()),
            Algorithm::ES256 => Box::new(ES256.signer_from_der(&self.pair.private_der).unwrap()),
        };
        let input = unsigned(header, claims);
        let signature = signer.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url(signature))
    }
}

/// Header and claims, with an HMAC made with this.
pub(crate) fn sealed_with(secret: &[u8], header: &Value, claims: &Value) -> String {
    let input = unsigned(header, claims);
    let signature = HS256.signer_from_bytes(secret).unwrap().sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url(signature))
}

/// Header and claims without a signature part.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()))
}

/// The claims of a token, not verified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a token.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&from_base64url(part).unwrap()).unwrap()
}
