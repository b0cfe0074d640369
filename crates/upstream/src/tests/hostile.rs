//! Servers that answer too much, too slowly, or something else altogether. Everything ends within the caps.

use super::server::Reply;
use super::{Bench, departure};
use hospes_idp::ports::upstream::{Upstream, UpstreamError};
use serde_json::json;
use std::time::{Duration, Instant};

/// Five seconds, and time for a busy machine.
const CAP: Duration = Duration::from_secs(8);
/// An empty gzip member; a real bomb would not be looked into either.
const GZIP: [u8; 20] = [31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const MEGABYTES: usize = 10 * 1024 * 1024;

fn hostile() -> Vec<(&'static str, Reply)> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let chunked = Reply::raw(format!("{head}Transfer-Encoding: chunked\r\n\r\n"));
    let second = Duration::from_secs(1);
    vec![
        ("10 MB", Reply::json(vec![b' '; MEGABYTES])),
        (
            "10 MB that is JSON",
            Reply::json(json!({"sub": "ada", "email": "eve@fjord.example", "access_token": "a", "x": "x".repeat(MEGABYTES)}).to_string()),
        ),
        (
            "one byte a second",
            chunked.clone().then_for_ever("1\r\n \r\n", second),
        ),
        (
            "never ends",
            chunked.then_for_ever(format!("1000\r\n{}\r\n", " ".repeat(4096)), Duration::ZERO),
        ),
        ("hangs", Reply::raw("").then_for_ever("", second)),
        (
            "promises more",
            Reply::raw(format!("{head}Content-Length: 99\r\n\r\n{{")).then_for_ever("", second),
        ),
        (
            "promises less",
            Reply::raw(format!("{head}Content-Length: 1\r\n\r\n{{}}")),
        ),
        (
            "a million headers",
            Reply::raw(head).then_for_ever("X-A: b\r\n".repeat(1000), Duration::ZERO),
        ),
        (
            "gzip",
            Reply::new(
                200,
                "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                GZIP,
            ),
        ),
        ("HTML", Reply::new(200, "Content-Type: text/html\r\n", "<p>")),
        ("not UTF-8", Reply::json([b'"', 0xff, b'"'])),
        ("not HTTP", Reply::raw("SSH-2.0-OpenSSH\r\n")),
        ("401", Reply::new(401, "", "{}")),
        ("500", Reply::new(500, "", "{}")),
        ("302", Reply::new(302, "Location: /elsewhere\r\n", "")),
    ]
}

/// Runs one check per hostile answer, all at once, each against a home IdP of its own.
async fn each<F: Future<Output = ()> + Send + 'static>(check: impl Fn(&'static str, Reply, Bench) -> F) {
    let mut checks = tokio::task::JoinSet::new();
    for (name, reply) in hostile() {
        checks.spawn(check(name, reply, Bench::start().await));
    }
    checks.join_all().await;
}

#[tokio::test]
async fn up_27_userinfo_that_gives_nothing_refuses_nobody() {
    each(|name, reply, bench| async move {
        bench.op.reply("/userinfo", reply);
        let begun = Instant::now();
        let identity = bench.arrive_with(json!({"email": null})).await.unwrap();
        assert_eq!(identity.email, None, "{name}");
        assert_eq!(bench.op.seen("/userinfo").len(), 1, "{name}");
        assert!(begun.elapsed() < CAP, "{name}");
        assert!(bench.op.seen("/elsewhere").is_empty());
    })
    .await;
}

#[tokio::test]
async fn up_28_token_responses_end_within_the_caps() {
    each(|name, reply, bench| async move {
        bench.op.reply("/token", reply);
        let begun = Instant::now();
        let outcome = bench.arrive().await;
        assert!(outcome.is_err(), "{name}");
        assert!(begun.elapsed() < CAP, "{name}");
    })
    .await;
}

#[tokio::test]
async fn ssrf_10_ssrf_11_every_failure_looks_the_same() {
    each(|name, reply, bench| async move {
        bench.op.reply("/.well-known/openid-configuration", reply);
        let begun = Instant::now();
        match bench.upstream.depart(&bench.home_idp, &departure()).await {
            Err(UpstreamError::Unreachable(what)) => assert_eq!(what, "discovery: fetch_failed", "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        assert!(begun.elapsed() < CAP, "{name}");
    })
    .await;
    // A port nobody listens at.
    let mut bench = Bench::start().await;
    bench.home_idp.issuer = hospes_protocol::Issuer::new("http://127.0.0.1:1");
    match bench.upstream.probe(&bench.home_idp).await {
        Err(UpstreamError::Unreachable(what)) => assert_eq!(what, "discovery: fetch_failed"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ssrf_12_what_a_server_said_is_not_repeated() {
    let secret = "internal-secret";
    for path in ["/.well-known/openid-configuration", "/jwks", "/token"] {
        for body in
            [json!({"error": secret, "issuer": secret, "keys": secret}).to_string(), secret.to_owned()]
        {
            let bench = Bench::start().await;
            bench.op.reply(path, Reply::json(&body));
            let error = bench.arrive().await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains(secret), "{path}: {error}");
        }
    }
}
