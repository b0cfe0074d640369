//! Argon2id in a bounded pool of its own threads, with the memory kept between hashes. A full queue sheds at once rather
//! than letting everybody wait.

use super::normalise;
use crate::model::user::PasswordHash;
use crate::refusal::Refusal;
use argon2::password_hash::phc::{Output, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// OWASP's and RFC 9106's memory-constrained choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const OUTPUT: usize = 32;
/// Hashes waiting at most, per thread.
const QUEUE: usize = 32;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Hashes and verifies passwords off the request threads.
#[derive(Clone)]
pub struct PasswordHasher {
    jobs: SyncSender<Job>,
}

impl PasswordHasher {
    /// Starts this many hashing threads; half the cores is a good number.
    pub fn start(threads: usize) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE * threads.max(1));
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads.max(1) {
            let queue = queue.clone();
            std::thread::Builder::new().name(format!("argon2-{number}")).spawn(move || work(&queue))?;
        }
        Ok(Self { jobs })
    }

    /// A PHC string for a new password.
    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<PasswordHash, Refusal> {
        let password = normalise(password);
        let hashed = self.run(move |memory| hash(&password, &salt, memory)).await?;
        hashed.ok_or(Refusal::Internal)
    }

    /// Whether the password belongs to the hash. Without a hash the same work is done for nothing, so that an unknown
    /// account takes as long as a known one (LOC-01).
    pub async fn verify(&self, password: &str, hash: Option<&PasswordHash>) -> Result<bool, Refusal> {
        let password = normalise(password);
        let stored = hash.cloned();
        self.run(move |memory| verify(&password, stored.as_ref(), memory)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            let _ = answer.send(job(memory));
        });
        match self.jobs.try_send(job) {
            Ok(()) => wait.await.map_err(|_| Refusal::Unavailable),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Refusal::Unavailable),
        }
    }
}

/// Whether a hash was made with other parameters than [`PasswordHasher::hash`] uses.
pub fn is_outdated(stored: &PasswordHash) -> bool {
    parse(stored).is_some_and(|(params, ..)| {
        (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY_KIB, PASSES, 1)
    })
}

/// Parameters, salt and digest; `None` for anything but Argon2id in the PHC format.
fn parse(stored: &PasswordHash) -> Option<(Params, Salt, Output)> {
    let phc = Phc::new(&stored.0).ok().filter(|phc| phc.algorithm == Algorithm::Argon2id.ident())?;
    Some((Params::try_from(&phc).ok()?, phc.salt?, phc.hash?))
}

fn work(queue: &Mutex<Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        job(&mut memory);
    }
}

fn digest(
    params: &Params,
    password: &str,
    salt: &[u8],
    memory: &mut Vec<Block>,
) -> Option<Zeroizing<[u8; OUTPUT]>> {
    memory.resize(params.block_count(), Block::default());
    let mut output = Zeroizing::new([0; OUTPUT]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password.as_bytes(), salt, output.as_mut(), memory.as_mut_slice())
        .ok()?;
    Some(output)
}

fn current_params() -> Option<Params> {
    Params::new(MEMORY_KIB, PASSES, 1, Some(OUTPUT)).ok()
}

fn hash(password: &str, salt: &[u8; 16], memory: &mut Vec<Block>) -> Option<PasswordHash> {
    let params = current_params()?;
    let output = digest(&params, password, salt, memory)?;
    let phc = Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: (&params).try_into().ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output.as_ref()).ok()?),
    };
    Some(PasswordHash(phc.to_string()))
}

fn verify(password: &str, stored: Option<&PasswordHash>, memory: &mut Vec<Block>) -> bool {
    if let Some((params, salt, expected)) = stored.and_then(parse) {
        digest(&params, password, salt.as_ref(), memory)
            .is_some_and(|output| output.as_slice().ct_eq(expected.as_bytes()).into())
    } else {
        current_params().and_then(|params| digest(&params, password, &[0; 16], memory));
        false
    }
}
