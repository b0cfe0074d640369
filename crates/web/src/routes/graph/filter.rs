//! `$filter` (`OData` v4 §5.1.1), as far as Graph's `/users` has it: comparisons, `in`, `startswith`, `endswith`, `contains`,
//! joined by `and`, `or`, `not` and parentheses.

use hospes_idp::email::EmailAddress;
use hospes_idp::guest::user::ExternalUserState;
use hospes_idp::ids::UserId;
use hospes_idp::ports::user_query::{Condition, TextField, TextMatch, TimeField, TimeMatch};
use hospes_idp::tenant::Status;
use hospes_protocol::claims::UserType;
use jiff::Timestamp;
use winnow::ascii::{multispace0, multispace1};
use winnow::combinator::{alt, delimited, preceded, repeat, separated, terminated};
use winnow::token::{one_of, take_while};
use winnow::{ModalResult, Parser};

/// The longest filter, in bytes, and how deep its parentheses and negations may go.
const MOST: usize = 4096;
const DEEPEST: usize = 16;
/// The longest list of values: a database takes only so many alternatives.
const MOST_VALUES: usize = 100;

/// What a filter asks for, or a sentence about what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Condition, String> {
    // What is quoted is no structure.
    let structure: String = text.split('\'').step_by(2).collect();
    let depth = deepest(&structure) + structure.matches("not").count();
    if text.len() > MOST || depth > DEEPEST {
        return Err("$filter is too long or too deep".to_owned());
    }
    let read = delimited(multispace0, any_of, multispace0).parse(text);
    let tree = read.map_err(|error| format!("$filter is not understood at position {}", error.offset()))?;
    tree.condition()
}

/// How many parentheses are open at once.
fn deepest(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// A filter as it was written.
enum Tree {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compared(String, String, Literal),
    In(String, Vec<Literal>),
    Function(String, String, String),
}

#[derive(Clone, PartialEq)]
enum Literal {
    Text(String),
    /// `true`, `null`, a time: what they are depends on the property.
    Word(String),
}

fn any_of(input: &mut &str) -> ModalResult<Tree> {
    let or = (multispace1, "or", multispace1);
    separated(1.., all_of, or).map(|parts: Vec<Tree>| joined(parts, Tree::Any)).parse_next(input)
}

fn all_of(input: &mut &str) -> ModalResult<Tree> {
    let and = (multispace1, "and", multispace1);
    separated(1.., part, and).map(|parts: Vec<Tree>| joined(parts, Tree::All)).parse_next(input)
}

fn joined(mut parts: Vec<Tree>, with: fn(Vec<Tree>) -> Tree) -> Tree {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            with(parts)
        }
    }
}

fn part(input: &mut &str) -> ModalResult<Tree> {
    let grouped = || delimited(("(", multispace0), any_of, (multispace0, ")"));
    let negated = preceded("not", alt((preceded(multispace0, grouped()), preceded(multispace1, part))));
    alt((negated.map(|tree| Tree::Not(Box::new(tree))), grouped(), function, within, compared))
        .parse_next(input)
}

fn function(input: &mut &str) -> ModalResult<Tree> {
    let name = alt(("startswith", "startsWith", "endswith", "endsWith", "contains"));
    let comma = (multispace0, ",", multispace0);
    (terminated(name, ("(", multispace0)), terminated(word, comma), terminated(text, (multispace0, ")")))
        .map(|(name, property, text)| Tree::Function(name.to_lowercase(), property, text))
        .parse_next(input)
}

fn within(input: &mut &str) -> ModalResult<Tree> {
    let comma = (multispace0, ",", multispace0);
    let list = delimited(("(", multispace0), separated(1.., literal, comma), (multispace0, ")"));
    (terminated(word, (multispace1, "in", multispace0)), list)
        .map(|(property, values)| Tree::In(property, values))
        .parse_next(input)
}

fn compared(input: &mut &str) -> ModalResult<Tree> {
    let operator = alt(("eq", "ne", "gt", "ge", "lt", "le"));
    (terminated(word, multispace1), terminated(operator, multispace1), literal)
        .map(|(property, operator, value)| Tree::Compared(property, operator.to_owned(), value))
        .parse_next(input)
}

fn literal(input: &mut &str) -> ModalResult<Literal> {
    alt((text.map(Literal::Text), word.map(Literal::Word))).parse_next(input)
}

/// In quotes; a quote inside is doubled.
fn text(input: &mut &str) -> ModalResult<String> {
    let plain = take_while(1.., |c: char| c != '\'');
    let quote = "''".value("'");
    let inside = repeat(0.., alt((plain, quote))).fold(String::new, |text, part: &str| text + part);
    delimited("'", inside, "'").parse_next(input)
}

