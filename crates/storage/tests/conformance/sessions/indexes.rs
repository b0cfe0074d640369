//! Indexes: ending everything that belongs to a person or a browser session, however long it has lived since.

use super::{LONG, SHORT, fresh, in_parallel};
use crate::backend::{Subject, on_every_session_store};
use crate::sessions::tokens::usage;
use hospes_idp::ports::{Found, Key, Kind, Rotation, Write};
use std::sync::Arc;
use std::time::Duration;

on_every_session_store! {
    ending_an_index_ends_what_it_remembers_and_nothing_else
    an_entry_is_found_under_each_of_its_indexes
    what_ended_is_not_renewed
    what_an_index_remembers_can_be_read_and_comes_back_when_it_ends
    entries_that_are_gone_are_not_counted
    an_index_lives_as_long_as_its_longest_entry
    an_entry_whose_life_was_extended_is_still_found
    a_replaced_entry_is_found_only_under_its_new_indexes
    an_index_is_usable_again_after_it_was_ended
    entries_added_in_parallel_are_all_found
}

fn put(key: Key, ttl: Duration, indexes: &[Key]) -> Write {
    let (value, indexes) = ("v".into(), indexes.to_vec());
    Write::Put { key, value, ttl, indexes }
}

fn put_family(key: Key, ttl: Duration, indexes: &[Key]) -> Write {
    let indexes = indexes.to_vec();
    Write::PutFamily { key, ttl, indexes }
}

async fn exists(subject: &Subject, key: &Key) -> bool {
    subject.sessions.get(key).await.unwrap().is_some()
}

async fn end_all(subject: &Subject, index: &Key) -> usize {
    subject.sessions.end_all(index).await.unwrap().len()
}

async fn ending_an_index_ends_what_it_remembers_and_nothing_else(subject: Subject) {
    let [index, other] = [Kind::OfUser, Kind::OfUser].map(fresh);
    let [a, b, c, d] = [Kind::Session, Kind::Session, Kind::Session, Kind::Session].map(fresh);
    let family = fresh(Kind::Family);
    let batch = vec![
        put(a, LONG, &[index]),
        put(b, LONG, &[index]),
        put(c, LONG, &[other]),
        put(d, LONG, &[]),
        put_family(family, LONG, &[index]),
    ];
    subject.sessions.write(batch).await.unwrap();
    assert_eq!(end_all(&subject, &index).await, 3);
    assert!(!exists(&subject, &a).await && !exists(&subject, &b).await);
    assert!(exists(&subject, &c).await && exists(&subject, &d).await);
    let rotation = subject.sessions.rotate(&family, usage(0)).await.unwrap();
    assert_eq!(rotation, Rotation::Gone);
    assert_eq!(end_all(&subject, &index).await, 0);
}

async fn an_entry_is_found_under_each_of_its_indexes(subject: Subject) {
    for ended in 0..2 {
        let indexes = [fresh(Kind::OfUser), fresh(Kind::OfSession)];
        let key = fresh(Kind::Session);
        subject.sessions.write(vec![put(key, LONG, &indexes)]).await.unwrap();
        assert_eq!(end_all(&subject, &indexes[ended]).await, 1);
        assert!(!exists(&subject, &key).await);
        assert_eq!(end_all(&subject, &indexes[1 - ended]).await, 0);
    }
}

async fn what_an_index_remembers_can_be_read_and_comes_back_when_it_ends(subject: Subject) {
    let index = fresh(Kind::OfHome);
    let [session, participant] = [Kind::Session, Kind::Participant].map(fresh);
    let batch = vec![
        Write::Put { key: session, value: "a\nb p".into(), ttl: LONG, indexes: vec![index] },
        Write::Put { key: participant, value: "".into(), ttl: LONG, indexes: vec![index] },
        put_family(fresh(Kind::Family), LONG, &[index]),
        put(fresh(Kind::Session), LONG, &[fresh(Kind::OfHome)]),
    ];
    subject.sessions.write(batch).await.unwrap();
    let sorted = |mut found: Vec<Found>| {
        found.sort_by_key(|one| one.kind.as_str());
        found.into_iter().map(|one| (one.kind, one.value)).collect::<Vec<_>>()
    };
    let all = [(Kind::Family, "".into()), (Kind::Participant, "".into()), (Kind::Session, "a\nb p".into())];
    assert_eq!(sorted(subject.sessions.find_all(&index).await.unwrap()), all);
    assert!(exists(&subject, &session).await, "looking ends nothing");
    assert_eq!(sorted(subject.sessions.end_all(&index).await.unwrap()), all);
    assert_eq!(subject.sessions.find_all(&index).await.unwrap(), []);
}

