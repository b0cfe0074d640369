//! What is made of claims: mapping, cleaning, and which payload speaks for a mailbox.

use super::server::Reply;
use super::{Bench, assert_refused};
use hospes_idp::federation::home_idp::ProfileAttribute;
use hospes_idp::federation::identity::EmailVerified;
use serde_json::{Value, json};

impl Bench {
    fn userinfo(&self, claims: &Value) {
        self.op.reply("/userinfo", Reply::json(claims.to_string()));
    }

    fn map(mut self, attribute: ProfileAttribute, claim: &str) -> Self {
        self.home_idp.claim_map.insert(attribute, claim.to_owned());
        self
    }

    async fn mailbox(&self, change: Value) -> (Option<String>, EmailVerified) {
        let identity = self.arrive_with(change).await.unwrap();
        (identity.email.map(|email| email.as_str().to_owned()), identity.email_verified)
    }
}

#[tokio::test]
async fn email_verified_counts_only_as_a_boolean_of_the_same_payload() {
    let bench = Bench::start().await;
    let ada = Some("ada@fjord.example".to_owned());
    for (stated, verified) in [
        (json!(true), EmailVerified::True),
        (json!(false), EmailVerified::False),
        (Value::Null, EmailVerified::Absent),
        (json!("true"), EmailVerified::Absent),
        (json!(1), EmailVerified::Absent),
        (json!([true]), EmailVerified::Absent),
    ] {
        let found = bench.mailbox(json!({"email_verified": stated})).await;
        assert_eq!(found, (ada.clone(), verified), "{stated}");
    }
    // Userinfo is asked for the name, but says nothing about the address of the ID token.
    bench.userinfo(
        &json!({"sub": "ada", "name": "Ada", "email": "eve@fjord.example", "email_verified": true}),
    );
    let found = bench.mailbox(json!({"name": null, "email_verified": null})).await;
    assert_eq!(found, (ada.clone(), EmailVerified::Absent));
    // The other way round: a flag without an address in the ID token says nothing about userinfo's.
    bench.userinfo(&json!({"sub": "ada", "email": "ada@fjord.example"}));
    let found = bench.mailbox(json!({"email": null, "email_verified": true})).await;
    assert_eq!(found, (ada, EmailVerified::Absent));
}

#[tokio::test]
async fn userinfo_fills_what_the_id_token_left_out() {
    let bench = Bench::start().await;
    bench.userinfo(
        &json!({"sub": "ada", "email": "a@fjord.example", "email_verified": true, "name": "From userinfo"}),
    );
    let identity = bench.arrive_with(json!({"email": null})).await.unwrap();
    assert_eq!(identity.email.unwrap().as_str(), "a@fjord.example");
    assert_eq!(identity.email_verified, EmailVerified::True);
    assert_eq!(identity.profile.display_name.as_deref(), Some("Ada Fjord"));
    let request = &bench.op.seen("/userinfo")[0];
    assert_eq!(request.method, "GET");
    assert!(request.head.to_lowercase().contains("authorization: bearer the-access-token"));
}

#[tokio::test]
async fn up_26_userinfo_about_somebody_else() {
    let bench = Bench::start().await;
    for answer in [json!({"sub": "eve"}), json!({}), json!({"sub": ["ada"]}), json!({"sub": "Ada"})] {
        bench.userinfo(&answer);
        assert_refused(bench.arrive_with(json!({"email": null})).await, "userinfo: sub");
    }
}

#[tokio::test]
async fn no_mailbox_is_no_reason_to_refuse() {
    let bench = Bench::start().await;
    bench.op.discovery(&json!({"userinfo_endpoint": null}));
    for email in
        [json!("not an address"), json!("a@xn--bcher-kva.example"), json!(["a@b.example"]), Value::Null]
    {
        let found = bench.mailbox(json!({"email": email})).await;
        assert_eq!(found, (None, EmailVerified::Absent), "{email}");
    }
}

#[tokio::test]
async fn mapped_claims() {
    let bench = Bench::start().await.map(ProfileAttribute::Name, "cn");
    let identity = bench.arrive_with(json!({"cn": "Mapped"})).await.unwrap();
    assert_eq!(identity.profile.display_name.as_deref(), Some("Mapped"));
    let bench = bench.map(ProfileAttribute::Email, "upn");
    let upn = Some("ada@corp.example".to_owned());
    for (change, verified) in [
        (json!({"email": null}), EmailVerified::True),
        (json!({"email": "ada@corp.example"}), EmailVerified::True),
        // `true` is about the other address.
        (json!({}), EmailVerified::Absent),
        (json!({"email_verified": false}), EmailVerified::False),
    ] {
        let mut change = change;
        change["upn"] = json!("ada@corp.example");
        change["cn"] = json!("Mapped");
        assert_eq!(bench.mailbox(change.clone()).await, (upn.clone(), verified), "{change}");
    }
}

#[tokio::test]
async fn up_35_amr_that_is_not_an_array_of_strings() {
    let bench = Bench::start().await;
    for amr in [json!("mfa"), json!({"mfa": true}), json!(["mfa", 1]), json!(vec!["mfa"; 33]), json!([""])] {
        let identity = bench.arrive_with(json!({"amr": amr, "acr": 1})).await.unwrap();
        assert!(identity.amr.is_empty(), "{amr}");
        assert_eq!(identity.acr, None);
    }
}

#[tokio::test]
async fn up_37_names_are_cleaned() {
    let bench = Bench::start().await;
    bench.op.discovery(&json!({"userinfo_endpoint": null}));
    let long = "ä".repeat(10_240);
    for (name, shown) in [
        (long.as_str(), Some("ä".repeat(256))),
        ("Ada\u{202e}gnp.exe", Some("Adagnp.exe".to_owned())),
        ("A\0d\u{200b}a\r\n", Some("Ada".to_owned())),
        ("\u{2066}Ada\u{2069}\u{feff}\u{e0041}", Some("Ada".to_owned())),
        ("<img onerror=x>", Some("<img onerror=x>".to_owned())),
        (" \u{200d}\t", None),
    ] {
        let identity = bench.arrive_with(json!({"name": name})).await.unwrap();
        assert_eq!(identity.profile.display_name, shown, "{name:.20?}");
    }
    let groups: Vec<String> = (0..10_000).map(|n| format!("g{n}")).collect();
    // Larger than any token is read: refused rather than cut.
    assert_refused(bench.arrive_with(json!({"groups": groups})).await, "too long");
}

#[tokio::test]
async fn up_37_languages_are_tags_or_nothing() {
    let bench = Bench::start().await;
    for (locale, kept) in [
        ("en", Some("en")),
        ("pt_BR", Some("pt-BR")),
        ("zh-Hant-TW", Some("zh-Hant-TW")),
        ("../../etc", None),
        ("en\"><script>", None),
        ("toolongsubtag", None),
    ] {
        let identity = bench.arrive_with(json!({"locale": locale})).await.unwrap();
        assert_eq!(identity.profile.preferred_language.as_deref(), kept);
    }
}
