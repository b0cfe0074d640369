//! What is used once: spendable entries and refresh-token families.

use super::{LONG, SHORT, fresh, in_parallel};
use crate::backend::{Subject, on_every_session_store};
use hospes_idp::ports::sessions::Use;
use hospes_idp::ports::{Key, Kind, Presence, Rotation, Spend, Write};
use std::sync::Arc;

on_every_session_store! {
    tok_05_of_a_hundred_parallel_spends_one_is_first
    only_the_holder_spends
    a_spent_entry_is_recognised_until_it_expires
    of_fifty_parallel_uses_of_a_generation_one_rotates
    generations_follow_each_other
    the_generation_before_is_good_only_within_grace
    an_older_generation_ends_the_family
    a_generation_that_was_never_issued_ends_the_family
    rotation_sets_the_lifetime
    a_repeated_use_does_not_extend_the_lifetime
    looking_tells_what_is_there_and_uses_nothing
}

const HOLDER: [u8; 32] = [7; 32];
const NOW: i64 = 1_800_000_000_000;

/// A use at [`NOW`] with ten seconds of grace.
pub(crate) fn usage(generation: u32) -> Use {
    Use { generation, now: NOW, grace: 10_000, ttl: LONG }
}

async fn code(subject: &Subject, ttl: std::time::Duration) -> Key {
    let key = fresh(Kind::Code);
    let (holder, value) = (HOLDER, "code\n\0".into());
    let put = Write::PutSpendable { key, holder, value, ttl };
    subject.sessions.write(vec![put]).await.unwrap();
    key
}

async fn family(subject: &Subject, ttl: std::time::Duration) -> Key {
    let key = fresh(Kind::Family);
    let put = Write::PutFamily { key, ttl, indexes: vec![] };
    subject.sessions.write(vec![put]).await.unwrap();
    key
}

async fn rotate(subject: &Subject, key: &Key, usage: Use) -> Rotation {
    subject.sessions.rotate(key, usage).await.unwrap()
}

async fn looking_tells_what_is_there_and_uses_nothing(subject: Subject) {
    let (code, family, absent) =
        (code(&subject, LONG).await, family(&subject, LONG).await, fresh(Kind::Code));
    let plain = fresh(Kind::Revoked);
    let put = Write::Put { key: plain, value: "1".into(), ttl: LONG, indexes: vec![fresh(Kind::OfUser)] };
    subject.sessions.write(vec![put]).await.unwrap();
    let keys = [absent, code, family, plain];
    for generation in 0..3 {
        let seen = [Presence::Absent, Presence::Present, Presence::Family(generation), Presence::Present];
        for _ in 0..2 {
            assert_eq!(subject.sessions.look(&keys).await.unwrap(), seen);
        }
        assert_eq!(rotate(&subject, &family, usage(generation)).await, Rotation::Rotated);
    }
    assert_eq!(subject.sessions.look(&[]).await.unwrap(), []);
    assert_eq!(rotate(&subject, &family, usage(0)).await, Rotation::Reused);
    assert_eq!(subject.sessions.look(&[family]).await.unwrap(), [Presence::Absent]);
}

async fn tok_05_of_a_hundred_parallel_spends_one_is_first(subject: Subject) {
    let key = code(&subject, LONG).await;
    let answers = in_parallel(100, || {
        let sessions = Arc::clone(&subject.sessions);
        async move { sessions.spend(&key, &HOLDER).await.unwrap() }
    });
    let answers = answers.await;
    let count = |wanted: &Spend| answers.iter().filter(|answer| *answer == wanted).count();
    assert_eq!(count(&Spend::First("code\n\0".into())), 1);
    assert_eq!(count(&Spend::Again("code\n\0".into())), 99);
}

async fn only_the_holder_spends(subject: Subject) {
    let key = code(&subject, LONG).await;
    let spend = async |holder: [u8; 32]| subject.sessions.spend(&key, &holder).await.unwrap();
    assert_eq!(spend([8; 32]).await, Spend::NotYours);
    assert_eq!(spend(HOLDER).await, Spend::First("code\n\0".into()));
    assert_eq!(spend([8; 32]).await, Spend::NotYours);
    assert_eq!(spend(HOLDER).await, Spend::Again("code\n\0".into()));
    let unknown = subject.sessions.spend(&fresh(Kind::Code), &HOLDER).await.unwrap();
    assert_eq!(unknown, Spend::Unknown);
}

