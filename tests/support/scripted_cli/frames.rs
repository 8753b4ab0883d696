//! The CLI's frames, as version 2.1.330 writes them, without the fields that only it needs.

use serde_json::{Value, json};

/// The tools that a session claims to have.
const TOOLS: [&str; 6] = ["Task", "Bash", "Edit", "Read", "WebSearch", "Write"];

pub(crate) fn initialize_response() -> Value {
    json!({
        "commands": [{"name": "compact", "description": "Summarise", "argumentHint": ""}],
        "agents": [{"name": "Explore", "description": "Looks for code"}], "output_style": "default", "available_output_styles": ["default"],
        "models": [
            {"value": "default", "resolvedModel": "claude-opus-5-5", "displayName": "Default"},
            {"value": "sonnet", "resolvedModel": "claude-sonnet-5-5", "displayName": "Sonnet"},
        ],
        "account": {"tokenSource": "none", "apiKeySource": "ANTHROPIC_API_KEY", "apiProvider": "firstParty"},
        "pid": std::process::id(), "claude_code_version": "2.1.330", "current_permission_mode": "default",
    })
}

pub(crate) fn context_usage() -> Value {
    json!({
        "categories": [{"id": "messages", "name": "Messages", "tokens": 10, "color": "purple", "kind": "used"}],
        "totalTokens": 10, "maxTokens": 200_000, "rawMaxTokens": 200_000, "percentage": 0, "model": "claude-opus-5-5",
    })
}

pub(crate) fn control_success(request_id: &Value, response: &Value) -> Value {
    let response = json!({"subtype": "success", "request_id": request_id, "response": response});
    json!({"type": "control_response", "response": response})
}

pub(crate) fn control_error(request_id: &Value, problem: &str) -> Value {
    let response = json!({"subtype": "error", "request_id": request_id, "error": problem});
    json!({"type": "control_response", "response": response})
}

pub(crate) fn init(model: &str) -> Value {
    json!({
        "type": "system", "subtype": "init", "cwd": std::env::current_dir().unwrap_or_default(), "session_id": "",
        "tools": TOOLS, "mcp_servers": [], "model": model, "permissionMode": "default", "slash_commands": [],
        "apiKeySource": "ANTHROPIC_API_KEY", "claude_code_version": "2.1.330", "output_style": "default",
        "capabilities": ["interrupt_receipt_v1"],
    })
}

pub(crate) fn status(status: &str) -> Value {
    json!({"type": "system", "subtype": "status", "status": status})
}

pub(crate) fn stream_event(event: &Value, message_id: &str) -> Value {
    json!({
        "type": "stream_event", "event": event, "session_id": "", "parent_tool_use_id": null, "uuid": "",
        "api_message_id": message_id,
    })
}

pub(crate) fn text_delta(index: usize, text: &str) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}})
}

/// A message of the model with the given content.
pub(crate) fn message(id: &str, model: &str, content: &[Value]) -> Value {
    json!({
        "id": id, "type": "message", "role": "assistant", "model": model, "content": content, "stop_reason": null,
        "stop_sequence": null, "usage": usage(1),
    })
}

pub(crate) fn assistant(message: &Value) -> Value {
    json!({"type": "assistant", "message": message, "parent_tool_use_id": null})
}

pub(crate) fn user(content: &Value) -> Value {
    json!({"type": "user", "message": {"role": "user", "content": content}, "parent_tool_use_id": null})
}

pub(crate) fn ask_permission(tool_use_id: &str, name: &str, input: &Value) -> Value {
    let request = json!({
        "subtype": "can_use_tool", "tool_name": name, "display_name": name, "input": input,
        "permission_suggestions": [], "tool_use_id": tool_use_id,
    });
    json!({"type": "control_request", "request_id": format!("ask_{tool_use_id}"), "request": request})
}

/// What `messages` messages use.
pub(crate) fn usage(messages: u64) -> Value {
    json!({
        "input_tokens": 12 * messages, "output_tokens": 7 * messages,
        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    })
}

/// What `messages` messages cost, in US dollars.
pub(crate) fn cost(messages: u64) -> f64 {
    0.000_188 * f64::from(u32::try_from(messages).unwrap_or(u32::MAX))
}
