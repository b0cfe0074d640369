//! The one HTTP client for URLs that came from data (law 9).
//!
//! Owns: where we may connect to (`https`, global addresses, port 443 or the issuer's own; loopback only by policy),
//! that the checked address is the connected one, that nothing is followed (redirects, proxies, compression), and caps on
//! bytes and time. Whoever asks learns that a fetch failed or was blocked; why stands in the log only, so that nobody can
//! use us to look around (SSRF-11). Must not know OpenID Connect.

pub(crate) mod address;
pub(crate) mod resolver;
pub(crate) mod target;

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use resolver::{CheckedResolver, Lookup, ResolveError, SystemLookup};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The largest body read, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Everything, from the name to the last byte.
const TOTAL: Duration = Duration::from_secs(5);
/// Name, TCP and TLS.
const CONNECT: Duration = Duration::from_secs(3);

/// What the configuration allows beyond public `https`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboundPolicy {
    /// Loopback addresses and `localhost`, with `http` and on any port: for the demo and for tests.
    pub allow_loopback: bool,
}

/// The client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No process-wide rustls provider was installed.
    #[error("no TLS provider is installed")]
    NoTlsProvider,
    /// The resolver's configuration is unusable.
    #[error("name resolution cannot be set up: {0}")]
    Dns(String),
    /// TLS roots or other parts of the HTTP client.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// What a caller learns about a fetch that gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The guard does not connect there.
    #[error("fetch_blocked")]
    Blocked,
    /// Anything else: refused, closed, slow, too big, a server's error, not what was asked for.
    #[error("fetch_failed")]
    Failed,
}

