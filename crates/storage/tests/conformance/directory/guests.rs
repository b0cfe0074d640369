//! People: found by contact address or by identity, admitted once, deleted with all that is theirs.

use super::{Store, all, is_conflict, is_missing, is_stale, make, new_tenant, other_secret, purge, refused};
use crate::backend::on_every_directory;
use crate::fixture::{
    account, client, consent, ctx, email, event, guest, home_idp, identity, invitation, mail, member,
};
use hospes_idp::guest::user::{ExternalUserState, LocalAccount, PasswordHash, User};
use hospes_idp::invitation::record::{Invitation, InvitationState};
use hospes_idp::ports::directory::{Admission, Binding, Invitee};
use hospes_idp::ports::user_query::Condition;
use hospes_idp::ports::{Change, ChangeError, UserQuery};
use hospes_idp::tenant::Tenant;
use hospes_protocol::claims::UserType;
use hospes_protocol::{Issuer, Subject};
use std::sync::Arc;

on_every_directory! {
    a_person_is_added_found_and_changed
    a_person_that_is_taken_stale_or_missing_is_refused
    an_account_is_put_for_an_existing_person_only
    a_stale_hash_never_replaces_a_new_password
    filters_narrow_the_list
    an_admission_binds_and_uses_up_the_invitation
    an_admission_to_a_lightweight_account_binds
    id_01_identities_are_compared_byte_for_byte
    an_identity_bound_to_somebody_else_is_a_conflict
    an_admission_on_an_old_version_is_stale
    an_admission_on_a_closed_invitation_is_stale
    an_admission_of_anything_that_belongs_to_another_person_is_refused
    red_14_of_twenty_parallel_admissions_one_wins
    a_deleted_person_leaves_nothing_behind
}

async fn a_person_is_added_found_and_changed(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut user = member(&tenant, "Ada@Fjord.example");
    make(&directory, tenant.id, Change::InsertUser(user.clone(), Some(account(&user)))).await;
    assert_eq!(directory.user(tenant.id, user.id).await.unwrap().as_ref(), Some(&user));
    let by_email = async |text| directory.user_by_email(tenant.id, &email(text)).await.unwrap();
    assert_eq!(by_email("aDA@fjord.EXAMPLE").await.as_ref(), Some(&user));
    assert_eq!(by_email("ada+x@fjord.example").await, None);
    user.email = email("ada.l@fjord.example");
    make(&directory, tenant.id, Change::UpdateUser(user.clone())).await;
    user.version = 1;
    assert_eq!(directory.user(tenant.id, user.id).await.unwrap().as_ref(), Some(&user));
    assert_eq!(by_email("ada@fjord.example").await, None);
    assert_eq!(by_email("ada.l@fjord.example").await, Some(user));
}

async fn a_person_that_is_taken_stale_or_missing_is_refused(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let [ada, eve] = ["ada@fjord.example", "eve@fjord.example"].map(|address| member(&tenant, address));
    for user in [&ada, &eve] {
        make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    }
    let twin = Change::InsertUser(member(&tenant, "ADA@fjord.example"), None);
    assert!(is_conflict(&refused(&directory, tenant.id, twin).await, "email"));
    let posing = Change::UpdateUser(User { email: ada.email.clone(), ..eve.clone() });
    assert!(is_conflict(&refused(&directory, tenant.id, posing).await, "email"));
    make(&directory, tenant.id, Change::UpdateUser(ada.clone())).await;
    assert!(is_stale(&refused(&directory, tenant.id, Change::UpdateUser(ada.clone())).await));
    let ahead = Change::UpdateUser(User { version: 9, ..ada });
    assert!(is_stale(&refused(&directory, tenant.id, ahead).await));
    let nobody = member(&tenant, "nobody@fjord.example");
    let delete = Change::DeleteUser(tenant.id, nobody.id);
    assert!(is_missing(&refused(&directory, tenant.id, Change::UpdateUser(nobody)).await));
    assert!(is_missing(&refused(&directory, tenant.id, delete).await));
}

fn put(tenant: &Tenant, account: LocalAccount) -> Change {
    Change::ReplacePassword(account, mail(tenant, ctx().now))
}

