//! What is changed and asked of a session beside its messages, with the real CLI.

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said};

fn power_and(user: &Value) -> Value {
    json!({"modes": {"power": {"enabled": true}, "user": user}})
}

fn set_mode(bridge: &Bridge, session: &str, mode: &str) {
    bridge.request("session/setMode", json!({"sessionId": session, "mode": mode}));
}

fn touch(name: &str) -> Reply {
    Reply::tool("Bash", json!({"command": format!("touch {name}"), "description": "makes a file"}))
}

/// Whether each tool of the turn failed.
fn failures(said: &Said) -> Vec<bool> {
    said.events_of("toolResult").iter().map(|event| event["isError"].as_bool().unwrap()).collect()
}

#[test]
fn power_mode_and_back_hold_at_once_in_the_same_process() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).options(power_and(&json!({}))).start();
    let session = bridge.create_session();
    let go = |bridge: &Bridge, name: &str| {
        api.reply(touch(name));
        api.reply("done");
        let said = bridge.say(&session, format!("make {name}"));
        (failures(&said), bridge.folders().workspace.join(name).exists())
    };
    assert_eq!(go(&bridge, "a"), (vec![true], false));
    let pid = bridge.cli_pid(&session);
    set_mode(&bridge, &session, "power");
    assert_eq!(go(&bridge, "b"), (vec![false], true));
    set_mode(&bridge, &session, "user");
    assert_eq!(go(&bridge, "c"), (vec![true], false));
    assert_eq!(bridge.cli_pid(&session), pid);
    let notes = |mode: &str| {
        api.last_request().conversation_texts().iter().filter(|text| text.contains(&format!("in {mode} mode"))).count()
    };
    assert_eq!((notes("power"), notes("user")), (1, 1));
    bridge.shutdown();
}

#[test]
fn what_user_mode_forbids_holds_after_power_mode_without_a_restart_and_allowances_too() {
    let api = Api::start();
    let user = json!({"allowedTools": ["Bash(touch:*)"], "disallowedTools": ["Bash(touch secret:*)", "Write"]});
    let mut bridge = Bridge::with_real_cli(&api).options(power_and(&user)).start();
    let session = bridge.create_session_with(json!({"mode": "power"}))["id"].as_str().unwrap().to_owned();
    // All three are called, whatever the model is offered: a tool that is forbidden in mid-session is still shown to it.
    let script = || {
        api.reply(touch("secret"));
        api.reply(touch("open"));
        api.reply(Reply::tool("Write", json!({"file_path": "note.txt", "content": "hi"})));
        api.reply("done");
    };
    script();
    assert_eq!(failures(&bridge.say(&session, "one")), [false, false, false]);
    let pid = bridge.cli_pid(&session);
    set_mode(&bridge, &session, "user");
    script();
    let said = bridge.say(&session, "two");
    assert_eq!(failures(&said), [true, false, true]);
    let refusal = said.events_of("toolResult")[2]["content"].to_string();
    assert!(refusal.contains("Permission to use Write has been denied"), "{refusal}");
    set_mode(&bridge, &session, "power");
    api.reply(touch("secret"));
    api.reply("done");
    assert_eq!(failures(&bridge.say(&session, "three")), [false]);
    assert_eq!(bridge.cli_pid(&session), pid);
    bridge.shutdown();
}

#[test]
fn what_user_mode_was_started_with_is_gone_in_power_mode_in_a_process_of_its_own() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).options(power_and(&json!({"disallowedTools": ["Write"]}))).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    assert!(!api.last_request().tools().contains(&"Write"));
    let pid = bridge.cli_pid(&session);
    set_mode(&bridge, &session, "power");
    bridge.say(&session, "two");
    assert!(api.last_request().tools().contains(&"Write"));
    assert_ne!(bridge.cli_pid(&session), pid);
    let said = api.last_request().conversation_texts();
    assert_eq!(said[0], "one");
    bridge.shutdown();
}

