//! Ending browser sessions with everything that hangs on them: tokens that may not outlive them, and the clients that were
//! let in, which are told. All of it is remembered under the same indexes, so that it ends in one step whoever ends it:
//! the person, an administrator, or the home IdP.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::ids::{HomeIdpId, NoticeId, TenantId, UserId};
use crate::model::notice::LogoutNotice;
use crate::model::session::{HomeSession, Participant, Session};
use crate::ports::{Change, Found, Key, Kind, Unavailable};
use hospes_protocol::Subject;
use std::collections::BTreeSet;

/// What all sessions to be ended have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose<'a> {
    /// One session, by its identifier.
    Session(&'a str),
    /// All sessions of a person.
    User(UserId),
    /// All that hang on a session at a home IdP, by its `sid` there.
    HomeSession(HomeIdpId, &'a str),
    /// All of an account at a home IdP.
    HomeAccount(HomeIdpId, &'a Subject),
    /// Those of an account at a home IdP that did not say on which session they hang.
    Nameless(HomeIdpId, &'a Subject),
}

impl Whose<'_> {
    /// Whether it is a home IdP that names them.
    const fn is_at_home(self) -> bool {
        matches!(self, Self::HomeSession(..) | Self::HomeAccount(..) | Self::Nameless(..))
    }

    /// The index that finds them.
    pub(crate) fn key(self, tenant: TenantId) -> Key {
        let of_home = |name: String| Key::new(tenant, Kind::OfHome, name);
        match self {
            Self::Session(id) => Key::new(tenant, Kind::OfSession, id),
            Self::User(user) => Key::new(tenant, Kind::OfUser, user.0.as_bytes()),
            Self::HomeSession(home, sid) => of_home(format!("{home} sid {sid}")),
            Self::HomeAccount(home, subject) => of_home(format!("{home} sub {subject}")),
            Self::Nameless(home, subject) => of_home(format!("{home} sub without sid {subject}")),
        }
    }
}

/// Everything of a session is remembered under these.
pub(crate) fn indexes(tenant: TenantId, user: UserId, sid: &str, home: Option<&HomeSession>) -> Vec<Key> {
    let mut indexes = vec![Whose::User(user), Whose::Session(sid)];
    if let Some(HomeSession { home_idp, subject, sid }) = home {
        indexes.push(Whose::HomeAccount(*home_idp, subject));
        indexes.push(match sid {
            Some(sid) => Whose::HomeSession(*home_idp, sid),
            None => Whose::Nameless(*home_idp, subject),
        });
    }
    indexes.into_iter().map(|whose| whose.key(tenant)).collect()
}

/// What was there until now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    pub(crate) sessions: Vec<Session>,
    pub(crate) participants: Vec<Participant>,
}

impl Ended {
    /// Sorts what an index found.
    pub(crate) fn of(found: Vec<Found>) -> Self {
        let mut ended = Self::default();
        for Found { kind, value } in found {
            match kind {
                Kind::Session => ended.sessions.extend(serde_json::from_slice::<Session>(&value)),
                Kind::Participant => {
                    ended.participants.extend(serde_json::from_slice::<Participant>(&value));
                }
                _ => {}
            }
        }
        ended
    }

    /// Which sessions those were. One that idled out is known by its clients only.
    pub(crate) fn names(&self) -> BTreeSet<(&str, UserId)> {
        let sessions = self.sessions.iter().map(|session| (session.id.as_str(), session.user));
        sessions.chain(self.participants.iter().map(|one| (one.session.as_str(), one.user))).collect()
    }
}

impl Idp {
    /// Ends sessions and lets their clients know. The news is queued with the audit entry; should that fail, the sessions
    /// have ended all the same.
    pub(crate) async fn end_sessions(
        &self,
        (ctx, tenant): (&Ctx, TenantId),
        whose: Whose<'_>,
        (actor, cause): (Actor, &'static str),
    ) -> Result<Ended, Unavailable> {
        let mut ended = Ended::of(self.sessions.end_all(&whose.key(tenant)).await?);
        if whose.is_at_home() {
            // What was granted before the person signed in at home once more is known by the session alone.
            let names: Vec<String> = ended.names().into_iter().map(|(name, _)| name.to_owned()).collect();
            for name in names {
                let more = Ended::of(self.sessions.end_all(&Whose::Session(&name).key(tenant)).await?);
                ended.sessions.extend(more.sessions);
                ended.participants.extend(more.participants);
            }
        }
        let mut notices = self.notices(ctx, tenant, &ended).await;
        for (session, user) in ended.names() {
            let event = AuditEvent::new(ctx, tenant, AuditKind::SignedOut, actor.clone())
                .target(user)
                .detail("session", session)
                .detail("cause", cause);
            let queued = std::mem::take(&mut notices);
            if queued.is_empty() {
                self.audit.record(event).await;
                continue;
            }
            match self.apply(Change::EnqueueNotices(queued), event.clone()).await {
                Ok(()) => self.notices_queued.notify_one(),
                Err(error) => {
                    tracing::error!(%error, "clients will not hear that sessions have ended");
                    self.audit.record(event).await;
                }
            }
        }
        Ok(ended)
    }

    async fn notices(&self, ctx: &Ctx, tenant: TenantId, ended: &Ended) -> Vec<LogoutNotice> {
        let mut notices = Vec::new();
        for Participant { session, user, client } in &ended.participants {
            let registered = self.directory.client(tenant, client).await.ok().flatten();
            if registered.is_some_and(|client| client.options.logout.backchannel_logout_uri.is_some()) {
                notices.push(LogoutNotice {
                    id: NoticeId::generate(ctx),
                    tenant,
                    client: client.clone(),
                    user: *user,
                    session: session.clone(),
                    created_at: ctx.now,
                    attempts: 0,
                    due_at: ctx.now,
                });
            }
        }
        notices
    }
}
