//! Server metadata, the same document at both well-known forms (OIDC Discovery §3, RFC 8414 §2).
//!
//! Lists derive from the enums the code matches on, so that what is advertised is what works.

use crate::authorize::{Prompt, ResponseMode};
use crate::client_auth::ClientAuthMethod;
use crate::jose::{Algorithm, ContentEncryption, KeyManagement};
use crate::token::GrantType;
use crate::{Issuer, names::SubjectType};
use serde::Serialize;

/// Paths of the endpoints below the issuer.
pub mod paths {
    /// OIDC Discovery §4: appended to the issuer.
    pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
    /// RFC 8414 §3.1: inserted between host and path of the issuer.
    pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
    /// Signing keys.
    pub const JWKS: &str = "/jwks";
    /// Authorization endpoint.
    pub const AUTHORIZE: &str = "/authorize";
    /// Token endpoint.
    pub const TOKEN: &str = "/token";
    /// Userinfo endpoint.
    pub const USERINFO: &str = "/userinfo";
    /// Groups of a person that are too many for a token.
    pub const USERINFO_GROUPS: &str = "/userinfo/groups";
    /// Pushed authorization requests (RFC 9126).
    pub const PAR: &str = "/par";
    /// Device authorization (RFC 8628).
    pub const DEVICE_AUTHORIZATION: &str = "/device_authorization";
    /// Where people enter the code their device shows (RFC 8628 §3.3).
    pub const DEVICE: &str = "/device";
    /// Token introspection (RFC 7662).
    pub const INTROSPECT: &str = "/introspect";
    /// Token revocation (RFC 7009).
    pub const REVOKE: &str = "/revoke";
    /// RP-initiated logout.
    pub const END_SESSION: &str = "/logout";
    /// Dynamic client registration (RFC 7591).
    pub const REGISTRATION: &str = "/register";
}

/// Claims that may appear in ID tokens and userinfo.
const CLAIMS: [&str; 26] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "tid",
    "oid",
    "acct",
    "user_type",
    "idp",
    "session_expiry",
    "roles",
    "groups",
    "email",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "locale",
];

/// The endpoints again, where certificates are asked for (RFC 8705 §5).
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "each is called so in the specification")]
struct MtlsAliases {
    token_endpoint: String,
    userinfo_endpoint: String,
    pushed_authorization_request_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    device_authorization_endpoint: String,
}

impl MtlsAliases {
    fn at(issuer: &Issuer) -> Self {
        Self {
            token_endpoint: issuer.join(paths::TOKEN),
            userinfo_endpoint: issuer.join(paths::USERINFO),
            pushed_authorization_request_endpoint: issuer.join(paths::PAR),
            introspection_endpoint: issuer.join(paths::INTROSPECT),
            revocation_endpoint: issuer.join(paths::REVOKE),
            device_authorization_endpoint: issuer.join(paths::DEVICE_AUTHORIZATION),
        }
    }
}

/// What a tenant tolerates for older clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerated {
    /// `client_secret_jwt` (OIDC Core §9).
    pub secret_assertions: bool,
    /// Request objects at URLs that were registered (OIDC Core §6.2).
    pub request_uris: bool,
}

/// How clients authenticate, apart from what is only tolerated.
fn usual_methods(with_certificates: bool) -> Vec<&'static str> {
    let works = |method: &ClientAuthMethod| {
        *method != ClientAuthMethod::ClientSecretJwt && (with_certificates || !method.is_tls())
    };
    ClientAuthMethod::ALL.into_iter().filter(works).map(ClientAuthMethod::as_str).collect()
}

