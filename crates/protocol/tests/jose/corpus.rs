//! The bodies of the fuzz targets over their corpus, and over every way a seed can be cut or bent by one byte.

#[path = "../../../../fuzz/targets.rs"]
mod targets;

use std::path::Path;

/// Runs a body over the corpus of its name.
fn over(name: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        seeds += 1;
        body(&seed);
        for position in 0..seed.len() {
            body(&seed[..position]);
            for bit in [0, 4, 7] {
                let mut bent = seed.clone();
                bent[position] ^= 1 << bit;
                body(&bent);
            }
        }
    }
    assert!(seeds >= 4, "the corpus of {name} is there");
}

#[test]
fn compact_tokens() {
    over("compact_jwt", targets::compact_jwt);
}

#[test]
fn client_assertions() {
    over("client_assertion", targets::client_assertion);
}

#[test]
fn authorization_requests() {
    over("authorization_request", targets::authorization_request);
}

#[test]
fn form_parameters() {
    over("form_params", targets::form_params);
}
