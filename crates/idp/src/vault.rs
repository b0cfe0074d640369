//! Sealing what must be kept but not read from a stolen disk, and hashing what must only be recognised.
//!
//! One key-encryption key; a key of its own per purpose is derived from it. Purpose and context are authenticated with
//! every sealed value, so that one cannot be moved to another place.

use crate::ctx::Ctx;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use hospes_protocol::encoding::{base64url, from_base64url, sha256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A sealed value: nonce, ciphertext and tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// SHA-256 of a high-entropy bearer value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// The value could not be opened: another key, another purpose, or tampered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed value does not open under this key and context")]
pub struct OpenError;

/// What a key is for. The name is part of the derivation and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Tenant signing keys.
    SigningKey,
    /// Our secrets at home IdPs.
    HomeIdpSecret,
    /// Secrets of clients that make assertions with them.
    ClientSecret,
    /// Mails in the outbox, which hold links and codes.
    Mail,
    /// Refresh tokens.
    RefreshToken,
    /// What access tokens carry for this server alone.
    AccessToken,
    /// What a person is called in one sector.
    PairwiseSubject,
    /// One-time codes, too short for a plain hash.
    OneTimeCode,
    /// Tokens that tie a form to a browser.
    Csrf,
    /// Cursors of lists.
    Cursor,
    /// Nonces for proofs of possession.
    DpopNonce,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SigningKey => b"hospes/signing-key/1",
            Self::HomeIdpSecret => b"hospes/home-idp-secret/1",
            Self::ClientSecret => b"hospes/client-secret/1",
            Self::Mail => b"hospes/mail/1",
            Self::RefreshToken => b"hospes/refresh-token/1",
            Self::AccessToken => b"hospes/access-token/1",
            Self::PairwiseSubject => b"hospes/pairwise-subject/1",
            Self::OneTimeCode => b"hospes/one-time-code/1",
            Self::Csrf => b"hospes/csrf/1",
            Self::Cursor => b"hospes/cursor/1",
            Self::DpopNonce => b"hospes/dpop-nonce/1",
        }
    }
}

/// Holds the key-encryption key.
pub struct Vault(Zeroizing<[u8; 32]>);

impl Vault {
    /// A vault under this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// Seals with a random nonce. `context` names whose value it is; the same is needed to open it.
    pub fn seal(&self, ctx: &Ctx, purpose: Purpose, context: &[u8], plain: &[u8]) -> Sealed {
        self.seal_with(ctx.bytes(), purpose, context, plain)
    }

    /// Seals deterministically: equal inputs give equal values, different ones never share a nonce.
    pub fn seal_same(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Sealed {
        let digest = self.mac(purpose, &[b"nonce", context, plain]);
        let mut nonce = [0; 24];
        nonce.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        self.seal_with(nonce, purpose, context, plain)
    }

    fn seal_with(&self, nonce: [u8; 24], purpose: Purpose, context: &[u8], plain: &[u8]) -> Sealed {
        let payload = Payload { msg: plain, aad: context };
        let sealed = self.cipher(purpose).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        Sealed([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a sealed value.
    pub fn open(
        &self,
        purpose: Purpose,
        context: &[u8],
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, body) = sealed.0.split_first_chunk::<24>().ok_or(OpenError)?;
        let payload = Payload { msg: body, aad: context };
        self.cipher(purpose)
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| OpenError)
    }

    /// Keyed hash over parts of known number; each part's length is hashed with it.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        parts
            .iter()
            .fold(self.hmac(purpose), |mac, part| chain(chain(mac, &(part.len() as u64).to_be_bytes()), part))
            .finalize()
            .into_bytes()
            .into()
    }

    fn cipher(&self, purpose: Purpose) -> XChaCha20Poly1305 {
        let key: [u8; 32] = chain(self.hmac(purpose), b"cipher").finalize().into_bytes().into();
        XChaCha20Poly1305::new(&key.into())
    }

    fn hmac(&self, purpose: Purpose) -> Hmac<Sha256> {
        let digest = sha256([purpose.label(), self.0.as_slice()].concat());
        let mut block = [0; 64];
        block.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        <Hmac<Sha256> as hmac::KeyInit>::new(&block.into())
    }
}

fn chain(mut mac: Hmac<Sha256>, part: &[u8]) -> Hmac<Sha256> {
    mac.update(part);
    mac
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl SecretHash {
    /// The hash a bearer value is recognised by.
    pub fn of(secret: &str) -> Self {
        Self(sha256(secret))
    }

    /// Constant-time comparison.
    pub fn matches(&self, secret: &str) -> bool {
        self.0.ct_eq(&sha256(secret)).into()
    }
}

macro_rules! base64url_text {
    ($type:ty, $from:expr) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&base64url(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                from_base64url(&text).and_then($from).ok_or_else(|| serde::de::Error::custom("not base64url"))
            }
        }
    };
}

base64url_text!(Sealed, |bytes| Some(Sealed(bytes)));
base64url_text!(SecretHash, |bytes: Vec<u8>| bytes.try_into().ok().map(SecretHash));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_05_a_sealed_value_opens_only_where_it_belongs() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal_same(Purpose::RefreshToken, b"tenant-a", b"secret");
        assert_eq!(vault.open(Purpose::RefreshToken, b"tenant-a", &sealed).unwrap().as_slice(), b"secret");
        assert!(vault.open(Purpose::RefreshToken, b"tenant-b", &sealed).is_err());
        assert!(vault.open(Purpose::Mail, b"tenant-a", &sealed).is_err());
        assert!(Vault::new([8; 32]).open(Purpose::RefreshToken, b"tenant-a", &sealed).is_err());
        for position in 0..sealed.0.len() {
            let mut tampered = sealed.clone();
            tampered.0[position] ^= 1;
            assert!(vault.open(Purpose::RefreshToken, b"tenant-a", &tampered).is_err());
        }
        assert!(vault.open(Purpose::RefreshToken, b"tenant-a", &Sealed(vec![0; 23])).is_err());
    }

    #[test]
    fn equal_inputs_seal_equally_and_different_ones_share_no_nonce() {
        let vault = Vault::new([7; 32]);
        let seal = |plain: &[u8]| vault.seal_same(Purpose::RefreshToken, b"t", plain).0;
        assert_eq!(seal(b"a"), seal(b"a"));
        assert_ne!(seal(b"a")[..24], seal(b"b")[..24]);
    }
}
