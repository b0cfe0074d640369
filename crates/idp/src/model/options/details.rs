//! Types of authorization details (RFC 9396): what clients may ask for beyond scopes, described once for checking it and for
//! telling people in words.

use hospes_protocol::OAuthError;
use hospes_protocol::authorization_details::{AuthorizationDetail, invalid_details};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The most types, and fields of one.
const MOST: usize = 64;
/// How deep objects lie in each other.
const MAX_DEPTH: usize = 3;

/// What clients of the tenant may ask for in `authorization_details` (RFC 9396).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DetailRules {
    /// The types there are.
    pub types: Vec<DetailType>,
}

/// One type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DetailType {
    /// The value of `type`.
    pub name: String,
    /// What it allows, as people are asked: "Make a payment".
    pub title: String,
    /// The resource it concerns (RFC 8707): tokens for other resources do not tell of it.
    #[serde(default)]
    pub resource: Option<String>,
    /// What it may say; anything else is refused.
    #[serde(default)]
    pub fields: Vec<DetailField>,
}

/// A member of the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DetailField {
    /// As in the object.
    pub name: String,
    /// What it is called where people are asked: "Amount".
    pub label: String,
    /// Whether the object needs it.
    #[serde(default)]
    pub required: bool,
    /// What it holds.
    pub value: DetailValue,
}

/// What a member holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum DetailValue {
    /// A text, one of these if there are any.
    Text {
        /// Empty: any.
        #[serde(default)]
        among: Vec<String>,
    },
    /// Texts, each one of these if there are any: `actions`, `locations`, `datatypes` (RFC 9396 §2.2).
    Texts {
        /// Empty: any.
        #[serde(default)]
        among: Vec<String>,
    },
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// An object.
    Object {
        /// Its members.
        #[schema(no_recursion)]
        fields: Vec<DetailField>,
    },
}

impl DetailRules {
    /// The type of this name.
    pub fn find(&self, name: &str) -> Option<&DetailType> {
        self.types.iter().find(|known| known.name == name)
    }

    /// All of them are known, fit and are among what a client may ask for, or the request is refused.
    pub fn check(&self, allowed: &[String], details: &[AuthorizationDetail]) -> Result<(), OAuthError> {
        for detail in details {
            let known = self.find(&detail.kind).filter(|known| allowed.contains(&known.name));
            let known =
                known.ok_or_else(|| invalid_details("the type is unknown, or not for this client"))?;
            if !known.fits(detail) {
                return Err(invalid_details("an object does not fit its type"));
            }
        }
        Ok(())
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let blank = |text: &str| text.trim().is_empty() || text.chars().any(char::is_control);
        if self.types.len() > MOST {
            problems.push(format!("there may be at most {MOST} types of authorization details"));
        }
        for (at, known) in self.types.iter().enumerate() {
            if blank(&known.name) || blank(&known.title) {
                problems.push("a type of authorization details has no name or title".to_owned());
            }
            if self.types.iter().skip(at + 1).any(|other| other.name == known.name) {
                problems.push(format!("the type {:?} is there twice", known.name));
            }
            if !are_described(&known.fields, MAX_DEPTH) {
                problems.push(format!(
                    "the type {:?} needs fields with names and labels, each once, at most {MAX_DEPTH} deep",
                    known.name
                ));
            }
        }
        problems
    }
}

fn are_described(fields: &[DetailField], depth: usize) -> bool {
    let is_described = |(at, field): (usize, &DetailField)| {
        let once = fields.iter().skip(at + 1).all(|other| other.name != field.name);
        let inside = match &field.value {
            DetailValue::Object { fields } => are_described(fields, depth.saturating_sub(1)),
            _ => true,
        };
        once && inside && field.name != "type" && !field.name.is_empty() && !field.label.trim().is_empty()
    };
    depth > 0 && fields.len() <= MOST && fields.iter().enumerate().all(is_described)
}

impl DetailType {
    /// Whether the object says what this type may say, and all it must.
    pub fn fits(&self, detail: &AuthorizationDetail) -> bool {
        detail.kind == self.name && fit(&self.fields, &detail.fields)
    }

    /// What the object says, as labels and values.
    pub fn in_words(&self, detail: &AuthorizationDetail) -> Vec<(String, String)> {
        tell(&self.fields, &detail.fields)
    }
}

fn fit(fields: &[DetailField], object: &Map<String, Value>) -> bool {
    let complete = fields.iter().all(|field| !field.required || object.contains_key(&field.name));
    let fits = |(name, value): (&String, &Value)| {
        fields.iter().find(|field| field.name == *name).is_some_and(|field| field.value.takes(value))
    };
    complete && object.iter().all(fits)
}

