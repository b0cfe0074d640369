//! Reads of groups.

use super::SqlDirectory;
use super::page::Paging;
use super::statement::args;
use async_trait::async_trait;
use hospes_idp::guest::group::Group;
use hospes_idp::guest::user::User;
use hospes_idp::ids::{GroupId, TenantId, UserId};
use hospes_idp::ports::{Groups, Page, PageRequest, Unavailable};

#[async_trait]
impl Groups for SqlDirectory {
    async fn group(&self, tenant: TenantId, id: GroupId) -> Result<Option<Group>, Unavailable> {
        self.one("SELECT body FROM groups WHERE tenant = $1 AND id = $2", args![tenant, id]).await
    }

    async fn group_by_name(&self, tenant: TenantId, key: &str) -> Result<Option<Group>, Unavailable> {
        self.one("SELECT body FROM groups WHERE tenant = $1 AND name_key = $2", args![tenant, key]).await
    }

    async fn list_groups(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Group>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT body FROM groups WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
        let found = self.all(sql, args![tenant, paging.after.as_str(), paging.limit]).await?;
        Ok(paging.cut(found, |group: &Group| group.id.to_string()))
    }

    async fn list_group_members(
        &self,
        tenant: TenantId,
        group: GroupId,
        page: PageRequest,
    ) -> Result<Page<User>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT users.body FROM group_members AS member
             JOIN users ON users.tenant = member.tenant AND users.id = member.user_id
             WHERE member.tenant = $1 AND member.group_id = $2 AND member.user_id > $3
                 AND users.deleted_at IS NULL
             ORDER BY member.user_id LIMIT $4";
        let found = self.all(sql, args![tenant, group, paging.after.as_str(), paging.limit]).await?;
        Ok(paging.cut(found, |user: &User| user.id.to_string()))
    }

    async fn groups_of(
        &self,
        tenant: TenantId,
        user: UserId,
        page: PageRequest,
    ) -> Result<Page<Group>, Unavailable> {
        let paging = Paging::rising(page);
        let sql = "SELECT groups.body FROM group_members AS member
             JOIN groups ON groups.tenant = member.tenant AND groups.id = member.group_id
             WHERE member.tenant = $1 AND member.user_id = $2 AND member.group_id > $3
             ORDER BY member.group_id LIMIT $4";
        let found = self.all(sql, args![tenant, user, paging.after.as_str(), paging.limit]).await?;
        Ok(paging.cut(found, |group: &Group| group.id.to_string()))
    }
}
