//! Several accounts side by side in one browser: who they are, which one a sign-in goes on with, and the screen that asks.
//!
//! ```text
//! chosen, or shown a screen? ──► that one, or nobody
//! address or subject named?  ──► the one that fits, or nobody: on to sign-in
//! asked to ask, or several?  ──► ask
//! one or none                ──► it
//! ```

use super::facts::SignedIn;
use super::interaction::{Interaction, Purpose, Realm};
use super::next_step::{Step, expected_subject};
use super::outcome::Reply;
use crate::Idp;
use crate::browser::Visit;
use crate::email::{Domain, EmailAddress};
use crate::error::PageError;
use crate::ids::UserId;
use crate::ports::Unavailable;
use hospes_protocol::authorize::AuthorizationRequest;

/// Which of the accounts at a browser a sign-in goes on with.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    /// None of them.
    Nobody,
    /// This one.
    Account(Box<SignedIn>),
    /// The person has to say.
    Ask(Vec<SignedIn>),
}

/// One account on the screen that asks which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Names it in forms of this one sign-in; worth nothing elsewhere.
    pub handle: String,
    /// What the person is called.
    pub name: Option<String>,
    /// Their address.
    pub email: EmailAddress,
    /// Their home IdP, by its name; none for an account here.
    pub home: Option<String>,
}

impl Choice {
    pub(super) fn of(interaction: &Interaction, account: &SignedIn) -> Self {
        Self {
            handle: account.session.handle(&interaction.id),
            name: account.user.profile.display_name.clone(),
            email: account.user.email.clone(),
            home: account.home_idp.as_ref().map(|home_idp| home_idp.display_name.clone()),
        }
    }
}

/// Decides. `invited` is whom the invitation in play is for, `subject` what the client calls somebody.
pub(super) fn select(
    interaction: &Interaction,
    accounts: &[SignedIn],
    (invited, subject): (Option<UserId>, impl Fn(UserId) -> Option<String>),
) -> Selection {
    if let Some(bound) = &interaction.session {
        return first(accounts.iter().filter(|one| one.session.id == *bound));
    }
    match &interaction.purpose {
        Purpose::Redeem(_) => {
            let theirs = accounts.iter().find(|one| Some(one.user.id) == invited);
            first(theirs.into_iter().chain(accounts))
        }
        _ if interaction.session_set_aside => Selection::Nobody,
        Purpose::Visit(_) | Purpose::Device(_) if interaction.choosing => ask(accounts.iter()),
        Purpose::Visit(_) => first(accounts.iter()),
        Purpose::Device(_) => undecided(named(interaction, accounts)),
        Purpose::Authorize(request) => {
            let expected = expected_subject(interaction, request);
            let fits = |one: &&SignedIn| {
                expected.is_none_or(|expected| subject(one.user.id).as_deref() == Some(expected))
            };
            // Who the client proved to mean goes before a `login_hint`, which may be an old address.
            let is_hint = request.login_hint.as_deref().and_then(|hint| EmailAddress::parse(hint).ok());
            let candidates = match (&interaction.identifier, expected) {
                (Some(identifier), Some(_)) if is_hint.is_some_and(|hint| hint.key() == identifier.key()) => {
                    accounts.iter().collect()
                }
                _ => named(interaction, accounts),
            };
            let fitting: Vec<_> = candidates.into_iter().filter(fits).collect();
            match request.prompt {
                _ if interaction.choosing => ask(fitting.into_iter()),
                prompt if prompt.select_account && interaction.identifier.is_none() => {
                    ask(fitting.into_iter())
                }
                prompt if prompt.login => Selection::Nobody,
                _ => undecided(of_domain(request, fitting)),
            }
        }
    }
}

/// Whoever named an address, or whose client did, is not answered as somebody else.
fn named<'a>(interaction: &Interaction, accounts: &'a [SignedIn]) -> Vec<&'a SignedIn> {
    let named = interaction.identifier.as_ref();
    accounts.iter().filter(|one| named.is_none_or(|named| named.key() == one.user.email.key())).collect()
}

/// A `domain_hint` narrows the choice, where it leaves one.
fn of_domain<'a>(request: &AuthorizationRequest, accounts: Vec<&'a SignedIn>) -> Vec<&'a SignedIn> {
    let domain = request.domain_hint.as_deref().and_then(Domain::parse);
    let of_domain: Vec<_> =
        accounts.iter().copied().filter(|one| Some(one.user.email.domain()) == domain).collect();
    if of_domain.is_empty() { accounts } else { of_domain }
}

