//! Groups: names taken once, members that are people of the tenant, and what goes with what.

use super::{Store, all, is_conflict, is_missing, is_stale, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{ctx, guest, member};
use hospes_idp::guest::group::{Group, MOST_IN_TOKENS, Membership};
use hospes_idp::guest::user::User;
use hospes_idp::ids::{GroupId, TenantId, UserId};
use hospes_idp::ports::{Change, Page, PageRequest};
use hospes_idp::tenant::Tenant;

on_every_directory! {
    a_group_from_beginning_to_end
    a_name_is_taken_once_in_a_tenant
    members_are_people_of_the_tenant
    who_is_deleted_is_in_no_group
    memberships_are_paged
    ses_08_a_change_of_groups_is_seen_at_once
}

pub(super) fn group(tenant: &Tenant, name: &str) -> Group {
    let ctx = ctx();
    Group {
        id: GroupId::generate(&ctx),
        tenant: tenant.id,
        display_name: name.to_owned(),
        description: None,
        created_at: ctx.now,
        version: 0,
    }
}

async fn person(directory: &Store, tenant: &Tenant, email: &str) -> User {
    let user = member(tenant, email);
    make(directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    user
}

fn in_tokens() -> PageRequest {
    PageRequest { after: None, size: MOST_IN_TOKENS }
}

async fn names_of(directory: &Store, tenant: TenantId, user: UserId) -> Vec<String> {
    let page = directory.groups_of(tenant, user, in_tokens()).await.unwrap();
    page.items.into_iter().map(|group| group.display_name).collect()
}

async fn a_group_from_beginning_to_end(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut editors = group(&tenant, "Editors");
    make(&directory, tenant.id, Change::InsertGroup(editors.clone())).await;
    assert_eq!(directory.group(tenant.id, editors.id).await.unwrap(), Some(editors.clone()));
    editors.description = Some("Who may write".into());
    make(&directory, tenant.id, Change::UpdateGroup(editors.clone())).await;
    let read = directory.group(tenant.id, editors.id).await.unwrap().unwrap();
    assert_eq!((read.description.as_deref(), read.version), (Some("Who may write"), 1));
    let stale = refused(&directory, tenant.id, Change::UpdateGroup(editors.clone())).await;
    assert!(is_stale(&stale), "{stale}");
    make(&directory, tenant.id, Change::DeleteGroup(tenant.id, editors.id)).await;
    for change in [Change::DeleteGroup(tenant.id, editors.id), Change::UpdateGroup(editors.clone())] {
        assert!(is_missing(&refused(&directory, tenant.id, change).await));
    }
    let other = new_tenant(&directory).await;
    let theirs = group(&other, "Editors");
    make(&directory, other.id, Change::InsertGroup(theirs.clone())).await;
    assert_eq!(directory.group(tenant.id, theirs.id).await.unwrap(), None, "another tenant's");
    assert_eq!(directory.group_by_name(tenant.id, "editors").await.unwrap(), None);
    assert_eq!(directory.group_by_name(other.id, "editors").await.unwrap(), Some(theirs));
}

async fn a_name_is_taken_once_in_a_tenant(directory: Store) {
    let tenant = new_tenant(&directory).await;
    make(&directory, tenant.id, Change::InsertGroup(group(&tenant, "Möwen"))).await;
    let taken = refused(&directory, tenant.id, Change::InsertGroup(group(&tenant, "MÖWEN"))).await;
    assert!(is_conflict(&taken, "displayName"), "{taken}");
    let mut other = group(&tenant, "Other");
    make(&directory, tenant.id, Change::InsertGroup(other.clone())).await;
    other.display_name = "möwen".into();
    let taken = refused(&directory, tenant.id, Change::UpdateGroup(other)).await;
    assert!(is_conflict(&taken, "displayName"), "{taken}");
}

async fn members_are_people_of_the_tenant(directory: Store) {
    let (tenant, other) = (new_tenant(&directory).await, new_tenant(&directory).await);
    let (editors, theirs) = (group(&tenant, "Editors"), group(&other, "Editors"));
    make(&directory, tenant.id, Change::InsertGroup(editors.clone())).await;
    make(&directory, other.id, Change::InsertGroup(theirs.clone())).await;
    let ada = person(&directory, &tenant, "ada@a.example").await;
    let stranger = guest(&other, "x@b.example");
    make(&directory, other.id, Change::InsertUser(stranger.clone(), None)).await;
    let membership = Membership { tenant: tenant.id, group: editors.id, user: ada.id };
    for wrong in [
        Membership { user: stranger.id, ..membership },
        Membership { group: theirs.id, ..membership },
        Membership { tenant: other.id, ..membership },
    ] {
        assert!(is_missing(&refused(&directory, tenant.id, Change::AddMember(wrong)).await));
    }
    for _ in 0..2 {
        make(&directory, tenant.id, Change::AddMember(membership)).await;
        let found = directory.list_group_members(tenant.id, editors.id, all()).await.unwrap();
        assert_eq!(found, Page { items: vec![ada.clone()], next: None });
    }
    make(&directory, tenant.id, Change::RemoveMember(membership)).await;
    assert!(is_missing(&refused(&directory, tenant.id, Change::RemoveMember(membership)).await));
}

async fn who_is_deleted_is_in_no_group(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (editors, sailors) = (group(&tenant, "Editors"), group(&tenant, "Sailors"));
    let (ada, finn) = (
        person(&directory, &tenant, "ada@a.example").await,
        person(&directory, &tenant, "f@a.example").await,
    );
    for group in [&editors, &sailors] {
        make(&directory, tenant.id, Change::InsertGroup(group.clone())).await;
        for user in [ada.id, finn.id] {
            let membership = Membership { tenant: tenant.id, group: group.id, user };
            make(&directory, tenant.id, Change::AddMember(membership)).await;
        }
    }
    super::purge(&directory, tenant.id, ada.id).await;
    make(&directory, tenant.id, Change::DeleteGroup(tenant.id, editors.id)).await;
    assert_eq!(names_of(&directory, tenant.id, finn.id).await, ["Sailors"]);
    assert_eq!(names_of(&directory, tenant.id, ada.id).await, Vec::<String>::new());
    let left = directory.list_group_members(tenant.id, sailors.id, all()).await.unwrap();
    assert_eq!(left.items.iter().map(|user| user.id).collect::<Vec<_>>(), [finn.id]);
}

async fn memberships_are_paged(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let ada = person(&directory, &tenant, "ada@a.example").await;
    for number in 0..5 {
        let group = group(&tenant, &format!("Group {number}"));
        make(&directory, tenant.id, Change::InsertGroup(group.clone())).await;
        let membership = Membership { tenant: tenant.id, group: group.id, user: ada.id };
        make(&directory, tenant.id, Change::AddMember(membership)).await;
    }
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = directory.groups_of(tenant.id, ada.id, PageRequest { after, size: 2 }).await.unwrap();
        names.extend(page.items.into_iter().map(|group| group.display_name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(names, ["Group 0", "Group 1", "Group 2", "Group 3", "Group 4"]);
}

async fn ses_08_a_change_of_groups_is_seen_at_once(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let ada = person(&directory, &tenant, "ada@a.example").await;
    let mut editors = group(&tenant, "Editors");
    make(&directory, tenant.id, Change::InsertGroup(editors.clone())).await;
    let names = async || names_of(&directory, tenant.id, ada.id).await;
    assert_eq!(names().await, Vec::<String>::new());
    let membership = Membership { tenant: tenant.id, group: editors.id, user: ada.id };
    make(&directory, tenant.id, Change::AddMember(membership)).await;
    assert_eq!(names().await, ["Editors"]);
    editors.display_name = "Writers".into();
    make(&directory, tenant.id, Change::UpdateGroup(editors.clone())).await;
    assert_eq!(names().await, ["Writers"]);
    make(&directory, tenant.id, Change::RemoveMember(membership)).await;
    assert_eq!(names().await, Vec::<String>::new());
    make(&directory, tenant.id, Change::AddMember(membership)).await;
    assert_eq!(names().await, ["Writers"]);
    make(&directory, tenant.id, Change::DeleteGroup(tenant.id, editors.id)).await;
    assert_eq!(names().await, Vec::<String>::new());
}
