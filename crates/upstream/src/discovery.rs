//! A home IdP's metadata (OIDC Discovery §4): what we need of it, and the conditions it must meet.

use crate::guard::{FetchError, GuardedClient};
use hospes_idp::ports::UpstreamError;
use hospes_protocol::{Issuer, redirect_uri};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, ProviderMetadata, TokenUrl, UserInfoUrl};
use serde::{Deserialize, Serialize};
use url::Url;

/// The members RFC 9207 §3 and OIDC RP-Initiated Logout §2.1 add.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct More {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    end_session_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for More {}

pub(crate) type Document = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Metadata that meets the conditions.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) document: Document,
    pub(crate) token_endpoint: TokenUrl,
}

impl Metadata {
    /// Whether authorization responses carry `iss` (RFC 9207 §3).
    pub(crate) fn promises_iss_parameter(&self) -> bool {
        let extra = self.document.additional_metadata();
        extra.authorization_response_iss_parameter_supported
    }

    /// Where the keys are.
    pub(crate) fn jwks_uri(&self) -> &Url {
        self.document.jwks_uri().url()
    }

    /// Where more claims are.
    pub(crate) fn userinfo_endpoint(&self) -> Option<&Url> {
        self.document.userinfo_endpoint().map(UserInfoUrl::url)
    }

    /// Where people sign out. Only browsers go there, so an address that is no good is like none.
    pub(crate) fn end_session_endpoint(&self) -> Option<Url> {
        let stated = self.document.additional_metadata().end_session_endpoint.as_deref()?;
        let loopback = |url: &Url| url.scheme() == "http" && redirect_uri::is_loopback(url);
        Url::parse(stated).ok().filter(|url| url.scheme() == "https" || loopback(url))
    }

    /// Whether an endpoint moved to another host (UP-33).
    pub(crate) fn moved_from(&self, before: &Self) -> bool {
        self.hosts() != before.hosts()
    }

    /// Every endpoint we use or send a browser to.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Url> {
        let required =
            [self.document.authorization_endpoint().url(), self.token_endpoint.url(), self.jwks_uri()];
        required.into_iter().chain(self.userinfo_endpoint())
    }

    fn hosts(&self) -> Vec<Option<&str>> {
        self.endpoints().map(Url::host_str).collect()
    }
}

/// What an issuer is called as a URL. Query and fragment have no place in it (OIDC Discovery §3).
pub(crate) fn issuer_url(issuer: &Issuer) -> Result<Url, UpstreamError> {
    Url::parse(issuer.as_str())
        .ok()
        .filter(|url| url.query().is_none() && url.fragment().is_none())
        .ok_or_else(|| UpstreamError::Refused("issuer: not an issuer URL".to_owned()))
}

/// Fetches and checks the metadata of an issuer.
pub(crate) async fn fetch(http: &GuardedClient, issuer: &Issuer) -> Result<Metadata, UpstreamError> {
    let base = issuer.as_str().trim_end_matches('/');
    let url = Url::parse(&format!("{base}/.well-known/openid-configuration"))
        .map_err(|_| UpstreamError::Refused("issuer: not an issuer URL".to_owned()))?;
    let document = http.get_json(&url, None).await.map_err(stage("discovery"))?;
    check(http, issuer, document)
}

fn check(http: &GuardedClient, issuer: &Issuer, document: Document) -> Result<Metadata, UpstreamError> {
    let refused = |what: &str| UpstreamError::Refused(format!("discovery: {what}"));
    // OIDC Discovery §4.3: exactly the issuer we asked.
    if document.issuer().as_str() != issuer.as_str() {
        return Err(refused("issuer differs"));
    }
    let code = |types: &openidconnect::ResponseTypes<CoreResponseType>| **types == [CoreResponseType::Code];
    if !document.response_types_supported().iter().any(code) {
        return Err(refused("response_type code is not supported"));
    }
    let token_endpoint = document.token_endpoint().cloned();
    let token_endpoint = token_endpoint.ok_or_else(|| refused("token_endpoint is missing"))?;
    let metadata = Metadata { document, token_endpoint };
    for endpoint in metadata.endpoints() {
        http.check(endpoint).map_err(stage("discovery"))?;
    }
    Ok(metadata)
}

/// Names the stage a fetch failed in; the cause was logged where it happened.
pub(crate) fn stage(name: &'static str) -> impl Fn(FetchError) -> UpstreamError {
    move |error| match error {
        FetchError::Blocked => UpstreamError::Blocked,
        FetchError::Failed => UpstreamError::Unreachable(format!("{name}: {error}")),
    }
}
