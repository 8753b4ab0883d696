//! Tools: those of MCP servers, those that need permission, agents, and a limit.

use serde_json::{Value, json};

use super::{calc, stored};
use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::{Bridge, Said};

/// The one event of a kind.
fn only<'a>(said: &'a Said, kind: &str) -> &'a Value {
    let events = said.events_of(kind);
    assert_eq!(events.len(), 1, "{kind} events: {events:?}");
    events[0]
}

#[test]
fn a_configured_mcp_server_answers_the_model() {
    let api = Api::start();
    api.reply(Reply::tool("mcp__calc__add", json!({"a": 4, "b": 3})));
    api.reply("It is seven.");
    let allowed = json!({"modes": {"user": {"allowedTools": ["mcp__calc__*"]}}});
    let mut bridge = Bridge::with_real_cli(&api).config(&calc::config()).options(allowed).start();
    let session = bridge.create_session();

    let said = bridge.say(&session, "What is 4 + 3?");

    assert_eq!(said.text(), "It is seven.");
    let (call, result) = (only(&said, "toolCall"), only(&said, "toolResult"));
    assert_eq!((&call["name"], &call["title"]), (&json!("mcp__calc__add"), &json!("calc: add")));
    assert_eq!(call["input"], json!({"a": 4, "b": 3}));
    assert_eq!((&result["toolUseId"], &result["isError"]), (&call["toolUseId"], &json!(false)));
    assert_eq!(result["content"], json!([{"type": "text", "text": "7"}]));
    let summary = json!([{"toolUseId": call["toolUseId"], "name": "mcp__calc__add", "isError": false}]);
    assert_eq!(said.turn["toolCalls"], summary);
    assert_eq!(api.last_request().conversation_texts(), ["What is 4 + 3?", "7"]);
    bridge.shutdown();
}

#[test]
fn a_sessions_own_mcp_server_is_offered_to_the_model() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session_with(json!({"mcpServers": {"sums": calc::server()}}));
    bridge.say(session["id"].as_str().unwrap(), "What can you do?");
    assert!(api.last_request().mentions("mcp__sums__add"));
    bridge.shutdown();
}

#[test]
fn a_tool_that_needs_permission_is_denied_and_the_model_is_told_why() {
    let api = Api::start();
    api.reply(Reply::tool("Write", json!({"file_path": "note.txt", "content": "hi"})));
    api.reply("I may not.");
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();

    let said = bridge.say(&session, "Write a note");

    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("completed", "I may not."));
    assert_eq!(only(&said, "toolResult")["isError"], true);
    assert_eq!(said.turn["toolCalls"][0]["isError"], true);
    let told = api.last_request().last_user_text();
    assert!(told.contains("Write needs the person's permission"), "{told}");
    assert!(!bridge.folders().workspace.join("note.txt").exists());
    bridge.shutdown();
}

#[test]
fn an_allowed_rule_lets_a_write_go_through_and_no_other() {
    let api = Api::start();
    let write = |path: &str| Reply::tool("Write", json!({"file_path": path, "content": "found\n"}));
    api.reply(write("studies/b/REPORT.md"));
    api.reply(write("studies/b/OTHER.md"));
    api.reply("done");
    let allowed = json!({"modes": {"user": {"allowedTools": ["Edit(**/REPORT.md)"]}}});
    let mut bridge = Bridge::with_real_cli(&api).options(allowed).start();
    let session = bridge.create_session();

    let said = bridge.say(&session, "Write the report");

    let outcomes: Vec<&Value> = said.events_of("toolResult").iter().map(|event| &event["isError"]).collect();
    assert_eq!(outcomes, [false, true]);
    assert_eq!(said.events_of("toolResult")[0]["structured"]["type"], "create");
    let folder = bridge.folders().workspace.join("studies/b");
    assert_eq!(std::fs::read_to_string(folder.join("REPORT.md")).unwrap(), "found\n");
    assert!(!folder.join("OTHER.md").exists());
    bridge.shutdown();
}

#[test]
fn a_turn_that_needs_more_requests_than_it_may_make_ends_as_max_turns() {
    let api = Api::start();
    api.reply(Reply::text("Reading.").then_tool("Read", json!({"file_path": "a.txt"})));
    let mut bridge = Bridge::with_real_cli(&api).workspace_file("a.txt", "alpha\n").start();
    let session = bridge.create_session_with(json!({"maxTurns": 1}));
    let session = session["id"].as_str().unwrap();
    let said = bridge.say(session, "Read a.txt");
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("maxTurns", "Reading."));
    assert!(said.turn.get("error").is_none(), "{}", said.turn);
    assert_eq!(bridge.say(session, "Thanks").text(), "echo: Thanks");
    bridge.shutdown();
}

#[test]
fn an_agents_words_are_stored_under_its_call_and_the_turn_that_its_end_begins_is_stored_too() {
    let api = Api::start();
    let task =
        json!({"description": "greet", "prompt": "say hello from the agent", "subagent_type": "general-purpose"});
    api.reply_to("Send an agent", Reply::tool("Agent", task));
    api.reply_to("launched", "An agent is on its way.");
    api.reply_to("say hello from the agent", "Hello from the agent.");
    api.reply_to("task-notification", "The agent is back.");
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();

    let said = bridge.say(&session, "Send an agent");
    let call = only(&said, "toolCall")["toolUseId"].clone();
    assert_eq!(only(&said, "toolCall")["title"], "Task: greet");
    let messages = bridge.wait_for_message(&session, "The agent is back.");

    let stored = |text: &str| messages.iter().find(|message| message["content"][0]["text"] == text).expect("stored");
    let (agents, background) = (stored("Hello from the agent."), stored("The agent is back."));
    assert_eq!((&agents["parentToolUseId"], &agents["role"]), (&call, &json!("assistant")));
    assert!(background.get("parentToolUseId").is_none(), "{background}");
    assert_eq!(stored("An agent is on its way.")["turnId"], said.turn["id"]);
    assert_ne!(background["turnId"], said.turn["id"]);
    bridge.shutdown();
    let origins: Vec<String> = stored::turns(&bridge).into_iter().map(|(origin, _)| origin).collect();
    assert_eq!(origins, ["client", "background"]);
}

#[test]
fn a_message_during_a_background_turn_waits_for_its_end() {
    let api = Api::start();
    let gate = Gate::new();
    let task =
        json!({"description": "greet", "prompt": "say hello from the agent", "subagent_type": "general-purpose"});
    api.reply_to("Send an agent", Reply::tool("Agent", task));
    api.reply_to("task-notification", Reply::text("The agent").wait_for(&gate).then(" is back."));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "Send an agent");
    api.wait_for_requests(4);
    bridge.wait_for_session(&session, "running", |session| session["state"] == "running");

    let mut next = bridge.start_saying(&session, "Next");
    assert_eq!(next.until("status")["status"], "queued");
    gate.open();

    assert_eq!(next.end().text(), "echo: Next");
    let history = bridge.history(&session);
    let last = &history[history.len() - 3..];
    assert_eq!(last, ["assistant: The agent is back.", "user: Next", "assistant: echo: Next"]);
    bridge.shutdown();
}
