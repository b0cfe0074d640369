//! Members of client metadata that are options of ours, a row each. An option with a name on the wire needs a row here and
//! nothing else.

use crate::model::options::ClientOptions;
use hospes_protocol::error::{ErrorCode, OAuthError};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What happens to an option in a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Becomes what the client says; absent members take their default (RFC 7592 §2.2).
    AsSaid,
    /// Stays where the client says nothing, or only lowers what protects people: an administrator may have raised it.
    OnlyStricter,
    /// An algorithm: stays where the client says nothing, and is refused where it would become a weaker one.
    Stronger,
}

use Change::{AsSaid, OnlyStricter, Stronger};

/// Member on the wire, group, option.
const MAPPED: [(&str, &str, &str, Change); 21] = [
    ("jwks_uri", "tokens", "jwksUri", AsSaid),
    ("id_token_encrypted_response_alg", "tokens", "idTokenEncryptedResponseAlg", Stronger),
    ("id_token_encrypted_response_enc", "tokens", "idTokenEncryptedResponseEnc", Stronger),
    ("userinfo_signed_response_alg", "tokens", "userinfoSignedResponseAlg", Stronger),
    ("userinfo_encrypted_response_alg", "tokens", "userinfoEncryptedResponseAlg", Stronger),
    ("userinfo_encrypted_response_enc", "tokens", "userinfoEncryptedResponseEnc", Stronger),
    ("introspection_signed_response_alg", "tokens", "introspectionSignedResponseAlg", Stronger),
    ("authorization_signed_response_alg", "security", "authorizationSignedResponseAlg", Stronger),
    ("request_object_signing_alg", "security", "requestObjectSigningAlg", Stronger),
    ("token_endpoint_auth_signing_alg", "security", "tokenEndpointAuthSigningAlg", Stronger),
    ("require_signed_request_object", "security", "requireSignedRequestObject", OnlyStricter),
    ("dpop_bound_access_tokens", "security", "dpopBoundAccessTokens", OnlyStricter),
    (
        "tls_client_certificate_bound_access_tokens",
        "security",
        "tlsClientCertificateBoundAccessTokens",
        OnlyStricter,
    ),
    ("backchannel_logout_uri", "logout", "backchannelLogoutUri", AsSaid),
    ("backchannel_logout_session_required", "logout", "backchannelLogoutSessionRequired", AsSaid),
    ("frontchannel_logout_uri", "logout", "frontchannelLogoutUri", AsSaid),
    ("frontchannel_logout_session_required", "logout", "frontchannelLogoutSessionRequired", AsSaid),
    ("authorization_details_types", "resources", "details", AsSaid),
    ("request_uris", "security", "requestUris", AsSaid),
    ("subject_type", "claims", "subjectType", OnlyStricter),
    ("sector_identifier_uri", "claims", "sectorIdentifierUri", AsSaid),
];

/// Whose certificate it is, one of these (RFC 8705 §2.1.2), and the member of `security.tlsClientAuth` that says so.
const CERTIFICATE: [(&str, &str); 5] = [
    ("tls_client_auth_subject_dn", "subjectDn"),
    ("tls_client_auth_san_dns", "sanDns"),
    ("tls_client_auth_san_uri", "sanUri"),
    ("tls_client_auth_san_ip", "sanIp"),
    ("tls_client_auth_san_email", "sanEmail"),
];

fn refused(words: String) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, words)
}

/// The options with what the client says.
pub(super) fn apply(before: &ClientOptions, sent: &Map<String, Value>) -> Result<ClientOptions, OAuthError> {
    let mut options = serde_json::to_value(before).unwrap_or_default();
    for (member, group, option, change) in MAPPED {
        let Some(group) = options.get_mut(group).and_then(Value::as_object_mut) else { continue };
        match sent.get(member) {
            Some(value) if change == OnlyStricter && is_laxer(value) => {}
            Some(value) if change == Stronger && strength(Some(value)) < strength(group.get(option)) => {
                return Err(refused(format!("{member} may become stronger, not weaker")));
            }
            Some(value) => drop(group.insert(option.to_owned(), value.clone())),
            None if change == AsSaid => drop(group.remove(option)),
            None => {}
        }
        if ClientOptions::deserialize(&options).is_err() {
            return Err(refused(format!("{member} is not supported")));
        }
    }
    if let Some(security) = options.get_mut("security").and_then(Value::as_object_mut) {
        security.insert("tlsClientAuth".to_owned(), certificate(sent)?);
    }
    ClientOptions::deserialize(options).map_err(|cause| OAuthError::server_error("try again").because(cause))
}

fn certificate(sent: &Map<String, Value>) -> Result<Value, OAuthError> {
    let mut said = CERTIFICATE.iter().filter_map(|(member, kind)| Some((*kind, sent.get(*member)?)));
    match (said.next(), said.next()) {
        (None, _) => Ok(Value::Null),
        (Some((kind, Value::String(value))), None) => Ok(serde_json::json!({ kind: value })),
        _ => Err(refused("one member says in a text whose certificate it is".to_owned())),
    }
}

