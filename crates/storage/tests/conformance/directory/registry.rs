//! Tenants, signing keys, clients and home IdPs: made, read, changed, deleted, and every way that is refused.

use super::{Store, all, is_conflict, is_missing, is_stale, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{account, client, consent, home_idp, identity, member, signing_key, tenant};
use hospes_idp::email::Domain;
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::ports::directory::{Admission, Binding};
use hospes_idp::ports::{Change, UserQuery};
use hospes_idp::tenant::{SigningKey, Status, Tenant};
use hospes_protocol::ClientId;

on_every_directory! {
    a_tenant_is_made_with_its_keys_and_changed
    a_tenant_that_is_taken_stale_or_missing_is_refused
    signing_keys_come_oldest_first
    key_02_a_signing_key_goes_and_another_takes_its_place
    a_client_is_made_changed_and_deleted
    a_client_that_is_taken_stale_or_missing_is_refused
    client_identifiers_are_compared_byte_for_byte
    a_client_made_anew_inherits_no_consent
    a_home_idp_is_found_by_its_domains
    a_domain_belongs_to_one_home_idp
    a_home_idp_that_is_stale_or_missing_is_refused
    deleting_a_home_idp_takes_its_links_and_leaves_the_people
    the_store_answers
}

fn renamed(tenant: &Tenant) -> Tenant {
    Tenant { display_name: "Renamed".to_owned(), ..tenant.clone() }
}

async fn a_tenant_is_made_with_its_keys_and_changed(directory: Store) {
    let tenant = tenant();
    assert_eq!(directory.tenant(tenant.id).await.unwrap(), None);
    assert_eq!(directory.tenant_by_slug(&tenant.slug).await.unwrap(), None);
    let keys = vec![signing_key(&tenant, "a"), signing_key(&tenant, "b")];
    make(&directory, tenant.id, Change::CreateTenant(tenant.clone(), keys.clone())).await;
    assert_eq!(directory.tenant(tenant.id).await.unwrap().as_ref(), Some(&tenant));
    assert_eq!(directory.tenant_by_slug(&tenant.slug).await.unwrap().as_ref(), Some(&tenant));
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), keys);

    make(&directory, tenant.id, Change::UpdateTenant(renamed(&tenant))).await;
    let changed = Tenant { version: 1, ..renamed(&tenant) };
    assert_eq!(directory.tenant(tenant.id).await.unwrap().as_ref(), Some(&changed));
    assert_eq!(directory.tenant_by_slug(&tenant.slug).await.unwrap(), Some(changed));
}

async fn a_tenant_that_is_taken_stale_or_missing_is_refused(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let same_slug = Tenant { slug: tenant.slug.clone(), ..crate::fixture::tenant() };
    let change = Change::CreateTenant(same_slug.clone(), vec![]);
    assert!(is_conflict(&refused(&directory, same_slug.id, change).await, "slug"));
    let two_keys_alike = crate::fixture::tenant();
    let keys = vec![signing_key(&two_keys_alike, "a"), signing_key(&two_keys_alike, "a")];
    let change = Change::CreateTenant(two_keys_alike.clone(), keys);
    assert!(is_conflict(&refused(&directory, two_keys_alike.id, change).await, "key_id"));

    make(&directory, tenant.id, Change::UpdateTenant(renamed(&tenant))).await;
    assert!(is_stale(&refused(&directory, tenant.id, Change::UpdateTenant(tenant.clone())).await));
    let missing = Change::UpdateTenant(crate::fixture::tenant());
    assert!(is_missing(&refused(&directory, tenant.id, missing).await));
}

async fn signing_keys_come_oldest_first(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let [old, new] = [signing_key(&tenant, "z"), signing_key(&tenant, "a")];
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), []);
    make(&directory, tenant.id, Change::InsertSigningKey(new.clone())).await;
    let first = directory.signing_keys(tenant.id).await.unwrap();
    assert_eq!(*first, std::slice::from_ref(&new));
    make(&directory, tenant.id, Change::InsertSigningKey(old.clone())).await;
    let again = refused(&directory, tenant.id, Change::InsertSigningKey(old.clone())).await;
    assert!(is_conflict(&again, "key_id"));
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), [old, new]);
    let stranger = signing_key(&crate::fixture::tenant(), "a");
    assert!(is_missing(&refused(&directory, tenant.id, Change::InsertSigningKey(stranger)).await));
}

