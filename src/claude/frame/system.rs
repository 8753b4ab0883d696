//! What the CLI says about itself, and what it asks.

use serde_json::Value;

use super::fields::{Object, count, http_status, is_set, number, objects, take, take_object, take_text, text, texts};
use super::{Frame, unknown};
use crate::claude::permission::Suggestion;
use crate::ids::ProviderSessionId;

/// What a turn runs with: the CLI says so at the beginning of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Init {
    /// The CLI's id of the conversation.
    pub provider_session_id: Option<ProviderSessionId>,
    /// The model.
    pub model: Option<String>,
    /// Which credential pays.
    pub api_key_source: Option<String>,
    /// The CLI's version.
    pub version: Option<String>,
    /// The CLI's permission mode.
    pub permission_mode: Option<String>,
    /// The tools that Claude has.
    pub tools: Vec<String>,
    /// The MCP servers.
    pub mcp_servers: Vec<McpServerStatus>,
    /// The commands that a message can be.
    pub slash_commands: Vec<String>,
}

/// An MCP server, as the CLI sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpServerStatus {
    /// Its name.
    pub name: String,
    /// `connected`, `pending`, `failed`, …
    pub status: String,
}

impl Init {
    pub(super) fn read(frame: &Object) -> Self {
        let servers = objects(frame, "mcp_servers").map(|server| McpServerStatus {
            name: text(server, "name").unwrap_or_default(),
            status: text(server, "status").unwrap_or_default(),
        });
        Self {
            provider_session_id: provider_session_id(frame),
            model: text(frame, "model"),
            api_key_source: text(frame, "apiKeySource"),
            version: text(frame, "claude_code_version"),
            permission_mode: text(frame, "permissionMode"),
            tools: texts(frame, "tools"),
            mcp_servers: servers.collect(),
            slash_commands: texts(frame, "slash_commands"),
        }
    }
}

/// The conversation that a frame belongs to.
pub(super) fn provider_session_id(frame: &Object) -> Option<ProviderSessionId> {
    text(frame, "session_id").and_then(|id| id.parse().ok())
}

/// A request to the API that failed and is made again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiRetry {
    /// Which try follows.
    pub attempt: u64,
    /// How many there can be.
    pub max_retries: u64,
    /// How long the CLI waits before it, in milliseconds.
    pub delay_ms: u64,
    /// The HTTP status of the failure, where there was an answer.
    pub error_status: Option<u16>,
    /// The CLI's name for the failure.
    pub error: Option<String>,
}

impl ApiRetry {
    pub(super) fn read(frame: &Object) -> Self {
        Self {
            attempt: count(frame, "attempt").unwrap_or_default(),
            max_retries: count(frame, "max_retries").unwrap_or_default(),
            // JavaScript counts time in floats.
            delay_ms: number(frame, "retry_delay_ms").unwrap_or_default() as u64,
            error_status: http_status(frame, "error_status"),
            error: text(frame, "error"),
        }
    }
}

/// Lines of the transcript from which the CLI can go on with a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The file, as the CLI names it: `…/projects/-home-ada-bracket/ID.jsonl`.
    pub file: String,
    /// The lines, each with its newline; what they mean is the CLI's business.
    pub lines: String,
}

pub(super) fn transcript(mut frame: Object) -> Frame {
    let (file, entries) = (text(&frame, "filePath"), take(&mut frame, "entries"));
    match (file, entries) {
        (Some(file), Value::Array(entries)) => {
            let lines = entries.iter().map(|entry| format!("{entry}\n")).collect();
            Frame::Transcript(Transcript { file, lines })
        }
        (_, entries) => {
            frame.insert("entries".to_owned(), entries);
            unknown(frame)
        }
    }
}

pub(super) fn background_tasks(frame: Object) -> Frame {
    let running = objects(&frame, "tasks").count();
    Frame::BackgroundTasks { running, frame: Value::Object(frame) }
}

/// A question of the CLI's.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlRequest {
    /// May this tool be used?
    CanUseTool(Box<CanUseTool>),
    /// A message of MCP's to a server that is ours.
    McpMessage {
        /// The server.
        server: String,
        /// The message, in JSON-RPC.
        message: Value,
    },
    /// Something else.
    Other {
        /// What it is about.
        subtype: String,
        /// The whole question.
        raw: Value,
    },
}

/// A tool call that no rule decides.
#[derive(Clone, Debug, PartialEq)]
pub struct CanUseTool {
    /// The tool's name.
    pub tool_name: String,
    /// The tool's name for people.
    pub display_name: Option<String>,
    /// The call's arguments.
    pub input: Value,
    /// The model's id of the call.
    pub tool_use_id: Option<String>,
    /// What the call does, for people.
    pub description: Option<String>,
    /// What would answer such questions from now on.
    pub suggestions: Vec<Suggestion>,
    /// The agent that wants to use it, where it is not the conversation itself.
    pub agent_id: Option<String>,
    /// Whether only a person can answer, since the answer is what the tool is for.
    pub requires_user_interaction: bool,
}

impl CanUseTool {
    fn take(request: &mut Object) -> Self {
        Self {
            tool_name: take_text(request, "tool_name"),
            display_name: text(request, "display_name"),
            input: take(request, "input"),
            tool_use_id: text(request, "tool_use_id"),
            description: text(request, "description"),
            suggestions: Suggestion::read_all(take(request, "permission_suggestions")),
            agent_id: text(request, "agent_id"),
            requires_user_interaction: is_set(request, "requires_user_interaction"),
        }
    }
}

/// Reads a frame of the control channel. Without an id it can be neither answered nor matched, and stays unknown.
pub(super) fn control(mut frame: Object) -> Frame {
    let request_id = text(&frame, "request_id");
    match (text(&frame, "type").as_deref(), request_id) {
        (Some("control_request"), Some(request_id)) => {
            Frame::ControlRequest { request_id, request: control_request(take_object(&mut frame, "request")) }
        }
        (Some("control_cancel_request"), Some(request_id)) => Frame::ControlCancel { request_id },
        (Some("control_response"), _) => control_response(frame),
        _ => unknown(frame),
    }
}

fn control_request(mut request: Object) -> ControlRequest {
    match text(&request, "subtype").as_deref() {
        Some("can_use_tool") => ControlRequest::CanUseTool(Box::new(CanUseTool::take(&mut request))),
        Some("mcp_message") => ControlRequest::McpMessage {
            server: take_text(&mut request, "server_name"),
            message: take(&mut request, "message"),
        },
        subtype => {
            ControlRequest::Other { subtype: subtype.unwrap_or_default().to_owned(), raw: Value::Object(request) }
        }
    }
}

fn control_response(mut frame: Object) -> Frame {
    let Some(Value::Object(inner)) = frame.get_mut("response") else { return unknown(frame) };
    let Some(request_id) = text(inner, "request_id") else { return unknown(frame) };
    let response = match text(inner, "subtype").as_deref() {
        Some("success") => Ok(take(inner, "response")),
        _ => Err(take_text(inner, "error")),
    };
    Frame::ControlResponse { request_id, response }
}
