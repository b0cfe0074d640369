//! Reading settings by path, remembering which were asked for, so that unknown ones can be named.

use super::{DEFAULT_FILE, Sources};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;
use toml::Value;

/// Prefix of environment overrides: `HOSPES__SMTP__FROM` is `smtp.from`, `HOSPES__SMTP__URL_FILE` names a file with it.
const PREFIX: &str = "HOSPES__";

pub(super) struct Reader {
    values: BTreeMap<String, Value>,
    asked: BTreeSet<&'static str>,
    problems: Vec<String>,
}

impl Reader {
    pub(super) fn open(sources: &Sources<'_>) -> Result<Self> {
        let mut values = BTreeMap::new();
        let default = Path::new(DEFAULT_FILE);
        if let Some(file) = sources.file.or_else(|| default.exists().then_some(default)) {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            let table =
                text.parse::<toml::Table>().with_context(|| format!("{} is not TOML", file.display()))?;
            flatten("", Value::Table(table), &mut values);
        }
        let mut problems = Vec::new();
        for (name, value) in &sources.environment {
            let Some(path) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let path = path.to_lowercase().replace("__", ".");
            match path.strip_suffix("_file").filter(|path| *path != "smtp.ca") {
                None => drop(values.insert(path, Value::String(value.clone()))),
                Some(path) => match std::fs::read_to_string(value) {
                    Ok(content) => {
                        drop(values.insert(path.to_owned(), Value::String(content.trim_end().to_owned())));
                    }
                    Err(error) => problems.push(format!("{name}: {value} cannot be read: {error}")),
                },
            }
        }
        Ok(Self { values, asked: BTreeSet::new(), problems })
    }

    pub(super) fn text(&mut self, path: &'static str, default: &str) -> String {
        self.asked.insert(path);
        match self.values.get(path) {
            None => default.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::Boolean(flag)) => flag.to_string(),
            Some(_) => {
                self.problem(path, "must be a single value");
                default.to_owned()
            }
        }
    }

    /// A text that may hold a password: its content never appears in a problem.
    pub(super) fn secret(&mut self, path: &'static str, default: &str) -> String {
        self.text(path, default)
    }

    pub(super) fn flag(&mut self, path: &'static str, default: bool) -> bool {
        match self.text(path, if default { "true" } else { "false" }).as_str() {
            "true" => true,
            "false" => false,
            _ => {
                self.problem(path, "must be true or false");
                default
            }
        }
    }

    pub(super) fn parsed<T: FromStr>(
        &mut self,
        path: &'static str,
        default: &str,
        expected: &str,
    ) -> Option<T> {
        let text = self.text(path, default);
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problem(path, &format!("must be {expected}"));
        }
        parsed
    }

    /// A TOML array, or a comma-separated text from the environment.
    pub(super) fn list<T: FromStr>(&mut self, path: &'static str, expected: &str) -> Vec<T> {
        self.asked.insert(path);
        let texts: Vec<String> = match self.values.get(path) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
            }
            Some(Value::String(text)) => {
                text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
            }
            Some(_) => vec![String::new()],
        };
        let mut parsed = Vec::new();
        for text in texts {
            match text.parse() {
                Ok(item) => parsed.push(item),
                Err(_) => self.problem(path, &format!("each must be {expected}, not {text:?}")),
            }
        }
        parsed
    }

    pub(super) fn problem(&mut self, path: &str, sentence: &str) {
        self.problems.push(format!("{path}: {sentence}"));
    }

    #[cfg(test)]
    pub(super) fn asked(&self) -> &BTreeSet<&'static str> {
        &self.asked
    }

    #[cfg(test)]
    pub(super) fn given(&self) -> impl Iterator<Item = &String> {
        self.values.keys()
    }

    pub(super) fn finish(mut self) -> Vec<String> {
        let unknown = self.values.keys().filter(|path| !self.asked.contains(path.as_str()));
        self.problems.extend(unknown.map(|path| format!("{path}: is not a setting")));
        self.problems
    }
}

fn flatten(prefix: &str, value: Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&path, value, into);
            }
        }
        value => drop(into.insert(prefix.to_owned(), value)),
    }
}
