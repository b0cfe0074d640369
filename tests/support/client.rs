//! A registered client of a tenant, with what it needs to act: its secret or key, and the requests it makes.

use super::TestApp;
use super::answer::Answer;
use super::browser::Browser;
use super::jwt::{JwtKey, sealed_with};
use super::query::Query;
use super::tenant::{Person, TestTenant};
use super::tokens::{TokenRequest, Tokens, basic};
use hospes_idp::admin::clients::ClientSettings;
use hospes_protocol::ClientId;
use hospes_protocol::client_auth::{ASSERTION_TYPE, ClientAuthMethod};
use hospes_protocol::encoding::sha256_base64url;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::token::GrantType;
use serde_json::{Value, json};

/// How a client proves who it is.
pub(crate) enum Credential {
    None,
    Basic(String),
    Post(String),
    Key(Box<JwtKey>),
    /// A secret that assertions are made with.
    SecretKey(String),
}

pub(crate) struct TestClient<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) slug: String,
    pub(crate) issuer: String,
    pub(crate) id: String,
    pub(crate) redirect_uri: String,
    pub(crate) credential: Credential,
}

/// A client about to be registered.
pub(crate) struct NewClient<'a> {
    tenant: &'a TestTenant<'a>,
    id: String,
    settings: ClientSettings,
    key: Option<JwtKey>,
}

impl<'a> NewClient<'a> {
    pub(crate) fn new(tenant: &'a TestTenant<'a>, id: &str) -> Self {
        let settings = ClientSettings {
            display_name: format!("App {id}"),
            auth_method: ClientAuthMethod::None,
            redirect_uris: vec![format!("https://{id}.example/callback")],
            ..ClientSettings::default()
        };
        Self { tenant, id: id.to_owned(), settings, key: None }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut ClientSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Without credentials; also what a client is when nothing is said.
    pub(crate) async fn public(self) -> TestClient<'a> {
        self.register(ClientAuthMethod::None).await
    }

    /// With a secret in the header.
    pub(crate) async fn confidential(self) -> TestClient<'a> {
        self.register(ClientAuthMethod::ClientSecretBasic).await
    }

    /// With a secret in the form.
    pub(crate) async fn confidential_by_post(self) -> TestClient<'a> {
        self.register(ClientAuthMethod::ClientSecretPost).await
    }

    /// With signed assertions.
    pub(crate) async fn with_key(mut self, key: JwtKey) -> TestClient<'a> {
        self.settings.jwks = Some(key.public_set());
        self.key = Some(key);
        self.register(ClientAuthMethod::PrivateKeyJwt).await
    }

    /// With signed assertions, whose keys are at a URL.
    pub(crate) async fn with_key_at(mut self, key: JwtKey, url: &str) -> TestClient<'a> {
        self.settings.options.tokens.jwks_uri = Some(url.to_owned());
        self.key = Some(key);
        self.register(ClientAuthMethod::PrivateKeyJwt).await
    }

    /// That acts for itself, with these permissions.
    pub(crate) async fn service(mut self, permissions: &[&str]) -> TestClient<'a> {
        self.settings.grant_types = vec![GrantType::ClientCredentials];
        self.settings.redirect_uris = Vec::new();
        self.settings.permissions = permissions.iter().copied().collect();
        self.register(ClientAuthMethod::ClientSecretBasic).await
    }

    /// That authenticates otherwise.
    pub(crate) async fn with_method(self, method: ClientAuthMethod) -> TestClient<'a> {
        self.register(method).await
    }

    async fn register(mut self, method: ClientAuthMethod) -> TestClient<'a> {
        self.settings.auth_method = method;
        let redirect_uri = self.settings.redirect_uris.first().cloned().unwrap_or_default();
        let desk = self.tenant.desk().await;
        let (_, secret) = desk.admin().create_client(Some(&self.id), self.settings).await.unwrap();
        let app = self.tenant.app;
        let secret = secret.map(|secret| app.keep_secret(secret.reveal()));
        let credential = match (method, secret, self.key) {
            (ClientAuthMethod::ClientSecretBasic, Some(secret), _) => Credential::Basic(secret),
            (ClientAuthMethod::ClientSecretPost, Some(secret), _) => Credential::Post(secret),
            (ClientAuthMethod::ClientSecretJwt, Some(secret), _) => Credential::SecretKey(secret),
            (ClientAuthMethod::PrivateKeyJwt, _, Some(key)) => Credential::Key(Box::new(key)),
            _ => Credential::None,
        };
        let (slug, issuer) = (self.tenant.slug.clone(), self.tenant.issuer());
        TestClient { app, slug, issuer, id: self.id, redirect_uri, credential }
    }
}

/// An authorization request about to be made, with what the client keeps for later.
#[derive(Clone)]
pub(crate) struct Authorization<'a> {
    pub(crate) client: &'a TestClient<'a>,
    pub(crate) query: Query,
    pub(crate) verifier: String,
}

/// A code, with what is needed to redeem it.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) value: String,
    pub(crate) verifier: String,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: String,
}

