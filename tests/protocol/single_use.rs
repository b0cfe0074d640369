//! GEN-03: random uses of what is single-use, several at the same time, over HTTP: codes with the tokens that come of
//! them beside a model; pushed requests and device codes held to what may never happen.

mod model;

use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::client::{Code, TestClient};
use crate::support::device::{Device, enter, tv};
use crate::support::query::Query;
use crate::support::sequences::hold;
use crate::support::tenant::{Person, TestTenant};
use crate::support::{Stores, TestApp};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use model::{Asked, Model, Op, Stage};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// What happens together, after a pause in seconds.
type Round<T> = (i64, Vec<T>);

/// Redis counts its own time, so pauses there are shorter than anything it forgets.
fn rounds<T: std::fmt::Debug + Clone + 'static>(
    op: impl Strategy<Value = T> + 'static,
    stores: Stores,
) -> BoxedStrategy<Vec<Round<T>>> {
    let short = prop_oneof![5 => Just(0_i64), 1 => Just(1), 1 => Just(29), 1 => Just(30), 1 => Just(61)];
    let pause = match stores {
        Stores::Real => short.boxed(),
        Stores::Embedded => {
            let day = 24 * 3600;
            prop_oneof![9 => short, 1 => Just(601), 1 => Just(3600), 1 => Just(15 * day)].boxed()
        }
    };
    prop::collection::vec((pause, prop::collection::vec(op, 1..=3)), 1..8).boxed()
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Redeem),
        4 => (0..3_u32).prop_map(|back| Op::Refresh { back }),
        1 => (0..2_u32).prop_map(|back| Op::Revoke { back }),
        1 => Just(Op::SignOut),
        2 => (0..3_usize).prop_map(|back| Op::Look { back }),
    ]
}

/// A code, and what came of it so far.
struct Line<'a> {
    wiki: &'a TestClient<'a>,
    tenant: &'a TestTenant<'a>,
    browser: &'a Browser,
    code: Code,
    /// By generation.
    refresh: BTreeMap<u32, String>,
    /// With the second it was issued in.
    access: Vec<(i64, String)>,
}

impl<'a> Line<'a> {
    /// The request, and what it asks of the model; `None` where there is nothing to ask with.
    async fn request(&self, op: Op) -> Option<(Asked, BoxFuture<'a, Answer>)> {
        let newest = self.refresh.keys().next_back().copied().unwrap_or_default();
        let token = |back: u32| self.refresh.get_key_value(&newest.checked_sub(back)?);
        let wiki = self.wiki;
        Some(match op {
            Op::Redeem => (Asked::Redeem, wiki.redeem(&self.code).send().boxed()),
            Op::Refresh { back } => {
                let (generation, token) = token(back)?;
                (Asked::Refresh(*generation), wiki.refresh(token).send().boxed())
            }
            Op::Revoke { back } => {
                let request = wiki.request(&[("token", token(back)?.1)]);
                (Asked::End, request.send_to("/revoke").boxed())
            }
            Op::SignOut => {
                let page = self.browser.open(&self.tenant.url("/logout")).await;
                if !page.has("form[action$='/logout']") {
                    return None;
                }
                let browser = self.browser;
                (Asked::End, async move { browser.press(&page, "/logout", &[]).await }.boxed())
            }
            Op::Look { back } => {
                let (issued, token) = self.access.iter().rev().nth(back)?.clone();
                (Asked::Look(issued), async move { wiki.userinfo(&token).await }.boxed())
            }
        })
    }

    /// Keeps what was granted. A refresh token of one generation is always the same (RFC 9700 §4.14.2).
    fn keep(&mut self, asked: Asked, answer: &Answer, now: i64) -> Result<(), String> {
        let generation = match asked {
            Asked::Redeem => 1,
            Asked::Refresh(presented) => presented + 1,
            Asked::End | Asked::Look(_) => return Ok(()),
        };
        let tokens = answer.tokens();
        self.access.push((now, tokens.access_token.clone()));
        let known = self.refresh.entry(generation).or_insert_with(|| tokens.refresh_token().to_owned());
        (known == tokens.refresh_token())
            .then_some(())
            .ok_or(format!("two tokens of generation {generation}"))
    }

