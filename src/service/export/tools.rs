//! A tool call, folded: what was asked for, what came of it.

use std::path::Path;

use serde_json::Value;

use super::fence::{code, guard, html, quote};
use super::markdown::{folded, image, language};
use crate::protocol::message::ContentBlock;
use crate::service::title;

/// How much of an input or an answer is shown, in bytes.
const LIMIT: usize = 16 * 1024;

/// A call with its answer; `agent` is what the agent did that it began.
pub(super) fn call(name: &str, input: &Value, answer: Option<&ContentBlock>, agent: &str, cwd: &str) -> String {
    let title = title::of_tool_call(name, input, Path::new(cwd));
    let (outcome, answer) = match answer {
        Some(ContentBlock::ToolResult { is_error, content, .. }) => {
            (if *is_error { " (failed)" } else { "" }, format!("Answer:\n\n{}", said(content)))
        }
        _ => (" (no answer)", String::new()),
    };
    let parts = [asked(name, input), agent.trim_end().to_owned(), answer];
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).filter(|part| !part.is_empty()).collect();
    folded(&format!("{}{outcome}", html(&title)), &parts.join("\n\n"))
}

/// What a tool was given, in the form that people know it by.
fn asked(name: &str, input: &Value) -> String {
    let field = |key: &str| input.get(key).and_then(Value::as_str);
    match (name, field("command"), field("content"), field("old_string").zip(field("new_string")), field("plan")) {
        ("Bash", Some(command), ..) => shown("bash", command),
        ("Write", _, Some(content), ..) => shown(language(field("file_path").unwrap_or_default()), content),
        ("Edit", _, _, Some((old, new)), _) => shown("diff", &(signed("-", old) + &signed("+", new))),
        ("ExitPlanMode", .., Some(plan)) => quote(&guard(plan)),
        _ => shown("json", &serde_json::to_string_pretty(input).unwrap_or_else(|_| input.to_string())),
    }
}

/// What a tool answered.
fn said(content: &Value) -> String {
    match content {
        Value::String(text) => shown("text", text),
        Value::Array(blocks) => blocks.iter().map(block).collect::<Vec<_>>().join("\n"),
        other => shown("json", &serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string())),
    }
}

fn block(block: &Value) -> String {
    if let Some(text) = block.get("text").and_then(Value::as_str) {
        return shown("text", text);
    }
    let source = |key: &str| block.pointer(&format!("/source/{key}")).and_then(Value::as_str);
    match (source("media_type"), source("data")) {
        (Some(media_type), Some(data)) => image(media_type, data.len()),
        _ => said(&Value::Object(block.as_object().cloned().unwrap_or_default())),
    }
}

fn signed(sign: &str, text: &str) -> String {
    text.lines().map(|line| format!("{sign}{line}\n")).collect()
}

/// A block of code, cut where it is too long for a person.
fn shown(language: &str, text: &str) -> String {
    if text.len() <= LIMIT {
        return code(language, text);
    }
    let end = (0..=LIMIT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let left_out = text.len() - end;
    format!(
        "{}\n*({left_out} more bytes are left out here; an export as JSON has them.)*\n",
        code(language, &text[..end])
    )
}
