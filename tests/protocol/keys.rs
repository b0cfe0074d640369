//! KEY: how signing keys come, sign, verify and go.

use crate::support::answer::Answer;
use crate::support::client::TestClient;
use crate::support::jwt;
use crate::support::tenant::{Person, TestTenant};
use crate::support::tokens::Tokens;
use crate::support::{Stores, TestApp};
use hospes_idp::admin::AdminError;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::{KeyRemoved, KeyRevoked};
use hospes_protocol::jose::{Algorithm, CompactJwt, VerifyingKeys};
use serde_json::Value;
use std::collections::BTreeSet;

const DAY: i64 = 24 * 3600;
/// What the key set's `max-age` says.
const CACHED: i64 = 300;

/// An application that keeps the key set as long as it may, and not a second longer.
struct Cache<'a> {
    tenant: &'a TestTenant<'a>,
    set: Option<(i64, VerifyingKeys)>,
}

impl<'a> Cache<'a> {
    const fn new(tenant: &'a TestTenant<'a>) -> Self {
        Self { tenant, set: None }
    }

    async fn verifies(&mut self, token: &str) {
        let now = self.tenant.app.clock.seconds();
        if self.set.as_ref().is_none_or(|(at, _)| now - at >= CACHED) {
            self.set = Some((now, VerifyingKeys::parse(fetch(self.tenant).await.body.as_bytes()).unwrap()));
        }
        let (_, keys) = self.set.as_ref().unwrap();
        keys.verify(&CompactJwt::parse(token).unwrap(), &Algorithm::SIGNING).unwrap();
    }
}

async fn fetch(tenant: &TestTenant<'_>) -> Answer {
    let answer = Answer::of(tenant.app.http.get(tenant.url("/jwks")).send().await.unwrap()).await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    answer
}

