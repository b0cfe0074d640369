//! GEN-05: from one valid token thousands that are almost it; none verifies.

use hospes_protocol::encoding::{base64url, from_base64url};
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::jose::{Algorithm, CompactJwt, Signer, SigningKeyPair, VerifyingKeys};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// For each algorithm a genuine token, and the keys that verify it.
static GENUINE: LazyLock<Vec<(String, VerifyingKeys)>> = LazyLock::new(|| {
    let genuine = |algorithm| {
        let pair = SigningKeyPair::generate(algorithm).unwrap();
        let signer = Signer::open(algorithm, &pair.key_id, &pair.private_der).unwrap();
        let claims = json!({"iss": "https://id.example/t/harbor", "sub": "ada", "aud": "app", "exp": 1, "roles": ["a"]});
        let keys = VerifyingKeys::parse(json!({"keys": [pair.public]}).to_string().as_bytes()).unwrap();
        (signer.sign(TokenType::AccessToken, &claims).unwrap(), keys)
    };
    Algorithm::SIGNING.map(genuine).into()
});

/// One change to a token.
#[derive(Clone, Debug)]
enum Mutation {
    Bit(Index, u8),
    Cut(Index),
    Insert(Index, char),
    SwapParts(usize, usize),
    Header(&'static str, Value),
    Claim(&'static str, Value),
    Respelled(&'static str),
    Signature(Vec<u8>),
    Wrapped(&'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let odd = "[ \\t\\n\\r=.+/\\-_%\\\\\"{}A-Za-z0-9\\u{0}\\u{feff}\\u{200b}]";
    let value = || {
        select(vec![
            json!("none"),
            json!("None"),
            json!("HS256"),
            json!("RS256"),
            json!("PS256"),
            json!("ES256"),
            json!("EdDSA"),
            json!(null),
            json!([]),
            json!(["b64"]),
            json!({}),
            json!("https://evil.example/jwks"),
            json!(""),
            json!(0),
            json!("at+jwt"),
            json!("JWT"),
            json!(true),
        ])
    };
    let header =
        select(vec!["alg", "kid", "typ", "crit", "jku", "jwk", "x5u", "x5c", "zip", "b64", "enc", "cty"]);
    let claim = select(vec!["iss", "sub", "aud", "exp", "nbf", "roles", "scope", "a"]);
    prop_oneof![
        3 => (any::<Index>(), 0..7_u8).prop_map(|(at, bit)| Mutation::Bit(at, bit)),
        1 => any::<Index>().prop_map(Mutation::Cut),
        3 => (any::<Index>(), odd).prop_map(|(at, text)| Mutation::Insert(at, text.chars().next().unwrap_or(' '))),
        1 => (0..3_usize, 0..3_usize).prop_map(|(a, b)| Mutation::SwapParts(a, b)),
        4 => (header, value()).prop_map(|(name, value)| Mutation::Header(name, value)),
        3 => (claim, value()).prop_map(|(name, value)| Mutation::Claim(name, value)),
        1 => select(vec![" ", "\n", "\t"]).prop_map(Mutation::Respelled),
        2 => proptest::collection::vec(any::<u8>(), 0..300).prop_map(Mutation::Signature),
        1 => select(vec!["Bearer ", "\"", "(", "\u{feff}", "."]).prop_map(Mutation::Wrapped),
    ]
}

fn changed(part: &str, name: &str, value: &Value) -> String {
    let mut object: Value = serde_json::from_slice(&from_base64url(part).unwrap()).unwrap();
    object[name] = value.clone();
    base64url(object.to_string())
}

fn apply(token: &str, mutation: &Mutation) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { unreachable!() };
    match mutation {
        Mutation::Bit(at, bit) => {
            let mut bytes = token.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        Mutation::Cut(at) => token[..at.index(token.len())].to_owned(),
        Mutation::Insert(at, odd) => {
            let mut text = token.to_owned();
            text.insert(at.index(token.len() + 1), *odd);
            text
        }
        Mutation::SwapParts(a, b) => {
            let mut parts = parts.clone();
            parts.swap(*a, *b);
            parts.join(".")
        }
        Mutation::Header(name, value) => [&changed(header, name, value), *payload, signature].join("."),
        Mutation::Claim(name, value) => [header, changed(payload, name, value).as_str(), signature].join("."),
        Mutation::Respelled(space) => {
            let spaced = String::from_utf8(from_base64url(payload).unwrap()).unwrap().replacen(
                ':',
                &format!(":{space}"),
                1,
            );
            [header, base64url(spaced).as_str(), signature].join(".")
        }
        Mutation::Signature(bytes) => [header, *payload, &base64url(bytes)].join("."),
        Mutation::Wrapped(around) => format!("{around}{token}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gen_05_no_mutant_of_a_genuine_token_verifies(which in 0..4_usize, mutations in proptest::collection::vec(mutation(), 1..2)) {
        let (token, keys) = &GENUINE[which];
        let mutant = mutations.iter().fold(token.clone(), |token, mutation| apply(&token, mutation));
        let accepted = CompactJwt::parse(&mutant).and_then(|jwt| keys.verify(&jwt, &Algorithm::VERIFYING));
        prop_assert_eq!(accepted.is_ok(), mutant == *token, "{}", mutant);
    }
}

#[test]
fn gen_05_the_genuine_ones_do() {
    for (token, keys) in GENUINE.iter() {
        keys.verify(&CompactJwt::parse(token).unwrap(), &Algorithm::VERIFYING).unwrap();
    }
}
