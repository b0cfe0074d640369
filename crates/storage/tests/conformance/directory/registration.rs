//! Leave to register clients: made, read with its count, used up, withdrawn.

use super::{Store, all, is_conflict, is_missing, is_stale, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{client, ctx};
use hospes_idp::ids::RegistrationTokenId;
use hospes_idp::ports::{Change, ChangeError, PageRequest};
use hospes_idp::registration::record::{Ceiling, RegistrationToken};
use hospes_idp::tenant::Tenant;
use hospes_idp::vault::SecretHash;

on_every_directory! {
    leave_is_found_by_its_value_and_withdrawn
    leave_that_is_taken_or_missing_is_refused
    each_client_counts_and_the_last_one_is_the_last
    of_many_at_once_as_many_pass_as_are_left
}

fn leave(tenant: &Tenant, secret: &str, max_clients: u32) -> RegistrationToken {
    let ctx = ctx();
    RegistrationToken {
        tenant: tenant.id,
        id: RegistrationTokenId::generate(&ctx),
        display_name: "Robots ü".to_owned(),
        secret: SecretHash::of(secret),
        ceiling: Ceiling::default(),
        max_clients,
        clients: 0,
        expires_at: ctx.after(60),
        created_at: ctx.now,
    }
}

async fn leave_is_found_by_its_value_and_withdrawn(directory: Store) {
    let (tenant, other) = (new_tenant(&directory).await, new_tenant(&directory).await);
    let (first, second) = (leave(&tenant, "a", 3), leave(&tenant, "b", 3));
    for token in [&first, &second] {
        make(&directory, tenant.id, Change::InsertRegistrationToken(token.clone())).await;
    }
    let found = async |tenant: &Tenant, secret: &str| {
        directory.registration_token(tenant.id, &SecretHash::of(secret)).await.unwrap()
    };
    assert_eq!(found(&tenant, "a").await.as_ref(), Some(&first));
    assert_eq!((found(&tenant, "c").await, found(&other, "a").await), (None, None));
    let page = PageRequest { after: None, size: 1 };
    let one = directory.list_registration_tokens(tenant.id, page).await.unwrap();
    assert_eq!(one.items, std::slice::from_ref(&first));
    let rest = PageRequest { after: one.next, size: 9 };
    let rest = directory.list_registration_tokens(tenant.id, rest).await.unwrap();
    assert_eq!(rest.items, std::slice::from_ref(&second));
    make(&directory, tenant.id, Change::DeleteRegistrationToken(tenant.id, first.id)).await;
    assert_eq!(found(&tenant, "a").await, None);
    assert_eq!(directory.list_registration_tokens(tenant.id, all()).await.unwrap().items, [second]);
}

async fn leave_that_is_taken_or_missing_is_refused(directory: Store) {
    let (tenant, other) = (new_tenant(&directory).await, new_tenant(&directory).await);
    let token = leave(&tenant, "a", 3);
    make(&directory, tenant.id, Change::InsertRegistrationToken(token.clone())).await;
    let twin = Change::InsertRegistrationToken(leave(&tenant, "a", 3));
    assert!(is_conflict(&refused(&directory, tenant.id, twin).await, "registration token"));
    let foreign = Change::DeleteRegistrationToken(other.id, token.id);
    assert!(is_missing(&refused(&directory, other.id, foreign).await));
    let foreign = Change::RegisterClient(client(&other, "robot"), token.id);
    assert!(is_missing(&refused(&directory, other.id, foreign).await));
}

async fn each_client_counts_and_the_last_one_is_the_last(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let token = leave(&tenant, "a", 2);
    make(&directory, tenant.id, Change::InsertRegistrationToken(token.clone())).await;
    let register = |id: &str| Change::RegisterClient(client(&tenant, id), token.id);
    make(&directory, tenant.id, register("one")).await;
    assert!(is_conflict(&refused(&directory, tenant.id, register("one")).await, "client_id"));
    let counted = directory.registration_token(tenant.id, &token.secret).await.unwrap().unwrap();
    assert_eq!(counted.clients, 1, "what failed does not count");
    make(&directory, tenant.id, register("two")).await;
    assert!(is_stale(&refused(&directory, tenant.id, register("three")).await));
    make(&directory, tenant.id, Change::DeleteRegistrationToken(tenant.id, token.id)).await;
    assert_eq!(directory.list_clients(tenant.id, all()).await.unwrap().items.len(), 2);
}

async fn of_many_at_once_as_many_pass_as_are_left(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let token = leave(&tenant, "a", 5);
    make(&directory, tenant.id, Change::InsertRegistrationToken(token.clone())).await;
    let attempts: Vec<_> = (0..20)
        .map(|number| {
            let directory = directory.clone();
            let change = Change::RegisterClient(client(&tenant, &format!("robot-{number}")), token.id);
            let event = crate::fixture::event(tenant.id);
            tokio::spawn(async move { directory.apply(change, event).await })
        })
        .collect();
    let mut answers: Vec<Result<(), ChangeError>> = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(is_stale));
    assert_eq!(directory.list_clients(tenant.id, all()).await.unwrap().items.len(), 5);
}
