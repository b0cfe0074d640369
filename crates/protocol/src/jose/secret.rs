//! Assertions made with a secret that both sides know (OIDC Core §9), apart from everything made with keys.

use super::JoseError;
use super::compact::{Claims, CompactJwt};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify as verify_mac};

/// The shortest secret, in bytes (RFC 7518 §3.2).
const SHORTEST: usize = 32;

/// HMAC with SHA-256, which is none of the [`Algorithm`](super::Algorithm)s: no list of those can come to name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hs256;

/// Verifies a token with a secret, in constant time, and returns its claims.
pub fn verify_with_secret(jwt: &CompactJwt<'_, Hs256>, secret: &[u8]) -> Result<Claims, JoseError> {
    if secret.len() < SHORTEST {
        return Err(JoseError::Key(format!("a secret for HS256 has at least {SHORTEST} bytes")));
    }
    let key = Key::new(HMAC_SHA256, secret);
    verify_mac(&key, jwt.signing_input.as_bytes(), &jwt.signature).map_err(|_| JoseError::Signature)?;
    jwt.unverified_claims()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::base64url;
    use aws_lc_rs::hmac::sign;

    fn token(secret: &[u8]) -> String {
        let input = format!("{}.{}", base64url(r#"{"alg":"HS256"}"#), base64url(r#"{"sub":"app"}"#));
        let signature = sign(&Key::new(HMAC_SHA256, secret), input.as_bytes());
        format!("{input}.{}", base64url(signature))
    }

    #[test]
    fn rfc7518_3_2_long_secrets_verify_what_they_made() {
        let (secret, other) = ([7; 32], [8; 32]);
        let text = token(&secret);
        let jwt = CompactJwt::parse_with_secret(&text).unwrap();
        assert_eq!(verify_with_secret(&jwt, &secret).unwrap()["sub"], "app");
        assert_eq!(verify_with_secret(&jwt, &other), Err(JoseError::Signature));
        let short = token(&secret[..31]);
        let jwt = CompactJwt::parse_with_secret(&short).unwrap();
        assert!(matches!(verify_with_secret(&jwt, &secret[..31]), Err(JoseError::Key(_))));
    }

    #[test]
    fn rfc7515_a_1_the_example_of_the_specification() {
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0\
                    dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let key = crate::encoding::from_base64url(key).unwrap();
        let jwt = CompactJwt::parse_with_secret(text).unwrap();
        assert_eq!(verify_with_secret(&jwt, &key).unwrap()["iss"], "joe");
    }
}