/// The metadata document.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of its own in the specification")]
pub struct ProviderMetadata {
    issuer: Issuer,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    pushed_authorization_request_endpoint: String,
    device_authorization_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    scopes_supported: Vec<&'static str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: Vec<&'static str>,
    grant_types_supported: [&'static str; 5],
    subject_types_supported: [SubjectType; 2],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    id_token_encryption_alg_values_supported: [&'static str; 3],
    id_token_encryption_enc_values_supported: [&'static str; 3],
    userinfo_signing_alg_values_supported: Vec<&'static str>,
    userinfo_encryption_alg_values_supported: [&'static str; 3],
    userinfo_encryption_enc_values_supported: [&'static str; 3],
    introspection_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    dpop_signing_alg_values_supported: Vec<&'static str>,
    request_object_signing_alg_values_supported: Vec<&'static str>,
    authorization_signing_alg_values_supported: Vec<&'static str>,
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls_endpoint_aliases: Option<MtlsAliases>,
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 5],
    acr_values_supported: Vec<&'static str>,
    claims_supported: Vec<&'static str>,
    claim_types_supported: [&'static str; 2],
    ui_locales_supported: Vec<&'static str>,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    require_request_uri_registration: Option<bool>,
    authorization_response_iss_parameter_supported: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_details_types_supported: Vec<String>,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
}

impl ProviderMetadata {
    /// The document of an issuer that knows these authentication contexts and languages, and signs with these algorithms.
    pub fn new(
        issuer: &Issuer,
        signing: &[Algorithm],
        acr_values: &[&'static str],
        ui_locales: &[&'static str],
        mtls_issuer: Option<&Issuer>,
    ) -> Self {
        let every = usual_methods(mtls_issuer.is_some());
        let proving: Vec<_> =
            every.iter().copied().filter(|name| *name != ClientAuthMethod::None.as_str()).collect();
        let signing: Vec<&str> = signing.iter().copied().map(Algorithm::as_str).collect();
        let verifying = Algorithm::VERIFYING.map(Algorithm::as_str).to_vec();
        Self {
            issuer: issuer.clone(),
            authorization_endpoint: issuer.join(paths::AUTHORIZE),
            token_endpoint: issuer.join(paths::TOKEN),
            userinfo_endpoint: issuer.join(paths::USERINFO),
            jwks_uri: issuer.join(paths::JWKS),
            pushed_authorization_request_endpoint: issuer.join(paths::PAR),
            device_authorization_endpoint: issuer.join(paths::DEVICE_AUTHORIZATION),
            introspection_endpoint: issuer.join(paths::INTROSPECT),
            revocation_endpoint: issuer.join(paths::REVOKE),
            end_session_endpoint: issuer.join(paths::END_SESSION),
            registration_endpoint: None,
            scopes_supported: vec!["openid", "profile", "email", "groups", "offline_access"],
            response_types_supported: ["code"],
            response_modes_supported: ResponseMode::NAMES.map(|(name, _)| name).to_vec(),
            grant_types_supported: GrantType::ALL.map(GrantType::as_str),
            subject_types_supported: SubjectType::ALL,
            id_token_signing_alg_values_supported: signing.clone(),
            id_token_encryption_alg_values_supported: KeyManagement::ALL.map(KeyManagement::as_str),
            id_token_encryption_enc_values_supported: ContentEncryption::ALL.map(ContentEncryption::as_str),
            userinfo_signing_alg_values_supported: signing.clone(),
            userinfo_encryption_alg_values_supported: KeyManagement::ALL.map(KeyManagement::as_str),
            userinfo_encryption_enc_values_supported: ContentEncryption::ALL.map(ContentEncryption::as_str),
            authorization_signing_alg_values_supported: signing.clone(),
            introspection_signing_alg_values_supported: signing,
            token_endpoint_auth_methods_supported: every.clone(),
            token_endpoint_auth_signing_alg_values_supported: verifying.clone(),
            introspection_endpoint_auth_methods_supported: proving,
            introspection_endpoint_auth_signing_alg_values_supported: verifying.clone(),
            revocation_endpoint_auth_methods_supported: every,
            revocation_endpoint_auth_signing_alg_values_supported: verifying.clone(),
            dpop_signing_alg_values_supported: verifying.clone(),
            request_object_signing_alg_values_supported: verifying,
            tls_client_certificate_bound_access_tokens: mtls_issuer.is_some(),
            mtls_endpoint_aliases: mtls_issuer.map(MtlsAliases::at),
            code_challenge_methods_supported: ["S256"],
            prompt_values_supported: Prompt::VALUES,
            acr_values_supported: acr_values.to_vec(),
            claims_supported: CLAIMS.to_vec(),
            claim_types_supported: ["normal", "distributed"],
            ui_locales_supported: ui_locales.to_vec(),
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: false,
            require_request_uri_registration: None,
            authorization_response_iss_parameter_supported: true,
            authorization_details_types_supported: Vec::new(),
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
        }
    }

    /// With the types of authorization details the tenant knows (RFC 9396 §10).
    #[must_use]
    pub fn with_details(self, types: Vec<String>) -> Self {
        Self { authorization_details_types_supported: types, ..self }
    }

    /// Also says what the tenant tolerates for older clients.
    #[must_use]
    pub fn tolerating(mut self, tolerated: Tolerated) -> Self {
        if tolerated.secret_assertions {
            for methods in [
                &mut self.token_endpoint_auth_methods_supported,
                &mut self.introspection_endpoint_auth_methods_supported,
                &mut self.revocation_endpoint_auth_methods_supported,
            ] {
                methods.push(ClientAuthMethod::ClientSecretJwt.as_str());
            }
            for algorithms in [
                &mut self.token_endpoint_auth_signing_alg_values_supported,
                &mut self.introspection_endpoint_auth_signing_alg_values_supported,
                &mut self.revocation_endpoint_auth_signing_alg_values_supported,
            ] {
                algorithms.push("HS256");
            }
        }
        self.request_uri_parameter_supported = tolerated.request_uris;
        self.require_request_uri_registration = tolerated.request_uris.then_some(true);
        self
    }

    /// Also says where clients register themselves, if they may.
    #[must_use]
    pub fn taking_registrations(mut self, takes: bool) -> Self {
        self.registration_endpoint = takes.then(|| self.issuer.join(paths::REGISTRATION));
        self
    }
}
