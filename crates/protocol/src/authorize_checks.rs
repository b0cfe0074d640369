//! The checks of an authorization request, one visible list of small functions named after their parameter.
//!
//! The client and its redirect URI were resolved before: every error here is sent to that URI.

use crate::authorization_details::authorization_details;
use crate::authorize::{AuthorizationRequest, ClaimsRequest, Prompt, ResponseMode};
use crate::jose::Algorithm;
use crate::params::Params;
use crate::pkce::CodeChallenge;
use crate::resource;
use crate::scope::Scopes;
use crate::{ClientId, ErrorCode, Nonce, OAuthError, RedirectUri};

/// What the registration of the client says about requests.
#[derive(Clone, Debug)]
pub struct ClientRules {
    /// The client.
    pub client_id: ClientId,
    /// The redirect URI this request resolved to.
    pub redirect_uri: RedirectUri,
    /// Whether the request named it.
    pub redirect_uri_given: bool,
    /// Whether a request without PKCE is refused.
    pub require_pkce: bool,
    /// What signed responses to it are signed with.
    pub response_algorithm: Algorithm,
    /// Scopes the client may ask for; others are ignored (OIDC Core §3.1.2.1).
    pub scope: Scopes,
    /// Resources the client may ask for (RFC 8707).
    pub resources: Vec<String>,
}

/// The longest `state` and `nonce`: echoed whole or refused, never cut.
const MAX_ECHO: usize = 2048;
/// The longest hint worth reading; longer ones are dropped, because a hint never fails a request.
const MAX_HINT: usize = 320;
/// The largest `claims` parameter.
const MAX_CLAIMS: usize = 8 * 1024;
/// Languages looked at; further ones are ignored.
const MAX_LOCALES: usize = 16;

/// Validates the parameters of a resolved client. Checks run in the order of the list; the first failure is answered.
pub fn validate(params: &Params, rules: ClientRules) -> Result<AuthorizationRequest, OAuthError> {
    no_reference(params)?;
    response_type(params)?;
    Ok(AuthorizationRequest {
        response_mode: response_mode(params)?,
        response_algorithm: rules.response_algorithm,
        scope: scope(params, &rules.scope)?,
        state: echo(params, "state")?,
        nonce: echo(params, "nonce")?.map(Nonce::new),
        code_challenge: code_challenge(params, rules.require_pkce)?,
        dpop_jkt: dpop_jkt(params)?,
        prompt: prompt(params)?,
        max_age: max_age(params)?,
        login_hint: hint(params, "login_hint")?,
        domain_hint: hint(params, "domain_hint")?,
        id_token_hint: params.once("id_token_hint")?.map(str::to_owned),
        claims: claims(params)?.within(&rules.scope),
        acr_values: params.words("acr_values")?,
        ui_locales: params.words("ui_locales")?.into_iter().take(MAX_LOCALES).collect(),
        client_id: rules.client_id,
        redirect_uri: rules.redirect_uri,
        redirect_uri_given: rules.redirect_uri_given,
        resources: resource::resources(params, &rules.resources)?,
        details: authorization_details(params)?,
        pushed: None,
    })
}

fn no_reference(params: &Params) -> Result<(), OAuthError> {
    if params.once("request_uri")?.is_some() {
        return Err(OAuthError::new(ErrorCode::RequestUriNotSupported, "request_uri is not supported"));
    }
    Ok(())
}

fn response_type(params: &Params) -> Result<(), OAuthError> {
    match params.required("response_type")? {
        "code" => Ok(()),
        _ => Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code")),
    }
}

/// The response mode of a request; also needed to answer requests that fail another check.
pub fn response_mode(params: &Params) -> Result<ResponseMode, OAuthError> {
    match params.once("response_mode")? {
        None => Ok(ResponseMode::default()),
        Some(name) => ResponseMode::parse(name).ok_or_else(|| {
            let sentence = "response_mode must be query, form_post, jwt, query.jwt or form_post.jwt";
            OAuthError::new(ErrorCode::UnsupportedResponseMode, sentence)
        }),
    }
}

