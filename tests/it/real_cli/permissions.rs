//! Permissions with the real CLI: what it asks, and what it does with the answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said};
use crate::support::client::ServerRequest;

fn asked_by_request() -> Value {
    json!({"experimental": {"claudeBridge": {"permissions": "request"}}})
}

/// A bridge whose client is asked, and a session in it.
fn start(api: &Api) -> (Bridge, String) {
    let bridge = Bridge::with_real_cli(api).capabilities(asked_by_request()).start();
    let session = bridge.create_session();
    (bridge, session)
}

fn touch(file: &str) -> Reply {
    Reply::tool("Bash", json!({"command": format!("touch {file}"), "description": "makes a file"}))
}

fn asked(bridge: &Bridge) -> ServerRequest {
    bridge.next_server_request("permission/request")
}

fn tool_errors(said: &Said) -> Vec<bool> {
    said.events_of("toolResult").iter().map(|event| event["isError"].as_bool().unwrap()).collect()
}

/// All settings files of the CLI's that a test can find, with what they say.
fn settings_files(bridge: &Bridge) -> BTreeMap<PathBuf, String> {
    let folders = bridge.folders();
    let places = [folders.home.join(".claude"), folders.workspace.join(".claude")];
    let names = ["settings.json", "settings.local.json"];
    let paths = places.iter().flat_map(|place| names.map(|name| place.join(name)));
    paths.filter_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text))).collect()
}

#[test]
fn an_allowed_call_runs_and_a_denied_one_does_not() {
    let api = Api::start();
    api.reply(touch("one"));
    api.reply(touch("two"));
    api.reply("done");
    let (mut bridge, session) = start(&api);
    let saying = bridge.start_saying(&session, "Make files");
    let request = asked(&bridge);
    let permission = &request.params["permission"];
    assert_eq!((&permission["title"], &permission["kind"]), (&json!("Run touch one"), &json!("tool")));
    assert_eq!(permission["description"], "makes a file");
    request.answer(&json!({"behavior": "allow"}));
    asked(&bridge).answer(&json!({"behavior": "deny", "message": "one is enough for today"}));
    let said = saying.end();
    assert_eq!(tool_errors(&said), [false, true]);
    assert_eq!(["one", "two"].map(|file| bridge.folders().workspace.join(file).exists()), [true, false]);
    assert!(api.last_request().last_user_text().contains("one is enough for today"));
    bridge.shutdown();
}

#[test]
fn an_edited_command_is_the_one_that_runs() {
    let api = Api::start();
    api.reply(touch("theirs"));
    api.reply("done");
    let (mut bridge, session) = start(&api);
    let saying = bridge.start_saying(&session, "Make a file");
    let request = asked(&bridge);
    let mut input = request.params["permission"]["input"].clone();
    input["command"] = "touch ours".into();
    request.answer(&json!({"behavior": "allow", "updatedInput": input}));
    assert_eq!(tool_errors(&saying.end()), [false]);
    assert_eq!(["theirs", "ours"].map(|file| bridge.folders().workspace.join(file).exists()), [false, true]);
    bridge.shutdown();
}

#[test]
fn what_is_allowed_for_the_session_is_not_asked_again_also_after_a_restart_and_only_there() {
    let api = Api::start();
    let (mut bridge, session) = start(&api);
    let before = settings_files(&bridge);
    api.reply(Reply::tool("Write", json!({"file_path": "a.txt", "content": "a"})));
    api.reply("done");
    let saying = bridge.start_saying(&session, "Write a");
    asked(&bridge).answer(&json!({"behavior": "allow", "scope": "session"}));
    assert_eq!(tool_errors(&saying.end()), [false]);

    for file in ["b.txt", "c.txt"] {
        api.reply(Reply::tool("Write", json!({"file_path": file, "content": "b"})));
        api.reply("done");
        assert_eq!(tool_errors(&bridge.say(&session, "Write another")), [false]);
        bridge.request("session/close", json!({"sessionId": session}));
    }
    let other = bridge.create_session();
    api.reply(Reply::tool("Write", json!({"file_path": "d.txt", "content": "d"})));
    api.reply("done");
    let saying = bridge.start_saying(&other, "Write d");
    asked(&bridge).answer(&json!({"behavior": "deny"}));
    assert_eq!(tool_errors(&saying.end()), [true]);
    assert_eq!(settings_files(&bridge), before);
    bridge.shutdown();
}

