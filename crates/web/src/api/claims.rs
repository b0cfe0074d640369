//! What a client would be told about a person.

use hospes_idp::ids::UserId;
use hospes_idp::token::preview as domain;
use hospes_protocol::authorize::ClaimsRequest;
use hospes_protocol::scope::Scopes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The scope and the `claims` parameter a preview is made as if for.
type Asked = (Option<Scopes>, ClaimsRequest);

/// Whom to preview, and as if what had been asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimsPreviewBody {
    /// The person.
    pub user_id: String,
    /// As if these had been granted; all the client may ask for if absent.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// As if this had been the `claims` parameter (OpenID Connect Core §5.5).
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub claims: Option<ClaimsRequest>,
}

/// What would be said, place by place, without what differs from one token to the next.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimsPreview {
    /// In the ID token.
    #[schema(value_type = Object)]
    pub id_token: Value,
    /// At userinfo.
    #[schema(value_type = Object)]
    pub userinfo: Value,
    /// In the access token.
    #[schema(value_type = Object)]
    pub access_token: Value,
}

impl From<domain::ClaimsPreview> for ClaimsPreview {
    fn from(preview: domain::ClaimsPreview) -> Self {
        let domain::ClaimsPreview { id_token, userinfo, access_token } = preview;
        Self { id_token, userinfo, access_token }
    }
}

impl ClaimsPreviewBody {
    /// In the terms of the domain, or what is wrong with it.
    pub fn asked(self) -> Result<(UserId, Asked), Vec<String>> {
        let person = UserId::parse(&self.user_id).ok_or_else(|| vec!["userId must be a UUID".to_owned()])?;
        let scope = self.scopes.map(|scopes| {
            Scopes::parse(&scopes.join(" ")).ok_or_else(|| vec!["scopes must be scope tokens".to_owned()])
        });
        Ok((person, (scope.transpose()?, self.claims.unwrap_or_default())))
    }
}
