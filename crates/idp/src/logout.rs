//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). A GET alone never ends a session unless it carries a
//! hint only a client of that session can have.

mod delivery;

pub use delivery::BATCH;

use crate::Idp;
use crate::audit::Actor;
use crate::authorize::own_page::PAGE;
use crate::browser::{SessionCookie, Visit};
use crate::endings::{Ended, Whose};
use crate::error::PageError;
use crate::ids::{HomeIdpId, UserId};
use crate::model::client::Client;
use crate::model::session::Session;
use crate::ports::Unavailable;
use crate::refusal::Refusal;
use crate::subject::subject_at;
use hospes_protocol::jose::{Claims, check};
use hospes_protocol::names::Secret;
use hospes_protocol::params::Params;
use hospes_protocol::{ClientId, RedirectUri};
use url::Url;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logout {
    /// Ask first.
    Confirm,
    /// Signed out.
    Done(SignedOff),
}

/// What is left to do after somebody signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedOff {
    /// Where to go, if anywhere.
    pub target: Option<String>,
    /// Addresses of clients that the page loads in frames (Front-Channel Logout §3).
    pub frames: Vec<String>,
    /// The home IdP where the person may still be signed in, and its name.
    pub home: Option<(HomeIdpId, String)>,
    /// How many other accounts are still signed in at this browser.
    pub left: usize,
    /// What the browser is told.
    pub cookie: SessionCookie,
}

/// What the person said on our own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Nothing: it was not shown.
    None,
    /// To sign out whoever was chosen last.
    Yes,
    /// To sign out this one of the accounts, by its [handle](Session::handle) on [`PAGE`].
    This(&'a str),
    /// To sign out all accounts in this browser.
    All,
}

impl Idp {
    /// A logout request, with the answer on our own page if that was shown. It ends the session its hint is about, or
    /// the one the person confirmed; those of other accounts in the browser stay.
    pub async fn log_out(
        &self,
        visit: &Visit<'_>,
        params: &Params,
        answer: Answer<'_>,
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
        let accounts = self.sessions_at(visit).await?;
        let meant = self.meant(visit, &accounts, (hint.as_ref(), &answer)).await?;
        let ended = match hint.as_ref().and_then(|hint| check::text(hint, "sid")) {
            Some(sid) if meant.is_none() => self.end_remains(visit, sid).await?,
            _ => Ended::default(),
        };
        match meant {
            None if !accounts.is_empty() => Ok(Logout::Confirm),
            None => {
                let frames = self.frames(visit, &ended).await?;
                // A cookie that did not come may still name sessions: it was another site that sent the browser.
                let came = !visit.browser.sessions.is_empty();
                let cookie = if came { SessionCookie::Clear } else { SessionCookie::Keep };
                Ok(Logout::Done(SignedOff { target, frames, cookie, ..SignedOff::default() }))
            }
            Some(meant) => {
                Ok(Logout::Done(SignedOff { target, ..self.sign_off(visit, accounts, &meant).await? }))
            }
        }
    }

    /// Which sessions a logout ends. `None`: none for certain.
    async fn meant(
        &self,
        visit: &Visit<'_>,
        accounts: &[(Secret, Session)],
        (hint, answer): (Option<&Claims>, &Answer<'_>),
    ) -> Result<Option<Vec<String>>, Unavailable> {
        let sessions = || accounts.iter().map(|(_, session)| session);
        let only = |session: Option<&Session>| session.map(|session| vec![session.id.clone()]);
        // What the person said on our page comes before what brought them there.
        match answer {
            Answer::All => return Ok(Some(sessions().map(|session| session.id.clone()).collect())),
            Answer::This(handle) => {
                return Ok(only(sessions().find(|session| session.handle(PAGE) == *handle)));
            }
            Answer::None | Answer::Yes => {}
        }
        if let Some(hint) = hint {
            for session in sessions() {
                if self.is_about(visit, hint, session.user).await? {
                    return Ok(Some(vec![session.id.clone()]));
                }
            }
        }
        Ok(only(sessions().next().filter(|_| matches!(answer, Answer::Yes))))
    }

    /// Ends what was granted in a session that idled out. A browser without the session's cookie has no say about one that
    /// is still open elsewhere.
    async fn end_remains(&self, visit: &Visit<'_>, sid: &str) -> Result<Ended, Unavailable> {
        let whose = Whose::Session(sid);
        let there = Ended::of(self.sessions.find_all(&whose.key(visit.tenant.id)).await?);
        let is_open = |session: &Session| !session.is_over(visit.ctx.now);
        if there.sessions.iter().any(is_open) {
            return Ok(Ended::default());
        }
        self.end_sessions((visit.ctx, visit.tenant.id), whose, (Actor::Anonymous, "signedOut")).await
    }

    /// Ends some of the sessions at this browser; the others stay.
    async fn sign_off(
        &self,
        visit: &Visit<'_>,
        accounts: Vec<(Secret, Session)>,
        meant: &[String],
    ) -> Result<SignedOff, Unavailable> {
        let (gone, left): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|(_, session)| meant.contains(&session.id));
        let mut frames = Vec::new();
        for (_, session) in &gone {
            let ended = self.end_session(visit, session).await?;
            frames.extend(self.frames(visit, &ended).await?);
        }
        let home = match gone.as_slice() {
            [(_, only)] => only.home_idp(),
            _ => None,
        };
        let home = match home {
            Some(id) => self.directory.home_idp(visit.tenant.id, id).await?,
            None => None,
        };
        Ok(SignedOff {
            target: None,
            frames,
            home: home.filter(|home| home.status.is_enabled()).map(|home| (home.id, home.display_name)),
            left: left.len(),
            cookie: self.cookie_of(visit, left.iter().map(|(cookie, session)| (cookie.reveal(), session))),
        })
    }

    /// Each with the issuer and the session, so that a client ends that one only (Front-Channel Logout §2).
    pub(crate) async fn frames(&self, visit: &Visit<'_>, ended: &Ended) -> Result<Vec<String>, Unavailable> {
        let issuer = self.issuer(visit.tenant);
        let mut frames = Vec::new();
        for participant in &ended.participants {
            let client = self.directory.client(visit.tenant.id, &participant.client).await?;
            let client = client.filter(|client| client.status.is_enabled());
            let uri = client.and_then(|client| client.options.logout.frontchannel_logout_uri);
            let pairs = [("iss", issuer.as_str()), ("sid", participant.session.as_str())];
            frames.extend(uri.and_then(|uri| Url::parse_with_params(&uri, pairs).ok()).map(String::from));
        }
        frames.sort();
        Ok(frames)
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
    pub(crate) async fn end_session(
        &self,
        visit: &Visit<'_>,
        session: &Session,
    ) -> Result<Ended, Unavailable> {
        let by = (Actor::User(session.user.to_string()), "signedOut");
        self.end_sessions((visit.ctx, visit.tenant.id), Whose::Session(&session.id), by).await
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