#[test]
fn what_is_allowed_for_the_project_holds_after_a_restart_of_everything_and_in_no_other_folder() {
    let api = Api::start();
    let (mut bridge, session) = start(&api);
    let before = settings_files(&bridge);
    let run =
        |name: &str| Reply::tool("Bash", json!({"command": format!("touch '{name}'"), "description": "makes a file"}));
    // What a rule could be made to say by who writes it: it stays one rule, for this command.
    let name = "x),Bash(touch, (y";
    api.reply(run(name));
    api.reply("done");
    let saying = bridge.start_saying(&session, "Make a file");
    asked(&bridge).answer(&json!({"behavior": "allow", "scope": "project"}));
    assert_eq!(tool_errors(&saying.end()), [false]);
    assert_eq!(bridge.session(&session)["state"], "idle");
    bridge.shutdown();

    bridge.restart();
    let another = bridge.create_session();
    api.reply(run(name));
    api.reply(run("another"));
    api.reply("done");
    let saying = bridge.start_saying(&another, "Make both");
    let request = asked(&bridge);
    assert_eq!(request.params["permission"]["input"]["command"], "touch 'another'");
    request.answer(&json!({"behavior": "deny"}));
    assert_eq!(tool_errors(&saying.end()), [false, true]);

    let elsewhere = bridge.folders().temporary.to_string_lossy().into_owned();
    let elsewhere = bridge.create_session_with(json!({"cwd": elsewhere}))["id"].as_str().unwrap().to_owned();
    api.reply(run(name));
    api.reply("done");
    let saying = bridge.start_saying(&elsewhere, "Make a file");
    asked(&bridge).answer(&json!({"behavior": "deny"}));
    assert_eq!(tool_errors(&saying.end()), [true]);
    assert_eq!(settings_files(&bridge), before);
    bridge.shutdown();
}

#[test]
fn what_is_taken_back_is_asked_again_in_the_session_and_in_its_folder() {
    let api = Api::start();
    let (mut bridge, session) = start(&api);
    let ask = |name: &str| {
        api.reply(touch(name));
        api.reply("done");
    };
    for scope in ["session", "project"] {
        ask(scope);
        let saying = bridge.start_saying(&session, "Make a file");
        asked(&bridge).answer(&json!({"behavior": "allow", "scope": scope}));
        assert_eq!(tool_errors(&saying.end()), [false]);
        ask(scope);
        assert_eq!(tool_errors(&bridge.say(&session, "Once more")), [false], "not asked");

        let granted = bridge.request("permission/grants", json!({"sessionId": session}))["grants"].clone();
        assert_eq!((granted.as_array().unwrap().len(), &granted[0]["scope"]), (1, &json!(scope)));
        let revoked = bridge.request("permission/revoke", json!({"grantId": granted[0]["id"]}));
        assert_eq!(revoked["revoked"], true);
        ask(scope);
        let saying = bridge.start_saying(&session, "And again");
        asked(&bridge).answer(&json!({"behavior": "deny"}));
        assert_eq!(tool_errors(&saying.end()), [true]);
    }
    bridge.shutdown();
}

#[test]
fn a_folder_that_is_allowed_for_the_session_is_still_allowed_after_a_restart() {
    let api = Api::start();
    let (mut bridge, session) = start(&api);
    let outside = bridge.folders().home.join("outside");
    fs::create_dir(&outside).unwrap();
    let read = |name: &str| {
        let path = outside.join(name);
        fs::write(&path, "text").unwrap();
        Reply::tool("Read", json!({"file_path": path}))
    };
    api.reply(read("one"));
    api.reply("done");
    let saying = bridge.start_saying(&session, "Read it");
    let request = asked(&bridge);
    let suggestions = request.params["permission"]["suggestions"].as_array().unwrap().clone();
    assert!(!suggestions.is_empty());
    request.answer(&json!({"behavior": "allow", "scope": "session"}));
    assert_eq!(tool_errors(&saying.end()), [false], "{suggestions:?}");
    bridge.request("session/close", json!({"sessionId": session}));
    api.reply(read("two"));
    api.reply("done");
    assert_eq!(tool_errors(&bridge.say(&session, "Read another")), [false], "{suggestions:?}");
    bridge.shutdown();
}

fn questions() -> Value {
    let options = json!([{"label": "Steel", "description": "strong"}, {"label": "Aluminium", "description": "light"}]);
    json!({"questions": [
        {"question": "Which material?", "header": "Material", "multiSelect": false, "options": options},
        {"question": "Which tests?", "header": "Tests", "multiSelect": true, "options": options},
    ]})
}

#[test]
fn a_question_reaches_the_person_also_in_power_mode_and_the_answers_reach_the_model() {
    for mode in ["user", "power"] {
        let api = Api::start();
        api.reply(Reply::tool("AskUserQuestion", questions()));
        api.reply(touch("free"));
        api.reply("done");
        let mut bridge = Bridge::with_real_cli(&api)
            .capabilities(asked_by_request())
            .config("[modes]\npower.enabled = true\nuser.allowed_tools = [\"Bash(touch:*)\"]\n")
            .start();
        let session = bridge.create_session_with(json!({"mode": mode}))["id"].as_str().unwrap().to_owned();
        let saying = bridge.start_saying(&session, "Ask me");
        let request = asked(&bridge);
        let permission = request.params["permission"].clone();
        assert_eq!(permission["kind"], "question");
        assert_eq!(permission["questions"], questions()["questions"]);
        let answers = json!({"Which material?": "Wood, since you ask", "Which tests?": ["Steel", "Aluminium"]});
        request.answer(&json!({"behavior": "allow", "answers": answers}));
        let said = saying.end();
        assert_eq!(tool_errors(&said), [false, false], "{mode}");
        let told = said.events_of("toolResult")[0]["content"].to_string();
        for answer in ["Wood, since you ask", "Steel, Aluminium"] {
            assert!(told.contains(answer), "{answer}: {told}");
        }
        assert!(bridge.folders().workspace.join("free").exists());
        bridge.shutdown();
    }
}

