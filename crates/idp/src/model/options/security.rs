//! How strictly the client speaks the protocol.

use super::tokens::is_reachable;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::encoding::from_base64url;
use hospes_protocol::jose::Algorithm;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use url::Url;
use utoipa::ToSchema;

/// The set of rules a client is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// OAuth 2.1 and the security best current practice (RFC 9700).
    #[default]
    Baseline,
    /// FAPI 2.0 Security Profile.
    Fapi2,
    /// IPSIE session lifecycle, level 1.
    Ipsie,
}

/// Whom a client assertion may be for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AssertionAudience {
    /// The issuer alone (RFC 10070).
    #[default]
    Strict,
    /// The issuer or the token endpoint, as OpenID Connect Core §9 had it. Works only while the tenant allows it.
    OidcLegacy,
}

/// How strictly the client speaks the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct SecurityOptions {
    /// The set of rules that holds besides what is said here.
    pub profile: Profile,
    /// Whether tokens are issued only to whoever proves possession of a key (RFC 9449 §5.2).
    pub dpop_bound_access_tokens: bool,
    /// Whether tokens are bound to the certificate of the connection (RFC 8705 §3).
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whose certificate `tls_client_auth` takes.
    pub tls_client_auth: Option<CertificateSubject>,
    /// Whether proofs of possession must have a nonce of ours (RFC 9449 §8).
    pub require_dpop_nonce: bool,
    /// Whether authorization requests must be signed (RFC 9101 §10.5).
    pub require_signed_request_object: bool,
    /// What request objects are signed with; any algorithm the profile allows if absent.
    #[schema(value_type = Option<String>)]
    pub request_object_signing_alg: Option<Algorithm>,
    /// Where the client publishes request objects (OIDC Core §6.2); a fragment is the SHA-256 hash of the object. Works
    /// only while the tenant allows it.
    pub request_uris: Vec<String>,
    /// What assertions of the client are signed with; any algorithm the profile allows if absent.
    #[schema(value_type = Option<String>)]
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    /// Whom assertions of the client may be for.
    pub assertion_audience: AssertionAudience,
    /// What signed authorization responses (JARM) are signed with; as ID tokens if absent.
    #[schema(value_type = Option<String>)]
    pub authorization_signed_response_alg: Option<Algorithm>,
}

/// What a certificate must say about its owner; one of them (RFC 8705 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CertificateSubject {
    /// Its subject, as RFC 4514 writes it.
    SubjectDn(String),
    /// A DNS name among its alternative names.
    SanDns(String),
    /// A URI among its alternative names.
    SanUri(String),
    /// An IP address among its alternative names.
    SanIp(String),
    /// An e-mail address among its alternative names.
    SanEmail(String),
}

impl CertificateSubject {
    fn is_complete(&self) -> bool {
        let (Self::SubjectDn(text)
        | Self::SanDns(text)
        | Self::SanUri(text)
        | Self::SanIp(text)
        | Self::SanEmail(text)) = self;
        let is_address = || text.parse::<IpAddr>().is_ok();
        (1..=1024).contains(&text.len()) && (!matches!(self, Self::SanIp(_)) || is_address())
    }
}

/// FAPI 2.0 Security Profile §5.4.1.
const FAPI2: [Algorithm; 3] = [Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// The most URLs of request objects, and the longest (OIDC Core §6.2).
const MOST_URIS: usize = 32;
const LONGEST_URI: usize = 512;

fn is_request_uri(uri: &str) -> bool {
    let (address, hash) = uri.split_once('#').map_or((uri, None), |(address, hash)| (address, Some(hash)));
    let on_usual_port = |url: Url| url.scheme() == "http" || url.port().is_none();
    uri.len() <= LONGEST_URI
        && hash.is_none_or(|hash| from_base64url(hash).is_some_and(|bytes| bytes.len() == 32))
        && is_reachable(address)
        && Url::parse(address).is_ok_and(on_usual_port)
}

/// What the profile asks of the rest of a registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registered {
    pub(crate) auth_method: ClientAuthMethod,
    pub(crate) require_pkce: bool,
    pub(crate) id_token_algorithm: Algorithm,
}

impl SecurityOptions {
    fn is_fapi2(&self) -> bool {
        self.profile == Profile::Fapi2
    }

    /// Whether the client gets no bearer tokens.
    pub fn sender_constrained(&self) -> bool {
        self.dpop_bound_access_tokens || self.tls_client_certificate_bound_access_tokens || self.is_fapi2()
    }

    /// Whether tokens are bound to the certificate of the connection.
    pub fn binds_to_certificates(&self, method: ClientAuthMethod) -> bool {
        self.tls_client_certificate_bound_access_tokens || (self.is_fapi2() && method.is_tls())
    }

    /// Whether authorization requests must be pushed, whatever else is registered.
    pub fn must_push(&self) -> bool {
        self.is_fapi2()
    }

    /// Whether an assertion's audience may be no list, not even of one (FAPI 2.0 Security Profile §5.3.2.1).
    pub fn audience_is_a_string(&self) -> bool {
        self.is_fapi2()
    }

    /// Whether refresh tokens change with each use. Where tokens are bound to a key, that only loses them
    /// (FAPI 2.0 Security Profile §5.3.2.1).
    pub fn rotates_refresh_tokens(&self) -> bool {
        !self.is_fapi2()
    }

    /// What request objects may be signed with.
    pub fn request_object_algorithms(&self) -> &[Algorithm] {
        self.narrowed(self.request_object_signing_alg.as_ref())
    }

    /// What assertions may be signed with.
    pub fn assertion_algorithms(&self) -> &[Algorithm] {
        self.narrowed(self.token_endpoint_auth_signing_alg.as_ref())
    }

