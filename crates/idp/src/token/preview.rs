//! What a client would be told about a person, for administrators who set up a mapping. Nothing is signed or kept.

use super::Call;
use super::issue::{Granted, access_claims, id_claims};
use super::release::Wishes;
use super::target::Target;
use super::userinfo::Stated;
use crate::Idp;
use crate::model::authentication::Authentication;
use crate::model::user::User;
use hospes_protocol::OAuthError;
use hospes_protocol::scope::Scopes;
use serde::Serialize;
use serde_json::Value;

/// Claims that differ from one token to the next, and are of no use in a preview.
const PASSING: [&str; 9] =
    ["iat", "exp", "jti", "sid", "at_hash", "auth_time", "nonce", "session_expiry", "sealed"];

/// What would be said, place by place.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimsPreview {
    /// In the ID token.
    pub id_token: Value,
    /// At userinfo.
    pub userinfo: Value,
    /// In the access token.
    pub access_token: Value,
}

impl Idp {
    /// What would be said about a person who signed in so and granted this.
    pub(crate) async fn preview(
        &self,
        call: Call<'_>,
        user: &User,
        authentication: Authentication,
        (scope, wishes): (Scopes, Wishes),
    ) -> Result<ClaimsPreview, OAuthError> {
        let granted = Granted {
            family: String::new(),
            generation: 0,
            original_scope: scope.clone(),
            scope,
            wishes,
            target: Target::default(),
            nonce: None,
            sid: String::new(),
            session_expiry: call.ctx.now,
            authentication,
            bound_to: None,
            granted_at: call.ctx.now,
        };
        let texts = self.texts(call, user, &granted).await?;
        let stated = Stated {
            sub: &texts.sub,
            oid: texts.oid.as_deref(),
            scope: &granted.scope,
            wishes: &granted.wishes.userinfo,
        };
        let userinfo = self.userinfo_of(call, user, &granted.authentication, stated).await?;
        Ok(ClaimsPreview {
            id_token: lasting(&id_claims(call, user, &granted, (&texts, ""), 0)),
            userinfo: serde_json::from_slice(&userinfo).unwrap_or_default(),
            access_token: lasting(&access_claims(call, (&granted, &granted.scope), &texts, 0)),
        })
    }
}

fn lasting(claims: &impl Serialize) -> Value {
    let mut claims = serde_json::to_value(claims).unwrap_or_default();
    if let Value::Object(members) = &mut claims {
        members.retain(|name, _| !PASSING.contains(&name.as_str()));
    }
    claims
}
