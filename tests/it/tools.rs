//! The client's own tools, with the scripted CLI: declared, shown, called, and what goes wrong.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Setup};
use crate::support::client::ServerRequest;
use crate::support::editor_tools::{capabilities, declared, text};
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

/// What the CLI says to the server of the client's tools.
fn mcp(request_id: &str, message: Value) -> Value {
    let mut request = json!({"subtype": "mcp_message", "server_name": "editor"});
    request["message"] = message;
    json!({"type": "control_request", "request_id": request_id, "request": request})
}

/// The CLI calls a tool, as request `call_<id>`.
fn call(id: u64, name: &str, arguments: Value) -> Value {
    let mut params = json!({"name": name, "_meta": {"claudecode/toolUseId": format!("t{id}")}});
    params["arguments"] = arguments;
    mcp(&format!("call_{id}"), json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}))
}

/// What the CLI has to be told in answer to a message of its.
fn answered(request_id: &str, response: Value) -> Value {
    let mut answer = json!({"subtype": "success", "request_id": request_id, "response": {}});
    answer["response"]["mcp_response"] = response;
    json!({"type": "control_response", "response": answer})
}

fn told(id: u64, said: &str, is_error: bool) -> Value {
    let result = json!({"content": [{"type": "text", "text": said}], "isError": is_error});
    answered(&format!("call_{id}"), json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// A turn in which `open_file` is called and what it answers is waited for.
fn opens(said: &str, is_error: bool) -> Turn {
    let path = json!({"path": "src/a.rs"});
    Turn::silent()
        .call("t1", "mcp__editor__open_file", path.clone())
        .emit(call(1, "open_file", path))
        .expect(told(1, said, is_error))
        .returns("t1", said)
        .then("Done.")
}

fn setup(scripts: impl IntoIterator<Item = Script>) -> Setup {
    Bridge::with_scripted_cli(scripts).capabilities(capabilities(json!({})))
}

/// A bridge whose client has tools, and a session in it.
fn with_tools(scripts: impl IntoIterator<Item = Script>) -> (Bridge, String) {
    let bridge = setup(scripts).start();
    let session = bridge.create_session();
    (bridge, session)
}

/// How many of the CLI's questions have been answered.
fn answers(bridge: &Bridge) -> usize {
    bridge.cli().received().iter().filter(|line| line["type"] == "control_response").count()
}

fn called(bridge: &Bridge) -> ServerRequest {
    bridge.next_server_request("tool/call")
}

#[test]
fn a_declared_tool_is_shown_to_claude_and_called_at_the_client() {
    let greeting = json!({"protocolVersion": "2025-11-25", "serverInfo": {"name": "editor"}});
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}}});
    let tool = |tool: &Value| {
        json!({"name": tool["name"], "description": tool["description"],
        "inputSchema": tool["inputSchema"], "_meta": {"anthropic/alwaysLoad": true}})
    };
    let tools: Vec<Value> = declared().as_array().unwrap().iter().map(tool).collect();
    let script = Script::new()
        .emit(mcp("hello", hello))
        .expect(answered("hello", json!({"id": 0, "result": greeting})))
        .emit(mcp("ready", json!({"jsonrpc": "2.0", "method": "notifications/initialized"})))
        .expect(answered("ready", json!({"jsonrpc": "2.0", "result": {}})))
        .emit(mcp("list", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})))
        .expect(answered("list", json!({"id": 1, "result": {"tools": tools}})))
        .answer(opens("opened", false));
    let (bridge, session) = with_tools([script]);
    // Before that, the message would come where the script wants an answer.
    wait_for("the tools to be listed", || (answers(&bridge) == 3).then_some(()));
    let saying = bridge.start_saying(&session, "Open it");
    let request = called(&bridge);
    let expected = json!({"sessionId": session, "name": "open_file", "arguments": {"path": "src/a.rs"},
        "toolUseId": "t1"});
    assert_eq!(request.params, expected);
    request.answer(&text("opened"));
    let said = saying.end();
    assert_eq!(said.text(), "Done.");
    assert_eq!(said.events_of("toolCall")[0]["title"], "editor: open_file");

    let start = &bridge.cli().starts()[0];
    let servers: Value = serde_json::from_str(&start.files["--mcp-config"].text).unwrap();
    assert_eq!(servers, json!({"mcpServers": {"editor": {"type": "sdk", "name": "editor"}}}));
    let received = bridge.cli().received();
    let initialize = received.iter().find(|line| line["request"]["subtype"] == "initialize").unwrap();
    assert_eq!(initialize["request"]["sdkMcpServers"], json!(["editor"]));
}

#[test]
fn a_client_without_tools_has_no_such_server() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    assert!(!bridge.cli().starts()[0].has_flag("--mcp-config"));
    let received = bridge.cli().received();
    let initialize = received.iter().find(|line| line["request"]["subtype"] == "initialize").unwrap();
    assert!(initialize["request"].get("sdkMcpServers").is_none(), "{initialize}");
}

