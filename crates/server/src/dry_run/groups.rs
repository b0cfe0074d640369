//! Groups are read as they are.

use super::DryRun;
use async_trait::async_trait;
use hospes_idp::guest::group::Group;
use hospes_idp::guest::user::User;
use hospes_idp::ids::{GroupId, TenantId, UserId};
use hospes_idp::ports::{Groups, Page, PageRequest, Unavailable};

#[async_trait]
impl Groups for DryRun {
    async fn group(&self, tenant: TenantId, id: GroupId) -> Result<Option<Group>, Unavailable> {
        self.0.group(tenant, id).await
    }

    async fn group_by_name(&self, tenant: TenantId, key: &str) -> Result<Option<Group>, Unavailable> {
        self.0.group_by_name(tenant, key).await
    }

    async fn list_groups(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Group>, Unavailable> {
        self.0.list_groups(tenant, page).await
    }

    async fn list_group_members(
        &self,
        tenant: TenantId,
        group: GroupId,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        self.0.list_group_members(tenant, group, page).await
    }

    async fn groups_of(
        &self,
        tenant: TenantId,
        user: UserId,
        page: PageRequest,
    ) -> Result<Page<Group>, Unavailable> {
        self.0.groups_of(tenant, user, page).await
    }
}
