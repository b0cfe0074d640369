//! The audit trail: nothing without its entry, no entry without its change, newest first.

use super::{Store, all, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{client, event, tenant};
use hospes_idp::ports::Change;

on_every_directory! {
    aud_01_every_change_is_recorded_with_its_entry
    aud_02_a_change_that_fails_is_not_recorded
    entries_without_a_change_are_appended_once
    entries_are_found_by_their_reference
}

async fn aud_01_every_change_is_recorded_with_its_entry(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let entry = event(tenant.id).target("portal").reason("because");
    let change = Change::InsertClient(client(&tenant, "portal"));
    directory.apply(change, entry.clone()).await.unwrap();
    let entries = directory.list_audit(tenant.id, None, all()).await.unwrap().items;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0], entry);
}

async fn aud_02_a_change_that_fails_is_not_recorded(directory: Store) {
    let tenant = new_tenant(&directory).await;
    make(&directory, tenant.id, Change::InsertClient(client(&tenant, "portal"))).await;
    refused(&directory, tenant.id, Change::InsertClient(client(&tenant, "portal"))).await;
    assert_eq!(directory.list_audit(tenant.id, None, all()).await.unwrap().items.len(), 2);
    // And a change whose entry cannot be written is not made.
    let entry = event(tenant.id);
    directory.append_audit(std::slice::from_ref(&entry)).await.unwrap();
    let other = client(&tenant, "other");
    let id = other.client_id.clone();
    assert!(directory.apply(Change::InsertClient(other), entry).await.is_err());
    assert_eq!(directory.client(tenant.id, &id).await.unwrap(), None);
}

async fn entries_without_a_change_are_appended_once(directory: Store) {
    let tenant = new_tenant(&directory).await;
    // More than go into one statement.
    let entries: Vec<_> = (0..75).map(|_| event(tenant.id)).collect();
    directory.append_audit(&[]).await.unwrap();
    directory.append_audit(&entries[..10]).await.unwrap();
    // The answer to the first attempt was lost.
    directory.append_audit(&entries).await.unwrap();
    let found = directory.list_audit(tenant.id, None, all()).await.unwrap().items;
    assert!(found.iter().take(75).eq(entries.iter().rev()));
    assert_eq!(found.len(), 76);
    let stranger = crate::fixture::tenant();
    assert!(directory.append_audit(&[event(tenant.id), event(stranger.id)]).await.is_err());
    assert_eq!(directory.list_audit(tenant.id, None, all()).await.unwrap().items.len(), 76);
}

async fn entries_are_found_by_their_reference(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let [one, other] = [event(tenant.id), event(tenant.id)];
    directory.append_audit(&[one.clone(), other]).await.unwrap();
    let find = async |reference: &str| {
        let page = directory.list_audit(tenant.id, Some(reference), all()).await;
        page.unwrap().items
    };
    assert_eq!(find(&one.reference).await, std::slice::from_ref(&one));
    for stranger in ["", "%", "\0", "H-XXXX-XXXX'", &one.reference.to_lowercase()] {
        assert_eq!(find(stranger).await, [], "{stranger:?}");
    }
    let elsewhere = directory.list_audit(crate::fixture::tenant().id, Some(&one.reference), all());
    assert_eq!(elsewhere.await.unwrap().items, []);
    assert_eq!(directory.tenant(tenant.id).await.unwrap().unwrap().id, tenant.id);
    assert_eq!(directory.tenant_by_slug(&self::tenant().slug).await.unwrap(), None);
}