async fn what_ended_is_not_renewed(subject: Subject) {
    let (key, index) = (fresh(Kind::Session), fresh(Kind::OfUser));
    let renew =
        |value: &'static str| Write::Renew { key, value: value.into(), ttl: LONG, indexes: vec![index] };
    subject.sessions.write(vec![renew("too early")]).await.unwrap();
    assert!(!exists(&subject, &key).await);
    subject.sessions.write(vec![put(key, SHORT, &[index]), renew("renewed")]).await.unwrap();
    assert_eq!(subject.sessions.get(&key).await.unwrap().unwrap(), "renewed");
    subject.elapse(SHORT).await;
    assert_eq!(end_all(&subject, &index).await, 1, "it lives longer now");
    subject.sessions.write(vec![renew("too late")]).await.unwrap();
    assert!(!exists(&subject, &key).await);
}

async fn entries_that_are_gone_are_not_counted(subject: Subject) {
    let index = fresh(Kind::OfUser);
    let [taken, deleted, expired, kept] = [Kind::Session; 4].map(fresh);
    let batch = vec![
        put(taken, LONG, &[index]),
        put(deleted, LONG, &[index]),
        put(expired, SHORT, &[index]),
        put(kept, LONG, &[index]),
        Write::Delete(deleted),
    ];
    subject.sessions.write(batch).await.unwrap();
    subject.sessions.take(&taken).await.unwrap().unwrap();
    subject.elapse(SHORT).await;
    assert_eq!(end_all(&subject, &index).await, 1);
    assert!(!exists(&subject, &kept).await);
}

async fn an_index_lives_as_long_as_its_longest_entry(subject: Subject) {
    let index = fresh(Kind::OfUser);
    let [long, short] = [Kind::Session; 2].map(fresh);
    let batch = vec![put(long, LONG, &[index]), put(short, SHORT, &[index])];
    subject.sessions.write(batch).await.unwrap();
    subject.elapse(SHORT).await;
    assert_eq!(end_all(&subject, &index).await, 1);
    assert!(!exists(&subject, &long).await);
}

async fn an_entry_whose_life_was_extended_is_still_found(subject: Subject) {
    let index = fresh(Kind::OfUser);
    let [session, family] = [fresh(Kind::Session), fresh(Kind::Family)];
    let batch = vec![put(session, SHORT, &[index]), put_family(family, SHORT, &[index])];
    subject.sessions.write(batch).await.unwrap();
    assert!(subject.sessions.swap(&session, b"v", "w".into(), LONG).await.unwrap());
    let rotation = subject.sessions.rotate(&family, usage(0)).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);
    subject.elapse(SHORT).await;
    // Another sign-in of the person: expired entries are cleared away, these two are not among them.
    let next = put(fresh(Kind::Session), LONG, &[index]);
    subject.sessions.write(vec![next]).await.unwrap();
    assert_eq!(end_all(&subject, &index).await, 3);
    assert!(!exists(&subject, &session).await);
    let rotation = subject.sessions.rotate(&family, usage(1)).await.unwrap();
    assert_eq!(rotation, Rotation::Gone);
}

async fn a_replaced_entry_is_found_only_under_its_new_indexes(subject: Subject) {
    let [old, new] = [Kind::OfUser; 2].map(fresh);
    let key = fresh(Kind::Session);
    let batch = vec![put(key, LONG, &[old]), put(key, LONG, &[new])];
    subject.sessions.write(batch).await.unwrap();
    assert_eq!(end_all(&subject, &old).await, 0);
    assert!(exists(&subject, &key).await);
    assert_eq!(end_all(&subject, &new).await, 1);
}

async fn an_index_is_usable_again_after_it_was_ended(subject: Subject) {
    let (index, key) = (fresh(Kind::OfUser), fresh(Kind::Session));
    for _ in 0..2 {
        subject.sessions.write(vec![put(key, LONG, &[index])]).await.unwrap();
        assert_eq!(end_all(&subject, &index).await, 1);
        assert!(!exists(&subject, &key).await);
    }
}

async fn entries_added_in_parallel_are_all_found(subject: Subject) {
    let index = fresh(Kind::OfUser);
    let added = in_parallel(50, || {
        let sessions = Arc::clone(&subject.sessions);
        async move {
            let key = fresh(Kind::Session);
            sessions.write(vec![put(key, LONG, &[index])]).await.unwrap();
            key
        }
    });
    let added = added.await;
    assert_eq!(end_all(&subject, &index).await, 50);
    for key in added {
        assert!(!exists(&subject, &key).await);
    }
}
