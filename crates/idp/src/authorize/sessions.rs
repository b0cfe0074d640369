//! How a browser session begins and goes on, and who is let in on it.

use super::interaction::Interaction;
use crate::Idp;
use crate::audit::Actor;
use crate::browser::{SessionCookie, Visit};
use crate::endings::{Ended, Whose, indexes};
use crate::error::PageError;
use crate::model::authentication::Authentication;
use crate::model::session::{HomeSession, Participant, Session};
use crate::model::user::User;
use crate::ports::{Key, Kind, Write};
use crate::refusal::Refusal;
use bytes::Bytes;
use hospes_protocol::ClientId;
use hospes_protocol::encoding::base64url;
use hospes_protocol::scope::{OFFLINE_ACCESS, Scopes};
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// The session at home that a session of ours will hang on, and when that one ends.
pub(super) struct AtHome {
    session: HomeSession,
    expires_at: Option<Timestamp>,
}

/// What the home IdP said about its own session, if that is how the person came.
pub(super) fn home_session(interaction: &Interaction, authentication: &Authentication) -> Option<AtHome> {
    let identity = interaction.arrival.as_ref()?;
    (authentication.home_idp() == Some(identity.home_idp)).then(|| AtHome {
        session: HomeSession {
            home_idp: identity.home_idp,
            subject: identity.subject.clone(),
            sid: identity.sid.clone(),
        },
        expires_at: identity.session_expiry.and_then(|at| Timestamp::from_second(at).ok()),
    })
}

impl Idp {
    /// A session with a new cookie, whatever cookie came (SES-01). For the same person it is the session before, proven
    /// anew: its clients stay. For anybody else the session before ends.
    pub(super) async fn begin_session(
        &self,
        visit: &Visit<'_>,
        (user, authentication, home): (&User, Authentication, Option<AtHome>),
        present: Option<Session>,
        batch: &mut Vec<Write>,
    ) -> Result<(Session, SessionCookie), PageError> {
        let settings = &visit.tenant.settings;
        let until = home.as_ref().and_then(|home| home.expires_at).unwrap_or(Timestamp::MAX);
        let before = self.same_person(visit, user, present).await?;
        let cookie = visit.ctx.token();
        let expires_at = visit.ctx.after(settings.session_lifetime).min(until);
        let session = Session {
            id: before
                .as_ref()
                .map_or_else(|| base64url(visit.ctx.bytes::<16>()), |before| before.id.clone()),
            tenant: visit.tenant.id,
            user: user.id,
            authentication,
            home: home.map(|home| home.session),
            agent: visit.ctx.request.agent.clone(),
            created_at: before.as_ref().map_or(visit.ctx.now, |before| before.created_at),
            used_at: visit.ctx.now,
            expires_at,
            idle_at: visit.ctx.after(settings.session_idle).min(expires_at),
        };
        if let Some(old) = &visit.browser.session {
            batch.push(Write::Delete(Key::new(visit.tenant.id, Kind::Session, old)));
        }
        batch.push(put_session(&session, &cookie, visit.ctx.now)?);
        if before.is_some() {
            self.stay(visit, &session, batch).await?;
        }
        let remembered = settings.keep_signed_in.then(|| expires_at.duration_since(visit.ctx.now).as_secs());
        Ok((session, SessionCookie::Set(cookie, remembered)))
    }

    async fn same_person(
        &self,
        visit: &Visit<'_>,
        user: &User,
        present: Option<Session>,
    ) -> Result<Option<Session>, PageError> {
        match present {
            Some(other) if other.user != user.id => {
                let by = (Actor::User(other.user.to_string()), "replaced");
                self.end_sessions((visit.ctx, visit.tenant.id), Whose::Session(&other.id), by).await?;
                Ok(None)
            }
            present => Ok(present),
        }
    }

    /// Clients that were let in before are remembered as long as the session that goes on.
    async fn stay(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        batch: &mut Vec<Write>,
    ) -> Result<(), PageError> {
        let found = self.sessions.find_all(&Whose::Session(&session.id).key(session.tenant)).await?;
        for participant in Ended::of(found).participants {
            batch.push(put_participant(session, &participant.client, visit.ctx.now)?);
        }
        Ok(())
    }
}

/// Being used keeps a session from idling out, never from expiring.
pub(super) fn prolong(
    visit: &Visit<'_>,
    mut session: Session,
    batch: &mut Vec<Write>,
) -> Result<(Session, SessionCookie), PageError> {
    let cookie = visit.browser.session.clone().unwrap_or_default();
    session.used_at = visit.ctx.now;
    session.idle_at = visit.ctx.after(visit.tenant.settings.session_idle).min(session.expires_at);
    // It may have ended while this was decided: then it stays ended.
    batch.push(match put_session(&session, &cookie, visit.ctx.now)? {
        Write::Put { key, value, ttl, indexes } => Write::Renew { key, value, ttl, indexes },
        other => other,
    });
    Ok((session, SessionCookie::Keep))
}

fn put_session(session: &Session, cookie: &str, now: Timestamp) -> Result<Write, PageError> {
    let key = Key::new(session.tenant, Kind::Session, cookie);
    Ok(put(session, key, bytes(session)?, session.idle_at.duration_since(now)))
}

/// Remembered to the end of the session, even if that idles out: the client may still hold tokens of it.
pub(super) fn put_participant(
    session: &Session,
    client: &ClientId,
    now: Timestamp,
) -> Result<Write, PageError> {
    let key = Key::new(session.tenant, Kind::Participant, format!("{} {client}", session.id));
    let value = Participant { session: session.id.clone(), user: session.user, client: client.clone() };
    Ok(put(session, key, bytes(&value)?, session.expires_at.duration_since(now)))
}

/// What a code or an approval stands for until its tokens are there: whatever ends the session ends it, as it will end
/// the tokens, unless they may outlive the session.
pub(super) fn put_family(session: &Session, (family, scope): (&str, &Scopes), ttl: Duration) -> Write {
    let mut indexes = indexes(session.tenant, session.user, &session.id, session.home.as_ref());
    if scope.has(OFFLINE_ACCESS) {
        indexes.retain(|index| index.kind == Kind::OfUser);
    }
    Write::PutFamily { key: Key::new(session.tenant, Kind::Family, family), ttl, indexes }
}

fn put(session: &Session, key: Key, value: Bytes, ttl: jiff::SignedDuration) -> Write {
    let indexes = indexes(session.tenant, session.user, &session.id, session.home.as_ref());
    Write::Put { key, value, ttl: Duration::try_from(ttl).unwrap_or_default(), indexes }
}

pub(super) fn bytes(record: &impl Serialize) -> Result<Bytes, PageError> {
    serde_json::to_vec(record)
        .map(Bytes::from)
        .map_err(|cause| PageError::from(Refusal::Internal).because(cause))
}
