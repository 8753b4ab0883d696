//! The client's own tools: whom a call goes to, and what becomes of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Driver, Effect, Frame, Input, Timer, interrupted, killed};
use crate::claude::{self, Block};
use crate::ids::TurnId;
use crate::protocol::message::Content;
use crate::protocol::tool::{ToolCallResult, ToolContent};
use crate::service::content::Prompt;
use crate::service::state::CallId;
use crate::service::tools::{DeclaredTools, ToolboxId, Toolset};

/// The tools of a client, by name; each takes a path and nothing else.
pub(super) fn toolset(toolbox: u64, names: &[&str]) -> Toolset {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}, "additionalProperties": false});
    let define = |name: &&str| {
        json!({"name": name, "description": "", "inputSchema": schema,
        "requiresApproval": name.starts_with("ask_")})
    };
    let definitions = serde_json::from_value(names.iter().map(define).collect()).unwrap();
    Toolset { toolbox: ToolboxId(toolbox), tools: DeclaredTools::new(definitions, "tools").unwrap() }
}

/// What the process says to our server.
pub(super) fn mcp(request_id: &str, message: Value) -> Frame {
    let mut request = json!({"subtype": "mcp_message", "server_name": "editor"});
    request["message"] = message;
    let line = json!({"type": "control_request", "request_id": request_id, "request": request});
    claude::decode(line.to_string().as_bytes()).unwrap()
}

pub(super) fn call(id: u64, name: &str) -> Frame {
    let params = json!({"name": name, "arguments": {"path": "a.rs"}, "_meta": {"claudecode/toolUseId": "t"}});
    mcp(&format!("q{id}"), json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}))
}

fn cancelled(id: u64) -> Frame {
    let params = json!({"requestId": id});
    mcp("cancel", json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}))
}

pub(super) fn text(text: &str) -> ToolCallResult {
    ToolCallResult { content: vec![ToolContent::Text { text: text.into() }], is_error: false }
}

impl Driver {
    /// One whose process has our server and knows its tools, with a turn that runs for a client that has these.
    fn with_tools(names: &[&str]) -> Self {
        let mut driver = Self::new();
        driver.step(Input::Tools(toolset(1, names)));
        driver.step(Input::Warm);
        driver.come_up();
        driver.frame(mcp("list", json!({"id": 1, "method": "tools/list"})));
        driver.send_with("go", Some(toolset(1, names)));
        driver.frame(Frame::Init(Box::default()));
        driver.take();
        driver
    }

    fn send_with(&mut self, text: &str, tools: Option<Toolset>) -> TurnId {
        let turn = TurnId::new();
        let prompt = Prompt::new(Content::Text(text.into())).unwrap();
        self.step(Input::Send { turn, prompt, tools });
        turn
    }

    /// What followed for the tools: whom they were called at, what was withdrawn, what the process was told.
    fn tool_story(&mut self) -> Vec<String> {
        let told = |effect: Effect| match effect {
            Effect::CallTool { id, toolbox, call } => Some(format!("call {} {} at {}", id.0, call.name, toolbox.0)),
            Effect::StopCalling(id) => Some(format!("stop {}", id.0)),
            Effect::Write(claude::Input::Answer { request_id, response: Ok(response) }) => {
                Some(format!("{request_id}: {}", said(&response["mcp_response"])))
            }
            Effect::Write(claude::Input::Control { control, .. }) => Some(control.subtype().to_owned()),
            _ => None,
        };
        self.take().into_iter().filter_map(told).collect()
    }

    fn uses(&mut self, name: &str) -> &mut Self {
        self.speaks(Block::ToolUse { id: "t".into(), name: format!("mcp__editor__{name}"), input: json!({}) })
    }
}

fn said(answer: &Value) -> String {
    let result = &answer["result"];
    if let Some(tools) = result["tools"].as_array() {
        let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
        return names.join(" ");
    }
    match (result["content"][0]["text"].as_str(), result["isError"] == true) {
        (Some(text), true) => format!("error: {text}"),
        (Some(text), false) => text.to_owned(),
        (None, _) => answer.to_string(),
    }
}