async fn an_account_is_put_for_an_existing_person_only(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = member(&tenant, "ada@fjord.example");
    let mut account = account(&user);
    let early = put(&tenant, account.clone());
    assert!(is_missing(&refused(&directory, tenant.id, early).await));
    let other = crate::fixture::account(&member(&tenant, "eve@fjord.example"));
    let mixed = Change::InsertUser(user.clone(), Some(other));
    assert!(is_missing(&refused(&directory, tenant.id, mixed).await));
    make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    let read = async || directory.local_account(tenant.id, user.id).await.unwrap();
    assert_eq!(read().await, None);
    let none = put(&tenant, account.clone());
    assert!(is_missing(&refused(&directory, tenant.id, none).await), "there is nothing to change");
    make(&directory, tenant.id, admit(&user, Binding::Local(account.clone()), None)).await;
    assert_eq!(read().await.as_ref(), Some(&account));
    account.password = None;
    make(&directory, tenant.id, put(&tenant, account.clone())).await;
    assert_eq!(read().await, Some(account));
}

async fn a_stale_hash_never_replaces_a_new_password(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = member(&tenant, "ada@fjord.example");
    let before = account(&user);
    make(&directory, tenant.id, Change::InsertUser(user.clone(), Some(before.clone()))).await;
    let with =
        |password: &str| LocalAccount { password: Some(PasswordHash(password.into())), ..before.clone() };
    let rehash = Change::RehashPassword { before: before.clone(), after: with("stronger") };
    make(&directory, tenant.id, rehash.clone()).await;
    let read = async || directory.local_account(tenant.id, user.id).await.unwrap();
    assert_eq!(read().await, Some(with("stronger")));
    make(&directory, tenant.id, put(&tenant, with("new"))).await;
    assert!(is_stale(&refused(&directory, tenant.id, rehash).await));
    assert_eq!(read().await, Some(with("new")));
}

async fn filters_narrow_the_list(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let pending = guest(&tenant, "pending@a.example");
    let accepted = User {
        external_user_state: Some(ExternalUserState::Accepted),
        ..guest(&tenant, "accepted@a.example")
    };
    let member = member(&tenant, "member@a.example");
    for user in [&pending, &accepted, &member] {
        make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    }
    let list = async |condition: Condition| {
        let query = UserQuery { condition, ..UserQuery::default() };
        directory.list_users(tenant.id, &query, all()).await.unwrap().items
    };
    let of = |user_type: Option<_>, state: Option<_>, address: Option<&str>| {
        let state = state.map(|state| Condition::State(Some(state)));
        let address = address.map(|address| Condition::email(&email(address)));
        Condition::All(user_type.map(Condition::Type).into_iter().chain(state).chain(address).collect())
    };
    let (guests, members) = (Some(UserType::Guest), Some(UserType::Member));
    let accepted_state = Some(ExternalUserState::Accepted);
    let pending_state = Some(ExternalUserState::PendingAcceptance);
    assert_eq!(list(of(None, None, None)).await, [pending.clone(), accepted.clone(), member.clone()]);
    assert_eq!(list(of(guests, None, None)).await, [pending.clone(), accepted.clone()]);
    assert_eq!(list(of(members, None, None)).await, std::slice::from_ref(&member));
    assert_eq!(list(of(None, accepted_state, None)).await, std::slice::from_ref(&accepted));
    assert_eq!(list(of(guests, pending_state, None)).await, std::slice::from_ref(&pending));
    assert_eq!(list(of(members, pending_state, None)).await, []);
    assert_eq!(list(of(None, None, Some("MEMBER@a.example"))).await, [member]);
    assert_eq!(list(of(guests, None, Some("member@a.example"))).await, []);
}

/// A guest with a pending invitation.
async fn invited(directory: &Store, tenant: &Tenant, address: &str) -> (User, Invitation) {
    let user = guest(tenant, address);
    let invitation = invitation(&user);
    let change = Change::Invite {
        user: user.clone(),
        invitee: Invitee::New,
        invitation: invitation.clone(),
        mail: None,
    };
    make(directory, tenant.id, change).await;
    (user, invitation)
}

pub(super) fn admit(user: &User, binding: Binding, invitation: Option<&Invitation>) -> Change {
    Change::Admit(Box::new(Admission {
        user: User { external_user_state: Some(ExternalUserState::Accepted), ..user.clone() },
        binding,
        invitation: invitation.map(|invitation| invitation.id),
    }))
}

