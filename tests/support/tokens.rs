//! Token requests, written as the parameters they have.

use super::answer::Answer;
use super::client::TestClient;
use super::query::Query;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hospes_protocol::encoding::url_component;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

/// A successful answer of the token endpoint.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) token_type: String,
    pub(crate) expires_in: u32,
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    #[serde(default)]
    pub(crate) id_token: Option<String>,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) authorization_details: Vec<serde_json::Value>,
    #[serde(default)]
    pub(crate) issued_token_type: Option<String>,
}

impl Tokens {
    pub(crate) fn refresh_token(&self) -> &str {
        self.refresh_token.as_deref().expect("a refresh token")
    }

    pub(crate) fn id_token(&self) -> &str {
        self.id_token.as_deref().expect("an ID token")
    }
}

/// A request to the token endpoint.
#[derive(Clone)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) client: &'a TestClient<'a>,
    pub(crate) form: Query,
    pub(crate) authorization: Option<String>,
    pub(crate) proofs: Vec<String>,
}

impl TokenRequest<'_> {
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.form = self.form.set(name, value);
        self
    }

    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.form = self.form.and(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.form = self.form.without(name);
        self
    }

    pub(crate) fn authorization(mut self, header: Option<&str>) -> Self {
        self.authorization = header.map(str::to_owned);
        self
    }

    /// With another `DPoP` header.
    pub(crate) fn proof(mut self, proof: &str) -> Self {
        self.proofs.push(proof.to_owned());
        self
    }

    pub(crate) async fn send(self) -> Answer {
        self.send_to("/token").await
    }

    /// As [`TokenRequest::send`], to another endpoint with the same client authentication.
    pub(crate) async fn send_to(self, path: &str) -> Answer {
        let client = self.client;
        let request = client.app.http.post(format!("{}{path}", client.issuer));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = match &self.authorization {
            Some(header) => request.header(AUTHORIZATION, header),
            None => request,
        };
        let request = self.proofs.iter().fold(request, |request, proof| request.header("DPoP", proof));
        let answer =
            Box::pin(async { Answer::of(request.body(self.form.encoded()).send().await.unwrap()).await })
                .await;
        if let Ok(tokens) = serde_json::from_str::<Tokens>(&answer.body) {
            let all = [Some(tokens.access_token), tokens.refresh_token, tokens.id_token];
            all.iter().flatten().for_each(|token| drop(client.app.keep_secret(token)));
        }
        answer
    }
}

/// RFC 6749 §2.3.1.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    let pair = format!("{}:{}", url_component(id), url_component(secret));
    format!("Basic {}", STANDARD.encode(pair))
}