#[test]
fn a_call_goes_to_the_client_and_its_answer_to_the_process() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.uses("open").frame(call(2, "open"));
    driver.step(Input::ToolAnswered(CallId(1), Ok(text("opened"))));
    driver.step(Input::ToolAnswered(CallId(1), Ok(text("again"))));
    assert_eq!(driver.tool_story(), ["call 1 open at 1", "q2: opened"]);
}

#[test]
fn the_server_is_started_only_where_a_client_has_tools_and_greets_in_the_others_version() {
    let initialize = json!({"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}});
    for (tools, expected) in [(None, 0), (Some(toolset(1, &["open"])), 1)] {
        let mut driver = Driver::new();
        if let Some(tools) = tools {
            driver.step(Input::Tools(tools));
        }
        driver.step(Input::Warm).step(Input::Spawned(Default::default()));
        let ours = driver.take().into_iter().find_map(|effect| match effect {
            Effect::Write(claude::Input::Initialize { our_servers, .. }) => Some(our_servers),
            _ => None,
        });
        assert_eq!(ours.unwrap().len(), expected);
        assert_eq!(driver.state.started_servers().len(), expected);
        // The CLI greets before it has answered `initialize` itself.
        driver.frame(mcp("hello", initialize.clone()));
        assert!(driver.tool_story()[0].contains("2025-06-18"));
    }
}

#[test]
fn several_calls_are_answered_in_whatever_order() {
    let mut driver = Driver::with_tools(&["open", "close"]);
    driver.frame(call(2, "open")).frame(call(3, "close"));
    driver.step(Input::ToolAnswered(CallId(2), Ok(text("closed"))));
    driver.step(Input::ToolAnswered(CallId(1), Err("open failed: no".into())));
    let expected = ["call 1 open at 1", "call 2 close at 1", "q3: closed", "q2: error: open failed: no"];
    assert_eq!(driver.tool_story(), expected);
}

#[test]
fn what_cannot_be_called_is_answered_at_once() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.frame(call(2, "shut"));
    let params = json!({"name": "open", "arguments": {"pth": 1}});
    driver.frame(mcp("q3", json!({"id": 3, "method": "tools/call", "params": params})));
    let story = driver.tool_story();
    assert!(story[0].starts_with("q2: error: The client that this message came from has no tool shut"), "{story:?}");
    assert!(story[1].starts_with("q3: error: The arguments of open are not what its schema wants"), "{story:?}");
    driver.frame(mcp("q4", json!({"id": 4, "method": "resources/list"})));
    driver.frame(mcp("q5", json!({"id": 5, "method": "ping"})));
    let story = driver.tool_story();
    assert!(story[0].contains("-32601") && story[1].contains(r#""result":{}"#), "{story:?}");
}

#[test]
fn a_call_that_takes_too_long_fails_and_its_late_answer_finds_nothing() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.frame(call(2, "open")).wait(10).frame(call(3, "open"));
    driver.take();
    driver.wait(3595).step(Input::Timer(Timer::Tool));
    let effects = driver.take();
    let left = effects.iter().rev().find_map(|effect| match effect {
        Effect::SetTimer(Timer::Tool, left) => Some(*left),
        _ => None,
    });
    assert!(left.is_some_and(|left| left <= Duration::from_secs(10)), "{left:?}");
    driver.seen = effects;
    let expected = "q2: error: open did not answer within 3600s. Whether it did anything is not known.";
    assert_eq!(driver.tool_story(), ["stop 1", expected]);
    driver.step(Input::ToolAnswered(CallId(1), Ok(text("late"))));
    driver.step(Input::ToolAnswered(CallId(2), Ok(text("in time"))));
    assert_eq!(driver.tool_story(), ["q3: in time"]);
}

#[test]
fn what_the_process_takes_back_is_withdrawn_and_not_answered() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.frame(call(2, "open")).frame(call(3, "open")).take();
    driver.frame(cancelled(2)).frame(Frame::ControlCancel { request_id: "q3".into() });
    driver.step(Input::ToolAnswered(CallId(1), Ok(text("late"))));
    let taken = r#"cancel: {"jsonrpc":"2.0","result":{}}"#;
    assert_eq!(driver.tool_story(), ["stop 1", taken, "stop 2"]);
}

#[test]
fn an_interrupt_a_turns_end_and_a_processs_end_withdraw_what_is_called() {
    let ends: [fn(&mut Driver); 3] = [
        |driver| {
            driver.step(Input::Interrupt { include_queued: false });
        },
        |driver| {
            driver.ends();
        },
        |driver| {
            driver.step(Input::Exited(killed()));
        },
    ];
    for end in ends {
        let mut driver = Driver::with_tools(&["open"]);
        driver.uses("open").frame(call(2, "open")).take();
        end(&mut driver);
        assert_eq!(driver.tool_story(), ["stop 1"]);
    }
}

#[test]
fn nothing_is_called_in_a_turn_that_is_interrupted_and_the_next_one_calls_again() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.step(Input::Interrupt { include_queued: false }).take();
    driver.frame(call(2, "open"));
    assert_eq!(driver.tool_story(), ["q2: error: The person interrupted this turn."]);
    driver.frame(interrupted());
    driver.send_with("again", Some(toolset(1, &["open"])));
    driver.frame(Frame::Init(Box::default())).frame(call(3, "open"));
    assert_eq!(driver.tool_story(), ["call 1 open at 1"]);
}

