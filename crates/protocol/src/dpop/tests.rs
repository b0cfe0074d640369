use super::*;
use crate::encoding::base64url;
use crate::jose::signing::SigningKeyPair;
use josekit::jws::{ES256, JwsSigner};
use serde_json::Value;

const NOW: i64 = 1_562_262_616;
const TOKEN: &str = "https://server.example.com/token";
/// RFC 9449 §4.1.
const OF_THE_RFC: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

fn at_token_endpoint(now: i64) -> ProvenRequest<'static> {
    ProvenRequest { method: "POST", uri: TOKEN, access_token: None, now }
}

struct Holder {
    key: Value,
    signer: Box<dyn JwsSigner>,
}

impl Holder {
    fn new() -> Self {
        let pair = SigningKeyPair::generate(Algorithm::ES256).unwrap();
        let signer = ES256.signer_from_der(&pair.private_der).unwrap();
        Self { key: json!(pair.public), signer: Box::new(signer) }
    }

    /// A proof whose header and claims differ from a good one in these members; null leaves one out.
    fn proof(&self, header: &Value, claims: &Value) -> String {
        let mut good = [
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key}),
            json!({"jti": "a", "htm": "POST", "htu": TOKEN, "iat": NOW}),
        ];
        for (good, change) in good.iter_mut().zip([header, claims]) {
            let good = good.as_object_mut().unwrap();
            good.extend(change.as_object().unwrap().clone());
            good.retain(|_, value| !value.is_null());
        }
        let [header, claims] = good.map(|part| base64url(part.to_string()));
        let input = format!("{header}.{claims}");
        format!("{input}.{}", base64url(self.signer.sign(input.as_bytes()).unwrap()))
    }
}

#[test]
fn rfc9449_4_1_the_example() {
    let proof = Proof::verify(OF_THE_RFC, at_token_endpoint(NOW)).unwrap();
    assert_eq!(proof.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(proof.id, "-BwC3ESc6acc2lTc");
    assert_eq!(proof.nonce, None);
}

#[test]
fn rfc9449_7_1_the_example_at_a_resource() {
    let holder = Holder::new();
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let hash = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    let request = ProvenRequest { access_token: Some(token), ..at_token_endpoint(NOW) };
    assert!(Proof::verify(&holder.proof(&json!({}), &json!({"ath": hash})), request).is_ok());
    for other in [json!(null), json!("x"), json!(token)] {
        assert!(Proof::verify(&holder.proof(&json!({}), &json!({"ath": other})), request).is_err());
    }
}

#[test]
fn dp_01_dp_02_dp_03_dp_11_one_row_per_rule() {
    let holder = Holder::new();
    let with_private = {
        let mut key = holder.key.clone();
        key["d"] = json!("AAAA");
        key
    };
    let none = json!({});
    let refused = [
        (json!({"typ": null}), none.clone()),
        (json!({"typ": "JWT"}), none.clone()),
        (json!({"alg": "none"}), none.clone()),
        (json!({"alg": "HS256"}), none.clone()),
        (json!({"alg": "RS256"}), none.clone()),
        (json!({"jwk": null}), none.clone()),
        (json!({"jwk": with_private}), none.clone()),
        (json!({"jwk": {"kty": "oct", "k": "AAAA"}}), none.clone()),
        (json!({"jwk": Holder::new().key}), none.clone()),
        (json!({"crit": ["x"]}), none.clone()),
        (json!({"x5c": []}), none.clone()),
        (none.clone(), json!({"jti": null})),
        (none.clone(), json!({"jti": ""})),
        (none.clone(), json!({"htm": null})),
        (none.clone(), json!({"htm": "GET"})),
        (none.clone(), json!({"htm": "post"})),
        (none.clone(), json!({"htu": null})),
        (none.clone(), json!({"htu": "https://evil.example/token"})),
        (none.clone(), json!({"htu": "https://server.example.com/other"})),
        (none.clone(), json!({"htu": "http://server.example.com/token"})),
        (none.clone(), json!({"htu": "token"})),
        (none.clone(), json!({"iat": null})),
        (none.clone(), json!({"iat": "now"})),
        (none.clone(), json!({"iat": NOW - 3600})),
        (none.clone(), json!({"iat": NOW + 3600})),
        (none.clone(), json!({"nbf": NOW + 600})),
        (none.clone(), json!({"exp": NOW - 600})),
    ];
    for (header, claims) in refused {
        let proof = holder.proof(&header, &claims);
        assert!(Proof::verify(&proof, at_token_endpoint(NOW)).is_err(), "{header} {claims}");
    }
    let accepted = [
        json!({}),
        json!({"iat": NOW - 10}),
        json!({"iat": NOW + 10}),
        json!({"htu": format!("{TOKEN}?x=1#y")}),
        json!({"htu": "HTTPS://SERVER.example.com:443/token"}),
        json!({"nbf": NOW + 8, "exp": NOW + 60}),
    ];
    for claims in accepted {
        let proof = holder.proof(&json!({}), &claims);
        assert!(Proof::verify(&proof, at_token_endpoint(NOW)).is_ok(), "{claims}");
    }
}

#[test]
fn a_key_beside_the_token_is_for_proofs_alone() {
    let holder = Holder::new();
    assert!(CompactJwt::parse(&holder.proof(&json!({}), &json!({}))).is_err());
}
