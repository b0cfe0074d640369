//! Sponsors: who is responsible for a guest. A guest has one to five, each a person of the tenant who is not disabled.

use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::ids::UserId;
use crate::model::user::{MAX_SPONSORS, User};
use crate::ports::Change;

impl Admin<'_> {
    /// Who is responsible for a person, without those who were deleted.
    pub async fn sponsors(&self, id: UserId) -> Result<Vec<User>, AdminError> {
        let mut sponsors = Vec::new();
        for sponsor in self.user(id).await?.sponsors {
            sponsors.extend(self.idp.directory.user(self.tenant.id, sponsor).await?);
        }
        Ok(sponsors)
    }

    /// Makes somebody responsible for a person. Whoever is stays.
    pub async fn add_sponsor(&self, id: UserId, sponsor: UserId) -> Result<(), AdminError> {
        let mut user = self.user(id).await?;
        if user.sponsors.contains(&sponsor) {
            return Ok(());
        }
        let known = self.idp.directory.user(self.tenant.id, sponsor).await?;
        if sponsor == id || !known.is_some_and(|sponsor| sponsor.status.is_enabled()) {
            return Err(AdminError::invalid(
                "a sponsor is another person of this tenant who is not disabled",
            ));
        }
        if self.sponsors(id).await?.len() >= MAX_SPONSORS {
            return Err(AdminError::invalid(format!("a guest has at most {MAX_SPONSORS} sponsors")));
        }
        user.sponsors.push(sponsor);
        self.put_sponsors(user, ("sponsorAdded", sponsor)).await
    }

    /// Takes the responsibility for a person from somebody. The last sponsor stays until there is another.
    pub async fn remove_sponsor(&self, id: UserId, sponsor: UserId) -> Result<(), AdminError> {
        let mut user = self.user(id).await?;
        if !user.sponsors.contains(&sponsor) {
            return Err(AdminError::NotFound);
        }
        user.sponsors.retain(|other| *other != sponsor);
        let left = self.sponsors(id).await?;
        if left.iter().all(|one| one.id == sponsor) {
            return Err(AdminError::invalid("a guest needs a sponsor: name another one first"));
        }
        self.put_sponsors(user, ("sponsorRemoved", sponsor)).await
    }

    async fn put_sponsors(&self, user: User, (what, who): (&str, UserId)) -> Result<(), AdminError> {
        let event = self.event(AuditKind::UserUpdated).target(user.id).detail(what, who.to_string());
        Ok(self.idp.apply(Change::UpdateUser(user), event).await?)
    }
}
