//! ID tokens that must not be believed, one row per sentence of the catalogue.

use super::server::{Reply, Server};
use super::signing::{TestKey, assemble, claims};
use super::{Bench, NOW, assert_refused};
use hospes_protocol::jose::Algorithm;
use josekit::jws::HS256;
use serde_json::{Value, json};

async fn refuse_claims(rows: &[(Value, &str)]) {
    let bench = Bench::start().await;
    for (change, claim) in rows {
        assert_refused(bench.arrive_with(change.clone()).await, &format!("claim {claim} "));
    }
}

fn payload(bench: &Bench) -> String {
    claims(&bench.op.issuer(), &json!({})).to_string()
}

#[tokio::test]
async fn up_06_iss_parameter_wrong_or_missing_where_promised() {
    let mut bench = Bench::start().await;
    let issuer = bench.op.issuer();
    for wrong in ["https://evil.example", &format!("{issuer}/"), &issuer.to_uppercase(), ""] {
        bench.arrival.iss = Some(wrong.to_owned());
        assert_refused(bench.arrive().await, "iss parameter: differs");
    }
    assert_eq!(bench.op.count(), 0, "before any HTTP");
    bench.arrival.iss = None;
    bench.op.discovery(&json!({"authorization_response_iss_parameter_supported": true}));
    assert_refused(bench.arrive().await, "iss parameter: missing");
    assert!(bench.op.seen("/token").is_empty());
}

#[tokio::test]
async fn up_09_alg_none() {
    let bench = Bench::start().await;
    for alg in ["none", "None", "NONE", ""] {
        let token = assemble(&json!({"alg": alg, "typ": "JWT"}), &payload(&bench), |_| Vec::new());
        assert_refused(bench.arrive_bearing(&token).await, "alg");
    }
}

#[tokio::test]
async fn up_10_up_11_symmetric_signatures() {
    let bench = Bench::start().await;
    let rsa = TestKey::generate(Algorithm::RS256, "rsa");
    bench.op.publish(&[rsa.public()]);
    let pem = josekit::jwk::alg::rsa::RsaKeyPair::from_jwk(&rsa.jwk).unwrap().to_pem_public_key();
    let secret = b"s+cret x and enough to be long enough".to_vec();
    for key in [secret, pem] {
        let signer = HS256.signer_from_bytes(&key).unwrap();
        let header = json!({"alg": "HS256", "kid": "rsa"});
        let token = assemble(&header, &payload(&bench), |input| {
            josekit::jws::JwsSigner::sign(&signer, input).unwrap()
        });
        assert_refused(bench.arrive_bearing(&token).await, "alg");
    }
}

#[tokio::test]
async fn up_12_unknown_kid_is_one_refetch_a_minute_whoever_asks() {
    let bench = Bench::start().await;
    bench.arrive().await.unwrap();
    let stranger = TestKey::generate(Algorithm::ES256, "unknown");
    bench.op.answer_token(&stranger.sign(&stranger.header(), &payload(&bench)));
    let mut callbacks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (upstream, home_idp, arrival) =
            (bench.upstream.clone(), bench.home_idp.clone(), bench.arrival.clone());
        callbacks
            .spawn(async move { hospes_idp::ports::Upstream::arrive(&upstream, &home_idp, arrival).await });
    }
    for outcome in callbacks.join_all().await {
        assert_refused(outcome, "no key");
    }
    assert_eq!(bench.op.seen("/jwks").len(), 2);
    bench.pass(59);
    assert_refused(bench.arrive().await, "no key");
    assert_eq!(bench.op.seen("/jwks").len(), 2);
    bench.pass(1);
    assert_refused(bench.arrive().await, "no key");
    assert_eq!(bench.op.seen("/jwks").len(), 3);
}

#[tokio::test]
async fn a_bad_signature_under_a_known_kid_is_no_reason_to_refetch() {
    let bench = Bench::start().await;
    let impostor = TestKey::generate(Algorithm::ES256, "k1");
    let token = impostor.sign(&impostor.header(), &payload(&bench));
    assert_refused(bench.arrive_bearing(&token).await, "signature");
    assert_eq!(bench.op.seen("/jwks").len(), 1);
}

