//! The client's own tools: shown to the model, called at the client, answered, interrupted.

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said};
use crate::support::client::ServerRequest;
use crate::support::editor_tools::{capabilities, declared, text};

fn bridge(api: &Api, ours: Value) -> (Bridge, String) {
    let bridge = Bridge::with_real_cli(api).capabilities(capabilities(ours)).start();
    let session = bridge.create_session();
    (bridge, session)
}

fn called(bridge: &Bridge) -> ServerRequest {
    bridge.next_server_request("tool/call")
}

/// Whether each tool of the turn failed, and what it said.
fn results(said: &Said) -> Vec<(bool, String)> {
    let told =
        |content: &Value| content[0]["text"].as_str().or_else(|| content.as_str()).unwrap_or_default().to_owned();
    let results = said.events_of("toolResult").into_iter();
    results.map(|event| (event["isError"].as_bool().unwrap(), told(&event["content"]))).collect()
}

#[test]
fn a_file_is_opened_and_diagnostics_are_got_without_a_question() {
    let api = Api::start();
    api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "src/a.rs", "line": 3})));
    api.reply(Reply::tool("mcp__editor__get_diagnostics", json!({})));
    api.reply("One error, in line 3.");
    let (mut bridge, session) = bridge(&api, json!({"permissions": "request"}));

    let saying = bridge.start_saying(&session, "What is wrong?");
    let open = called(&bridge);
    assert_eq!(open.params["arguments"], json!({"path": "src/a.rs", "line": 3}));
    open.answer(&text("opened"));
    let diagnostics = called(&bridge);
    assert_eq!(
        (&diagnostics.params["name"], &diagnostics.params["sessionId"]),
        (&json!("get_diagnostics"), &json!(session))
    );
    diagnostics.answer(&text("src/a.rs:3: mismatched types"));
    let said = saying.end();

    assert_eq!(said.text(), "One error, in line 3.");
    let expected = [(false, "opened".to_owned()), (false, "src/a.rs:3: mismatched types".to_owned())];
    assert_eq!(results(&said), expected);
    assert_eq!(said.events_of("toolCall")[1]["toolUseId"], said.events_of("toolResult")[1]["toolUseId"]);
    assert_eq!(said.events_of("permissionRequested").len(), 0);
    assert!(api.last_request().last_user_text().contains("mismatched types"));
    // With its schema, so that the model need not look for it first.
    assert!(api.last_request().tools().contains(&"mcp__editor__get_diagnostics"));
    let report = bridge.request("mcp/status", json!({"sessionId": session}));
    let server = json!({"name": "editor", "status": "connected", "tools": ["open_file", "get_diagnostics"]});
    assert_eq!(report["servers"], json!([server]));
    bridge.shutdown();
}

#[test]
fn what_goes_wrong_is_told_to_the_model() {
    let api = Api::start();
    api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "gone.rs"})));
    api.reply(Reply::tool("mcp__editor__open_file", json!({"pth": "a.rs"})));
    api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "slow.rs"})));
    api.reply("I give up.");
    let bridge_setup = Bridge::with_real_cli(&api).capabilities(capabilities(json!({})));
    let mut bridge = bridge_setup.options(json!({"tools": {"timeout": "300ms"}})).start();
    let session = bridge.create_session();

    let saying = bridge.start_saying(&session, "Open it");
    called(&bridge).refuse(-32603, "no such file");
    // The second never comes, and the third is not answered.
    drop(called(&bridge));
    let said = saying.end();

    assert_eq!(said.text(), "I give up.");
    let results = results(&said);
    assert_eq!(results[0], (true, "open_file failed: no such file".to_owned()));
    assert!(results[1].0 && results[1].1.contains("\"path\" is a required property"), "{results:?}");
    assert!(results[2].0 && results[2].1.starts_with("open_file did not answer within 300ms"), "{results:?}");
    bridge.shutdown();
}

#[test]
fn an_interrupt_withdraws_the_call_and_the_next_message_calls_again() {
    let api = Api::start();
    api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "a.rs"})));
    let (mut bridge, session) = bridge(&api, json!({}));
    let saying = bridge.start_saying(&session, "Open it");
    let late = called(&bridge);
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    late.answer(&text("too late"));

    api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "b.rs"})));
    api.reply("It is open.");
    let saying = bridge.start_saying(&session, "Open it again");
    let again = called(&bridge);
    assert_eq!(again.params["arguments"]["path"], "b.rs");
    again.answer(&text("opened"));
    assert_eq!(saying.end().text(), "It is open.");
    bridge.shutdown();
}

#[test]
fn two_that_only_read_are_called_at_once() {
    let api = Api::start();
    let call = |path: &str| json!({ "path": path });
    let both = Reply::tool("mcp__editor__get_diagnostics", call("a.rs"));
    api.reply(both.then_tool("mcp__editor__get_diagnostics", call("b.rs")));
    api.reply("All is well.");
    let (mut bridge, session) = bridge(&api, json!({}));
    let saying = bridge.start_saying(&session, "How is it?");
    let calls = [called(&bridge), called(&bridge)];
    for request in calls.into_iter().rev() {
        let answer = text(&format!("nothing in {}", request.params["arguments"]["path"]));
        request.answer(&answer);
    }
    let said = saying.end();
    assert_eq!(said.text(), "All is well.");
    let mut told: Vec<String> = results(&said).into_iter().map(|(_, text)| text).collect();
    told.sort();
    assert_eq!(told, [r#"nothing in "a.rs""#, r#"nothing in "b.rs""#]);
    bridge.shutdown();
}

#[test]
fn a_tool_that_wants_approval_is_asked_for_and_denied() {
    let api = Api::start();
    api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "a.rs"})));
    api.reply("I may not.");
    let mut tools = declared();
    tools[0]["requiresApproval"] = json!(true);
    let ours = json!({"permissions": "request", "tools": tools});
    let capabilities = json!({"experimental": {"claudeBridge": ours}});
    let mut bridge = Bridge::with_real_cli(&api).capabilities(capabilities).start();
    let session = bridge.create_session();
    let saying = bridge.start_saying(&session, "Open it");
    let request = bridge.next_server_request("permission/request");
    assert_eq!(request.params["permission"]["title"], "editor: open_file");
    request.answer(&json!({"behavior": "deny", "message": "Not now."}));
    let said = saying.end();
    assert_eq!((said.text(), results(&said)), ("I may not.".to_owned(), vec![(true, "Not now.".to_owned())]));
    bridge.shutdown();
}
