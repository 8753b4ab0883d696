//! Reads types out of a tree by serde, and says precisely what is wrong with it.
//!
//! serde tells a deserializer which fields a struct has, so here, and only here, it is known which keys exist, which
//! are spelled in camelCase, and which are names that a person gave and are left as they are.

use std::borrow::Cow;
use std::vec;

use serde::de::value::CowStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::Fault;
use super::tree::{Entry, Node, Value, joined};

/// How a source spells the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `max_line_bytes`, as in TOML.
    Snake,
    /// `maxLineBytes`, as in JSON.
    Camel,
}

impl Spelling {
    pub(super) fn spell(self, field: &'static str) -> Cow<'static, str> {
        if self == Self::Snake {
            return field.into();
        }
        let mut words = field.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| name + &word[..1].to_ascii_uppercase() + &word[1..]).into()
    }
}

/// Reads a `T` out of the tree.
pub(super) fn read<T: DeserializeOwned>(node: &Node, spelling: Spelling) -> Result<T, Fault> {
    T::deserialize(Reader { node, key: String::new(), spelling }).map_err(|fault| fault.at("", None))
}

/// Stands at one node; `key` is the full path to it.
struct Reader<'a> {
    node: &'a Node,
    key: String,
    spelling: Spelling,
}

impl<'a> Reader<'a> {
    /// The entries, where this can be taken for a table: Lua encodes an empty table as an empty list.
    fn entries(&self) -> Option<&'a [Entry]> {
        match &self.node.value {
            Value::Table(entries) => Some(entries),
            Value::List(items) if items.is_empty() => Some(&[]),
            _ => None,
        }
    }

    fn table(self, entries: Vec<(Cow<'a, str>, &'a Entry)>) -> Table<'a> {
        Table { prefix: self.key, spelling: self.spelling, entries: entries.into_iter(), value: None }
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_str(text),
            Value::Other(what) => Err(de::Error::invalid_type(de::Unexpected::Other(what), &visitor)),
            Value::Table(_) => self.deserialize_map(visitor),
            Value::List(items) => {
                visitor.visit_seq(List { prefix: self.key, spelling: self.spelling, items: items.iter().enumerate() })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Some(entries) = self.entries() else { return self.deserialize_any(visitor) };
        let named = entries.iter().map(|entry| (Cow::Borrowed(entry.key.as_str()), entry)).collect();
        visitor.visit_map(self.table(named))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Some(entries) = self.entries() else { return self.deserialize_any(visitor) };
        let spelled: Vec<_> = fields.iter().map(|field| (self.spelling.spell(field), *field)).collect();
        let mut named = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some((_, field)) = spelled.iter().find(|(name, _)| *name == entry.key) else {
                let known = spelled.iter().map(|(name, _)| name.as_ref());
                return Err(Fault::unknown_key(&self.key, entry, known));
            };
            named.push((Cow::Borrowed(*field), entry));
        }
        visitor.visit_map(self.table(named))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct newtype_struct seq tuple tuple_struct identifier ignored_any
    }
}

/// The rest of a table, each entry under the name that serde knows it by.
struct Table<'a> {
    prefix: String,
    spelling: Spelling,
    entries: vec::IntoIter<(Cow<'a, str>, &'a Entry)>,
    value: Option<&'a Entry>,
}

impl<'de> de::MapAccess<'de> for Table<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((name, entry)) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry);
        seed.deserialize(CowStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let entry = self.value.take().ok_or_else(|| <Fault as de::Error>::custom("was read out of turn"))?;
        let key = joined(&self.prefix, &entry.key);
        let reader = Reader { node: &entry.node, key: key.clone(), spelling: self.spelling };
        seed.deserialize(reader).map_err(|fault| fault.at(&key, entry.node.line))
    }
}

/// The rest of a list.
struct List<'a> {
    prefix: String,
    spelling: Spelling,
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'de> de::SeqAccess<'de> for List<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        let key = format!("{}[{index}]", self.prefix);
        let reader = Reader { node, key: key.clone(), spelling: self.spelling };
        seed.deserialize(reader).map(Some).map_err(|fault| fault.at(&key, node.line))
    }
}
