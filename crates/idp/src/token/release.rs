//! What is released about a person: what the granted scope covers, and single claims that were wished for with the
//! `claims` parameter (OIDC Core §5.5) as far as the client's registered scopes cover them.

use super::about::Extra;
use crate::model::user::User;
use hospes_protocol::authorize::{ClaimWishes, ClaimsRequest};
use hospes_protocol::claim_names::scope_of;
use hospes_protocol::claims::ProfileClaims;
use hospes_protocol::scope::Scopes;
use serde::{Deserialize, Serialize};

/// Claims wished for by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wishes {
    /// In the ID token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) id_token: Vec<String>,
    /// At userinfo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) userinfo: Vec<String>,
}

impl Wishes {
    /// The wishes scopes can cover; the others are about the sign-in and were heard when it was decided on.
    pub(crate) fn of(request: &ClaimsRequest) -> Self {
        let known =
            |wishes: &ClaimWishes| wishes.keys().filter(|claim| scope_of(claim).is_some()).cloned().collect();
        Self { id_token: known(&request.id_token), userinfo: known(&request.userinfo) }
    }

    /// Whether nothing is wished for.
    pub(crate) fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }
}

/// What decides which claims of a person are released in one place.
pub(crate) struct Release<'a> {
    /// Granted.
    pub(crate) scope: &'a Scopes,
    /// What the client may ask for by now.
    pub(crate) registered: &'a Scopes,
    /// Wished for in this place.
    pub(crate) wishes: &'a [String],
    /// Mapped to this place: these go before the usual ones.
    pub(crate) extra: &'a Extra,
}

impl Release<'_> {
    /// Whether the usual claim of this name is released.
    pub(crate) fn has(&self, claim: &str) -> bool {
        let covered = scope_of(claim).is_some_and(|scope| {
            let wished = self.wishes.iter().any(|wish| wish == claim);
            self.scope.has(scope) || wished && self.registered.has(scope)
        });
        covered && !self.extra.contains_key(claim)
    }

    /// Contact and display data. An address never goes without its honest flag.
    pub(crate) fn profile<'u>(&self, user: &'u User) -> ProfileClaims<'u> {
        let (email, profile) = (self.has("email"), &user.profile);
        let text = |claim, text: &'u Option<String>| text.as_deref().filter(|_| self.has(claim));
        ProfileClaims {
            email: email.then(|| user.email.as_str()),
            email_verified: (email || self.has("email_verified")).then_some(user.email_verified),
            name: text("name", &profile.display_name),
            given_name: text("given_name", &profile.given_name),
            family_name: text("family_name", &profile.family_name),
            preferred_username: text("preferred_username", &profile.preferred_username),
            locale: text("locale", &profile.preferred_language),
        }
    }
}
