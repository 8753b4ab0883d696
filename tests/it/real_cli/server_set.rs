//! MCP servers that are told what the session is: replaced, in the same process, when that changes.

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said};
use crate::support::editor_tools::{capabilities, text};
use crate::support::studies;

/// What the one tool of the turn answered: the CLI's own as a text, a server's in blocks.
fn answer(said: &Said) -> String {
    let [result] = said.events_of("toolResult")[..] else { panic!("{:?}", said.kinds()) };
    assert_eq!(result["isError"], false, "{result}");
    let content = &result["content"];
    content.as_str().or(content[0]["text"].as_str()).unwrap().to_owned()
}

/// Where the session is, by the profile's server and by a script that Claude runs.
fn told(api: &Api, bridge: &Bridge, session: &str) -> [String; 2] {
    let script = "python3 studies/mirror/bracket/run_optimization.py";
    let calls =
        [("mcp__atomizer__environment", json!({})), ("Bash", json!({"command": script, "description": "runs"}))];
    calls.map(|(tool, input)| {
        api.reply(Reply::tool(tool, input));
        api.reply("done");
        answer(&bridge.say(session, "Where are you?"))
    })
}

#[test]
fn the_profiles_server_and_claudes_commands_are_told_the_new_mode_in_the_same_process_and_the_editors_tools_stay() {
    let api = Api::start();
    let options = json!({"profile": "atomizer", "modes": {"power": {"enabled": true}}});
    let setup = Bridge::with_real_cli(&api).options(options).capabilities(capabilities(json!({})));
    studies::make_root(&setup.folders().workspace);
    let mut bridge = setup.start();
    let session = bridge.create_session();
    let [server, script] = told(&api, &bridge, &session);
    assert!(server.contains("ATOMIZER_MODE=user"), "{server}");
    assert!(script.contains("ran [] user"), "{script}");
    let pid = bridge.cli_pid(&session);

    for mode in ["power", "user"] {
        bridge.request("session/setMode", json!({"sessionId": session, "mode": mode}));
        let [server, script] = told(&api, &bridge, &session);
        assert!(server.contains(&format!("ATOMIZER_MODE={mode}")), "{server}");
        assert!(script.contains(&format!("ran [] {mode}")), "{script}");
        api.reply(Reply::tool("mcp__editor__open_file", json!({"path": "a.rs"})));
        api.reply("done");
        let saying = bridge.start_saying(&session, "Open it");
        bridge.next_server_request("tool/call").answer(&text("opened"));
        assert_eq!(answer(&saying.end()), "opened");
    }
    assert_eq!(bridge.cli_pid(&session), pid);
    let report = bridge.request("mcp/status", json!({"sessionId": session}));
    let mut states: Vec<Value> = report["servers"].as_array().unwrap().clone();
    states.sort_by_key(|server| server["name"].to_string());
    let states: Vec<_> = states.iter().map(|server| (&server["name"], &server["status"])).collect();
    let connected = json!("connected");
    assert_eq!(states, [(&json!("atomizer"), &connected), (&json!("editor"), &connected)]);
    bridge.shutdown();
}
