//! Groups of a person: in tokens while they are few, and where a token points to when they are more.

use super::Call;
use super::about::Extra;
use super::possession::PresentedToken;
use super::release::Release;
use super::userinfo::{Bearer, lacks};
use crate::Idp;
use crate::ctx::Ctx;
use crate::ids::GroupId;
use crate::model::group::{Group, MOST_IN_TOKENS};
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::ports::{Page, PageRequest, Unavailable};
use hospes_protocol::OAuthError;
use hospes_protocol::scope::Scopes;
use serde::Serialize;

/// The claim, and the scope that covers it.
pub(super) const GROUPS: &str = "groups";

/// One page of a person's groups.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    groups: Vec<ListedGroup<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedGroup<'a> {
    id: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
}

impl Idp {
    /// A page of the groups of the person an access token is for, as JSON bytes.
    pub async fn groups_of_bearer(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        (token, after): (PresentedToken<'_>, Option<&str>),
    ) -> Result<Vec<u8>, OAuthError> {
        let Bearer { client, user, scope, wishes, token, .. } = self.bearer(ctx, tenant, token).await?;
        let release =
            Release { scope: &scope, registered: &client.scope, wishes: &wishes, extra: &Extra::new() };
        // A resource of its own learns of groups by the scope of its tokens alone.
        let issuer = self.issuer(tenant);
        let ours = token.aud == client.audience.as_deref().unwrap_or(issuer.as_str());
        let told = release.has(GROUPS) || client.options.claims.mentions_groups();
        if !(scope.has(GROUPS) || ours && told) {
            return Err(lacks(GROUPS));
        }
        let refused = || OAuthError::invalid_request("after must be the next of the page before");
        let after = after.map(|after| GroupId::parse(after).ok_or_else(refused)).transpose()?;
        let page = PageRequest { after: after.map(|after| after.to_string()), size: MOST_IN_TOKENS };
        let found = self.directory.groups_of(tenant.id, user.id, page).await?;
        let named = client.options.claims.names_groups();
        let groups = found.items.iter().map(|group| ListedGroup {
            id: group.id,
            display_name: named.then_some(group.display_name.as_str()),
        });
        serde_json::to_vec(&Listed { groups: groups.collect(), next: found.next })
            .map_err(|cause| OAuthError::server_error("groups cannot be rendered").because(cause))
    }

    /// The groups a token or userinfo would name; not read where the client is told nothing about them.
    pub(super) async fn groups_to_tell(
        &self,
        call: Call<'_>,
        user: &User,
        (scope, wishes): (&Scopes, &[String]),
    ) -> Result<Option<Page<Group>>, Unavailable> {
        let release = Release { scope, registered: &call.client.scope, wishes, extra: &Extra::new() };
        if !release.has(GROUPS) && !call.client.options.claims.mentions_groups() {
            return Ok(None);
        }
        let page = PageRequest { after: None, size: MOST_IN_TOKENS };
        self.directory.groups_of(call.tenant.id, user.id, page).await.map(Some)
    }
}
