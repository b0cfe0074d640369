//! The authorization request (OIDC Core §3.1.2.1): code flow, PKCE S256, state and nonce, always.

use crate::discovery::Metadata;
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::ports::UpstreamError;
use hospes_idp::ports::upstream::Departure;
use openidconnect::core::{CoreClient, CoreResponseType};
use openidconnect::{
    AuthenticationFlow, ClientId, CsrfToken, LanguageTag, LoginHint, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope,
};
use std::borrow::Cow;
use std::time::Duration;

/// The URL to send the browser to.
pub(crate) fn authorization_url(
    metadata: &Metadata,
    home_idp: &HomeIdp,
    departure: &Departure,
) -> Result<String, UpstreamError> {
    let redirect_uri = RedirectUrl::new(departure.redirect_uri.clone())
        .map_err(|_| UpstreamError::Refused("redirect_uri: not a URL".to_owned()))?;
    let client_id = ClientId::new(home_idp.client_id.as_str().to_owned());
    let client = CoreClient::from_provider_metadata(metadata.document.clone(), client_id, None);
    let verifier = PkceCodeVerifier::new(departure.code_verifier.reveal().to_owned());
    let state = CsrfToken::new(departure.state.reveal().to_owned());
    let nonce = Nonce::new(departure.nonce.as_str().to_owned());
    // The library adds `openid` itself.
    let scopes = home_idp.scopes.iter().filter(|scope| *scope != "openid");
    let mut request = client
        .authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, || state, || nonce)
        .set_redirect_uri(Cow::Owned(redirect_uri))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_scopes(scopes.cloned().map(Scope::new));
    if let Some(hint) = &departure.login_hint {
        request = request.set_login_hint(LoginHint::new(hint.clone()));
    }
    if let Some(prompt) = departure.prompt {
        request = request.add_extra_param("prompt", prompt);
    }
    if let Some(seconds) = departure.max_age {
        request = request.set_max_age(Duration::from_secs(seconds.into()));
    }
    for locale in &departure.ui_locales {
        request = request.add_ui_locale(LanguageTag::new(locale.clone()));
    }
    Ok(request.url().0.into())
}
