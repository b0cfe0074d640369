//! Key sets of clients: fetched rarely, kept through an outage, never from inside.

use super::server::{Reply, Server};
use super::{DEMO, guard};
use crate::{OutboundPolicy, RemoteKeySets};
use hospes_idp::ids::TenantId;
use hospes_idp::ports::UpstreamError;
use hospes_idp::ports::client_keys::{ClientKeySets, KeySetOwner};
use hospes_protocol::ClientId;
use hospes_protocol::jose::{Algorithm, SigningKeyPair};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A client's host, and our memory of what it publishes.
struct Host {
    server: Server,
    sets: RemoteKeySets,
    owner: KeySetOwner,
    text: Arc<Mutex<String>>,
    is_down: Arc<AtomicBool>,
    seconds: Arc<AtomicU64>,
}

fn new_set() -> String {
    json!({"keys": [SigningKeyPair::generate(Algorithm::ES256).unwrap().public]}).to_string()
}

fn owner(client: &str, url: String) -> KeySetOwner {
    let tenant = TenantId::parse("018f3b1e-0000-7000-8000-000000000002").unwrap();
    KeySetOwner { tenant, client: ClientId::new(client), url }
}

impl Host {
    async fn start() -> Self {
        let (text, is_down) = (Arc::new(Mutex::new(new_set())), Arc::new(AtomicBool::new(false)));
        let (published, down) = (text.clone(), is_down.clone());
        let server = Server::start(move |_| {
            let is_down = down.load(Ordering::SeqCst);
            if is_down { Reply::new(503, "", "") } else { Reply::json(&*published.lock().unwrap()) }
        });
        let server = server.await;
        let seconds = Arc::new(AtomicU64::new(0));
        let (start, passed) = (Instant::now(), seconds.clone());
        let clock = Arc::new(move || start + Duration::from_secs(passed.load(Ordering::SeqCst)));
        let sets = RemoteKeySets::with(&guard(DEMO, &[]), clock);
        let owner = owner("app", format!("{}/jwks", server.origin));
        Self { server, sets, owner, text, is_down, seconds }
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn rotate(&self) {
        *self.text.lock().unwrap() = new_set();
    }
}

#[tokio::test]
async fn ca_14_a_set_is_fetched_once_and_again_when_it_is_old() {
    let host = Host::start().await;
    let first = host.sets.key_set(&host.owner).await.unwrap();
    for _ in 0..100 {
        assert!(Arc::ptr_eq(&first, &host.sets.key_set(&host.owner).await.unwrap()));
    }
    assert_eq!(host.server.count(), 1);
    host.pass(601);
    host.sets.key_set(&host.owner).await.unwrap();
    assert_eq!(host.server.count(), 2);
    host.sets.key_set(&owner("other", host.owner.url.clone())).await.unwrap();
    assert_eq!(host.server.count(), 3, "no client sees another's memory");
}

#[tokio::test]
async fn ca_14_a_set_serves_through_an_outage_and_not_for_ever() {
    let host = Host::start().await;
    let kept = host.sets.key_set(&host.owner).await.unwrap();
    host.down(true);
    host.pass(601);
    for _ in 0..100 {
        assert!(Arc::ptr_eq(&kept, &host.sets.key_set(&host.owner).await.unwrap()));
    }
    assert_eq!(host.server.count(), 2, "one attempt a minute");
    host.pass(61);
    host.sets.key_set(&host.owner).await.unwrap();
    assert_eq!(host.server.count(), 3);
    host.pass(24 * 3600);
    assert!(matches!(host.sets.key_set(&host.owner).await, Err(UpstreamError::Unreachable(_))));
    host.down(false);
    host.pass(61);
    host.sets.key_set(&host.owner).await.unwrap();
}

#[tokio::test]
async fn ca_14_a_host_that_was_never_up_is_asked_once_a_minute() {
    let host = Host::start().await;
    host.down(true);
    for _ in 0..100 {
        assert!(host.sets.key_set(&host.owner).await.is_err());
    }
    assert_eq!(host.server.count(), 1);
}

#[tokio::test]
async fn ca_14_whoever_lacks_a_key_costs_one_fetch_a_minute() {
    let host = Host::start().await;
    let old = host.sets.key_set(&host.owner).await.unwrap();
    host.rotate();
    let new = host.sets.newer(&host.owner, &old).await.unwrap();
    assert!(!Arc::ptr_eq(&old, &new));
    assert!(Arc::ptr_eq(&new, &host.sets.newer(&host.owner, &old).await.unwrap()), "fetched meanwhile");
    for _ in 0..100 {
        assert!(host.sets.newer(&host.owner, &new).await.is_none());
    }
    assert_eq!(host.server.count(), 2);
    host.down(true);
    host.pass(61);
    for _ in 0..100 {
        assert!(host.sets.newer(&host.owner, &new).await.is_none());
    }
    assert_eq!(host.server.count(), 3);
    assert!(Arc::ptr_eq(&new, &host.sets.key_set(&host.owner).await.unwrap()), "what there was is kept");
}

#[tokio::test]
async fn ssrf_01_ssrf_08_where_keys_are_not_fetched() {
    let host = Host::start().await;
    let production = RemoteKeySets::new(&guard(OutboundPolicy { allow_loopback: false }, &[&["10.0.0.1"]]));
    for url in [
        host.owner.url.as_str(),
        "https://169.254.169.254/jwks",
        "https://app.example/jwks",
        "https://app.example:8443/jwks",
        "http://app.example/jwks",
    ] {
        let answer = production.key_set(&owner("app", url.to_owned())).await;
        assert!(matches!(answer, Err(UpstreamError::Blocked)), "{url}: {answer:?}");
    }
    assert_eq!(host.server.count(), 0);
}

#[tokio::test]
async fn what_is_no_key_set_is_refused_and_does_not_replace_one() {
    let host = Host::start().await;
    let kept = host.sets.key_set(&host.owner).await.unwrap();
    for nonsense in ["<html>", "[]", r#"{"keys":1}"#, ""] {
        nonsense.clone_into(&mut host.text.lock().unwrap());
        host.pass(700);
        assert!(Arc::ptr_eq(&kept, &host.sets.key_set(&host.owner).await.unwrap()), "{nonsense}");
    }
}
