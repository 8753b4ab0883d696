//! What is wrong with a configuration, in words for whoever wrote it.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::tree::{Entry, joined};
use crate::error::Error;

/// A fault, the key it is at, and its line.
#[derive(Debug)]
pub(super) struct Fault {
    /// What is said of the key: "is not a key".
    problem: String,
    hint: Option<String>,
    /// Filled in on the way out, by whoever knows it first.
    place: Option<Place>,
}

#[derive(Debug)]
struct Place {
    key: String,
    line: Option<usize>,
}

impl Fault {
    /// A key that does not exist under `prefix`, where `known` do.
    pub(super) fn unknown_key<'a>(prefix: &str, entry: &Entry, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        let hint = match nearest(&entry.key, known.clone()) {
            Some(near) => format!("did you mean {}?", joined(prefix, near)),
            None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
        };
        let fault = Self { problem: "is not a key".to_owned(), hint: Some(hint), place: None };
        fault.at(&joined(prefix, &entry.key), entry.line)
    }

    /// A variable that a text names and the environment has not.
    pub(super) fn missing_variable(name: &str) -> Self {
        let problem = format!("names ${{{name}}}, which is not set in the environment");
        Self { problem, hint: Some(format!("set it, or give a default: ${{{name}:-default}}")), place: None }
    }

    /// The name of an MCP server that is our own.
    pub(super) fn taken_name() -> Self {
        let problem = "has the name of claude-bridge's own MCP server, which has the client's tools".to_owned();
        Self { problem, hint: Some("give it another name".to_owned()), place: None }
    }

    /// Says where it is, unless that is known more precisely.
    pub(super) fn at(mut self, key: &str, line: Option<usize>) -> Self {
        self.place.get_or_insert_with(|| Place { key: key.to_owned(), line });
        self
    }

    /// The error for people and programs; `source` is the file, or what stands for it.
    pub(super) fn into_error(self, source: &str) -> Error {
        let Place { key, line } = self.place.unwrap_or(Place { key: String::new(), line: None });
        let at = line.map_or_else(String::new, |line| format!(", line {line}"));
        let subject = if key.is_empty() { String::new() } else { format!(": {key}") };
        let mut error = Error::invalid_params(format!("{source}{at}{subject} {}", self.problem))
            .detail("file", source)
            .detail("key", key);
        if let Some(line) = line {
            error = error.detail("line", line);
        }
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The known name that `name` was probably meant to be.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate));
    let (likeness, best) = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (likeness >= 0.5).then_some(best)
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self { problem: problem.to_string(), hint: None, place: None }
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::custom(format!("is {}, but must be {}", in_words(found), wanted_in_words(&wanted.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        let names: Vec<_> = known.iter().map(|name| format!("\"{name}\"")).collect();
        let problem = format!("is \"{found}\", but must be {}", names.join(" or "));
        let hint = nearest(found, known.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
        Self { problem, hint, place: None }
    }
}

fn in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Bool(flag) => flag.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Other(what) => what.to_owned(),
        other => other.to_string(),
    }
}

/// serde's own names of types, in those of people who write TOML.
fn wanted_in_words(wanted: &str) -> &str {
    match wanted {
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        "a string" => "text",
        "path string" => "a path",
        "usize" => "a whole number that is not negative",
        "a nonzero usize" => "a whole number above zero",
        other => other,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Fault {}
