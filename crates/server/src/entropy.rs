//! Time and randomness from the operating system.

use hospes_idp::{Ctx, Entropy};
use hospes_storage::Clock;
use jiff::Timestamp;
use rand::Rng as _;
use std::net::IpAddr;
use std::sync::Arc;

/// Each thread's own cryptographic generator, seeded by the operating system again and again: several values per
/// request, and a system call for each would cost more than all else that is done with them.
struct ThreadEntropy;

impl Entropy for ThreadEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        rand::rng().fill_bytes(buffer);
    }
}

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Makes the context of a request, with the time of this clock.
pub fn make_ctx(clock: Clock) -> impl Fn(Option<IpAddr>) -> Ctx + Send + Sync + 'static {
    let entropy: Arc<dyn Entropy> = Arc::new(ThreadEntropy);
    move |address| Ctx::new(clock(), entropy.clone(), address)
}

/// 32 random bytes, straight from the operating system: keys outlive the process.
pub fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    // Without randomness nothing may go on: every secret would be guessable.
    if let Err(error) = getrandom::fill(&mut key) {
        eprintln!("hospes: the operating system gives no randomness: {error}");
        std::process::abort();
    }
    key
}
