//! One line per request: method, route, status, duration. Routes, not paths: paths and queries hold secrets.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};
use hospes_web::Reference;
use metrics::Histogram;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Instant;

thread_local! {
    /// By status and route, because finding a metric by its labels costs more than writing it.
    static SECONDS: RefCell<HashMap<u16, HashMap<String, Histogram>>> = RefCell::default();
}

pub(super) async fn log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = Instant::now();
    let response = next.call(request).await?;
    let elapsed = begun.elapsed();
    let request = response.request();
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_u16();
    if tracing::enabled!(tracing::Level::DEBUG) {
        let reference = request.extensions().get::<Reference>().map(|reference| reference.0.clone());
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(method = %request.method(), route, status, micros, reference, "request");
    }
    record(&route, status, elapsed.as_secs_f64());
    Ok(response)
}

fn record(route: &str, status: u16, seconds: f64) {
    SECONDS.with_borrow_mut(|by_status| {
        let by_route = by_status.entry(status).or_default();
        if let Some(histogram) = by_route.get(route) {
            return histogram.record(seconds);
        }
        let labels = [("route", route.to_owned()), ("status", status.to_string())];
        let histogram = metrics::histogram!("hospes_request_seconds", &labels);
        histogram.record(seconds);
        by_route.insert(route.to_owned(), histogram);
    });
}
