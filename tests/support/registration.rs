//! Clients that register themselves: an administrator's leave, the requests, what they answer.

use super::TestApp;
use super::answer::Answer;
use super::client::{Credential, TestClient};
use super::tenant::TestTenant;
use hospes_idp::admin::registration_tokens::NewRegistrationToken;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// A client as it sees itself.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) answer: Value,
    pub(crate) id: String,
    pub(crate) uri: String,
    pub(crate) access_token: String,
}

/// What a usual client sends.
pub(crate) fn metadata() -> Value {
    json!({
        "redirect_uris": ["https://robot.example/callback"],
        "client_name": "Robot",
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

/// The metadata with these members, `null` for those that shall be absent.
pub(crate) fn with(changes: &Value) -> Value {
    let mut metadata = metadata();
    for (name, value) in changes.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    metadata
}

impl Registered {
    pub(crate) fn of(app: &TestApp, answer: &Answer) -> Self {
        let json = answer.json();
        let text =
            |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{name} in {json:#}")).to_owned();
        let _ = json["client_secret"].as_str().map(|secret| app.keep_secret(secret));
        Self {
            id: text("client_id"),
            uri: text("registration_client_uri"),
            access_token: app.keep_secret(&text("registration_access_token")),
            answer: json,
        }
    }

    /// As the usual requests of tests know clients.
    pub(crate) fn client<'a>(&self, tenant: &TestTenant<'a>) -> TestClient<'a> {
        let secret = self.answer["client_secret"].as_str().unwrap().to_owned();
        let redirect_uri = self.answer["redirect_uris"][0].as_str().unwrap().to_owned();
        TestClient {
            app: tenant.app,
            slug: tenant.slug.clone(),
            issuer: tenant.issuer(),
            id: self.id.clone(),
            redirect_uri,
            credential: Credential::Basic(secret),
        }
    }
}

impl TestTenant<'_> {
    /// Takes registrations from now on.
    pub(crate) async fn open_registration(&self) {
        self.settings(|settings| settings.options.registration.enabled = true).await;
    }

    /// An initial access token.
    pub(crate) async fn leave(&self, change: impl FnOnce(&mut NewRegistrationToken)) -> String {
        let mut new = NewRegistrationToken { max_clients: 100, ..NewRegistrationToken::default() };
        change(&mut new);
        let desk = self.desk().await;
        let (_, value) = desk.admin().create_registration_token(new).await.unwrap();
        self.app.keep_secret(value.reveal())
    }

    /// Asks to register.
    pub(crate) async fn register(&self, token: Option<&str>, metadata: &Value) -> Answer {
        let request = self.app.http.post(self.url("/register"));
        send(bearer(request, token).body(metadata.to_string())).await
    }

    /// Registers.
    pub(crate) async fn registered(&self, token: &str, metadata: &Value) -> Registered {
        let answer = self.register(Some(token), metadata).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.is_not_stored();
        Registered::of(self.app, &answer)
    }

    /// A request to the address of a registration.
    pub(crate) async fn manage(
        &self,
        method: Method,
        at: (&str, Option<&str>),
        body: Option<&Value>,
    ) -> Answer {
        let request = bearer(self.app.http.request(method, at.0), at.1);
        let body = body.map(ToString::to_string).unwrap_or_default();
        send(request.body(body)).await
    }
}

fn bearer(request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
    let request = request.header("content-type", "application/json");
    token.iter().fold(request, RequestBuilder::bearer_auth)
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}
