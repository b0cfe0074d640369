//! Plain entries and counters: reading, adding, replacing, taking, expiring, and whose they are.

use super::{LONG, SHORT, fresh, in_parallel};
use crate::backend::{Subject, on_every_session_store};
use crate::fixture::ctx;
use bytes::Bytes;
use hospes_idp::ids::TenantId;
use hospes_idp::ports::{Key, Kind, Sessions, Write};
use std::sync::Arc;

on_every_session_store! {
    what_is_put_is_read_and_replaced
    several_are_read_at_once_in_their_order
    a_value_may_hold_any_bytes
    tok_05_of_a_hundred_parallel_takes_one_wins
    of_a_hundred_parallel_additions_one_wins
    of_a_hundred_parallel_swaps_one_wins
    swap_replaces_only_what_was_read
    swap_sets_the_lifetime
    an_expired_entry_is_absent_for_every_operation
    a_counter_counts_every_call_and_starts_anew_when_it_expires
    a_batch_is_applied_in_order
    ses_03_entries_of_another_tenant_or_kind_are_invisible
    red_06_no_name_reaches_another_key
    red_07_a_value_of_another_kind_is_absent
    every_operation_is_one_round_trip
}

fn put(key: Key, value: &'static str) -> Write {
    Write::Put { key, value: Bytes::from_static(value.as_bytes()), ttl: LONG, indexes: vec![] }
}

async fn what_is_put_is_read_and_replaced(subject: Subject) {
    let (sessions, key) = (subject.sessions, fresh(Kind::Session));
    assert_eq!(sessions.get(&key).await.unwrap(), None);
    sessions.write(vec![put(key, "one")]).await.unwrap();
    assert_eq!(sessions.get(&key).await.unwrap().unwrap(), "one");
    sessions.write(vec![put(key, "two")]).await.unwrap();
    assert_eq!(sessions.get(&key).await.unwrap().unwrap(), "two");
    assert_eq!(sessions.take(&key).await.unwrap().unwrap(), "two");
    assert_eq!(sessions.take(&key).await.unwrap(), None);
    assert_eq!(sessions.get(&key).await.unwrap(), None);
}

async fn several_are_read_at_once_in_their_order(subject: Subject) {
    let (sessions, [one, two, none]) = (subject.sessions, [(); 3].map(|()| fresh(Kind::Session)));
    sessions.write(vec![put(one, "one"), put(two, "two")]).await.unwrap();
    let found = sessions.get_all(&[two, none, one]).await.unwrap();
    assert_eq!(found, [Some(Bytes::from_static(b"two")), None, Some(Bytes::from_static(b"one"))]);
    assert_eq!(sessions.get_all(&[]).await.unwrap(), [] as [Option<Bytes>; 0]);
}

async fn a_value_may_hold_any_bytes(subject: Subject) {
    let value: Vec<u8> = (0..=255).chain(*b"\n\n p\n").collect();
    for value in [value, vec![], vec![b'\n']] {
        let (sessions, key) = (&subject.sessions, fresh(Kind::Session));
        assert!(sessions.put_new(&key, value.clone().into(), LONG).await.unwrap());
        assert_eq!(sessions.get(&key).await.unwrap().unwrap(), value);
        let next = [value.as_slice(), b"\n"].concat();
        assert!(sessions.swap(&key, &value, next.clone().into(), LONG).await.unwrap());
        assert_eq!(sessions.take(&key).await.unwrap().unwrap(), next);
    }
}

async fn tok_05_of_a_hundred_parallel_takes_one_wins(subject: Subject) {
    let key = fresh(Kind::Code);
    subject.sessions.write(vec![put(key, "code")]).await.unwrap();
    let answers = in_parallel(100, || {
        let sessions = Arc::clone(&subject.sessions);
        async move { sessions.take(&key).await.unwrap() }
    });
    assert_eq!(answers.await.iter().flatten().count(), 1);
}

async fn of_a_hundred_parallel_additions_one_wins(subject: Subject) {
    let key = fresh(Kind::Replay);
    let answers = in_parallel(100, || {
        let sessions = Arc::clone(&subject.sessions);
        async move { sessions.put_new(&key, Bytes::new(), LONG).await.unwrap() }
    });
    assert_eq!(answers.await.iter().filter(|is_new| **is_new).count(), 1);
}

