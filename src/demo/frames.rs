//! The frames, field by field as the CLI of [`super::VERSION`] writes them; `tests/it/demo_frames.rs` compares them
//! with recordings of it. What is the same in most of them, the session's and the frame's own id, is added when they
//! are sent.

use serde_json::{Value, json};

use super::VERSION;
use super::host::Session;
use super::meter::{self, ByModel, Spent};
use super::script::ApiFailure;
use super::servers::HostTool;
use super::tools;
use crate::time::Timestamp;

/// The model's name where the host chose none.
pub(super) const MODEL: &str = "demo";

/// What a tool is told when its turn is interrupted.
const REJECTED: &str = "The user doesn't want to proceed with this tool use.";

/// A turn begins.
pub(super) fn init(session: &Session) -> Value {
    let servers = session.servers.status().into_iter();
    let servers: Vec<Value> =
        servers.map(|server| json!({"name": server["name"], "status": server["status"], "source": "sdk"})).collect();
    let own = ["Task", "AskUserQuestion", "Bash", "Edit", "ExitPlanMode", "Read"].map(str::to_owned);
    let tools: Vec<String> = own.into_iter().chain(session.servers.tools().iter().map(HostTool::full_name)).collect();
    json!({
        "type": "system", "subtype": "init", "cwd": session.cwd, "model": session.model,
        "tools": tools, "mcp_servers": servers,
        "permissionMode": session.mode, "slash_commands": [], "apiKeySource": "none",
        "claude_code_version": VERSION, "output_style": "default", "agents": [tools::AGENT_TYPE], "skills": [],
        "plugins": [], "capabilities": [],
    })
}

pub(super) fn requesting() -> Value {
    json!({"type": "system", "subtype": "status", "status": "requesting"})
}

pub(super) fn compacting() -> Value {
    json!({"type": "system", "subtype": "status", "status": "compacting"})
}

/// The conversation was summarised: these many tokens before, and those after.
pub(super) fn compacted(before: u64, after: u64) -> [Value; 2] {
    let metadata = json!({
        "trigger": "manual", "pre_tokens": before, "post_tokens": after, "cumulative_dropped_tokens": 0,
        "duration_ms": 0,
    });
    [
        json!({"type": "system", "subtype": "status", "status": null, "compact_result": "success"}),
        json!({"type": "system", "subtype": "compact_boundary", "compact_metadata": metadata}),
    ]
}

/// The permission mode is another one now.
pub(super) fn mode_changed(mode: &str) -> Value {
    json!({"type": "system", "subtype": "status", "status": null, "permissionMode": mode})
}

pub(super) fn title_changed(title: &Value) -> Value {
    json!({"type": "system", "subtype": "session_title_changed", "title": title})
}

pub(super) fn api_retry(attempt: u32, of: u32, delay_ms: u64) -> Value {
    json!({
        "type": "system", "subtype": "api_retry", "attempt": attempt, "max_retries": of, "retry_delay_ms": delay_ms,
        "error_status": 529, "error": "overloaded",
    })
}

/// How long the thought is by now.
pub(super) fn thinking_tokens(all: u64, new: u64) -> Value {
    json!({
        "type": "system", "subtype": "thinking_tokens", "estimated_tokens": all, "estimated_tokens_delta": new,
    })
}

/// An event of the API's, passed on.
pub(super) fn stream_event(event: Value, message_id: &str) -> Value {
    let mut frame = json!({
        "type": "stream_event", "event": null, "parent_tool_use_id": null, "api_message_id": message_id,
    });
    frame["event"] = event;
    frame
}

/// A message of the API's, with these of its blocks.
pub(super) fn api_message(id: &str, model: &str, content: &[Value], usage: Spent) -> Value {
    json!({
        "id": id, "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": null, "stop_sequence": null, "usage": usage.as_usage(),
    })
}

/// A block is complete; its message is known by [`api_message`].
pub(super) fn assistant(message: Value) -> Value {
    let mut frame = json!({"type": "assistant", "message": null, "parent_tool_use_id": null, "timestamp": now()});
    frame["message"] = message;
    frame
}

