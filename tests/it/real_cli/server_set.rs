//! MCP servers that are told what the session is: replaced, in the same process, when that changes.

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said};
use crate::support::editor_tools::{capabilities, text};
use crate::support::studies;

/// What the one tool of the turn answered.
fn answer(said: &Said) -> String {
    let [result] = said.events_of("toolResult")[..] else { panic!("{:?}", said.kinds()) };
    assert_eq!(result["isError"], false, "{result}");
    let content = &result["content"];
    content.as_str().or(content[0]["text"].as_str()).unwrap().to_owned()
}

#[test]
fn the_profiles_server_is_told_the_new_mode_in_the_same_process_and_the_editors_tools_stay() {
    let api = Api::start();
    let options = json!({"profile": "atomizer", "modes": {"power": {"enabled": true}}});
    let setup = Bridge::with_real_cli(&api).options(options).capabilities(capabilities(json!({})));
    studies::make_root(&setup.folders().workspace);
    let mut bridge = setup.start();
    let session = bridge.create_session();
    let environment = |bridge: &Bridge| {
        api.reply(Reply::tool("mcp__atomizer__environment", json!({})));
        api.reply("done");
        answer(&bridge.say(&session, "Where are you?"))
    };
    assert!(environment(&bridge).contains("ATOMIZER_MODE=user"));
    let pid = bridge.cli_pid(&session);

    for mode in ["power", "user"] {
        bridge.request("session/setMode", json!({"sessionId": session, "mode": mode}));
        let told = environment(&bridge);
        assert!(told.contains(&format!("ATOMIZER_MODE={mode}")), "{told}");
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

#[test]
fn commands_of_the_cli_have_a_mode_that_was_switched_from_its_next_start_as_the_readme_says() {
    let api = Api::start();
    let options = json!({"profile": "atomizer", "modes": {"power": {"enabled": true}}});
    let setup = Bridge::with_real_cli(&api).options(options);
    studies::make_root(&setup.folders().workspace);
    let mut bridge = setup.start();
    let session = bridge.create_session();
    let mode_of_a_command = |bridge: &Bridge| {
        let input = json!({"command": "echo $ATOMIZER_MODE", "description": "tells the mode"});
        api.reply(Reply::tool("Bash", input));
        api.reply("done");
        answer(&bridge.say(&session, "Which mode?"))
    };
    bridge.wait_until_warm(&session);
    bridge.request("session/setMode", json!({"sessionId": session, "mode": "power"}));
    assert_eq!(mode_of_a_command(&bridge), "user");
    bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(mode_of_a_command(&bridge), "power");
    bridge.shutdown();
}