/// The cause, for the log.
#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("{0}")]
    Transport(#[source] reqwest::Error),
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the document is of another type")]
    MediaType,
    #[error("took longer than {} s", TOTAL.as_secs())]
    TooSlow,
    #[error("the server answered {0}")]
    Status(u16),
    #[error("not the JSON asked for: {0}")]
    Json(#[from] serde_json::Error),
}

impl Cause {
    /// Without the URL: its query may hold something that does not belong in a log.
    fn transport(error: reqwest::Error) -> Self {
        Self::Transport(error.without_url())
    }

    fn is_blocked(&self) -> bool {
        let Self::Transport(error) = self else {
            return false;
        };
        let chain = std::iter::successors(error.source(), |&cause| cause.source());
        chain.filter_map(|cause| cause.downcast_ref()).any(|cause| matches!(cause, ResolveError::NotAllowed))
    }

    fn log(&self, url: &Url) -> FetchError {
        let verdict = if self.is_blocked() { FetchError::Blocked } else { FetchError::Failed };
        let source = std::iter::successors(self.source(), |&cause| cause.source()).last();
        tracing::warn!(
            host = url.host_str(), path = url.path(), cause = %self, root = source.map(tracing::field::display), "{verdict}"
        );
        verdict
    }
}

/// Connections are pooled; clones share the pool.
#[derive(Clone)]
pub struct Guard {
    client: reqwest::Client,
    resolver: CheckedResolver,
}

impl Guard {
    /// With the system's name servers and trust anchors. A process-wide rustls provider must be installed before.
    pub fn new(policy: OutboundPolicy) -> Result<Self, SetupError> {
        Self::with_lookup(policy, Arc::new(SystemLookup::new()?))
    }

    pub(crate) fn with_lookup(policy: OutboundPolicy, lookup: Arc<dyn Lookup>) -> Result<Self, SetupError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(SetupError::NoTlsProvider);
        }
        let resolver = CheckedResolver { policy, lookup };
        let identity = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .dns_resolver(resolver.clone())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .default_headers(identity)
            .user_agent(concat!("hospes/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, resolver })
    }

    /// A client for everything that belongs to one issuer, whose own port is allowed too.
    pub fn for_issuer(&self, issuer: &Url) -> GuardedClient {
        self.for_port(issuer.port_or_known_default().unwrap_or(443))
    }

    /// A client for `https` on this port and on 443.
    pub fn for_port(&self, own_port: u16) -> GuardedClient {
        GuardedClient { guard: self.clone(), own_port }
    }
}

impl Guard {
    /// A client for documents at URLs of their own, on the usual port.
    pub(crate) fn for_documents(&self) -> GuardedClient {
        GuardedClient { guard: self.clone(), own_port: 443 }
    }
}

/// The guard, for the endpoints of one issuer.
#[derive(Clone)]
pub struct GuardedClient {
    guard: Guard,
    own_port: u16,
}

impl GuardedClient {
    /// Whether the URL may be asked at all, as far as can be told without resolving its name.
    pub fn check(&self, url: &Url) -> Result<(), FetchError> {
        let verdict = target::check(self.guard.resolver.policy, url, self.own_port);
        verdict.inspect_err(|error| tracing::warn!(host = url.host_str(), path = url.path(), "{error}"))
    }

    /// Like [`check`](Self::check), and resolves the name too.
    pub async fn check_resolved(&self, url: &Url) -> Result<(), FetchError> {
        self.check(url)?;
        let Some(url::Host::Domain(name)) = url.host() else {
            return Ok(());
        };
        match tokio::time::timeout(CONNECT, self.guard.resolver.resolve(name)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(ResolveError::NotAllowed)) => Err(FetchError::Blocked),
            Ok(Err(ResolveError::Failed(_))) | Err(_) => Err(FetchError::Failed),
        }
    }

    /// GETs a JSON document, with a bearer token if there is one. Any status but 200 is a failure.
    pub async fn get_json<T: serde::de::DeserializeOwned>(
        &self,
        url: &Url,
        bearer: Option<&str>,
    ) -> Result<T, FetchError> {
        let body = self.get(url, bearer).await?;
        serde_json::from_slice(&body).map_err(|cause| Cause::from(cause).log(url))
    }

    /// GETs a document's bytes, likewise.
    pub async fn get(&self, url: &Url, bearer: Option<&str>) -> Result<Vec<u8>, FetchError> {
        let mut request = (self.guard.client.get(url.clone())).header(ACCEPT, "application/json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let request = request.build().map_err(|cause| Cause::transport(cause).log(url))?;
        let response = self.send(request).await?;
        if response.status() == reqwest::StatusCode::OK {
            Ok(response.into_body())
        } else {
            Err(Cause::Status(response.status().as_u16()).log(url))
        }
    }

    /// GETs a document of one of these media types, of at most so many bytes. Any status but 200 is a failure.
    pub async fn get_document(
        &self,
        url: &Url,
        (types, longest): (&[&str], usize),
    ) -> Result<Vec<u8>, FetchError> {
        let request = self.guard.client.get(url.clone()).header(ACCEPT, types.join(", "));
        let request = request.build().map_err(|cause| Cause::transport(cause).log(url))?;
        let response = self.send(request).await?;
        let named = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let named = named.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        let cause = match response.status() {
            reqwest::StatusCode::OK if !types.iter().any(|it| it.eq_ignore_ascii_case(named)) => {
                Cause::MediaType
            }
            reqwest::StatusCode::OK if response.body().len() > longest => Cause::TooLarge(longest),
            reqwest::StatusCode::OK => return Ok(response.into_body()),
            status => Cause::Status(status.as_u16()),
        };
        Err(cause.log(url))
    }

    /// POSTs a form and returns the bytes of a 200 answer.
    pub async fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<Vec<u8>, FetchError> {
        let request = self.guard.client.post(url.clone()).header(ACCEPT, "application/json").form(fields);
        let request = request.build().map_err(|cause| Cause::transport(cause).log(url))?;
        let response = self.send(request).await?;
        if response.status() == reqwest::StatusCode::OK {
            Ok(response.into_body())
        } else {
            Err(Cause::Status(response.status().as_u16()).log(url))
        }
    }

    /// POSTs a form to somebody whose words do not matter. A server's error is a failure.
    pub async fn status_of_post(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
    ) -> Result<reqwest::StatusCode, FetchError> {
        let request = self.guard.client.post(url.clone()).form(fields);
        let request = request.build().map_err(|cause| Cause::transport(cause).log(url))?;
        Ok(self.send(request).await?.status())
    }

    async fn send(&self, request: reqwest::Request) -> Result<HttpResponse, FetchError> {
        let url = request.url().clone();
        self.check(&url)?;
        let answer = match tokio::time::timeout(TOTAL, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Cause::TooSlow),
        };
        answer.map_err(|cause| cause.log(&url))
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<HttpResponse, Cause> {
        let mut response = self.guard.client.execute(request).await.map_err(Cause::transport)?;
        if response.status().is_server_error() {
            return Err(Cause::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Cause::transport)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Cause::TooLarge(MAX_BODY));
            }
            body.extend_from_slice(&chunk);
        }
        let mut read = HttpResponse::new(body);
        *read.status_mut() = response.status();
        *read.headers_mut() = std::mem::take(response.headers_mut());
        Ok(read)
    }
}

/// So that `oauth2` and `openidconnect` go through the guard.
impl<'c> AsyncHttpClient<'c> for GuardedClient {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(|_| FetchError::Failed)?;
            self.send(request).await
        })
    }
}
