//! Time and randomness from the operating system.

use hospes_idp::{Ctx, Entropy};
use hospes_storage::Clock;
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

/// The operating system's generator.
struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness nothing may go on: every secret would be guessable.
        if let Err(error) = getrandom::fill(buffer) {
            eprintln!("hospes: the operating system gives no randomness: {error}");
            std::process::abort();
        }
    }
}

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Makes the context of a request, with the time of this clock.
pub fn make_ctx(clock: Clock) -> impl Fn(Option<IpAddr>) -> Ctx + Send + Sync + 'static {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    move |address| Ctx::new(clock(), entropy.clone(), address)
}

/// 32 random bytes.
pub fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    OsEntropy.fill(&mut key);
    key
}