async fn key_02_a_signing_key_goes_and_another_takes_its_place(directory: Store) {
    let (tenant, other) = (new_tenant(&directory).await, new_tenant(&directory).await);
    let [old, mut waits, new] = ["old", "waits", "new"].map(|id| signing_key(&tenant, id));
    for key in [&old, &waits] {
        make(&directory, tenant.id, Change::InsertSigningKey(key.clone())).await;
    }
    let remove = |key: &SigningKey, successor: Option<&SigningKey>| Change::RemoveSigningKey {
        tenant: tenant.id,
        key_id: key.key_id.clone(),
        successor: successor.cloned(),
    };
    let foreign = signing_key(&other, "foreign");
    assert!(is_missing(&refused(&directory, tenant.id, remove(&old, Some(&foreign))).await));
    assert!(is_missing(&refused(&directory, tenant.id, remove(&new, Some(&new))).await));
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), [old.clone(), waits.clone()]);
    waits.signs_from = Some(waits.created_at);
    make(&directory, tenant.id, remove(&old, Some(&waits))).await;
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), std::slice::from_ref(&waits));
    make(&directory, tenant.id, remove(&waits, Some(&new))).await;
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), std::slice::from_ref(&new));
    assert!(is_missing(&refused(&directory, tenant.id, remove(&waits, None)).await), "once");
    make(&directory, tenant.id, remove(&new, None)).await;
    assert_eq!(*directory.signing_keys(tenant.id).await.unwrap(), []);
    assert_eq!(*directory.signing_keys(other.id).await.unwrap(), []);
}

async fn a_client_is_made_changed_and_deleted(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut client = client(&tenant, "portal");
    let read = async || directory.client(tenant.id, &client.client_id.clone()).await.unwrap();
    assert_eq!(read().await, None);
    make(&directory, tenant.id, Change::InsertClient(client.clone())).await;
    assert_eq!(read().await.as_ref(), Some(&client));
    let id = client.client_id.clone();
    client.status = Status::Disabled;
    make(&directory, tenant.id, Change::UpdateClient(client.clone())).await;
    client.version = 1;
    assert_eq!(directory.client(tenant.id, &id).await.unwrap(), Some(client));
    make(&directory, tenant.id, Change::DeleteClient(tenant.id, id.clone())).await;
    assert_eq!(directory.client(tenant.id, &id).await.unwrap(), None);
    assert_eq!(directory.list_clients(tenant.id, all()).await.unwrap().items, []);
}

async fn a_client_that_is_taken_stale_or_missing_is_refused(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let known = client(&tenant, "portal");
    make(&directory, tenant.id, Change::InsertClient(known.clone())).await;
    let again = refused(&directory, tenant.id, Change::InsertClient(known.clone())).await;
    assert!(is_conflict(&again, "client_id"));
    make(&directory, tenant.id, Change::UpdateClient(known.clone())).await;
    assert!(is_stale(&refused(&directory, tenant.id, Change::UpdateClient(known)).await));
    let other = client(&tenant, "other");
    let id = other.client_id.clone();
    assert!(is_missing(&refused(&directory, tenant.id, Change::UpdateClient(other)).await));
    assert!(is_missing(&refused(&directory, tenant.id, Change::DeleteClient(tenant.id, id)).await));
}

async fn client_identifiers_are_compared_byte_for_byte(directory: Store) {
    let tenant = new_tenant(&directory).await;
    make(&directory, tenant.id, Change::InsertClient(client(&tenant, "Portal"))).await;
    for other in ["portal", "Portal ", " Portal", "Portal\0", "PORTAL", "Portál", ""] {
        let found = directory.client(tenant.id, &ClientId::new(other)).await.unwrap();
        assert_eq!(found, None, "{other:?}");
    }
    make(&directory, tenant.id, Change::InsertClient(client(&tenant, "portal"))).await;
    make(&directory, tenant.id, Change::InsertClient(client(&tenant, "Portal "))).await;
    // A key that PostgreSQL could not hold is refused by SQLite too.
    refused(&directory, tenant.id, Change::InsertClient(client(&tenant, "Portal\0"))).await;
}

async fn a_client_made_anew_inherits_no_consent(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (user, client) = (member(&tenant, "ada@fjord.example"), client(&tenant, "portal"));
    let remembered = async || {
        let consent = directory.consent(tenant.id, user.id, &client.client_id).await;
        consent.unwrap()
    };
    make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    let early = Change::PutConsent(consent(&user, &client, "openid"));
    assert!(is_missing(&refused(&directory, tenant.id, early).await));
    make(&directory, tenant.id, Change::InsertClient(client.clone())).await;
    for scope in ["openid", "openid profile"] {
        let consent = consent(&user, &client, scope);
        make(&directory, tenant.id, Change::PutConsent(consent.clone())).await;
        assert_eq!(remembered().await, Some(consent));
    }
    make(&directory, tenant.id, Change::DeleteClient(tenant.id, client.client_id.clone())).await;
    make(&directory, tenant.id, Change::InsertClient(client.clone())).await;
    assert_eq!(remembered().await, None);
}

