//! The queue between what happens and the audit table: entries of sign-ins are written in batches by one task.

use crate::audit::AuditEvent;
use crate::ports::Directory;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Entries waiting at most; when full, whoever records waits for the store instead.
const QUEUE: usize = 4096;
/// Entries written at once at most.
const BATCH: usize = 256;

enum Entry {
    Event(Box<AuditEvent>),
    Flush(oneshot::Sender<()>),
}

/// Records entries without making the request wait.
#[derive(Clone)]
pub struct AuditLog {
    queue: mpsc::Sender<Entry>,
}

impl AuditLog {
    /// Starts the writing task on the current runtime.
    pub fn start(directory: Arc<dyn Directory>) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE);
        tokio::spawn(write(entries, directory));
        Self { queue }
    }

    /// Queues an entry; waits only while the queue is full.
    pub async fn record(&self, event: AuditEvent) {
        if self.queue.send(Entry::Event(Box::new(event))).await.is_err() {
            tracing::error!("the audit writer has stopped");
        }
    }

    /// Returns when everything recorded before is written, or was tried.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Entry::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

async fn write(mut entries: mpsc::Receiver<Entry>, directory: Arc<dyn Directory>) {
    let mut received = Vec::with_capacity(BATCH);
    while entries.recv_many(&mut received, BATCH).await > 0 {
        let mut flushed = Vec::new();
        let mut events = Vec::new();
        for entry in received.drain(..) {
            match entry {
                Entry::Event(event) => events.push(*event),
                Entry::Flush(done) => flushed.push(done),
            }
        }
        if !events.is_empty()
            && let Err(error) = directory.append_audit(&events).await
        {
            let lost: Vec<_> = events.iter().map(|event| (event.kind.as_str(), &event.reference)).collect();
            tracing::error!(%error, ?lost, "audit entries could not be written");
        }
        for done in flushed {
            let _ = done.send(());
        }
    }
}