#[test]
fn an_error_a_failure_and_nonsense_are_told_to_the_model() {
    let fails: fn(ServerRequest) =
        |request| request.answer(&json!({"content": [{"type": "text", "text": "no such file"}], "isError": true}));
    let refuses: fn(ServerRequest) = |request| request.refuse(-32603, "the window is closed");
    let no_answer: fn(ServerRequest) = |request| request.answer(&json!("opened"));
    let no_content: fn(ServerRequest) = |request| request.answer(&json!({"content": [{"type": "song"}]}));
    let unreadable = "open_file gave an answer that cannot be read. Whether it did anything is not known.";
    for (respond, said) in [
        (fails, "no such file"),
        (refuses, "open_file failed: the window is closed"),
        (no_answer, unreadable),
        (no_content, unreadable),
    ] {
        let (bridge, session) = with_tools([Script::new().answer(opens(said, true))]);
        let saying = bridge.start_saying(&session, "Open it");
        respond(called(&bridge));
        assert_eq!(saying.end().text(), "Done.");
    }
}

#[test]
fn arguments_that_do_not_fit_never_reach_the_client() {
    let wrong = json!({"pth": "src/a.rs", "line": 0});
    let turn = Turn::silent().emit(call(1, "open_file", wrong)).expect(json!({"type": "control_response"})).then("Oh.");
    let (bridge, session) = with_tools([Script::new().answer(turn)]);
    assert_eq!(bridge.say(&session, "Open it").text(), "Oh.");
    let mut answers = bridge.cli().received().into_iter().filter(|line| line["type"] == "control_response");
    let answer = answers.next_back().unwrap()["response"]["response"]["mcp_response"]["result"].take();
    let said = answer["content"][0]["text"].as_str().unwrap();
    assert_eq!(answer["isError"], true);
    for part in ["open_file are not what its schema wants", "\"path\" is a required property", "/line"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_client_that_takes_too_long_is_given_up_and_told_so() {
    let said = "open_file did not answer within 200ms. Whether it did anything is not known.";
    let bridge = setup([Script::new().answer(opens(said, true))]).config("[tools]\ntimeout = \"200ms\"\n").start();
    let session = bridge.create_session();
    let saying = bridge.start_saying(&session, "Open it");
    // It is withdrawn, and so needs no answer.
    drop(called(&bridge));
    assert_eq!(saying.end().text(), "Done.");
}

#[test]
fn a_client_that_goes_away_while_it_is_called_is_an_error_and_no_hang() {
    let said = "open_file gave no answer: the client that has it is gone.";
    let (mut bridge, session) = with_tools([Script::new().answer(opens(said, true))]);
    let saying = bridge.start_saying(&session, "Open it");
    drop(called(&bridge));
    bridge.close_stdin();
    assert_eq!(saying.end().text(), "Done.");
    bridge.wait_for_exit();
}

#[test]
fn what_the_cli_takes_back_is_withdrawn_at_the_client_and_its_late_answer_harms_nobody() {
    let path = json!({"path": "src/a.rs"});
    let back = mcp("back", json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}));
    let also = json!({"type": "control_cancel_request", "request_id": "call_2"});
    let turn = Turn::silent()
        .emit(call(1, "open_file", path.clone()))
        .emit(call(2, "open_file", path))
        .hold("both are called")
        .emit(back)
        .expect(answered("back", json!({"jsonrpc": "2.0", "result": {}})))
        .emit(also)
        .then("Oh.");
    let (bridge, session) = with_tools([Script::new().answer(turn).answer("Next")]);
    let saying = bridge.start_saying(&session, "Open it");
    let [one, two] = [called(&bridge), called(&bridge)];
    bridge.cli().release("both are called");
    assert_eq!(saying.end().text(), "Oh.");
    one.answer(&text("late"));
    two.answer(&text("late"));
    assert_eq!(bridge.say(&session, "Go on").text(), "Next");
}

#[test]
fn an_interrupt_withdraws_the_call_and_the_chat_lives() {
    let turn = Turn::silent().emit(call(1, "open_file", json!({"path": "a"}))).until_interrupted();
    let (bridge, session) = with_tools([Script::new().answer(turn).answer("Next")]);
    let saying = bridge.start_saying(&session, "Open it");
    // Nobody answers it: that it is withdrawn is seen by whoever checks the client at the end.
    drop(called(&bridge));
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    assert_eq!(bridge.say(&session, "Go on").text(), "Next");
}

#[test]
fn the_turns_end_and_the_processs_death_withdraw_the_call() {
    let calls = || Turn::silent().emit(call(1, "open_file", json!({"path": "a"}))).hold("called");
    let ends = Script::new().answer(calls());
    let dies = Script::new().answer(calls().exit(3));
    for (script, stop_reason) in [(ends, "completed"), (dies, "failed")] {
        let (bridge, session) = with_tools([script]);
        let saying = bridge.start_saying(&session, "Open it");
        drop(called(&bridge));
        bridge.cli().release("called");
        assert_eq!(saying.end().stop_reason(), stop_reason);
    }
}

