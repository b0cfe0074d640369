//! Invitations: made with the person, superseded by the next, withdrawn once.

use super::{Store, all, is_conflict, is_missing, is_stale, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{ctx, event, guest, invitation, mail};
use hospes_idp::guest::user::User;
use hospes_idp::invitation::record::{Invitation, InvitationState};
use hospes_idp::mail::OutboxMail;
use hospes_idp::ports::Change;
use hospes_idp::ports::directory::Invitee;
use std::sync::Arc;

on_every_directory! {
    an_invitation_is_made_with_the_person_and_the_mail
    a_new_invitation_supersedes_the_pending_one
    of_parallel_invitations_exactly_one_stays_pending
    an_invitation_is_withdrawn_once
    an_invitation_that_cannot_be_made_leaves_no_person_and_no_mail
    invitations_are_listed_newest_first_and_by_state
}

fn invite(user: &User, invitee: Invitee, invitation: &Invitation, mail: Option<OutboxMail>) -> Change {
    let (user, invitation) = (user.clone(), invitation.clone());
    Change::Invite { user, invitee, invitation, mail }
}

async fn an_invitation_is_made_with_the_person_and_the_mail(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = guest(&tenant, "ada@a.example");
    let (invitation, mail) = (invitation(&user), mail(&tenant, ctx().now));
    make(&directory, tenant.id, invite(&user, Invitee::New, &invitation, Some(mail.clone()))).await;
    assert_eq!(directory.user(tenant.id, user.id).await.unwrap(), Some(user));
    let found = directory.invitation(tenant.id, invitation.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&invitation));
    let by_secret = directory.invitation_by_secret(tenant.id, &invitation.secret).await.unwrap();
    assert_eq!(by_secret, Some(invitation));
    let (now, later) = (ctx().now, ctx().now);
    assert_eq!(directory.claim_mails(now, later, 10).await.unwrap(), [mail]);
}

async fn a_new_invitation_supersedes_the_pending_one(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (user, other) = (guest(&tenant, "ada@a.example"), guest(&tenant, "eve@a.example"));
    let [first, second] = [invitation(&user), invitation(&user)];
    let hers = invitation(&other);
    make(&directory, tenant.id, invite(&user, Invitee::New, &first, None)).await;
    make(&directory, tenant.id, invite(&other, Invitee::New, &hers, None)).await;
    let change = invite(&user, Invitee::Known, &second, None);
    let audit = event(tenant.id);
    directory.apply(change, audit.clone()).await.unwrap();
    let state = async |invitation: &Invitation| {
        let found = directory.invitation(tenant.id, invitation.id).await.unwrap().unwrap();
        (found.state, found.closed_at)
    };
    assert_eq!(state(&first).await, (InvitationState::Superseded, Some(audit.at)));
    assert_eq!(state(&second).await, (InvitationState::Pending, None));
    assert_eq!(state(&hers).await, (InvitationState::Pending, None));
    let waiting = directory.pending_invitation(tenant.id, user.id).await.unwrap();
    assert_eq!(waiting.map(|invitation| invitation.id), Some(second.id));
    make(&directory, tenant.id, Change::RevokeInvitation(tenant.id, second.id, ctx().now)).await;
    assert_eq!(directory.pending_invitation(tenant.id, user.id).await.unwrap(), None);
    assert!(directory.pending_invitation(tenant.id, other.id).await.unwrap().is_some());
}

async fn of_parallel_invitations_exactly_one_stays_pending(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = guest(&tenant, "ada@a.example");
    make(&directory, tenant.id, invite(&user, Invitee::New, &invitation(&user), None)).await;
    let invitations: Vec<_> = (0..10)
        .map(|_| {
            let directory = Arc::clone(&directory);
            let change = invite(&user, Invitee::Known, &invitation(&user), None);
            tokio::spawn(async move { directory.apply(change, event(tenant.id)).await })
        })
        .collect();
    for made in invitations {
        made.await.unwrap().unwrap();
    }
    let list = async |state| directory.list_invitations(tenant.id, Some(state), all()).await.unwrap();
    assert_eq!(list(InvitationState::Pending).await.items.len(), 1);
    assert_eq!(list(InvitationState::Superseded).await.items.len(), 10);
}

async fn an_invitation_is_withdrawn_once(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = guest(&tenant, "ada@a.example");
    let (invitation, at) = (invitation(&user), ctx().now);
    make(&directory, tenant.id, invite(&user, Invitee::New, &invitation, None)).await;
    let revoke = || Change::RevokeInvitation(tenant.id, invitation.id, at);
    make(&directory, tenant.id, revoke()).await;
    let found = directory.invitation(tenant.id, invitation.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.closed_at), (InvitationState::Revoked, Some(at)));
    assert!(is_stale(&refused(&directory, tenant.id, revoke()).await));
    let unknown = Change::RevokeInvitation(tenant.id, crate::fixture::invitation(&user).id, at);
    assert!(is_missing(&refused(&directory, tenant.id, unknown).await));
}

async fn an_invitation_that_cannot_be_made_leaves_no_person_and_no_mail(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (ada, eve) = (guest(&tenant, "ada@a.example"), guest(&tenant, "eve@a.example"));
    let (known, mail) = (invitation(&ada), mail(&tenant, ctx().now));
    make(&directory, tenant.id, invite(&ada, Invitee::New, &known, None)).await;
    let same_id = Invitation { id: known.id, ..invitation(&eve) };
    let same_secret = Invitation { secret: known.secret, ..invitation(&eve) };
    for taken in [same_id, same_secret] {
        let change = invite(&eve, Invitee::New, &taken, Some(mail.clone()));
        assert!(is_conflict(&refused(&directory, tenant.id, change).await, "invitation"));
    }
    let twin = guest(&tenant, "ADA@a.example");
    let change = invite(&twin, Invitee::New, &invitation(&twin), Some(mail.clone()));
    assert!(is_conflict(&refused(&directory, tenant.id, change).await, "email"));
    let change = invite(&eve, Invitee::Known, &invitation(&eve), Some(mail.clone()));
    assert!(is_missing(&refused(&directory, tenant.id, change).await));
    let change = invite(&eve, Invitee::New, &invitation(&ada), Some(mail));
    assert!(is_missing(&refused(&directory, tenant.id, change).await));
    let (now, later) = (ctx().now, ctx().now);
    assert_eq!(directory.claim_mails(now, later, 10).await.unwrap(), []);
}

async fn invitations_are_listed_newest_first_and_by_state(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut made = Vec::new();
    for number in 0..3 {
        let user = guest(&tenant, &format!("g{number}@a.example"));
        made.push(invitation(&user));
        make(&directory, tenant.id, invite(&user, Invitee::New, &made[number], None)).await;
    }
    let ids = async |state| {
        let page = directory.list_invitations(tenant.id, state, all()).await.unwrap();
        page.items.into_iter().map(|invitation| invitation.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None).await, [made[2].id, made[1].id, made[0].id]);
    let revoke = Change::RevokeInvitation(tenant.id, made[1].id, ctx().now);
    make(&directory, tenant.id, revoke).await;
    assert_eq!(ids(Some(InvitationState::Pending)).await, [made[2].id, made[0].id]);
    assert_eq!(ids(Some(InvitationState::Revoked)).await, [made[1].id]);
    assert_eq!(ids(Some(InvitationState::Completed)).await, []);
}