#[tokio::test]
async fn up_15_unusable_keys_are_ignored() {
    let bench = Bench::start().await;
    let key = &bench.op.key;
    let with = |name: &str, value: Value| {
        let mut public = key.public();
        public[name] = value;
        public
    };
    let oct = json!({"kty": "oct", "kid": "k1", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"});
    let token = key.sign(&key.header(), &payload(&bench));
    for published in
        [oct, with("use", json!("enc")), with("alg", json!("RS256")), with("key_ops", json!(["sign"]))]
    {
        bench.op.publish(&[published]);
        bench.pass(3600);
        assert_refused(bench.arrive_bearing(&token).await, "no key");
    }
    let weak = josekit::jwk::alg::rsa::RsaKeyPair::generate(1024).unwrap();
    let mut jwk: serde_json::Map<String, Value> = weak.to_jwk_public_key().into();
    jwk.insert("kid".to_owned(), json!("k1"));
    bench.op.publish(&[Value::Object(jwk)]);
    bench.pass(3600);
    let header = json!({"alg": "RS256", "kid": "k1"});
    let token = assemble(&header, &payload(&bench), |_| vec![1; 128]);
    assert_refused(bench.arrive_bearing(&token).await, "no key");
}

#[tokio::test]
async fn up_16_headers_that_bring_keys() {
    let bench = Bench::start().await;
    let elsewhere = Server::start(|_| Reply::json("{}")).await;
    for (name, value) in [
        ("jku", json!(elsewhere.origin)),
        ("x5u", json!(elsewhere.origin)),
        ("jwk", bench.op.key.public()),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut header = bench.op.key.header();
        header[name] = value;
        let token = bench.op.key.sign(&header, &payload(&bench));
        assert_refused(bench.arrive_bearing(&token).await, name);
    }
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn up_17_critical_extensions() {
    let bench = Bench::start().await;
    for crit in [json!(["x"]), json!([]), json!("x")] {
        let mut header = bench.op.key.header();
        header["crit"] = crit;
        let token = bench.op.key.sign(&header, &payload(&bench));
        assert_refused(bench.arrive_bearing(&token).await, "crit");
    }
}

#[tokio::test]
async fn up_18_iss() {
    let bench = Bench::start().await;
    let issuer = bench.op.issuer();
    for wrong in [
        json!("https://evil.example"),
        json!(format!("{issuer}/")),
        json!(issuer.to_uppercase()),
        json!([issuer]),
        Value::Null,
    ] {
        assert_refused(bench.arrive_with(json!({"iss": wrong})).await, "claim iss ");
    }
}

#[tokio::test]
async fn up_19_aud_and_azp() {
    refuse_claims(&[
        (json!({"aud": null}), "aud"),
        (json!({"aud": "other"}), "aud"),
        (json!({"aud": ["other"]}), "aud"),
        (json!({"aud": ["us", "other"]}), "aud"),
        (json!({"aud": ["us", "other"], "azp": "us"}), "aud"),
        (json!({"azp": "other"}), "azp"),
        (json!({"azp": ["us"]}), "azp"),
    ])
    .await;
    let bench = Bench::start().await;
    bench.arrive_with(json!({"aud": ["us"], "azp": "us"})).await.unwrap();
}

#[tokio::test]
async fn up_20_exp() {
    refuse_claims(&[
        (json!({"exp": null}), "exp"),
        (json!({"exp": NOW - 61}), "exp"),
        (json!({"exp": (NOW + 300).to_string()}), "exp"),
        (json!({"exp": 1e300}), "exp"),
        (json!({"exp": -1}), "exp"),
    ])
    .await;
    let bench = Bench::start().await;
    bench.arrive_with(json!({"exp": NOW - 30})).await.unwrap();
    let overflow = payload(&bench).replace(&(NOW + 300).to_string(), "1e400");
    let token = bench.op.key.sign(&bench.op.key.header(), &overflow);
    assert_refused(bench.arrive_bearing(&token).await, "not a JSON object");
}

#[tokio::test]
async fn up_21_iat_and_nbf() {
    refuse_claims(&[
        (json!({"iat": null}), "iat"),
        (json!({"iat": NOW + 61}), "iat"),
        (json!({"iat": NOW - 86_400}), "iat"),
        (json!({"nbf": NOW + 61}), "nbf"),
    ])
    .await;
    let bench = Bench::start().await;
    bench.arrive_with(json!({"iat": NOW + 8, "nbf": NOW + 8})).await.unwrap();
}

#[tokio::test]
async fn up_22_nonce() {
    refuse_claims(&[
        (json!({"nonce": null}), "nonce"),
        (json!({"nonce": "other"}), "nonce"),
        (json!({"nonce": "the-nonce "}), "nonce"),
        (json!({"nonce": ["the-nonce"]}), "nonce"),
    ])
    .await;
}

#[tokio::test]
async fn up_23_sub() {
    refuse_claims(&[
        (json!({"sub": null}), "sub"),
        (json!({"sub": ""}), "sub"),
        (json!({"sub": 7}), "sub"),
        (json!({"sub": "a".repeat(256)}), "sub"),
        (json!({"sub": "a\0b"}), "sub"),
        (json!({"sub": "ädä"}), "sub"),
    ])
    .await;
    let bench = Bench::start().await;
    let long = "aA".repeat(127) + " ";
    let identity = bench.arrive_with(json!({"sub": long})).await.unwrap();
    assert_eq!(identity.subject.as_str(), long);
}

#[tokio::test]
async fn up_24_tokens_made_for_something_else() {
    let bench = Bench::start().await;
    for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "application/at+jwt"] {
        let mut header = bench.op.key.header();
        header["typ"] = json!(typ);
        let token = bench.op.key.sign(&header, &payload(&bench));
        assert_refused(bench.arrive_bearing(&token).await, "claim typ ");
    }
}

#[tokio::test]
async fn up_25_hashes_of_something_else() {
    refuse_claims(&[
        (json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}), "at_hash"),
        (json!({"at_hash": ["x"]}), "at_hash"),
        (json!({"c_hash": "77QmUPtjPfzWtF2AnpK9RQ"}), "c_hash"),
        (json!({"c_hash": 1}), "c_hash"),
    ])
    .await;
    let bench = Bench::start().await;
    let hash = hospes_protocol::encoding::half_hash("the-code");
    bench.arrive_with(json!({"c_hash": hash})).await.unwrap();
}