async fn an_admission_binds_and_uses_up_the_invitation(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let home = home_idp(&tenant, &["a.example"]);
    make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    let (user, invitation) = invited(&directory, &tenant, "ada@a.example").await;
    let link = identity(&user, &home, "sub");
    let change = admit(&user, Binding::Federated(link.clone()), Some(&invitation));
    let audit = event(tenant.id);
    directory.apply(change, audit.clone()).await.unwrap();
    let found = directory.user_by_identity(tenant.id, home.id, &home.issuer, &link.subject);
    let found = found.await.unwrap().unwrap();
    assert_eq!((found.id, found.version), (user.id, 1));
    assert_eq!(found.external_user_state, Some(ExternalUserState::Accepted));
    assert_eq!(directory.user(tenant.id, user.id).await.unwrap(), Some(found));
    assert_eq!(directory.identities(tenant.id, user.id).await.unwrap(), [link]);
    let closed = directory.invitation(tenant.id, invitation.id).await.unwrap().unwrap();
    assert_eq!((closed.state, closed.closed_at), (InvitationState::Completed, Some(audit.at)));
    let by_secret = directory.invitation_by_secret(tenant.id, &invitation.secret).await.unwrap();
    assert_eq!(by_secret, Some(closed));
}

async fn an_admission_to_a_lightweight_account_binds(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (user, invitation) = invited(&directory, &tenant, "ada@a.example").await;
    assert_eq!(directory.local_account(tenant.id, user.id).await.unwrap(), None);
    let account = account(&user);
    make(&directory, tenant.id, admit(&user, Binding::Local(account.clone()), Some(&invitation))).await;
    assert_eq!(directory.local_account(tenant.id, user.id).await.unwrap(), Some(account));
    assert_eq!(directory.identities(tenant.id, user.id).await.unwrap(), []);
}

async fn id_01_identities_are_compared_byte_for_byte(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let [home, other] = [home_idp(&tenant, &[]), home_idp(&tenant, &[])];
    for home in [&home, &other] {
        make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    }
    let mut users = Vec::new();
    for (number, subject) in ["Sub", "sub", "Sub ", " Sub", "SUB"].into_iter().enumerate() {
        let user = member(&tenant, &format!("m{number}@a.example"));
        make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
        make(&directory, tenant.id, admit(&user, Binding::Federated(identity(&user, &home, subject)), None))
            .await;
        users.push((subject, user.id));
    }
    let find = async |home_idp, issuer: &Issuer, subject: &str| {
        let subject = Subject::parse(subject).unwrap();
        let found = directory.user_by_identity(tenant.id, home_idp, issuer, &subject).await;
        found.unwrap().map(|user| user.id)
    };
    for (subject, id) in users {
        assert_eq!(find(home.id, &home.issuer, subject).await, Some(id));
    }
    assert_eq!(find(home.id, &home.issuer, "sUb").await, None);
    assert_eq!(find(other.id, &home.issuer, "Sub").await, None);
    for issuer in ["https://login.partner.example/", "https://LOGIN.partner.example", ""] {
        assert_eq!(find(home.id, &Issuer::new(issuer), "Sub").await, None, "{issuer:?}");
    }
}

async fn an_identity_bound_to_somebody_else_is_a_conflict(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let home = home_idp(&tenant, &[]);
    make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    let (ada, first) = invited(&directory, &tenant, "ada@a.example").await;
    let (eve, second) = invited(&directory, &tenant, "eve@a.example").await;
    let link = |user| Binding::Federated(identity(user, &home, "sub"));
    make(&directory, tenant.id, admit(&ada, link(&ada), Some(&first))).await;
    let taken = refused(&directory, tenant.id, admit(&eve, link(&eve), Some(&second))).await;
    assert!(is_conflict(&taken, "identity"));
    // The same person again is no conflict.
    let ada = directory.user(tenant.id, ada.id).await.unwrap().unwrap();
    make(&directory, tenant.id, admit(&ada, link(&ada), None)).await;
    assert_eq!(directory.identities(tenant.id, ada.id).await.unwrap().len(), 1);
}

