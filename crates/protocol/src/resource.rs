//! Resource indicators (RFC 8707): which protected resource a token is for, in the client's own words.

use crate::params::Params;
use crate::{ErrorCode, OAuthError};
use url::Url;

/// More at once is a mistake.
const MOST: usize = 16;

/// Whether a text can name a resource: an absolute URI without fragment (RFC 8707 §2).
pub fn is_resource(text: &str) -> bool {
    let visible = text.len() <= 2048 && text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    visible && !text.contains('#') && Url::parse(text).is_ok()
}

/// Every `resource` of a request, each once. All of them must be known: a request is never answered for some of them.
pub fn resources(params: &Params, known: &[String]) -> Result<Vec<String>, OAuthError> {
    let mut found: Vec<String> = Vec::new();
    for resource in params.all("resource") {
        if !is_resource(resource) {
            return Err(invalid_target("resource must be an absolute URI without fragment"));
        }
        if !known.iter().any(|name| name == resource) {
            return Err(invalid_target("resource is unknown, or not for this client"));
        }
        if !found.iter().any(|name| name == resource) {
            found.push(resource.to_owned());
        }
    }
    if found.len() > MOST { Err(invalid_target("too many resources at once")) } else { Ok(found) }
}

/// The one `resource` of a token request: every token is for one audience.
pub fn resource(params: &Params) -> Result<Option<String>, OAuthError> {
    let mut named = params.all("resource");
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some(resource), None) if is_resource(resource) => Ok(Some(resource.to_owned())),
        (Some(_), None) => Err(invalid_target("resource must be an absolute URI without fragment")),
        (Some(_), Some(_)) => Err(invalid_target("ask for tokens of one resource at a time")),
    }
}

/// Shorthand for [`ErrorCode::InvalidTarget`].
pub fn invalid_target(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8707_2_all_or_none() {
        let known = ["https://a.example/".to_owned(), "urn:b".to_owned()];
        let read = |query| resources(&Params::parse(query), &known).map_err(|error| error.code);
        assert_eq!(read("x=1").unwrap(), Vec::<String>::new());
        assert_eq!(
            read("resource=urn:b&resource=https://a.example/&resource=urn:b").unwrap(),
            ["urn:b", "https://a.example/"]
        );
        for bad in [
            "resource=urn:b&resource=https://c.example/",
            "resource=https://a.example",
            "resource=https://a.example/%23x",
            "resource=/a",
            "resource=urn:B",
        ] {
            assert_eq!(read(bad), Err(ErrorCode::InvalidTarget), "{bad}");
        }
    }

    #[test]
    fn rfc8707_2_2_one_audience_for_one_token() {
        let read = |query| resource(&Params::parse(query)).map_err(|error| error.code);
        assert_eq!(read("resource=").unwrap(), None);
        assert_eq!(read("resource=urn:b").unwrap().as_deref(), Some("urn:b"));
        for bad in ["resource=urn:b&resource=urn:b", "resource=b", "resource=urn:b%23c"] {
            assert_eq!(read(bad), Err(ErrorCode::InvalidTarget), "{bad}");
        }
    }
}