#[test]
fn an_agent_that_works_on_keeps_its_call() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.frame(Frame::BackgroundTasks { running: 1, frame: Value::Null }).frame(call(2, "open")).take();
    driver.ends();
    assert_eq!(driver.tool_story(), [""; 0]);
    driver.step(Input::ToolAnswered(CallId(1), Ok(text("opened"))));
    assert_eq!(driver.tool_story(), ["q2: opened"]);
}

#[test]
fn each_clients_message_has_its_own_tools_and_a_turn_of_nobodys_those_of_the_last() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.send_with("from another", Some(toolset(2, &["open", "close"])));
    driver.frame(call(2, "open"));
    assert_eq!(driver.tool_story(), ["call 1 open at 1"]);
    driver.ends().frame(mcp("list", json!({"id": 3, "method": "tools/list"})));
    driver.frame(Frame::Init(Box::default())).frame(call(4, "open"));
    assert_eq!(driver.tool_story(), ["stop 1", "mcp_message", "list: open close", "call 2 open at 2"]);
    driver.send_with("from one without", None);
    driver.ends().frame(mcp("list", json!({"id": 5, "method": "tools/list"})));
    driver.frame(Frame::Init(Box::default())).frame(call(6, "open"));
    let story = driver.tool_story();
    assert_eq!(story[..3], ["stop 2", "mcp_message", "list: "]);
    assert!(story[3].contains("has no tool open"), "{story:?}");
    driver.ends().frame(Frame::Init(Box::default())).frame(call(7, "close"));
    assert_eq!(driver.tool_story(), ["mcp_message", "call 3 close at 2"]);
}

#[test]
fn the_same_tools_of_another_connection_are_worth_no_word_but_are_called_there() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.ends().take();
    driver.step(Input::Tools(toolset(2, &["open"])));
    driver.send_with("go on", Some(toolset(2, &["open"])));
    driver.frame(Frame::Init(Box::default())).frame(call(2, "open"));
    assert_eq!(driver.tool_story(), ["call 1 open at 2"]);
}

#[test]
fn declared_tools_need_no_permission_unless_they_say_so_and_unknown_ones_get_none() {
    let mut driver = Driver::with_tools(&["open", "ask_first"]);
    driver.step(Input::Askable).take();
    let mut decided = |name: &str| {
        let request = json!({"subtype": "can_use_tool", "tool_name": format!("mcp__editor__{name}"), "input": {},
            "tool_use_id": "t"});
        let line = json!({"type": "control_request", "request_id": name, "request": request});
        driver.frame(claude::decode(line.to_string().as_bytes()).unwrap());
        driver.take().into_iter().find_map(|effect| match effect {
            Effect::Write(claude::Input::Answer { response, .. }) => Some(response.unwrap()["behavior"].take()),
            Effect::Ask(_) => Some(json!("asked")),
            _ => None,
        })
    };
    let decisions = ["open", "ask_first", "shut"].map(|name| decided(name).unwrap());
    assert_eq!(decisions, ["allow", "asked", "deny"]);
}

#[test]
fn while_a_clients_tool_runs_the_process_is_not_silent() {
    let mut driver = Driver::with_tools(&["open"]);
    driver.frame(call(2, "open")).take();
    driver.wait(4000).step(Input::Timer(Timer::Silence));
    assert_eq!(driver.story(), [""; 0]);
}
