//! The contract of [`Directory`].

mod audit;
mod groups;
mod guests;
mod invitations;
mod notices;
mod outbox;
mod own_writes;
mod paging;
mod people;
mod registration;
mod registry;
mod survival;
mod tenants;

use crate::fixture::{self, event};
use hospes_idp::guest::user::User;
use hospes_idp::ids::{TenantId, UserId};
use hospes_idp::ports::{Change, ChangeError, Directory, PageRequest, UserQuery};
use hospes_idp::tenant::Tenant;
use hospes_idp::vault::SecretHash;
use std::sync::Arc;

type Store = Arc<dyn Directory>;

/// Makes a change that must succeed.
async fn make(directory: &Store, tenant: TenantId, change: Change) {
    directory.apply(change, event(tenant)).await.unwrap();
}

/// Deletes somebody, and then for good.
async fn purge(directory: &Store, tenant: TenantId, id: UserId) {
    let user = directory.user(tenant, id).await.unwrap().unwrap();
    let early = Change::DeleteUser(tenant, id);
    assert!(is_missing(&refused(directory, tenant, early.clone()).await), "who is not deleted is not purged");
    make(directory, tenant, Change::UpdateUser(User { deleted_at: Some(user.created_at), ..user })).await;
    make(directory, tenant, early).await;
}

/// Makes a change that must be refused, and checks that it left nothing behind, not even its audit entry.
async fn refused(directory: &Store, tenant: TenantId, change: Change) -> ChangeError {
    let before = everything(directory, tenant).await;
    let refusal = directory.apply(change, event(tenant)).await.unwrap_err();
    assert_eq!(everything(directory, tenant).await, before, "{refusal}");
    refusal
}

/// All a tenant has, as text.
async fn everything(directory: &Store, tenant: TenantId) -> String {
    let mut users = directory.list_users(tenant, &UserQuery::default(), all()).await.unwrap().items;
    users.extend(directory.list_users(tenant, &UserQuery::default().deleted(), all()).await.unwrap().items);
    let mut people = Vec::new();
    for user in &users {
        people.push((
            directory.identities(tenant, user.id).await.unwrap(),
            directory.local_account(tenant, user.id).await.unwrap(),
            directory.groups_of(tenant, user.id, all()).await.unwrap(),
        ));
    }
    let found = (
        directory.tenant(tenant).await.unwrap(),
        directory.signing_keys(tenant).await.unwrap(),
        directory.list_clients(tenant, all()).await.unwrap(),
        directory.list_registration_tokens(tenant, all()).await.unwrap(),
        directory.list_home_idps(tenant, all()).await.unwrap(),
        directory.list_groups(tenant, all()).await.unwrap(),
        directory.list_invitations(tenant, None, all()).await.unwrap(),
        directory.list_audit(tenant, None, all()).await.unwrap(),
    );
    // Secrets are hidden in `Debug`, but a row more or less is not.
    format!("{users:?}{people:?}{found:?}")
}

fn all() -> PageRequest {
    PageRequest { after: None, size: 1000 }
}

/// A tenant with nothing in it.
async fn new_tenant(directory: &Store) -> Tenant {
    let tenant = fixture::tenant();
    make(directory, tenant.id, Change::CreateTenant(tenant.clone(), vec![])).await;
    tenant
}

fn is_stale(refusal: &ChangeError) -> bool {
    matches!(refusal, ChangeError::Stale)
}

fn is_missing(refusal: &ChangeError) -> bool {
    matches!(refusal, ChangeError::NotFound)
}

fn is_conflict(refusal: &ChangeError, over: &str) -> bool {
    matches!(refusal, ChangeError::Conflict(name) if *name == over)
}

/// A hash no invitation has.
fn other_secret() -> SecretHash {
    SecretHash(fixture::ctx().bytes())
}
