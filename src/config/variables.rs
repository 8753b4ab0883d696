//! `${NAME}` and `${NAME:-default}` in the MCP servers of a source, as the Claude CLI's own configuration has them.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::tree::{Node, Value, joined};

/// The environment that the names are looked up in.
pub type Variables = BTreeMap<String, String>;

/// The environment of this process, as far as it is text.
#[must_use]
pub fn of_this_process() -> Variables {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Puts the variables' values into every text below the table `key` of a source.
pub(super) fn expand(tree: &mut Node, key: &str, variables: &Variables) -> Result<(), Fault> {
    let Value::Table(entries) = &mut tree.value else { return Ok(()) };
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => expand_below(&mut entry.node, key, variables),
        None => Ok(()),
    }
}

fn expand_below(node: &mut Node, key: &str, variables: &Variables) -> Result<(), Fault> {
    match &mut node.value {
        Value::Text(text) => {
            *text = expanded(text, variables).map_err(|fault| fault.at(key, node.line))?;
            Ok(())
        }
        Value::List(items) => {
            let mut items = items.iter_mut().enumerate();
            items.try_for_each(|(index, item)| expand_below(item, &format!("{key}[{index}]"), variables))
        }
        Value::Table(entries) => {
            let mut entries = entries.iter_mut();
            entries.try_for_each(|entry| expand_below(&mut entry.node, &joined(key, &entry.key), variables))
        }
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Other(_) => Ok(()),
    }
}

fn expanded(text: &str, variables: &Variables) -> Result<String, Fault> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match reference(from) {
            Some((name, default, length)) => {
                let value = variables.get(name).map(String::as_str).or(default);
                out.push_str(value.ok_or_else(|| Fault::missing_variable(name))?);
                rest = &from[length..];
            }
            // Not a reference: stays as it is.
            None => {
                out.push_str("${");
                rest = &from[2..];
            }
        }
    }
    Ok(out + rest)
}

/// The name, the default and the length of the reference that `text` begins with, if it does.
fn reference(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let length = text.find('}')? + 1;
    let inner = &text[2..length - 1];
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = begins_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, default, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_defaults_are_put_in_and_all_else_stays() {
        let variables = Variables::from([("A".to_owned(), "x${B}".to_owned()), ("EMPTY".to_owned(), String::new())]);
        let cases = [
            ("plain", "plain"),
            ("${A}", "x${B}"),
            ("<${A}|${A}>", "<x${B}|x${B}>"),
            ("${NONE:-http://h:1/}", "http://h:1/"),
            ("${NONE:-}", ""),
            ("${EMPTY:-default}", ""),
            ("$A $${A}", "$A $x${B}"),
            ("${} ${1} ${a b} ${A", "${} ${1} ${a b} ${A"),
            ("ü${A}ü", "üx${B}ü"),
        ];
        for (text, wanted) in cases {
            assert_eq!(expanded(text, &variables).unwrap(), wanted, "{text}");
        }
    }
}
