//! Yes and no: to what the organization will learn, and to what a client asks for.

use super::interaction::Answer;
use super::next_step::Step;
use super::outcome::Reply;
use crate::Idp;
use crate::browser::Visit;
use crate::error::PageError;

impl Idp {
    /// The person accepts or declines what the organization will learn.
    pub async fn answer_permissions(
        &self,
        visit: &Visit<'_>,
        id: &str,
        answer: Answer,
    ) -> Result<Reply, PageError> {
        let open = self.open_at(visit, id, |step| matches!(step, Step::ReviewPermissions(..))).await?;
        self.achieve(visit, open, |interaction| interaction.permissions = Some(answer)).await
    }

    /// The person allows or denies what the client asks for.
    pub async fn answer_consent(
        &self,
        visit: &Visit<'_>,
        id: &str,
        answer: Answer,
    ) -> Result<Reply, PageError> {
        let open = self.open_at(visit, id, |step| matches!(step, Step::AskConsent(_))).await?;
        self.achieve(visit, open, |interaction| interaction.consent = Some(answer)).await
    }
}
