//! A source as it was written: values with their lines, alike for TOML and JSON.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    /// The line it begins in, from one; JSON comes without.
    pub(super) line: Option<usize>,
}

/// What a source can say.
#[derive(Debug)]
pub(super) enum Value {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// What no key takes, by its name.
    Other(&'static str),
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// The line of the key, from one.
    pub(super) line: Option<usize>,
    pub(super) node: Node,
}

impl Node {
    /// Parses the text of the file `name`.
    pub(super) fn from_toml(text: &str, name: &str) -> Result<Self> {
        let lines = Lines(text);
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| lines.of(&span));
            let at = line.map_or_else(String::new, |line| format!(", line {line}"));
            let error = Error::invalid_params(format!("{name}{at} is not TOML: {}", error.message()));
            error.detail("file", name).detail("line", line)
        })?;
        Ok(Self { value: lines.table(table.get_ref()), line: None })
    }

    /// The same of what a client sent. `null` is taken for an absent key.
    pub(super) fn from_json(json: &serde_json::Value) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Table(Vec::new()),
            other => json_value(other),
        };
        Self { value, line: None }
    }

    /// The entry under a key, where this is a table that has it.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Removes all but the keys in `keep` and what is below them; says what was removed, in as few names as possible.
    pub(super) fn prune(&mut self, keep: &[&str]) -> Vec<String> {
        let mut removed = Vec::new();
        prune(self, "", keep, &mut removed);
        removed
    }
}

fn prune(node: &mut Node, prefix: &str, keep: &[&str], removed: &mut Vec<String>) {
    let Value::Table(entries) = &mut node.value else { return };
    entries.retain_mut(|entry| {
        let path = joined(prefix, &entry.key);
        if keep.contains(&path.as_str()) {
            return true;
        }
        let on_the_way = keep.iter().any(|kept| kept.strip_prefix(&path).is_some_and(|rest| rest.starts_with('.')));
        if on_the_way {
            prune(&mut entry.node, &path, keep, removed);
        } else {
            removed.push(path);
        }
        on_the_way
    });
}

/// The full path of `key` below `prefix`.
pub(super) fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// The text that spans point into.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn of(&self, span: &Range<usize>) -> usize {
        self.0.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
    }

    fn node(&self, spanned: &Spanned<DeValue<'_>>) -> Node {
        let value = match spanned.get_ref() {
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number that is too large"), Value::Integer),
            DeValue::Float(number) => number.as_str().parse().map_or(Value::Other("a number"), Value::Float),
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => self.table(table),
        };
        Node { value, line: Some(self.of(&spanned.span())) }
    }

    fn table(&self, table: &DeTable<'_>) -> Value {
        let entry = |(key, value): (&Spanned<_>, _)| Entry {
            key: String::from(AsRef::<str>::as_ref(key.get_ref())),
            line: Some(self.of(&key.span())),
            node: self.node(value),
        };
        Value::Table(table.iter().map(entry).collect())
    }
}

fn json_value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Other("null"),
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(float)) => Value::Float(float),
            (None, None) => Value::Other("a number that is too large"),
        },
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => {
            Value::List(items.iter().map(|item| Node { value: json_value(item), line: None }).collect())
        }
        serde_json::Value::Object(fields) => {
            let entry = |(key, value): (&String, &serde_json::Value)| Entry {
                key: key.clone(),
                line: None,
                node: Node { value: json_value(value), line: None },
            };
            Value::Table(fields.iter().filter(|(_, value)| !value.is_null()).map(entry).collect())
        }
    }
}
