//! Groups: making, changing, deleting, and who is in them.

use super::tenants::display_name;
use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::ids::{GroupId, UserId};
use crate::model::group::{Group, Membership};
use crate::model::user::User;
use crate::ports::{Change, Page, PageRequest};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 1024;

/// Everything about a group that can be set.
#[derive(Clone, Debug, Default)]
pub struct GroupSettings {
    /// Shown to people; taken once in a tenant.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
}

impl GroupSettings {
    fn checked(self) -> Result<Self, AdminError> {
        let description = self.description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let readable = |text: &String| {
            text.chars().count() <= MAX_DESCRIPTION && !text.chars().any(|c| c.is_control() && c != '\n')
        };
        if description.as_ref().is_some_and(|text| !readable(text)) {
            return Err(AdminError::invalid("description must be at most 1024 visible characters"));
        }
        Ok(Self { display_name: display_name(&self.display_name)?, description })
    }
}

impl Admin<'_> {
    /// Makes a group nobody is in.
    pub async fn create_group(&self, settings: GroupSettings) -> Result<Group, AdminError> {
        let settings = settings.checked()?;
        let group = Group {
            id: GroupId::generate(self.ctx),
            tenant: self.tenant.id,
            display_name: settings.display_name,
            description: settings.description,
            created_at: self.ctx.now,
            version: 0,
        };
        let event = self.event(AuditKind::GroupCreated).target(group.id);
        self.idp.apply(Change::InsertGroup(group.clone()), event).await?;
        Ok(group)
    }

    /// One group.
    pub async fn group(&self, id: GroupId) -> Result<Group, AdminError> {
        self.idp.directory.group(self.tenant.id, id).await?.ok_or(AdminError::NotFound)
    }

    /// One group, by name in any letter case.
    pub async fn group_named(&self, name: &str) -> Result<Group, AdminError> {
        let found = self.idp.directory.group_by_name(self.tenant.id, &Group::key_of(name.trim())).await?;
        found.ok_or(AdminError::NotFound)
    }

    /// All groups.
    pub async fn groups(&self, page: PageRequest) -> Result<Page<Group>, AdminError> {
        Ok(self.idp.directory.list_groups(self.tenant.id, page).await?)
    }

    /// Changes a group; its members stay.
    pub async fn update_group(
        &self,
        id: GroupId,
        settings: GroupSettings,
        version: Option<u64>,
    ) -> Result<Group, AdminError> {
        let before = self.group(id).await?;
        AdminError::check_version(version, before.version)?;
        let GroupSettings { display_name, description } = settings.checked()?;
        let group = Group { display_name, description, ..before };
        let event = self.event(AuditKind::GroupUpdated).target(id);
        self.idp.apply(Change::UpdateGroup(group.clone()), event).await?;
        Ok(Group { version: group.version + 1, ..group })
    }

    /// Deletes a group; the people stay.
    pub async fn delete_group(&self, id: GroupId, version: Option<u64>) -> Result<(), AdminError> {
        AdminError::check_version(version, self.group(id).await?.version)?;
        let event = self.event(AuditKind::GroupDeleted).target(id);
        Ok(self.idp.apply(Change::DeleteGroup(self.tenant.id, id), event).await?)
    }

    /// Who is in a group.
    pub async fn group_members(&self, id: GroupId, page: PageRequest) -> Result<Page<User>, AdminError> {
        let group = self.group(id).await?;
        Ok(self.idp.directory.list_group_members(self.tenant.id, group.id, page).await?)
    }

    /// Which groups somebody is in.
    pub async fn groups_of(&self, person: UserId, page: PageRequest) -> Result<Page<Group>, AdminError> {
        let user = self.user(person).await?;
        Ok(self.idp.directory.groups_of(self.tenant.id, user.id, page).await?)
    }

    /// Puts somebody into a group; whoever is in it stays.
    pub async fn add_to_group(&self, group: GroupId, person: UserId) -> Result<(), AdminError> {
        let membership = self.membership(group, person).await?;
        let event = self.event(AuditKind::GroupMemberAdded).target(person).detail("group", group.to_string());
        Ok(self.idp.apply(Change::AddMember(membership), event).await?)
    }

    /// Takes somebody out of a group.
    pub async fn remove_from_group(&self, group: GroupId, person: UserId) -> Result<(), AdminError> {
        let membership = self.membership(group, person).await?;
        let event =
            self.event(AuditKind::GroupMemberRemoved).target(person).detail("group", group.to_string());
        Ok(self.idp.apply(Change::RemoveMember(membership), event).await?)
    }

    /// Both must be of this tenant.
    async fn membership(&self, group: GroupId, person: UserId) -> Result<Membership, AdminError> {
        let (group, user) = (self.group(group).await?.id, self.user(person).await?.id);
        Ok(Membership { tenant: self.tenant.id, group, user })
    }
}
