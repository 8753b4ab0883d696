//! What the host asks of the agent itself.

use serde_json::{Value, json};

use super::VERSION;
use super::frames;
use super::host::Session;
use super::tools;

/// The modes that the CLI knows.
const MODES: [&str; 6] = ["default", "acceptEdits", "plan", "bypassPermissions", "dontAsk", "auto"];
/// How many tokens fit into a conversation.
const CONTEXT_WINDOW: u64 = 1_000_000;

/// The answer to a question of the host's.
pub(super) struct Answer {
    /// What is answered, if there is anything to be said beside that it was done; or why it was not.
    pub(super) response: Result<Option<Value>, String>,
    /// A frame that goes before the answer.
    pub(super) before: Option<Value>,
    /// A frame that goes after it.
    pub(super) after: Option<Value>,
    /// Whether the turn is to end.
    pub(super) interrupts: bool,
}

impl Answer {
    fn done(response: Option<Value>) -> Self {
        Self { response: Ok(response), before: None, after: None, interrupts: false }
    }

    fn refused(problem: impl Into<String>) -> Self {
        Self { response: Err(problem.into()), before: None, after: None, interrupts: false }
    }
}

/// Answers a question, of which `tokens` is what the conversation has.
pub(super) fn answer(session: &mut Session, tokens: u64, request: &Value) -> Answer {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    match text("subtype") {
        "initialize" => {
            session.servers.set(texts(&request["sdkMcpServers"]));
            Answer::done(Some(initialized(session)))
        }
        "mcp_set_servers" => Answer::done(Some(set_servers(session, &request["servers"]))),
        "mcp_message" => {
            // Of what a server of the host's can say, that it has other tools now.
            session.servers.stale = true;
            Answer::done(None)
        }
        "interrupt" => Answer { interrupts: true, ..Answer::done(Some(json!({"still_queued": []}))) },
        "set_permission_mode" => set_mode(session, text("mode")),
        "set_model" => {
            session.set_model(request["model"].as_str());
            Answer::done(Some(json!({"model": session.model})))
        }
        "set_max_thinking_tokens" => Answer::done(None),
        "rename_session" => Answer { before: Some(frames::title_changed(&request["title"])), ..Answer::done(None) },
        "mcp_status" => Answer::done(Some(json!({"mcpServers": session.servers.status()}))),
        "list_models" => Answer::done(Some(json!({"models": models()}))),
        "get_context_usage" => Answer::done(Some(context_usage(session, tokens))),
        subtype => Answer::refused(format!("Unsupported control request subtype: {subtype}")),
    }
}

fn set_mode(session: &mut Session, mode: &str) -> Answer {
    if !MODES.contains(&mode) {
        return Answer::refused(format!("Cannot set permission mode to {mode}: there is no such mode"));
    }
    if mode == "bypassPermissions" && !session.may_bypass {
        return Answer::refused(
            "Cannot set permission mode to bypassPermissions because the session was not launched with \
             --allow-dangerously-skip-permissions",
        );
    }
    mode.clone_into(&mut session.mode);
    Answer { after: Some(frames::mode_changed(mode)), ..Answer::done(Some(json!({ "mode": mode }))) }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Takes over those of the servers that are the host's; others are neither started nor missed.
fn set_servers(session: &mut Session, servers: &Value) -> Value {
    let servers = servers.as_object().into_iter().flatten();
    let hosts: Vec<String> =
        servers.filter(|(_, server)| server["type"] == "sdk").map(|(name, _)| name.clone()).collect();
    let before = session.servers.names().to_vec();
    let added: Vec<&String> = hosts.iter().filter(|name| !before.contains(name)).collect();
    let removed: Vec<&String> = before.iter().filter(|name| !hosts.contains(name)).collect();
    let answer = json!({"added": added, "removed": removed, "errors": {}});
    session.servers.set(hosts);
    answer
}

fn initialized(session: &Session) -> Value {
    json!({
        "commands": [], "agents": [{"name": tools::AGENT_TYPE, "description": "A helper that counts to three."}],
        "output_style": "default", "available_output_styles": ["default"], "models": models(),
        "account": {"tokenSource": "none", "apiKeySource": "none"}, "pid": std::process::id(),
        "claude_code_version": VERSION, "current_permission_mode": session.mode, "capabilities": [],
    })
}

fn models() -> Value {
    json!([{
        "value": "default", "resolvedModel": frames::MODEL, "displayName": "Demo",
        "description": "No model at all: what it says is written down beforehand",
    }])
}

fn context_usage(session: &Session, tokens: u64) -> Value {
    let free = CONTEXT_WINDOW.saturating_sub(tokens);
    json!({
        "categories": [
            {"id": "messages", "name": "Messages", "tokens": tokens, "color": "promptBorder", "kind": "used"},
            {"id": "free_space", "name": "Free space", "tokens": free, "color": "inactive", "kind": "free"},
        ],
        "totalTokens": tokens, "maxTokens": CONTEXT_WINDOW, "rawMaxTokens": CONTEXT_WINDOW,
        "percentage": tokens * 100 / CONTEXT_WINDOW, "model": session.model,
    })
}
