//! A home IdP that says what a test wants it to say, where an honest one cannot: another address, a mailbox that is not
//! verified, no `sub` of its own. Browsers never visit it; the test carries the answer back instead.

use super::answer::Answer;
use super::clock::TestClock;
use super::jwt::JwtKey;
use super::query::Query;
use super::request::Request;
use super::tenant::TestTenant;
use hospes_idp::admin::home_idps::HomeIdpSettings;
use hospes_idp::email::Domain;
use hospes_idp::federation::home_idp::{ClaimMap, EmailTrust, HomeDomain};
use hospes_idp::ids::HomeIdpId;
use hospes_idp::tenant::Status;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::names::Secret;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

/// Who we are at every fake home.
const CLIENT_ID: &str = "hospes";

/// Runs until dropped.
pub(crate) struct FakeHome {
    pub(crate) issuer: String,
    script: Arc<Script>,
    clock: TestClock,
    task: JoinHandle<()>,
}

struct Script {
    metadata: Mutex<Value>,
    keys: Mutex<Vec<JwtKey>>,
    /// Claims of the ID token, by code.
    claims: Mutex<BTreeMap<String, Value>>,
    userinfo: Mutex<Option<Value>>,
    /// Further documents, by path.
    documents: Mutex<BTreeMap<String, Value>>,
    pause: Mutex<Duration>,
    seen: Mutex<Vec<String>>,
}

/// A browser sent off to a home IdP.
#[derive(Clone, Debug)]
pub(crate) struct Departure {
    pub(crate) to: String,
    pub(crate) query: BTreeMap<String, String>,
}

impl Departure {
    /// Of the answer that sends the browser off.
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 303, "not sent off to a home IdP: {answer:?}");
        let url = Url::parse(answer.location().unwrap()).unwrap();
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(query.get("response_type").map(String::as_str), Some("code"), "{url}");
        Self { to: url.to_string(), query }
    }

    pub(crate) fn is_to(&self, home: &FakeHome) -> bool {
        self.to.starts_with(&format!("{}/authorize?", home.issuer))
    }

    /// Where the home IdP sends the browser back to.
    pub(crate) fn back(&self, parameters: &[(&str, &str)]) -> String {
        let query = Query::new(parameters);
        format!("{}?{}", self.query["redirect_uri"], query.encoded())
    }

    pub(crate) fn state(&self) -> &str {
        &self.query["state"]
    }
}

impl FakeHome {
    pub(crate) async fn start(clock: &TestClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let metadata = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let script = Arc::new(Script {
            metadata: Mutex::new(metadata),
            keys: Mutex::new(vec![JwtKey::generate(Algorithm::ES256)]),
            claims: Mutex::default(),
            userinfo: Mutex::default(),
            documents: Mutex::default(),
            pause: Mutex::default(),
            seen: Mutex::default(),
        });
        let played = script.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, played.clone()));
            }
        });
        Self { issuer, script, clock: clock.clone(), task }
    }

    /// Publishes metadata with these members changed.
    pub(crate) fn publishes(&self, change: &Value) {
        let mut metadata = self.script.metadata.lock().unwrap();
        merge(metadata.as_object_mut().unwrap(), change);
    }

    /// What userinfo answers; without it there is no such endpoint.
    pub(crate) fn userinfo(&self, claims: Value) {
        self.publishes(&json!({"userinfo_endpoint": format!("{}/userinfo", self.issuer)}));
        *self.script.userinfo.lock().unwrap() = Some(claims);
    }

    /// Serves a document of its own, and says where.
    pub(crate) fn serves(&self, path: &str, document: Value) -> String {
        self.script.documents.lock().unwrap().insert(path.to_owned(), document);
        format!("{}{path}", self.issuer)
    }

    /// Signs with a new key and publishes it with the older ones.
    pub(crate) fn rotates(&self) {
        self.script.keys.lock().unwrap().insert(0, JwtKey::generate(Algorithm::ES256));
    }

    /// How long the token endpoint takes.
    pub(crate) fn takes(&self, pause: Duration) {
        *self.script.pause.lock().unwrap() = pause;
    }

    /// How often an endpoint was asked.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.script.seen.lock().unwrap().iter().filter(|seen| *seen == path).count()
    }

    /// Signs somebody in and sends the browser back: the address of the callback with a code of its own.
    pub(crate) fn signs_in(&self, departure: &Departure, change: &Value) -> String {
        assert!(departure.is_to(self), "{departure:?}");
        let code = format!("code-{}", self.script.claims.lock().unwrap().len());
        self.answers(&code, departure, change);
        departure.back(&[("code", &code), ("state", departure.state())])
    }

    /// A logout token: the usual claims, changed; `null` removes.
    pub(crate) fn logout_token(&self, change: &Value) -> String {
        let now = self.clock.seconds();
        let random = JwtKey::generate(Algorithm::ES256).pair.key_id;
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": random,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        merge(claims.as_object_mut().unwrap(), change);
        let keys = self.script.keys.lock().unwrap();
        let mut header = keys[0].header();
        header["typ"] = "logout+jwt".into();
        keys[0].sign(&header, &claims)
    }

    /// What the token endpoint answers to a code: the usual claims, changed; `null` removes.
    pub(crate) fn answers(&self, code: &str, departure: &Departure, change: &Value) {
        let now = self.clock.seconds();
        let mut claims = json!({
            "iss": self.issuer, "sub": "ada", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "auth_time": now,
            "nonce": departure.query["nonce"], "email": "ada@fjord.example", "email_verified": true, "name": "Ada Fjord",
        });
        merge(claims.as_object_mut().unwrap(), change);
        self.script.claims.lock().unwrap().insert(code.to_owned(), claims);
    }
}

