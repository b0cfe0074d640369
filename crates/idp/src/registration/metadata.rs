//! From client metadata to settings and back, pure. What is not named here cannot be set by a client: permissions, consent,
//! audience, status, exemptions stay as an administrator left them.

use super::options;
use crate::admin::clients::ClientSettings;
use crate::model::client::Client;
use crate::model::options::{ApplicationType, RegistrationOptions, is_visible};
use crate::model::registration::Ceiling;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::error::{ErrorCode, OAuthError};
use hospes_protocol::jose::{Algorithm, has_secret_keys};
use hospes_protocol::names::SubjectType;
use hospes_protocol::redirect_uri::{is_loopback, parse_registered};
use hospes_protocol::registration::{RegisteredMetadata, RegistrationRequest};
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::GrantType;
use url::Url;

/// The longest name people are shown.
const MAX_NAME: usize = 256;

fn invalid(words: impl Into<String>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, words.into())
}

/// What the client is to be: as before where metadata do not reach, and never above the ceiling, or what an administrator
/// allowed beyond it.
pub(super) fn settings(
    request: RegistrationRequest,
    before: ClientSettings,
    ceiling: &Ceiling,
) -> Result<ClientSettings, OAuthError> {
    let RegistrationRequest { metadata, members, .. } = request;
    let options = options::apply(&before.options, &members)?;
    check_details(&options.resources.details, &before, ceiling)?;
    let grant_types = grant_types(&metadata, &before, ceiling)?;
    let application_type = application_type(metadata.application_type.as_deref())?;
    check_redirect_uris(&metadata.redirect_uris, &grant_types, application_type)?;
    check_choices(&metadata)?;
    if metadata.jwks.as_ref().is_some_and(has_secret_keys) {
        return Err(invalid("jwks must hold public keys only"));
    }
    let mut settings = ClientSettings {
        display_name: name(&metadata)?,
        auth_method: auth_method(metadata.token_endpoint_auth_method.as_deref(), before.auth_method)?,
        scope: scope(metadata.scope.as_deref(), &before.scope, ceiling)?,
        grant_types,
        id_token_algorithm: id_token_algorithm(&metadata, before.id_token_algorithm)?,
        jwks: metadata.jwks,
        redirect_uris: metadata.redirect_uris,
        post_logout_redirect_uris: metadata.post_logout_redirect_uris,
        // What an administrator raised stays raised.
        require_pushed_requests: before.require_pushed_requests
            || metadata.require_pushed_authorization_requests.unwrap_or_default(),
        options,
        ..before
    };
    settings.options.registration = RegistrationOptions {
        allowed_origins: settings.options.registration.allowed_origins.clone(),
        application_type,
        client_uri: metadata.client_uri,
        logo_uri: metadata.logo_uri,
        tos_uri: metadata.tos_uri,
        policy_uri: metadata.policy_uri,
        contacts: metadata.contacts,
        software_id: metadata.software_id,
        software_version: metadata.software_version,
        initiate_login_uri: metadata.initiate_login_uri,
    };
    // Devices have no redirect URI that could show which sector they belong to (OIDC Core §8.1).
    if settings.options.claims.subject_type == SubjectType::Pairwise
        && settings.grant_types.contains(&GrantType::DeviceCode)
    {
        return Err(invalid("subject_type pairwise is not for the device grant"));
    }
    // The sentences name members of ours, which read like the client's.
    settings.problems().into_iter().next().map_or(Ok(settings), |problem| Err(invalid(problem)))
}

/// What proves who the client is stays as it was registered: whoever holds the registration access token changes what the
/// client says about itself, and makes no weaker client of it.
pub(super) fn keep_method(
    request: &mut RegistrationRequest,
    method: ClientAuthMethod,
) -> Result<(), OAuthError> {
    let named = request.metadata.token_endpoint_auth_method.get_or_insert_with(|| method.as_str().to_owned());
    if named == method.as_str() {
        Ok(())
    } else {
        Err(invalid("token_endpoint_auth_method cannot be changed"))
    }
}

