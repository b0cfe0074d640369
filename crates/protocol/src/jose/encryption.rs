//! Encrypting to a client under a key it published (RFC 7516, RFC 7518 §4). Nothing here decrypts.
//!
//! No `RSA1_5`, whose padding is an oracle; no `dir`, because a shared secret is not a key; no compression, which tells
//! about what it compresses (RFC 8725 §3.6).

use super::JoseError;
use super::jwks::{KeySetError, objects};
use josekit::jwe::{ECDH_ES, ECDH_ES_A256KW, JweContext, JweEncrypter, JweHeader, RSA_OAEP_256};
use josekit::jwk::Jwk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How the content key reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyManagement {
    /// RSAES-OAEP with SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// ECDH-ES, whose result is the content key.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// ECDH-ES, whose result wraps the content key.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

impl KeyManagement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA256Kw];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }
}

/// What the content is encrypted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ContentEncryption {
    /// AES-128 in GCM.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256 in GCM.
    #[serde(rename = "A256GCM")]
    A256Gcm,
    /// AES-128 in CBC with HMAC-SHA-256; what is meant where nothing is said (OpenID Connect Registration §2).
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
}

impl ContentEncryption {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::A128Gcm, Self::A256Gcm, Self::A128CbcHs256];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
        }
    }
}

#[derive(Debug)]
struct EncryptingKey {
    algorithm: KeyManagement,
    /// Whether the key says that it is for this: such a one is taken first.
    is_explicit: bool,
    encrypter: Box<dyn JweEncrypter>,
}

/// Encrypters for the usable keys of a JWK set.
#[derive(Debug, Default)]
pub struct EncryptingKeys(Vec<EncryptingKey>);

impl EncryptingKeys {
    /// Parses a JWK set. Unusable keys are skipped: symmetric, private, meant for signatures, too weak.
    pub fn parse(set: &[u8]) -> Result<Self, KeySetError> {
        Ok(Self(objects(set)?.iter().flat_map(encrypting_keys).collect()))
    }

    /// Whether something can be encrypted this way.
    pub fn has(&self, algorithm: KeyManagement) -> bool {
        self.0.iter().any(|key| key.algorithm == algorithm)
    }

    /// Encrypts under the first key that fits; one that says it is for encryption comes before one that says nothing.
    pub fn encrypt(
        &self,
        (algorithm, content): (KeyManagement, ContentEncryption),
        content_type: Option<&str>,
        payload: &[u8],
    ) -> Result<String, JoseError> {
        let fits = |key: &&EncryptingKey| key.algorithm == algorithm;
        let key = self.0.iter().filter(fits).max_by_key(|key| key.is_explicit);
        let key = key.ok_or(JoseError::UnknownKey)?;
        let mut header = JweHeader::new();
        header.set_content_encryption(content.as_str());
        if let Some(content_type) = content_type {
            header.set_content_type(content_type);
        }
        let mut writer = JweContext::new();
        writer.remove_compression("DEF");
        let sealed = writer.serialize_compact(payload, &header, key.encrypter.as_ref());
        sealed.map_err(|cause| JoseError::Key(cause.to_string()))
    }
}

fn encrypting_keys(members: &Map<String, Value>) -> Vec<EncryptingKey> {
    let text = |name| members.get(name).and_then(Value::as_str);
    let for_encryption = text("use").is_none_or(|usage| usage == "enc");
    let Ok(jwk) = Jwk::from_map(members.clone()) else {
        return Vec::new();
    };
    let of_type: &[KeyManagement] = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => &[KeyManagement::RsaOaep256],
        (Some("EC"), Some("P-256" | "P-384" | "P-521")) | (Some("OKP"), Some("X25519")) => {
            &[KeyManagement::EcdhEs, KeyManagement::EcdhEsA256Kw]
        }
        _ => &[],
    };
    (of_type.iter().copied())
        .filter(|algorithm| for_encryption && text("alg").is_none_or(|alg| alg == algorithm.as_str()))
        .filter_map(|algorithm| {
            let encrypter = encrypter(algorithm, &jwk)?;
            Some(EncryptingKey { algorithm, is_explicit: text("use").is_some(), encrypter })
        })
        .collect()
}