async fn by_domain(directory: &Store, tenant: &Tenant, domain: &str) -> Option<HomeIdp> {
    let domain = Domain::parse(domain).unwrap();
    directory.home_idp_for_domain(tenant.id, &domain).await.unwrap()
}

async fn a_home_idp_is_found_by_its_domains(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut known = home_idp(&tenant, &["a.example", "b.example"]);
    make(&directory, tenant.id, Change::InsertHomeIdp(known.clone())).await;
    assert_eq!(directory.home_idp(tenant.id, known.id).await.unwrap().as_ref(), Some(&known));
    assert_eq!(by_domain(&directory, &tenant, "a.example").await.as_ref(), Some(&known));
    for stranger in ["sub.a.example", "example.com", "c.example"] {
        assert_eq!(by_domain(&directory, &tenant, stranger).await, None);
    }
    known.domains = home_idp(&tenant, &["b.example", "c.example"]).domains;
    make(&directory, tenant.id, Change::UpdateHomeIdp(known.clone())).await;
    known.version = 1;
    assert_eq!(directory.home_idp(tenant.id, known.id).await.unwrap().as_ref(), Some(&known));
    assert_eq!(by_domain(&directory, &tenant, "a.example").await, None);
    assert_eq!(by_domain(&directory, &tenant, "b.example").await.as_ref(), Some(&known));
    assert_eq!(by_domain(&directory, &tenant, "c.example").await, Some(known));
}

async fn a_domain_belongs_to_one_home_idp(directory: Store) {
    let tenant = new_tenant(&directory).await;
    make(&directory, tenant.id, Change::InsertHomeIdp(home_idp(&tenant, &["a.example"]))).await;
    let second = home_idp(&tenant, &["b.example", "a.example"]);
    let change = Change::InsertHomeIdp(second.clone());
    assert!(is_conflict(&refused(&directory, tenant.id, change).await, "domain"));
    assert_eq!(by_domain(&directory, &tenant, "b.example").await, None);
    let modest = HomeIdp { domains: vec![], ..second.clone() };
    make(&directory, tenant.id, Change::InsertHomeIdp(modest)).await;
    let change = Change::UpdateHomeIdp(second.clone());
    assert!(is_conflict(&refused(&directory, tenant.id, change).await, "domain"));
    let again = Change::InsertHomeIdp(HomeIdp { domains: vec![], ..second });
    assert!(is_conflict(&refused(&directory, tenant.id, again).await, "home IdP"));
}

async fn a_home_idp_that_is_stale_or_missing_is_refused(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let known = home_idp(&tenant, &["a.example"]);
    make(&directory, tenant.id, Change::InsertHomeIdp(known.clone())).await;
    make(&directory, tenant.id, Change::UpdateHomeIdp(known.clone())).await;
    assert!(is_stale(&refused(&directory, tenant.id, Change::UpdateHomeIdp(known)).await));
    let other = home_idp(&tenant, &[]);
    let delete = Change::DeleteHomeIdp(tenant.id, other.id);
    assert!(is_missing(&refused(&directory, tenant.id, Change::UpdateHomeIdp(other)).await));
    assert!(is_missing(&refused(&directory, tenant.id, delete).await));
}

async fn deleting_a_home_idp_takes_its_links_and_leaves_the_people(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let home = home_idp(&tenant, &["a.example"]);
    make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    for number in 0..3 {
        let user = member(&tenant, &format!("m{number}@a.example"));
        make(&directory, tenant.id, Change::InsertUser(user.clone(), Some(account(&user)))).await;
        let binding = Binding::Federated(identity(&user, &home, &format!("sub-{number}")));
        let admission = Admission { user, binding, invitation: None };
        make(&directory, tenant.id, Change::Admit(Box::new(admission))).await;
    }
    assert_eq!(directory.count_linked(tenant.id, home.id).await.unwrap(), 3);
    make(&directory, tenant.id, Change::DeleteHomeIdp(tenant.id, home.id)).await;
    assert_eq!(directory.home_idp(tenant.id, home.id).await.unwrap(), None);
    assert_eq!(by_domain(&directory, &tenant, "a.example").await, None);
    assert_eq!(directory.count_linked(tenant.id, home.id).await.unwrap(), 0);
    let users = directory.list_users(tenant.id, &UserQuery::default(), all()).await.unwrap().items;
    assert_eq!(users.len(), 3);
    for user in users {
        assert_eq!(directory.identities(tenant.id, user.id).await.unwrap(), []);
        assert!(directory.local_account(tenant.id, user.id).await.unwrap().is_some());
    }
}

async fn the_store_answers(directory: Store) {
    directory.ping().await.unwrap();
}
