//! Health and metrics on a listener of their own: never reachable through the public one.

use crate::jobs::Jobs;
use actix_web::web::{Data, get, resource};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::{Context, Result};
use hospes_idp::Idp;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Seconds, from a cached document to a slow home IdP.
const BUCKETS: [f64; 10] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Between scrapes every sample is kept until somebody sums it up.
const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Takes what is measured from now on; once for the process.
pub(crate) fn recorder() -> Option<PrometheusHandle> {
    let install = || {
        let builder =
            PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS);
        builder.ok()?.install_recorder().ok()
    };
    RECORDER.get_or_init(install).clone()
}

/// Requests to the stores so far, by store.
type RoundTrips = Arc<dyn Fn() -> [(&'static str, u64); 2] + Send + Sync>;

/// What is looked at.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) recorder: Option<PrometheusHandle>,
    pub(crate) idp: Arc<Idp>,
    pub(crate) round_trips: RoundTrips,
    pub(crate) jobs: Jobs,
}

/// Serves `/health/live`, `/health/ready` and `/metrics` until `stop` resolves.
pub(crate) async fn serve(
    listener: TcpListener,
    watched: Watched,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let upkeep = tokio::spawn(sum_up(watched.recorder.clone()));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(watched.clone()))
            .service(resource("/health/live").route(get().to(async || HttpResponse::Ok().body("live\n"))))
            .service(resource("/health/ready").route(get().to(ready)))
            .service(resource("/metrics").route(get().to(exposition)))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::spawn(async move {
        stop.await;
        handle.stop(true).await;
    });
    let ended = server.await.context("the operations listener");
    upkeep.abort();
    ended
}

async fn sum_up(recorder: Option<PrometheusHandle>) {
    let Some(recorder) = recorder else { return };
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder.run_upkeep();
    }
}

/// Ready when both stores answer; home IdPs are not ours to be ready. A job that stands still is said, and no reason to
/// send people elsewhere: other nodes do the same work.
async fn ready(watched: Data<Watched>) -> HttpResponse {
    if let Err(error) = watched.idp.ready().await {
        tracing::warn!(%error, "not ready");
        return HttpResponse::ServiceUnavailable().body("not ready: a store does not answer\n");
    }
    let late: Vec<&str> =
        watched.jobs.ages().into_iter().filter_map(|(job, _, late)| late.then_some(job)).collect();
    if late.is_empty() {
        HttpResponse::Ok().body("ready\n")
    } else {
        HttpResponse::Ok().body(format!("degraded: these jobs do not succeed: {}\n", late.join(", ")))
    }
}

async fn exposition(watched: Data<Watched>) -> HttpResponse {
    for (store, count) in (watched.round_trips)() {
        metrics::counter!("hospes_store_round_trips_total", "store" => store).absolute(count);
    }
    for (job, age, _) in watched.jobs.ages() {
        metrics::gauge!("hospes_job_last_success_age_seconds", "job" => job).set(age);
    }
    let text = watched.recorder.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}
