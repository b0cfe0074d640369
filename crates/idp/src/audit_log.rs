//! The queue between what happens and the audit table: entries of sign-ins are written in batches by one task.

use crate::audit::AuditEvent;
use crate::ports::Directory;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};

/// Entries waiting at most; when full, whoever records waits for the store instead.
const QUEUE: usize = 4096;
/// Entries written at once at most.
const BATCH: usize = 256;
/// How long entries gather to be written together. Meanwhile nobody wakes the writer.
const GATHER: Duration = Duration::from_millis(20);

enum Entry {
    Event(Box<AuditEvent>),
    Flush(oneshot::Sender<()>),
}

/// Records entries without making the request wait.
#[derive(Clone)]
pub struct AuditLog {
    queue: mpsc::Sender<Entry>,
    /// Ends the gathering.
    hurry: Arc<Notify>,
}

impl AuditLog {
    /// Starts the writing task on the current runtime.
    pub fn start(directory: Arc<dyn Directory>) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE);
        let hurry = Arc::new(Notify::new());
        tokio::spawn(write(entries, hurry.clone(), directory));
        Self { queue, hurry }
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
            self.hurry.notify_one();
            let _ = wait.await;
        }
    }
}

async fn write(mut entries: mpsc::Receiver<Entry>, hurry: Arc<Notify>, directory: Arc<dyn Directory>) {
    let mut received = Vec::with_capacity(BATCH);
    while entries.recv_many(&mut received, BATCH).await > 0 {
        let _ = tokio::time::timeout(GATHER, hurry.notified()).await;
        while received.len() < BATCH
            && let Ok(entry) = entries.try_recv()
        {
            received.push(entry);
        }
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