#[tokio::test]
async fn up_31_encrypted_tokens_are_not_opened() {
    let bench = Bench::start().await;
    for header in [
        json!({"alg": "RSA-OAEP", "enc": "A256GCM", "zip": "DEF"}),
        json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 1_000_000_000}),
    ] {
        let part = hospes_protocol::encoding::base64url("x".repeat(64));
        let jwe = format!(
            "{}.{part}.{part}.{part}.{part}",
            hospes_protocol::encoding::base64url(header.to_string())
        );
        assert_refused(bench.arrive_bearing(&jwe).await, "id_token");
    }
}

#[tokio::test]
async fn up_36_auth_time_where_max_age_was_asked() {
    let mut bench = Bench::start().await;
    bench.arrival.max_age = Some(100);
    for auth_time in [Value::Null, json!(NOW - 161), json!(NOW + 61), json!("now"), json!(-1)] {
        assert_refused(bench.arrive_with(json!({"auth_time": auth_time})).await, "claim auth_time ");
    }
    let identity = bench.arrive_with(json!({"auth_time": NOW - 100})).await.unwrap();
    assert_eq!(identity.auth_time, Some(NOW - 100));
}

#[tokio::test]
async fn up_39_repeated_members() {
    let bench = Bench::start().await;
    let twice = payload(&bench).replacen('{', r#"{"email":"eve@fjord.example","#, 1);
    let token = bench.op.key.sign(&bench.op.key.header(), &twice);
    assert_refused(bench.arrive_bearing(&token).await, "not a JSON object");
}
