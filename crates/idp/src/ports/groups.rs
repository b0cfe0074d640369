//! The part of the directory that knows who belongs together.

use super::Unavailable;
use super::page::{Page, PageRequest};
use crate::ids::{GroupId, TenantId, UserId};
use crate::model::group::Group;
use crate::model::user::User;
use async_trait::async_trait;

/// Reads of groups; they change as everything else does, with a change of the directory.
#[async_trait]
pub trait Groups: Send + Sync {
    /// By identifier.
    async fn group(&self, tenant: TenantId, id: GroupId) -> Result<Option<Group>, Unavailable>;
    /// By [`Group::name_key`].
    async fn group_by_name(&self, tenant: TenantId, key: &str) -> Result<Option<Group>, Unavailable>;
    /// Oldest first.
    async fn list_groups(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Group>, Unavailable>;
    /// People in a group, by identifier.
    async fn list_group_members(
        &self,
        tenant: TenantId,
        group: GroupId,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable>;
    /// Groups somebody is in, oldest first.
    async fn groups_of(
        &self,
        tenant: TenantId,
        user: UserId,
        page: PageRequest,
    ) -> Result<Page<Group>, Unavailable>;
}