async fn of_a_hundred_parallel_swaps_one_wins(subject: Subject) {
    let key = fresh(Kind::Session);
    subject.sessions.write(vec![put(key, "old")]).await.unwrap();
    let answers = in_parallel(100, || {
        let sessions = Arc::clone(&subject.sessions);
        async move { sessions.swap(&key, b"old", "new".into(), LONG).await.unwrap() }
    });
    assert_eq!(answers.await.iter().filter(|swapped| **swapped).count(), 1);
}

async fn swap_replaces_only_what_was_read(subject: Subject) {
    let (sessions, key) = (subject.sessions, fresh(Kind::Session));
    assert!(!sessions.swap(&key, b"", "new".into(), LONG).await.unwrap());
    assert_eq!(sessions.get(&key).await.unwrap(), None);
    sessions.write(vec![put(key, "old")]).await.unwrap();
    assert!(!sessions.swap(&key, b"ol", "new".into(), LONG).await.unwrap());
    assert_eq!(sessions.get(&key).await.unwrap().unwrap(), "old");
    assert!(sessions.swap(&key, b"old", "new".into(), LONG).await.unwrap());
    assert_eq!(sessions.get(&key).await.unwrap().unwrap(), "new");
}

async fn swap_sets_the_lifetime(subject: Subject) {
    let (sessions, longer, shorter) = (&subject.sessions, fresh(Kind::Session), fresh(Kind::Session));
    assert!(sessions.put_new(&longer, "a".into(), SHORT).await.unwrap());
    assert!(sessions.put_new(&shorter, "a".into(), LONG).await.unwrap());
    assert!(sessions.swap(&longer, b"a", "b".into(), LONG).await.unwrap());
    assert!(sessions.swap(&shorter, b"a", "b".into(), SHORT).await.unwrap());
    subject.elapse(SHORT).await;
    assert!(sessions.get(&longer).await.unwrap().is_some());
    assert!(sessions.get(&shorter).await.unwrap().is_none());
}

async fn an_expired_entry_is_absent_for_every_operation(subject: Subject) {
    let (sessions, key) = (&subject.sessions, fresh(Kind::Session));
    let others = [fresh(Kind::Code), fresh(Kind::Family)];
    assert!(sessions.put_new(&key, "a".into(), SHORT).await.unwrap());
    let (holder, value, ttl, indexes) = ([1; 32], Bytes::from("c"), SHORT, vec![]);
    let batch = vec![
        Write::PutSpendable { key: others[0], holder, value, ttl },
        Write::PutFamily { key: others[1], ttl, indexes },
    ];
    sessions.write(batch).await.unwrap();
    subject.elapse(SHORT).await;
    assert_eq!(sessions.get(&key).await.unwrap(), None);
    assert!(!sessions.swap(&key, b"a", "b".into(), LONG).await.unwrap());
    assert_eq!(sessions.take(&key).await.unwrap(), None);
    assert_eq!(sessions.spend(&others[0], &holder).await.unwrap(), hospes_idp::ports::Spend::Unknown);
    let gone = sessions.rotate(&others[1], super::tokens::usage(0)).await.unwrap();
    assert_eq!(gone, hospes_idp::ports::Rotation::Gone);
    assert!(sessions.put_new(&key, "b".into(), LONG).await.unwrap());
    assert_eq!(sessions.get(&key).await.unwrap().unwrap(), "b");
}

async fn a_counter_counts_every_call_and_starts_anew_when_it_expires(subject: Subject) {
    let key = fresh(Kind::Counter);
    let answers = in_parallel(20, || {
        let sessions = Arc::clone(&subject.sessions);
        async move { sessions.increment(&key, SHORT).await.unwrap() }
    });
    let mut answers = answers.await;
    answers.sort_unstable();
    assert_eq!(answers, (1..=20).collect::<Vec<u64>>());
    subject.elapse(SHORT / 2).await;
    subject.sessions.increment(&key, SHORT).await.unwrap();
    // The second half passes for the first count, although a later one came in between.
    subject.elapse(SHORT / 2).await;
    assert_eq!(subject.sessions.increment(&key, SHORT).await.unwrap(), 1);
}

async fn a_batch_is_applied_in_order(subject: Subject) {
    let (sessions, kept, gone) = (subject.sessions, fresh(Kind::Session), fresh(Kind::Session));
    let batch = vec![
        Write::Delete(kept),
        put(kept, "first"),
        put(kept, "second"),
        put(gone, "first"),
        Write::Delete(gone),
    ];
    sessions.write(batch).await.unwrap();
    sessions.write(vec![]).await.unwrap();
    assert_eq!(sessions.get(&kept).await.unwrap().unwrap(), "second");
    assert_eq!(sessions.get(&gone).await.unwrap(), None);
}

