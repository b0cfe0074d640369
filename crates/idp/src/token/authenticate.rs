//! Client authentication (RFC 6749 §2.3, RFC 7523 §3 with the sole audience of RFC 10070).

use crate::Idp;
use crate::ctx::Ctx;
use crate::model::client::Client;
use crate::model::options::AssertionAudience;
use crate::model::tenant::Tenant;
use crate::ports::{Key, Kind};
use crate::token::possession::Possession;
use bytes::Bytes;
use hospes_protocol::OAuthError;
use hospes_protocol::client_auth::{ClientAuthMethod, Credentials, PresentedClient};
use hospes_protocol::jose::{Claims, CompactJwt, JoseError, check};
use hospes_protocol::metadata::paths;
use hospes_protocol::names::Secret;
use serde_json::Value;
use std::time::Duration;

/// An assertion may live this many seconds at most.
const MAX_LIFETIME: i64 = 600;
/// Types an assertion may state; the absent one is among them (RFC 10070).
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

fn refused(cause: impl std::fmt::Display) -> OAuthError {
    OAuthError::invalid_client("client authentication failed").because(cause)
}

impl Idp {
    /// The client, if it is who it says. Every failure is one answer; the cause is for logs.
    pub(crate) async fn authenticate_client(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        (presented, possession): (PresentedClient, Possession<'_>),
    ) -> Result<Client, OAuthError> {
        let client = self.directory.client(tenant.id, &presented.client_id).await?;
        let client = client.ok_or_else(|| refused("unknown client"))?;
        if !client.status.is_enabled() {
            return Err(refused("the client is disabled"));
        }
        match (&presented.credentials, client.auth_method) {
            (Credentials::None, ClientAuthMethod::None) => Ok(client),
            (Credentials::None, method) if method.is_tls() => match possession.certificate {
                Some(certificate) if self.is_connection_of(&client, certificate).await => Ok(client),
                Some(_) => Err(refused("another certificate")),
                None => Err(refused("the connection has no certificate")),
            },
            (Credentials::Secret(method, secret), registered) if *method == registered => {
                self.may_try_secret(ctx, tenant, &client)?;
                if has_secret(&client, secret, ctx) {
                    return Ok(client);
                }
                self.missed_secret(ctx, tenant, &client).await?;
                Err(refused("wrong secret"))
            }
            (Credentials::Assertion(assertion), ClientAuthMethod::PrivateKeyJwt) => {
                let jwt = CompactJwt::parse(assertion).and_then(typed).map_err(refused)?;
                let algorithms = client.options.security.assertion_algorithms();
                let claims = self.verified_by(&client, &jwt, algorithms).await.map_err(refused)?;
                self.take_assertion(ctx, tenant, (client, &claims)).await
            }
            (Credentials::Assertion(assertion), ClientAuthMethod::ClientSecretJwt) => {
                if !tenant.settings.options.security.allow_client_secret_jwt {
                    return Err(refused("the tenant does not allow client_secret_jwt"));
                }
                let jwt = CompactJwt::parse_with_secret(assertion).and_then(typed).map_err(refused)?;
                let claims = self.verified_by_secret(&client, &jwt, ctx).map_err(refused)?;
                self.take_assertion(ctx, tenant, (client, &claims)).await
            }
            _ => Err(refused("not the registered method")),
        }
    }

    /// An assertion whose signature fits, if it is this client's for this server, and new.
    async fn take_assertion(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        (client, claims): (Client, &Claims),
    ) -> Result<Client, OAuthError> {
        let issuer = self.issuer(tenant);
        let token_endpoint = issuer.join(paths::TOKEN);
        let legacy = takes_token_endpoint(tenant, &client).then_some(token_endpoint.as_str());
        check_assertion(&client, claims, (issuer.as_str(), legacy), ctx.seconds())?;
        self.first_use(ctx, tenant, &client, claims).await?;
        Ok(client)
    }

    /// RFC 7523 §3: a `jti` is used once while the assertion could be replayed.
    async fn first_use(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        client: &Client,
        claims: &Claims,
    ) -> Result<(), OAuthError> {
        let jti = check::text(claims, "jti")
            .filter(|jti| !jti.is_empty())
            .ok_or_else(|| refused("jti is missing"))?;
        let remaining = check::seconds(claims, "exp").unwrap_or_default() - ctx.seconds() + check::SKEW;
        let ttl = Duration::from_secs(u64::try_from(remaining).unwrap_or(1).max(1));
        let key = Key::new(tenant.id, Kind::Replay, format!("{}\0{jti}", client.client_id));
        if self.sessions.put_new(&key, Bytes::from_static(b"1"), ttl).await? {
            Ok(())
        } else {
            Err(refused("the assertion was used before"))
        }
    }
}

fn takes_token_endpoint(tenant: &Tenant, client: &Client) -> bool {
    client.options.security.assertion_audience == AssertionAudience::OidcLegacy
        && tenant.settings.options.security.allow_legacy_assertion_audience
}

/// All secrets are compared, so that time does not tell which one fits.
fn has_secret(client: &Client, secret: &Secret, ctx: &Ctx) -> bool {
    client.live_secrets(ctx.now).fold(false, |found, stored| stored.hash.matches(secret.reveal()) | found)
}

/// RFC 7523 §3.
fn check_assertion(
    client: &Client,
    claims: &Claims,
    (issuer, legacy): (&str, Option<&str>),
    now: i64,
) -> Result<(), OAuthError> {
    let id = Some(client.client_id.as_str());
    let is = |claim, expected| {
        if check::text(claims, claim) == expected { Ok(()) } else { Err(refused(claim)) }
    };
    is("iss", id)?;
    is("sub", id)?;
    let audience = check::sole_audience(claims);
    let as_it_must_be =
        audience == Some(issuer) || (legacy.is_some() && check::text(claims, "aud") == legacy);
    let listed = claims.get("aud").is_some_and(Value::is_array);
    if !as_it_must_be || (listed && client.options.security.audience_is_a_string()) {
        return Err(refused("aud must be the issuer alone"));
    }
    let exp = check::seconds(claims, "exp").ok_or_else(|| refused("exp is missing"))?;
    if exp <= now - check::SKEW || exp > now + MAX_LIFETIME + check::SKEW {
        return Err(refused("exp is past or too far ahead"));
    }
    if claims.contains_key("iat") && check::seconds(claims, "iat").is_none_or(|iat| iat > now + check::SKEW) {
        return Err(refused("iat lies ahead"));
    }
    check::not_before(claims, now).map_err(refused)
}

/// The assertion, if it is nothing else by its own word.
fn typed<A>(jwt: CompactJwt<'_, A>) -> Result<CompactJwt<'_, A>, JoseError> {
    let is_type = |typ: &str| TYPES.iter().any(|accepted| accepted.eq_ignore_ascii_case(typ));
    if jwt.typ.as_deref().is_none_or(is_type) { Ok(jwt) } else { Err(JoseError::Header("typ")) }
}