impl<'a> TestClient<'a> {
    /// An authorization request as a careful client makes it.
    pub(crate) fn authorize(&'a self) -> Authorization<'a> {
        let random = || self.app.ctx().token();
        let verifier = self.app.keep_secret(&random());
        let query = Query::new(&[
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("state", &random()),
            ("nonce", &random()),
            ("code_challenge", &sha256_base64url(&verifier)),
            ("code_challenge_method", "S256"),
        ]);
        Authorization { client: self, query, verifier }
    }

    /// Signs somebody in and takes the code.
    pub(crate) async fn code_for(&'a self, browser: &Browser, person: &Person) -> Code {
        let request = self.authorize();
        let page = request.open(browser).await;
        let answer = if page.location().is_some() { page } else { browser.sign_in(page, person).await };
        request.code(&answer)
    }

    /// Signs somebody in with a new browser and takes the tokens.
    pub(crate) async fn tokens_for(&'a self, person: &Person) -> Tokens {
        let code = self.code_for(&self.app.browser(), person).await;
        self.redeem(&code).send().await.tokens()
    }

    pub(crate) fn redeem(&'a self, code: &Code) -> TokenRequest<'a> {
        self.request(&[
            ("grant_type", "authorization_code"),
            ("code", &code.value),
            ("redirect_uri", &code.redirect_uri),
            ("code_verifier", &code.verifier),
        ])
    }

    pub(crate) fn refresh(&'a self, token: &str) -> TokenRequest<'a> {
        self.request(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    pub(crate) fn client_credentials(&'a self) -> TokenRequest<'a> {
        self.request(&[("grant_type", "client_credentials")])
    }

    /// A token request with the client's own authentication.
    pub(crate) fn request(&'a self, form: &[(&str, &str)]) -> TokenRequest<'a> {
        let form = Query::new(form);
        let (form, authorization) = match &self.credential {
            Credential::None => (form.and("client_id", &self.id), None),
            Credential::Basic(secret) => (form, Some(basic(&self.id, secret))),
            Credential::Post(secret) => (form.and("client_id", &self.id).and("client_secret", secret), None),
            Credential::Key(_) | Credential::SecretKey(_) => {
                let assertion = self.assertion(|_, _| {});
                let form = form.and("client_assertion_type", ASSERTION_TYPE);
                (form.and("client_assertion", &assertion), None)
            }
        };
        TokenRequest { client: self, form, authorization, proofs: Vec::new() }
    }

    pub(crate) fn secret(&self) -> &str {
        match &self.credential {
            Credential::Basic(secret) | Credential::Post(secret) | Credential::SecretKey(secret) => secret,
            Credential::None | Credential::Key(_) => panic!("{} has no secret", self.id),
        }
    }

    pub(crate) fn key(&self) -> &JwtKey {
        match &self.credential {
            Credential::Key(key) => key,
            _ => panic!("{} has no key", self.id),
        }
    }

    /// A client assertion, changed before it is signed: header first, claims second.
    pub(crate) fn assertion(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let now = self.app.clock.seconds();
        let secret = match &self.credential {
            Credential::SecretKey(secret) => Some(secret),
            _ => None,
        };
        let mut header =
            secret.map_or_else(|| self.key().header(), |_| json!({"alg": "HS256", "typ": "JWT"}));
        let mut claims = json!({
            "iss": self.id, "sub": self.id, "aud": self.issuer, "jti": self.app.ctx().token(),
            "iat": now, "exp": now + 60,
        });
        change(&mut header, &mut claims);
        self.app.keep_secret(&match secret {
            Some(secret) => sealed_with(secret.as_bytes(), &header, &claims),
            None => self.key().sign(&header, &claims),
        })
    }

    /// Changes the registration.
    pub(crate) async fn update(&self, change: impl FnOnce(&mut ClientSettings)) {
        let desk = super::tenant::Desk::open(self.app, &self.slug).await;
        let id = ClientId::new(&self.id);
        let mut settings = ClientSettings::from(desk.admin().client(&id).await.unwrap());
        change(&mut settings);
        desk.admin().update_client(&id, settings, None).await.unwrap();
    }

    /// A request to userinfo with the token in the header.
    pub(crate) async fn userinfo(&self, token: &str) -> Answer {
        let request = self.app.http.get(format!("{}/userinfo", self.issuer)).bearer_auth(token);
        Answer::of(request.send().await.unwrap()).await
    }
}

impl Authorization<'_> {
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.query = self.query.set(name, value);
        self
    }

    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.query = self.query.and(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.query = self.query.without(name);
        self
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/authorize?{}", self.client.issuer, self.query.encoded())
    }

    /// One request, redirects not followed.
    pub(crate) async fn get(&self, browser: &Browser) -> Answer {
        browser.get(&self.url()).await
    }

    /// With redirects within the house.
    pub(crate) async fn open(&self, browser: &Browser) -> Answer {
        browser.open(&self.url()).await
    }

    /// The code of an answer, after the answer was checked as a client checks it.
    pub(crate) fn code(&self, answer: &Answer) -> Code {
        assert_eq!(answer.status, 303, "{answer:?}");
        let location = answer.location().unwrap();
        assert!(location.starts_with(&self.client.redirect_uri), "{location}");
        let returned = answer.returned();
        assert_eq!(returned.get("state").map(String::as_str), self.query.get("state"), "{location}");
        assert_eq!(returned.get("iss"), Some(&self.client.issuer));
        Code {
            value: self.client.app.keep_secret(returned.get("code").unwrap_or_else(|| panic!("{location}"))),
            verifier: self.verifier.clone(),
            redirect_uri: self.query.get("redirect_uri").unwrap_or_default().to_owned(),
            nonce: self.query.get("nonce").unwrap_or_default().to_owned(),
        }
    }
}

/// A client key for the usual algorithm.
pub(crate) fn client_key() -> JwtKey {
    JwtKey::generate(Algorithm::ES256)
}
