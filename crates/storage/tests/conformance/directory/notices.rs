//! The queue of logout notices: like the outbox, each is leased to one worker at a time and stays until it is done with.

use super::{Store, make, new_tenant};
use crate::backend::on_every_directory;
use crate::fixture::ctx;
use hospes_idp::ids::{NoticeId, UserId};
use hospes_idp::notice::LogoutNotice;
use hospes_idp::ports::Change;
use hospes_idp::tenant::Tenant;
use hospes_protocol::ClientId;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;

on_every_directory! {
    lo_09_notices_are_claimed_when_due_and_hidden_until_the_lease_ends
    lo_09_a_postponed_notice_counts_its_attempts_and_a_removed_one_is_gone
    lo_09_parallel_workers_never_claim_the_same_notice
}

const NOON: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn after(seconds: i64) -> Timestamp {
    NOON + SignedDuration::from_secs(seconds)
}

fn notice(tenant: &Tenant, due_at: Timestamp) -> LogoutNotice {
    LogoutNotice {
        id: NoticeId::generate(&ctx()),
        tenant: tenant.id,
        client: ClientId::new("wiki"),
        user: UserId::generate(&ctx()),
        session: "sid".to_owned(),
        created_at: NOON,
        attempts: 0,
        due_at,
    }
}

async fn claim(directory: &Store, now: Timestamp, until: Timestamp) -> Vec<LogoutNotice> {
    directory.claim_notices(now, until, 10).await.unwrap()
}

async fn lo_09_notices_are_claimed_when_due_and_hidden_until_the_lease_ends(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let (late, now) = (notice(&tenant, after(10)), notice(&tenant, NOON));
    make(&directory, tenant.id, Change::EnqueueNotices(vec![late.clone(), now.clone()])).await;
    assert_eq!(claim(&directory, NOON, after(60)).await, std::slice::from_ref(&now));
    assert_eq!(claim(&directory, after(9), after(60)).await, []);
    assert_eq!(claim(&directory, after(10), after(120)).await, [late]);
    // The worker died; another takes over.
    assert_eq!(claim(&directory, after(60), after(120)).await, [now]);
}

async fn lo_09_a_postponed_notice_counts_its_attempts_and_a_removed_one_is_gone(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let notice = notice(&tenant, NOON);
    make(&directory, tenant.id, Change::EnqueueNotices(vec![notice.clone()])).await;
    claim(&directory, NOON, after(60)).await;
    directory.postpone_notice(notice.id, after(30)).await.unwrap();
    assert_eq!(claim(&directory, after(29), after(60)).await, []);
    let due = LogoutNotice { attempts: 1, due_at: after(30), ..notice };
    assert_eq!(claim(&directory, after(30), after(60)).await, std::slice::from_ref(&due));
    directory.remove_notice(due.id).await.unwrap();
    directory.postpone_notice(due.id, NOON).await.unwrap();
    assert_eq!(claim(&directory, after(1000), after(2000)).await, []);
}

async fn lo_09_parallel_workers_never_claim_the_same_notice(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let notices: Vec<_> = (0..20).map(|_| notice(&tenant, NOON)).collect();
    let mut waiting: HashSet<_> = notices.iter().map(|notice| notice.id).collect();
    make(&directory, tenant.id, Change::EnqueueNotices(notices)).await;
    while !waiting.is_empty() {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let directory = Arc::clone(&directory);
                tokio::spawn(async move { directory.claim_notices(NOON, after(60), 3).await })
            })
            .collect();
        let before = waiting.len();
        for worker in workers {
            for notice in worker.await.unwrap().unwrap() {
                assert!(waiting.remove(&notice.id), "claimed twice");
            }
        }
        assert!(waiting.len() < before, "due notices are claimed by nobody");
    }
}
