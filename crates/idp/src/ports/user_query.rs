//! Which people are wanted, and in which order. What a condition means is said here once, by [`Condition::holds_for`]; a
//! store answers the same in its own language.

use crate::email::EmailAddress;
use crate::ids::UserId;
use crate::model::tenant::Status;
use crate::model::user::{ExternalUserState, User};
use hospes_protocol::claims::UserType;
use jiff::Timestamp;

/// Which people, in which order. The default: everybody who is not deleted, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Whom.
    pub condition: Condition,
    /// In which order; those that are equal in it, oldest first.
    pub order: UserOrder,
    /// From the end.
    pub descending: bool,
    /// Only people who were deleted and can be restored, instead of those who are there.
    pub deleted: bool,
}

/// What people are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// When they were made.
    #[default]
    Created,
    /// Their name, in any letter case.
    DisplayName,
    /// Their address, by key.
    Email,
}

/// What must hold for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every one of these; of nobody nothing is asked if there is none.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// Exactly this person.
    Id(UserId),
    /// Guest or member.
    Type(UserType),
    /// Pending, redeemed, or never invited.
    State(Option<ExternalUserState>),
    /// Enabled or disabled.
    Status(Status),
    /// A text, in any letter case. Absent texts are empty.
    Text(TextField, TextMatch, String),
    /// A time. Absent times are neither before nor after anything.
    Time(TimeField, TimeMatch, Timestamp),
}

impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// A text of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    /// The full name.
    DisplayName,
    /// The address, by key.
    Email,
}

/// How a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextMatch {
    /// The whole.
    Equals,
    /// The beginning.
    StartsWith,
    /// The end.
    EndsWith,
    /// Any part.
    Contains,
}

/// A time of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeField {
    /// When they were made.
    Created,
    /// When they were invited or redeemed last.
    StateChanged,
    /// When they were deleted.
    Deleted,
}

/// How a time is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeMatch {
    /// Earlier.
    Before,
    /// Not later.
    AtOrBefore,
    /// Later.
    After,
    /// Not earlier.
    AtOrAfter,
}

impl UserQuery {
    /// Who also fulfils this.
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.condition = Condition::All(vec![self.condition, condition]);
        self
    }

    /// Guests, or members.
    pub fn of_type(user_type: UserType) -> Self {
        Self { condition: Condition::Type(user_type), ..Self::default() }
    }

    /// Exactly this address. There is at most one.
    pub fn with_email(email: &EmailAddress) -> Self {
        Self { condition: Condition::email(email), ..Self::default() }
    }

    /// Those who were deleted instead.
    #[must_use]
    pub fn deleted(self) -> Self {
        Self { deleted: true, ..self }
    }

    /// What a person is sorted by, before when they were made.
    pub fn key(&self, user: &User) -> String {
        match self.order {
            UserOrder::Created => String::new(),
            UserOrder::DisplayName => TextField::DisplayName.key(user),
            UserOrder::Email => TextField::Email.key(user),
        }
    }
}

impl Condition {
    /// Exactly this address.
    pub fn email(email: &EmailAddress) -> Self {
        Self::Text(TextField::Email, TextMatch::Equals, email.key().to_owned())
    }

    /// Whether it holds.
    pub fn holds_for(&self, user: &User) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds_for(user)),
            Self::Any(parts) => parts.iter().any(|part| part.holds_for(user)),
            Self::Not(part) => !part.holds_for(user),
            Self::Id(id) => user.id == *id,
            Self::Type(user_type) => user.user_type == *user_type,
            Self::State(state) => user.external_user_state == *state,
            Self::Status(status) => user.status == *status,
            Self::Text(field, how, text) => how.holds(&field.key(user), &text.to_lowercase()),
            Self::Time(field, how, time) => field.of(user).is_some_and(|at| how.holds(at, *time)),
        }
    }
}

impl TextField {
    /// What is compared and sorted by.
    pub fn key(self, user: &User) -> String {
        match self {
            Self::DisplayName => user.profile.display_name.as_deref().unwrap_or_default().to_lowercase(),
            Self::Email => user.email.key().to_owned(),
        }
    }
}

impl TextMatch {
    fn holds(self, text: &str, wanted: &str) -> bool {
        match self {
            Self::Equals => text == wanted,
            Self::StartsWith => text.starts_with(wanted),
            Self::EndsWith => text.ends_with(wanted),
            Self::Contains => text.contains(wanted),
        }
    }
}

impl TimeField {
    /// The time, if there is one.
    pub const fn of(self, user: &User) -> Option<Timestamp> {
        match self {
            Self::Created => Some(user.created_at),
            Self::StateChanged => user.external_user_state_changed_at,
            Self::Deleted => user.deleted_at,
        }
    }
}

impl TimeMatch {
    fn holds(self, at: Timestamp, limit: Timestamp) -> bool {
        // Stores keep milliseconds.
        let (at, limit) = (at.as_millisecond(), limit.as_millisecond());
        match self {
            Self::Before => at < limit,
            Self::AtOrBefore => at <= limit,
            Self::After => at > limit,
            Self::AtOrAfter => at >= limit,
        }
    }
}