fn tell(fields: &[DetailField], object: &Map<String, Value>) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for field in fields {
        match (object.get(&field.name), &field.value) {
            (None, _) => {}
            (Some(Value::Object(inner)), DetailValue::Object { fields }) => told.extend(tell(fields, inner)),
            (Some(value), _) => told.push((field.label.clone(), words(value))),
        }
    }
    told
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

impl DetailValue {
    fn takes(&self, value: &Value) -> bool {
        let is_among = |among: &[String], value: &Value| {
            let text = value.as_str().filter(|text| !text.chars().any(char::is_control));
            text.is_some_and(|text| among.is_empty() || among.iter().any(|allowed| allowed == text))
        };
        match self {
            Self::Text { among } => is_among(among, value),
            Self::Texts { among } => {
                let values = value.as_array().filter(|values| !values.is_empty());
                values.is_some_and(|values| values.iter().all(|value| is_among(among, value)))
            }
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::Object { fields } => value.as_object().is_some_and(|object| fit(fields, object)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payment() -> DetailType {
        serde_json::from_value(json!({
            "name": "payment", "title": "Make a payment",
            "fields": [
                {"name": "actions", "label": "May", "value": {"kind": "texts", "among": ["initiate", "cancel"]}},
                {"name": "amount", "label": "Amount", "required": true, "value": {"kind": "object", "fields": [
                    {"name": "currency", "label": "Currency", "required": true, "value": {"kind": "text", "among": ["EUR", "NOK"]}},
                    {"name": "value", "label": "Amount", "required": true, "value": {"kind": "text"}},
                ]}},
                {"name": "times", "label": "How often", "value": {"kind": "integer"}},
                {"name": "urgent", "label": "Urgent", "value": {"kind": "boolean"}},
            ],
        }))
        .unwrap()
    }

    fn detail(value: Value) -> AuthorizationDetail {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn rfc9396_5_what_fits_a_type() {
        let amount = json!({"currency": "EUR", "value": "12.00"});
        for good in [
            json!({"type": "payment", "amount": amount}),
            json!({"type": "payment", "amount": amount, "actions": ["cancel", "initiate"], "times": 3, "urgent": false}),
        ] {
            assert!(payment().fits(&detail(good.clone())), "{good}");
        }
        for bad in [
            json!({"type": "payments", "amount": amount}),
            json!({"type": "payment"}),
            json!({"type": "payment", "amount": "12.00 EUR"}),
            json!({"type": "payment", "amount": {"currency": "EUR"}}),
            json!({"type": "payment", "amount": {"currency": "USD", "value": "1"}}),
            json!({"type": "payment", "amount": {"currency": "EUR", "value": "1", "to": "me"}}),
            json!({"type": "payment", "amount": {"currency": "EUR", "value": "1\n\n"}}),
            json!({"type": "payment", "amount": amount, "actions": []}),
            json!({"type": "payment", "amount": amount, "actions": ["refund"]}),
            json!({"type": "payment", "amount": amount, "actions": "cancel"}),
            json!({"type": "payment", "amount": amount, "times": "3"}),
            json!({"type": "payment", "amount": amount, "times": 1.5}),
            json!({"type": "payment", "amount": amount, "urgent": 1}),
            json!({"type": "payment", "amount": amount, "note": null}),
        ] {
            assert!(!payment().fits(&detail(bad.clone())), "{bad}");
        }
    }

    #[test]
    fn people_read_labels_and_values_in_the_order_of_the_type() {
        let asked = detail(json!({
            "type": "payment", "urgent": true, "times": 3, "amount": {"value": "12.00", "currency": "EUR"},
            "actions": ["initiate", "cancel"],
        }));
        let words = payment().in_words(&asked);
        let words: Vec<_> = words.iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(
            words,
            ["May: initiate, cancel", "Currency: EUR", "Amount: 12.00", "How often: 3", "Urgent: yes"]
        );
    }

    #[test]
    fn types_are_described_whole() {
        let rules = |types: Vec<DetailType>| DetailRules { types }.problems().len();
        assert_eq!(rules(vec![payment()]), 0);
        assert_eq!(rules(vec![payment(), payment()]), 1);
        assert_eq!(rules(vec![DetailType { title: " ".into(), ..payment() }]), 1);
        let field =
            |name: &str, value| DetailField { name: name.into(), label: "L".into(), required: false, value };
        let inside = |value| DetailValue::Object { fields: vec![field("x", value)] };
        let deep = inside(inside(inside(DetailValue::Boolean)));
        for bad in [
            vec![field("type", DetailValue::Integer)],
            vec![field("a", DetailValue::Integer), field("a", DetailValue::Boolean)],
            vec![field("", DetailValue::Integer)],
            vec![field("a", deep)],
        ] {
            assert_eq!(rules(vec![DetailType { fields: bad.clone(), ..payment() }]), 1, "{bad:?}");
        }
    }
}
