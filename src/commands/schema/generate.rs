//! Schemas of our types, tidied.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Collects the schemas of types that are sent and of types that are received.
///
/// The two differ in what is required: a field with a default may be left out by a client, but the server always
/// sends it.
pub(super) struct Types {
    sent: SchemaGenerator,
    received: SchemaGenerator,
}

impl Types {
    /// An empty collection whose members refer to each other by `path`, such as `/$defs`.
    pub(super) fn new(path: &'static str) -> Self {
        let settings = || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = path.into());
        Self {
            sent: settings().for_serialize().into_generator(),
            received: settings().for_deserialize().into_generator(),
        }
    }

    /// Adds a type that the server sends.
    pub(super) fn sends<T: JsonSchema>(&mut self) -> &mut Self {
        self.sent(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Adds a type that the server receives.
    pub(super) fn receives<T: JsonSchema>(&mut self) -> &mut Self {
        self.received(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Adds what `schema` needs, and gives the schema, for what the server sends.
    pub(super) fn sent(&mut self, schema: impl FnOnce(&mut SchemaGenerator) -> Schema) -> Value {
        tidied(schema(&mut self.sent))
    }

    /// Adds what `schema` needs, and gives the schema, for what the server receives.
    pub(super) fn received(&mut self, schema: impl FnOnce(&mut SchemaGenerator) -> Schema) -> Value {
        tidied(schema(&mut self.received))
    }

    /// All that was added, by name, in order.
    pub(super) fn definitions(mut self) -> Result<Map<String, Value>> {
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        let both = [self.sent.take_definitions(true), self.received.take_definitions(true)];
        for (name, mut schema) in both.into_iter().flatten() {
            tidy(&mut schema);
            match all.get(&name) {
                Some(other) if *other != schema => {
                    return Err(Error::internal(format!(
                        "the type {name} is not the same when sent and when received"
                    )));
                }
                _ => all.insert(name, schema),
            };
        }
        Ok(all.into_iter().collect())
    }
}

fn tidied(schema: Schema) -> Value {
    let mut value = schema.to_value();
    tidy(&mut value);
    value
}

/// Makes a schema fit to be read. `null` goes wherever it stands beside something else, and as a default: what is absent
/// is left out here, not sent as `null`. The lines of a doc comment become one.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(schema) => {
            schema.retain(|key, value| !(key == "default" && value.is_null()));
            drop_null_type(schema);
            drop_null_alternative(schema);
            if let Some(Value::String(text)) = schema.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            schema.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

/// `{"type": ["string", "null"]}` is `{"type": "string"}`.
fn drop_null_type(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get_mut("type") else { return };
    types.retain(|name| name != "null");
    if let [only] = types.as_slice() {
        let only = only.clone();
        schema.insert("type".to_owned(), only);
    }
}

/// `{"anyOf": [A, {"type": "null"}]}` is `A`.
fn drop_null_alternative(schema: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") else { return };
    let before = alternatives.len();
    alternatives.retain(|alternative| alternative.get("type").is_none_or(|name| name != "null"));
    if alternatives.len() == before {
        return;
    }
    if let [Value::Object(only)] = alternatives.as_slice() {
        let only = only.clone();
        schema.remove("anyOf");
        schema.extend(only);
    }
}