async fn an_admission_on_an_old_version_is_stale(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (user, invitation) = invited(&directory, &tenant, "ada@a.example").await;
    make(&directory, tenant.id, Change::UpdateUser(user.clone())).await;
    let late = admit(&user, Binding::Local(account(&user)), Some(&invitation));
    assert!(is_stale(&refused(&directory, tenant.id, late).await));
    let stranger = guest(&tenant, "stranger@a.example");
    let change = admit(&stranger, Binding::Local(account(&stranger)), None);
    assert!(is_missing(&refused(&directory, tenant.id, change).await));
}

async fn an_admission_on_a_closed_invitation_is_stale(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (user, invitation) = invited(&directory, &tenant, "ada@a.example").await;
    let revoke = Change::RevokeInvitation(tenant.id, invitation.id, invitation.created_at);
    make(&directory, tenant.id, revoke).await;
    let late = admit(&user, Binding::Local(account(&user)), Some(&invitation));
    assert!(is_stale(&refused(&directory, tenant.id, late).await));
}

async fn an_admission_of_anything_that_belongs_to_another_person_is_refused(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let home = home_idp(&tenant, &[]);
    let (ada, _) = invited(&directory, &tenant, "ada@a.example").await;
    let (eve, hers) = invited(&directory, &tenant, "eve@a.example").await;
    for change in [
        admit(&ada, Binding::Local(account(&eve)), None),
        admit(&ada, Binding::Federated(identity(&eve, &home, "sub")), None),
        admit(&ada, Binding::Local(account(&ada)), Some(&hers)),
        admit(&ada, Binding::Local(account(&ada)), Some(&invitation(&ada))),
        // The home IdP is not there.
        admit(&ada, Binding::Federated(identity(&ada, &home, "sub")), None),
    ] {
        assert!(is_missing(&refused(&directory, tenant.id, change).await));
    }
}

async fn red_14_of_twenty_parallel_admissions_one_wins(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (user, invitation) = invited(&directory, &tenant, "ada@a.example").await;
    let admissions: Vec<_> = (0..20)
        .map(|_| {
            let directory = Arc::clone(&directory);
            let change = admit(&user, Binding::Local(account(&user)), Some(&invitation));
            tokio::spawn(async move { directory.apply(change, event(tenant.id)).await })
        })
        .collect();
    let mut won = 0;
    for admission in admissions {
        match admission.await.unwrap() {
            Ok(()) => won += 1,
            Err(refusal) => assert!(matches!(refusal, ChangeError::Stale), "{refusal}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(directory.user(tenant.id, user.id).await.unwrap().unwrap().version, 1);
}

async fn a_deleted_person_leaves_nothing_behind(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (home, portal) = (home_idp(&tenant, &[]), client(&tenant, "portal"));
    make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    make(&directory, tenant.id, Change::InsertClient(portal.clone())).await;
    let (user, invitation) = invited(&directory, &tenant, "ada@a.example").await;
    let link = identity(&user, &home, "sub");
    make(&directory, tenant.id, admit(&user, Binding::Federated(link.clone()), Some(&invitation))).await;
    let bound = User { version: 1, ..user.clone() };
    make(&directory, tenant.id, admit(&bound, Binding::Local(account(&user)), None)).await;
    make(&directory, tenant.id, Change::PutConsent(consent(&user, &portal, "openid"))).await;
    purge(&directory, tenant.id, user.id).await;
    let (id, tenant) = (user.id, tenant.id);
    assert_eq!(directory.user(tenant, id).await.unwrap(), None);
    assert_eq!(directory.user_by_email(tenant, &user.email).await.unwrap(), None);
    let found = directory.user_by_identity(tenant, home.id, &home.issuer, &link.subject).await;
    assert_eq!(found.unwrap(), None);
    assert_eq!(directory.identities(tenant, id).await.unwrap(), []);
    assert_eq!(directory.local_account(tenant, id).await.unwrap(), None);
    assert_eq!(directory.consent(tenant, id, &portal.client_id).await.unwrap(), None);
    assert_eq!(directory.invitation(tenant, invitation.id).await.unwrap(), None);
    let by_secret = directory.invitation_by_secret(tenant, &invitation.secret).await.unwrap();
    assert_eq!(by_secret, None);
    assert_eq!(directory.invitation_by_secret(tenant, &other_secret()).await.unwrap(), None);
}
