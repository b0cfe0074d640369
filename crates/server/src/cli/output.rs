//! What commands print: the documents of the API as JSON, or the same as aligned text.

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// Aligned columns.
    #[default]
    Text,
    /// The documents of the REST API.
    Json,
}

impl Output {
    /// One object.
    pub(super) fn one(self, document: &impl Serialize) -> Result<String> {
        let document = serde_json::to_value(document)?;
        match (self, &document) {
            (Self::Text, Value::Object(members)) => {
                let row = |(name, value): (&String, &Value)| vec![name.clone(), cell(value)];
                Ok(align(&members.iter().map(row).collect::<Vec<_>>()))
            }
            _ => Ok(format!("{document:#}")),
        }
    }

    /// A list; as text, these members of each.
    pub(super) fn list<T: Serialize>(self, items: &[T], columns: &[&str]) -> Result<String> {
        let items = serde_json::to_value(items)?;
        if self == Self::Json {
            return Ok(format!("{:#}", serde_json::json!({"items": items, "next": null})));
        }
        let header = columns.iter().map(|column| (*column).to_owned()).collect();
        let row = |item: &Value| -> Vec<String> {
            columns.iter().map(|column| item.get(column).map(cell).unwrap_or_default()).collect()
        };
        let rows = items.as_array().into_iter().flatten().map(row);
        Ok(align(&std::iter::once(header).chain(rows).collect::<Vec<_>>()))
    }
}

/// A value in a cell. What others chose may hold control characters, which must not reach a terminal.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_align_and_controls_do_not_reach_the_terminal() {
        let items =
            [json!({"id": "a", "name": "Zoë\u{1b}[31m", "more": 1}), json!({"id": "long", "name": null})];
        let text = Output::Text.list(&items, &["id", "name"]).unwrap();
        assert_eq!(text, "id    name\na     Zoë\u{fffd}[31m\nlong  -");
    }

    #[test]
    fn json_is_the_page_of_the_api() {
        let text = Output::Json.list(&[json!({"id": 1})], &["id"]).unwrap();
        let page: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(page, json!({"items": [{"id": 1}], "next": null}));
    }
}
