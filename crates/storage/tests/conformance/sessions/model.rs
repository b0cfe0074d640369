//! GEN-03: random uses of what is used once, several at the same time, beside a model that takes them one by one.
//! Whatever a store answers, there must be an order of what came together in which the model answers the same.
//!
//! `HOSPES_TEST_SEQUENCES` says how many sequences are tried. One that fails is made as short as possible, printed, and
//! kept in `proptest-regressions`, from where it is tried first from then on.

use super::{LONG, fresh};
use crate::backend::{Subject, on_every_session_store};
use bytes::Bytes;
use hospes_idp::ports::sessions::Use;
use hospes_idp::ports::{Key, Kind, Presence, Rotation, Sessions, Spend, Write};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Barrier;

on_every_session_store! {
    gen_03_what_comes_together_is_answered_as_if_it_came_in_some_order
}

/// Sequences of an ordinary run.
const USUAL: u32 = 400;
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/single_use.txt");

const HOLDER: [u8; 32] = [7; 32];
const BEGIN: i64 = 1_800_000_000_000;
/// Milliseconds.
const GRACE: i64 = 10_000;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// Of an authorization code, by its holder or somebody else.
    Spend { holds: bool },
    /// Of a device code or a sign-in in progress.
    Take,
    /// Of the `jti` of a token.
    PutNew,
    /// Of a refresh token.
    Rotate { generation: u32 },
    /// Of a token family: its client revokes it.
    Revoke,
    /// Of a token family: its session ends.
    End,
    /// At the token family.
    Look,
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Spent(Spend),
    Taken(bool),
    Added(bool),
    Rotated(Rotation),
    Revoked,
    Ended(usize),
    Seen(Presence),
}

/// What happens together, after a pause in milliseconds.
type Round = (i64, Vec<Op>);

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => any::<bool>().prop_map(|holds| Op::Spend { holds }),
        1 => Just(Op::Take),
        1 => Just(Op::PutNew),
        6 => (0..4_u32).prop_map(|generation| Op::Rotate { generation }),
        1 => Just(Op::Revoke),
        1 => Just(Op::End),
        2 => Just(Op::Look),
    ]
}

fn sequence() -> impl Strategy<Value = Vec<Round>> {
    let pause =
        prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(GRACE - 1), 1 => Just(GRACE), 1 => Just(59_000)];
    prop::collection::vec((pause, prop::collection::vec(op(), 1..=4)), 1..10)
}

/// One of each, and when it goes.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    now: i64,
    /// Whether it was spent.
    code: Option<bool>,
    ticket: bool,
    jti: bool,
    /// Which generation is current, and since when.
    family: Option<(u32, i64)>,
    family_until: i64,
}

impl Model {
    fn new() -> Self {
        let family_until = BEGIN + 60_000;
        Self {
            now: BEGIN,
            code: Some(false),
            ticket: true,
            jti: false,
            family: Some((0, BEGIN)),
            family_until,
        }
    }

    /// `expires`: whether the store sees this time pass.
    fn pass(&mut self, millis: i64, expires: bool) {
        self.now += millis;
        if expires && self.now >= BEGIN + 60_000 {
            (self.code, self.ticket) = (None, false);
        }
        if expires && self.now >= self.family_until {
            self.family = None;
        }
    }

    fn answer(&mut self, op: Op) -> Answer {
        match op {
            Op::Spend { holds } => Answer::Spent(match self.code {
                None => Spend::Unknown,
                Some(_) if !holds => Spend::NotYours,
                Some(true) => Spend::Again("code".into()),
                Some(false) => {
                    self.code = Some(true);
                    Spend::First("code".into())
                }
            }),
            Op::Take => Answer::Taken(std::mem::take(&mut self.ticket)),
            Op::PutNew => Answer::Added(!std::mem::replace(&mut self.jti, true)),
            Op::Rotate { generation } => Answer::Rotated(self.rotate(generation)),
            Op::Revoke => {
                self.family = None;
                Answer::Revoked
            }
            Op::End => Answer::Ended(usize::from(self.family.take().is_some())),
            Op::Look => {
                Answer::Seen(self.family.map_or(Presence::Absent, |(current, _)| Presence::Family(current)))
            }
        }
    }

    fn rotate(&mut self, generation: u32) -> Rotation {
        match self.family {
            None => Rotation::Gone,
            Some((current, _)) if current == generation => {
                (self.family, self.family_until) = (Some((current + 1, self.now)), self.now + 60_000);
                Rotation::Rotated
            }
            Some((current, since)) if current == generation + 1 && self.now - since < GRACE => {
                Rotation::SameAgain
            }
            Some(_) => {
                self.family = None;
                Rotation::Reused
            }
        }
    }