/// josekit refuses RSA keys below 2048 bits and points off the curve by itself; the tests hold it to that.
fn encrypter(algorithm: KeyManagement, jwk: &Jwk) -> Option<Box<dyn JweEncrypter>> {
    Some(match algorithm {
        KeyManagement::RsaOaep256 => Box::new(RSA_OAEP_256.encrypter_from_jwk(jwk).ok()?),
        KeyManagement::EcdhEs => Box::new(ECDH_ES.encrypter_from_jwk(jwk).ok()?),
        KeyManagement::EcdhEsA256Kw => Box::new(ECDH_ES_A256KW.encrypter_from_jwk(jwk).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::from_base64url;
    use josekit::jwe::{JweDecrypter, deserialize_compact};
    use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
    use josekit::jwk::alg::rsa::RsaKeyPair;
    use serde_json::json;

    fn set(keys: &[&Value]) -> EncryptingKeys {
        EncryptingKeys::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    fn public(jwk: Jwk, change: &Value) -> Value {
        let mut members: Map<String, Value> = jwk.into();
        members.insert("kid".into(), json!("enc-1"));
        members.extend(change.as_object().unwrap().clone());
        json!(members)
    }

    #[test]
    fn every_pair_is_opened_by_its_private_key_alone() {
        let rsa = RsaKeyPair::generate(2048).unwrap();
        let [ec, other] = [(); 2].map(|()| EcKeyPair::generate(EcCurve::P256).unwrap());
        let opens = |pair: &EcKeyPair, algorithm| -> Box<dyn JweDecrypter> {
            let private = pair.to_jwk_private_key();
            match algorithm {
                KeyManagement::RsaOaep256 => {
                    Box::new(RSA_OAEP_256.decrypter_from_jwk(&rsa.to_jwk_private_key()).unwrap())
                }
                KeyManagement::EcdhEs => Box::new(ECDH_ES.decrypter_from_jwk(&private).unwrap()),
                KeyManagement::EcdhEsA256Kw => Box::new(ECDH_ES_A256KW.decrypter_from_jwk(&private).unwrap()),
            }
        };
        let keys = set(&[
            &public(rsa.to_jwk_public_key(), &json!({"use": "enc"})),
            &public(ec.to_jwk_public_key(), &json!({})),
        ]);
        for algorithm in KeyManagement::ALL {
            for content in ContentEncryption::ALL {
                let sealed = keys.encrypt((algorithm, content), Some("JWT"), b"a.b.c").unwrap();
                let header = from_base64url(sealed.split('.').next().unwrap()).unwrap();
                let header: Value = serde_json::from_slice(&header).unwrap();
                assert_eq!(
                    (&header["alg"], &header["enc"], &header["cty"], &header["kid"]),
                    (&json!(algorithm.as_str()), &json!(content.as_str()), &json!("JWT"), &json!("enc-1"))
                );
                assert!(header.get("zip").is_none(), "{header}");
                let (opened, _) = deserialize_compact(&sealed, opens(&ec, algorithm).as_ref()).unwrap();
                assert_eq!(opened, b"a.b.c");
                if algorithm != KeyManagement::RsaOaep256 {
                    assert!(deserialize_compact(&sealed, opens(&other, algorithm).as_ref()).is_err());
                }
            }
        }
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let weak = public(RsaKeyPair::generate(1024).unwrap().to_jwk_public_key(), &json!({}));
        let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
        let ec = |change: Value| public(pair.to_jwk_public_key(), &change);
        let off = ec(json!({"x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}));
        let secret = json!({"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA"});
        let private = public(pair.to_jwk_private_key(), &json!({}));
        let keys =
            set(&[&weak, &off, &secret, &private, &ec(json!({"use": "sig"})), &ec(json!({"alg": "ES256"}))]);
        assert!(KeyManagement::ALL.into_iter().all(|algorithm| !keys.has(algorithm)), "{keys:?}");
        let pair = (KeyManagement::EcdhEs, ContentEncryption::A128Gcm);
        assert_eq!(keys.encrypt(pair, None, b"x").unwrap_err(), JoseError::UnknownKey);
        let one = set(&[&ec(json!({"alg": "ECDH-ES"}))]);
        assert!(one.has(KeyManagement::EcdhEs) && !one.has(KeyManagement::EcdhEsA256Kw));
    }
}