impl Drop for FakeHome {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn merge(members: &mut Map<String, Value>, change: &Value) {
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

impl TestTenant<'_> {
    /// Registers a fake home, authoritative for a domain.
    pub(crate) async fn trusts(&self, home: &FakeHome, domain: &str) -> HomeIdpId {
        self.trusts_with(home, domain, |_| {}).await
    }

    /// Registers a fake home with settings changed.
    pub(crate) async fn trusts_with(
        &self,
        home: &FakeHome,
        domain: &str,
        change: impl FnOnce(&mut HomeIdpSettings),
    ) -> HomeIdpId {
        let mut settings = home_settings(&home.issuer, domain);
        change(&mut settings);
        self.desk().await.admin().create_home_idp(settings).await.unwrap().id
    }
}

/// The usual settings of a home IdP.
pub(crate) fn home_settings(issuer: &str, domain: &str) -> HomeIdpSettings {
    HomeIdpSettings {
        display_name: format!("Home of {domain}"),
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        auth_method: ClientAuthMethod::ClientSecretBasic,
        client_secret: Some(Secret::new("a-secret-of-the-fake-home")),
        scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
        domains: vec![HomeDomain { domain: Domain::parse(domain).unwrap(), authoritative: true }],
        email_trust: EmailTrust::VerifiedOnly,
        claim_map: ClaimMap::new(),
        algorithms: vec![Algorithm::ES256],
        status: Status::Enabled,
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>) {
    let Some(Request { path, body, .. }) = Request::read(&mut stream).await else {
        return;
    };
    script.seen.lock().unwrap().push(path.clone());
    if path == "/token" {
        let pause = *script.pause.lock().unwrap();
        tokio::time::sleep(pause).await;
    }
    let (status, text) =
        script.answer(&path, &body).map_or((404, String::new()), |value| (200, value.to_string()));
    let length = text.len();
    let reply = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
    let _ = stream.write_all(reply.as_bytes()).await;
}

impl Script {
    fn answer(&self, path: &str, body: &str) -> Option<Value> {
        let keys = self.keys.lock().unwrap();
        match path {
            "/.well-known/openid-configuration" => Some(self.metadata.lock().unwrap().clone()),
            "/jwks" => Some(json!({"keys": keys.iter().map(|key| &key.pair.public).collect::<Vec<_>>()})),
            "/userinfo" => self.userinfo.lock().unwrap().clone(),
            "/token" => {
                let code = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "code")?.1;
                let claims = self.claims.lock().unwrap().get(code.as_ref()).cloned()?;
                let key = &keys[0];
                let id_token = key.sign(&key.header(), &claims);
                Some(
                    json!({"access_token": "of-the-fake-home", "token_type": "Bearer", "id_token": id_token}),
                )
            }
            other => self.documents.lock().unwrap().get(other).cloned(),
        }
    }
}
