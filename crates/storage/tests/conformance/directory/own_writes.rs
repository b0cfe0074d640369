//! What was just written is what is read next, also where it had been read, and remembered, before.

use super::{Store, make, new_tenant};
use crate::backend::on_every_directory;
use crate::fixture::{account, client, guest, home_idp, invitation, signing_key};
use hospes_idp::ports::Change;
use hospes_idp::ports::directory::{Admission, Binding, Invitee};
use hospes_idp::tenant::Status;

on_every_directory! {
    ses_08_a_tenant_and_its_keys
    ses_08_a_client
    ses_08_a_home_idp
    ses_08_a_person
    ses_08_an_admitted_guest
}

async fn ses_08_a_tenant_and_its_keys(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let read = async || {
        let by_id = directory.tenant(tenant.id).await.unwrap().unwrap();
        let by_slug = directory.tenant_by_slug(&by_id.slug).await.unwrap().unwrap();
        [by_id.status, by_slug.status]
    };
    assert_eq!(read().await, [Status::Enabled; 2]);
    let disabled = hospes_idp::tenant::Tenant { status: Status::Disabled, ..tenant.clone() };
    make(&directory, tenant.id, Change::UpdateTenant(disabled)).await;
    assert_eq!(read().await, [Status::Disabled; 2]);
    for count in 1..3 {
        let key = signing_key(&tenant, &count.to_string());
        make(&directory, tenant.id, Change::InsertSigningKey(key)).await;
        assert_eq!(directory.signing_keys(tenant.id).await.unwrap().len(), count);
    }
}

async fn ses_08_a_client(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut client = client(&tenant, "portal");
    let id = client.client_id.clone();
    let status = async || {
        let found = directory.client(tenant.id, &id).await.unwrap();
        found.map(|client| client.status)
    };
    assert_eq!(status().await, None);
    make(&directory, tenant.id, Change::InsertClient(client.clone())).await;
    assert_eq!(status().await, Some(Status::Enabled));
    client.status = Status::Disabled;
    make(&directory, tenant.id, Change::UpdateClient(client)).await;
    assert_eq!(status().await, Some(Status::Disabled));
    make(&directory, tenant.id, Change::DeleteClient(tenant.id, id.clone())).await;
    assert_eq!(status().await, None);
}

async fn ses_08_a_home_idp(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut home = home_idp(&tenant, &[]);
    let id = home.id;
    let status = async || {
        let found = directory.home_idp(tenant.id, id).await.unwrap();
        found.map(|home| home.status)
    };
    assert_eq!(status().await, None);
    make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    assert_eq!(status().await, Some(Status::Enabled));
    home.status = Status::Disabled;
    make(&directory, tenant.id, Change::UpdateHomeIdp(home)).await;
    assert_eq!(status().await, Some(Status::Disabled));
    make(&directory, tenant.id, Change::DeleteHomeIdp(tenant.id, id)).await;
    assert_eq!(status().await, None);
}

async fn ses_08_a_person(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut user = guest(&tenant, "ada@a.example");
    let id = user.id;
    let status = async || {
        let found = directory.user(tenant.id, id).await.unwrap();
        found.map(|user| user.status)
    };
    assert_eq!(status().await, None);
    make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    assert_eq!(status().await, Some(Status::Enabled));
    user.status = Status::Disabled;
    make(&directory, tenant.id, Change::UpdateUser(user)).await;
    assert_eq!(status().await, Some(Status::Disabled));
    super::purge(&directory, tenant.id, id).await;
    assert_eq!(status().await, None);
}

async fn ses_08_an_admitted_guest(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = guest(&tenant, "ada@a.example");
    let invitation = invitation(&user);
    let version = async || {
        let found = directory.user(tenant.id, user.id).await.unwrap();
        found.map(|user| user.version)
    };
    assert_eq!(version().await, None);
    let invite = Change::Invite {
        user: user.clone(),
        invitee: Invitee::New,
        invitation: invitation.clone(),
        mail: None,
    };
    make(&directory, tenant.id, invite).await;
    assert_eq!(version().await, Some(0));
    let admission = Admission {
        user: user.clone(),
        binding: Binding::Local(account(&user)),
        invitation: Some(invitation.id),
    };
    make(&directory, tenant.id, Change::Admit(Box::new(admission))).await;
    assert_eq!(version().await, Some(1));
}