    async fn play(mut self, rounds: Vec<Round<Op>>) -> Result<(), String> {
        // Whatever happened, in the end it is tried once more.
        let sweep = [Op::Redeem, Op::Refresh { back: 0 }, Op::Look { back: 0 }].map(|op| (0, vec![op]));
        let mut models = vec![Model::new()];
        for (pause, ops) in rounds.into_iter().chain(sweep) {
            self.wiki.app.clock.advance_seconds(pause);
            for model in &mut models {
                model.pass(pause);
            }
            let (mut all_asked, mut requests) = (Vec::new(), Vec::new());
            for op in ops {
                if let Some((asked, request)) = self.request(op).await {
                    all_asked.push(asked);
                    requests.push(request);
                }
            }
            let answers = join_all(requests).await;
            let now = models[0].now;
            let mut together = Vec::new();
            for (asked, answer) in all_asked.into_iter().zip(&answers) {
                let granted = matches!(answer.status, 200 | 303);
                if !granted && !matches!(answer.status, 400 | 401) {
                    return Err(format!("{asked:?}: {answer:?}"));
                }
                if granted {
                    self.keep(asked, answer, now)?;
                }
                together.push((asked, granted, Stage::First));
            }
            let after: Vec<Model> = models.iter().flat_map(|model| model.after(&together)).collect();
            if after.is_empty() {
                return Err(format!("{together:?} from {models:?}"));
            }
            models = after;
        }
        Ok(())
    }
}

