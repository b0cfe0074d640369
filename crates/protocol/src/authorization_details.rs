//! Rich authorization requests (RFC 9396): what exactly is wanted, as typed JSON objects. Which types there are and what
//! fits them is the tenant's business; here they are only read.

use crate::params::Params;
use crate::{ErrorCode, OAuthError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The largest parameter.
const MAX_BYTES: usize = 8 * 1024;
/// The most objects at once.
const MOST: usize = 16;

/// One object of `authorization_details` (RFC 9396 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationDetail {
    /// Which type it is of.
    #[serde(rename = "type")]
    pub kind: String,
    /// Everything else.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// Reads the parameter; absent is none.
pub fn authorization_details(params: &Params) -> Result<Vec<AuthorizationDetail>, OAuthError> {
    let Some(text) = params.once("authorization_details")? else {
        return Ok(Vec::new());
    };
    if text.len() > MAX_BYTES {
        return Err(invalid_details("authorization_details is longer than 8 KB"));
    }
    let details: Vec<AuthorizationDetail> = serde_json::from_str(text)
        .map_err(|_| invalid_details("authorization_details must be an array of objects with a type"))?;
    if details.is_empty() || details.len() > MOST {
        return Err(invalid_details("authorization_details must have 1 to 16 objects"));
    }
    Ok(details)
}

/// Shorthand for [`ErrorCode::InvalidAuthorizationDetails`].
pub fn invalid_details(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidAuthorizationDetails, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9396_2_an_array_of_objects_with_a_type() {
        let read = |text: &str| {
            let params = Params::from_iter([("authorization_details", text)]);
            authorization_details(&params).map_err(|error| error.code)
        };
        assert_eq!(read(""), Ok(Vec::new()));
        let details = read(r#"[{"type":"payment","amount":"1"},{"type":"payment"}]"#).unwrap();
        assert_eq!(
            (details.len(), details[0].kind.as_str(), &details[0].fields["amount"]),
            (2, "payment", &"1".into())
        );
        let many = format!("[{}]", vec![r#"{"type":"a"}"#; 17].join(","));
        let large = format!(r#"[{{"type":"a","x":"{}"}}]"#, "x".repeat(9000));
        let deep = format!(r#"[{{"type":"a","x":{}1{}}}]"#, "[".repeat(500), "]".repeat(500));
        for bad in [
            "x",
            "{}",
            "[]",
            "[1]",
            "null",
            r#"[{"amount":"1"}]"#,
            r#"[{"type":1}]"#,
            r#"[{"type":"a","type":"b"}]"#,
            &many,
            &large,
            &deep,
        ] {
            assert_eq!(read(bad), Err(ErrorCode::InvalidAuthorizationDetails), "{bad}");
        }
    }
}
