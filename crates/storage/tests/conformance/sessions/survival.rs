//! The embedded store's file: what a restart, a second process and damage find.

use super::{LONG, SHORT, fresh};
use crate::backend::{Folder, ManualClock};
use crate::sessions::tokens::usage;
use hospes_idp::ports::{Key, Kind, Rotation, Sessions, Spend, Write};
use hospes_storage::EmbeddedSessions;

const HOLDER: [u8; 32] = [7; 32];

fn open(folder: &Folder, clock: &ManualClock) -> EmbeddedSessions {
    EmbeddedSessions::open(&folder.sessions_file(), clock.clock()).unwrap()
}

fn put(key: Key, ttl: std::time::Duration, indexes: Vec<Key>) -> Write {
    let value = "v".into();
    Write::Put { key, value, ttl, indexes }
}

#[tokio::test]
async fn everything_survives_a_restart_in_the_state_it_had() {
    let (folder, clock) = (Folder::new(), ManualClock::new());
    let [plain, taken, expired] = [Kind::Session; 3].map(fresh);
    let [code, family, counter, index] = [Kind::Code, Kind::Family, Kind::Counter, Kind::OfUser].map(fresh);
    let sessions = open(&folder, &clock);
    let batch = vec![
        put(plain, LONG, vec![index]),
        put(taken, LONG, vec![]),
        put(expired, SHORT, vec![index]),
        Write::PutSpendable { key: code, holder: HOLDER, value: "c".into(), ttl: LONG },
        Write::PutFamily { key: family, ttl: LONG, indexes: vec![index] },
    ];
    sessions.write(batch).await.unwrap();
    sessions.flush().unwrap();
    sessions.take(&taken).await.unwrap().unwrap();
    assert_eq!(sessions.spend(&code, &HOLDER).await.unwrap(), Spend::First("c".into()));
    assert_eq!(sessions.rotate(&family, usage(0)).await.unwrap(), Rotation::Rotated);
    sessions.increment(&counter, LONG).await.unwrap();
    sessions.close().unwrap();
    drop(sessions);
    clock.advance(SHORT);

    let sessions = open(&folder, &clock);
    assert_eq!(sessions.get(&plain).await.unwrap().unwrap(), "v");
    assert_eq!(sessions.get(&taken).await.unwrap(), None);
    assert_eq!(sessions.get(&expired).await.unwrap(), None);
    assert_eq!(sessions.spend(&code, &HOLDER).await.unwrap(), Spend::Again("c".into()));
    assert_eq!(sessions.rotate(&family, usage(0)).await.unwrap(), Rotation::SameAgain);
    assert_eq!(sessions.increment(&counter, LONG).await.unwrap(), 2);
    assert_eq!(sessions.end_all(&index).await.unwrap().len(), 2);
    drop(sessions);

    let sessions = open(&folder, &clock);
    assert_eq!(sessions.get(&plain).await.unwrap(), None);
    assert_eq!(sessions.rotate(&family, usage(0)).await.unwrap(), Rotation::Gone);
}

#[tokio::test]
async fn changes_reach_the_file_without_being_asked_to() {
    let (folder, clock) = (Folder::new(), ManualClock::new());
    let (sessions, key) = (open(&folder, &clock), fresh(Kind::Session));
    sessions.write(vec![put(key, LONG, vec![])]).await.unwrap();
    // A copy of the file is what a hard kill would leave behind.
    let copy = Folder::new();
    let began = std::time::Instant::now();
    loop {
        assert!(began.elapsed() < LONG, "nothing reached the file");
        std::fs::copy(folder.sessions_file(), copy.sessions_file()).unwrap();
        let found = EmbeddedSessions::open(&copy.sessions_file(), clock.clock());
        // A copy taken in the middle of a commit may be unreadable.
        if let Ok(found) = found
            && found.get(&key).await.unwrap().is_some()
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[test]
fn a_second_process_is_refused() {
    let (folder, clock) = (Folder::new(), ManualClock::new());
    let _first = open(&folder, &clock);
    let second = EmbeddedSessions::open(&folder.sessions_file(), clock.clock());
    assert!(second.err().unwrap().0.contains("sessions.redb cannot be opened"));
}

#[test]
fn red_07_a_file_that_is_something_else_is_refused() {
    let (folder, clock) = (Folder::new(), ManualClock::new());
    std::fs::write(folder.sessions_file(), "not a store").unwrap();
    assert!(EmbeddedSessions::open(&folder.sessions_file(), clock.clock()).is_err());
}