#[test]
fn several_calls_at_once_get_each_its_own_answer() {
    let path = |path: &str| json!({"path": path});
    let turn = Turn::silent()
        .emit(call(1, "get_diagnostics", path("a")))
        .emit(call(2, "get_diagnostics", path("b")))
        .emit(call(3, "open_file", path("c")))
        .expect(told(3, "for c", false))
        .expect(told(1, "for a", false))
        .expect(told(2, "for b", false))
        .then("Done.");
    let (bridge, session) = with_tools([Script::new().answer(turn)]);
    let saying = bridge.start_saying(&session, "All of it");
    let mut calls: Vec<ServerRequest> = (0..3).map(|_| called(&bridge)).collect();
    for (at, answered) in [(2, 1), (0, 2), (0, 3)] {
        let request = calls.remove(at);
        let answer = text(&format!("for {}", request.params["arguments"]["path"].as_str().unwrap()));
        request.answer(&answer);
        wait_for("the answer to arrive", || (answers(&bridge) == answered).then_some(()));
    }
    assert_eq!(saying.end().text(), "Done.");
}

#[test]
fn a_tool_that_wants_approval_asks_the_person_and_one_that_does_not_asks_nobody() {
    let mut tools = declared();
    tools[0]["requiresApproval"] = json!(true);
    let ours = json!({"permissions": "request", "tools": tools});
    let allowed = |input: Value| json!({"behavior": "allow", "updatedInput": input});
    let path = json!({"path": "a"});
    let turn = Turn::silent()
        .call("t1", "mcp__editor__get_diagnostics", path.clone())
        .ask_permission("t1", allowed(path.clone()))
        .call("t2", "mcp__editor__open_file", path.clone())
        .ask_permission("t2", allowed(path))
        .then("Done.");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)])
        .capabilities(json!({"experimental": {"claudeBridge": ours}}))
        .start();
    let session = bridge.create_session();
    let saying = bridge.start_saying(&session, "Open it");
    let request = bridge.next_server_request("permission/request");
    assert_eq!(request.params["permission"]["toolName"], "mcp__editor__open_file");
    request.answer(&json!({"behavior": "allow"}));
    let said = saying.end();
    assert_eq!((said.text().as_str(), said.events_of("permissionRequested").len()), ("Done.", 1));
}

#[test]
fn a_tool_that_is_no_good_is_refused_with_its_place_and_initialize_can_be_tried_again() {
    let mut bridge = Bridge::with_scripted_cli([]).capabilities(capabilities(json!({}))).uninitialized().start();
    let initialize = |tools: Value| {
        let capabilities = json!({"experimental": {"claudeBridge": {"tools": tools}}});
        let error = bridge.refusal("initialize", json!({"processId": null, "capabilities": capabilities}));
        assert_eq!((error.code, error.kind()), (-32602, "invalidParams"), "{error:?}");
        format!("{} {}", error.message, error.data["hint"].as_str().unwrap_or_default())
    };
    let named = |name: &str| json!({"name": name, "description": "", "inputSchema": {"type": "object"}});
    for (tools, expected) in [
        (json!([named("open file")]), "claudeBridge.tools[0].name: \"open file\" is no name"),
        (json!([named("a"), named("a")]), "claudeBridge.tools[1].name: \"a\" was declared before"),
        (json!([{"name": "a", "description": ""}]), "claudeBridge.tools[0]: missing field `inputSchema`"),
        (json!({"a": 1}), "claudeBridge.tools: invalid type: map, expected a sequence"),
        (
            json!([{"name": "a", "description": "", "inputSchema": {"type": "object", "properties": []}}]),
            "vim.empty_dict()",
        ),
    ] {
        let message = initialize(tools);
        assert!(message.contains(expected), "{message} lacks {expected}");
    }
    bridge.initialize();
}

#[test]
fn neither_a_configured_server_nor_a_sessions_own_can_take_the_name() {
    let options = json!({"mcpServers": {"editor": {"command": "true"}}});
    let mut bridge = Bridge::with_scripted_cli([]).uninitialized().start();
    let error = bridge.refusal("initialize", json!({"processId": null, "initializationOptions": options}));
    assert_eq!((error.code, error.kind()), (-32602, "invalidParams"));
    assert!(error.message.contains("mcpServers.editor has the name of claude-bridge's own MCP server"), "{error:?}");
    assert_eq!(
        (&error.data["key"], &error.data["hint"]),
        (&json!("mcpServers.editor"), &json!("give it another name"))
    );
    bridge.initialize();
    let params = json!({"mcpServers": {"editor": {"command": "true"}}});
    let error = bridge.refusal("session/create", params);
    assert!(error.message.starts_with("mcpServers.editor: "), "{error:?}");
}