    /// How things may stand after all of this came together and was answered so.
    fn after(&self, together: &[(Op, Answer)]) -> Vec<Self> {
        if together.is_empty() {
            return vec![self.clone()];
        }
        let mut all = Vec::new();
        for first in 0..together.len() {
            let (mut rest, mut model) = (together.to_vec(), self.clone());
            let (op, answer) = rest.swap_remove(first);
            if model.answer(op) == answer {
                let new = model.after(&rest).into_iter().filter(|model| !all.contains(model));
                let new: Vec<_> = new.collect();
                all.extend(new);
            }
        }
        all
    }
}

/// The real ones.
#[derive(Clone, Copy)]
struct Keys {
    code: Key,
    ticket: Key,
    jti: Key,
    family: Key,
    session: Key,
}

impl Keys {
    async fn put(sessions: &dyn Sessions) -> Self {
        let [code, ticket, jti, family, session] =
            [Kind::Code, Kind::Device, Kind::Replay, Kind::Family, Kind::OfSession].map(fresh);
        let batch = vec![
            Write::PutSpendable { key: code, holder: HOLDER, value: "code".into(), ttl: LONG },
            Write::Put { key: ticket, value: "ticket".into(), ttl: LONG, indexes: vec![] },
            Write::PutFamily { key: family, ttl: LONG, indexes: vec![session] },
        ];
        sessions.write(batch).await.unwrap();
        Self { code, ticket, jti, family, session }
    }

    async fn ask(self, sessions: &dyn Sessions, (op, now): (Op, i64)) -> Answer {
        match op {
            Op::Spend { holds } => {
                let holder = if holds { HOLDER } else { [8; 32] };
                Answer::Spent(sessions.spend(&self.code, &holder).await.unwrap())
            }
            Op::Take => Answer::Taken(sessions.take(&self.ticket).await.unwrap().is_some()),
            // Longer than any sequence: what was seen stays seen.
            Op::PutNew => {
                let forever = Duration::from_hours(1);
                Answer::Added(sessions.put_new(&self.jti, Bytes::new(), forever).await.unwrap())
            }
            Op::Rotate { generation } => {
                let usage = Use { generation, now, grace: GRACE, ttl: LONG };
                Answer::Rotated(sessions.rotate(&self.family, usage).await.unwrap())
            }
            Op::Revoke => {
                sessions.write(vec![Write::Delete(self.family)]).await.unwrap();
                Answer::Revoked
            }
            Op::End => Answer::Ended(sessions.end_all(&self.session).await.unwrap().len()),
            Op::Look => Answer::Seen(sessions.look(&[self.family]).await.unwrap()[0]),
        }
    }
}

/// The error says what no order explains.
async fn play(subject: &Subject, rounds: &[Round]) -> Result<(), String> {
    let keys = Keys::put(&*subject.sessions).await;
    let mut models = vec![Model::new()];
    for (pause, ops) in rounds {
        let keeps_time = subject.pass(Duration::from_millis(pause.unsigned_abs()));
        for model in &mut models {
            model.pass(*pause, keeps_time);
        }
        let now = models[0].now;
        let together = Arc::new(Barrier::new(ops.len()));
        let asking: Vec<_> = (ops.iter().copied())
            .map(|op| {
                let (sessions, together) = (Arc::clone(&subject.sessions), Arc::clone(&together));
                tokio::spawn(async move {
                    together.wait().await;
                    (op, keys.ask(&*sessions, (op, now)).await)
                })
            })
            .collect();
        let mut answers = Vec::new();
        for asked in asking {
            answers.push(asked.await.unwrap());
        }
        let mut after: Vec<Model> = models.iter().flat_map(|model| model.after(&answers)).collect();
        after.dedup();
        if after.is_empty() {
            return Err(format!("{answers:?} from {models:?}"));
        }
        models = after;
    }
    Ok(())
}

async fn gen_03_what_comes_together_is_answered_as_if_it_came_in_some_order(subject: Subject) {
    let asked = std::env::var("HOSPES_TEST_SEQUENCES").ok();
    let config = Config {
        cases: asked.map_or(USUAL, |number| number.parse().unwrap()),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..Config::default()
    };
    let here = Handle::current();
    let played = tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&sequence(), |rounds| here.block_on(play(&subject, &rounds)).map_err(TestCaseError::fail))
    });
    played.unwrap_or_else(|error| panic!("{error}"));
}
