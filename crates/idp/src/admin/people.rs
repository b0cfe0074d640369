//! People: members made by administrators, guests made by invitations; listing, changing, deleting both. A tenant never
//! loses its last administrator.

use super::tenants::display_name;
use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::email::EmailAddress;
use crate::endings::Whose;
use crate::ids::UserId;
use crate::model::tenant::Status;
use crate::model::user::{FederatedIdentity, LocalAccount, Profile, Role, User};
use crate::password::weaknesses;
use crate::ports::{Change, Page, PageRequest, Unavailable, UserQuery};
use hospes_protocol::claims::UserType;

/// The longest name, in characters.
const MAX_LINE: usize = 256;

/// A member to be made.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Their address; counts as verified, because the organization says so.
    pub email: String,
    /// Shown to people.
    pub display_name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// A first password; codes by mail only, if absent.
    pub password: Option<String>,
}

/// What changes; absent members stay. Identity, type and state are not among them.
#[derive(Clone, Debug, Default)]
pub struct UserPatch {
    /// Shown to people.
    pub display_name: Option<String>,
    /// Given name; empty takes it away.
    pub given_name: Option<String>,
    /// Family name; empty takes it away.
    pub family_name: Option<String>,
    /// BCP 47 language tag; empty takes it away.
    pub preferred_language: Option<String>,
    /// On or off.
    pub status: Option<Status>,
    /// What they may do.
    pub roles: Option<Vec<Role>>,
}

impl Admin<'_> {
    /// Makes a member with a lightweight account.
    pub async fn create_member(&self, new: NewMember) -> Result<User, AdminError> {
        let user = self.check_member(&new)?;
        let password = match &new.password {
            None => None,
            Some(password) => {
                let hash = self.idp.passwords.hash(password, self.ctx.bytes()).await;
                Some(hash.map_err(Unavailable::because)?)
            }
        };
        let account = LocalAccount {
            tenant: self.tenant.id,
            user: user.id,
            password_changed_at: password.is_some().then_some(self.ctx.now),
            password,
            created_at: self.ctx.now,
        };
        let event = self.event(AuditKind::UserCreated).target(user.id);
        self.idp.apply(Change::InsertUser(user.clone(), Some(account)), event).await?;
        Ok(user)
    }

    /// The member a request would make, or everything that is wrong with it.
    pub(crate) fn check_member(&self, new: &NewMember) -> Result<User, AdminError> {
        let email =
            EmailAddress::parse(&new.email).map_err(|error| AdminError::invalid(format!("email {error}")))?;
        let user = User {
            id: UserId::generate(self.ctx),
            tenant: self.tenant.id,
            user_type: UserType::Member,
            external_user_state: None,
            external_user_state_changed_at: None,
            email,
            email_verified: true,
            profile: Profile { display_name: Some(display_name(&new.display_name)?), ..Profile::default() },
            roles: new.roles.clone(),
            status: Status::Enabled,
            sponsors: Vec::new(),
            invited_by: None,
            created_at: self.ctx.now,
            deleted_at: None,
            version: 0,
        };
        let weak = new
            .password
            .as_ref()
            .is_some_and(|password| !weaknesses(password, &user, self.tenant).is_empty());
        if weak {
            Err(AdminError::invalid("password must be at least 15 characters and hard to guess"))
        } else {
            Ok(user)
        }
    }

    /// One person.
    pub async fn user(&self, id: UserId) -> Result<User, AdminError> {
        self.idp.directory.user(self.tenant.id, id).await?.ok_or(AdminError::NotFound)
    }

    /// People.
    pub async fn users(&self, query: &UserQuery, page: PageRequest) -> Result<Page<User>, AdminError> {
        Ok(self.idp.directory.list_users(self.tenant.id, query, page).await?)
    }

    /// Changes a person. Disabling ends their sessions and tokens.
    pub async fn update_user(
        &self,
        id: UserId,
        patch: UserPatch,
        version: Option<u64>,
    ) -> Result<User, AdminError> {
        let before = self.user(id).await?;
        AdminError::check_version(version, before.version)?;
        let mut user = before.clone();
        if let Some(name) = patch.display_name {
            user.profile.display_name = Some(display_name(&name)?);
        }
        let profile = &mut user.profile;
        let texts = [
            ("givenName", patch.given_name, &mut profile.given_name),
            ("familyName", patch.family_name, &mut profile.family_name),
            ("preferredLanguage", patch.preferred_language, &mut profile.preferred_language),
        ];
        for (name, given, kept) in texts {
            if let Some(text) = given {
                *kept = line(name, &text)?;
            }
        }
        user.status = patch.status.unwrap_or(user.status);
        user.roles = patch.roles.unwrap_or(user.roles);
        if administers(&before) && !administers(&user) {
            self.check_another_administrator(id).await?;
        }
        let event = self.event(AuditKind::UserUpdated).target(id);
        self.idp.apply(Change::UpdateUser(user.clone()), event).await?;
        if !user.status.is_enabled() {
            self.end_access(id).await?;
        }
        Ok(User { version: user.version + 1, ..user })
    }

    /// Deletes a person: nobody from now on, but [`Admin::restore_user`] brings them back for
    /// [`RESTORABLE`](crate::upkeep::RESTORABLE).
    pub async fn delete_user(&self, id: UserId, version: Option<u64>) -> Result<(), AdminError> {
        let user = self.user(id).await?;
        AdminError::check_version(version, user.version)?;
        if administers(&user) {
            self.check_another_administrator(id).await?;
        }
        let event = self.event(AuditKind::UserDeleted).target(id);
        let deleted = User { deleted_at: Some(self.ctx.now), ..user };
        self.idp.apply(Change::UpdateUser(deleted), event).await?;
        self.end_access(id).await
    }

    /// Where a person signs in: home IdPs they are linked to, and whether they have a lightweight account.
    pub async fn ways_in(&self, id: UserId) -> Result<(Vec<FederatedIdentity>, bool), AdminError> {
        let identities = self.idp.directory.identities(self.tenant.id, id).await?;
        let account = self.idp.directory.local_account(self.tenant.id, id).await?;
        Ok((identities, account.is_some()))
    }

    /// API-22: somebody else must be able to administer.
    pub(crate) async fn check_another_administrator(&self, leaving: UserId) -> Result<(), AdminError> {
        let mut after = None;
        loop {
            let page = PageRequest { after, size: 200 };
            let page = self.idp.directory.list_users(self.tenant.id, &UserQuery::default(), page).await?;
            if page.items.iter().any(|user| user.id != leaving && administers(user)) {
                return Ok(());
            }
            after = Some(page.next.ok_or(AdminError::LastAdministrator)?);
        }
    }

    pub(super) async fn end_access(&self, id: UserId) -> Result<(), AdminError> {
        let by = (self.actor.clone(), "administrator");
        self.idp.end_sessions((self.ctx, self.tenant.id), Whose::User(id), by).await?;
        Ok(())
    }
}

/// A text of one line, or nothing.
fn line(name: &str, text: &str) -> Result<Option<String>, AdminError> {
    let text = text.trim();
    if text.chars().count() > MAX_LINE || text.chars().any(char::is_control) {
        return Err(AdminError::invalid(format!("{name} must be at most {MAX_LINE} visible characters")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(crate) fn administers(user: &User) -> bool {
    user.status.is_enabled() && !user.is_pending() && user.has_role(Role::Administrator)
}
