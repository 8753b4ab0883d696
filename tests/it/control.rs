//! What is changed and asked of a session beside its messages, with the scripted CLI.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

const POWER: &str = "[modes.power]\nenabled = true\n";
const POWER_WITH_LIMITS: &str = "[modes.power]\nenabled = true\n[modes.user]\ndisallowed_tools = ['WebFetch']\n";

fn set_mode(bridge: &Bridge, session: &str, mode: &str) -> Value {
    bridge.request("session/setMode", json!({"sessionId": session, "mode": mode}))["session"].take()
}

fn set_model(bridge: &Bridge, session: &str, model: &str) -> Value {
    bridge.request("session/setModel", json!({"sessionId": session, "model": model}))["session"].take()
}

/// What the CLI was sent as the last message.
fn last_message(bridge: &Bridge) -> Value {
    bridge.cli().messages().pop().expect("a message was sent")
}

/// A configuration with one MCP server; the scripted CLI starts none.
fn with_server(more: &str) -> String {
    format!("{more}[mcp_servers.calc]\ncommand = 'calc'\n")
}

fn servers(statuses: &[(&str, &str)]) -> Value {
    let server = |(name, status): &(&str, &str)| json!({"name": name, "status": status, "tools": [{"name": "add"}]});
    json!({"mcpServers": statuses.iter().map(server).collect::<Vec<_>>()})
}

#[test]
fn a_live_session_changes_its_mode_in_the_same_process_and_claude_is_told_once() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).config(POWER).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    assert_eq!(set_mode(&bridge, &session, "power")["mode"], "power");
    assert_eq!(bridge.session(&session)["mode"], "power");
    bridge.say(&session, "two");
    let sent = last_message(&bridge);
    assert!(sent[0]["text"].as_str().unwrap().contains("power mode"), "{sent}");
    assert_eq!((sent[1]["text"].as_str(), sent.as_array().unwrap().len()), (Some("two"), 2));
    bridge.say(&session, "three");
    assert_eq!(last_message(&bridge), "three");
    assert_eq!(bridge.cli().starts().len(), 1);
    // What Claude is told is not what the person said.
    assert_eq!(bridge.messages(&session)[2]["content"], json!([{"type": "text", "text": "two"}]));
}

#[test]
fn a_changed_mode_holds_for_the_next_question_of_a_turn_that_runs() {
    let call = |turn: Turn, id: &str| turn.call(id, "Bash", json!({"command": "ls"}));
    let turn = call(Turn::text("Go"), "t1").ask_permission("t1", json!({"behavior": "deny"})).fails("t1", "no");
    let turn = call(turn.hold("changed"), "t2").ask_permission("t2", json!({"behavior": "allow"})).returns("t2", "yes");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)]).config(POWER).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until("toolResult");
    set_mode(&bridge, &session, "power");
    bridge.cli().release("changed");
    assert_eq!(saying.end().stop_reason(), "completed");
}

#[test]
fn a_mode_that_is_not_enabled_is_refused_and_nothing_changes() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    for (method, params) in [
        ("session/setMode", json!({"sessionId": session, "mode": "power"})),
        ("session/create", json!({"resumeSessionId": session, "mode": "power"})),
    ] {
        let error = bridge.refusal(method, params);
        assert_eq!((error.code, error.kind()), (1011, "modeNotAllowed"), "{method}");
    }
    assert_eq!(bridge.session(&session)["mode"], "user");
}

#[test]
fn a_session_at_rest_changes_its_mode_and_model_at_its_next_start_also_after_a_restart() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).config(POWER_WITH_LIMITS).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    bridge.request("session/close", json!({"sessionId": session}));
    set_mode(&bridge, &session, "power");
    assert_eq!(set_model(&bridge, &session, "sonnet")["model"], "sonnet");
    assert_eq!(bridge.cli().starts().len(), 1);
    bridge.shutdown();
    bridge.restart();
    let stored = bridge.session(&session);
    assert_eq!((&stored["mode"], &stored["model"]), (&json!("power"), &json!("sonnet")));
    bridge.say(&session, "two");
    assert!(last_message(&bridge)[0]["text"].as_str().unwrap().contains("power mode"));
    let starts = bridge.cli().starts();
    assert_eq!((starts[0].flag("--disallowedTools"), starts[0].flag("--model")), (Some("WebFetch"), None));
    assert_eq!((starts[1].flag("--disallowedTools"), starts[1].flag("--model")), (None, Some("sonnet")));
    assert_eq!(starts[0].flag("--session-id"), starts[1].flag("--resume"));
}

