//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). A GET alone never ends a session unless it carries a
//! hint only a client of that session can have.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::browser::Visit;
use crate::error::PageError;
use crate::ids::UserId;
use crate::model::client::Client;
use crate::model::session::Session;
use crate::ports::{Key, Kind, Unavailable, Write};
use crate::refusal::Refusal;
use crate::subject::subject_at;
use hospes_protocol::jose::{Claims, check};
use hospes_protocol::params::Params;
use hospes_protocol::{ClientId, RedirectUri};

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logout {
    /// Ask first.
    Confirm,
    /// Signed out; go there if anywhere.
    Done(Option<String>),
}

impl Idp {
    /// A logout request. `confirmed` says that the person pressed the button on our page.
    pub async fn log_out(
        &self,
        visit: &Visit<'_>,
        params: &Params,
        confirmed: bool,
    ) -> Result<Logout, PageError> {
        let bad = |cause: &str| PageError::from(Refusal::BadRequest).because(cause);
        let once = |name| params.once(name).map_err(|error| bad(&error.description));
        let hint = match once("id_token_hint")? {
            Some(hint) => self.own_id_token(visit, hint).await,
            None => None,
        };
        let hinted_client = hint.as_ref().and_then(check::sole_audience);
        let named = once("client_id")?;
        if named.is_some() && hinted_client.is_some() && named != hinted_client {
            return Err(bad("client_id differs from the audience of id_token_hint"));
        }
        let client = match named.or(hinted_client) {
            Some(id) => self.directory.client(visit.tenant.id, &ClientId::new(id)).await?,
            None => None,
        };
        let target = return_target(client.as_ref(), once("post_logout_redirect_uri")?, once("state")?)?;
        let session = self.session(visit).await?;
        let is_theirs = match (&session, &hint) {
            (None, _) => true,
            (Some(session), Some(hint)) => self.is_about(visit, hint, session.user).await?,
            (Some(_), None) => false,
        };
        if !confirmed && !is_theirs {
            return Ok(Logout::Confirm);
        }
        if let Some(session) = session {
            self.end_session(visit, &session).await?;
        }
        Ok(Logout::Done(target))
    }

    /// Whether an ID token of ours is about this person, by what its client calls them.
    async fn is_about(
        &self,
        visit: &Visit<'_>,
        claims: &Claims,
        person: UserId,
    ) -> Result<bool, Unavailable> {
        let audience = ClientId::new(check::sole_audience(claims).unwrap_or_default());
        let client = self.directory.client(visit.tenant.id, &audience).await?;
        let subject =
            client.map_or_else(|| person.to_string(), |client| subject_at(&self.vault, &client, person));
        Ok(check::text(claims, "sub") == Some(subject.as_str()))
    }

    /// Ends a browser session with every token family that may not outlive it.
    pub(crate) async fn end_session(&self, visit: &Visit<'_>, session: &Session) -> Result<(), Unavailable> {
        let cookie = visit.browser.session.as_deref().unwrap_or_default();
        self.sessions.write(vec![Write::Delete(Key::new(visit.tenant.id, Kind::Session, cookie))]).await?;
        self.sessions.end_all(&Key::new(visit.tenant.id, Kind::OfSession, &session.id)).await?;
        let actor = Actor::User(session.user.to_string());
        self.audit.record(AuditEvent::new(visit.ctx, visit.tenant.id, AuditKind::SignedOut, actor)).await;
        Ok(())
    }
}

/// Exactly one of the client's registered URIs, or nowhere.
fn return_target(
    client: Option<&Client>,
    wanted: Option<&str>,
    state: Option<&str>,
) -> Result<Option<String>, PageError> {
    let Some(wanted) = wanted else { return Ok(None) };
    let registered =
        client.is_some_and(|client| client.post_logout_redirect_uris.contains(&RedirectUri::new(wanted)));
    if !registered {
        return Err(
            PageError::from(Refusal::RedirectUri).because("post_logout_redirect_uri is not registered")
        );
    }
    let Some(state) = state else {
        return Ok(Some(wanted.to_owned()));
    };
    let separator = if wanted.contains('?') { '&' } else { '?' };
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    Ok(Some(format!("{wanted}{separator}{query}")))
}
