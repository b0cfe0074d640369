//! Indexes: ending everything that belongs to a person or a browser session, however long it has lived since.

use super::{LONG, SHORT, fresh, in_parallel};
use crate::backend::{Subject, on_every_session_store};
use crate::sessions::tokens::usage;
use hospes_idp::ports::{Key, Kind, Rotation, Write};
use std::sync::Arc;
use std::time::Duration;

on_every_session_store! {
    ending_an_index_ends_what_it_remembers_and_nothing_else
    an_entry_is_found_under_each_of_its_indexes
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

async fn end_all(subject: &Subject, index: &Key) -> u64 {
    subject.sessions.end_all(index).await.unwrap()
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