#[test]
fn a_session_is_resumed_in_the_mode_that_is_asked_for() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).config(POWER).start();
    let session = bridge.create_session();
    bridge.request("session/close", json!({"sessionId": session}));
    let resumed = bridge.create_session_with(json!({"resumeSessionId": session, "mode": "power"}));
    assert_eq!((&resumed["id"], &resumed["mode"]), (&json!(session), &json!("power")));
}

#[test]
fn user_mode_forbids_at_once_in_a_process_that_was_started_in_power_mode() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).config(POWER_WITH_LIMITS).start();
    let session = bridge.create_session_with(json!({"mode": "power"}))["id"].as_str().unwrap().to_owned();
    bridge.say(&session, "one");
    set_mode(&bridge, &session, "user");
    bridge.say(&session, "two");
    let received = bridge.cli().received();
    let rules: Vec<_> = received.iter().filter(|line| line["request"]["subtype"] == "apply_flag_settings").collect();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["request"]["settings"], json!({"permissions": {"deny": ["WebFetch"]}}));
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn power_mode_starts_the_cli_anew_where_it_was_started_with_what_is_forbidden() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).config(POWER_WITH_LIMITS).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    set_mode(&bridge, &session, "power");
    // Nobody has to send a message for it.
    assert_eq!(bridge.cli().wait_for_starts(2)[1].flag("--disallowedTools"), None);
    assert_eq!(bridge.say(&session, "two").stop_reason(), "completed");
    assert_eq!(bridge.cli().starts().len(), 2);
}

#[test]
fn a_cli_is_started_anew_for_a_mode_only_after_its_turn() {
    let first = Script::new().answer(Turn::text("Half").hold("go").then(" done"));
    let bridge = Bridge::with_scripted_cli([first, Script::echo()]).config(POWER_WITH_LIMITS).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "one");
    saying.until_text("Half");
    let waiting = bridge.start_saying(&session, "two");
    set_mode(&bridge, &session, "power");
    assert_eq!(bridge.cli().starts().len(), 1);
    bridge.cli().release("go");
    assert_eq!(saying.end().text(), "Half done");
    assert!(waiting.end().text().ends_with("two"));
    assert_eq!(bridge.cli().starts().len(), 2);
}

#[test]
fn a_live_session_changes_its_model_and_one_that_is_not_offered_is_refused_by_name() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    assert_eq!(set_model(&bridge, &session, "sonnet")["model"], "sonnet");
    assert!(bridge.cli().controls().contains(&"set_model".to_owned()));
    for (model, named) in [("gpt", "default, sonnet"), ("", "session/capabilities"), ("a\nb", "session/capabilities")] {
        let error = bridge.refusal("session/setModel", json!({"sessionId": session, "model": model}));
        assert_eq!((error.code, error.kind()), (-32602, "invalidParams"), "{model:?}");
        assert!(error.data["hint"].as_str().unwrap().contains(named), "{:?}", error.data);
    }
    assert_eq!(bridge.session(&session)["model"], "sonnet");
}

#[test]
fn a_model_that_the_cli_refuses_is_not_the_sessions() {
    let script = Script::new().expect_control("set_model").respond_error("not for you");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let error = bridge.refusal("session/setModel", json!({"sessionId": session, "model": "sonnet"}));
    assert_eq!((error.code, error.kind()), (1024, "cliProtocol"));
    assert!(error.message.contains("not for you"), "{}", error.message);
    assert_eq!(bridge.session(&session).get("model"), None);
}