async fn codes_and_their_tokens(stores: Stores) {
    let app = TestApp::on(stores).await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    hold(40, &rounds(op(), stores), async |rounds| {
        let browser = app.browser();
        let request = wiki.authorize().set("scope", "openid");
        let page = request.open(&browser).await;
        let code = request.code(&browser.sign_in(page, &hanna).await);
        let (refresh, access) = (BTreeMap::new(), Vec::new());
        let line = Line { wiki: &wiki, tenant: &harbor, browser: &browser, code, refresh, access };
        line.play(rounds).await
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn gen_03_codes_and_their_tokens_are_used_as_if_one_by_one() {
    codes_and_their_tokens(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gen_03_codes_and_their_tokens_are_used_as_if_one_by_one_on_real_stores() {
    codes_and_their_tokens(Stores::Real).await;
}

/// A pushed request, visited by several tabs of one browser: one code, before it expires.
async fn pushed_requests(stores: Stores) {
    let app = TestApp::on(stores).await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    hold(30, &rounds(Just(()), stores), async |rounds| {
        let browser = app.browser();
        wiki.code_for(&browser, &hanna).await;
        let pairs = wiki.authorize().query;
        let pairs = pairs.pairs().iter().filter(|(name, _)| name != "client_id");
        let pushing = pairs.fold(wiki.request(&[]), |pushing, (name, value)| pushing.and(name, value));
        let pushed = pushing.send_to("/par").await.json();
        let query =
            [("client_id", wiki.id.as_str()), ("request_uri", pushed["request_uri"].as_str().unwrap())];
        let there = format!("{}/authorize?{}", wiki.issuer, Query::new(&query).encoded());
        let (mut age, mut answered) = (0, false);
        for (pause, tabs) in rounds {
            age += pause;
            app.clock.advance_seconds(pause);
            let tabs: Vec<_> = tabs.iter().map(|()| browser.twin(&app)).collect();
            let answers = join_all(tabs.iter().map(|tab| tab.get(&there))).await;
            let codes =
                answers.iter().filter(|answer| answer.location().is_some_and(|to| to.contains("code=")));
            let (codes, good) = (codes.count(), !answered && age < 90);
            // The session idles out too, and then nobody is answered.
            let alive = age < 8 * 3600;
            if codes > usize::from(good) || (good && alive && codes == 0 && stores == Stores::Embedded) {
                return Err(format!("{codes} codes after {age} seconds, answered before: {answered}"));
            }
            answered |= codes > 0;
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn gen_03_a_pushed_request_is_answered_once_and_in_time() {
    pushed_requests(Stores::Embedded).await;
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum AtDevice {
    Poll,
    Allow,
    Deny,
    SignOut,
}

fn at_device() -> impl Strategy<Value = AtDevice> {
    use AtDevice::{Allow, Deny, Poll, SignOut};
    prop_oneof![6 => Just(Poll), 3 => Just(Allow), 1 => Just(Deny), 1 => Just(SignOut)]
}

/// A device, and the page on which its person answers.
struct Asking<'a> {
    device: Device<'a>,
    browser: &'a Browser,
    page: Answer,
    out: Answer,
}

impl Asking<'_> {
    async fn does(&self, op: AtDevice) -> Answer {
        let answers =
            async |decision| self.browser.press(&self.page, "/device", &[("decision", decision)]).await;
        match op {
            AtDevice::Poll => self.device.polls().send().await,
            AtDevice::Allow => answers("allow").await,
            AtDevice::Deny => answers("deny").await,
            AtDevice::SignOut => self.browser.press(&self.out, "/logout", &[]).await,
        }
    }

    /// Tokens come once, after somebody allowed it, not after a no, a sign-out or the end.
    async fn play(&self, app: &TestApp, rounds: Vec<Round<AtDevice>>) -> Result<(), String> {
        let (mut age, mut got, mut allowed, mut over) = (0, 0, false, false);
        for (pause, ops) in rounds {
            age += pause;
            app.clock.advance_seconds(pause);
            over |= age >= 600;
            let answers = join_all(ops.iter().map(|op| self.does(*op))).await;
            let done = |wanted: AtDevice, status: u16| {
                let mut all = ops.iter().zip(&answers);
                all.any(|(op, answer)| *op == wanted && answer.status == status)
            };
            let tokens = ops.iter().zip(&answers);
            let tokens = tokens.filter(|(op, answer)| **op == AtDevice::Poll && answer.status == 200).count();
            let may = !over && got == 0 && (allowed || done(AtDevice::Allow, 303));
            if tokens > usize::from(may) {
                return Err(format!("{tokens} more than {got} after {age} seconds: {answers:?}"));
            }
            got += tokens;
            allowed |= done(AtDevice::Allow, 303);
            over |= done(AtDevice::SignOut, 303) || (!allowed && done(AtDevice::Deny, 303));
        }
        Ok(())
    }
}

async fn devices(stores: Stores) {
    let app = TestApp::on(stores).await;
    app.clock.stops();
    let harbor = app.tenant("harbor").await;
    let count = AtomicU32::new(0);
    let hanna: Person = harbor.member("hanna@harbor.example").await;
    let wiki = harbor.client("wiki").public().await;
    hold(30, &rounds(at_device(), stores), async |rounds| {
        let browser = app.browser();
        wiki.code_for(&browser, &hanna).await;
        // A client may ask sixty times a minute.
        let client = tv(&harbor, &format!("tv-{}", count.fetch_add(1, Ordering::Relaxed))).public().await;
        let device = Device::of(&client).await;
        let page = enter(&browser, &harbor, &device.user_code).await;
        let out = browser.open(&harbor.url("/logout")).await;
        let asking = Asking { device, browser: &browser, page, out };
        asking.play(&app, rounds).await
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn gen_03_a_device_gets_tokens_once_and_only_what_was_allowed() {
    devices(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gen_03_a_device_gets_tokens_once_and_only_what_was_allowed_on_real_stores() {
    devices(Stores::Real).await;
}