fn auth_method(name: Option<&str>, before: ClientAuthMethod) -> Result<ClientAuthMethod, OAuthError> {
    let Some(name) = name else {
        return Ok(ClientAuthMethod::ClientSecretBasic);
    };
    // Whose secret must be kept readable, an administrator decides.
    let offered =
        |method: &ClientAuthMethod| *method != ClientAuthMethod::ClientSecretJwt || *method == before;
    let known = ClientAuthMethod::ALL.into_iter().filter(offered).find(|method| method.as_str() == name);
    known.ok_or_else(|| invalid("token_endpoint_auth_method is not supported"))
}

fn id_token_algorithm(metadata: &RegisteredMetadata, before: Algorithm) -> Result<Algorithm, OAuthError> {
    let Some(name) = &metadata.id_token_signed_response_alg else {
        return Ok(before);
    };
    let known = Algorithm::SIGNING.into_iter().find(|algorithm| name == algorithm.as_str());
    let wanted = known.ok_or_else(|| invalid("id_token_signed_response_alg is not supported"))?;
    let strength = |algorithm: Algorithm| options::strength(Some(&algorithm.as_str().into()));
    if strength(wanted) < strength(before) {
        return Err(invalid("id_token_signed_response_alg may become stronger, not weaker"));
    }
    Ok(wanted)
}

fn check_details(wanted: &[String], before: &ClientSettings, ceiling: &Ceiling) -> Result<(), OAuthError> {
    let had = &before.options.resources.details;
    if wanted.iter().all(|kind| ceiling.details.contains(kind) || had.contains(kind)) {
        Ok(())
    } else {
        Err(invalid("authorization_details_types has one that this registration may not have"))
    }
}

fn grant_types(
    metadata: &RegisteredMetadata,
    before: &ClientSettings,
    ceiling: &Ceiling,
) -> Result<Vec<GrantType>, OAuthError> {
    let known = |name: &String| GrantType::ALL.into_iter().find(|grant| grant.as_str() == name);
    let wanted: Option<Vec<GrantType>> = match &metadata.grant_types {
        Some(names) => names.iter().map(known).collect(),
        None => Some(vec![GrantType::AuthorizationCode]),
    };
    let wanted = wanted.ok_or_else(|| invalid("grant_types has one that is not supported"))?;
    let allowed =
        |grant: &GrantType| ceiling.grant_types.contains(grant) || before.grant_types.contains(grant);
    if wanted.is_empty() || !wanted.iter().all(allowed) {
        return Err(invalid("grant_types has one that this registration may not have"));
    }
    Ok(wanted)
}

fn scope(wanted: Option<&str>, before: &Scopes, ceiling: &Ceiling) -> Result<Scopes, OAuthError> {
    let Some(wanted) = wanted else {
        return Ok(if before.is_empty() { ceiling.scope.clone() } else { before.clone() });
    };
    let wanted = Scopes::parse(wanted).ok_or_else(|| invalid("scope is malformed"))?;
    let allowed: Scopes = before.iter().chain(ceiling.scope.iter()).collect();
    if wanted.within(&allowed) {
        Ok(wanted)
    } else {
        Err(invalid("scope is wider than this registration may have"))
    }
}

fn application_type(name: Option<&str>) -> Result<Option<ApplicationType>, OAuthError> {
    match name {
        None => Ok(None),
        Some("web") => Ok(Some(ApplicationType::Web)),
        Some("native") => Ok(Some(ApplicationType::Native)),
        Some(_) => Err(invalid("application_type must be web or native")),
    }
}