/// What FAPI 2.0 no longer takes is weaker than what it does, 128 bits are weaker than 256, and nothing is weakest.
pub(super) fn strength(algorithm: Option<&Value>) -> u8 {
    match algorithm.and_then(Value::as_str) {
        None => 0,
        Some("RS256" | "A128CBC-HS256" | "A128GCM") => 1,
        Some(_) => 2,
    }
}

fn is_laxer(value: &Value) -> bool {
    *value == Value::Bool(false) || value == "public"
}

/// What the options say, as the client reads it.
pub(super) fn told(options: &ClientOptions) -> Map<String, Value> {
    let options = serde_json::to_value(options).unwrap_or_default();
    let said = MAPPED.iter().filter_map(|(member, group, option, _)| {
        let value = options.get(group)?.get(option)?;
        let says = !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
        says.then(|| ((*member).to_owned(), value.clone()))
    });
    let certificate = CERTIFICATE.iter().filter_map(|(member, kind)| {
        Some(((*member).to_owned(), options.get("security")?.get("tlsClientAuth")?.get(*kind)?.clone()))
    });
    said.chain(certificate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(before: &ClientOptions, sent: &Value) -> ClientOptions {
        apply(before, sent.as_object().unwrap()).unwrap()
    }

    #[test]
    fn every_row_names_an_option_there_is() {
        let options = serde_json::to_value(ClientOptions::default()).unwrap();
        for (member, group, option, _) in MAPPED {
            assert!(options[group].get(option).is_some(), "{member}: {group}.{option}");
        }
    }

    #[test]
    fn dcr_10_what_protects_people_is_raised_and_not_lowered() {
        let sent = json!({"dpop_bound_access_tokens": true, "subject_type": "pairwise", "jwks_uri": "https://a.test/k"});
        let strict = applied(&ClientOptions::default(), &sent);
        assert_eq!(told(&strict)["subject_type"], "pairwise");
        for lax in [json!({}), json!({"dpop_bound_access_tokens": false, "subject_type": "public"})] {
            let after = applied(&strict, &lax);
            assert_eq!((&after.claims, &after.security), (&strict.claims, &strict.security), "{lax}");
            assert_eq!(after.tokens.jwks_uri, None, "the rest is as said");
        }
    }

    #[test]
    fn dcr_10_algorithms_become_stronger_or_stay() {
        let rows = [
            ("userinfo_signed_response_alg", "RS256", "ES256"),
            ("introspection_signed_response_alg", "RS256", "EdDSA"),
            ("request_object_signing_alg", "RS256", "PS256"),
            ("token_endpoint_auth_signing_alg", "RS256", "ES256"),
            ("authorization_signed_response_alg", "RS256", "ES256"),
            ("id_token_encrypted_response_enc", "A128GCM", "A256GCM"),
            ("userinfo_encrypted_response_enc", "A128CBC-HS256", "A256GCM"),
        ];
        for (member, weak, strong) in rows {
            let said = |algorithm: &str| json!({ member: algorithm });
            let first = applied(&ClientOptions::default(), &said(weak));
            let raised = applied(&first, &said(strong));
            assert_eq!(told(&raised)[member], strong);
            let lowered = apply(&raised, said(weak).as_object().unwrap()).unwrap_err();
            assert_eq!(lowered.description, format!("{member} may become stronger, not weaker"));
            assert_eq!(applied(&raised, &said(strong)), raised);
            assert_eq!(applied(&raised, &json!({})), raised, "silence lowers nothing");
        }
        let encrypted = json!({"id_token_encrypted_response_alg": "RSA-OAEP-256"});
        let encrypted = applied(&ClientOptions::default(), &encrypted);
        assert_eq!(applied(&encrypted, &json!({})), encrypted);
        let other = applied(&encrypted, &json!({"id_token_encrypted_response_alg": "ECDH-ES"}));
        assert_eq!(told(&other)["id_token_encrypted_response_alg"], "ECDH-ES", "as strong");
    }

    #[test]
    fn rfc8705_2_1_2_one_member_says_whose_certificate_it_is() {
        for (member, _) in CERTIFICATE {
            let sent = json!({ member: "::1" });
            assert_eq!(told(&applied(&ClientOptions::default(), &sent))[member], "::1");
        }
        for bad in [
            json!({"tls_client_auth_san_dns": "a.example", "tls_client_auth_san_uri": "https://a.example"}),
            json!({"tls_client_auth_san_dns": ["a.example"]}),
            json!({"tls_client_auth_subject_dn": 1}),
        ] {
            assert!(apply(&ClientOptions::default(), bad.as_object().unwrap()).is_err(), "{bad}");
        }
    }

    #[test]
    fn rfc7591_3_2_2_what_cannot_be_had_is_named() {
        for member in
            ["userinfo_signed_response_alg", "subject_type", "id_token_encrypted_response_alg", "jwks_uri"]
        {
            for value in [json!("none"), json!(1), json!(["ES256"])] {
                if member == "jwks_uri" && value == "none" {
                    continue;
                }
                let sent = json!({ member: value });
                let refused = apply(&ClientOptions::default(), sent.as_object().unwrap()).unwrap_err();
                assert_eq!(refused.description, format!("{member} is not supported"), "{sent}");
            }
        }
    }
}
