//! Tokens bound to a key (RFC 9449): at every grant, at every resource, once each.

use crate::support::answer::Answer;
use crate::support::client::{TestClient, client_key};
use crate::support::jwt::{JwtKey, claims};
use crate::support::stores::Stores;
use crate::support::tokens::{TokenRequest, Tokens};
use crate::support::{TestApp, query::Query};
use futures_util::future::join_all;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_protocol::encoding::sha256_base64url;
use hospes_protocol::jose::jwks::thumbprint_of;
use serde_json::{Value, json};

/// Who holds a key.
pub(super) struct Holder<'a> {
    app: &'a TestApp,
    key: JwtKey,
}

impl<'a> Holder<'a> {
    pub(super) fn new(app: &'a TestApp) -> Self {
        Self { app, key: client_key() }
    }

    fn thumbprint(&self) -> String {
        thumbprint_of(&self.key.pair.public).unwrap()
    }

    /// A proof with these claims added or replaced.
    pub(super) fn proof(&self, (method, uri): (&str, &str), more: &Value) -> String {
        let public = &self.key.pair.public;
        let jwk = json!({"kty": public["kty"], "crv": public["crv"], "x": public["x"], "y": public["y"]});
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let now = self.app.clock.seconds();
        let mut claims = json!({"jti": self.app.ctx().token(), "htm": method, "htu": uri, "iat": now});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.key.sign(&header, &claims)
    }

    fn at(&self, client: &TestClient<'_>, path: &str) -> String {
        self.proof(("POST", &format!("{}{path}", client.issuer)), &json!({}))
    }

    /// Adds a fresh proof to a token request.
    pub(super) fn sends<'c>(&self, request: TokenRequest<'c>) -> TokenRequest<'c> {
        let proof = self.at(request.client, "/token");
        request.proof(&proof)
    }

    /// Userinfo with the token and a proof with these claims added or replaced.
    async fn userinfo(&self, client: &TestClient<'_>, token: &str, more: &Value) -> Answer {
        let uri = format!("{}/userinfo", client.issuer);
        let mut claims = json!({"ath": sha256_base64url(token)});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let proof = self.proof(("GET", &uri), &claims);
        let request = client.app.http.get(&uri).header("Authorization", format!("dpop {token}"));
        Answer::of(request.header("DPoP", proof).send().await.unwrap()).await
    }
}

fn is_bound(tokens: &Tokens, holder: &Holder<'_>) {
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(claims(&tokens.access_token)["cnf"], json!({"jkt": holder.thumbprint()}));
}

