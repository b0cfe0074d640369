//! Where the value of a mapped claim comes from: a fact about the person or the sign-in, or a small expression over
//! such facts. A tree, not a language: nothing is parsed, nothing loops.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Expressions within expressions, and parts of one mapping.
const MAX_DEPTH: usize = 6;
const MAX_PARTS: usize = 32;
/// The longest constant, as JSON.
const MAX_CONSTANT: usize = 1024;

/// Where the value of a claim comes from. A fact is a text like `guest.email`; an expression is an object with one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(no_recursion)]
pub enum ClaimSource {
    /// The identifier of the directory object. Not for pairwise clients.
    #[serde(rename = "guest.id")]
    Id,
    /// The contact address.
    #[serde(rename = "guest.email")]
    Email,
    /// Whether the mailbox was proven.
    #[serde(rename = "guest.emailVerified")]
    EmailVerified,
    /// Full name.
    #[serde(rename = "guest.displayName")]
    DisplayName,
    /// Given name.
    #[serde(rename = "guest.givenName")]
    GivenName,
    /// Family name.
    #[serde(rename = "guest.familyName")]
    FamilyName,
    /// Login name at home.
    #[serde(rename = "guest.preferredUsername")]
    PreferredUsername,
    /// BCP 47 language tag.
    #[serde(rename = "guest.locale")]
    Locale,
    /// `Guest` or `Member`.
    #[serde(rename = "guest.userType")]
    UserType,
    /// Directory roles, a list.
    #[serde(rename = "guest.roles")]
    Roles,
    /// Issuer of the home IdP; our own for a lightweight account.
    #[serde(rename = "home.issuer")]
    HomeIssuer,
    /// `sub` at the home IdP; absent for a lightweight account. Not for pairwise clients.
    #[serde(rename = "home.sub")]
    HomeSubject,
    /// `acr` as the home IdP stated it at this sign-in: nothing this server vouches for.
    #[serde(rename = "home.acr")]
    HomeAcr,
    /// `amr` likewise, a list.
    #[serde(rename = "home.amr")]
    HomeAmr,
    /// Identifiers of the groups the person is in, a list.
    #[serde(rename = "groups.ids")]
    GroupIds,
    /// Names of those groups, a list.
    #[serde(rename = "groups.names")]
    GroupNames,
    /// The name of the tenant in addresses.
    #[serde(rename = "tenant.slug")]
    TenantSlug,
    /// The same for everybody.
    Constant(Value),
    /// Texts in a row; absent ones are left out, lists give all their items.
    Join {
        /// The texts.
        of: Vec<ClaimSource>,
        /// Between them.
        #[serde(default)]
        with: String,
    },
    /// A text, or each of a list, in lower case.
    LowerCase(Box<ClaimSource>),
    /// The first that is there.
    FirstOf(Vec<ClaimSource>),
    /// `then` where `when` is there, `otherwise` where it is not.
    IfPresent {
        /// What is looked at.
        when: Box<ClaimSource>,
        /// What is taken then.
        then: Box<ClaimSource>,
        /// What is taken if not; nothing if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<Box<ClaimSource>>,
    },
}

impl ClaimSource {
    /// The sources this one is made of.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Join { of, .. } | Self::FirstOf(of) => of.iter().collect(),
            Self::LowerCase(of) => vec![of],
            Self::IfPresent { when, then, otherwise } => {
                [Some(when), Some(then), otherwise.as_ref()].into_iter().flatten().map(Box::as_ref).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether this source, or one it is made of, fits.
    pub(crate) fn mentions(&self, fits: &dyn Fn(&Self) -> bool) -> bool {
        fits(self) || self.parts().into_iter().any(|part| part.mentions(fits))
    }

    /// Whether it names the person to clients everywhere, which pairwise subjects are to prevent.
    pub(crate) fn identifies(&self) -> bool {
        self.mentions(&|source| matches!(source, Self::Id | Self::HomeSubject))
    }

    /// Whether only the sign-in knows it, not the directory.
    pub(crate) fn is_of_home(&self) -> bool {
        self.mentions(&|source| matches!(source, Self::HomeSubject | Self::HomeAcr | Self::HomeAmr))
    }

    /// Whether it is the person's groups, as they are.
    pub(crate) const fn is_groups(&self) -> bool {
        matches!(self, Self::GroupIds | Self::GroupNames)
    }

    fn depth(&self) -> usize {
        1 + self.parts().into_iter().map(Self::depth).max().unwrap_or_default()
    }

    fn size(&self) -> usize {
        1 + self.parts().into_iter().map(Self::size).sum::<usize>()
    }

    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let long = |source: &Self| match source {
            Self::Constant(value) => value.is_null() || value.to_string().len() > MAX_CONSTANT,
            Self::Join { with, .. } => with.len() > MAX_CONSTANT,
            _ => false,
        };
        let empty = |source: &Self| match source {
            Self::Join { of, .. } | Self::FirstOf(of) => of.is_empty(),
            _ => false,
        };
        if self.depth() > MAX_DEPTH || self.size() > MAX_PARTS {
            return Some("has more than 32 parts, or more than 6 within each other");
        }
        if self.mentions(&long) {
            return Some("has a constant that is null or longer than 1024 bytes");
        }
        self.mentions(&empty).then_some("has a list without parts")
    }
}
