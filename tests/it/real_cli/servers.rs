//! MCP servers that are slow, never answer, or die, as the real CLI tells of them.

use std::path::Path;

use serde_json::{Value, json};

use super::calc;
use crate::support::api::Api;
use crate::support::bridge::{Bridge, Said};
use crate::support::wait_for;

/// Servers under the names `calc`, `dead` and `never`.
fn servers() -> Value {
    let dead = json!({"command": "sh", "args": ["-c", "echo out of luck >&2; exit 3"]});
    json!({"calc": calc::server(), "dead": dead, "never": {"command": "sleep", "args": ["300"]}})
}

/// The calculator, which begins once the file exists.
fn slow_server(file: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mcp/slow.py");
    json!({"command": "python3", "args": [script, file]})
}

fn create(bridge: &Bridge, servers: &Value) -> String {
    bridge.create_session_with(json!({"mcpServers": servers}))["id"].as_str().unwrap().to_owned()
}

/// Name and status of each server.
fn statuses(report: &Value) -> Vec<(&str, &str)> {
    let servers = report["servers"].as_array().unwrap().iter();
    servers.map(|server| (server["name"].as_str().unwrap(), server["status"].as_str().unwrap())).collect()
}

/// What the turn said it waits for.
fn waits(said: &Said) -> Vec<&str> {
    let statuses = said.events_of("status").into_iter().filter(|event| event["status"] == "waitingForServers");
    statuses.map(|event| event["detail"].as_str().unwrap()).collect()
}

#[test]
fn a_turn_says_within_a_second_which_server_it_waits_for_and_goes_on_once_it_is_there() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let file = bridge.folders().workspace.join("begin");
    let session = create(&bridge, &json!({"slow": slow_server(&file)}));
    bridge.wait_until_warm(&session);
    let mut saying = bridge.start_saying(&session, "Hi");
    let told = loop {
        let event = saying.until("status");
        if event["status"] == "waitingForServers" {
            break event;
        }
    };
    assert!(told["detail"].as_str().unwrap().starts_with("slow (for "), "{told}");
    std::fs::write(&file, "").unwrap();
    assert_eq!(saying.end().text(), "echo: Hi");
    assert!(api.last_request().mentions("mcp__slow__add"));
    let report = bridge.request("mcp/status", json!({"sessionId": session}));
    let expected = json!({"servers": [{"name": "slow", "status": "connected", "tools": ["add", "token"]}]});
    assert_eq!(report, expected);
    bridge.shutdown();
}

#[test]
fn a_turn_goes_on_without_a_server_that_never_answers_after_the_configured_time() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).options(json!({"mcp": {"timeout": "2s"}})).start();
    let session = create(&bridge, &servers());
    let said = bridge.say(&session, "Hi");
    assert_eq!(said.text(), "echo: Hi");
    let waits = waits(&said);
    assert!(!waits.is_empty() && waits.iter().all(|detail| detail.starts_with("never (for ")), "{waits:?}");
    // The turn waits no longer than the CLI does, which gives the server up a moment later.
    let expected = [("calc", "connected"), ("dead", "failed"), ("never", "failed")];
    let report = wait_for("the CLI to give up", || {
        Some(bridge.request("mcp/status", json!({"sessionId": session}))).filter(|report| statuses(report) == expected)
    });
    let events = bridge.history_file().events(&session);
    let of_kind = |kind: &str| events.iter().filter(|event| event["kind"] == kind).collect::<Vec<_>>();
    let reported = of_kind("mcpStatus");
    assert_eq!(statuses(reported.last().unwrap()), statuses(&report));
    let notices: Vec<_> = of_kind("notice").iter().map(|event| event["text"].as_str().unwrap()).collect();
    let failed =
        |name: &str| notices.iter().filter(|text| text.starts_with(&format!("the MCP server {name} failed: "))).count();
    assert_eq!((failed("dead"), failed("never"), failed("calc")), (1, 1, 0), "{notices:?}");
    assert!(notices.iter().any(|text| text.contains("dead failed: Connection closed")), "{notices:?}");
    let said = "the MCP server dead said before it failed: out of luck";
    wait_for("the server's own words", || bridge.history_file().has_text(&session, said).then_some(()));
    bridge.shutdown();
}

#[test]
fn servers_that_are_there_at_once_are_worth_no_word() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = create(&bridge, &json!({"calc": calc::server()}));
    bridge.say(&session, "one");
    let said = bridge.say(&session, "two");
    assert_eq!((waits(&said), said.events_of("mcpStatus").len()), (vec![], 0));
    assert_eq!(said.events_of("notice").len(), 0);
    bridge.shutdown();
}