/// What is asked for, narrowed to what the client may ask for; also by a device (RFC 8628 §3.1).
pub fn scope(params: &Params, allowed: &Scopes) -> Result<Scopes, OAuthError> {
    let malformed = || OAuthError::invalid_scope("scope is malformed or too long");
    let asked = Scopes::parse(params.once("scope")?.unwrap_or_default()).ok_or_else(malformed)?;
    let granted = asked.and(allowed);
    if granted.is_empty() {
        return Err(OAuthError::invalid_scope("scope has none of the scopes this client may ask for"));
    }
    if asked.has(crate::scope::OPENID) == allowed.has(crate::scope::OPENID) {
        Ok(granted)
    } else {
        Err(OAuthError::invalid_scope("scope must contain openid"))
    }
}

fn echo(params: &Params, name: &str) -> Result<Option<String>, OAuthError> {
    match params.once(name)? {
        Some(value) if value.len() > MAX_ECHO => {
            Err(OAuthError::invalid_request(format!("{name} is longer than {MAX_ECHO} bytes")))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

// RFC 7636 §4.4.1; plain is refused (RFC 9700 §2.1.1).
fn code_challenge(params: &Params, required: bool) -> Result<Option<CodeChallenge>, OAuthError> {
    let method = params.once("code_challenge_method")?;
    match params.once("code_challenge")? {
        None if required || method.is_some() => Err(OAuthError::invalid_request("code_challenge is missing")),
        None => Ok(None),
        Some(_) if method != Some("S256") => {
            Err(OAuthError::invalid_request("code_challenge_method must be S256"))
        }
        Some(value) => CodeChallenge::parse(value)
            .map(Some)
            .ok_or_else(|| OAuthError::invalid_request("code_challenge must be 43 characters of base64url")),
    }
}

// RFC 9449 §10: a SHA-256 thumbprint has the form of a challenge.
fn dpop_jkt(params: &Params) -> Result<Option<String>, OAuthError> {
    let malformed = || OAuthError::invalid_request("dpop_jkt must be 43 characters of base64url");
    let checked = |value: &str| CodeChallenge::parse(value).map(|_| value.to_owned()).ok_or_else(malformed);
    params.once("dpop_jkt")?.map(checked).transpose()
}

fn prompt(params: &Params) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    let words = params.words("prompt")?;
    for word in &words {
        match word.as_str() {
            "none" => prompt.none = true,
            // Whoever wants an account is not answered with the one they are signed in with.
            "login" | "create" => prompt.login = true,
            "consent" => prompt.consent = true,
            // Initiating User Registration §4: who has an invitation finds the way in on the sign-in page; nobody else
            // gets an account by asking for one.
            "select_account" => prompt.select_account = true,
            _ => return Err(OAuthError::invalid_request("prompt has an unknown value")),
        }
    }
    if prompt.none && words.len() > 1 {
        return Err(OAuthError::invalid_request("prompt=none must stand alone"));
    }
    Ok(prompt)
}

fn max_age(params: &Params) -> Result<Option<u32>, OAuthError> {
    let parse = |value: &str| {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        value
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or_else(|| OAuthError::invalid_request("max_age must be seconds"))
    };
    params.once("max_age")?.map(parse).transpose()
}

fn hint(params: &Params, name: &str) -> Result<Option<String>, OAuthError> {
    let usable = |value: &&str| value.len() <= MAX_HINT && !value.chars().any(char::is_control);
    Ok(params.once(name)?.filter(usable).map(str::to_owned))
}

fn claims(params: &Params) -> Result<ClaimsRequest, OAuthError> {
    let Some(text) = params.once("claims")? else {
        return Ok(ClaimsRequest::default());
    };
    let malformed = || OAuthError::invalid_request("claims is not the JSON object of OIDC Core section 5.5");
    if text.len() > MAX_CLAIMS {
        return Err(malformed());
    }
    serde_json::from_str(text).map_err(|cause| malformed().because(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn check(query: &str, require_pkce: bool) -> Result<AuthorizationRequest, ErrorCode> {
        let rules = ClientRules {
            client_id: ClientId::new("app"),
            redirect_uri: RedirectUri::new("https://rp.test/cb"),
            redirect_uri_given: true,
            require_pkce,
            response_algorithm: Algorithm::RS256,
            scope: ["openid", "profile", "email"].into_iter().collect(),
            resources: vec!["https://api.test/a".into()],
        };
        validate(&Params::parse(query), rules).map_err(|error| error.code)
    }

    #[test]
    fn one_row_per_rule() {
        use ErrorCode::*;
        let deep = format!("claims={}1{}", "%5B".repeat(2000), "%5D".repeat(2000));
        let long = format!("state={}", "s".repeat(8192));
        let rows: &[(&str, &str, ErrorCode)] = &[
            ("az_08", "scope=openid", InvalidRequest),
            ("az_09 token", "response_type=token&scope=openid", UnsupportedResponseType),
            ("az_09 id_token", "response_type=id_token&scope=openid", UnsupportedResponseType),
            ("az_09 code token", "response_type=code%20token&scope=openid", UnsupportedResponseType),
            ("az_13 no openid", "response_type=code&scope=profile", InvalidScope),
            ("az_13 unknown only", "response_type=code&scope=zzz", InvalidScope),
            ("az_13 none", "response_type=code", InvalidScope),
            ("az_14 state twice", "response_type=code&scope=openid&state=a&state=b", InvalidRequest),
            ("az_14 nonce twice", "response_type=code&scope=openid&nonce=a&nonce=b", InvalidRequest),
            ("az_14 scope twice", "response_type=code&scope=openid&scope=openid", InvalidRequest),
            ("az_17 none login", "response_type=code&scope=openid&prompt=none%20login", InvalidRequest),
            ("az_17 foo", "response_type=code&scope=openid&prompt=foo", InvalidRequest),
            ("az_21 negative", "response_type=code&scope=openid&max_age=-1", InvalidRequest),
            ("az_21 letters", "response_type=code&scope=openid&max_age=abc", InvalidRequest),
            ("az_21 plus", "response_type=code&scope=openid&max_age=%2B1", InvalidRequest),
            ("az_21 huge", "response_type=code&scope=openid&max_age=99999999999999999999", InvalidRequest),
            ("az_23 not json", "response_type=code&scope=openid&claims=x", InvalidRequest),
            ("az_23 deep", &format!("response_type=code&scope=openid&{deep}"), InvalidRequest),
            (
                "az_25 request_uri",
                "response_type=code&scope=openid&request_uri=https://rp.test/ro",
                RequestUriNotSupported,
            ),
            (
                "az_30 fragment",
                "response_type=code&scope=openid&response_mode=fragment",
                UnsupportedResponseMode,
            ),
            (
                "az_30 web_message",
                "response_type=code&scope=openid&response_mode=web_message",
                UnsupportedResponseMode,
            ),
            (
                "az_35 one of two",
                "response_type=code&scope=openid&resource=https://api.test/a&resource=https://api.test/b",
                InvalidTarget,
            ),
            ("az_32 8 KB state", &format!("response_type=code&scope=openid&{long}"), InvalidRequest),
        ];
        for (name, query, expected) in rows {
            let with_pkce = format!("{query}&code_challenge_method=S256&code_challenge={CHALLENGE}");
            assert_eq!(check(&with_pkce, true).err(), Some(*expected), "{name}");
        }
    }

    #[test]
    fn az_10_az_11_pkce() {
        let base = "response_type=code&scope=openid";
        assert_eq!(check(base, true).err(), Some(ErrorCode::InvalidRequest));
        assert!(check(base, false).is_ok());
        for bad in ["&code_challenge_method=plain", "", "&code_challenge_method=s256"] {
            let query = format!("{base}&code_challenge={CHALLENGE}{bad}");
            assert_eq!(check(&query, false).err(), Some(ErrorCode::InvalidRequest), "{bad}");
        }
        assert!(check(&format!("{base}&code_challenge_method=S256"), false).is_err());
    }

    #[test]
    fn az_32_long_echoes_stay_whole_and_hints_never_fail() {
        let state = "s".repeat(384);
        let query =
            format!("response_type=code&scope=openid%20zzz&state={state}&login_hint={}", "h".repeat(4096));
        let request = check(&query, false).unwrap();
        assert_eq!(request.state.as_deref(), Some(state.as_str()));
        assert_eq!(request.login_hint, None);
        assert_eq!(request.scope.to_string(), "openid");
    }

    #[test]
    fn oidc_5_5_claims() {
        let claims = "%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22values%22%3A%5B%22a%22%5D%7D%2C%22name%22%3Anull%7D%7D";
        let request = check(&format!("response_type=code&scope=openid&claims={claims}"), false).unwrap();
        let wish = request.claims.essential_acr().unwrap();
        assert!(wish.accepts("a") && !wish.accepts("b"));
        assert!(request.claims.id_token.contains_key("name"));
    }
}
