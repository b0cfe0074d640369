//! How a browser session begins and goes on, and who is let in on it.

use super::facts::SignedIn;
use super::interaction::Interaction;
use crate::Idp;
use crate::browser::{ACCOUNTS, SessionCookie, Visit};
use crate::endings::{Ended, Whose, indexes};
use crate::error::PageError;
use crate::model::authentication::Authentication;
use crate::model::options::KeepSignedIn;
use crate::model::session::{HomeSession, Participant, Session};
use crate::model::user::User;
use crate::ports::{Key, Kind, Unavailable, Write};
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

/// Where the sessions of a browser are after an answer.
pub(super) struct Seats {
    /// The session the answer is given on.
    pub(super) session: Session,
    /// What the browser is told.
    pub(super) cookie: SessionCookie,
    /// Other sessions that have new names, by the old key and the new one.
    pub(super) moved: Vec<(Key, Key)>,
}

impl Idp {
    /// A session with a new cookie, whatever cookie came (SES-01). For the same person it is the session before, proven
    /// anew: its clients stay. Sessions of others in this browser go on beside it.
    pub(super) async fn begin_session(
        &self,
        visit: &Visit<'_>,
        (user, authentication, home, keep): (&User, Authentication, Option<AtHome>, bool),
        accounts: &[SignedIn],
        batch: &mut Vec<Write>,
    ) -> Result<Seats, PageError> {
        let settings = &visit.tenant.settings;
        let until = home.as_ref().and_then(|home| home.expires_at).unwrap_or(Timestamp::MAX);
        let (before, others): (Vec<_>, Vec<_>) = accounts.iter().partition(|one| one.user.id == user.id);
        let before = before.first().map(|one| &one.session);
        let expires_at = visit.ctx.after(settings.session_lifetime).min(until);
        // Proving oneself again is no reason to forget what was ticked before.
        let kept = keep || before.is_some_and(|before| before.kept);
        let session = Session {
            id: before.map_or_else(|| base64url(visit.ctx.bytes::<16>()), |before| before.id.clone()),
            tenant: visit.tenant.id,
            user: user.id,
            authentication,
            home: home.map(|home| home.session),
            agent: visit.ctx.request.agent.clone(),
            kept,
            created_at: before.map_or(visit.ctx.now, |before| before.created_at),
            used_at: visit.ctx.now,
            expires_at,
            idle_at: idle_at(visit, kept).min(expires_at),
        };
        let goes_on_as = |cookie: &String| others.iter().any(|one| one.cookie.reveal() == cookie);
        for old in visit.browser.sessions.iter().filter(|cookie| !goes_on_as(cookie)) {
            batch.push(Write::Delete(Key::new(visit.tenant.id, Kind::Session, old)));
        }
        let goes_on = before.is_some();
        let seats = Self::seat(visit, session, &others, batch)?;
        if goes_on {
            self.stay(visit, &seats.session, batch).await?;
        }
        Ok(seats)
    }

    /// Goes on with the account the person chose: from now on the first, under a new name, as all others.
    pub(super) fn switch_session(
        visit: &Visit<'_>,
        chosen: SignedIn,
        accounts: &[SignedIn],
        batch: &mut Vec<Write>,
    ) -> Result<Seats, PageError> {
        let others: Vec<_> = accounts.iter().filter(|one| one.session.id != chosen.session.id).collect();
        let mut seats = Self::seat(visit, used(visit, chosen.session), &others, batch)?;
        if let SessionCookie::Set(cookies, _) = &seats.cookie
            && let Some(cookie) = cookies.first()
        {
            seats.moved.push((key(visit, chosen.cookie.reveal()), key(visit, cookie)));
        }
        Ok(seats)
    }

    /// Every session gets a new name, so that those that were known before are worth nothing.
    fn seat(
        visit: &Visit<'_>,
        session: Session,
        others: &[&SignedIn],
        batch: &mut Vec<Write>,
    ) -> Result<Seats, PageError> {
        let cookie = visit.ctx.token();
        batch.push(put_session(&session, &cookie, visit.ctx.now)?);
        let mut named = vec![(cookie, &session)];
        let mut moved = Vec::new();
        for other in others {
            let cookie = visit.ctx.token();
            batch.push(put_session(&other.session, &cookie, visit.ctx.now)?);
            moved.push((key(visit, other.cookie.reveal()), key(visit, &cookie)));
            // One too many goes on under a name that nobody knows.
            if named.len() < ACCOUNTS {
                named.push((cookie, &other.session));
            }
        }
        let cookie =
            Self::cookie_of(visit, named.iter().map(|(cookie, session)| (cookie.as_str(), *session)));
        Ok(Seats { session, cookie, moved })
    }

    /// Takes away the names before. What ended while it moved stays ended.
    pub(super) async fn leave_old_seats(
        &self,
        moved: impl IntoIterator<Item = (Key, Key)> + Send,
    ) -> Result<(), Unavailable> {
        let mut ended = Vec::new();
        for (old, new) in moved.into_iter().collect::<Vec<_>>() {
            if self.sessions.take(&old).await?.is_none() {
                ended.push(Write::Delete(new));
            }
        }
        if ended.is_empty() { Ok(()) } else { self.sessions.write(ended).await }
    }

    /// The cookie that names these sessions.
    pub(crate) fn cookie_of<'a>(
        visit: &Visit<'_>,
        sessions: impl Iterator<Item = (&'a str, &'a Session)>,
    ) -> SessionCookie {
        let (cookies, sessions): (Vec<String>, Vec<&Session>) =
            sessions.map(|(cookie, session)| (cookie.to_owned(), session)).unzip();
        let Some(last) = sessions.iter().map(|session| session.expires_at).max() else {
            return SessionCookie::Clear;
        };
        // One cookie for all: it outlives the browser where that is right for each of them.
        let remembered = match visit.tenant.settings.keep_signed_in {
            KeepSignedIn::Never => false,
            KeepSignedIn::Ask => sessions.iter().all(|session| session.kept),
            KeepSignedIn::Always => true,
        };
        SessionCookie::Set(cookies, remembered.then(|| last.duration_since(visit.ctx.now).as_secs()))
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
    present: SignedIn,
    batch: &mut Vec<Write>,
) -> Result<Seats, PageError> {
    let session = used(visit, present.session);
    // It may have ended while this was decided: then it stays ended.
    batch.push(match put_session(&session, present.cookie.reveal(), visit.ctx.now)? {
        Write::Put { key, value, ttl, indexes } => Write::Renew { key, value, ttl, indexes },
        other => other,
    });
    Ok(Seats { session, cookie: SessionCookie::Keep, moved: Vec::new() })
}

fn used(visit: &Visit<'_>, session: Session) -> Session {
    let idle_at = idle_at(visit, session.kept).min(session.expires_at);
    Session { used_at: visit.ctx.now, idle_at, ..session }
}

/// Until when a session goes on without being used. Where people are asked, not ticking the box means a shared computer.
fn idle_at(visit: &Visit<'_>, kept: bool) -> Timestamp {
    let settings = &visit.tenant.settings;
    let is_short = settings.keep_signed_in == KeepSignedIn::Ask && !kept;
    let short = settings.options.sessions.idle_unless_kept;
    visit.ctx.after(if is_short { short.min(settings.session_idle) } else { settings.session_idle })
}

fn key(visit: &Visit<'_>, cookie: &str) -> Key {
    Key::new(visit.tenant.id, Kind::Session, cookie)
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
