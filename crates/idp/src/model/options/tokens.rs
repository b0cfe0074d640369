//! How tokens and userinfo are signed and encrypted, and with which keys of the client. Names as in RFC 7591 and OpenID
//! Connect Dynamic Client Registration §2.

use hospes_protocol::jose::{Algorithm, ContentEncryption, KeyManagement};
use serde::{Deserialize, Serialize};
use url::{Host, Url};
use utoipa::ToSchema;

/// How tokens and userinfo are signed and encrypted, and with which keys of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TokenOptions {
    /// Where the client publishes its keys, instead of `jwks`.
    pub jwks_uri: Option<String>,
    /// Encrypts ID tokens: `RSA-OAEP-256`, `ECDH-ES` or `ECDH-ES+A256KW`.
    #[schema(value_type = Option<String>)]
    pub id_token_encrypted_response_alg: Option<KeyManagement>,
    /// With: `A128CBC-HS256` where nothing is said, `A128GCM` or `A256GCM`.
    #[schema(value_type = Option<String>)]
    pub id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// Signs userinfo.
    #[schema(value_type = Option<String>)]
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// Encrypts userinfo, signed before if it is to be.
    #[schema(value_type = Option<String>)]
    pub userinfo_encrypted_response_alg: Option<KeyManagement>,
    /// With.
    #[schema(value_type = Option<String>)]
    pub userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// Signs introspection answers where they are asked for as tokens; RS256 where nothing is said.
    #[schema(value_type = Option<String>)]
    pub introspection_signed_response_alg: Option<Algorithm>,
}

/// What encrypts, and with what.
pub(crate) type Encryption = (KeyManagement, ContentEncryption);

impl TokenOptions {
    /// For ID tokens.
    pub(crate) fn id_token_encryption(&self) -> Option<Encryption> {
        Some((
            self.id_token_encrypted_response_alg?,
            self.id_token_encrypted_response_enc.unwrap_or_default(),
        ))
    }

    /// For userinfo.
    pub(crate) fn userinfo_encryption(&self) -> Option<Encryption> {
        Some((
            self.userinfo_encrypted_response_alg?,
            self.userinfo_encrypted_response_enc.unwrap_or_default(),
        ))
    }

    /// The algorithms we are to sign with, by the member that says so.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = (&'static str, Algorithm)> {
        let named = [
            ("tokens.userinfoSignedResponseAlg", self.userinfo_signed_response_alg),
            ("tokens.introspectionSignedResponseAlg", self.introspection_signed_response_alg),
        ];
        named.into_iter().filter_map(|(member, algorithm)| Some((member, algorithm?)))
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (member, encryption, content) in [
            ("idToken", self.id_token_encrypted_response_alg, self.id_token_encrypted_response_enc),
            ("userinfo", self.userinfo_encrypted_response_alg, self.userinfo_encrypted_response_enc),
        ] {
            if encryption.is_none() && content.is_some() {
                let names = format!("{member}EncryptedResponseEnc needs {member}EncryptedResponseAlg");
                problems.push(format!("tokens.{names}"));
            }
        }
        if self.jwks_uri.as_deref().is_some_and(|uri| !is_reachable(uri)) {
            problems
                .push("tokens.jwksUri must be an https URL without user information and fragment".to_owned());
        }
        problems
    }
}

/// Whether the guard would go there at all; where names lead is asked when they are followed. Plain HTTP only ever leads
/// to this machine, and only where the configuration allows that.
pub(super) fn is_reachable(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        is_plain && (url.scheme() == "https" || url.scheme() == "http" && is_loopback)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ca_14_where_keys_may_be() {
        for uri in ["https://app.example/jwks", "https://app.example/jwks?v=1", "http://127.0.0.1:8080/jwks"]
        {
            assert!(is_reachable(uri), "{uri}");
        }
        for uri in [
            "http://app.example/jwks",
            "ftp://app.example/jwks",
            "https://user@app.example/jwks",
            "https://app.example/jwks#a",
            "data:application/json,{}",
            "/jwks",
            "",
        ] {
            assert!(!is_reachable(uri), "{uri}");
        }
    }

    #[test]
    fn what_needs_something_else_is_refused_without_it() {
        let content = Some(ContentEncryption::A256Gcm);
        let options = TokenOptions { userinfo_encrypted_response_enc: content, ..TokenOptions::default() };
        assert_eq!(
            options.problems(),
            ["tokens.userinfoEncryptedResponseEnc needs userinfoEncryptedResponseAlg"]
        );
    }

    #[test]
    fn algorithms_we_do_not_do_are_no_options() {
        for alg in ["RSA1_5", "RSA-OAEP", "dir", "A256KW", "PBES2-HS256+A128KW"] {
            let options = serde_json::json!({"idTokenEncryptedResponseAlg": alg});
            assert!(serde_json::from_value::<TokenOptions>(options).is_err(), "{alg}");
        }
        for alg in ["HS256", "none"] {
            let options = serde_json::json!({"userinfoSignedResponseAlg": alg});
            assert!(serde_json::from_value::<TokenOptions>(options).is_err(), "{alg}");
        }
    }
}
