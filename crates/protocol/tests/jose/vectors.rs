//! The examples of the JOSE specifications: what we do, we do as they say; what we do not, we refuse with a reason.

use hospes_protocol::encoding::{base64url, from_base64url};
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::jose::{
    Algorithm, CompactJwt, ContentEncryption, EncryptingKeys, JoseError, KeyManagement, Signer, VerifyingKeys,
};
use serde_json::{Value, json};

/// RFC 7515 appendix A.2.
const RSA: &str = r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#;
const RSA_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// RFC 7515 appendix A.3.
const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const EC_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// The payload of both.
const PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
/// RFC 8037 appendix A.1 and A.2.
const ED_PRIVATE: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const ED: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// RFC 7520 §3.3.
const BILBO: &str = r#"{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","e":"AQAB","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"}"#;
/// RFC 7520 §4.1.
const BILBO_SIGNED: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";

fn keys(jwks: &[&str]) -> VerifyingKeys {
    VerifyingKeys::parse(format!(r#"{{"keys":[{}]}}"#, jwks.join(",")).as_bytes()).unwrap()
}

fn verify(token: &str, jwk: &str) -> Result<Value, JoseError> {
    let jwt = CompactJwt::parse(token)?;
    keys(&[jwk]).verify(&jwt, &Algorithm::VERIFYING).map(Value::from)
}

#[test]
fn rfc7515_a_1_and_a_5_symmetric_and_unsecured_tokens_are_refused() {
    let hs256 = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let secret = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    assert_eq!(verify(&hs256, secret), Err(JoseError::Header("alg")));
    assert!(keys(&[secret]).is_empty());
    assert_eq!(verify(&format!("eyJhbGciOiJub25lIn0.{PAYLOAD}."), EC), Err(JoseError::Header("alg")));
}

#[test]
fn rfc7515_a_2_and_a_3_verify() {
    for (header, signature, jwk) in
        [("eyJhbGciOiJSUzI1NiJ9", RSA_SIGNATURE, RSA), ("eyJhbGciOiJFUzI1NiJ9", EC_SIGNATURE, EC)]
    {
        let token = format!("{header}.{PAYLOAD}.{signature}");
        assert_eq!(verify(&token, jwk).unwrap()["iss"], "joe");
        let other = format!("{header}.{}.{signature}", base64url(r#"{"iss":"jim"}"#));
        assert_eq!(verify(&other, jwk), Err(JoseError::Signature));
    }
    let rsa_as_pss = format!("{}.{PAYLOAD}.{RSA_SIGNATURE}", base64url(r#"{"alg":"PS256"}"#));
    assert_eq!(verify(&rsa_as_pss, RSA), Err(JoseError::Signature), "another algorithm is another signature");
}

#[test]
fn rfc7515_a_4_other_curves_and_the_critical_header_of_e_are_refused() {
    assert_eq!(
        verify(&format!("{}.{PAYLOAD}.AAAA", base64url(r#"{"alg":"ES512"}"#)), EC),
        Err(JoseError::Header("alg"))
    );
    let header = r#"{"alg":"ES256","crit":["http://example.invalid/UNDEFINED"],"http://example.invalid/UNDEFINED":true}"#;
    assert_eq!(
        verify(&format!("{}.{PAYLOAD}.{EC_SIGNATURE}", base64url(header)), EC),
        Err(JoseError::Header("crit"))
    );
}

#[test]
fn rfc7517_a_only_public_keys_count() {
    let ec = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}"#;
    let private = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"}"#;
    let symmetric = r#"{"kty":"oct","alg":"A128KW","k":"GawgguFyGrWKav7AX4VKUg"}"#;
    assert!(
        keys(&[ec, private, symmetric]).is_empty(),
        "A.1's is for encryption, A.2's private, A.3's shared"
    );
    let encrypting = |jwk: &str| EncryptingKeys::parse(format!(r#"{{"keys":[{jwk}]}}"#).as_bytes()).unwrap();
    assert!(encrypting(ec).has(KeyManagement::EcdhEs));
    assert!(
        !encrypting(private).has(KeyManagement::EcdhEs) && !encrypting(symmetric).has(KeyManagement::EcdhEs)
    );
}

#[test]
fn rfc7518_c_an_agreed_key_states_what_it_was_agreed_from() {
    let bob = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}]}"#;
    let keys = EncryptingKeys::parse(bob.as_bytes()).unwrap();
    let seal = || keys.encrypt((KeyManagement::EcdhEs, ContentEncryption::A128Gcm), None, b"{}").unwrap();
    let header = |sealed: &str| -> Value {
        serde_json::from_slice(&from_base64url(sealed.split('.').next().unwrap()).unwrap()).unwrap()
    };
    let sealed = seal();
    assert_eq!(sealed.split('.').nth(1), Some(""), "no key is sent where one is agreed (RFC 7516 §5.1)");
    let first = header(&sealed);
    assert_eq!((&first["epk"]["crv"], &first["enc"]), (&json!("P-256"), &json!("A128GCM")));
    assert_eq!(first["epk"].get("d"), None);
    assert_ne!(first["epk"], header(&seal())["epk"], "a new key for each message");
}

#[test]
fn rfc7519_6_1_and_7516_what_is_not_signed_is_not_read() {
    let unsecured = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert_eq!(CompactJwt::parse(unsecured).unwrap_err(), JoseError::Header("alg"));
    let encrypted = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ";
    assert!(matches!(CompactJwt::parse(encrypted), Err(JoseError::Malformed(_) | JoseError::Header(_))));
}

#[test]
fn rfc7520_4_what_is_signed_may_be_no_token() {
    // §4.1 signs a sentence: the signature is good, and it is no token all the same.
    assert_eq!(verify(BILBO_SIGNED, BILBO), Err(JoseError::Malformed("not a JSON object")));
    assert_eq!(verify(BILBO_SIGNED, RSA), Err(JoseError::UnknownKey), "another kid");
    let (signed, _) = BILBO_SIGNED.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{signed}.{RSA_SIGNATURE}"), BILBO), Err(JoseError::Signature));
    // §4.2 to §4.4: PS384, ES512, HS256.
    for alg in ["PS384", "ES512", "HS256"] {
        let header = base64url(json!({"alg": alg, "kid": "bilbo.baggins@hobbiton.example"}).to_string());
        assert_eq!(verify(&format!("{header}.e30.AAAA"), BILBO), Err(JoseError::Header("alg")), "{alg}");
    }
    // §4.5 detaches the payload; §4.6 and §4.7 are JSON.
    let (header, rest) = BILBO_SIGNED.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    assert_eq!(verify(&format!("{header}..{signature}"), BILBO), Err(JoseError::Signature));
    let json = json!({"payload": PAYLOAD, "protected": header, "signature": signature}).to_string();
    assert!(matches!(CompactJwt::parse(&json), Err(JoseError::Malformed(_))));
}

#[test]
fn rfc8037_a_4_and_a_5_ed25519() {
    let example = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(verify(example, ED), Err(JoseError::Malformed("not a JSON object")), "signed, and no token");
    assert_eq!(verify(&example.replace("hgyY", "hgyZ"), ED), Err(JoseError::Signature));
    // RFC 8410 §7, around the private key of A.1; signing is deterministic, so the same claims are the same token.
    let der = [
        &[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20][..],
        &from_base64url(ED_PRIVATE).unwrap(),
    ]
    .concat();
    let signer = Signer::open(Algorithm::EdDSA, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", &der).unwrap();
    let sign = || signer.sign(TokenType::Jwt, &json!({"iss": "joe"})).unwrap();
    assert_eq!(sign(), sign());
    let mut jwk: Value = serde_json::from_str(ED).unwrap();
    jwk["kid"] = json!(signer.key_id);
    assert_eq!(verify(&sign(), &jwk.to_string()).unwrap()["iss"], "joe");
}