#[test]
fn a_model_is_changed_live_and_is_still_the_sessions_after_a_restart() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    let before = api.last_request().model().to_owned();
    let offered = bridge.request("session/capabilities", json!({"sessionId": session}));
    let models = offered["models"].as_array().unwrap();
    let resolved = |id: &str| models.iter().find(|model| model["id"] == id).map(|model| model["resolved"].clone());
    bridge.request("session/setModel", json!({"sessionId": session, "model": "haiku"}));
    bridge.say(&session, "two");
    let after = api.last_request().model().to_owned();
    assert_ne!(before, after);
    assert_eq!(resolved("haiku"), Some(json!(after)));
    let refused = bridge.refusal("session/setModel", json!({"sessionId": session, "model": "gpt"}));
    assert!(refused.data["hint"].as_str().unwrap().contains("haiku"), "{refused:?}");
    bridge.shutdown();
    bridge.restart();
    bridge.say(&session, "three");
    assert_eq!(api.last_request().model(), after);
    bridge.request("session/setModel", json!({"sessionId": session, "model": "default"}));
    bridge.say(&session, "four");
    assert_eq!(api.last_request().model(), before);
    bridge.shutdown();
    bridge.restart();
    bridge.say(&session, "five");
    assert_eq!(api.last_request().model(), before);
    bridge.shutdown();
}

#[test]
fn commands_agents_and_the_use_of_the_context_are_told() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    let offered = bridge.request("session/capabilities", json!({"sessionId": session}));
    let names = |list: &str, name: &str| offered[list].as_array().unwrap().iter().any(|item| item["name"] == name);
    assert!(names("commands", "compact") && names("agents", "Explore"), "{offered}");
    assert_eq!(offered["cliVersion"], bridge.session(&session)["process"]["cliVersion"]);
    let context = &bridge.request("session/contextUsage", json!({"sessionId": session}))["context"];
    assert!(context["totalTokens"].as_u64() < context["maxTokens"].as_u64(), "{context}");
    assert!(context["categories"].as_array().is_some_and(|parts| !parts.is_empty()), "{context}");
    bridge.shutdown();
}

#[test]
fn a_compacted_conversation_goes_on_with_its_summary() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    let turn = bridge.request("session/compact", json!({"sessionId": session, "partialResultToken": "compact"}));
    assert_eq!(turn["stopReason"], "completed", "{turn}");
    let events = bridge.events_until("compact", |event| event["kind"] == "turnCompleted");
    let compacted = events.iter().find(|event| event["kind"] == "compacted").expect("an event");
    assert_eq!(compacted["trigger"], "manual");
    assert!(compacted["tokensBefore"].is_u64() && compacted["tokensAfter"].is_u64(), "{compacted}");
    bridge.say(&session, "Go on");
    let texts = api.last_request().conversation_texts();
    assert!(!texts.contains(&"My name is Ada".to_owned()), "{texts:?}");
    bridge.shutdown();
}

#[test]
fn a_session_that_has_spent_its_budget_says_so() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session_with(json!({"maxBudgetUsd": 0.0001}));
    let session = session["id"].as_str().unwrap();
    api.reply(Reply::text("dear").usage(100_000, 1_000, 0, 0));
    bridge.say(session, "one");
    let said = bridge.say(session, "two");
    assert_eq!((said.stop_reason().as_str(), &said.turn["error"]["kind"]), ("failed", &json!("budgetExceeded")));
    assert!(said.turn["error"]["message"].as_str().unwrap().contains("budget"), "{}", said.turn);
    bridge.shutdown();
}

#[test]
fn the_effort_that_is_asked_for_reaches_the_model() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    for effort in ["low", "high"] {
        let session = bridge.create_session_with(json!({"effort": effort}));
        bridge.say(session["id"].as_str().unwrap(), "Hi");
        assert_eq!(api.last_request().effort(), effort);
    }
    bridge.shutdown();
}
