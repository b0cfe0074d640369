//! The contract of [`Sessions`](hospes_idp::ports::Sessions).

mod entries;
mod indexes;
mod model;
mod server;
mod survival;
mod tokens;

use crate::fixture::ctx;
use hospes_idp::ids::TenantId;
use hospes_idp::ports::{Key, Kind};
use std::future::Future;
use std::time::Duration;

/// Long enough for a test, short enough to be waited for.
const SHORT: Duration = Duration::from_secs(1);
/// Longer than any test.
const LONG: Duration = Duration::from_mins(1);

/// A key nothing else uses.
fn fresh(kind: Kind) -> Key {
    let ctx = ctx();
    Key::new(TenantId::generate(&ctx), kind, ctx.token())
}

/// What `count` calls answer that run at the same time.
async fn in_parallel<T, F>(count: usize, call: impl Fn() -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let calls: Vec<_> = (0..count).map(|_| tokio::spawn(call())).collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}