async fn ses_03_entries_of_another_tenant_or_kind_are_invisible(subject: Subject) {
    let (sessions, ctx) = (subject.sessions, ctx());
    let tenants = [TenantId::generate(&ctx), TenantId::generate(&ctx)];
    let own = Key::new(tenants[0], Kind::Session, "name");
    sessions.write(vec![put(own, "own")]).await.unwrap();
    for other in
        [Key::new(tenants[1], Kind::Session, "name"), Key::new(tenants[0], Kind::Interaction, "name")]
    {
        assert_eq!(sessions.get(&other).await.unwrap(), None);
        assert_eq!(sessions.take(&other).await.unwrap(), None);
        assert!(!sessions.swap(&other, b"own", "x".into(), LONG).await.unwrap());
        assert_eq!(sessions.end_all(&other).await.unwrap(), []);
        sessions.write(vec![Write::Delete(other)]).await.unwrap();
    }
    assert_eq!(sessions.get(&own).await.unwrap().unwrap(), "own");
}

async fn red_06_no_name_reaches_another_key(subject: Subject) {
    let tenant = TenantId::generate(&ctx());
    let names = ["a", "a:b", "a*", "a\n", "a\0", "a ", "A", "*", ""];
    for name in names {
        let key = Key::new(tenant, Kind::Session, name);
        assert!(subject.sessions.put_new(&key, name.into(), LONG).await.unwrap(), "{name:?}");
    }
    for name in names {
        let key = Key::new(tenant, Kind::Session, name);
        assert_eq!(subject.sessions.get(&key).await.unwrap().unwrap(), name);
    }
}

async fn red_07_a_value_of_another_kind_is_absent(subject: Subject) {
    use hospes_idp::ports::{Rotation, Spend};
    let (sessions, holder) = (subject.sessions, [1; 32]);
    let [plain, code, family, counter] = [Kind::Session, Kind::Code, Kind::Family, Kind::Counter].map(fresh);
    let value = Bytes::from("v");
    let batch = vec![
        put(plain, "a value that is longer than any header in front of it"),
        Write::PutSpendable { key: code, holder, value, ttl: LONG },
        Write::PutFamily { key: family, ttl: LONG, indexes: vec![] },
    ];
    sessions.write(batch).await.unwrap();
    sessions.increment(&counter, LONG).await.unwrap();
    for key in [code, family, counter] {
        assert_eq!(sessions.get(&key).await.unwrap(), None);
        assert!(!sessions.swap(&key, b"v", "w".into(), LONG).await.unwrap());
    }
    for key in [plain, family, counter] {
        assert_eq!(sessions.spend(&key, &holder).await.unwrap(), Spend::Unknown);
    }
    for key in [plain, code, counter] {
        let rotation = sessions.rotate(&key, super::tokens::usage(0)).await.unwrap();
        assert_eq!(rotation, Rotation::Gone);
    }
    for key in [plain, code, family] {
        assert!(sessions.increment(&key, LONG).await.is_err());
    }
    assert_eq!(sessions.spend(&code, &holder).await.unwrap(), Spend::First("v".into()));
}

async fn every_operation_is_one_round_trip(subject: Subject) {
    let sessions: &dyn Sessions = subject.sessions.as_ref();
    let [key, index] = [Kind::Session, Kind::OfUser].map(fresh);
    let before = sessions.round_trips();
    let trips = || sessions.round_trips() - before;
    let indexed = Write::Put { key, value: Bytes::new(), ttl: LONG, indexes: vec![index] };
    sessions.write(vec![indexed, Write::Delete(index)]).await.unwrap();
    assert_eq!(trips(), 1);
    sessions.get(&key).await.unwrap();
    sessions.put_new(&key, Bytes::new(), LONG).await.unwrap();
    sessions.swap(&key, b"", Bytes::new(), LONG).await.unwrap();
    sessions.spend(&key, &[0; 32]).await.unwrap();
    sessions.rotate(&key, super::tokens::usage(0)).await.unwrap();
    assert_eq!(trips(), 6);
    sessions.increment(&fresh(Kind::Counter), LONG).await.unwrap();
    sessions.end_all(&index).await.unwrap();
    sessions.take(&key).await.unwrap();
    assert_eq!(trips(), 9);
}