/// OIDC Registration §2: what calls itself a web application is on https.
fn check_redirect_uris(
    uris: &[String],
    grants: &[GrantType],
    application_type: Option<ApplicationType>,
) -> Result<(), OAuthError> {
    let bad = |words: String| Err(OAuthError::new(ErrorCode::InvalidRedirectUri, words));
    if uris.is_empty() && grants.contains(&GrantType::AuthorizationCode) {
        return bad("redirect_uris must name at least one".to_owned());
    }
    for uri in uris {
        if let Err(problem) = parse_registered(uri) {
            return bad(format!("a redirect URI {problem}"));
        }
        let is_web = Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && !is_loopback(&url));
        if application_type == Some(ApplicationType::Web) && !is_web {
            return bad("a redirect URI of a web application must be https".to_owned());
        }
    }
    Ok(())
}

/// Members with one answer, or answers that all hold anyway.
fn check_choices(metadata: &RegisteredMetadata) -> Result<(), OAuthError> {
    if let Some(problem) =
        metadata.post_logout_redirect_uris.iter().find_map(|uri| parse_registered(uri).err())
    {
        return Err(invalid(format!("a post-logout redirect URI {problem}")));
    }
    if metadata.response_types.iter().flatten().any(|kind| kind != "code") {
        return Err(invalid("response_types must be code"));
    }
    Ok(())
}

/// A name people are shown. Without one, the host that codes go to says most.
fn name(metadata: &RegisteredMetadata) -> Result<String, OAuthError> {
    let host = || {
        let url = Url::parse(metadata.redirect_uris.first()?).ok()?;
        Some(url.host_str().unwrap_or(url.scheme()).to_owned())
    };
    let given = metadata.client_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = given.map(str::to_owned).or_else(host).unwrap_or_else(|| "Registered client".to_owned());
    let fits = name.chars().count() <= MAX_NAME && is_visible(&name);
    if fits { Ok(name) } else { Err(invalid("client_name must be at most 256 visible characters")) }
}

/// What is registered, as the client reads it.
pub(super) fn metadata(client: &Client) -> RegisteredMetadata {
    let texts = |uris: &[hospes_protocol::RedirectUri]| uris.iter().map(ToString::to_string).collect();
    let uses_codes = client.grant_types.contains(&GrantType::AuthorizationCode);
    let registration = client.options.registration.clone();
    RegisteredMetadata {
        redirect_uris: texts(&client.redirect_uris),
        token_endpoint_auth_method: Some(client.auth_method.as_str().to_owned()),
        grant_types: Some(client.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect()),
        response_types: Some(uses_codes.then(|| "code".to_owned()).into_iter().collect()),
        client_name: Some(client.display_name.clone()),
        client_uri: registration.client_uri,
        logo_uri: registration.logo_uri,
        tos_uri: registration.tos_uri,
        policy_uri: registration.policy_uri,
        contacts: registration.contacts,
        scope: Some(client.scope.to_string()),
        jwks: client.jwks.clone(),
        software_id: registration.software_id,
        software_version: registration.software_version,
        application_type: registration.application_type.map(|kind| kind.as_str().to_owned()),
        id_token_signed_response_alg: Some(client.id_token_algorithm.as_str().to_owned()),
        require_auth_time: Some(true),
        initiate_login_uri: registration.initiate_login_uri,
        post_logout_redirect_uris: texts(&client.post_logout_redirect_uris),
        require_pushed_authorization_requests: Some(client.require_pushed_requests),
    }
}

/// Hosts people may be led to that are none of the client's redirect hosts: for an administrator to look at.
pub(super) fn foreign_hosts(client: &Client) -> Vec<String> {
    let host = |uri: &str| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let own: Vec<String> = client.redirect_uris.iter().filter_map(|uri| host(uri.as_str())).collect();
    let links = client.options.registration.links();
    let mut foreign: Vec<String> =
        links.filter_map(|(_, uri)| host(uri)).filter(|host| !own.contains(host)).collect();
    foreign.sort();
    foreign.dedup();
    foreign
}