#[tokio::test(flavor = "multi_thread")]
async fn dp_12_every_grant_binds_and_every_resource_asks_for_the_key() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (holder, thief) = (Holder::new(&app), Holder::new(&app));
    let shop = harbor.client("shop").confidential().await;
    let spa = harbor.client("spa").public().await;
    for client in [&shop, &spa] {
        let code = client.code_for(&app.browser(), &hanna).await;
        let tokens = holder.sends(client.redeem(&code)).send().await.tokens();
        is_bound(&tokens, &holder);
        let answer = holder.userinfo(client, &tokens.access_token, &json!({})).await;
        assert_eq!((answer.status, &answer.json()["sub"]), (200, &claims(&tokens.access_token)["sub"]));
        let next = holder.sends(client.refresh(tokens.refresh_token())).send().await.tokens();
        is_bound(&next, &holder);
        // dp_06: the token alone is nothing.
        app.unchanged(client.userinfo(&next.access_token)).await.is_error(401, "invalid_token");
        let stolen = thief.userinfo(client, &next.access_token, &json!({})).await;
        stolen.is_error(401, "invalid_token");
        assert!(stolen.header("www-authenticate").unwrap().starts_with("DPoP "), "{stolen:?}");
        let body = shop.request(&[("token", &next.access_token)]).send_to("/introspect").await.json();
        if client.id == "shop" {
            assert_eq!(
                (&body["token_type"], &body["cnf"]["jkt"]),
                (&json!("DPoP"), &json!(holder.thumbprint()))
            );
        }
    }
    let service = harbor.client("service").service(&["Directory.ReadWrite.All"]).await;
    let tokens = holder.sends(service.client_credentials()).send().await.tokens();
    is_bound(&tokens, &holder);
    for scheme in ["Bearer", "DPoP"] {
        let uri = format!("{}/api/clients", service.issuer);
        let proof = holder.proof(("GET", &uri), &json!({"ath": sha256_base64url(&tokens.access_token)}));
        let request = app.http.get(&uri).header("Authorization", format!("{scheme} {}", tokens.access_token));
        let status = request.header("DPoP", proof).send().await.unwrap().status().as_u16();
        assert_eq!(status, if scheme == "DPoP" { 200 } else { 401 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dp_01_dp_02_dp_03_dp_07_dp_11_a_proof_is_about_this_request() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&["User.Invite.All"]).await;
    let holder = Holder::new(&app);
    let token = format!("{}/token", service.issuer);
    let now = app.clock.seconds();
    let with = |more: Value| holder.proof(("POST", &token), &more);
    let other_type = holder.key.sign(&json!({"typ": "JWT", "alg": "ES256"}), &json!({}));
    let refused = [
        vec!["x".to_owned()],
        vec![String::new()],
        vec![other_type],
        vec![with(json!({})), with(json!({}))],
        vec![with(json!({"htm": "GET"}))],
        vec![with(json!({"htu": service.issuer}))],
        vec![with(json!({"htu": "https://evil.example/token"}))],
        vec![with(json!({"iat": now - 3600}))],
        vec![with(json!({"iat": now + 3600}))],
        vec![with(json!({"nbf": now + 600}))],
        vec![with(json!({"exp": now - 600}))],
        vec![with(json!({"jti": ""}))],
    ];
    for proofs in refused {
        let request = proofs.iter().fold(service.client_credentials(), |request, proof| request.proof(proof));
        let answer = app.unchanged(request.send());
        app.audited((TokenDenied, None), answer).await.is_error(400, "invalid_dpop_proof");
    }
    for more in [json!({"iat": now - 10}), json!({"iat": now + 10}), json!({"htu": format!("{token}?a=b#c")})]
    {
        service.client_credentials().proof(&with(more)).send().await.tokens();
    }
}

async fn once(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&["User.Invite.All"]).await;
    let holder = Holder::new(&app);
    let proof = holder.at(&service, "/token");
    let attempts = (0..50).map(|_| service.client_credentials().proof(&proof).send());
    let answers = join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:#?}");
    let again = app.unchanged(service.client_credentials().proof(&proof).send()).await;
    again.is_error(400, "invalid_dpop_proof");
}

