//! The sample application: an ordinary OpenID Connect client of the tenant `harbor`. It discovers, sends the browser
//! off with PKCE, redeems the code and verifies the ID token, and shows what it says.

use super::Places;
use super::seed::SAMPLE_CLIENT;
use crate::entropy::{now, random_key};
use anyhow::{Context, Result, ensure};
use hospes_protocol::encoding::{base64url, sha256_base64url};
use hospes_protocol::jose::{Algorithm, Claims, CompactJwt, Expectation, VerifyingKeys, check};
use hospes_upstream::guard::GuardedClient;
use hospes_upstream::{Guard, OutboundPolicy};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use url::Url;

/// What the app remembers of browsers; enough for a demo.
#[derive(Default)]
struct Memory {
    departures: HashMap<String, Departure>,
    signed_in: HashMap<String, SignedIn>,
}

struct Departure {
    nonce: String,
    verifier: String,
}

/// A signed-in browser of the app.
#[derive(Clone)]
pub(super) struct SignedIn {
    /// Verified.
    pub claims: Claims,
    /// For signing out.
    pub id_token: String,
}

#[derive(Deserialize)]
struct Metadata {
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    end_session_endpoint: Url,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// The app.
pub(super) struct SampleApp {
    issuer: String,
    home: String,
    http: GuardedClient,
    memory: Mutex<Memory>,
}

impl SampleApp {
    /// The app of these places.
    pub(super) fn new(places: &Places) -> Result<Self> {
        let issuer = format!("{}/t/harbor", places.base_url);
        let http = Guard::new(OutboundPolicy { allow_loopback: true })?.for_issuer(&Url::parse(&issuer)?);
        Ok(Self { issuer, home: format!("{}/app", places.companion_url), http, memory: Mutex::default() })
    }

    /// Who is signed in at this browser.
    pub(super) fn signed_in(&self, browser: &str) -> Option<SignedIn> {
        self.remember(|memory| memory.signed_in.get(browser).cloned())
    }

    /// Where to send the browser to sign in.
    pub(super) async fn depart(&self) -> Result<String> {
        let metadata = self.metadata().await?;
        let [state, nonce, verifier] = [(); 3].map(|()| base64url(random_key()));
        let challenge = sha256_base64url(&verifier);
        let mut url = metadata.authorization_endpoint;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", SAMPLE_CLIENT),
            ("redirect_uri", &self.redirect_uri()),
            ("scope", "openid profile email"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        self.remember(|memory| memory.departures.insert(state, Departure { nonce, verifier }));
        Ok(url.into())
    }

    /// The browser came back; returns the cookie that names it from now on.
    pub(super) async fn arrive(&self, state: &str, code: &str) -> Result<String> {
        let departure = self
            .remember(|memory| memory.departures.remove(state))
            .context("this answer was not asked for")?;
        let metadata = self.metadata().await?;
        let answer = self
            .http
            .post_form(
                &metadata.token_endpoint,
                &[
                    ("grant_type", "authorization_code"),
                    ("client_id", SAMPLE_CLIENT),
                    ("code", code),
                    ("redirect_uri", &self.redirect_uri()),
                    ("code_verifier", &departure.verifier),
                ],
            )
            .await?;
        let tokens: Tokens = serde_json::from_slice(&answer)?;
        let keys = VerifyingKeys::parse(&self.http.get(&metadata.jwks_uri, None).await?)?;
        let jwt = CompactJwt::parse(&tokens.id_token)?;
        let claims = keys.verify(&jwt, &Algorithm::SIGNING)?;
        let expected = Expectation {
            issuer: &self.issuer,
            audience: SAMPLE_CLIENT,
            types: &[None, Some("JWT")],
            max_age: 300,
        };
        expected.check(jwt.typ.as_deref(), &claims, now().as_second())?;
        ensure!(
            check::text(&claims, "nonce") == Some(departure.nonce.as_str()),
            "the ID token answers another request"
        );
        let browser = base64url(random_key());
        let signed_in = SignedIn { claims, id_token: tokens.id_token };
        self.remember(|memory| memory.signed_in.insert(browser.clone(), signed_in));
        Ok(browser)
    }

    /// Forgets the browser and says where to sign out of harbor too.
    pub(super) async fn sign_out(&self, browser: &str) -> Result<String> {
        let Some(signed_in) = self.remember(|memory| memory.signed_in.remove(browser)) else {
            return Ok(self.home.clone());
        };
        let mut url = self.metadata().await?.end_session_endpoint;
        url.query_pairs_mut()
            .append_pair("id_token_hint", &signed_in.id_token)
            .append_pair("post_logout_redirect_uri", &self.home);
        Ok(url.into())
    }

    async fn metadata(&self) -> Result<Metadata> {
        let url = Url::parse(&format!("{}/.well-known/openid-configuration", self.issuer))?;
        Ok(self.http.get_json(&url, None).await?)
    }

    fn redirect_uri(&self) -> String {
        format!("{}/callback", self.home)
    }

    fn remember<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
