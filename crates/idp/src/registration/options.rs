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
}

use Change::{AsSaid, OnlyStricter};

/// Member on the wire, group, option.
const MAPPED: [(&str, &str, &str, Change); 15] = [
    ("jwks_uri", "tokens", "jwksUri", AsSaid),
    ("id_token_encrypted_response_alg", "tokens", "idTokenEncryptedResponseAlg", AsSaid),
    ("id_token_encrypted_response_enc", "tokens", "idTokenEncryptedResponseEnc", AsSaid),
    ("userinfo_signed_response_alg", "tokens", "userinfoSignedResponseAlg", AsSaid),
    ("userinfo_encrypted_response_alg", "tokens", "userinfoEncryptedResponseAlg", AsSaid),
    ("userinfo_encrypted_response_enc", "tokens", "userinfoEncryptedResponseEnc", AsSaid),
    ("introspection_signed_response_alg", "tokens", "introspectionSignedResponseAlg", AsSaid),
    ("authorization_signed_response_alg", "security", "authorizationSignedResponseAlg", OnlyStricter),
    ("request_object_signing_alg", "security", "requestObjectSigningAlg", OnlyStricter),
    ("token_endpoint_auth_signing_alg", "security", "tokenEndpointAuthSigningAlg", OnlyStricter),
    ("require_signed_request_object", "security", "requireSignedRequestObject", OnlyStricter),
    ("dpop_bound_access_tokens", "security", "dpopBoundAccessTokens", OnlyStricter),
    ("request_uris", "security", "requestUris", AsSaid),
    ("subject_type", "claims", "subjectType", OnlyStricter),
    ("sector_identifier_uri", "claims", "sectorIdentifierUri", AsSaid),
];

/// The options with what the client says.
pub(super) fn apply(before: &ClientOptions, sent: &Map<String, Value>) -> Result<ClientOptions, OAuthError> {
    let mut options = serde_json::to_value(before).unwrap_or_default();
    for (member, group, option, change) in MAPPED {
        let Some(group) = options.get_mut(group).and_then(Value::as_object_mut) else { continue };
        match sent.get(member) {
            Some(value) if change == OnlyStricter && is_laxer(value) => {}
            Some(value) => drop(group.insert(option.to_owned(), value.clone())),
            None if change == AsSaid => drop(group.remove(option)),
            None => {}
        }
        if ClientOptions::deserialize(&options).is_err() {
            let words = format!("{member} is not supported");
            return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, words));
        }
    }
    ClientOptions::deserialize(options).map_err(|cause| OAuthError::server_error("try again").because(cause))
}

fn is_laxer(value: &Value) -> bool {
    *value == Value::Bool(false) || value == "public"
}

/// What the options say, as the client reads it.
pub(super) fn told(options: &ClientOptions) -> Map<String, Value> {
    let options = serde_json::to_value(options).unwrap_or_default();
    let said = MAPPED.iter().filter_map(|(member, group, option, _)| {
        let value = options.get(group)?.get(option)?;
        (!value.is_null()).then(|| ((*member).to_owned(), value.clone()))
    });
    said.collect()
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