async fn published(tenant: &TestTenant<'_>) -> BTreeSet<String> {
    let set = fetch(tenant).await.json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn discovery(tenant: &TestTenant<'_>, member: &str) -> Value {
    let url = tenant.url("/.well-known/openid-configuration");
    Answer::of(tenant.app.http.get(url).send().await.unwrap()).await.json()[member].clone()
}

fn key_ids(tokens: &Tokens) -> BTreeSet<String> {
    let kid = |token: &str| jwt::header(token)["kid"].as_str().unwrap().to_owned();
    [kid(&tokens.access_token), kid(tokens.id_token())].into()
}

async fn rotate(app: &TestApp) -> u64 {
    app.idp().rotate_keys(&app.ctx()).await.unwrap()
}

async fn rotation(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    harbor.settings(|settings| settings.options.keys.rotate_after = 7 * 86_400).await;
    let wiki = harbor.client("wiki").confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let mut cache = Cache::new(&harbor);
    let first = wiki.tokens_for(&hanna).await;
    let (old, mut tokens, mut seen) = (key_ids(&first), first.clone(), BTreeSet::new());
    cache.verifies(&first.access_token).await;
    app.clock.advance_seconds(7 * DAY - 1200);
    assert_eq!(rotate(&app).await, 0, "nothing is due before its time");
    // Every two minutes for an hour: somebody signs in, and an application that caches verifies.
    let begun = app.clock.seconds();
    let mut published_at = None;
    let mut used_at = None;
    for _ in 0..30 {
        app.clock.advance_seconds(120);
        rotate(&app).await;
        if published_at.is_none() && published(&harbor).await.len() > 3 {
            published_at = Some(app.clock.seconds());
        }
        tokens = wiki.refresh(tokens.refresh_token()).send().await.tokens();
        if used_at.is_none() && key_ids(&tokens) != old {
            used_at = Some(app.clock.seconds());
        }
        seen.extend(key_ids(&tokens));
        cache.verifies(&tokens.access_token).await;
        cache.verifies(tokens.id_token()).await;
    }
    assert!(used_at.unwrap() - published_at.unwrap() > CACHED, "{published_at:?} {used_at:?} from {begun}");
    assert_eq!(seen.len(), 4, "two keys, and two that followed them: {seen:?}");
    assert_eq!(rotate(&app).await, 0);
    assert!(published(&harbor).await.is_superset(&old), "what they signed is still about");
    app.clock.advance_seconds(DAY);
    assert_eq!(app.audited_many(KeyRemoved, rotate(&app)).await, (3, 3));
    let left = published(&harbor).await;
    assert!(left.is_disjoint(&old) && left.len() == 3, "{left:?}");
    let last = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    cache.verifies(&last.access_token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_01_an_application_that_caches_the_key_set_never_sees_a_token_it_cannot_verify() {
    rotation(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_01_an_application_that_caches_the_key_set_never_sees_a_token_it_cannot_verify_on_real_stores() {
    rotation(Stores::Real).await;
}

async fn revoked(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let tokens = wiki.tokens_for(&hanna).await;
    assert_eq!(told(&wiki, &tokens).await["active"], true, "and it is remembered from here on");
    let leaked = jwt::header(&tokens.access_token)["kid"].as_str().unwrap().to_owned();
    let desk = harbor.desk().await;
    let revoke = async { desk.admin().revoke_signing_key(&leaked).await.unwrap() };
    app.audited_many(KeyRevoked, revoke).await;
    assert!(!published(&harbor).await.contains(&leaked), "gone at once");
    assert_eq!(told(&wiki, &tokens).await, serde_json::json!({"active": false}));
    app.unchanged(wiki.userinfo(&tokens.access_token)).await.is_error(401, "invalid_token");
    let next = wiki.refresh(tokens.refresh_token()).send().await.tokens();
    assert_ne!(jwt::header(&next.access_token)["kid"], leaked);
    assert_eq!(wiki.userinfo(&next.access_token).await.status, 200);
    Cache::new(&harbor).verifies(&next.access_token).await;
    let again = app.unchanged(async { desk.admin().revoke_signing_key(&leaked).await }).await;
    assert!(matches!(again, Err(AdminError::NotFound)), "{again:?}");
}

async fn told(client: &TestClient<'_>, tokens: &Tokens) -> Value {
    client.request(&[("token", &tokens.access_token)]).send_to("/introspect").await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn key_02_a_revoked_key_is_gone_with_its_tokens_and_refreshing_works() {
    revoked(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_02_a_revoked_key_is_gone_with_its_tokens_and_refreshing_works_on_real_stores() {
    revoked(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_02_another_node_hears_of_it_within_a_second() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").confidential().await;
    let tokens = wiki.tokens_for(&harbor.member("hanna@harbor.example").await).await;
    assert_eq!(told(&wiki, &tokens).await["active"], true);
    let leaked = jwt::header(&tokens.access_token)["kid"].as_str().unwrap().to_owned();
    // As another node would: past this one's memory, straight into the directory.
    let other = app.second_directory().await;
    let desk = harbor.desk().await;
    let fresh = hospes_idp::keyring::generate(
        &desk.ctx,
        &app.house().vault,
        desk.tenant.id,
        (Algorithm::ES256, desk.ctx.now),
    );
    let (actor, at) = (hospes_idp::audit::Actor::Operator, desk.tenant.id);
    let event = hospes_idp::audit::AuditEvent::new(&desk.ctx, at, KeyRevoked, actor);
    let change = hospes_idp::ports::Change::RemoveSigningKey {
        tenant: desk.tenant.id,
        key_id: leaked.clone(),
        successor: Some(fresh.unwrap()),
    };
    hospes_idp::ports::Directory::apply(&other, change, event).await.unwrap();
    let changed = std::time::Instant::now();
    while published(&harbor).await.contains(&leaked) || told(&wiki, &tokens).await["active"] == true {
        assert!(changed.elapsed().as_millis() < 1500, "a second, and what asking takes");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    other.close().await;
}

async fn sign_in_with(wiki: &TestClient<'_>, person: &Person, algorithm: Algorithm) {
    wiki.update(|settings| settings.id_token_algorithm = algorithm).await;
    let tokens = wiki.tokens_for(person).await;
    assert_eq!(jwt::header(tokens.id_token())["alg"], algorithm.as_str());
    let set = app_keys(wiki).await;
    set.verify(&CompactJwt::parse(tokens.id_token()).unwrap(), &[algorithm]).unwrap();
    let hint = [("id_token_hint", tokens.id_token())];
    let hinted = wiki.app.http.get(format!("{}/logout", wiki.issuer)).query(&hint);
    assert_eq!(hinted.send().await.unwrap().status(), 200, "we take back what we signed");
}

async fn app_keys(wiki: &TestClient<'_>) -> VerifyingKeys {
    let set = wiki.app.http.get(format!("{}/jwks", wiki.issuer)).send().await.unwrap();
    VerifyingKeys::parse(&set.bytes().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dsc_06_id_tokens_are_signed_with_every_algorithm_the_tenant_lists_and_no_other() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let member = "id_token_signing_alg_values_supported";
    assert_eq!(discovery(&harbor, member).await, serde_json::json!(["RS256", "ES256", "EdDSA"]));
    for algorithm in Algorithm::USUAL {
        sign_in_with(&wiki, &hanna, algorithm).await;
    }
    let desk = harbor.desk().await;
    let wants = || ClientSettings {
        display_name: "Strict".into(),
        redirect_uris: vec!["https://strict.example/".into()],
        id_token_algorithm: Algorithm::PS256,
        ..ClientSettings::default()
    };
    let refused = async || {
        let create = async { desk.admin().create_client(None, wants()).await };
        app.unchanged(create).await.map(drop).unwrap_err().to_string()
    };
    assert_eq!(refused().await, "idTokenAlgorithm: the tenant has no PS256 key");
    let added = desk.admin().add_signing_key(Algorithm::PS256).await.unwrap();
    let from = added.key.signs_from();
    assert_eq!(refused().await, format!("idTokenAlgorithm: the tenant signs with PS256 from {from} on"));
    assert_eq!(discovery(&harbor, member).await.as_array().unwrap().len(), 3, "not before it is known");
    assert!(published(&harbor).await.contains(&added.key.key_id));
    app.clock.advance_seconds(from.as_second() - app.clock.seconds() + 1);
    let all = serde_json::json!(["RS256", "PS256", "ES256", "EdDSA"]);
    assert_eq!(discovery(&harbor, member).await, all);
    sign_in_with(&wiki, &hanna, Algorithm::PS256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_01_a_tenant_of_an_older_version_gets_the_key_it_lacks() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let desk = harbor.desk().await;
    let keys = desk.admin().signing_keys().await.unwrap();
    let edwards = keys.iter().find(|listed| listed.key.algorithm == Algorithm::EdDSA).unwrap();
    let event = hospes_idp::audit::AuditEvent::new(
        &desk.ctx,
        desk.tenant.id,
        KeyRemoved,
        hospes_idp::audit::Actor::System,
    );
    let removal = hospes_idp::ports::Change::RemoveSigningKey {
        tenant: desk.tenant.id,
        key_id: edwards.key.key_id.clone(),
        successor: None,
    };
    app.house().directory.apply(removal, event).await.unwrap();
    let member = "id_token_signing_alg_values_supported";
    assert_eq!(discovery(&harbor, member).await, serde_json::json!(["RS256", "ES256"]));
    assert_eq!(rotate(&app).await, 1);
    assert_eq!(published(&harbor).await.len(), 3);
    assert_eq!(discovery(&harbor, member).await.as_array().unwrap().len(), 2, "known before it is used");
    app.clock.advance_seconds(3 * CACHED + 1);
    assert_eq!(discovery(&harbor, member).await.as_array().unwrap().len(), 3);
    assert_eq!(rotate(&app).await, 0);
}
