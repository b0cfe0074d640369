//! Work that nobody asks for, in every tenant, disabled ones too.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::model::tenant::Tenant;
use crate::ports::user_query::{Condition, TimeField, TimeMatch};
use crate::ports::{Change, ChangeError, PageRequest, Unavailable, UserQuery};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Display;

/// How long somebody who was deleted can be restored, as in the model product.
pub const RESTORABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What came of some work in tenant after tenant. One tenant's trouble is that tenant's own; the first is told when all
/// were seen to.
pub(crate) struct Tally<E> {
    done: u64,
    trouble: Option<E>,
}

impl<E: Display> Tally<E> {
    pub(crate) const fn new() -> Self {
        Self { done: 0, trouble: None }
    }

    pub(crate) fn add(&mut self, tenant: &Tenant, result: Result<u64, E>) {
        match result {
            Ok(count) => self.done += count,
            Err(error) => {
                tracing::error!(tenant = %tenant.id, %error, "the upkeep of a tenant failed");
                self.trouble.get_or_insert(error);
            }
        }
    }

    /// How much was done in all.
    pub(crate) fn total(self) -> Result<u64, E> {
        self.trouble.map_or(Ok(self.done), Err)
    }
}

impl Idp {
    pub(crate) async fn every_tenant(&self) -> Result<Vec<Tenant>, Unavailable> {
        let (mut tenants, mut after) = (Vec::new(), None);
        loop {
            let page = self.directory.list_tenants(PageRequest { after, size: 200 }).await?;
            tenants.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(tenants);
            }
        }
    }

    /// Removes for good who was deleted more than [`RESTORABLE`] ago. Returns how many.
    pub async fn purge_deleted(&self, ctx: &Ctx) -> Result<u64, ChangeError> {
        let mut purged = Tally::new();
        for tenant in self.every_tenant().await? {
            purged.add(&tenant, self.purge_deleted_of(ctx, &tenant).await);
        }
        purged.total()
    }

    async fn purge_deleted_of(&self, ctx: &Ctx, tenant: &Tenant) -> Result<u64, ChangeError> {
        let before = ctx.now.checked_sub(RESTORABLE).unwrap_or(Timestamp::MIN);
        let over = Condition::Time(TimeField::Deleted, TimeMatch::AtOrBefore, before);
        let query = UserQuery { condition: over, ..UserQuery::default() }.deleted();
        let (mut purged, mut after) = (0, None);
        loop {
            let page = self.directory.list_users(tenant.id, &query, PageRequest { after, size: 200 }).await?;
            for user in &page.items {
                let event =
                    AuditEvent::new(ctx, tenant.id, AuditKind::UserPurged, Actor::System).target(user.id);
                match self.apply(Change::DeleteUser(tenant.id, user.id), event).await {
                    Ok(()) => purged += 1,
                    // Another node was faster.
                    Err(ChangeError::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(purged);
            }
        }
    }
}
