//! The tenant boundary: what belongs to one tenant is invisible to and untouchable for another, whatever it is called.

use super::{Store, all, everything, is_missing, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{
    account, client, consent, ctx, event, guest, home_idp, identity, invitation, mail, signing_key,
};
use hospes_idp::client::Client;
use hospes_idp::email::Domain;
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::guest::user::{FederatedIdentity, User};
use hospes_idp::invitation::record::Invitation;
use hospes_idp::ports::directory::{Admission, Binding, Invitee};
use hospes_idp::ports::{Change, ChangeError, UserQuery};
use hospes_idp::tenant::Tenant;

on_every_directory! {
    ten_01_the_registry_of_another_tenant_is_not_read
    ten_01_the_people_of_another_tenant_are_not_read
    ten_02_nothing_of_another_tenant_is_changed
    ten_02_nobody_is_linked_to_a_home_idp_of_another_tenant
    ten_03_names_are_free_in_every_tenant
}

/// One of everything a tenant can have.
struct Everything {
    tenant: Tenant,
    home: HomeIdp,
    portal: Client,
    user: User,
    invitation: Invitation,
    link: FederatedIdentity,
}

fn invite(user: &User, invitation: &Invitation) -> Change {
    Change::Invite { user: user.clone(), invitee: Invitee::New, invitation: invitation.clone(), mail: None }
}

fn admit(user: &User, binding: Binding, invitation: Option<&Invitation>) -> Change {
    Change::Admit(Box::new(Admission {
        user: user.clone(),
        binding,
        invitation: invitation.map(|invitation| invitation.id),
    }))
}

impl Everything {
    async fn in_a_new_tenant(directory: &Store) -> Self {
        let tenant = new_tenant(directory).await;
        let (home, portal) = (home_idp(&tenant, &["a.example"]), client(&tenant, "portal"));
        let user = guest(&tenant, "ada@a.example");
        let (invitation, link) = (invitation(&user), identity(&user, &home, "sub"));
        for change in [
            Change::InsertSigningKey(signing_key(&tenant, "kid")),
            Change::InsertHomeIdp(home.clone()),
            Change::InsertClient(portal.clone()),
            invite(&user, &invitation),
            admit(&user, Binding::Local(account(&user)), None),
            Change::PutConsent(consent(&user, &portal, "openid")),
            admit(&User { version: 1, ..user.clone() }, Binding::Federated(link.clone()), None),
        ] {
            make(directory, tenant.id, change).await;
        }
        Self { tenant, home, portal, user, invitation, link }
    }
}

async fn ten_01_the_registry_of_another_tenant_is_not_read(directory: Store) {
    let ours = Everything::in_a_new_tenant(&directory).await;
    let tenant = new_tenant(&directory).await.id;
    assert_eq!(*directory.signing_keys(tenant).await.unwrap(), []);
    let portal = directory.client(tenant, &ours.portal.client_id).await;
    assert_eq!(portal.unwrap(), None);
    assert_eq!(directory.list_clients(tenant, all()).await.unwrap().items, []);
    assert_eq!(directory.home_idp(tenant, ours.home.id).await.unwrap(), None);
    let domain = Domain::parse("a.example").unwrap();
    let by_domain = directory.home_idp_for_domain(tenant, &domain).await;
    assert_eq!(by_domain.unwrap(), None);
    assert_eq!(directory.list_home_idps(tenant, all()).await.unwrap().items, []);
    assert_eq!(directory.count_linked(tenant, ours.home.id).await.unwrap(), 0);
    let entries = directory.list_audit(tenant, None, all()).await.unwrap().items;
    assert!(entries.len() == 1 && entries[0].tenant == tenant);
}

async fn ten_01_the_people_of_another_tenant_are_not_read(directory: Store) {
    let ours = Everything::in_a_new_tenant(&directory).await;
    let tenant = new_tenant(&directory).await.id;
    let (user, link) = (&ours.user, &ours.link);
    assert_eq!(directory.user(tenant, user.id).await.unwrap(), None);
    let by_email = directory.user_by_email(tenant, &user.email).await;
    assert_eq!(by_email.unwrap(), None);
    let by_identity = directory.user_by_identity(tenant, ours.home.id, &link.issuer, &link.subject);
    assert_eq!(by_identity.await.unwrap(), None);
    let listed = directory.list_users(tenant, &UserQuery::default(), all()).await;
    assert_eq!(listed.unwrap().items, []);
    assert_eq!(directory.identities(tenant, user.id).await.unwrap(), []);
    assert_eq!(directory.local_account(tenant, user.id).await.unwrap(), None);
    let consent = directory.consent(tenant, user.id, &ours.portal.client_id).await;
    assert_eq!(consent.unwrap(), None);
    let by_id = directory.invitation(tenant, ours.invitation.id).await;
    assert_eq!(by_id.unwrap(), None);
    let by_secret = directory.invitation_by_secret(tenant, &ours.invitation.secret).await;
    assert_eq!(by_secret.unwrap(), None);
    let listed = directory.list_invitations(tenant, None, all()).await;
    assert_eq!(listed.unwrap().items, []);
}

async fn ten_02_nothing_of_another_tenant_is_changed(directory: Store) {
    let ours = Everything::in_a_new_tenant(&directory).await;
    let theirs = new_tenant(&directory).await;
    let before = everything(&directory, ours.tenant.id).await;
    let tenant = theirs.id;
    let (mut portal, mut home) = (ours.portal.clone(), ours.home.clone());
    (portal.tenant, home.tenant) = (tenant, tenant);
    let user = &ours.user;
    let moved = User { tenant, version: 1, ..user.clone() };
    let stranger = guest(&theirs, "eve@a.example");
    let link = Binding::Federated(identity(&moved, &ours.home, "sub"));
    for change in [
        Change::UpdateClient(portal),
        Change::DeleteClient(tenant, ours.portal.client_id.clone()),
        Change::UpdateHomeIdp(home),
        Change::DeleteHomeIdp(tenant, ours.home.id),
        Change::UpdateUser(moved.clone()),
        Change::DeleteUser(tenant, user.id),
        Change::ReplacePassword(account(&moved), mail(&theirs, ctx().now)),
        Change::PutConsent(consent(&moved, &ours.portal, "openid")),
        Change::RevokeInvitation(tenant, ours.invitation.id, ctx().now),
        invite(&stranger, &crate::fixture::invitation(user)),
        admit(&moved, Binding::Local(account(user)), Some(&ours.invitation)),
        admit(&moved, Binding::Local(account(&moved)), Some(&ours.invitation)),
        admit(&moved, link, None),
    ] {
        let name = format!("{change:?}");
        let refusal = directory.apply(change, event(tenant)).await.unwrap_err();
        assert!(matches!(refusal, ChangeError::NotFound), "{name}: {refusal}");
    }
    assert_eq!(everything(&directory, ours.tenant.id).await, before);
}

async fn ten_02_nobody_is_linked_to_a_home_idp_of_another_tenant(directory: Store) {
    let ours = Everything::in_a_new_tenant(&directory).await;
    let theirs = new_tenant(&directory).await;
    let stranger = guest(&theirs, "eve@a.example");
    make(&directory, theirs.id, Change::InsertUser(stranger.clone(), None)).await;
    let link = Binding::Federated(identity(&stranger, &ours.home, "other"));
    assert!(is_missing(&refused(&directory, theirs.id, admit(&stranger, link, None)).await));
    let own = Binding::Local(account(&stranger));
    let change = admit(&stranger, own, Some(&ours.invitation));
    assert!(is_missing(&refused(&directory, theirs.id, change).await));
}

async fn ten_03_names_are_free_in_every_tenant(directory: Store) {
    for _ in 0..2 {
        let tenant = new_tenant(&directory).await;
        let (home, user) = (home_idp(&tenant, &["a.example"]), guest(&tenant, "ada@a.example"));
        make(&directory, tenant.id, Change::InsertClient(client(&tenant, "portal"))).await;
        make(&directory, tenant.id, Change::InsertSigningKey(signing_key(&tenant, "kid"))).await;
        make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
        make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
        let found = directory.client(tenant.id, &client(&tenant, "portal").client_id).await;
        assert_eq!(found.unwrap().unwrap().tenant, tenant.id);
        let found = directory.user_by_email(tenant.id, &user.email).await;
        assert_eq!(found.unwrap().unwrap().id, user.id);
    }
}
