//! The outbox: due mails are leased to one worker at a time, and stay until they are done with.

use super::{Store, is_conflict, is_missing, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{account, mail, member};
use hospes_idp::guest::user::LocalAccount;
use hospes_idp::mail::OutboxMail;
use hospes_idp::ports::Change;
use hospes_idp::tenant::Tenant;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;

on_every_directory! {
    mails_are_claimed_when_due_oldest_first
    a_claimed_mail_is_hidden_until_its_lease_ends
    a_postponed_mail_counts_its_attempts
    a_removed_mail_is_gone
    mail_03_parallel_workers_never_claim_the_same_mail
    a_new_password_and_its_notice_come_together
}

const NOON: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn after(seconds: i64) -> Timestamp {
    NOON + SignedDuration::from_secs(seconds)
}

async fn enqueue(directory: &Store, tenant: &Tenant, due_at: Timestamp) -> OutboxMail {
    let mail = mail(tenant, due_at);
    make(directory, tenant.id, Change::EnqueueMail(mail.clone())).await;
    mail
}

async fn claim(directory: &Store, now: Timestamp, until: Timestamp) -> Vec<OutboxMail> {
    directory.claim_mails(now, until, 10).await.unwrap()
}

async fn mails_are_claimed_when_due_oldest_first(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let late = enqueue(&directory, &tenant, after(10)).await;
    let early = enqueue(&directory, &tenant, after(-10)).await;
    let now = enqueue(&directory, &tenant, NOON).await;
    let again = refused(&directory, tenant.id, Change::EnqueueMail(now.clone())).await;
    assert!(is_conflict(&again, "mail"));
    assert_eq!(directory.claim_mails(NOON, after(60), 1).await.unwrap(), [early]);
    assert_eq!(claim(&directory, NOON, after(60)).await, [now]);
    assert_eq!(claim(&directory, NOON, after(60)).await, []);
    assert_eq!(claim(&directory, after(10), after(60)).await, [late]);
}

async fn a_new_password_and_its_notice_come_together(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let user = member(&tenant, "ada@fjord.example");
    let (account, notice) = (account(&user), mail(&tenant, NOON));
    let replace = Change::ReplacePassword(account.clone(), notice.clone());
    assert!(is_missing(&refused(&directory, tenant.id, replace.clone()).await));
    assert_eq!(claim(&directory, NOON, after(60)).await, []);
    let first = LocalAccount { password: None, ..account.clone() };
    make(&directory, tenant.id, Change::InsertUser(user.clone(), Some(first))).await;
    make(&directory, tenant.id, replace).await;
    assert_eq!(directory.local_account(tenant.id, user.id).await.unwrap(), Some(account));
    assert_eq!(claim(&directory, NOON, after(60)).await, [notice]);
}

async fn a_claimed_mail_is_hidden_until_its_lease_ends(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mail = enqueue(&directory, &tenant, NOON).await;
    assert_eq!(claim(&directory, NOON, after(60)).await, std::slice::from_ref(&mail));
    assert_eq!(claim(&directory, after(59), after(120)).await, []);
    // The worker died; another takes over.
    assert_eq!(claim(&directory, after(60), after(120)).await, [mail]);
}

async fn a_postponed_mail_counts_its_attempts(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mail = enqueue(&directory, &tenant, NOON).await;
    for attempts in 1..3 {
        assert_eq!(claim(&directory, after(1000), after(2000)).await.len(), 1);
        directory.postpone_mail(mail.id, after(30)).await.unwrap();
        assert_eq!(claim(&directory, after(29), after(60)).await, []);
        let due = OutboxMail { attempts, due_at: after(30), ..mail.clone() };
        assert_eq!(claim(&directory, after(30), after(60)).await, [due]);
    }
}

async fn a_removed_mail_is_gone(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mail = enqueue(&directory, &tenant, NOON).await;
    claim(&directory, NOON, after(60)).await;
    directory.remove_mail(mail.id).await.unwrap();
    directory.remove_mail(mail.id).await.unwrap();
    directory.postpone_mail(mail.id, NOON).await.unwrap();
    assert_eq!(claim(&directory, after(1000), after(2000)).await, []);
}

async fn mail_03_parallel_workers_never_claim_the_same_mail(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let mut waiting = HashSet::new();
    for _ in 0..20 {
        waiting.insert(enqueue(&directory, &tenant, NOON).await.id);
    }
    while !waiting.is_empty() {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let directory = Arc::clone(&directory);
                tokio::spawn(async move { directory.claim_mails(NOON, after(60), 3).await })
            })
            .collect();
        let mut progress = false;
        for worker in workers {
            for mail in worker.await.unwrap().unwrap() {
                assert!(waiting.remove(&mail.id), "claimed twice");
                progress = true;
            }
        }
        assert!(progress, "due mails are claimed by nobody");
    }
}