fn word(input: &mut &str) -> ModalResult<String> {
    let first = one_of(|c: char| c.is_ascii_alphanumeric());
    let rest = take_while(0.., |c: char| c.is_ascii_alphanumeric() || "-+:./".contains(c));
    (first, rest).take().map(str::to_owned).parse_next(input)
}

impl Tree {
    fn condition(self) -> Result<Condition, String> {
        let all = |parts: Vec<Self>| parts.into_iter().map(Self::condition).collect::<Result<Vec<_>, _>>();
        match self {
            Self::All(parts) => all(parts).map(Condition::All),
            Self::Any(parts) => all(parts).map(Condition::Any),
            Self::Not(part) => Ok(Condition::Not(Box::new(part.condition()?))),
            Self::In(_, values) if values.len() > MOST_VALUES => {
                Err(format!("$filter lists more than {MOST_VALUES} values"))
            }
            Self::In(property, values) => {
                let each = values.into_iter().map(|value| equal(&property, &value));
                each.collect::<Result<_, _>>().map(Condition::Any)
            }
            Self::Function(name, property, text) => {
                let how = match name.as_str() {
                    "startswith" => TextMatch::StartsWith,
                    "endswith" => TextMatch::EndsWith,
                    _ => TextMatch::Contains,
                };
                let field =
                    text_field(&property).ok_or_else(|| format!("{name} does not take {property}"))?;
                Ok(Condition::Text(field, how, text))
            }
            Self::Compared(property, operator, value) => match operator.as_str() {
                "eq" => equal(&property, &value),
                "ne" => Ok(Condition::Not(Box::new(equal(&property, &value)?))),
                operator => ordered(&property, operator, &value),
            },
        }
    }
}

fn text_field(property: &str) -> Option<TextField> {
    match property {
        "displayName" => Some(TextField::DisplayName),
        "mail" | "userPrincipalName" => Some(TextField::Email),
        _ => None,
    }
}

fn equal(property: &str, value: &Literal) -> Result<Condition, String> {
    let wrong = || format!("$filter compares {property} with something it never is");
    let known = match (property, value) {
        ("mail" | "userPrincipalName", Literal::Text(text)) => Some(match EmailAddress::parse(text) {
            Ok(address) => Condition::email(&address),
            Err(_) => Condition::Text(TextField::Email, TextMatch::Equals, text.clone()),
        }),
        (_, Literal::Text(text)) if text_field(property).is_some() => {
            text_field(property).map(|field| Condition::Text(field, TextMatch::Equals, text.clone()))
        }
        ("displayName", Literal::Word(null)) if null == "null" => {
            Some(Condition::Text(TextField::DisplayName, TextMatch::Equals, String::new()))
        }
        ("id", Literal::Text(id)) => UserId::parse(id).map(Condition::Id),
        ("userType", Literal::Text(kind)) => match kind.to_lowercase().as_str() {
            "guest" => Some(Condition::Type(UserType::Guest)),
            "member" => Some(Condition::Type(UserType::Member)),
            _ => None,
        },
        ("accountEnabled", Literal::Word(truth)) => match truth.as_str() {
            "true" => Some(Condition::Status(Status::Enabled)),
            "false" => Some(Condition::Status(Status::Disabled)),
            _ => None,
        },
        ("externalUserState", Literal::Text(state)) => match state.to_lowercase().as_str() {
            "pendingacceptance" => Some(Condition::State(Some(ExternalUserState::PendingAcceptance))),
            "accepted" => Some(Condition::State(Some(ExternalUserState::Accepted))),
            _ => None,
        },
        ("creationType", Literal::Text(kind)) if kind.eq_ignore_ascii_case("invitation") => {
            Some(Condition::Not(Box::new(Condition::State(None))))
        }
        ("externalUserState" | "creationType", Literal::Word(null)) if null == "null" => {
            Some(Condition::State(None))
        }
        _ if !PROPERTIES.contains(&property) => return Err(format!("$filter does not take {property}")),
        _ => return ordered_pair(property, value),
    };
    known.ok_or_else(wrong)
}

const PROPERTIES: [&str; 9] = [
    "accountEnabled",
    "createdDateTime",
    "creationType",
    "displayName",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "id",
    "mail",
    "userType",
];

/// Exactly at a time.
fn ordered_pair(property: &str, value: &Literal) -> Result<Condition, String> {
    Ok(Condition::All(vec![ordered(property, "ge", value)?, ordered(property, "le", value)?]))
}