#[test]
fn a_plan_is_shown_with_its_text_and_carried_out_or_not_as_the_person_says() {
    let api = Api::start();
    let plan = "# Plan\n1. do it";
    api.reply(Reply::tool("EnterPlanMode", json!({})));
    api.reply(Reply::tool("ExitPlanMode", json!({ "plan": plan })));
    api.reply(Reply::tool("ExitPlanMode", json!({ "plan": plan })));
    api.reply("done");
    let (mut bridge, session) = start(&api);
    let saying = bridge.start_saying(&session, "Plan it");
    let request = asked(&bridge);
    assert_eq!(request.params["permission"]["kind"], "plan");
    assert_eq!(request.params["permission"]["input"]["plan"], plan);
    request.answer(&json!({"behavior": "deny", "message": "make it shorter"}));
    asked(&bridge).answer(&json!({"behavior": "allow"}));
    let said = saying.end();
    let told = said.events_of("toolResult")[1]["content"].to_string();
    assert!(told.contains("make it shorter"), "{told}");
    assert_eq!(tool_errors(&said), [false, true, false]);
    assert_eq!(said.text(), "done");
    bridge.shutdown();
}

#[test]
fn an_interrupt_withdraws_the_question_and_the_chat_goes_on() {
    let api = Api::start();
    api.reply(touch("never"));
    let (mut bridge, session) = start(&api);
    let saying = bridge.start_saying(&session, "Make a file");
    let id = asked(&bridge).params["permission"]["id"].clone();
    bridge.request("session/interrupt", json!({"sessionId": session}));
    let said = saying.end();
    assert_eq!(said.stop_reason(), "interrupted");
    assert_eq!(said.events_of("permissionResolved")[0]["behavior"], "withdrawn");
    let late = bridge.refusal("permission/answer", json!({"permissionId": id, "answer": {"behavior": "allow"}}));
    assert_eq!(late.kind(), "permissionNotFound");
    assert_eq!(bridge.say(&session, "And now?").text(), "echo: And now?");
    assert!(!exists(&bridge.folders().workspace, "never"));
    bridge.shutdown();
}

#[test]
fn a_bridge_that_is_killed_while_it_asks_withdraws_it_and_the_chat_goes_on() {
    let api = Api::start();
    api.reply(touch("never"));
    let (mut bridge, session) = start(&api);
    let saying = bridge.start_saying(&session, "Make a file");
    let id = asked(&bridge).params["permission"]["id"].clone();
    bridge.kill_in_mid_turn();
    drop(saying);
    bridge.wait_for_exit();

    bridge.restart();
    let late = bridge.refusal("permission/answer", json!({"permissionId": id, "answer": {"behavior": "allow"}}));
    assert_eq!(late.kind(), "permissionNotFound");
    assert_eq!(bridge.say(&session, "And now?").stop_reason(), "completed");
    let history = bridge.history_file();
    assert_eq!((history.open_permissions(), history.open_turns(&session)), (0, 0));
    let events = history.events(&session);
    let end = |kind: &str| events.iter().find(|event| event["kind"] == kind).unwrap();
    assert_eq!(end("permissionResolved")["behavior"], "withdrawn");
    assert_eq!(end("turnCompleted")["turn"]["stopReason"], "interrupted");
    assert!(!exists(&bridge.folders().workspace, "never"));
    bridge.shutdown();
}

#[test]
fn what_nobody_answers_in_time_is_denied_and_the_model_is_told() {
    let api = Api::start();
    api.reply(touch("never"));
    api.reply("done");
    let setup = Bridge::with_real_cli(&api).capabilities(asked_by_request());
    let mut bridge = setup.config("permissions.deadline = '200ms'").start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Make a file");
    assert_eq!((said.text().as_str(), tool_errors(&said)), ("done", vec![true]));
    assert_eq!(said.events_of("permissionResolved")[0]["by"], "deadline");
    assert!(api.last_request().last_user_text().contains("nobody answered in time"));
    assert!(!exists(&bridge.folders().workspace, "never"));
    bridge.shutdown();
}

fn exists(folder: &Path, name: &str) -> bool {
    folder.join(name).exists()
}
