//! What a well-behaved home IdP sends, in all its varieties, is accepted.

use super::fake_op::FakeOp;
use super::signing::{TestKey, claims};
use super::{Bench, NOW, assert_refused};
use hospes_idp::federation::identity::EmailVerified;
use hospes_protocol::encoding::{base64url, half_hash};
use hospes_protocol::jose::Algorithm;
use serde_json::json;
use sha2::{Digest, Sha512};

#[tokio::test]
async fn a_guest_arrives() {
    let bench = Bench::start().await;
    let change = json!({"auth_time": NOW - 5, "acr": "gold", "amr": ["pwd", "otp"], "locale": "de_DE",
        "given_name": "Ada", "family_name": "Fjord", "preferred_username": "ada"});
    let identity = bench.arrive_with(change).await.unwrap();
    assert_eq!(identity.home_idp, bench.home_idp.id);
    assert_eq!(identity.issuer, bench.home_idp.issuer);
    assert_eq!(identity.subject.as_str(), "ada");
    assert_eq!(identity.email.unwrap().as_str(), "ada@fjord.example");
    assert_eq!(identity.email_verified, EmailVerified::True);
    assert_eq!(identity.auth_time, Some(NOW - 5));
    assert_eq!(identity.acr.as_deref(), Some("gold"));
    assert_eq!(identity.amr, ["pwd", "otp"]);
    let profile = identity.profile;
    assert_eq!(profile.display_name.as_deref(), Some("Ada Fjord"));
    assert_eq!(profile.given_name.as_deref(), Some("Ada"));
    assert_eq!(profile.family_name.as_deref(), Some("Fjord"));
    assert_eq!(profile.preferred_username.as_deref(), Some("ada"));
    assert_eq!(profile.preferred_language.as_deref(), Some("de-DE"));
    assert!(bench.op.seen("/userinfo").is_empty(), "nothing was missing");
}

#[tokio::test]
async fn every_algorithm_with_its_at_hash() {
    let bench = Bench::start().await;
    for algorithm in Algorithm::VERIFYING {
        let key = TestKey::generate(algorithm, "k2");
        bench.op.publish(&[key.public()]);
        bench.pass(3600);
        let hash = match algorithm {
            Algorithm::EdDSA => base64url(&Sha512::digest("the-access-token")[..32]),
            _ => half_hash("the-access-token"),
        };
        let payload = claims(&bench.op.issuer(), &json!({"at_hash": hash})).to_string();
        let outcome = bench.arrive_bearing(&key.sign(&key.header(), &payload)).await;
        assert!(outcome.is_ok(), "{algorithm:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn algorithms_not_configured_are_refused() {
    let mut bench = Bench::start().await;
    bench.home_idp.algorithms = vec![Algorithm::RS256];
    assert_refused(bench.arrive().await, "alg");
}

#[tokio::test]
async fn up_13_key_rotated_just_before_signing() {
    let bench = Bench::start().await;
    bench.arrive().await.unwrap();
    let next = TestKey::generate(Algorithm::ES256, "k2");
    bench.op.publish(&[bench.op.key.public(), next.public()]);
    let payload = claims(&bench.op.issuer(), &json!({})).to_string();
    let token = next.sign(&next.header(), &payload);
    bench.arrive_bearing(&token).await.unwrap();
    bench.arrive_bearing(&token).await.unwrap();
    assert_eq!(bench.op.seen("/jwks").len(), 2);
}

async fn arrive_without_kid(bench: &Bench, op: &FakeOp) -> bool {
    let header = json!({"alg": "ES256"});
    let payload = claims(&op.issuer(), &json!({})).to_string();
    bench.arrive_bearing(&op.key.sign(&header, &payload)).await.is_ok()
}

#[tokio::test]
async fn up_14_without_kid_a_key_that_verifies_is_needed() {
    let bench = Bench::start().await;
    let op = &bench.op;
    let others = ["k2", "k3"].map(|kid| TestKey::generate(Algorithm::ES256, kid).public());
    let mut nameless = op.key.public();
    nameless.as_object_mut().unwrap().remove("kid");
    for (keys, accepted) in [
        (vec![op.key.public()], true),
        (vec![nameless], true),
        (vec![others[0].clone(), op.key.public()], true),
        (others.to_vec(), false),
    ] {
        op.publish(&keys);
        bench.pass(3600);
        assert_eq!(arrive_without_kid(&bench, op).await, accepted, "{} keys", keys.len());
    }
}

#[tokio::test]
async fn up_13_rotation_without_kid() {
    let bench = Bench::start().await;
    bench.op.publish(&[TestKey::generate(Algorithm::ES256, "k2").public()]);
    assert!(!arrive_without_kid(&bench, &bench.op).await);
    bench.op.publish(&[bench.op.key.public()]);
    assert!(!arrive_without_kid(&bench, &bench.op).await, "one forced refetch a minute");
    bench.pass(60);
    assert!(arrive_without_kid(&bench, &bench.op).await);
}

#[tokio::test]
async fn rfc9207_a_correct_iss_parameter() {
    let mut bench = Bench::start().await;
    bench.op.discovery(&json!({"authorization_response_iss_parameter_supported": true}));
    bench.arrival.iss = Some(bench.op.issuer());
    bench.arrive().await.unwrap();
}
