//! Who may use whom: the rule of `src/lib.rs`, kept by reading the sources.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What each part may use, beside itself and what anyone may.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["commands"]),
    // Commands are where everything is put together: they turn the configuration into the settings of each part.
    ("commands", &["config", "rpc", "service", "claude", "store", "context", "demo", "protocol"]),
    ("rpc", &["service", "protocol"]),
    ("service", &["claude", "store", "context", "protocol"]),
    ("config", &[]),
    ("protocol", &[]),
    ("context", &["optuna"]),
    ("claude", &[]),
    ("demo", &[]),
    ("store", &[]),
    ("optuna", &[]),
    ("ids", &[]),
    ("error", &[]),
    ("time", &[]),
    ("redact", &[]),
];

/// The vocabulary.
const ANYONE_MAY_USE: &[&str] = &["ids", "error", "time", "redact"];

/// Libraries that only one part may name, or two.
const CONFINED: &[(&str, &str)] = &[
    ("anstream", "commands"),
    ("anstyle", "commands"),
    ("clap", "commands"),
    ("clap_complete", "commands"),
    ("clap_mangen", "commands"),
    ("etcetera", "config"),
    ("jsonrpsee", "rpc"),
    ("rusqlite", "store"),
    // Its own connection, read-only: what it reads is another program's.
    ("rusqlite", "optuna"),
    ("rusqlite_migration", "store"),
    ("rustyline", "commands"),
    ("serde_path_to_error", "rpc"),
    ("sha2", "context"),
    ("similar", "commands"),
    ("strsim", "config"),
    ("sysinfo", "claude"),
    ("toml", "config"),
    ("tower_lsp", "rpc"),
    ("tower_service", "rpc"),
    ("tracing_subscriber", "commands"),
    ("unicode_normalization", "store"),
    ("unicode_width", "commands"),
    ("zstd", "store"),
];

#[test]
fn no_module_uses_what_the_architecture_forbids() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut breaches = String::new();
    for path in rust_files(&src).unwrap() {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        for breach in check(&name, &fs::read_to_string(&path).unwrap()) {
            writeln!(breaches, "{breach}").unwrap();
        }
    }
    assert!(breaches.is_empty(), "\n{breaches}");
}

#[test]
fn a_forbidden_use_is_found_however_it_is_written() {
    let found = |source: &str| check("store/rows.rs", source);
    let forbidden = "store may not use protocol";
    for source in [
        "use crate::protocol::session::Session;",
        "use crate::{error::Error, protocol};",
        "use crate::{\n    ids::{SessionId, TurnId},\n    protocol::{turn::Turn, usage},\n};",
        "fn f() -> crate::protocol::Turn {}",
        "use claude_bridge::protocol;",
        "use super::super::protocol::turn;",
        "mod tests { fn f() {} use super::super::super::protocol; }",
    ] {
        let breaches = found(source);
        assert!(breaches.len() == 1 && breaches[0].contains(forbidden), "{source}: {breaches:?}");
    }
    let two_lines_on = found("use std::fs;\n\nuse crate::service;");
    assert_eq!(two_lines_on, ["src/store/rows.rs:3: store may not use service"]);
    assert_eq!(check("brand_new.rs", ""), ["src/brand_new.rs: brand_new has no rule in tests/it/architecture.rs"]);
}

#[test]
fn a_library_outside_of_its_module_is_found() {
    for source in ["use rusqlite::Connection;", "fn f(c: &rusqlite::Connection) {}", "use rusqlite as sql;"] {
        let breaches = check("service/mod.rs", source);
        assert_eq!(breaches, ["src/service/mod.rs:1: rusqlite belongs to store and optuna alone"], "{source}");
        assert_eq!(check("store/mod.rs", source), [""; 0]);
    }
}

#[test]
fn what_is_allowed_and_what_is_only_talked_about_passes() {
    for source in [
        "use crate::error::{Error, Result};\nuse crate::ids::SessionId;\nuse crate::time::Timestamp;",
        "use crate::store::rows;\nuse super::rows;\nmod tests { use super::*; use super::super::rows; }",
        "// use crate::service;\n/* crate::rpc::x /* rusqlite::y */ */ //! [`crate::protocol`]",
        "const A: &str = \"use crate::service; \\\" rusqlite::x\"; const B: &str = r#\"crate::rpc\"#; const C: char = '\"';",
        "fn f<'a>(toml: &'a str) { let clap = toml; }",
        "pub(crate) fn f() {}",
    ] {
        assert_eq!(check("store/rows.rs", source), [""; 0], "{source}");
    }
}

fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The breaches in the file `name`, a path below `src`, each with its line.
fn check(name: &str, source: &str) -> Vec<String> {
    let part = name.split('/').next().unwrap_or(name).trim_end_matches(".rs");
    if part == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = MAY_USE.iter().find(|(user, _)| *user == part) else {
        return vec![format!("src/{name}: {part} has no rule in tests/it/architecture.rs")];
    };
    let mut breaches = Vec::new();
    let tokens = tokens(source);
    for (used, line) in uses(&tokens, depth_of(name)) {
        if used != part && !allowed.contains(&used) && !ANYONE_MAY_USE.contains(&used) {
            breaches.push(format!("src/{name}:{line}: {part} may not use {used}"));
        }
    }
    for (library, line) in libraries(&tokens) {
        let owners: Vec<_> = CONFINED.iter().filter(|(name, _)| *name == library).map(|(_, owner)| *owner).collect();
        if !owners.is_empty() && !owners.contains(&part) {
            breaches.push(format!("src/{name}:{line}: {library} belongs to {} alone", owners.join(" and ")));
        }
    }
    breaches
}

/// How many modules deep a file is: one for `error.rs` and `store/mod.rs`, two for `store/rows.rs`.
fn depth_of(name: &str) -> usize {
    name.trim_end_matches("/mod.rs").split('/').count()
}

/// A word or a sign of the source, and its line.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// The words and signs of Rust source, without comments and without what is inside of strings. `::` is one sign.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let line = source[..source.len() - rest.len()].matches('\n').count() + 1;
        let length = skipped(rest);
        if length > 0 {
            rest = &rest[length..];
            continue;
        }
        let length = word(rest);
        tokens.push(Token { text: &rest[..length], line });
        rest = &rest[length..];
    }
    tokens
}

/// The length of the white space, comment, string or character that `text` begins with, if it does.
fn skipped(text: &str) -> usize {
    let until = |end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
    match text.as_bytes() {
        [first, ..] if first.is_ascii_whitespace() => 1,
        [b'/', b'/', ..] => until("\n"),
        [b'/', b'*', ..] => block_comment(text),
        [b'"', ..] => quoted(text, '"'),
        [b'\'', b'\\', ..] => quoted(text, '\''),
        [b'\'', ..] if text.chars().nth(2) == Some('\'') => text.chars().take(3).map(char::len_utf8).sum(),
        [b'r', b'"' | b'#', ..] => raw_string(text),
        _ => 0,
    }
}

fn block_comment(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        (at, depth) = (at + step, depth + change);
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == quote && !escaped {
            return at + 1;
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

/// Zero for `r#type`, which is a name.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let start = 1 + hashes;
    if text.as_bytes().get(start) != Some(&b'"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    text[start + 1..].find(&end).map_or(text.len(), |at| start + 1 + at + end.len())
}

fn word(text: &str) -> usize {
    let name = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    match name {
        0 if text.starts_with("::") => 2,
        0 => text.chars().next().map_or(1, char::len_utf8),
        length => length,
    }
}

/// The parts of the crate that the tokens name, by `crate::`, by the crate's own name, or by enough `super`s.
fn uses<'a>(tokens: &[Token<'a>], depth: usize) -> Vec<(&'a str, usize)> {
    let mut used = Vec::new();
    // For each open brace, whether it opened a module.
    let mut braces: Vec<bool> = Vec::new();
    for at in 0..tokens.len() {
        match tokens[at].text {
            "{" => braces.push(at >= 2 && tokens[at - 2].text == "mod"),
            "}" => {
                braces.pop();
            }
            "super" if at < 2 || tokens[at - 2].text != "super" => {
                let supers = tokens[at..].iter().step_by(2).take_while(|token| token.text == "super").count();
                if supers == depth + braces.iter().filter(|is_module| **is_module).count() {
                    used.extend(heads(&tokens[at + 2 * supers..]));
                }
            }
            "crate" | "claude_bridge" if next_is(tokens, at, "::") => used.extend(heads(&tokens[at + 2..])),
            _ => {}
        }
    }
    used
}

/// The first names of what follows a path: one, or those of each branch of a `{…}`.
fn heads<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, usize)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.text != "{" {
        return vec![(first.text, first.line)];
    }
    let (mut heads, mut depth, mut begins) = (Vec::new(), 0, false);
    for token in tokens {
        match token.text {
            "{" => (depth, begins) = (depth + 1, depth == 0),
            "}" => depth -= 1,
            "," => begins = depth == 1,
            name if begins => {
                heads.push((name, token.line));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// The names that begin a path from outside of the crate: `name::…` and `use name`.
fn libraries<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, usize)> {
    let begins_path = |at: usize| {
        let before = at.checked_sub(1).map_or("", |before| tokens[before].text);
        before == "use" || (next_is(tokens, at, "::") && before != "::")
    };
    (0..tokens.len()).filter(|at| begins_path(*at)).map(|at| (tokens[at].text, tokens[at].line)).collect()
}

fn next_is(tokens: &[Token<'_>], at: usize, text: &str) -> bool {
    tokens.get(at + 1).is_some_and(|token| token.text == text)
}