/// What the CLI says in the model's place when the API failed.
pub(super) fn api_error(message_id: &str, failure: ApiFailure) -> Value {
    let content = json!({"type": "text", "text": failure.text});
    let mut message = api_message(message_id, "<synthetic>", &[content], Spent::default());
    message["stop_reason"] = json!("stop_sequence");
    message["stop_sequence"] = json!("");
    let mut frame = assistant(message);
    frame["error"] = json!(failure.error);
    frame["is_api_error_message"] = json!(true);
    frame["api_error_status"] = json!(failure.status);
    frame["api_error_type"] = json!(failure.kind);
    frame
}

fn user(content: &Value) -> Value {
    json!({
        "type": "user", "message": {"role": "user", "content": content}, "parent_tool_use_id": null,
        "timestamp": now(),
    })
}

/// A tool has answered.
pub(super) fn tool_result(tool_use_id: &str, outcome: tools::Outcome) -> Value {
    let tools::Outcome { content, structured } = outcome;
    let mut frame = user(&json!([{"tool_use_id": tool_use_id, "type": "tool_result", "content": content}]));
    frame["tool_use_result"] = structured;
    frame
}

/// A tool was not used, since the person did not want it.
pub(super) fn tool_denied(tool_use_id: &str, why: &str) -> Value {
    failed_tool(tool_use_id, why, &format!("Error: {why}"))
}

/// A tool was not used, or not to its end, since the turn was interrupted.
pub(super) fn tool_interrupted(tool_use_id: &str) -> Value {
    failed_tool(tool_use_id, REJECTED, "User rejected tool use")
}

fn failed_tool(tool_use_id: &str, content: &str, structured: &str) -> Value {
    let block = json!({"tool_use_id": tool_use_id, "type": "tool_result", "content": content, "is_error": true});
    let mut frame = user(&json!([block]));
    frame["tool_use_result"] = json!(structured);
    frame
}

/// The turn was interrupted.
pub(super) fn interrupted() -> Value {
    user(&json!([{"type": "text", "text": "[Request interrupted by user]"}]))
}

/// The turn was interrupted while a tool was at work.
pub(super) fn interrupted_in_tool() -> Value {
    user(&json!([{"type": "text", "text": "[Request interrupted by user for tool use]"}]))
}

/// How a turn ended, in the words of its result.
pub(super) struct Outcome<'a> {
    /// The last text, or why there is none: `Err` where the turn was interrupted.
    pub(super) said: Result<&'a str, &'a str>,
    pub(super) failure: Option<ApiFailure>,
    pub(super) terminal_reason: &'static str,
    pub(super) stop_reason: Option<&'static str>,
    pub(super) messages: &'a [String],
    pub(super) denials: &'a [Value],
    pub(super) milliseconds: u64,
    pub(super) first_text_ms: Option<u64>,
    pub(super) usage: Spent,
    pub(super) since_last: &'a ByModel,
    pub(super) in_all: &'a ByModel,
    /// The place of this result among the process's.
    pub(super) index: u64,
    /// What began the turn, where it was no message.
    pub(super) origin: Option<Value>,
}

/// A turn has ended.
pub(super) fn result(outcome: &Outcome<'_>) -> Value {
    let mut frame = json!({
        "type": "result", "subtype": "success", "is_error": outcome.failure.is_some() || outcome.said.is_err(),
        "duration_ms": outcome.milliseconds, "duration_api_ms": outcome.milliseconds,
        "num_turns": outcome.messages.len().max(1), "stop_reason": outcome.stop_reason,
        "terminal_reason": outcome.terminal_reason, "permission_denials": outcome.denials,
        "total_cost_usd": meter::cost(outcome.in_all), "usage": outcome.usage.as_usage(),
        "modelUsage": meter::model_usage(outcome.in_all),
        "model_usage_since_last_result": meter::model_usage(outcome.since_last),
        "begun_message_ids": outcome.messages, "result_index": outcome.index,
    });
    match outcome.said {
        Ok(text) => {
            frame["result"] = json!(text);
            frame["api_error_status"] = json!(outcome.failure.map(|failure| failure.status));
            add(&mut frame, "ttft_ms", outcome.first_text_ms.map(Value::from));
        }
        Err(why) => {
            frame["subtype"] = json!("error_during_execution");
            frame["errors"] = json!([why]);
        }
    }
    add(&mut frame, "api_error_type", outcome.failure.map(|failure| Value::from(failure.kind)));
    add(&mut frame, "origin", outcome.origin.clone());
    frame
}

