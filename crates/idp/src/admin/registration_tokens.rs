//! Leave to register clients: making, listing, withdrawing.

use super::tenants::display_name;
use super::{Admin, AdminError};
use crate::audit::AuditKind;
use crate::ids::RegistrationTokenId;
use crate::model::registration::{Ceiling, RegistrationToken};
use crate::ports::{Change, Page, PageRequest};
use crate::vault::SecretHash;
use hospes_protocol::names::Secret;

/// Seconds a token can work at most.
const LONGEST: u32 = 366 * 24 * 3600;
/// Clients a token can make at most.
const MOST: u32 = 10_000;

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewRegistrationToken {
    /// What it is for.
    pub display_name: String,
    /// Seconds until it ends.
    pub lifetime: u32,
    /// How many clients it can make.
    pub max_clients: u32,
    /// Of those clients.
    pub ceiling: Ceiling,
}

impl Default for NewRegistrationToken {
    fn default() -> Self {
        const DAY: u32 = 24 * 3600;
        let ceiling = Ceiling::default();
        Self { display_name: "Registration".to_owned(), lifetime: 7 * DAY, max_clients: 1, ceiling }
    }
}

impl Admin<'_> {
    /// Makes a token, shown only now.
    pub async fn create_registration_token(
        &self,
        new: NewRegistrationToken,
    ) -> Result<(RegistrationToken, Secret), AdminError> {
        let mut problems = Vec::new();
        if !(1..=LONGEST).contains(&new.lifetime) {
            problems.push(format!("lifetime must be 1 to {LONGEST} seconds"));
        }
        if !(1..=MOST).contains(&new.max_clients) {
            problems.push(format!("maxClients must be 1 to {MOST}"));
        }
        if new.ceiling.grant_types.is_empty() {
            problems.push("grantTypes must name at least one".to_owned());
        }
        if !problems.is_empty() {
            return Err(AdminError::Invalid(problems));
        }
        let plain = self.ctx.token();
        let token = RegistrationToken {
            tenant: self.tenant.id,
            id: RegistrationTokenId::generate(self.ctx),
            display_name: display_name(&new.display_name)?,
            secret: SecretHash::of(&plain),
            ceiling: new.ceiling,
            max_clients: new.max_clients,
            clients: 0,
            expires_at: self.ctx.after(new.lifetime),
            created_at: self.ctx.now,
        };
        let event = self.event(AuditKind::RegistrationTokenCreated).target(token.id);
        self.idp.apply(Change::InsertRegistrationToken(token.clone()), event).await?;
        Ok((token, Secret::new(plain)))
    }

    /// All tokens, also those that no longer work.
    pub async fn registration_tokens(
        &self,
        page: PageRequest,
    ) -> Result<Page<RegistrationToken>, AdminError> {
        Ok(self.idp.directory.list_registration_tokens(self.tenant.id, page).await?)
    }

    /// Withdraws a token. The clients it made stay.
    pub async fn revoke_registration_token(&self, id: RegistrationTokenId) -> Result<(), AdminError> {
        let event = self.event(AuditKind::RegistrationTokenRevoked).target(id);
        Ok(self.idp.apply(Change::DeleteRegistrationToken(self.tenant.id, id), event).await?)
    }
}