#[test]
fn a_question_to_a_cli_that_dies_over_it_is_answered_with_an_error() {
    let script = Script::new().expect_control("mcp_status").exit(1);
    let bridge = Bridge::with_scripted_cli([script, Script::echo()]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let error = bridge.refusal("mcp/status", json!({"sessionId": session}));
    assert_eq!((error.code, error.kind()), (1022, "cliExited"));
    assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
}

#[test]
fn what_the_cli_offers_is_told_and_nothing_of_it_where_none_runs() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let ask = || bridge.request("session/capabilities", json!({"sessionId": session}));
    let expected = json!({
        "cliVersion": "2.1.330",
        "models": [
            {"id": "default", "name": "Default", "resolved": "claude-opus-5-5"},
            {"id": "sonnet", "name": "Sonnet", "resolved": "claude-sonnet-5-5"},
        ],
        "commands": [{"name": "compact", "description": "Summarise"}],
        "agents": [{"name": "Explore", "description": "Looks for code"}],
    });
    assert_eq!(ask(), expected);
    let used = bridge.request("session/contextUsage", json!({"sessionId": session}));
    assert_eq!((&used["context"]["totalTokens"], &used["context"]["maxTokens"]), (&json!(10), &json!(200_000)));
    bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(ask(), json!({}));
    assert_eq!(bridge.request("session/contextUsage", json!({"sessionId": session})), json!({}));
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn the_servers_of_a_session_without_a_process_are_stopped_and_stay_so() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo()]).config(&with_server("")).start();
    let own = json!({"mcpServers": {"sums": {"command": "sums"}}});
    let session = bridge.create_session_with(own)["id"].as_str().unwrap().to_owned();
    bridge.wait_until_warm(&session);
    bridge.shutdown();
    bridge.restart();
    let stopped = |name: &str| json!({"name": name, "status": "stopped", "tools": []});
    let told = bridge.request("mcp/status", json!({"sessionId": session}));
    assert_eq!(told, json!({"servers": [stopped("calc"), stopped("sums")]}));
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn a_turn_that_waits_for_a_server_says_so_until_it_begins() {
    let is = |script: Script, status: &str| script.expect_control("mcp_status").respond(servers(&[("calc", status)]));
    let script = Script::new().expect_control("initialize").hold("sent").respond(json!({"account": {}}));
    let script = is(is(script, "pending").expect(json!({"type": "user"})), "pending");
    let script = is(is(script, "pending"), "connected").unasked("Hi");
    let bridge = Bridge::with_scripted_cli([script]).config(&with_server("")).start();
    let session = bridge.create_session();
    // It waits before the CLI is asked for the first time.
    let mut saying = bridge.start_saying(&session, "Hello");
    saying.until("status");
    bridge.cli().release("sent");
    let said = saying.end();
    let waits: Vec<_> =
        said.events_of("status").into_iter().filter(|event| event["status"] == "waitingForServers").collect();
    assert_eq!(waits.len(), 2, "{:?}", said.kinds());
    assert!(waits[0]["detail"].as_str().unwrap().starts_with("calc (for "), "{}", waits[0]);
    let reports = said.events_of("mcpStatus");
    assert_eq!(reports.last().unwrap()["servers"], json!([{"name": "calc", "status": "connected", "tools": ["add"]}]));
}

#[test]
fn a_compaction_is_a_turn_with_an_event_of_its_own() {
    let boundary = json!({
        "type": "system", "subtype": "compact_boundary",
        "compact_metadata": {"trigger": "manual", "pre_tokens": 522, "post_tokens": 253},
    });
    let script = Script::new().answer(Turn::silent().emit(boundary));
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let params = json!({"sessionId": session, "partialResultToken": "compact"});
    let turn = bridge.request("session/compact", params);
    assert_eq!((&turn["stopReason"], &turn["sessionId"]), (&json!("completed"), &json!(session)));
    assert_eq!(last_message(&bridge), "/compact");
    let events = bridge.events_until("compact", |event| event["kind"] == "turnCompleted");
    let compacted = events.iter().find(|event| event["kind"] == "compacted").expect("an event");
    let facts = (&compacted["trigger"], &compacted["tokensBefore"], &compacted["tokensAfter"]);
    assert_eq!(facts, (&json!("manual"), &json!(522), &json!(253)));
}