/// There is nothing to resume.
pub(super) fn no_conversation(session_id: &str, problem: &str) -> Value {
    json!({
        "type": "result", "subtype": "error_during_execution", "is_error": true, "duration_ms": 0,
        "duration_api_ms": 0, "num_turns": 0, "stop_reason": null, "total_cost_usd": 0,
        "usage": Spent::default().as_usage(), "modelUsage": {}, "permission_denials": [], "errors": [problem],
        "session_id": session_id, "uuid": new_id(),
    })
}

/// May this tool be used?
pub(super) fn can_use_tool(name: &str, question: tools::Question, tool_use_id: &str, input: &Value) -> Value {
    let display_name = question.display_name.as_deref().unwrap_or(name);
    let mut request = json!({
        "subtype": "can_use_tool", "tool_name": name, "display_name": display_name, "input": input,
        "tool_use_id": tool_use_id,
    });
    add(&mut request, "description", question.description.map(Value::from));
    add(&mut request, "permission_suggestions", question.suggestions);
    add(&mut request, "requires_user_interaction", question.needs_person.then(|| json!(true)));
    request
}

/// MCP's message to a server of the host's.
pub(super) fn mcp_message(server: &str, message: &Value) -> Value {
    json!({"subtype": "mcp_message", "server_name": server, "message": message})
}

pub(super) fn control_request(id: &str, request: Value) -> Value {
    let mut frame = json!({"type": "control_request", "request_id": id, "request": null});
    frame["request"] = request;
    frame
}

pub(super) fn control_cancel(id: &str) -> Value {
    json!({"type": "control_cancel_request", "request_id": id})
}

pub(super) fn control_success(id: &str, response: Option<Value>) -> Value {
    let mut frame = json!({"type": "control_response", "response": {"subtype": "success", "request_id": id}});
    add(&mut frame["response"], "response", response);
    frame
}

pub(super) fn control_error(id: &str, problem: &str) -> Value {
    json!({"type": "control_response", "response": {"subtype": "error", "request_id": id, "error": problem}})
}

/// Which helpers are at work.
pub(super) fn background_tasks(tasks: &[&Task]) -> Value {
    let listed = tasks.iter().map(|task| {
        json!({
            "task_id": task.id, "task_type": "local_agent", "subagent_type": tools::AGENT_TYPE,
            "description": tools::AGENT_TASK,
        })
    });
    json!({"type": "system", "subtype": "background_tasks_changed", "tasks": listed.collect::<Vec<_>>()})
}

/// A helper that was sent off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) tool_use_id: String,
}

pub(super) fn task_started(task: &Task) -> Value {
    json!({
        "type": "system", "subtype": "task_started", "task_id": task.id, "tool_use_id": task.tool_use_id,
        "description": tools::AGENT_TASK, "subagent_type": tools::AGENT_TYPE, "is_backgrounded": true,
        "task_type": "local_agent", "prompt": tools::AGENT_PROMPT,
    })
}

/// A helper says something.
pub(super) fn said_by_helper(task: &Task, message: Value) -> Value {
    let mut frame = assistant(message);
    frame["parent_tool_use_id"] = json!(task.tool_use_id);
    frame["subagent_type"] = json!(tools::AGENT_TYPE);
    frame["task_description"] = json!(tools::AGENT_TASK);
    frame
}

/// A helper is done: what is said about it, in order.
pub(super) fn task_done(task: &Task) -> [Value; 3] {
    let end = Timestamp::now().as_millis();
    let updated = json!({
        "type": "system", "subtype": "task_updated", "task_id": task.id,
        "patch": {"status": "completed", "end_time": end},
    });
    let notification = json!({
        "type": "system", "subtype": "task_notification", "task_id": task.id, "tool_use_id": task.tool_use_id,
        "status": "completed", "summary": "one, two, three",
    });
    [updated, notification, background_tasks(&[])]
}

/// What begins a turn when a helper is done.
pub(super) fn origin_of_return() -> Value {
    json!({"kind": "task-notification", "producer": "session-task"})
}

/// Adds a field that is not always there.
fn add(object: &mut Value, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[name] = value;
    }
}

/// A new id.
pub(super) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn now() -> String {
    Timestamp::now().to_string()
}
