//! People who were deleted: nobody until they are restored, and gone for good after
//! [`RESTORABLE`](crate::upkeep::RESTORABLE). Their addresses and identities stay taken meanwhile, so that restoring always
//! works.

use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::ids::UserId;
use crate::model::user::User;
use crate::ports::user_query::Condition;
use crate::ports::{Change, PageRequest, UserQuery};

impl Admin<'_> {
    /// One of them.
    pub async fn deleted_user(&self, id: UserId) -> Result<User, AdminError> {
        let query = UserQuery::default().and(Condition::Id(id)).deleted();
        let page = PageRequest { after: None, size: 1 };
        let found = self.idp.directory.list_users(self.tenant.id, &query, page).await?;
        found.items.into_iter().next().ok_or(AdminError::NotFound)
    }

    /// Makes a person who was deleted what they were, with identities, groups and consents. Sessions and tokens stay ended.
    pub async fn restore_user(&self, id: UserId) -> Result<User, AdminError> {
        let user = User { deleted_at: None, ..self.deleted_user(id).await? };
        // Whatever a store kept while it was away must not come back to life.
        self.end_access(id).await?;
        let event = self.event(AuditKind::UserRestored).target(id);
        self.idp.apply(Change::UpdateUser(user.clone()), event).await?;
        Ok(User { version: user.version + 1, ..user })
    }

    /// Removes a person who was deleted, with everything that is theirs, for good.
    pub async fn purge_user(&self, id: UserId) -> Result<(), AdminError> {
        let user = self.deleted_user(id).await?;
        let event = self.event(AuditKind::UserPurged).target(id);
        Ok(self.idp.apply(Change::DeleteUser(self.tenant.id, user.id), event).await?)
    }
}