fn ordered(property: &str, operator: &str, value: &Literal) -> Result<Condition, String> {
    let field = match property {
        "createdDateTime" => TimeField::Created,
        "externalUserStateChangeDateTime" => TimeField::StateChanged,
        _ => return Err(format!("$filter cannot compare {property} with {operator}")),
    };
    let how = match operator {
        "gt" => TimeMatch::After,
        "ge" => TimeMatch::AtOrAfter,
        "lt" => TimeMatch::Before,
        _ => TimeMatch::AtOrBefore,
    };
    let time = match value {
        Literal::Word(text) => text.parse::<Timestamp>().ok(),
        Literal::Text(_) => None,
    };
    let time =
        time.ok_or_else(|| format!("{property} is compared with a time such as 2026-01-31T00:00:00Z"))?;
    Ok(Condition::Time(field, how, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(field: TextField, how: TextMatch, text: &str) -> Condition {
        Condition::Text(field, how, text.to_owned())
    }

    fn not(condition: Condition) -> Condition {
        Condition::Not(Box::new(condition))
    }

    #[test]
    fn filters_mean_what_the_specification_says() {
        let guest = || Condition::Type(UserType::Guest);
        let pending = || Condition::State(Some(ExternalUserState::PendingAcceptance));
        let name = |how, wanted| text(TextField::DisplayName, how, wanted);
        let noon: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let rows = [
            ("userType eq 'Guest'", guest()),
            ("  userType   eq 'guest' ", guest()),
            ("userType ne 'Guest'", not(guest())),
            ("not userType eq 'Guest'", not(guest())),
            ("not(userType eq 'Guest')", not(guest())),
            ("accountEnabled eq false", Condition::Status(Status::Disabled)),
            ("externalUserState eq null", Condition::State(None)),
            ("creationType eq 'Invitation'", not(Condition::State(None))),
            ("externalUserState in ('PendingAcceptance', 'Accepted')", {
                let accepted = Condition::State(Some(ExternalUserState::Accepted));
                Condition::Any(vec![pending(), accepted])
            }),
            ("displayName eq 'O''Neill'", name(TextMatch::Equals, "O'Neill")),
            ("startswith(displayName,'Zoë')", name(TextMatch::StartsWith, "Zoë")),
            ("endsWith( mail , '@a.example' )", text(TextField::Email, TextMatch::EndsWith, "@a.example")),
            ("contains(displayName,'not (and) or')", name(TextMatch::Contains, "not (and) or")),
            (
                "createdDateTime ge 2026-01-31T12:00:00Z",
                Condition::Time(TimeField::Created, TimeMatch::AtOrAfter, noon),
            ),
            // `and` binds tighter than `or`.
            ("userType eq 'Guest' and externalUserState eq 'PendingAcceptance' or accountEnabled eq true", {
                let both = Condition::All(vec![guest(), pending()]);
                Condition::Any(vec![both, Condition::Status(Status::Enabled)])
            }),
            (
                "userType eq 'Guest' and (externalUserState eq 'PendingAcceptance' or accountEnabled eq true)",
                {
                    let either = Condition::Any(vec![pending(), Condition::Status(Status::Enabled)]);
                    Condition::All(vec![guest(), either])
                },
            ),
        ];
        for (filter, condition) in rows {
            assert_eq!(parse(filter), Ok(condition), "{filter}");
        }
    }

    #[test]
    fn api_16_what_is_no_filter_is_refused_with_a_sentence() {
        let deep = format!("{}userType eq 'Guest'{}", "(".repeat(17), ")".repeat(17));
        let long = format!("displayName eq '{}'", "x".repeat(MOST));
        for filter in [
            "",
            "x",
            "NOT userType eq 'Guest'",
            "userType",
            "userType eq",
            "userType eq 'Guest' and",
            "userType eq 'Guest' && accountEnabled eq true",
            "userType eq 'Guest' accountEnabled eq true",
            "userType eq 'Guest",
            "userType eq Guest",
            "userType eq 'Robot'",
            "userType gt 'Guest'",
            "(userType eq 'Guest'",
            "userType eq 'Guest')",
            "userType in ()",
            "accountEnabled eq 'true'",
            "createdDateTime ge '2026-01-31T12:00:00Z'",
            "createdDateTime ge yesterday",
            "startswith(userType,'G')",
            "startswith(displayName)",
            "favouriteColour eq 'blue'",
            "password eq 'x'",
            "id eq 'x'",
            "identities/any(c:c/issuer eq 'x')",
            "1 eq 1",
            "displayName eq 'x'; drop table users",
            deep.as_str(),
            long.as_str(),
        ] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }
}
