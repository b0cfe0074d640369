//! Token exchange (RFC 8693): a client that was called with somebody's token calls on with a token of its own. The new
//! token says no more than the old one: never a wider scope, a longer life, another sign-in or a shorter chain of actors.
//! It ends with the grant the old one came of.

use super::Call;
use super::access::authentication_of;
use super::introspect::concerns;
use super::issue::role_names;
use super::private::Private;
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::model::authentication::HomeClaims;
use crate::model::client::Client;
use crate::model::options::{ExchangeAudience, ExchangeOptions};
use crate::model::user::User;
use crate::subject::subject_at;
use hospes_protocol::claims::{ActorClaim, Confirmation, VerifiedAccessToken};
use hospes_protocol::encoding::base64url;
use hospes_protocol::jose::Algorithm;
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::names::{Secret, SubjectType};
use hospes_protocol::resource::invalid_target;
use hospes_protocol::scope::Scopes;
use hospes_protocol::token::TokenResponse;
use hospes_protocol::token_exchange::{ACCESS_TOKEN, ExchangeRequest};
use hospes_protocol::{ClientId, ErrorCode, OAuthError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest chain of actors.
const MAX_DEPTH: usize = 4;

/// A token somebody presents, with the person it is about.
struct Presented {
    token: Arc<VerifiedAccessToken>,
    user: User,
}

impl Idp {
    pub(crate) async fn exchange_subject(
        &self,
        call: Call<'_>,
        request: ExchangeRequest,
    ) -> Result<TokenResponse, OAuthError> {
        let policy = &call.client.options.exchange;
        let subject = self.subject(call, &request.subject_token).await?;
        let actor = match &request.actor_token {
            Some(token) => Some(self.actor(call, token).await?),
            None => None,
        };
        let act = acting(call.client, policy, (&subject.token, actor.as_deref()))?;
        let at = policy.audience(request.target.as_deref());
        let at = at.ok_or_else(|| invalid_target("the client may not exchange tokens for this target"))?;
        let scope = narrowed(&subject.token, at, request.scope)?;
        self.issue_exchanged(call, subject, (at, scope, act)).await
    }

    /// A live token of a person, issued to a client this one serves, which this one was given rightfully.
    async fn subject(&self, call: Call<'_>, text: &Secret) -> Result<Presented, OAuthError> {
        let token = self.presented(call, ("subject_token", text)).await?;
        let subjects = &call.client.options.exchange.subjects;
        if !subjects.contains(&token.client_id) || !concerns(call.client, &token) {
            return Err(unacceptable("subject_token").because("a token this client may not exchange"));
        }
        // RFC 9449 §5: what was bound to a key does not become anybody's.
        if token.cnf.is_some() && call.confirmation.is_none() {
            return Err(unacceptable("subject_token").because("a bound token is exchanged for a bound one"));
        }
        let person = self.person(call, &token).await?;
        let user = person.ok_or_else(|| unacceptable("subject_token").because("a client's own token"))?;
        Ok(Presented { token, user })
    }

    /// Who acts: this client itself, or a person through it.
    async fn actor(&self, call: Call<'_>, text: &Secret) -> Result<Arc<VerifiedAccessToken>, OAuthError> {
        let token = self.presented(call, ("actor_token", text)).await?;
        if token.client_id != call.client.client_id.as_str() {
            return Err(unacceptable("actor_token").because("the actor's token was issued to another client"));
        }
        self.person(call, &token).await?;
        Ok(token)
    }

    /// RFC 8693 §2.2.2: a token that is not accepted, for whatever reason, is `invalid_request`.
    async fn presented(
        &self,
        call: Call<'_>,
        (name, text): (&str, &Secret),
    ) -> Result<Arc<VerifiedAccessToken>, OAuthError> {
        let token = self.access_token(call.ctx, call.tenant, text.reveal()).await;
        token.map_err(|error| match error.code {
            ErrorCode::InvalidToken => unacceptable(name).because(error.cause.unwrap_or_default()),
            _ => error,
        })
    }

    /// The person of a token, if they may still use both the client it was issued to and the one that asks (law 3).
    async fn person(&self, call: Call<'_>, token: &VerifiedAccessToken) -> Result<Option<User>, OAuthError> {
        let issued_to = self.directory.client(call.tenant.id, &ClientId::new(&token.client_id)).await?;
        let issued_to = issued_to.filter(|client| client.status.is_enabled());
        let issued_to = issued_to.ok_or_else(|| unacceptable("a token").because("its client is gone"))?;
        if !token.is_personal() {
            return Ok(None);
        }
        let private = self.private(call.tenant, token);
        let (Some(id), Some(authentication)) = (private.user, authentication_of(token, private)) else {
            return Err(unacceptable("a token"));
        };
        self.still_allowed(Call { client: &issued_to, ..call }, id, &authentication).await?;
        self.still_allowed(call, id, &authentication).await.map(Some)
    }

    /// As for any other token of this client.
    fn private_for(&self, call: Call<'_>, token: &VerifiedAccessToken, user: &User) -> Private {
        let options = &call.client.options.claims;
        let home = self.private(call.tenant, token).home;
        Private {
            user: (options.subject_type == SubjectType::Pairwise).then_some(user.id),
            home: if options.userinfo_needs_home() { home } else { HomeClaims::default() },
            wishes: Vec::new(),
        }
    }

    async fn issue_exchanged(
        &self,
        call: Call<'_>,
        Presented { token, user }: Presented,
        (at, scope, act): (&ExchangeAudience, Scopes, Option<Box<ActorClaim>>),
    ) -> Result<TokenResponse, OAuthError> {
        let now = call.ctx.seconds();
        let exp = token.exp.min(now + i64::from(call.tenant.settings.access_token_lifetime));
        // Of the same family: whatever ends that, ends this.
        let family = token.jti.split_once('.').map_or("", |(family, _)| family);
        let jti = format!("{family}.{}", base64url(call.ctx.bytes::<8>()));
        let private = self.private_for(call, &token, &user);
        let claims = VerifiedAccessToken {
            sub: subject_at(&self.vault, call.client, user.id),
            oid: private.user.is_none().then(|| user.id.to_string()),
            sealed: self.seal_private(call.tenant, &jti, &private),
            cnf: call.confirmation.cloned(),
            aud: at.audience.clone(),
            client_id: call.client.client_id.to_string(),
            exp,
            iat: now,
            jti,
            scope: scope.to_string(),
            roles: role_names(&user),
            // What was allowed in detail was allowed to somebody else.
            authorization_details: Vec::new(),
            act,
            // What was said to another client for its own purposes stays there.
            extra: BTreeMap::new(),
            ..token.as_ref().clone()
        };
        let keys = self.keyring.of(call.tenant.id).await?;
        let signer = keys.signer(Algorithm::ES256, call.ctx.now);
        let access_token = signer.and_then(|signer| signer.sign(TokenType::AccessToken, &claims));
        let access_token = access_token
            .map_err(|cause| OAuthError::server_error("the token cannot be signed").because(cause))?;
        let actor = Actor::Client(claims.client_id.clone());
        let event = AuditEvent::new(call.ctx, call.tenant.id, AuditKind::TokenExchanged, actor);
        let event = event.target(user.id).client(&token.client_id).detail("audience", claims.aud);
        let event = event.detail("scope", claims.scope).detail("delegated", claims.act.is_some());
        self.audit.record(event).await;
        Ok(TokenResponse {
            access_token,
            token_type: Confirmation::token_type(call.confirmation),
            expires_in: u32::try_from(exp - now).unwrap_or_default(),
            refresh_token: None,
            id_token: None,
            scope,
            authorization_details: Vec::new(),
            issued_token_type: Some(ACCESS_TOKEN),
        })
    }
}

/// Who the new token says is acting. Whoever acted before stays named, also where nobody is added.
fn acting(
    client: &Client,
    policy: &ExchangeOptions,
    (subject, actor): (&VerifiedAccessToken, Option<&VerifiedAccessToken>),
) -> Result<Option<Box<ActorClaim>>, OAuthError> {
    let name = client.client_id.as_str();
    let sub = match actor {
        Some(_) if !policy.delegation => {
            return Err(OAuthError::invalid_request("the client may not act for somebody by name"));
        }
        Some(actor) => actor.sub.as_str(),
        None if policy.impersonation => return Ok(subject.act.clone()),
        None if policy.delegation => name,
        None => return Err(OAuthError::invalid_request("the client may not exchange tokens")),
    };
    let act = ActorClaim { sub: sub.to_owned(), client_id: name.to_owned(), act: subject.act.clone() };
    if act.depth() > MAX_DEPTH {
        return Err(OAuthError::invalid_request("too many act one for another already"));
    }
    Ok(Some(Box::new(act)))
}

/// What both the old token and the policy allow, and of that what is asked for.
fn narrowed(
    subject: &VerifiedAccessToken,
    at: &ExchangeAudience,
    asked: Option<Scopes>,
) -> Result<Scopes, OAuthError> {
    let allowed = Scopes::parse(&subject.scope).unwrap_or_default().and(&at.scopes());
    match asked {
        None => Ok(allowed),
        Some(asked) if asked.within(&allowed) => Ok(asked),
        Some(_) => Err(OAuthError::invalid_scope("scope is wider than the subject's token or the policy")),
    }
}

fn unacceptable(name: &str) -> OAuthError {
    OAuthError::invalid_request(format!("{name} is invalid, expired or not acceptable here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::client;
    use serde_json::json;

    fn token(sub: &str, scope: &str) -> VerifiedAccessToken {
        serde_json::from_value(json!({
            "iss": "i", "aud": "a", "sub": sub, "client_id": "front", "exp": 1, "iat": 0, "jti": "f.1",
            "scope": scope, "tid": "t",
        }))
        .unwrap()
    }

    fn policy(impersonation: bool, delegation: bool) -> ExchangeOptions {
        ExchangeOptions { impersonation, delegation, ..ExchangeOptions::default() }
    }

    fn chain(length: usize) -> Option<Box<ActorClaim>> {
        (0..length).fold(None, |act, n| {
            Some(Box::new(ActorClaim { sub: n.to_string(), client_id: "c".into(), act }))
        })
    }

    #[test]
    fn rfc8693_4_1_who_acts() {
        let (client, service) = (client(), token("service", ""));
        let subject = |acted| VerifiedAccessToken { act: chain(acted), ..token("freya", "") };
        let act = |policy, acted, actor| {
            let act = acting(&client, &policy, (&subject(acted), actor)).map_err(|error| error.code)?;
            Ok(act.map(|act| (act.sub.clone(), act.depth())))
        };
        let named = |sub: &str, depth| Ok::<_, ErrorCode>(Some((sub.to_owned(), depth)));
        assert_eq!(act(policy(true, false), 0, None), Ok(None));
        assert_eq!(act(policy(true, true), 2, None), named("1", 2), "the chain is kept");
        assert_eq!(act(policy(false, true), 0, None), named("app", 1));
        assert_eq!(act(policy(true, true), 0, Some(&service)), named("service", 1));
        assert_eq!(act(policy(false, true), 3, Some(&service)), named("service", 4));
        for (policy, acted, actor) in [
            (policy(false, true), 4, Some(&service)),
            (policy(true, false), 0, Some(&service)),
            (policy(false, false), 0, None),
            (policy(false, false), 0, Some(&service)),
        ] {
            assert_eq!(act(policy, acted, actor), Err(ErrorCode::InvalidRequest));
        }
    }

    #[test]
    fn tx_04_never_wider() {
        let at = ExchangeAudience { audience: "stock".into(), scopes: vec!["read".into(), "write".into()] };
        let asks = |scope: Option<&str>| {
            let asked = scope.map(|scope| Scopes::parse(scope).unwrap());
            narrowed(&token("freya", "openid read"), &at, asked).map(|scope| scope.to_string())
        };
        assert_eq!(asks(None).unwrap(), "read");
        assert_eq!(asks(Some("read")).unwrap(), "read");
        for wider in ["write", "openid", "read write", "read openid", "other"] {
            assert_eq!(asks(Some(wider)).unwrap_err().code, ErrorCode::InvalidScope, "{wider}");
        }
    }
}
