//! Whose groups tokens are about to name, remembered like every hot read; administrators see the store itself.

use super::CachedDirectory;
use async_trait::async_trait;
use hospes_idp::guest::group::{Group, MOST_IN_TOKENS};
use hospes_idp::guest::user::User;
use hospes_idp::ids::{GroupId, TenantId, UserId};
use hospes_idp::ports::{Groups, Page, PageRequest, Unavailable};

#[async_trait]
impl Groups for CachedDirectory {
    async fn group(&self, tenant: TenantId, id: GroupId) -> Result<Option<Group>, Unavailable> {
        self.inner.group(tenant, id).await
    }

    async fn group_by_name(&self, tenant: TenantId, key: &str) -> Result<Option<Group>, Unavailable> {
        self.inner.group_by_name(tenant, key).await
    }

    async fn list_groups(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Group>, Unavailable> {
        self.inner.list_groups(tenant, page).await
    }

    async fn list_group_members(
        &self,
        tenant: TenantId,
        group: GroupId,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        self.inner.list_group_members(tenant, group, page).await
    }

    async fn groups_of(
        &self,
        tenant: TenantId,
        user: UserId,
        page: PageRequest,
    ) -> Result<Page<Group>, Unavailable> {
        if page.after.is_some() || page.size != MOST_IN_TOKENS {
            return self.inner.groups_of(tenant, user, page).await;
        }
        let read = async { self.inner.groups_of(tenant, user, page).await.map(Some) };
        let found = self.groups.read(&(tenant, user), read).await?;
        Ok(found.unwrap_or(Page { items: Vec::new(), next: None }))
    }
}
