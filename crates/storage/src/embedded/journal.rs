//! The file behind the embedded store and the thread that carries changes to it, many in one commit.
//!
//! Keeps the latest state of each key, not a history: a key that changed ten times between two commits is written once.
//! Knows records as bytes; what they mean is known to [`entry`](super::entry).

use super::entry::{Entry, Name};
use super::memory::Memory;
use hospes_idp::ports::Unavailable;
use redb::{Builder, Database, TableDefinition};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long changes gather before they are committed together.
const GATHER: Duration = Duration::from_millis(20);

/// Memory redb may use; everything is in our own maps already.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// The number is the version of the layout.
const ENTRIES: TableDefinition<'_, &[u8; 64], &[u8]> = TableDefinition::new("entries/1");

pub(super) struct Journal {
    file: Arc<File>,
    thread: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

struct File {
    database: Database,
    memory: Arc<Memory>,
    /// Held from collecting changes to their commit, so that commits keep their order.
    committing: Mutex<()>,
    is_failing: AtomicBool,
}

impl Journal {
    /// Reads the file into `memory` and starts the thread.
    pub(super) fn open(path: &Path, memory: Arc<Memory>, now: i64) -> Result<Self, Unavailable> {
        let refused = |error: redb::DatabaseError| {
            Unavailable(format!("the session file {} cannot be opened: {error}", path.display()))
        };
        let database = Builder::new().set_cache_size(CACHE_BYTES).create(path).map_err(refused)?;
        load(&database, &memory, now).map_err(Unavailable::because)?;
        let file = Arc::new(File {
            database,
            memory,
            committing: Mutex::new(()),
            is_failing: AtomicBool::new(false),
        });
        let thread = start(Arc::clone(&file)).map_err(Unavailable::because)?;
        Ok(Self { file, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn commit(&self) -> Result<(), Unavailable> {
        self.file.commit()
    }

    pub(super) fn close(&self) -> Result<(), Unavailable> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = thread {
            drop(stop);
            if thread.join().is_err() {
                tracing::error!("the thread that writes sessions had stopped");
            }
        }
        self.file.commit()
    }

    /// Whether the last commit succeeded.
    pub(super) fn health(&self) -> Result<(), Unavailable> {
        if self.file.is_failing.load(Ordering::Relaxed) {
            return Err(Unavailable("sessions cannot be written to their file".to_owned()));
        }
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the last sessions were not written");
        }
    }
}

impl File {
    fn commit(&self) -> Result<(), Unavailable> {
        let _guard = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.memory.changes();
        if changes.is_empty() {
            return Ok(());
        }
        let written = self.write(&changes);
        self.is_failing.store(written.is_err(), Ordering::Relaxed);
        written.map_err(|error| {
            self.memory.retry(&changes);
            Unavailable::because(error)
        })
    }

    fn write(&self, changes: &[(Name, Option<Vec<u8>>)]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut entries = transaction.open_table(ENTRIES)?;
            for (name, record) in changes {
                match record {
                    Some(record) => entries.insert(&name.0, record.as_slice())?,
                    None => entries.remove(&name.0)?,
                };
            }
        }
        Ok(transaction.commit()?)
    }
}

fn start(file: Arc<File>) -> std::io::Result<(Sender<()>, JoinHandle<()>)> {
    let (stop, stopped) = channel();
    let work = move || {
        while stopped.recv_timeout(GATHER) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = file.commit() {
                tracing::error!(%error, "sessions are not written; a crash would lose them");
            }
        }
    };
    let thread = std::thread::Builder::new().name("hospes-sessions".to_owned());
    Ok((stop, thread.spawn(work)?))
}

/// Reads what has not expired; the rest is removed, as is what this version cannot read.
fn load(database: &Database, memory: &Memory, now: i64) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut entries = transaction.open_table(ENTRIES)?;
        entries.retain(|name, record| match Entry::decode(record) {
            Some(entry) if entry.expires_at > now => {
                memory.restore(Name(*name), entry);
                true
            }
            Some(_) => false,
            None => {
                tracing::error!("a stored session record cannot be read and is dropped");
                false
            }
        })?;
    }
    Ok(transaction.commit()?)
}
