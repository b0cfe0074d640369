//! Our own pages for signed-in people: whoever is not signed in is asked to, and comes back.

use super::facts::SignedIn;
use super::flow::Open;
use super::interaction::{Interaction, Purpose};
use crate::Idp;
use crate::authorize::outcome::Reply;
use crate::browser::Visit;
use crate::error::PageError;
use crate::policy::decide::{Decision, Facts, decide};

/// What our own pages are, where they name [an account](crate::session::Session::handle) in their forms.
pub const PAGE: &str = "own";

/// Whether the page can be shown.
pub enum OwnPage {
    /// To this person.
    Show(Box<SignedIn>),
    /// Not yet: sign in first.
    SignInFirst(Reply),
}

impl Idp {
    /// Opens the page at `path` below the issuer, for the account chosen last, or the one whose page a form stood on. A
    /// session that is no longer allowed counts as none (SES-08).
    pub async fn own_page(
        &self,
        visit: &Visit<'_>,
        path: &str,
        of: Option<&str>,
    ) -> Result<OwnPage, PageError> {
        let accounts = self.accounts(visit).await?;
        let is_it = |one: &SignedIn| of.is_none_or(|handle| one.session.handle(PAGE) == handle);
        if let Some(signed_in) = accounts.into_iter().find(is_it) {
            let facts = Facts {
                tenant: visit.tenant,
                client: None,
                user: &signed_in.user,
                authentication: &signed_in.session.authentication,
                home_idp: signed_in.home_idp.as_ref(),
            };
            if decide(&facts) == Decision::Permit {
                return Ok(OwnPage::Show(Box::new(signed_in)));
            }
        }
        let binding = visit.browser.binding.clone().unwrap_or_else(|| visit.ctx.token());
        let mut interaction =
            Interaction::begin(visit.ctx, visit.tenant.id, &binding, Purpose::Visit(path.to_owned()));
        interaction.session_set_aside = true;
        let mut reply = self.advance(visit, Open::fresh(interaction, false)).await?;
        if visit.browser.binding.is_none() {
            reply.binding = Some(binding);
        }
        Ok(OwnPage::SignInFirst(reply))
    }
}
