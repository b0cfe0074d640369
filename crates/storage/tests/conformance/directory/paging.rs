//! Paging: no gaps and no repeats, also while rows come and go, and no trouble with cursors that were never handed out.

use super::{Store, make, new_tenant};
use crate::backend::on_every_directory;
use crate::fixture::{client, event, guest, home_idp, invitation, member};
use hospes_idp::ports::directory::Invitee;
use hospes_idp::ports::{Change, Page, PageRequest, UserQuery};
use hospes_idp::tenant::Tenant;

on_every_directory! {
    users_are_paged_while_others_are_added
    clients_are_paged_in_order_of_bytes
    home_idps_are_paged
    invitations_are_paged_newest_first
    entries_are_paged_newest_first
    tenants_are_paged_by_name
    deleted_rows_make_no_gap
    cursors_that_were_never_handed_out_do_no_harm
}

fn page(after: Option<&str>, size: u32) -> PageRequest {
    let after = after.map(str::to_owned);
    PageRequest { after, size }
}

/// Every page of three, and what the caller does between two of them.
async fn walk<T>(read: impl AsyncFn(PageRequest) -> Page<T>, between: impl AsyncFn()) -> Vec<T> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let Page { items, next } = read(page(after.as_deref(), 3)).await;
        assert!(items.len() == 3 || next.is_none());
        found.extend(items);
        match next {
            Some(next) => after = Some(next),
            None => return found,
        }
        between().await;
    }
}

async fn add_user(directory: &Store, tenant: &Tenant, name: usize) -> hospes_idp::ids::UserId {
    let user = member(tenant, &format!("m{name}@a.example"));
    make(directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    user.id
}

async fn users_are_paged_while_others_are_added(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut first = Vec::new();
    for name in 0..10 {
        first.push(add_user(&directory, &tenant, name).await);
    }
    let added = std::sync::atomic::AtomicUsize::new(100);
    let list = async |page| directory.list_users(tenant.id, &UserQuery::default(), page).await.unwrap();
    let found = walk(list, async || {
        if added.load(std::sync::atomic::Ordering::SeqCst) < 104 {
            let name = added.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            add_user(&directory, &tenant, name).await;
        }
    });
    let found: Vec<_> = found.await.into_iter().map(|user| user.id).collect();
    // New identifiers sort last, so those added on the way are met at the end.
    assert_eq!(found[..10], first);
    assert_eq!(found.len(), 14);
    let whole = directory.list_users(tenant.id, &UserQuery::default(), page(None, 14)).await.unwrap();
    assert_eq!((whole.items.len(), whole.next), (14, None));
}

async fn clients_are_paged_in_order_of_bytes(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let names = ["-", "A", "B", "_", "a", "a-b", "a_b", "aa", "ab", "b", "ä", "\u{10000}"];
    for name in names.iter().rev() {
        make(&directory, tenant.id, Change::InsertClient(client(&tenant, name))).await;
    }
    let list = async |page| directory.list_clients(tenant.id, page).await.unwrap();
    let found = walk(list, async || {}).await;
    let found: Vec<_> = found.iter().map(|client| client.client_id.as_str()).collect();
    assert_eq!(found, names);
}

async fn home_idps_are_paged(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut made = Vec::new();
    for _ in 0..8 {
        let home_idp = home_idp(&tenant, &[]);
        made.push(home_idp.clone());
        make(&directory, tenant.id, Change::InsertHomeIdp(home_idp)).await;
    }
    let list = async |page| directory.list_home_idps(tenant.id, page).await.unwrap();
    assert_eq!(walk(list, async || {}).await, made);
}

async fn invitations_are_paged_newest_first(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut made = Vec::new();
    for name in 0..8 {
        let user = guest(&tenant, &format!("g{name}@a.example"));
        let invitation = invitation(&user);
        made.insert(0, invitation.clone());
        let change = Change::Invite { user, invitee: Invitee::New, invitation, mail: None };
        make(&directory, tenant.id, change).await;
    }
    let list = async |page| directory.list_invitations(tenant.id, None, page).await.unwrap();
    assert_eq!(walk(list, async || {}).await, made);
}

async fn entries_are_paged_newest_first(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut made: Vec<_> = (0..9).map(|_| event(tenant.id)).collect();
    directory.append_audit(&made).await.unwrap();
    made.reverse();
    let list = async |page| directory.list_audit(tenant.id, None, page).await.unwrap();
    let found = walk(list, async || {
        // Newer ones come before the first page and do not shift the next.
        directory.append_audit(&[event(tenant.id)]).await.unwrap();
    });
    assert_eq!(found.await[..9], made);
}

async fn tenants_are_paged_by_name(directory: Store) {
    let mut made = Vec::new();
    for _ in 0..8 {
        made.push(new_tenant(&directory).await);
    }
    made.sort_by(|a, b| a.slug.cmp(&b.slug));
    let list = async |page| directory.list_tenants(page).await.unwrap();
    assert_eq!(walk(list, async || {}).await, made);
}

async fn deleted_rows_make_no_gap(directory: Store) {
    let tenant = new_tenant(&directory).await;
    for name in ["a", "b", "c", "d", "e"] {
        make(&directory, tenant.id, Change::InsertClient(client(&tenant, name))).await;
    }
    let first = directory.list_clients(tenant.id, page(None, 2)).await.unwrap();
    // Also the very row the cursor names.
    for client in &first.items {
        let delete = Change::DeleteClient(tenant.id, client.client_id.clone());
        make(&directory, tenant.id, delete).await;
    }
    let rest = directory.list_clients(tenant.id, page(first.next.as_deref(), 9)).await.unwrap();
    let rest: Vec<_> = rest.items.iter().map(|client| client.client_id.as_str()).collect();
    assert_eq!(rest, ["c", "d", "e"]);
}

async fn cursors_that_were_never_handed_out_do_no_harm(directory: Store) {
    let tenant = new_tenant(&directory).await;
    for name in 0..3 {
        add_user(&directory, &tenant, name).await;
    }
    let garbage = ["", "\0", "'; DROP TABLE users; --", "zzz", "ü", "0", &"x".repeat(100_000)];
    for after in garbage {
        let request = || page(Some(after), 2);
        let users = directory.list_users(tenant.id, &UserQuery::default(), request()).await.unwrap();
        assert!(users.items.len() <= 2 && users.items.iter().all(|user| user.tenant == tenant.id));
        directory.list_tenants(request()).await.unwrap();
        directory.list_clients(tenant.id, request()).await.unwrap();
        directory.list_home_idps(tenant.id, request()).await.unwrap();
        directory.list_invitations(tenant.id, None, request()).await.unwrap();
        directory.list_audit(tenant.id, None, request()).await.unwrap();
    }
    let some = directory.list_users(tenant.id, &UserQuery::default(), page(None, 0)).await.unwrap();
    assert_eq!(some.items.len(), 1);
    let many = directory.list_users(tenant.id, &UserQuery::default(), page(None, u32::MAX)).await.unwrap();
    assert_eq!(many.items.len(), 3);
}
