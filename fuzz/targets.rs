//! What is fuzzed: whatever strangers send first. Each body holds what is found to a rule, so that more than a panic is
//! a finding. Shared by the fuzz targets and by a normal test that runs them over the corpus.
#![allow(dead_code, reason = "each target uses one of them")]

use hospes_protocol::authorize_checks::{ClientRules, response_mode, validate};
use hospes_protocol::client_auth::{ASSERTION_TYPE, Credentials, presented};
use hospes_protocol::jose::{Algorithm, CompactJwt, Expectation, KeySet, VerifyingKeys, check};
use hospes_protocol::params::Params;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::TokenRequest;
use hospes_protocol::{ClientId, RedirectUri};

/// RFC 7515 appendix A.3: its private half is public, so nothing that verifies proves anything but itself.
const KEY: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
/// That appendix's token, the only one the fuzzer may find to verify.
const GENUINE: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// A token, and as a key set.
pub(crate) fn compact_jwt(data: &[u8]) {
    let _ = KeySet::parse(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(jwt) = CompactJwt::parse(text) else { return };
    assert_eq!(text.split('.').count(), 3, "compact serialization alone");
    let keys = VerifyingKeys::parse(KEY.as_bytes()).expect("a key set");
    if let Ok(claims) = keys.verify(&jwt, &Algorithm::VERIFYING) {
        assert_eq!(text, GENUINE, "a forged token verifies");
        assert_eq!(check::text(&claims, "iss"), Some("joe"));
    }
    if let Ok(claims) = jwt.unverified_claims() {
        let types = [None, Some("JWT")];
        let expected = Expectation { issuer: "joe", audience: "us", types: &types, max_age: 600 };
        let _ = expected.check(jwt.typ.as_deref(), &claims, 1_300_819_000);
    }
}

/// A form at the token endpoint, with an assertion in it.
pub(crate) fn client_assertion(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let form = Params::parse(text);
    let Ok(client) = presented(None, &form) else { return };
    if let Credentials::Assertion(assertion) = &client.credentials {
        assert_eq!(form.once("client_assertion_type").ok().flatten(), Some(ASSERTION_TYPE));
        compact_jwt(assertion.as_bytes());
    }
    let _ = TokenRequest::parse(&form);
}

/// The query of an authorization request.
pub(crate) fn authorization_request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let params = Params::parse(text);
    let _ = response_mode(&params);
    let rules = ClientRules {
        client_id: ClientId::new("app"),
        redirect_uri: RedirectUri::new("https://app.example/callback"),
        redirect_uri_given: true,
        require_pkce: true,
        response_algorithm: Algorithm::RS256,
        resources: Vec::new(),
        scope: Scopes::parse("openid profile email").expect("scopes"),
    };
    if let Ok(request) = validate(&params, rules) {
        assert!(request.code_challenge.is_some(), "PKCE is required");
        assert!(request.scope.within(&Scopes::parse("openid profile email").expect("scopes")));
    }
}

/// A form, and a header beside it.
pub(crate) fn form_params(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (header, body) = text.split_once('\n').unwrap_or(("", text));
    let form = Params::parse(body);
    for name in ["client_id", "scope", "token", "code"] {
        if form.all(name).count() > 1 {
            assert!(form.once(name).is_err(), "what came twice is refused (RFC 6749 §3.1)");
        }
    }
    let _ = presented(Some(header).filter(|header| !header.is_empty()), &form);
    let _ = TokenRequest::parse(&form);
}
