//! The tenant boundary: what belongs to one tenant is invisible to and untouchable for another, whatever it is called.

use super::{Store, all, everything, make, new_tenant};
use crate::backend::on_every_directory;
use crate::fixture::{
    account, client, consent, ctx, event, guest, home_idp, identity, invitation, signing_key,
};
use hospes_idp::email::Domain;
use hospes_idp::guest::user::User;
use hospes_idp::ports::directory::{Admission, Binding, UserFilter};
use hospes_idp::ports::{Change, ChangeError};

on_every_directory! {
    ten_01_nothing_of_another_tenant_is_read
    ten_02_nothing_of_another_tenant_is_changed
    ten_03_names_are_free_in_every_tenant
}

async fn ten_01_nothing_of_another_tenant_is_read(directory: Store) {
    let (ours, theirs) = (new_tenant(&directory).await, new_tenant(&directory).await);
    let (home, portal) = (home_idp(&ours, &["a.example"]), client(&ours, "portal"));
    let user = guest(&ours, "ada@a.example");
    let (invitation, link) = (invitation(&user), identity(&user, &home, "sub"));
    for change in [
        Change::InsertSigningKey(signing_key(&ours, "kid")),
        Change::InsertHomeIdp(home.clone()),
        Change::InsertClient(portal.clone()),
        Change::Invite {
            user: user.clone(),
            is_new: true,
            invitation: invitation.clone(),
            mail: None,
        },
        Change::PutLocalAccount(account(&user)),
        Change::PutConsent(consent(&user, &portal, "openid")),
        Change::Admit(Box::new(Admission {
            user: user.clone(),
            binding: Binding::Federated(link.clone()),
            invitation: None,
        })),
    ] {
        make(&directory, ours.id, change).await;
    }
    let tenant = theirs.id;
    assert_eq!(directory.signing_keys(tenant).await.unwrap(), []);
    assert_eq!(directory.client(tenant, &portal.client_id).await.unwrap(), None);
    assert_eq!(directory.list_clients(tenant, all()).await.unwrap().items, []);
    assert_eq!(directory.home_idp(tenant, home.id).await.unwrap(), None);
    let domain = Domain::parse("a.example").unwrap();
    assert_eq!(
        directory.home_idp_for_domain(tenant, &domain).await.unwrap(),
        None
    );
    assert_eq!(directory.list_home_idps(tenant, all()).await.unwrap().items, []);
    assert_eq!(directory.count_linked(tenant, home.id).await.unwrap(), 0);
    assert_eq!(directory.user(tenant, user.id).await.unwrap(), None);
    assert_eq!(directory.user_by_email(tenant, &user.email).await.unwrap(), None);
    let found = directory
        .user_by_identity(tenant, home.id, &link.issuer, &link.subject)
        .await;
    assert_eq!(found.unwrap(), None);
    let users = directory.list_users(tenant, &UserFilter::default(), all()).await;
    assert_eq!(users.unwrap().items, []);
    assert_eq!(directory.identities(tenant, user.id).await.unwrap(), []);
    assert_eq!(directory.local_account(tenant, user.id).await.unwrap(), None);
    assert_eq!(
        directory
            .consent(tenant, user.id, &portal.client_id)
            .await
            .unwrap(),
        None
    );
    assert_eq!(directory.invitation(tenant, invitation.id).await.unwrap(), None);
    let by_secret = directory.invitation_by_secret(tenant, &invitation.secret).await;
    assert_eq!(by_secret.unwrap(), None);
    assert_eq!(
        directory
            .list_invitations(tenant, None, all())
            .await
            .unwrap()
            .items,
        []
    );
    let entries = directory.list_audit(tenant, None, all()).await.unwrap().items;
    assert!(entries.len() == 1 && entries[0].tenant == tenant);
}

async fn ten_02_nothing_of_another_tenant_is_changed(directory: Store) {
    let (ours, theirs) = (new_tenant(&directory).await, new_tenant(&directory).await);
    let (home, portal) = (home_idp(&ours, &["a.example"]), client(&ours, "portal"));
    let user = guest(&ours, "ada@a.example");
    let invitation = invitation(&user);
    let invite = |user: &User, invitation| Change::Invite {
        user: user.clone(),
        is_new: true,
        invitation,
        mail: None,
    };
    make(&directory, ours.id, Change::InsertHomeIdp(home.clone())).await;
    make(&directory, ours.id, Change::InsertClient(portal.clone())).await;
    make(&directory, ours.id, invite(&user, invitation.clone())).await;
    let before = everything(&directory, ours.id).await;

    let tenant = theirs.id;
    let moved = User {
        tenant,
        ..user.clone()
    };
    let mut other_client = portal.clone();
    other_client.tenant = tenant;
    let mut other_home = home.clone();
    other_home.tenant = tenant;
    let stranger = guest(&theirs, "eve@a.example");
    let admission = |binding| {
        let (user, invitation) = (moved.clone(), Some(invitation.id));
        Change::Admit(Box::new(Admission {
            user,
            binding,
            invitation,
        }))
    };
    for change in [
        Change::UpdateClient(other_client),
        Change::DeleteClient(tenant, portal.client_id.clone()),
        Change::UpdateHomeIdp(other_home),
        Change::DeleteHomeIdp(tenant, home.id),
        Change::UpdateUser(moved.clone()),
        Change::DeleteUser(tenant, user.id),
        Change::PutLocalAccount(account(&moved)),
        Change::PutConsent(consent(&moved, &portal, "openid")),
        Change::RevokeInvitation(tenant, invitation.id, ctx().now),
        invite(&stranger, crate::fixture::invitation(&user)),
        admission(Binding::Local(account(&user))),
        admission(Binding::Local(account(&moved))),
        admission(Binding::Federated(identity(&moved, &home, "sub"))),
    ] {
        let name = format!("{change:?}");
        let refusal = directory.apply(change, event(tenant)).await.unwrap_err();
        assert!(matches!(refusal, ChangeError::NotFound), "{name}: {refusal}");
    }
    assert_eq!(everything(&directory, ours.id).await, before);
    // A home IdP of another tenant cannot be linked to.
    make(&directory, tenant, Change::InsertUser(stranger.clone(), None)).await;
    let binding = Binding::Federated(identity(&stranger, &home, "sub"));
    let admission = Admission {
        user: stranger,
        binding,
        invitation: None,
    };
    let refusal = directory
        .apply(Change::Admit(Box::new(admission)), event(tenant))
        .await;
    assert!(matches!(refusal, Err(ChangeError::NotFound)));
}

async fn ten_03_names_are_free_in_every_tenant(directory: Store) {
    for _ in 0..2 {
        let tenant = new_tenant(&directory).await;
        let (home, user) = (home_idp(&tenant, &["a.example"]), guest(&tenant, "ada@a.example"));
        make(
            &directory,
            tenant.id,
            Change::InsertClient(client(&tenant, "portal")),
        )
        .await;
        make(
            &directory,
            tenant.id,
            Change::InsertSigningKey(signing_key(&tenant, "kid")),
        )
        .await;
        make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
        make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
        let found = directory
            .client(tenant.id, &client(&tenant, "portal").client_id)
            .await;
        assert_eq!(found.unwrap().unwrap().tenant, tenant.id);
        let found = directory.user_by_email(tenant.id, &user.email).await;
        assert_eq!(found.unwrap().unwrap().id, user.id);
    }
}
