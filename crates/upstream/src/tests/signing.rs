//! Keys of the fake home IdP, and tokens of any shape.

use hospes_protocol::encoding::base64url;
use hospes_protocol::jose::Algorithm;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::ed::{EdCurve, EdKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{ES256, EdDSA, JwsSigner, PS256, RS256};
use serde_json::{Value, json};

/// A private key with the name it is published under.
#[derive(Clone)]
pub(super) struct TestKey {
    pub(super) algorithm: Algorithm,
    pub(super) kid: &'static str,
    pub(super) jwk: Jwk,
}

impl TestKey {
    pub(super) fn generate(algorithm: Algorithm, kid: &'static str) -> Self {
        let jwk = match algorithm {
            Algorithm::RS256 | Algorithm::PS256 => RsaKeyPair::generate(2048).unwrap().to_jwk_key_pair(),
            Algorithm::ES256 => EcKeyPair::generate(EcCurve::P256).unwrap().to_jwk_key_pair(),
            Algorithm::EdDSA => EdKeyPair::generate(EdCurve::Ed25519).unwrap().to_jwk_key_pair(),
        };
        Self { algorithm, kid, jwk }
    }

    /// The public JWK, without `alg` and `use`.
    pub(super) fn public(&self) -> Value {
        let mut public: serde_json::Map<String, Value> = self.jwk.to_public_key().unwrap().into();
        public.insert("kid".to_owned(), json!(self.kid));
        Value::Object(public)
    }

    /// The usual header.
    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm.as_str(), "kid": self.kid, "typ": "JWT"})
    }

    /// Signs under any header.
    pub(super) fn sign(&self, header: &Value, payload: &str) -> String {
        let signer: Box<dyn JwsSigner> = match self.algorithm {
            Algorithm::RS256 => Box::new(RS256.signer_from_jwk(&self.jwk).unwrap()),
            Algorithm::PS256 => Box::new(PS256.signer_from_jwk(&self.jwk).unwrap()),
            Algorithm::ES256 => Box::new(ES256.signer_from_jwk(&self.jwk).unwrap()),
            Algorithm::EdDSA => Box::new(EdDSA.signer_from_jwk(&self.jwk).unwrap()),
        };
        assemble(header, payload, |input| signer.sign(input).unwrap())
    }
}

/// A token with any signature.
pub(super) fn assemble(header: &Value, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", base64url(header.to_string()), base64url(payload));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", base64url(signature))
}

/// The claims a well-behaved home IdP sends, with changes; `null` removes.
pub(super) fn claims(issuer: &str, change: &Value) -> Value {
    let mut claims = json!({
        "iss": issuer, "sub": "ada", "aud": "us", "exp": super::NOW + 300, "iat": super::NOW, "nonce": "the-nonce",
        "email": "ada@fjord.example", "email_verified": true, "name": "Ada Fjord"
    });
    let members = claims.as_object_mut().unwrap();
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}
