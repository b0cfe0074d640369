//! `hospes demo`: one process with two tenants, a sample application, and a viewer for the mail it sends.
//!
//! Nothing here is special to the product: the demo registers tenants, clients and people through the same facade as
//! everybody, and its sample application is an ordinary client on an origin of its own.

mod companion;
mod passphrase;
mod sample_app;
mod seed;

use crate::config::Config;
use crate::serve::{bind, run_http, until, wait_for_signal};
use crate::telemetry::Format;
use crate::wiring::House;
use anyhow::{Context, Result};
use clap::Args;
use hospes_mail::Catcher;
use hospes_mail::{SmtpConfig, SmtpSecurity};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tokio::sync::watch;

/// Options of the demo.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Port of the server; the sample app and the mail viewer take the next one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep everything in this directory; without it a temporary one is used and removed.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Where the parts of the demo are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Of the server.
    pub base_url: String,
    /// Of the sample app, the mail viewer and the tour.
    pub companion_url: String,
}

/// A directory that is removed with the value, unless it is kept.
struct DataDir {
    path: PathBuf,
    kept: bool,
}

impl DataDir {
    fn open(kept: Option<PathBuf>) -> Result<Self> {
        let (path, kept) = match kept {
            Some(path) => (path, true),
            None => (std::env::temp_dir().join(format!("hospes-demo-{}", std::process::id())), false),
        };
        std::fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path, kept })
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Runs the demo until Ctrl-C.
pub(crate) async fn run(args: DemoArgs) -> Result<()> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let next = args.port.checked_add(1).context("--port is too high")?;
    let listener = bind("the server", local(args.port))?;
    let companion_listener = bind("the sample app", local(next))?;
    let places = Places {
        base_url: format!("http://localhost:{}", args.port),
        companion_url: format!("http://localhost:{next}"),
    };
    let data = DataDir::open(args.data)?;
    let catcher = Catcher::bind(0).await.context("the mail catcher does not start")?;
    let config = config(&places, &data.path, catcher.addr(), local(args.port));
    let house = House::open(&config).await?;
    let (stop, stopped) = watch::channel(false);
    let worker = house.outbox_worker(&config)?.map(|worker| tokio::spawn(worker.run(until(stopped.clone()))));
    let http = {
        let (config, app, stopped) = (config.clone(), house.app.clone(), stopped.clone());
        tokio::spawn(async move { run_http(&config, app, listener, until(stopped)).await })
    };
    let people = seed::seed(&house.app, &places, &data.path).await.context("the demo data cannot be made")?;
    let companion = companion::Companion { places: places.clone(), catcher, people: people.clone() };
    let companion = tokio::spawn(companion.serve(companion_listener, until(stopped)));
    announce(&places, &people, &data);
    wait_for_signal().await;
    let _ = stop.send(true);
    companion.await.context("the sample app")??;
    http.await.context("the server")??;
    if let Some(worker) = worker {
        worker.await.context("the outbox worker")?;
    }
    house.close().await;
    println!("\nStopped.");
    Ok(())
}

fn config(places: &Places, data: &Path, catcher: SocketAddr, listen: SocketAddr) -> Config {
    let store = |name: &str| data.join(name).display().to_string();
    Config {
        base_url: places.base_url.clone(),
        listen,
        operations_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        directory_url: format!("sqlite://{}", store("directory.db")),
        sessions_url: format!("file:{}", store("sessions.redb")),
        keys_dir: data.join("keys"),
        smtp: Some(SmtpConfig {
            host: catcher.ip().to_string(),
            port: catcher.port(),
            security: SmtpSecurity::PlainOnLoopback,
            credentials: None,
            from: "Hospes <hospes@harbor.example>".to_owned(),
            extra_ca: None,
        }),
        tls: None,
        mtls: None,
        allow_loopback: true,
        trusted_proxies: Vec::new(),
        workers: 2,
        log_format: Format::Text,
    }
}

fn announce(places: &Places, people: &[seed::Person], data: &DataDir) {
    let companion = &places.companion_url;
    println!("\nHospes demo is ready. Everything stays on this machine.\n");
    println!("  Tour          {companion}/");
    println!("  Sample app    {companion}/app");
    println!("  Mail viewer   {companion}/mail");
    println!("  Invite guests {}/t/harbor/invite", places.base_url);
    println!("  Discovery     {}/t/harbor/.well-known/openid-configuration\n", places.base_url);
    println!("People");
    for person in people {
        println!("  {:<22} {:<22} {}", person.name, person.email, person.password);
    }
    println!("\nThe tour");
    println!("  1. Open {}/t/harbor/invite and sign in as {}.", places.base_url, seed::ADMINISTRATOR_EMAIL);
    println!(
        "  2. Invite freya@fjord.example (she has a home organization) or any other address (it will get a lightweight account)."
    );
    println!("  3. Open {companion}/mail and follow the link in the invitation, best in a private window.");
    println!(
        "  4. Freya signs in at her own organization, fjord; anybody else proves the mailbox with a code."
    );
    println!("  5. Accept what harbor will learn, and land in the sample app with the guest's claims.");
    println!("  6. Sign out, open the app again: the same guest, without any invitation.\n");
    if data.kept {
        println!("Data is kept in {}.", data.path.display());
    } else {
        println!("Data is in {} and is removed at the end; keep it with --data DIR.", data.path.display());
    }
    println!("Stop with Ctrl-C.");
}
