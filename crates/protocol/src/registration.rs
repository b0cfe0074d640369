//! Client metadata as clients send and read them (RFC 7591 §2, OIDC Registration §2), without judgement of who may.

use crate::error::{ErrorCode, OAuthError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Members that promise something nobody keeps here. Silence would leave the client in a false belief, so they are
/// refused unless they say nothing (RFC 7591 §2). A member leaves this list when what it asks for is built.
const NOT_OFFERED: [&str; 4] = [
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "default_max_age",
    "default_acr_values",
];

/// Metadata of a client. Members nobody here knows are ignored (RFC 7591 §2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisteredMetadata {
    /// Where codes go.
    pub redirect_uris: Vec<String>,
    /// How it authenticates; `client_secret_basic` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// `authorization_code` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// `code` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// What it does with data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// What it may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Which software it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Which version of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// `web` or `native` (OIDC Registration §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    /// What ID tokens are signed with; RS256 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// Whether ID tokens say when somebody signed in. They always do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_auth_time: Option<bool>,
    /// Where a sign-in is started (OIDC Core §4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Where people are sent after logout (OIDC RP-Initiated Logout §3.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// RFC 9126 §6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pushed_authorization_requests: Option<bool>,
}

/// What a client sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationRequest {
    /// What it wants to be.
    pub metadata: RegisteredMetadata,
    /// Everything it sent, for what has no member above.
    pub members: Map<String, Value>,
    /// Which client it says it is; only in a change (RFC 7592 §2.2).
    pub client_id: Option<String>,
    /// The secret it has, likewise.
    pub client_secret: Option<String>,
}

impl RegistrationRequest {
    /// Reads a request to register.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let invalid = |words: String| OAuthError::new(ErrorCode::InvalidClientMetadata, words);
        let members: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|cause| invalid("the body must be a JSON object".to_owned()).because(cause))?;
        // A member that is null is as good as absent (RFC 7592 §2.2).
        let members: Map<String, Value> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
        check_statement(&members)?;
        if members.contains_key("jwks") && members.contains_key("jwks_uri") {
            return Err(invalid("jwks and jwks_uri exclude each other".to_owned()));
        }
        if let Some(name) = NOT_OFFERED.iter().find(|name| members.get(**name).is_some_and(says_something)) {
            return Err(invalid(format!("{name} is not supported")));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let (client_id, client_secret) = (text("client_id"), text("client_secret"));
        let metadata = RegisteredMetadata::deserialize(&members)
            .map_err(|cause| invalid("a member has the wrong type".to_owned()).because(cause))?;
        Ok(Self { metadata, members, client_id, client_secret })
    }

    /// Reads a request to change a registration: the client repeats who it is, and must not send what is the server's to
    /// say (RFC 7592 §2.2).
    pub fn parse_change(body: &[u8]) -> Result<Self, OAuthError> {
        const OURS: [&str; 4] = [
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at",
        ];
        let members: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
        if let Some(name) = OURS.iter().find(|name| members.iter().any(|all| all.contains_key(**name))) {
            return Err(OAuthError::invalid_request(format!("{name} must not be sent")));
        }
        Self::parse(body)
    }
}

/// RFC 7591 §3.2.2: nobody's statements are trusted here, so one that is a JWT is not approved, and anything else not one.
fn check_statement(members: &Map<String, Value>) -> Result<(), OAuthError> {
    let Some(statement) = members.get("software_statement") else {
        return Ok(());
    };
    let is_jwt = statement
        .as_str()
        .is_some_and(|text| text.split('.').count() == 3 && text.split('.').all(|part| !part.is_empty()));
    Err(if is_jwt {
        OAuthError::new(ErrorCode::UnapprovedSoftwareStatement, "no issuer of software statements is trusted")
    } else {
        OAuthError::new(ErrorCode::InvalidSoftwareStatement, "software_statement is not a signed JWT")
    })
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(body: &Value) -> ErrorCode {
        RegistrationRequest::parse(body.to_string().as_bytes()).unwrap_err().code
    }

    #[test]
    fn rfc7591_2_unknown_members_are_ignored_and_promises_are_not_made() {
        let body = json!({
            "redirect_uris": ["https://rp.test/cb"], "client_name#de": "Anwendung", "trusted": true,
            "default_acr_values": [], "default_max_age": false, "logo_uri": null,
        });
        let request = RegistrationRequest::parse(body.to_string().as_bytes()).unwrap();
        assert_eq!(request.metadata.redirect_uris, ["https://rp.test/cb"]);
        for name in NOT_OFFERED {
            assert_eq!(
                refused(&json!({ name: "https://rp.test" })),
                ErrorCode::InvalidClientMetadata,
                "{name}"
            );
        }
        for body in
            [json!([]), json!("x"), json!({"redirect_uris": "https://rp.test/cb"}), json!({"scope": 1})]
        {
            assert_eq!(refused(&body), ErrorCode::InvalidClientMetadata, "{body}");
        }
    }

    #[test]
    fn dcr_12_statements_are_told_apart() {
        assert_eq!(refused(&json!({"software_statement": "a.b.c"})), ErrorCode::UnapprovedSoftwareStatement);
        for statement in [json!("a.b."), json!("nonsense"), json!(1), json!({})] {
            assert_eq!(
                refused(&json!({ "software_statement": statement })),
                ErrorCode::InvalidSoftwareStatement
            );
        }
    }

    #[test]
    fn rfc7592_2_2_what_is_the_servers_is_not_sent() {
        let change = |body: Value| RegistrationRequest::parse_change(body.to_string().as_bytes());
        assert_eq!(change(json!({"client_id_issued_at": 1})).unwrap_err().code, ErrorCode::InvalidRequest);
        let request = change(json!({"client_id": "a", "client_secret": "s"})).unwrap();
        assert_eq!((request.client_id.as_deref(), request.client_secret.as_deref()), (Some("a"), Some("s")));
    }
}
