//! Signing: a key pair is generated or opened once, a [`Signer`] is kept, claims go from a struct straight to bytes.
//!
//! ES256 and `EdDSA` sign with AWS-LC, which rustls brings along: what every token request waits for takes a third less
//! there.

use super::{Algorithm, JoseError};
use crate::encoding::{base64url, sha256_base64url};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::ed::{EdCurve, EdKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{JwsSigner, PS256, RS256};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Explicit types of the tokens we sign (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// ID token.
    Jwt,
    /// Access token (RFC 9068 §2.1).
    AccessToken,
    /// Client assertion towards a home IdP (RFC 10070).
    ClientAuthentication,
    /// Answer of the introspection endpoint (RFC 9701 §5).
    Introspection,
    /// Answer of the userinfo endpoint. It states no type: there is none for it, and with the one of an ID token it could
    /// be taken for one.
    UserInfo,
    /// Logout token (OIDC Back-Channel Logout §2.4).
    Logout,
}

impl TokenType {
    const ALL: [Self; 6] = [
        Self::Jwt,
        Self::AccessToken,
        Self::ClientAuthentication,
        Self::Introspection,
        Self::UserInfo,
        Self::Logout,
    ];

    /// The `typ` header.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Jwt => Some("JWT"),
            Self::AccessToken => Some("at+jwt"),
            Self::ClientAuthentication => Some("client-authentication+jwt"),
            Self::Introspection => Some("token-introspection+jwt"),
            Self::UserInfo => None,
            Self::Logout => Some("logout+jwt"),
        }
    }
}

/// A private key with what must be published about it.
pub struct SigningKeyPair {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// RFC 7638 thumbprint of the public key.
    pub key_id: String,
    /// The public JWK, with `kid`, `alg` and `use`.
    pub public: Map<String, Value>,
    /// DER as OpenSSL writes it (RFC 5915, RFC 8017, RFC 8410); to be sealed before it is stored.
    pub private_der: Vec<u8>,
}

impl SigningKeyPair {
    /// Generates a key for one of [`Algorithm::SIGNING`]; OpenSSL's generator supplies the randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self, JoseError> {
        let (jwk, private_der) = match algorithm {
            Algorithm::ES256 => {
                let pair = EcKeyPair::generate(EcCurve::P256).map_err(refused)?;
                (pair.to_jwk_public_key(), pair.to_der_private_key())
            }
            Algorithm::RS256 | Algorithm::PS256 => {
                let pair = RsaKeyPair::generate(2048).map_err(refused)?;
                (pair.to_jwk_public_key(), pair.to_der_private_key())
            }
            Algorithm::EdDSA => {
                let pair = EdKeyPair::generate(EdCurve::Ed25519).map_err(refused)?;
                (pair.to_jwk_public_key(), pair.to_der_private_key())
            }
        };
        let key_id = thumbprint(&jwk)?;
        let mut public: Map<String, Value> = jwk.into();
        for (name, value) in [("kid", key_id.as_str()), ("alg", algorithm.as_str()), ("use", "sig")] {
            public.insert(name.to_owned(), json!(value));
        }
        Ok(Self { algorithm, key_id, public, private_der })
    }
}

impl std::fmt::Debug for SigningKeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeyPair").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// RFC 7638 §3: the required members in lexicographic order, no white space.
pub(super) fn thumbprint(jwk: &Jwk) -> Result<String, JoseError> {
    let member = |name| jwk.parameter(name).and_then(Value::as_str).unwrap_or_default();
    let canonical = match jwk.key_type() {
        "EC" => {
            format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, member("crv"), member("x"), member("y"))
        }
        "RSA" => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, member("e"), member("n")),
        // RFC 8037 §2.
        "OKP" => format!(r#"{{"crv":"{}","kty":"OKP","x":"{}"}}"#, member("crv"), member("x")),
        other => return Err(JoseError::Key(format!("no thumbprint for {other}"))),
    };
    Ok(sha256_base64url(&canonical))
}

/// Signs tokens with one key. Headers are encoded once per type.
#[derive(Debug)]
pub struct Signer {
    /// The `kid` it signs under.
    pub key_id: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    headers: [String; 6],
    key: PrivateKey,
}

#[derive(Debug)]
enum PrivateKey {
    Rsa(Box<dyn JwsSigner>),
    EllipticCurve(EcdsaKeyPair),
    Edwards(Ed25519KeyPair),
}

impl PrivateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        match self {
            Self::Rsa(key) => key.sign(message).map_err(refused),
            // Fixed: two numbers of 32 bytes, as JWS has them (RFC 7518 §3.4).
            Self::EllipticCurve(key) => {
                let signature = key.sign(&SystemRandom::new(), message).map_err(refused)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Edwards(key) => Ok(key.try_sign(message).map_err(refused)?.as_ref().to_vec()),
        }
    }
}

fn refused(cause: impl std::fmt::Display) -> JoseError {
    JoseError::Key(cause.to_string())
}

