//! The worker that tells clients of sessions that have ended. Several nodes may run one each.

use hospes_idp::logout::BATCH;
use hospes_web::App;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How often the queue is looked at without being told to.
const POLL: Duration = Duration::from_secs(2);

/// Works until `stop` is ready; what is in flight is finished first.
pub(crate) async fn tell_clients(app: App, wake: Arc<Notify>, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    loop {
        let sent = app.idp.deliver_notices(&(app.make_ctx)(None)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the queue of logout notices cannot be read");
            0
        });
        let idle = async {
            if sent < BATCH as usize {
                tokio::select! {
                    () = wake.notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = idle => {}
        }
    }
}
