//! What is known about a person when something is said about them, and what mapped claims make of it.

use super::Call;
use crate::model::authentication::{Authentication, HomeClaims, Method};
use crate::model::group::Group;
use crate::model::options::{ClaimPlace, ClaimSource};
use crate::model::user::User;
use crate::ports::Page;
use hospes_protocol::claims::UserType;
use hospes_protocol::metadata::paths;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Claims beyond the usual ones, by name.
pub(crate) type Extra = BTreeMap<String, Value>;

/// What sources are read from.
pub(crate) struct About<'a> {
    call: Call<'a>,
    user: &'a User,
    pub(super) issuer: &'a str,
    home: Option<&'a HomeClaims>,
    /// As many as a token names; unknown where nothing is said about them.
    groups: Option<Page<Group>>,
}

impl<'a> About<'a> {
    /// `issuer` is our own, which is the home of a lightweight account.
    pub(crate) fn new(
        call: Call<'a>,
        user: &'a User,
        authentication: &'a Authentication,
        (issuer, groups): (&'a str, Option<Page<Group>>),
    ) -> Self {
        let (issuer, home) = match &authentication.method {
            Method::Home { issuer, said, .. } => (issuer.as_str(), Some(said)),
            Method::Password | Method::EmailCode => (issuer, None),
        };
        Self { call, user, issuer, home, groups }
    }

    /// The claims of the client that stand in this place, and `groups` where they are released.
    pub(crate) fn extra(&self, place: ClaimPlace, (issuer, with_groups): (&str, bool)) -> Extra {
        let mapping = self.call.client.options.claims.mapping.iter();
        let mapped: Vec<_> = mapping
            .filter(|mapped| mapped.places.contains(&place))
            .map(|mapped| (mapped.claim.as_str(), &mapped.source))
            .collect();
        let usual = ("groups", &ClaimSource::GroupIds);
        let is_mapped = mapped.iter().any(|(claim, _)| *claim == usual.0);
        let usual = (with_groups && !is_mapped).then_some(usual);
        let here: Vec<_> = mapped.into_iter().chain(usual).collect();
        let mut extra: Extra = (here.iter())
            .filter_map(|(claim, source)| Some(((*claim).to_owned(), self.value(source)?)))
            .collect();
        if self.has_too_many_groups() {
            let elsewhere = here.iter().filter(|(_, source)| source.is_groups()).map(|(claim, _)| *claim);
            point_to_groups(&mut extra, issuer, elsewhere.collect());
        }
        extra
    }

    fn has_too_many_groups(&self) -> bool {
        self.groups.as_ref().is_some_and(|page| page.next.is_some())
    }

    /// All of them, or nothing: half a list would look like a whole one.
    fn group_list(&self, shown: impl Fn(&Group) -> String) -> Option<Value> {
        let page = self.groups.as_ref().filter(|page| page.next.is_none())?;
        list(page.items.iter().map(shown).collect())
    }

    fn value(&self, source: &ClaimSource) -> Option<Value> {
        let (user, profile) = (self.user, &self.user.profile);
        let text = |text: &Option<String>| text.clone().map(Value::String);
        match source {
            ClaimSource::Id => Some(user.id.to_string().into()),
            ClaimSource::Email => Some(user.email.as_str().into()),
            ClaimSource::EmailVerified => Some(user.email_verified.into()),
            ClaimSource::DisplayName => text(&profile.display_name),
            ClaimSource::GivenName => text(&profile.given_name),
            ClaimSource::FamilyName => text(&profile.family_name),
            ClaimSource::PreferredUsername => text(&profile.preferred_username),
            ClaimSource::Locale => text(&profile.preferred_language),
            ClaimSource::UserType => Some(match user.user_type {
                UserType::Guest => "Guest".into(),
                UserType::Member => "Member".into(),
            }),
            ClaimSource::Roles => list(user.roles.iter().map(|role| role.as_str().to_owned()).collect()),
            ClaimSource::HomeIssuer => Some(self.issuer.into()),
            ClaimSource::HomeSubject => self.home.and_then(|home| text(&home.subject)),
            ClaimSource::HomeAcr => self.home.and_then(|home| text(&home.acr)),
            ClaimSource::HomeAmr => self.home.and_then(|home| list(home.amr.clone())),
            ClaimSource::GroupIds => self.group_list(|group| group.id.to_string()),
            ClaimSource::GroupNames => self.group_list(|group| group.display_name.clone()),
            ClaimSource::TenantSlug => Some(self.call.tenant.slug.as_str().into()),
            ClaimSource::Constant(value) => Some(value.clone()),
            expression => self.expressed(expression),
        }
    }

    fn expressed(&self, expression: &ClaimSource) -> Option<Value> {
        match expression {
            ClaimSource::Join { of, with } => {
                let parts: Vec<String> =
                    of.iter().filter_map(|part| self.value(part)).flat_map(texts).collect();
                (!parts.is_empty()).then(|| parts.join(with).into())
            }
            ClaimSource::LowerCase(of) => match self.value(of)? {
                Value::String(text) => Some(text.to_lowercase().into()),
                Value::Array(items) => {
                    list(items.into_iter().flat_map(texts).map(|text| text.to_lowercase()).collect())
                }
                other => Some(other),
            },
            ClaimSource::FirstOf(of) => of.iter().find_map(|part| self.value(part)),
            ClaimSource::IfPresent { when, then, otherwise } => match self.value(when) {
                Some(_) => self.value(then),
                None => self.value(otherwise.as_deref()?),
            },
            _ => None,
        }
    }
}

/// Distributed claims (OIDC Core §5.6.2): where to ask for what does not fit, with the access token.
fn point_to_groups(extra: &mut Extra, issuer: &str, claims: Vec<&str>) {
    if !claims.is_empty() {
        let names: serde_json::Map<_, _> =
            claims.into_iter().map(|claim| (claim.to_owned(), "groups".into())).collect();
        extra.insert("_claim_names".to_owned(), names.into());
        let endpoint = format!("{issuer}{}", paths::USERINFO_GROUPS);
        extra.insert("_claim_sources".to_owned(), json!({"groups": {"endpoint": endpoint}}));
    }
}

/// An empty list says nothing.
fn list(items: Vec<String>) -> Option<Value> {
    (!items.is_empty()).then(|| items.into())
}

/// What can be joined.
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        Value::Array(items) => items.into_iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
