//! Where the guard connects, shown with real sockets and name servers under the test's control.

use super::server::{Reply, Server};
use super::{Answers, DEMO, guard};
use crate::OutboundPolicy;
use crate::guard::resolver::{CheckedResolver, ResolveError};
use crate::guard::{FetchError, GuardedClient};
use reqwest::dns::Resolve;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use url::Url;

const PRODUCTION: OutboundPolicy = OutboundPolicy { allow_loopback: false };

async fn get(http: &GuardedClient, url: &str) -> Result<Value, FetchError> {
    http.get_json(&Url::parse(url).unwrap(), None).await
}

fn client(policy: OutboundPolicy, answers: &[&[&'static str]]) -> GuardedClient {
    guard(policy, answers).for_issuer(&Url::parse("https://idp.example").unwrap())
}

fn port(server: &Server) -> u16 {
    Url::parse(&server.origin).unwrap().port().unwrap()
}

#[tokio::test]
async fn ssrf_05_one_inner_address_spoils_the_answer() {
    for answer in [
        &["8.8.8.8", "::1"][..],
        &["127.0.0.1"],
        &["2606:4700::1111", "10.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["169.254.169.254"],
    ] {
        for policy in [PRODUCTION, DEMO] {
            let outcome = get(&client(policy, &[answer]), "https://idp.example/").await;
            assert_eq!(outcome, Err(FetchError::Blocked), "{answer:?}");
        }
    }
    assert_eq!(get(&client(PRODUCTION, &[&[]]), "https://idp.example/").await, Err(FetchError::Failed));
}

#[tokio::test]
async fn ssrf_06_the_checked_address_is_the_connected_one() {
    // What the client connects to is what one resolution returned; a later answer is checked again.
    let rebinding = Answers::new(&[&["8.8.8.8"], &["127.0.0.1"]]);
    let resolver = CheckedResolver { policy: PRODUCTION, lookup: rebinding };
    let name = || "rebind.example".parse().unwrap();
    let first: Vec<SocketAddr> = Resolve::resolve(&resolver, name()).await.unwrap().collect();
    assert_eq!(first, ["8.8.8.8:0".parse().unwrap()]);
    let second = Resolve::resolve(&resolver, name()).await.err().unwrap();
    assert!(matches!(second.downcast_ref(), Some(ResolveError::NotAllowed)));

    // And it is this resolver the client asks: the name below exists nowhere else.
    let server = Server::start(|_| Reply::json(r#"{"here":true}"#)).await;
    let url = format!("http://idp.localhost:{}/", port(&server));
    assert_eq!(get(&client(DEMO, &[]), &url).await, Ok(json!({"here": true})));
    assert_eq!(get(&client(PRODUCTION, &[]), &url).await, Err(FetchError::Blocked));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn ssrf_07_redirects_lead_nowhere() {
    let inside = Server::start(|_| Reply::json("{}")).await;
    let target = inside.origin.clone();
    let outside = Server::start(move |request| {
        let status = request.path.trim_start_matches('/').parse().unwrap();
        let body = format!(r#"<meta http-equiv="refresh" content="0;url={target}">"#);
        Reply::new(status, &format!("Location: {target}\r\nRefresh: 0;url={target}\r\n"), body)
    })
    .await;
    for status in [200, 301, 302, 303, 307, 308] {
        let outcome = get(&client(DEMO, &[]), &format!("{}/{status}", outside.origin)).await;
        assert_eq!(outcome, Err(FetchError::Failed));
    }
    assert_eq!((outside.count(), inside.count()), (6, 0));
}

#[tokio::test]
async fn requests_carry_no_more_than_they_must() {
    let server = Server::start(|_| Reply::json("{}")).await;
    get(&client(DEMO, &[]), &format!("{}/x", server.origin)).await.unwrap();
    let head = server.seen("/x")[0].head.to_lowercase();
    assert!(head.contains("accept-encoding: identity"), "{head}");
    for absent in ["cookie", "referer", "authorization"] {
        assert!(!head.contains(absent), "{head}");
    }
}

/// The environment of a process cannot be changed safely while it runs, so the test runs itself again with it.
#[tokio::test]
async fn ssrf_14_proxy_variables_do_not_bypass_the_guard() {
    const INNER: &str = "HOSPES_TEST_BEHIND_PROXY";
    let server = Server::start(|_| Reply::json("{}")).await;
    get(&client(DEMO, &[]), &server.origin).await.unwrap();
    assert_eq!(server.count(), 1);
    if std::env::var_os(INNER).is_some() {
        return;
    }
    let proxy = Server::start(|_| Reply::json("{}")).await;
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "tests::outbound::ssrf_14_proxy_variables_do_not_bypass_the_guard"]);
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        again.env(variable, &proxy.origin);
    }
    again.env(INNER, "1");
    let output = tokio::task::spawn_blocking(move || again.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(proxy.count(), 0);
}

/// A server with a certificate nobody vouches for.
fn self_signed() -> (u16, std::thread::JoinHandle<bool>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        rustls::Stream::new(&mut tls, &mut socket)
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            .is_ok()
    });
    (port, thread)
}

#[tokio::test]
async fn ssrf_14_certificates_are_verified_also_on_loopback() {
    let http = client(DEMO, &[]);
    let (port, served) = self_signed();
    assert_eq!(get(&http, &format!("https://localhost:{port}/")).await, Err(FetchError::Failed));
    assert!(!served.join().unwrap(), "the handshake was broken off");
}

#[tokio::test]
async fn the_system_resolver_can_be_set_up() {
    drop(guard(DEMO, &[]));
    assert!(crate::OidcUpstream::new(PRODUCTION).is_ok());
}
