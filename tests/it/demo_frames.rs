//! The demo agent's frames against recordings of the real CLI: whatever field it writes, the real one writes in frames
//! of that type, with the same JSON type, without exception; and what the bridge reads is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::demo_agent::DemoAgent;
use crate::support::recordings;

/// What the bridge reads of each kind of frame.
const READ_BY_THE_BRIDGE: &[(&str, &[&str])] = &[
    (
        "system/init",
        &[
            "session_id",
            "model",
            "apiKeySource",
            "claude_code_version",
            "permissionMode",
            "tools",
            "mcp_servers",
            "slash_commands",
        ],
    ),
    ("system/status", &["status"]),
    ("system/api_retry", &["attempt", "max_retries", "retry_delay_ms", "error_status", "error"]),
    ("stream_event/message_start", &["event.message.id", "parent_tool_use_id"]),
    ("stream_event/content_block_start", &["event.index", "event.content_block.type", "parent_tool_use_id"]),
    ("stream_event/content_block_delta", &["event.index", "event.delta.type", "parent_tool_use_id"]),
    ("assistant", &["message.id", "message.model", "message.content[].type", "parent_tool_use_id"]),
    ("user", &["message.content[].type", "parent_tool_use_id"]),
    (
        "result/success",
        &["is_error", "result", "usage", "total_cost_usd", "modelUsage", "model_usage_since_last_result", "num_turns"],
    ),
    (
        "result/success",
        &["duration_ms", "terminal_reason", "stop_reason", "session_id", "api_error_status", "usage.input_tokens"],
    ),
    ("result/error_during_execution", &["is_error", "errors", "usage.output_tokens", "total_cost_usd", "session_id"]),
    (
        "control_request/can_use_tool",
        &["request_id", "request.tool_name", "request.display_name", "request.input", "request.tool_use_id"],
    ),
    (
        "control_request/mcp_message",
        &["request_id", "request.server_name", "request.message.jsonrpc", "request.message.method"],
    ),
    ("control_response/success", &["response.request_id"]),
    ("control_response/error", &["response.request_id", "response.error"]),
    ("control_cancel_request", &["request_id"]),
];

/// Objects whose keys are names and not fields.
const MAPS: &[&str] = &["modelUsage", "model_usage_since_last_result", "answers", "arguments"];

#[test]
fn every_field_of_the_demo_agent_is_one_of_the_real_cli() {
    let folder = tempfile::tempdir().unwrap();
    let (recorded, said) = (recorded_fields(), everything(folder.path()));
    let mut strangers = BTreeSet::new();
    for frame in said.iter().filter(|frame| frame.is_object()) {
        let kind = kind(frame);
        let Some(known) = recorded.get(&kind) else {
            strangers.insert(format!("{kind}: no such frame was recorded"));
            continue;
        };
        for (path, kind_of_value) in fields(frame) {
            if !known.contains(&(path.clone(), kind_of_value)) {
                strangers.insert(format!("{kind}: {path} is {kind_of_value}"));
            }
        }
    }
    assert!(strangers.is_empty(), "not what the real CLI writes:\n{}", Vec::from_iter(strangers).join("\n"));
}

#[test]
fn what_the_bridge_reads_is_in_every_frame_of_the_demo_agent() {
    let folder = tempfile::tempdir().unwrap();
    let said = everything(folder.path());
    for (kind, wanted) in READ_BY_THE_BRIDGE {
        let of_kind: Vec<&Value> = said.iter().filter(|frame| self::kind(frame) == *kind).collect();
        assert!(!of_kind.is_empty(), "the demo agent never wrote {kind}");
        for frame in of_kind {
            let there: BTreeSet<String> = fields(frame).into_iter().map(|(path, _)| path).collect();
            for field in *wanted {
                assert!(there.contains(*field), "{kind} without {field}: {frame}");
            }
        }
    }
}

/// What the demo agent says when everything is asked of it.
fn everything(folder: &Path) -> Vec<Value> {
    let id = "0193a5f0-0000-7000-8000-000000000001";
    let mut agent = DemoAgent::start(folder, &[&format!("--session-id={id}")]);
    ask_controls(&mut agent);
    for message in ["hello fast", "think fast", "read a.txt fast", "tool fast", "retry fast", "error fast"] {
        agent.turn(message);
    }
    agent.turn("overloaded fast");
    use_tools(&mut agent);
    use_host_tools(&mut agent);
    interrupt(&mut agent);
    agent.turn("subagent fast");
    agent.until(|frame| frame["origin"]["kind"] == "task-notification");
    assert_eq!(agent.end(), (Some(0), String::new()));

    let mut resumed = DemoAgent::start(folder, &[&format!("--resume={id}")]);
    resumed.turn("recall fast");
    resumed.end();
    let mut lost = DemoAgent::start(folder, &["--resume=0193a5f0-0000-7000-8000-000000000002"]);
    lost.end();
    [agent, resumed, lost].iter_mut().flat_map(|agent| std::mem::take(&mut agent.frames)).collect()
}

