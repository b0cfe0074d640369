//! Serving: listeners, TLS with certificate reload, the outbox, and a stop that loses nothing.

mod access_log;
mod client_certificate;
mod tls;

use crate::config::Config;
use crate::jobs::Jobs;
use crate::operations::{self, Watched};
use crate::wiring::House;
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};
use anyhow::{Context, Result};
use hospes_idp::admin::Caller;
use hospes_idp::ports::PageRequest;
use hospes_web::{AliasConnection, App, configure, security_headers};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Seconds requests in flight get to finish.
const DRAIN_SECONDS: u64 = 10;

/// How often somebody looks which signing keys are due.
const KEYS: Duration = Duration::from_mins(5);
/// How often the deleted are looked through.
const PURGE: Duration = Duration::from_hours(1);

/// Printed while there is no tenant.
const FIRST_START: &str = "\
There is no tenant yet. Stop this server and make one:

    hospes tenant create SLUG --name 'Your Organization'

It prints a link for the first administrator. Start the server again and open it within the hour.
";

/// Binds, or says in one sentence why not.
pub fn bind(what: &str, address: SocketAddr) -> Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            anyhow::anyhow!("{what}: {address} is in use by another process; choose another port")
        }
        _ => anyhow::anyhow!("{what}: cannot listen on {address}: {error}"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until the process is told to stop.
pub async fn serve(config: Config) -> Result<()> {
    let listener = bind("listen", config.listen)?;
    let operations_listener = bind("operations_listen", config.operations_listen)?;
    let house = House::open(&config).await?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        wait_for_signal().await;
        let _ = stop.send(true);
    });
    let worker = house.outbox_worker(&config)?.map(|worker| tokio::spawn(worker.run(until(stopped.clone()))));
    let courier = tokio::spawn(house.courier(until(stopped.clone())));
    let jobs = Jobs::default();
    let rotation = tokio::spawn(rotate_keys(jobs.clone(), house.app.clone(), until(stopped.clone())));
    let purging = tokio::spawn(purge_deleted(jobs.clone(), house.app.clone(), until(stopped.clone())));
    let watched = Watched {
        // Before the first request: handlers keep the metrics they found.
        recorder: operations::recorder(),
        idp: house.app.idp.clone(),
        round_trips: Arc::new(house.round_trips()),
        jobs,
    };
    let operations = operations::serve(operations_listener, watched, until(stopped.clone()));
    let operations = tokio::spawn(operations);
    greet_first_start(&house).await?;
    tracing::info!(base_url = config.base_url, listen = %config.listen, "ready");
    run_http(&config, house.app.clone(), listener, until(stopped)).await?;
    if let Some(worker) = worker {
        worker.await.context("the outbox worker")?;
    }
    rotation.await.context("the key rotation")?;
    purging.await.context("the purge of the deleted")?;
    courier.await.context("the worker that tells clients")?;
    operations.await.context("the operations listener")??;
    house.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Removes for good who was deleted long ago.
async fn purge_deleted(jobs: Jobs, app: App, stop: impl Future<Output = ()>) {
    let purge = || async {
        let ctx = (app.make_ctx)(None);
        app.idp.purge_deleted(&ctx).await.map(drop)
    };
    jobs.run(("purge", PURGE), purge, stop).await;
}

/// Makes and removes signing keys when they are due.
async fn rotate_keys(jobs: Jobs, app: App, stop: impl Future<Output = ()>) {
    let rotate = || async {
        let ctx = (app.make_ctx)(None);
        app.idp.rotate_keys(&ctx).await.map(drop)
    };
    jobs.run(("keys", KEYS), rotate, stop).await;
}

/// A server without a tenant answers nothing: says how to make one.
async fn greet_first_start(house: &House) -> Result<()> {
    let one = PageRequest { after: None, size: 1 };
    if house.app.idp.tenants(&Caller::Operator, one).await?.items.is_empty() {
        eprintln!("{FIRST_START}");
    }
    Ok(())
}

/// Runs the HTTP server until `stop` resolves, then lets requests in flight finish.
pub async fn run_http(
    config: &Config,
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let authorities = config.mtls.as_ref().and_then(|mtls| mtls.client_ca.as_deref());
    let reader = client_certificate::Reader::trusting(authorities)?;
    let alias = config.mtls.as_ref().map(|mtls| mtls.listen);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(Data::new(app.clone()))
            .wrap(actix_web::middleware::from_fn(access_log::log))
            .wrap(security_headers(app.is_secure()))
            .configure(configure)
    })
    .on_connect(move |connection, data| {
        let tls = connection.downcast_ref::<TlsStream<TcpStream>>();
        let local = tls.and_then(|tls| tls.get_ref().0.local_addr().ok());
        if alias.zip(local).is_some_and(|(listen, local)| is_at(listen, local)) {
            data.insert(AliasConnection);
        }
        let chain = tls.and_then(|tls| tls.get_ref().1.peer_certificates());
        if let Some(certificate) = chain.and_then(|chain| reader.read(chain)) {
            data.insert(Arc::new(certificate));
        }
    })
    .workers(config.workers)
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals();
    let server = match &config.tls {
        None => server.listen(listener)?,
        Some((certificate, key)) => {
            server.listen_rustls_0_23(listener, tls::reloading_config(certificate, key)?)?
        }
    };
    let server = match &config.mtls {
        None => server,
        Some(mtls) => {
            let listener = bind("mtls.listen", mtls.listen)?;
            server.listen_rustls_0_23(listener, tls::asking_config(mtls)?)?
        }
    };
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(async move {
        stop.await;
        handle.stop(true).await;
    });
    server.await.context("the HTTP server")
}

/// Whether a connection to this address of ours was accepted by that listener.
fn is_at(listen: SocketAddr, local: SocketAddr) -> bool {
    let same_host = listen.ip().is_unspecified() || listen.ip() == local.ip().to_canonical();
    same_host && listen.port() == local.port()
}

/// Resolves when the flag is raised.
pub async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Ctrl-C, or what a service manager sends.
pub async fn wait_for_signal() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match terminate {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
