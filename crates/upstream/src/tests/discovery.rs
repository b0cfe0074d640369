//! Metadata and keys: conditions, memory, and who waits for whom.

use super::server::Reply;
use super::{Bench, DEMO, assert_refused, departure, guard, home_idp};
use crate::{OidcUpstream, OutboundPolicy, discovery};
use hospes_idp::ports::upstream::{Upstream, UpstreamError};
use hospes_protocol::Issuer;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn up_32_metadata_that_does_not_meet_the_conditions() {
    let bench = Bench::start().await;
    let issuer = bench.op.issuer();
    for (change, what) in [
        (json!({"issuer": "https://evil.example"}), "issuer differs"),
        (json!({"issuer": format!("{issuer}/")}), "issuer differs"),
        (json!({"issuer": issuer.to_uppercase()}), "issuer differs"),
        (json!({"token_endpoint": null}), "token_endpoint"),
        (json!({"response_types_supported": ["id_token", "code token"]}), "response_type"),
    ] {
        bench.op.discovery(&change);
        bench.pass(10);
        assert_refused(bench.upstream.depart(&bench.home_idp, &departure()).await, what);
        assert_refused(bench.upstream.probe(&bench.home_idp).await, what);
    }
    for missing in ["issuer", "authorization_endpoint", "jwks_uri"] {
        bench.op.discovery(&json!({missing: null}));
        let outcome = bench.upstream.probe(&bench.home_idp).await;
        assert!(matches!(outcome, Err(UpstreamError::Unreachable(_))), "{missing}");
    }
    assert!(bench.op.seen("/jwks").is_empty());
}

