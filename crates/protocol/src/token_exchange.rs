//! Token exchange requests (RFC 8693 §2.1). Access tokens alone are exchanged, for access tokens alone.

use crate::names::Secret;
use crate::params::Params;
use crate::resource::invalid_target;
use crate::wish::Wish;
use crate::{ErrorCode, OAuthError};

/// The only token type there is here (RFC 8693 §3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A token to be exchanged, and for what.
#[derive(Clone, Debug)]
pub struct ExchangeRequest {
    /// Whose token it is about.
    pub subject_token: Secret,
    /// Who acts, where that is to be told.
    pub actor_token: Option<Secret>,
    /// The one target, by URI (`resource`) or by name (`audience`).
    pub target: Option<String>,
    /// What the new token is to carry.
    pub scope: Option<crate::scope::Scopes>,
}

impl ExchangeRequest {
    /// Reads the form. Whatever is wrong with it, the client never gets a token of its own instead.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        let wish = Wish::parse(form)?;
        let subject_token = Secret::new(form.required("subject_token")?);
        only_access_token("subject_token_type", form.required("subject_token_type")?)?;
        if let Some(wanted) = form.once("requested_token_type")? {
            only_access_token("requested_token_type", wanted)?;
        }
        let actor_token = form.once("actor_token")?.map(Secret::new);
        match (&actor_token, form.once("actor_token_type")?) {
            (Some(_), Some(kind)) => only_access_token("actor_token_type", kind)?,
            (None, None) => {}
            // RFC 8693 §2.1: one not without the other.
            _ => return Err(OAuthError::invalid_request("actor_token and actor_token_type belong together")),
        }
        Ok(Self { subject_token, actor_token, target: target(form, wish.resource)?, scope: wish.scope })
    }
}

/// RFC 8693 §2.1 allows several targets; every token of ours is for one audience.
fn target(form: &Params, resource: Option<String>) -> Result<Option<String>, OAuthError> {
    let mut audiences = form.all("audience").map(str::to_owned);
    match (resource, audiences.next(), audiences.next()) {
        (None, audience, None) => Ok(audience),
        (resource, None, None) => Ok(resource),
        _ => Err(invalid_target("ask for one target at a time")),
    }
}

fn only_access_token(name: &str, value: &str) -> Result<(), OAuthError> {
    if value == ACCESS_TOKEN {
        Ok(())
    } else {
        Err(OAuthError::new(ErrorCode::InvalidRequest, format!("{name} must be {ACCESS_TOKEN}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8693_2_1_one_row_per_rule() {
        use ErrorCode::{InvalidRequest, InvalidTarget};
        let kind = format!("subject_token_type={ACCESS_TOKEN}");
        let good = format!("subject_token=a&{kind}");
        let jwt = "urn:ietf:params:oauth:token-type:jwt";
        let id = "urn:ietf:params:oauth:token-type:id_token";
        let refresh = "urn:ietf:params:oauth:token-type:refresh_token";
        let rows = [
            ("good", good.clone(), None),
            ("audience", format!("{good}&audience=api"), None),
            ("resource", format!("{good}&resource=urn:a"), None),
            ("wanted", format!("{good}&requested_token_type={ACCESS_TOKEN}"), None),
            ("actor", format!("{good}&actor_token=b&actor_token_type={ACCESS_TOKEN}"), None),
            ("no subject", kind.clone(), Some(InvalidRequest)),
            ("empty subject", format!("subject_token=&{kind}"), Some(InvalidRequest)),
            ("subject twice", format!("{good}&subject_token=b"), Some(InvalidRequest)),
            ("no type", "subject_token=a".to_owned(), Some(InvalidRequest)),
            ("another type", format!("subject_token=a&subject_token_type={id}"), Some(InvalidRequest)),
            ("jwt", format!("subject_token=a&subject_token_type={jwt}"), Some(InvalidRequest)),
            ("wants refresh", format!("{good}&requested_token_type={refresh}"), Some(InvalidRequest)),
            ("actor without type", format!("{good}&actor_token=b"), Some(InvalidRequest)),
            ("type without actor", format!("{good}&actor_token_type={ACCESS_TOKEN}"), Some(InvalidRequest)),
            ("two targets", format!("{good}&audience=api&resource=urn:a"), Some(InvalidTarget)),
            ("two audiences", format!("{good}&audience=api&audience=b"), Some(InvalidTarget)),
            ("no URI", format!("{good}&resource=a"), Some(InvalidTarget)),
        ];
        for (name, form, expected) in rows {
            let read = ExchangeRequest::parse(&Params::parse(&form));
            assert_eq!(read.err().map(|error| error.code), expected, "{name}");
        }
    }
}
