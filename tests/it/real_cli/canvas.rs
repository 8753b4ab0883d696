//! The tools of a dashboard's canvas, on an MCP server of the official SDK, over a study folder, in both modes.

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::Bridge;
use crate::support::{canvas_server, studies};

const STUDY: &str = "mirror/bracket";

/// Has the model call a tool, and gives whether it failed and what it said.
fn call(api: &Api, bridge: &Bridge, session: &str, tool: &str, input: Value) -> (bool, String) {
    api.reply(Reply::tool(&format!("mcp__atomizer__{tool}"), input));
    api.reply("done");
    let said = bridge.say(session, "Go on");
    let [result] = said.events_of("toolResult")[..] else { panic!("{:?}", said.kinds()) };
    let content = &result["content"];
    let text = content[0]["text"].as_str().or_else(|| content.as_str()).unwrap_or_default();
    // To a failure the CLI adds what it makes of it, in a paragraph of its own.
    let own = text.split("\n\n").next().unwrap_or_default();
    (result["isError"].as_bool().unwrap(), own.to_owned())
}

fn intent(min: f64, max: f64) -> Value {
    json!({"study": STUDY, "variables": [{"name": "thickness", "min": min, "max": max}]})
}

#[test]
fn an_intent_is_checked_and_interpreted_in_user_mode_and_executed_in_power_mode_alone() {
    let api = Api::start();
    let options = json!({
        "profile": "atomizer", "modes": {"power": {"enabled": true}},
        "mcpServers": {"atomizer": canvas_server::server()},
    });
    let setup = Bridge::with_real_cli(&api).options(options);
    let root = setup.folders().workspace.clone();
    studies::make_root(&root);
    let mut bridge = setup.start();
    let session = bridge.create_session();
    let go = |bridge: &Bridge, tool: &str, input: Value| call(&api, bridge, &session, tool, input);
    let ok = |text: &str| (false, text.to_owned());
    let failed = |text: &str| (true, text.to_owned());

    assert_eq!(go(&bridge, "validate_canvas_intent", intent(1.0, 8.0)), ok("valid"));
    let empty = failed("invalid: the bounds of thickness are empty");
    assert_eq!(go(&bridge, "validate_canvas_intent", intent(8.0, 1.0)), empty);
    let refused = failed("user mode may not execute an intent");
    assert_eq!(go(&bridge, "execute_canvas_intent", intent(1.0, 8.0)), refused);
    let nothing = ok("bracket: no design variables (user mode)");
    assert_eq!(go(&bridge, "interpret_canvas_intent", json!({"study": STUDY})), nothing);

    let pid = bridge.cli_pid(&session);
    bridge.request("session/setMode", json!({"sessionId": session, "mode": "power"}));
    let wrote = ok("wrote 1 design variables");
    assert_eq!(go(&bridge, "execute_canvas_intent", intent(1.0, 8.0)), wrote);
    let shown = ok("bracket: thickness between 1 and 8 (power mode)");
    assert_eq!(go(&bridge, "interpret_canvas_intent", json!({"study": STUDY})), shown);
    let (outside, said) = go(&bridge, "interpret_canvas_intent", json!({"study": "../.."}));
    assert!(outside && said.contains("outside of the studies folder"), "{said}");
    assert_eq!(bridge.cli_pid(&session), pid);
    let written = std::fs::read_to_string(root.join("studies").join(STUDY).join("1_setup/optimization_config.json"));
    assert!(written.unwrap().contains("thickness"));
    bridge.shutdown();
}