#[tokio::test(flavor = "multi_thread")]
async fn dp_04_dp_10_a_proof_works_once() {
    once(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dp_04_dp_10_a_proof_works_once_on_real_stores() {
    once(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dp_05_dp_06_what_a_proof_at_a_resource_needs() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let wiki = harbor.client("wiki").public().await;
    let holder = Holder::new(&app);
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let bound = holder.sends(wiki.redeem(&code)).send().await.tokens().access_token;
    for more in [
        json!({"ath": null}),
        json!({"ath": "x"}),
        json!({"ath": sha256_base64url("other")}),
        json!({"htm": "POST"}),
    ] {
        let answer = app.unchanged(holder.userinfo(&wiki, &bound, &more)).await;
        answer.is_error(401, "invalid_dpop_proof");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with("DPoP ") && challenge.contains("algs=\"RS256 PS256 ES256 EdDSA\""),
            "{challenge}"
        );
    }
    let bearer = wiki.tokens_for(&hanna).await.access_token;
    app.unchanged(holder.userinfo(&wiki, &bearer, &json!({}))).await.is_error(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn dp_08_a_nonce_is_ours_and_fresh() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    let nonced = |settings: &mut hospes_idp::admin::clients::ClientSettings| {
        settings.options.security.require_dpop_nonce = true;
    };
    let ours = harbor.client("service").with(nonced).service(&["User.Invite.All"]).await;
    let theirs = beta.client("service").with(nonced).service(&["User.Invite.All"]).await;
    let holder = Holder::new(&app);
    let with = |client: &TestClient<'_>, nonce: &Value| {
        holder.proof(("POST", &format!("{}/token", client.issuer)), &json!({"nonce": nonce}))
    };
    let offered = async |client: &TestClient<'_>| {
        let answer = app.unchanged(holder.sends(client.client_credentials()).send());
        let answer = app.audited((TokenDenied, None), answer).await;
        answer.is_error(400, "use_dpop_nonce");
        json!(answer.header("dpop-nonce").unwrap())
    };
    let (nonce, foreign) = (offered(&ours).await, offered(&theirs).await);
    for wrong in [&foreign, &json!(""), &json!("x"), &json!("A".repeat(54))] {
        let attempt = ours.client_credentials().proof(&with(&ours, wrong)).send();
        app.unchanged(attempt).await.is_error(400, "use_dpop_nonce");
    }
    ours.client_credentials().proof(&with(&ours, &nonce)).send().await.tokens();
    app.clock.advance_seconds(301);
    let old = app.unchanged(ours.client_credentials().proof(&with(&ours, &nonce)).send()).await;
    old.is_error(400, "use_dpop_nonce");
    ours.client_credentials().proof(&with(&ours, &json!(old.header("dpop-nonce")))).send().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_23_a_code_bound_to_a_key_is_redeemed_with_that_key() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let wiki = harbor.client("wiki").public().await;
    let (holder, thief) = (Holder::new(&app), Holder::new(&app));
    let code = async || {
        let (browser, request) = (app.browser(), wiki.authorize().set("dpop_jkt", &holder.thumbprint()));
        let page = request.open(&browser).await;
        request.code(&browser.sign_in(page, &hanna).await)
    };
    let (stolen, bare) = (code().await, code().await);
    thief.sends(wiki.redeem(&stolen)).send().await.is_error(400, "invalid_grant");
    wiki.redeem(&bare).send().await.is_error(400, "invalid_grant");
    is_bound(&holder.sends(wiki.redeem(&code().await)).send().await.tokens(), &holder);
    let malformed = wiki.authorize().set("dpop_jkt", "x");
    app.unchanged(malformed.get(&app.browser())).await.is_returned("invalid_request", &malformed);
    // Pushed, the proof itself names the key.
    let request = wiki.authorize();
    let query = request.query.clone().without("client_id");
    let form: Vec<_> = query.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pushing = wiki.request(&form).proof(&holder.at(&wiki, "/par"));
    let other = wiki.request(&form).set("dpop_jkt", &thief.thumbprint()).proof(&holder.at(&wiki, "/par"));
    other.send_to("/par").await.is_error(400, "invalid_dpop_proof");
    let pushed = pushing.send_to("/par").await.json();
    let query =
        Query::new(&[("client_id", &wiki.id), ("request_uri", pushed["request_uri"].as_str().unwrap())]);
    let browser = app.browser();
    let page = browser.open(&format!("{}/authorize?{}", wiki.issuer, query.encoded())).await;
    let code = request.code(&browser.sign_in(page, &hanna).await);
    thief.sends(wiki.redeem(&code)).send().await.is_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_05_a_refresh_token_of_a_public_client_is_bound_to_its_key() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let (holder, thief) = (Holder::new(&app), Holder::new(&app));
    let spa = harbor.client("spa").public().await;
    let code = spa.code_for(&app.browser(), &hanna).await;
    let tokens = holder.sends(spa.redeem(&code)).send().await.tokens();
    let refresh = || spa.refresh(tokens.refresh_token());
    for attempt in [refresh(), thief.sends(refresh())] {
        let answer = attempt.send().await;
        answer.is_error(400, "invalid_grant");
    }
    let next = holder.sends(refresh()).send().await.tokens();
    // Also of the successor.
    spa.refresh(next.refresh_token()).send().await.is_error(400, "invalid_grant");
    // A confidential client proves who it is, and may change its key.
    let shop = harbor.client("shop").confidential().await;
    let code = shop.code_for(&app.browser(), &hanna).await;
    let tokens = holder.sends(shop.redeem(&code)).send().await.tokens();
    is_bound(&thief.sends(shop.refresh(tokens.refresh_token())).send().await.tokens(), &thief);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_must_prove_possession_gets_no_bearer_token() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let bound =
        harbor.client("wiki").with(|settings| settings.options.security.dpop_bound_access_tokens = true);
    let wiki = bound.confidential().await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let attempt = app.unchanged(wiki.redeem(&code).send());
    app.audited((TokenDenied, None), attempt).await.is_error(400, "invalid_dpop_proof");
    let holder = Holder::new(&app);
    is_bound(&holder.sends(wiki.redeem(&code)).send().await.tokens(), &holder);
}