impl Signer {
    /// Parses a private key once: its own form or PKCS#8.
    pub fn open(algorithm: Algorithm, key_id: &str, private_der: &[u8]) -> Result<Self, JoseError> {
        let key = match algorithm {
            Algorithm::ES256 => PrivateKey::EllipticCurve(
                EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, private_der)
                    .map_err(refused)?,
            ),
            Algorithm::RS256 => {
                PrivateKey::Rsa(Box::new(RS256.signer_from_der(private_der).map_err(refused)?))
            }
            Algorithm::PS256 => {
                PrivateKey::Rsa(Box::new(PS256.signer_from_der(private_der).map_err(refused)?))
            }
            // Without the public key to compare with, which OpenSSL's PKCS#8 leaves out (RFC 8410 §7).
            Algorithm::EdDSA => {
                PrivateKey::Edwards(Ed25519KeyPair::from_pkcs8_maybe_unchecked(private_der).map_err(refused)?)
            }
        };
        let header = |typ: TokenType| {
            let mut header = json!({"alg": algorithm.as_str(), "kid": key_id});
            if let (Some(typ), Some(members)) = (typ.as_str(), header.as_object_mut()) {
                members.insert("typ".to_owned(), json!(typ));
            }
            base64url(header.to_string())
        };
        Ok(Self { key_id: key_id.to_owned(), algorithm, headers: TokenType::ALL.map(header), key })
    }

    /// Serialises and signs.
    pub fn sign(&self, typ: TokenType, claims: &impl Serialize) -> Result<String, JoseError> {
        let [jwt, access_token, client_authentication, introspection, userinfo, logout] = &self.headers;
        let header = match typ {
            TokenType::Jwt => jwt,
            TokenType::AccessToken => access_token,
            TokenType::ClientAuthentication => client_authentication,
            TokenType::Introspection => introspection,
            TokenType::UserInfo => userinfo,
            TokenType::Logout => logout,
        };
        let payload =
            serde_json::to_vec(claims).map_err(|_| JoseError::Malformed("claims do not serialise"))?;
        let mut token = format!("{header}.{}", base64url(payload));
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&base64url(signature));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{CompactJwt, VerifyingKeys};
    use josekit::jws::ES256;

    fn key_set(keys: &[&Map<String, Value>]) -> VerifyingKeys {
        VerifyingKeys::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_one_key_signs_only_that_key_verifies() {
        for algorithm in Algorithm::SIGNING {
            let [ours, other] = [(); 2].map(|()| SigningKeyPair::generate(algorithm).unwrap());
            let signer = Signer::open(algorithm, &ours.key_id, &ours.private_der).unwrap();
            let token = signer.sign(TokenType::AccessToken, &json!({"sub": "a"})).unwrap();
            let jwt = CompactJwt::parse(&token).unwrap();
            assert_eq!(jwt.typ.as_deref(), Some("at+jwt"));
            assert_eq!(
                key_set(&[&ours.public, &other.public]).verify(&jwt, &[algorithm]).unwrap()["sub"],
                "a"
            );
            assert_eq!(
                key_set(&[&other.public]).verify(&jwt, &[algorithm]).unwrap_err(),
                JoseError::UnknownKey
            );
            assert_eq!(key_set(&[&ours.public]).verify(&jwt, &[]).unwrap_err(), JoseError::Header("alg"));
            let mut disguised = other.public.clone();
            disguised.insert("kid".into(), json!(ours.key_id));
            assert_eq!(key_set(&[&disguised]).verify(&jwt, &[algorithm]).unwrap_err(), JoseError::Signature);
        }
    }

    #[test]
    fn up_14_without_kid_every_fitting_key_is_tried() {
        let [a, b] = [(); 2].map(|()| SigningKeyPair::generate(Algorithm::ES256).unwrap());
        let signer = ES256.signer_from_der(&b.private_der).unwrap();
        let input = format!("{}.{}", base64url(r#"{"alg":"ES256"}"#), base64url("{}"));
        let token = format!("{input}.{}", base64url(signer.sign(input.as_bytes()).unwrap()));
        let jwt = CompactJwt::parse(&token).unwrap();
        assert!(key_set(&[&a.public, &b.public]).verify(&jwt, &[Algorithm::ES256]).is_ok());
        assert!(key_set(&[&a.public]).verify(&jwt, &[Algorithm::ES256]).is_err());
    }

    #[test]
    fn up_15_unusable_keys_are_left_out() {
        let good = SigningKeyPair::generate(Algorithm::RS256).unwrap().public;
        let with = |name: &str, value: Value| {
            let mut key = good.clone();
            key.insert(name.into(), value);
            json!(key)
        };
        let weak: Map<String, Value> = {
            let pair = RsaKeyPair::generate(1024).unwrap();
            pair.to_jwk_public_key().into()
        };
        let set = json!({"keys": [
            {"kty": "oct", "k": "AAAA"}, weak, with("use", json!("enc")), with("alg", json!("RSA-OAEP")), with("d", json!("AA")),
            with("key_ops", json!(["encrypt"])), {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "text", null,
        ]});
        assert!(VerifyingKeys::parse(set.to_string().as_bytes()).unwrap().is_empty());
        assert_eq!(VerifyingKeys::parse(json!({"keys": [good]}).to_string().as_bytes()).unwrap().len(), 1);
        assert!(VerifyingKeys::parse(b"[]").is_err() && VerifyingKeys::parse(br#"{"keys":{}}"#).is_err());
    }

    #[test]
    fn dsc_05_public_keys_have_no_private_members() {
        for algorithm in Algorithm::SIGNING {
            let pair = SigningKeyPair::generate(algorithm).unwrap();
            assert!(
                ["d", "p", "q", "dp", "dq", "qi", "k", "oth"]
                    .iter()
                    .all(|name| !pair.public.contains_key(*name))
            );
            assert_eq!(pair.public["use"], "sig");
        }
    }

    #[test]
    fn rfc7638_3_1_thumbprint() {
        let jwk = Jwk::from_bytes(br#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"}"#).unwrap();
        assert_eq!(thumbprint(&jwk).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
