//! What Claude said, and what tools answered: the finished blocks.

use serde_json::Value;

use super::fields::{Object, http_status, is_set, take, take_object, take_text, text};

/// Finished blocks of a message of the model's.
#[derive(Clone, Debug, PartialEq)]
pub struct Assistant {
    /// The API's id of the message; several frames share it.
    pub message_id: String,
    /// The blocks.
    pub blocks: Vec<Block>,
    /// The tool call whose agent speaks; `None`: the conversation itself.
    pub parent: Option<String>,
    /// Whether the CLI wrote it in the model's place: an API error, a command's output.
    pub synthetic: bool,
    /// The HTTP status that it reports, where it reports a failure of the API's.
    pub api_error_status: Option<u16>,
}

/// A finished block.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Text for the person.
    Text(String),
    /// A thought.
    Thinking(String),
    /// A tool call.
    ToolUse {
        /// The model's id of the call.
        id: String,
        /// The tool's name.
        name: String,
        /// The arguments.
        input: Value,
    },
    /// Something else, as it came.
    Other(Value),
}

impl Assistant {
    /// What a transcript has of a message.
    pub(in crate::claude) fn of_message(message_id: String, model: &str, content: Value) -> Self {
        let synthetic = model == "<synthetic>";
        Self { message_id, blocks: blocks(content), parent: None, synthetic, api_error_status: None }
    }

    pub(super) fn take(frame: &mut Object) -> Self {
        let mut message = take_object(frame, "message");
        let model = text(&message, "model");
        Self {
            blocks: blocks(take(&mut message, "content")),
            message_id: take_text(&mut message, "id"),
            parent: text(frame, "parent_tool_use_id"),
            synthetic: model.as_deref() == Some("<synthetic>") || is_set(frame, "is_api_error_message"),
            api_error_status: http_status(frame, "api_error_status"),
        }
    }
}

fn blocks(content: Value) -> Vec<Block> {
    match content {
        Value::Array(blocks) => blocks.into_iter().map(block).collect(),
        Value::String(text) => vec![Block::Text(text)],
        _ => Vec::new(),
    }
}

fn block(value: Value) -> Block {
    let Value::Object(mut block) = value else { return Block::Other(value) };
    match text(&block, "type").as_deref() {
        Some("text") => Block::Text(take_text(&mut block, "text")),
        Some("thinking") => Block::Thinking(take_text(&mut block, "thinking")),
        Some("tool_use") => Block::ToolUse {
            id: take_text(&mut block, "id"),
            name: take_text(&mut block, "name"),
            input: take(&mut block, "input"),
        },
        _ => Block::Other(Value::Object(block)),
    }
}

/// A message in the person's place.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// What tools answered.
    pub results: Vec<ToolResult>,
    /// What else it says.
    pub text: Option<String>,
    /// The answer in the tool's own terms: a patch, an exit code.
    pub structured: Option<Value>,
    /// The tool call whose agent it is for; `None`: the conversation itself.
    pub parent: Option<String>,
    /// Whether it is an echo of something that was said before.
    pub replay: bool,
    /// Whether the CLI wrote it, as after the conversation was summarised.
    pub synthetic: bool,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// The model's id of the call.
    pub tool_use_id: String,
    /// Whether the tool failed.
    pub is_error: bool,
    /// Text, or the API's content blocks.
    pub content: Value,
}

impl User {
    pub(super) fn take(frame: &mut Object) -> Self {
        let mut results = Vec::new();
        let mut said = Vec::new();
        match take(&mut take_object(frame, "message"), "content") {
            Value::String(text) => said.push(text),
            Value::Array(blocks) => blocks.into_iter().for_each(|block| sort(block, &mut results, &mut said)),
            _ => {}
        }
        Self {
            results,
            text: (!said.is_empty()).then(|| said.join("\n")),
            structured: Some(take(frame, "tool_use_result")).filter(|value| !value.is_null()),
            parent: text(frame, "parent_tool_use_id"),
            replay: is_set(frame, "isReplay"),
            synthetic: is_set(frame, "isSynthetic"),
        }
    }
}

fn sort(block: Value, results: &mut Vec<ToolResult>, said: &mut Vec<String>) {
    let Value::Object(mut block) = block else { return };
    match text(&block, "type").as_deref() {
        Some("tool_result") => results.push(ToolResult {
            tool_use_id: take_text(&mut block, "tool_use_id"),
            is_error: is_set(&block, "is_error"),
            content: take(&mut block, "content"),
        }),
        Some("text") => said.push(take_text(&mut block, "text")),
        _ => {}
    }
}
