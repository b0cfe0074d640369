//! Which guests a tenant takes, and how many invitations it sends.

use crate::email::Domain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which guests a tenant takes, and how many invitations it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InvitationRules {
    /// The domains guests may come from.
    pub domains: DomainRules,
    /// How many.
    pub limits: InvitationLimits,
}

/// The domains guests may come from. Looked at when somebody is invited and again when they redeem.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DomainRules {
    /// What the list says.
    pub mode: DomainMode,
    /// Domains such as `fjord.example`, and `*.fjord.example` for everything below.
    #[schema(value_type = Vec<String>)]
    pub list: Vec<DomainPattern>,
    /// Whether guests who have redeemed are held to the list too, at each sign-in and refresh.
    pub at_sign_in: bool,
}

/// What a list of domains says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DomainMode {
    /// Every other domain is welcome.
    #[default]
    Block,
    /// No other domain is welcome.
    Allow,
}

impl DomainRules {
    /// Whether guests may come from there.
    pub fn welcome(&self, domain: &Domain) -> bool {
        let is_listed = self.list.iter().any(|pattern| pattern.covers(domain));
        is_listed == (self.mode == DomainMode::Allow)
    }
}

/// A domain, or with `*.` everything below it. The domain itself is not below itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainPattern {
    below: bool,
    domain: Domain,
}

impl DomainPattern {
    fn covers(&self, domain: &Domain) -> bool {
        let (name, of) = (domain.as_str(), self.domain.as_str());
        if self.below { name.strip_suffix(of).is_some_and(|rest| rest.ends_with('.')) } else { name == of }
    }
}

impl TryFrom<String> for DomainPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (below, name) = text.strip_prefix("*.").map_or((false, text.as_str()), |name| (true, name));
        let domain = Domain::try_from(name.to_owned());
        let domain = domain.map_err(|_| format!("{text} is neither a domain nor *. and a domain"))?;
        Ok(Self { below, domain })
    }
}

impl From<DomainPattern> for String {
    fn from(pattern: DomainPattern) -> Self {
        format!("{}{}", if pattern.below { "*." } else { "" }, pattern.domain)
    }
}

/// How many invitations a tenant sends. Whoever is over a limit is told to wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InvitationLimits {
    /// By one inviter within an hour.
    pub by_inviter_per_hour: u32,
    /// To one address within a day.
    pub to_address_per_day: u32,
    /// Of the whole tenant within a day.
    pub of_tenant_per_day: u32,
}

impl Default for InvitationLimits {
    fn default() -> Self {
        Self { by_inviter_per_hour: 1_000, to_address_per_day: 3, of_tenant_per_day: 100_000 }
    }
}

/// The longest list of domains.
const MAX_DOMAINS: usize = 1_000;

impl InvitationRules {
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.domains.list.len() > MAX_DOMAINS {
            problems.push(format!("invitations.domains.list has at most {MAX_DOMAINS} entries"));
        }
        if self.domains.mode == DomainMode::Allow && self.domains.list.is_empty() {
            problems.push("invitations.domains.mode allow needs a list, or nobody can be invited".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(mode: DomainMode, list: &[&str]) -> DomainRules {
        let list = list.iter().map(|text| DomainPattern::try_from((*text).to_owned()).unwrap()).collect();
        DomainRules { mode, list, at_sign_in: false }
    }

    #[test]
    fn inv_03_a_list_means_exactly_what_it_says() {
        let list = ["Fjord.example", "*.BAY.example", "bücher.example"];
        let (allowed, blocked) = (rules(DomainMode::Allow, &list), rules(DomainMode::Block, &list));
        for (domain, is_listed) in [
            ("fjord.example", true),
            ("FJORD.example", true),
            ("north.fjord.example", false),
            ("evilfjord.example", false),
            ("fjord.example.evil.example", false),
            ("bay.example", false),
            ("a.bay.example", true),
            ("a.b.bay.example", true),
            ("notbay.example", false),
            ("BÜCHER.example", true),
            ("bucher.example", false),
        ] {
            let domain = Domain::parse(domain).unwrap();
            assert_eq!(
                (allowed.welcome(&domain), blocked.welcome(&domain)),
                (is_listed, !is_listed),
                "{domain}"
            );
        }
        assert!(rules(DomainMode::Block, &[]).welcome(&Domain::parse("a.example").unwrap()));
    }

    #[test]
    fn inv_03_what_is_no_domain_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            "example",
            "*.example",
            "*.*.a.example",
            "a.*.example",
            "a@b.example",
            "a.example.",
        ] {
            assert!(DomainPattern::try_from(text.to_owned()).is_err(), "{text}");
        }
        let pattern = DomainPattern::try_from("*.bücher.example".to_owned()).unwrap();
        assert_eq!(String::from(pattern), "*.xn--bcher-kva.example");
    }
}
