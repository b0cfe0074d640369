//! A hostile home IdP, and what becomes of its answers. Keys are made when the tests run.

mod accepted;
mod claims;
mod client_keys;
mod discovery;
mod exchange;
mod fake_op;
mod hostile;
mod outbound;
mod refused;
mod server;
mod signing;

use crate::guard::resolver::Lookup;
use crate::{Guard, OidcUpstream, OutboundPolicy};
use async_trait::async_trait;
use fake_op::FakeOp;
use hospes_idp::federation::home_idp::{EmailTrust, HomeIdp};
use hospes_idp::federation::identity::VerifiedIdentity;
use hospes_idp::ids::{HomeIdpId, TenantId};
use hospes_idp::ports::upstream::{Arrival, Departure, Upstream, UpstreamError};
use hospes_idp::tenant::Status;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use hospes_protocol::pkce::CodeVerifier;
use hospes_protocol::{ClientId, Issuer, Nonce};
use jiff::Timestamp;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const NOW: i64 = 1_800_000_000;
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const DEMO: OutboundPolicy = OutboundPolicy { allow_loopback: true };

/// Name servers under the test's control: each question takes the next answer, the last one stays.
struct Answers(Vec<Vec<&'static str>>, AtomicU64);

impl Answers {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Arc::new(Self(answers, AtomicU64::new(0)))
    }
}

#[async_trait]
impl Lookup for Answers {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, String> {
        let asked = usize::try_from(self.1.fetch_add(1, Ordering::SeqCst)).unwrap();
        let answer = self.0.get(asked).or(self.0.last()).ok_or("nothing")?;
        Ok(answer.iter().map(|text| text.parse().unwrap()).collect())
    }
}

fn guard(policy: OutboundPolicy, answers: &[&[&'static str]]) -> Guard {
    // Another test may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Guard::with_lookup(policy, Answers::new(answers)).unwrap()
}

/// One home IdP registered with us.
struct Bench {
    op: FakeOp,
    upstream: OidcUpstream,
    home_idp: HomeIdp,
    arrival: Arrival,
    seconds: Arc<AtomicU64>,
}

impl Bench {
    async fn start() -> Self {
        let op = FakeOp::start().await;
        let seconds = Arc::new(AtomicU64::new(0));
        let (start, passed) = (Instant::now(), seconds.clone());
        let clock = Arc::new(move || start + Duration::from_secs(passed.load(Ordering::SeqCst)));
        Self {
            upstream: OidcUpstream::with(guard(DEMO, &[]), clock),
            home_idp: home_idp(&op.issuer()),
            arrival: arrival(),
            seconds,
            op,
        }
    }

    async fn arrive(&self) -> Result<VerifiedIdentity, UpstreamError> {
        self.upstream.arrive(&self.home_idp, self.arrival.clone()).await
    }

    /// Signs in with these changes to the usual claims.
    async fn arrive_with(&self, change: Value) -> Result<VerifiedIdentity, UpstreamError> {
        self.op.issue(&change);
        self.arrive().await
    }

    /// Signs in with this ID token.
    async fn arrive_bearing(&self, id_token: &str) -> Result<VerifiedIdentity, UpstreamError> {
        self.op.answer_token(id_token);
        self.arrive().await
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn home_idp(issuer: &str) -> HomeIdp {
    HomeIdp {
        id: HomeIdpId::parse("018f3b1e-0000-7000-8000-000000000001").unwrap(),
        tenant: TenantId::parse("018f3b1e-0000-7000-8000-000000000002").unwrap(),
        display_name: "Fjord".to_owned(),
        issuer: Issuer::new(issuer),
        client_id: ClientId::new("us"),
        auth_method: ClientAuthMethod::ClientSecretBasic,
        client_secret: None,
        scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
        domains: Vec::new(),
        email_trust: EmailTrust::VerifiedOnly,
        claim_map: std::collections::BTreeMap::new(),
        algorithms: Algorithm::VERIFYING.to_vec(),
        status: Status::Enabled,
        created_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn arrival() -> Arrival {
    Arrival {
        code: Secret::new("the-code"),
        iss: None,
        redirect_uri: "https://op.test/t/acme/upstream/fjord/callback".to_owned(),
        nonce: Nonce::new("the-nonce"),
        code_verifier: CodeVerifier::parse(VERIFIER).unwrap(),
        max_age: None,
        client_secret: Some(Secret::new("s+cret x")),
        now: Timestamp::from_second(NOW).unwrap(),
    }
}

fn departure() -> Departure {
    Departure {
        redirect_uri: arrival().redirect_uri,
        state: Secret::new("the-state"),
        nonce: Nonce::new("the-nonce"),
        code_verifier: CodeVerifier::parse(VERIFIER).unwrap(),
        login_hint: None,
        prompt: None,
        max_age: None,
        ui_locales: Vec::new(),
    }
}

/// Asserts a refusal, and which one.
#[track_caller]
fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, UpstreamError>, what: &str) {
    match outcome {
        Err(UpstreamError::Refused(reason)) => {
            assert!(reason.contains(what), "{reason:?} is not about {what:?}");
        }
        other => panic!("expected a refusal about {what:?}, got {other:?}"),
    }
}