    fn narrowed<'a>(&'a self, registered: Option<&'a Algorithm>) -> &'a [Algorithm] {
        match registered {
            Some(algorithm) => std::slice::from_ref(algorithm),
            None if self.is_fapi2() => &FAPI2,
            None => &Algorithm::VERIFYING,
        }
    }

    /// What the profile forbids, a sentence each.
    pub(crate) fn problems(&self, client: Registered) -> Vec<String> {
        let mut problems = Vec::new();
        let mut when = |bad: bool, sentence: &str| {
            if bad {
                problems.push(sentence.to_owned());
            }
        };
        let method = client.auth_method;
        when(
            (method == ClientAuthMethod::TlsClientAuth) != self.tls_client_auth.is_some(),
            "tlsClientAuth names the certificate of a client that authenticates with tls_client_auth, and of no other",
        );
        when(
            self.tls_client_auth.as_ref().is_some_and(|subject| !subject.is_complete()),
            "tlsClientAuth is a text of 1 to 1024 characters, and of an address where it names one",
        );
        when(
            self.request_uris.len() > MOST_URIS || !self.request_uris.iter().all(|uri| is_request_uri(uri)),
            "requestUris are at most 32 https URLs of 512 characters on the usual port, whose fragment, if any, is a SHA-256 hash",
        );
        let by_secret = method == ClientAuthMethod::ClientSecretJwt;
        when(
            by_secret && self.token_endpoint_auth_signing_alg.is_some(),
            "tokenEndpointAuthSigningAlg is for private_key_jwt: client_secret_jwt is HS256 alone",
        );
        match self.profile {
            Profile::Baseline => {}
            Profile::Fapi2 => {
                let weak = |algorithm: Option<Algorithm>| algorithm.is_some_and(|it| !FAPI2.contains(&it));
                when(
                    method != ClientAuthMethod::PrivateKeyJwt && !method.is_tls(),
                    "the profile fapi2 needs a client that authenticates with private_key_jwt or a certificate",
                );
                when(!client.require_pkce, "the profile fapi2 needs PKCE");
                when(
                    !self.request_uris.is_empty(),
                    "the profile fapi2 takes pushed requests, and none at requestUris",
                );
                when(
                    self.assertion_audience != AssertionAudience::Strict,
                    "the profile fapi2 takes assertions for the issuer alone",
                );
                when(
                    weak(Some(client.id_token_algorithm))
                        || weak(self.request_object_signing_alg)
                        || weak(self.token_endpoint_auth_signing_alg)
                        || weak(self.authorization_signed_response_alg),
                    "the profile fapi2 allows PS256, ES256 and EdDSA alone",
                );
            }
            Profile::Ipsie => {
                when(!method.is_confidential(), "the profile ipsie needs a client that can prove who it is");
                when(!client.require_pkce, "the profile ipsie needs PKCE");
                when(
                    by_secret,
                    "the profile ipsie has no client_secret_jwt: this server could make such assertions itself",
                );
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_request_objects_may_be() {
        let hash = hospes_protocol::encoding::sha256_base64url("object");
        let problems = |uri: String| {
            let options = SecurityOptions { request_uris: vec![uri], ..Default::default() };
            options.problems(Registered {
                auth_method: ClientAuthMethod::None,
                require_pkce: true,
                id_token_algorithm: Algorithm::RS256,
            })
        };
        for good in ["https://app.example/ro", "https://app.example:443/ro?v=1", "http://127.0.0.1:8080/ro"] {
            assert_eq!(problems(good.to_owned()), [""; 0], "{good}");
            assert_eq!(problems(format!("{good}#{hash}")), [""; 0], "{good}");
        }
        let long = format!("https://app.example/{}", "a".repeat(500));
        for bad in [
            "http://app.example/ro",
            "https://app.example:8443/ro",
            "https://user@app.example/ro",
            "https://app.example/ro#top",
            "https://app.example/ro#",
            "urn:ietf:params:oauth:request_uri:x",
            "file:///etc/passwd",
            &long,
        ] {
            assert_eq!(problems(bad.to_owned()).len(), 1, "{bad}");
        }
    }

    #[test]
    fn what_a_profile_forbids_is_said() {
        let good = Registered {
            auth_method: ClientAuthMethod::PrivateKeyJwt,
            require_pkce: true,
            id_token_algorithm: Algorithm::ES256,
        };
        let of = |profile, client| SecurityOptions { profile, ..Default::default() }.problems(client).len();
        let public = Registered { auth_method: ClientAuthMethod::None, ..good };
        let secret = Registered { auth_method: ClientAuthMethod::ClientSecretBasic, ..good };
        let by_secret = Registered { auth_method: ClientAuthMethod::ClientSecretJwt, ..good };
        let rsa = Registered { id_token_algorithm: Algorithm::RS256, ..good };
        let without_pkce = Registered { require_pkce: false, ..good };
        for client in [good, public, secret, rsa, without_pkce] {
            assert_eq!(of(Profile::Baseline, client), 0);
        }
        assert_eq!(
            [good, public, secret, rsa, without_pkce].map(|it| of(Profile::Fapi2, it)),
            [0, 1, 1, 1, 1]
        );
        assert_eq!(
            [Profile::Baseline, Profile::Fapi2, Profile::Ipsie].map(|it| of(it, by_secret)),
            [0, 1, 1]
        );
        assert_eq!(
            [good, public, secret, rsa, without_pkce].map(|it| of(Profile::Ipsie, it)),
            [0, 1, 0, 0, 1]
        );
    }
}