fn undecided(accounts: Vec<&SignedIn>) -> Selection {
    if accounts.len() > 1 { ask(accounts.into_iter()) } else { first(accounts.into_iter()) }
}

fn first<'a>(mut accounts: impl Iterator<Item = &'a SignedIn>) -> Selection {
    accounts.next().map_or(Selection::Nobody, |one| Selection::Account(Box::new(one.clone())))
}

fn ask<'a>(accounts: impl Iterator<Item = &'a SignedIn>) -> Selection {
    let accounts: Vec<SignedIn> = accounts.cloned().collect();
    if accounts.is_empty() { Selection::Nobody } else { Selection::Ask(accounts) }
}

/// Whether "Not you?" on a screen leads to the choice: where it was for one account, and there are others.
pub(crate) fn offers_others(step: &Step, accounts: &[SignedIn]) -> bool {
    match step {
        Step::AskConsent(user) | Step::ConfirmDevice(user, _) => {
            accounts.iter().any(|one| one.user.id != user.id)
        }
        _ => false,
    }
}

impl Idp {
    /// Who is signed in at this browser, the account chosen last first. One round trip, however many they are.
    pub async fn accounts(&self, visit: &Visit<'_>) -> Result<Vec<SignedIn>, Unavailable> {
        let mut accounts: Vec<SignedIn> = Vec::new();
        for (cookie, session) in self.sessions_at(visit).await? {
            let user = self.directory.user(visit.tenant.id, session.user).await?;
            let Some(user) = user.filter(|user| user.status.is_enabled()) else { continue };
            let home_idp = match session.home_idp() {
                Some(id) => self.directory.home_idp(visit.tenant.id, id).await?,
                None => None,
            };
            accounts.push(SignedIn { cookie, session, user, home_idp });
        }
        Ok(accounts)
    }

    /// The person chose one of the accounts. Where its sign-in is too old for what is asked, they sign in to it again.
    pub async fn choose_account(
        &self,
        visit: &Visit<'_>,
        id: &str,
        handle: &str,
    ) -> Result<Reply, PageError> {
        let open = self.open_at(visit, id, |step| matches!(step, Step::ChooseAccount(_))).await?;
        let accounts = self.accounts(visit).await?;
        let Some(account) = accounts.into_iter().find(|one| one.session.handle(id) == handle) else {
            return self.advance(visit, open).await;
        };
        let realm = account.session.home_idp().map_or(Realm::Local, Realm::Home);
        self.achieve(visit, open, |interaction| {
            interaction.forget_person();
            interaction.session = Some(account.session.id);
            interaction.chosen = true;
            interaction.identifier = Some(account.user.email);
            interaction.realm = Some(realm);
        })
        .await
    }

    /// The person signs one of the accounts out, and is asked again: the one that is left is not gone on with unasked, and
    /// nobody is sent home to be signed in again at once.
    pub async fn sign_out_account(
        &self,
        visit: &Visit<'_>,
        id: &str,
        handle: &str,
    ) -> Result<Reply, PageError> {
        let open = self.open_at(visit, id, |step| matches!(step, Step::ChooseAccount(_))).await?;
        let (gone, left): (Vec<_>, Vec<_>) =
            self.accounts(visit).await?.into_iter().partition(|one| one.session.handle(id) == handle);
        if gone.is_empty() {
            return self.advance(visit, open).await;
        }
        let mut frames = Vec::new();
        for account in &gone {
            let ended = self.end_session(visit, &account.session).await?;
            frames.extend(self.frames(visit, &ended).await?);
        }
        let mut reply = self
            .achieve(visit, open, |interaction| {
                interaction.forget_person();
                interaction.choosing = true;
            })
            .await?;
        reply.frames = frames;
        reply.session = self.cookie_of(visit, left.iter().map(|one| (one.cookie.reveal(), &one.session)));
        Ok(reply)
    }

    /// Somebody wants to go on as another of their accounts, at `path` below the issuer.
    pub async fn switch_account(&self, visit: &Visit<'_>, path: &str) -> Result<Reply, PageError> {
        let binding = visit.browser.binding.clone().ok_or(crate::refusal::Refusal::FormRejected)?;
        let purpose = Purpose::Visit(path.to_owned());
        let mut interaction = Interaction::begin(visit.ctx, visit.tenant.id, &binding, purpose);
        interaction.choosing = true;
        self.advance(visit, super::flow::Open::fresh(interaction, false)).await
    }
}

#[cfg(test)]
mod tests;