async fn a_spent_entry_is_recognised_until_it_expires(subject: Subject) {
    let key = code(&subject, SHORT).await;
    let spend = async || subject.sessions.spend(&key, &HOLDER).await.unwrap();
    assert_eq!(spend().await, Spend::First("code\n\0".into()));
    assert_eq!(spend().await, Spend::Again("code\n\0".into()));
    subject.elapse(SHORT).await;
    assert_eq!(spend().await, Spend::Unknown);
}

async fn of_fifty_parallel_uses_of_a_generation_one_rotates(subject: Subject) {
    let key = family(&subject, LONG).await;
    let answers = in_parallel(50, || {
        let sessions = Arc::clone(&subject.sessions);
        async move { sessions.rotate(&key, usage(0)).await.unwrap() }
    });
    let answers = answers.await;
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    assert_eq!(count(Rotation::Rotated), 1);
    assert_eq!(count(Rotation::SameAgain), 49);
    assert_eq!(rotate(&subject, &key, usage(1)).await, Rotation::Rotated);
}

async fn generations_follow_each_other(subject: Subject) {
    let key = family(&subject, LONG).await;
    for generation in 0..12 {
        assert_eq!(rotate(&subject, &key, usage(generation)).await, Rotation::Rotated);
        assert_eq!(rotate(&subject, &key, usage(generation)).await, Rotation::SameAgain);
    }
    assert_eq!(rotate(&subject, &fresh(Kind::Family), usage(0)).await, Rotation::Gone);
}

async fn the_generation_before_is_good_only_within_grace(subject: Subject) {
    let late = |now, grace| Use { now, grace, ..usage(0) };
    for (usage, expected) in [
        (late(NOW, 10), Rotation::SameAgain),
        (late(NOW + 9, 10), Rotation::SameAgain),
        (late(NOW + 10, 10), Rotation::Reused),
        (late(NOW, 0), Rotation::Reused),
        // Another node's clock is behind.
        (late(NOW - 500, 10), Rotation::SameAgain),
    ] {
        let key = family(&subject, LONG).await;
        assert_eq!(rotate(&subject, &key, self::usage(0)).await, Rotation::Rotated);
        assert_eq!(rotate(&subject, &key, usage).await, expected, "{usage:?}");
        let after = if expected == Rotation::Reused { Rotation::Gone } else { Rotation::Rotated };
        assert_eq!(rotate(&subject, &key, self::usage(1)).await, after);
    }
}

async fn an_older_generation_ends_the_family(subject: Subject) {
    let key = family(&subject, LONG).await;
    assert_eq!(rotate(&subject, &key, usage(0)).await, Rotation::Rotated);
    assert_eq!(rotate(&subject, &key, usage(1)).await, Rotation::Rotated);
    assert_eq!(rotate(&subject, &key, usage(0)).await, Rotation::Reused);
    for generation in 0..3 {
        assert_eq!(rotate(&subject, &key, usage(generation)).await, Rotation::Gone);
    }
}

async fn a_generation_that_was_never_issued_ends_the_family(subject: Subject) {
    for generation in [1, 2, u32::MAX] {
        let key = family(&subject, LONG).await;
        assert_eq!(rotate(&subject, &key, usage(generation)).await, Rotation::Reused);
        assert_eq!(rotate(&subject, &key, usage(0)).await, Rotation::Gone);
    }
}

async fn rotation_sets_the_lifetime(subject: Subject) {
    let [longer, shorter] = [family(&subject, SHORT).await, family(&subject, LONG).await];
    assert_eq!(rotate(&subject, &longer, usage(0)).await, Rotation::Rotated);
    let short = Use { ttl: SHORT, ..usage(0) };
    assert_eq!(rotate(&subject, &shorter, short).await, Rotation::Rotated);
    subject.elapse(SHORT).await;
    assert_eq!(rotate(&subject, &longer, usage(1)).await, Rotation::Rotated);
    assert_eq!(rotate(&subject, &shorter, usage(1)).await, Rotation::Gone);
}

async fn a_repeated_use_does_not_extend_the_lifetime(subject: Subject) {
    let key = family(&subject, LONG).await;
    let short = Use { ttl: SHORT, ..usage(0) };
    assert_eq!(rotate(&subject, &key, short).await, Rotation::Rotated);
    assert_eq!(rotate(&subject, &key, usage(0)).await, Rotation::SameAgain);
    subject.elapse(SHORT).await;
    assert_eq!(rotate(&subject, &key, usage(0)).await, Rotation::Gone);
}