#[tokio::test]
async fn up_32_endpoints_where_we_do_not_go() {
    let bench = Bench::start().await;
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
        for address in [
            "http://idp.example/x",
            "https://10.0.0.1/x",
            "https://169.254.169.254/x",
            "https://idp.example:22/x",
            "https://user@idp.example/x",
            "file:///etc/passwd",
            "https://[::ffff:127.0.0.1]/x",
        ] {
            bench.op.discovery(&json!({endpoint: address}));
            let outcome = bench.upstream.probe(&bench.home_idp).await;
            assert!(matches!(outcome, Err(UpstreamError::Blocked)), "{endpoint} {address}: {outcome:?}");
            bench.pass(10);
            let outcome = bench.arrive().await;
            assert!(matches!(outcome, Err(UpstreamError::Blocked)), "{endpoint} {address}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn up_32_names_that_lead_inside() {
    let bench = Bench::start().await;
    let upstream = OidcUpstream::with(guard(DEMO, &[&["8.8.8.8", "10.0.0.1"]]), Arc::new(Instant::now));
    for endpoint in ["token_endpoint", "jwks_uri", "userinfo_endpoint"] {
        bench.op.discovery(&json!({endpoint: "https://inside.example/x"}));
        let outcome = upstream.probe(&bench.home_idp).await;
        assert!(matches!(outcome, Err(UpstreamError::Blocked)), "{endpoint}: {outcome:?}");
        let fresh = OidcUpstream::with(guard(DEMO, &[&["8.8.8.8", "10.0.0.1"]]), Arc::new(Instant::now));
        bench.op.issue(&json!({"email": null}));
        let outcome = fresh.arrive(&bench.home_idp, bench.arrival.clone()).await;
        assert!(matches!(outcome, Err(UpstreamError::Blocked)), "{endpoint}: {outcome:?}");
    }
}

#[tokio::test]
async fn issuers_where_we_do_not_go() {
    let upstream = OidcUpstream::with(guard(OutboundPolicy::default(), &[]), Arc::new(Instant::now));
    let bench = Bench::start().await;
    let here = bench.op.issuer();
    for issuer in
        [here.as_str(), "http://idp.example", "https://localhost", "https://10.0.0.1", "ftp://idp.example"]
    {
        let outcome = upstream.probe(&home_idp(issuer)).await;
        assert!(matches!(outcome, Err(UpstreamError::Blocked)), "{issuer}: {outcome:?}");
    }
    for issuer in ["", "idp.example", "https://idp.example?x", "https://idp.example#x"] {
        assert_refused(upstream.probe(&home_idp(issuer)).await, "issuer");
    }
    assert_eq!(bench.op.count(), 0);
}

#[tokio::test]
async fn up_33_endpoints_that_move_to_another_host_are_noticed() {
    let bench = Bench::start().await;
    let issuer = Issuer::new(bench.op.issuer());
    let http = guard(DEMO, &[]).for_issuer(&Url::parse(issuer.as_str()).unwrap());
    let before = discovery::fetch(&http, &issuer).await.unwrap();
    bench.op.discovery(&json!({"jwks_uri": format!("{issuer}/elsewhere")}));
    assert!(!discovery::fetch(&http, &issuer).await.unwrap().moved_from(&before));
    for endpoint in ["token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"] {
        bench.op.discovery(&json!({endpoint: "https://elsewhere.example/"}));
        assert!(discovery::fetch(&http, &issuer).await.unwrap().moved_from(&before));
    }
}

#[tokio::test]
async fn probe_wants_a_usable_key() {
    let bench = Bench::start().await;
    bench.upstream.probe(&bench.home_idp).await.unwrap();
    bench.op.publish(&[json!({"kty": "oct", "k": "AAAA"})]);
    assert_refused(bench.upstream.probe(&bench.home_idp).await, "keys");
    bench.op.reply("/jwks", Reply::json("{}"));
    let outcome = bench.upstream.probe(&bench.home_idp).await;
    assert!(matches!(outcome, Err(UpstreamError::Unreachable(_))));
    bench.arrive().await.expect("what was remembered stays");
}

#[tokio::test]
async fn metadata_and_keys_are_remembered_for_a_while() {
    let bench = Bench::start().await;
    let fetched = || (bench.op.seen(WELL_KNOWN).len(), bench.op.seen("/jwks").len());
    for (pass, expected) in [(0, (1, 1)), (599, (1, 1)), (1, (1, 2)), (2999, (1, 3)), (1, (2, 3))] {
        bench.pass(pass);
        bench.arrive().await.unwrap();
        assert_eq!(fetched(), expected);
    }
}

#[tokio::test]
async fn keys_are_fetched_anew_when_metadata_points_elsewhere() {
    let bench = Bench::start().await;
    bench.arrive().await.unwrap();
    bench.pass(3599);
    bench.arrive().await.unwrap();
    let elsewhere = format!("{}/elsewhere", bench.op.issuer());
    bench.op.discovery(&json!({"jwks_uri": elsewhere}));
    bench.op.reply("/elsewhere", Reply::json(json!({"keys": Vec::<Value>::new()}).to_string()));
    // Now the metadata is too old, and the keys are a second old.
    bench.pass(1);
    assert_refused(bench.arrive().await, "no key");
}

#[tokio::test]
async fn home_idps_do_not_share_memory() {
    let bench = Bench::start().await;
    bench.arrive().await.unwrap();
    let mut other = bench.home_idp.clone();
    other.id = hospes_idp::ids::HomeIdpId::parse("018f3b1e-0000-7000-8000-000000000009").unwrap();
    bench.upstream.arrive(&other, bench.arrival.clone()).await.unwrap();
    assert_eq!(bench.op.seen("/jwks").len(), 2);
}

#[tokio::test]
async fn callers_share_one_fetch_and_one_failure() {
    let bench = Bench::start().await;
    bench.op.reply(WELL_KNOWN, Reply::raw("").then_for_ever("", Duration::from_secs(1)));
    let begun = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (upstream, home_idp) = (bench.upstream.clone(), bench.home_idp.clone());
        callers.spawn(async move { upstream.depart(&home_idp, &departure()).await });
    }
    for outcome in callers.join_all().await {
        assert!(matches!(outcome, Err(UpstreamError::Unreachable(_))), "{outcome:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(8));
    assert_eq!(bench.op.seen(WELL_KNOWN).len(), 1);
    bench.op.discovery(&json!({}));
    bench.pass(5);
    bench.arrive().await.expect("a failure is forgotten soon");
}
