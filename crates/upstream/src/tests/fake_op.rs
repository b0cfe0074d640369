//! A home IdP whose every answer the test decides.

use super::server::{Reply, Request, Server};
use super::signing::{TestKey, claims};
use hospes_protocol::jose::Algorithm;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Answers by path; what is not there is 404.
pub(super) struct FakeOp {
    server: Server,
    replies: Arc<Mutex<HashMap<String, Reply>>>,
    pub(super) key: TestKey,
}

impl FakeOp {
    pub(super) async fn start() -> Self {
        let replies = Arc::new(Mutex::new(HashMap::<String, Reply>::new()));
        let script = replies.clone();
        let server = Server::start(move |request| {
            let script = script.lock().unwrap();
            script.get(&request.path).cloned().unwrap_or_else(|| Reply::new(404, "", ""))
        });
        let op = Self { server: server.await, replies, key: TestKey::generate(Algorithm::ES256, "k1") };
        op.discovery(&json!({}));
        op.publish(&[op.key.public()]);
        op.issue(&json!({}));
        op
    }

    pub(super) fn issuer(&self) -> String {
        self.server.origin.clone()
    }

    /// Scripts an answer.
    pub(super) fn reply(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// Publishes metadata with changes; `null` removes.
    pub(super) fn discovery(&self, change: &Value) {
        let issuer = self.issuer();
        let mut document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "userinfo_endpoint": format!("{issuer}/userinfo"), "response_types_supported": ["code", "code id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        });
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                document.as_object_mut().unwrap().remove(name);
            } else {
                document[name] = value.clone();
            }
        }
        self.reply("/.well-known/openid-configuration", Reply::json(document.to_string()));
    }

    /// Publishes these keys.
    pub(super) fn publish(&self, keys: &[Value]) {
        self.reply("/jwks", Reply::json(json!({"keys": keys}).to_string()));
    }

    /// Answers the token request with the usual claims, changed.
    pub(super) fn issue(&self, change: &Value) {
        let claims = claims(&self.issuer(), change).to_string();
        self.answer_token(&self.key.sign(&self.key.header(), &claims));
    }

    /// Answers the token request with this ID token.
    pub(super) fn answer_token(&self, id_token: &str) {
        let answer =
            json!({"access_token": "the-access-token", "token_type": "bearer", "id_token": id_token});
        self.reply("/token", Reply::json(answer.to_string()));
    }

    pub(super) fn seen(&self, path: &str) -> Vec<Request> {
        self.server.seen(path)
    }

    pub(super) fn count(&self) -> usize {
        self.server.count()
    }
}