fn ask_controls(agent: &mut DemoAgent) {
    for (subtype, request) in [
        ("initialize", json!({})),
        ("set_model", json!({"model": "default"})),
        ("set_permission_mode", json!({"mode": "plan"})),
        ("set_permission_mode", json!({"mode": "bypassPermissions"})),
        ("set_permission_mode", json!({"mode": "default"})),
        ("set_max_thinking_tokens", json!({"max_thinking_tokens": 1})),
        ("rename_session", json!({"title": "x"})),
        ("mcp_status", json!({})),
        ("list_models", json!({})),
        ("get_context_usage", json!({})),
        ("nonsense", json!({})),
        ("interrupt", json!({})),
    ] {
        agent.control(request, subtype);
    }
}

fn use_tools(agent: &mut DemoAgent) {
    for message in ["edit fast", "plan fast"] {
        agent.say(message);
        let question = agent.until_type("control_request");
        agent.allow(&question);
        agent.until_type("result");
        agent.say(message);
        let question = agent.until_type("control_request");
        agent.answer(&question, &json!({"behavior": "deny", "message": "No."}));
        agent.until_type("result");
    }
    agent.say("ask fast");
    let question = agent.until_type("control_request");
    let mut input = question["request"]["input"].clone();
    input["answers"] = json!({"Which greeting do you like best?": "Ahoy"});
    agent.answer(&question, &json!({"behavior": "allow", "updatedInput": input}));
    agent.until_type("result");
}

/// The host has a server of its own: its tools are called, fail, and are interrupted.
fn use_host_tools(agent: &mut DemoAgent) {
    let server = json!({"editor": {"type": "sdk", "name": "editor"}});
    agent.control(json!({"servers": server}), "mcp_set_servers");
    greet(agent);
    agent.control(json!({}), "mcp_status");
    for answer in [
        json!({"content": [{"type": "text", "text": "opened"}]}),
        json!({"content": [{"type": "text", "text": "no"}], "isError": true}),
    ] {
        agent.say("editor open_file {\"path\": \"src/a.rs\"} fast");
        allow_call(agent);
        let call = mcp_request(agent, "tools/call");
        assert_eq!(call["request"]["message"]["params"]["arguments"], json!({"path": "src/a.rs"}));
        answer_mcp(agent, &call, &answer);
        agent.until_type("result");
    }
    agent.say("editor open_file fast");
    allow_call(agent);
    mcp_request(agent, "tools/call");
    agent.interrupt();
    agent.until_type("result");
    agent.control(json!({"servers": {}}), "mcp_set_servers");
}

/// Answers what a server is asked first.
fn greet(agent: &mut DemoAgent) {
    let hello = mcp_request(agent, "initialize");
    answer_mcp(agent, &hello, &json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}));
    let ready = mcp_request(agent, "notifications/initialized");
    agent.answer(&ready, &json!({"mcp_response": {"jsonrpc": "2.0", "result": {}}}));
    let list = mcp_request(agent, "tools/list");
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    answer_mcp(agent, &list, &json!({"tools": [{"name": "open_file", "description": "", "inputSchema": schema}]}));
}

fn mcp_request(agent: &mut DemoAgent, method: &str) -> Value {
    agent.until(|frame| frame["request"]["message"]["method"] == method)
}

fn answer_mcp(agent: &mut DemoAgent, request: &Value, result: &Value) {
    let id = &request["request"]["message"]["id"];
    agent.answer(request, &json!({"mcp_response": {"jsonrpc": "2.0", "id": id, "result": result}}));
}

fn allow_call(agent: &mut DemoAgent) {
    let question = agent.until(|frame| frame["request"]["subtype"] == "can_use_tool");
    agent.allow(&question);
}

fn interrupt(agent: &mut DemoAgent) {
    for (message, until) in
        [("slow", "system"), ("long 10000", "content_block_delta"), ("edit fast", "control_request")]
    {
        agent.say(message);
        agent.until(|frame| frame["type"] == until || frame["event"]["type"] == until);
        agent.interrupt();
        agent.until_type("result");
    }
}

/// The fields of each kind of frame that was recorded.
fn recorded_fields() -> BTreeMap<String, BTreeSet<(String, &'static str)>> {
    let mut known: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for frame in recordings::all() {
        known.entry(kind(&frame)).or_default().extend(fields(&frame));
    }
    known
}

/// What kind of frame it is: `system/init`, `stream_event/message_start`, `assistant`.
fn kind(frame: &Value) -> String {
    let names = [&frame["type"], &frame["subtype"], &frame["event"]["type"], &frame["request"]["subtype"]];
    let response = (frame["type"] == "control_response").then(|| &frame["response"]["subtype"]);
    let names = names.into_iter().chain(response).filter_map(Value::as_str);
    names.collect::<Vec<_>>().join("/")
}

/// Every field of a frame by its path, `message.content[].text`, with its JSON type.
fn fields(frame: &Value) -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    collect("", frame, &mut found);
    found
}

fn collect(path: &str, value: &Value, found: &mut BTreeSet<(String, &'static str)>) {
    found.insert((path.to_owned(), json_type(value)));
    match value {
        Value::Object(object) => {
            let is_map = MAPS.iter().any(|map| path.ends_with(map));
            for (name, value) in object {
                let name = if is_map { "*" } else { name };
                let separator = if path.is_empty() { "" } else { "." };
                collect(&format!("{path}{separator}{name}"), value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(&format!("{path}[]"), item, found)),
        _ => {}
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
