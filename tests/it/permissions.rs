//! Permissions: asked, answered, withdrawn, and what is left of them.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Said};
use crate::support::client::ServerRequest;
use crate::support::process;
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

const UNKNOWN: &str = "019b2c3d-0000-7000-8000-000000000009";

/// What a client says that can answer permissions.
fn support(how: &str) -> Value {
    json!({"experimental": {"claudeBridge": {"permissions": how}}})
}

/// A bridge whose client answers permissions in this way, and a session in it.
fn answering(how: &str, scripts: impl IntoIterator<Item = Script>) -> (Bridge, String) {
    let bridge = Bridge::with_scripted_cli(scripts).capabilities(support(how)).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    (bridge, session)
}

/// A turn that calls a command, which has to be asked for.
fn calls(id: &str, command: &str) -> Turn {
    Turn::silent().call(id, "Bash", json!({"command": command, "description": "tries"}))
}

/// What the CLI has to be told about the call.
fn told(id: &str, response: &Value) -> Value {
    json!({"type": "control_response", "response": {"request_id": format!("ask_{id}"), "response": response}})
}

fn allowed(command: &str) -> Value {
    json!({"behavior": "allow", "updatedInput": {"command": command}})
}

fn list(bridge: &Bridge) -> Vec<Value> {
    bridge.request("permission/list", json!({}))["permissions"].as_array().unwrap().clone()
}

fn answer(bridge: &Bridge, id: &Value, answer: &Value) {
    assert_eq!(bridge.request("permission/answer", json!({"permissionId": id, "answer": answer})), json!({}));
}

fn refused(bridge: &Bridge, id: &Value, answer: &Value) -> (i64, String) {
    let error = bridge.refusal("permission/answer", json!({"permissionId": id, "answer": answer}));
    (error.code, error.kind().to_owned())
}

fn not_found() -> (i64, String) {
    (1003, "permissionNotFound".to_owned())
}

fn asked(bridge: &Bridge) -> ServerRequest {
    bridge.next_server_request("permission/request")
}

/// The one permission that was resolved in a turn: what became of it, and by whom.
fn resolved(said: &Said) -> (String, String) {
    let [event] = said.events_of("permissionResolved")[..] else { panic!("{:?}", said.kinds()) };
    (event["behavior"].as_str().unwrap().to_owned(), event["by"].as_str().unwrap().to_owned())
}

fn by(behavior: &str, by: &str) -> (String, String) {
    (behavior.to_owned(), by.to_owned())
}

#[test]
fn a_client_is_asked_and_its_answer_reaches_the_cli() {
    let turn = calls("t1", "make").ask_permission("t1", allowed("make")).returns("t1", "made").then("Done.");
    let (bridge, session) = answering("request", [Script::new().answer(turn)]);
    let mut saying = bridge.start_saying(&session, "Make it");
    let requested = saying.until("permissionRequested");
    let request = asked(&bridge);
    let permission = request.params["permission"].clone();
    assert_eq!(requested["permission"], permission);
    assert_eq!((&permission["sessionId"], &permission["turnId"]), (&json!(session), &requested["turnId"]));
    assert_eq!((&permission["toolUseId"], &permission["toolName"]), (&json!("t1"), &json!("Bash")));
    assert_eq!((&permission["title"], &permission["kind"]), (&json!("Run make"), &json!("tool")));
    assert_eq!(permission["input"]["command"], "make");
    assert!(permission.get("expiresAt").is_none() && permission.get("suggestions").is_none(), "{permission}");
    let status = saying.until("status");
    assert_eq!((&status["status"], &status["detail"]), (&json!("waitingForPermission"), &json!("Run make")));
    assert_eq!(bridge.session(&session)["state"], "waiting");
    assert_eq!(list(&bridge), [permission]);

    request.answer(&json!({"behavior": "allow"}));
    let said = saying.end();
    assert_eq!(said.text(), "Done.");
    assert_eq!(resolved(&said), by("allow", "client"));
    assert_eq!(bridge.session(&session)["state"], "idle");
    assert_eq!(list(&bridge), [Value::Null; 0]);
}

#[test]
fn work_done_progress_says_what_is_waited_for() {
    let turn = calls("t1", "make").ask_permission("t1", json!({"behavior": "deny"})).fails("t1", "no").then("Oh.");
    let (bridge, session) = answering("request", [Script::new().answer(turn)]);
    let params = json!({"sessionId": session, "content": "Make it", "workDoneToken": "w"});
    let pending = bridge.start_request("message/send", params);
    asked(&bridge).answer(&json!({"behavior": "deny"}));
    pending.result();
    let messages = std::iter::repeat_with(|| bridge.next_progress("w")).take_while(|value| value["kind"] != "end");
    let messages: Vec<Value> = messages.map(|mut value| value["message"].take()).collect();
    assert!(messages.contains(&json!("Waiting for permission: Run make")), "{messages:?}");
}

#[test]
fn the_person_edits_a_command_before_it_runs() {
    let turn = calls("t1", "make").ask_permission("t1", allowed("make test")).returns("t1", "ok").then("Done.");
    let (bridge, session) = answering("request", [Script::new().answer(turn)]);
    let saying = bridge.start_saying(&session, "Make it");
    asked(&bridge).answer(&json!({"behavior": "allow", "updatedInput": {"command": "make test"}}));
    assert_eq!(saying.end().text(), "Done.");
}

#[test]
fn a_client_that_does_not_want_to_answer_or_says_nonsense_abstains() {
    let denied = || calls("t1", "make").ask_permission("t1", json!({"behavior": "deny"})).fails("t1", "no").then("Oh.");
    let script = (0..4).fold(Script::new(), |script, _| script.answer(denied()));
    let (bridge, session) = answering("request", [script]);
    let refuse: fn(ServerRequest) = |request| request.refuse(-32601, "what is that?");
    let no_answer: fn(ServerRequest) = |request| request.answer(&json!({"behavior": "maybe"}));
    let no_object: fn(ServerRequest) = |request| request.answer(&json!({"behavior": "allow", "updatedInput": []}));
    let no_sense: fn(ServerRequest) = |request| request.answer(&json!({"behavior": "allow", "suggestionId": "9"}));
    for respond in [refuse, no_answer, no_object, no_sense] {
        let saying = bridge.start_saying(&session, "Make it");
        respond(asked(&bridge));
        let said = saying.end();
        assert_eq!((said.text().as_str(), resolved(&said)), ("Oh.", by("deny", "nobody")));
    }
    let words = bridge.cli().received().into_iter().rfind(|line| line["type"] == "control_response").unwrap();
    let words = words["response"]["response"]["message"].as_str().unwrap().to_owned();
    assert!(words.contains("no client is there that could ask"), "{words}");
}

#[test]
fn what_is_denied_where_nobody_declared_to_answer_is_seen_by_all_who_follow() {
    let turn = || calls("t1", "make").ask_permission("t1", json!({"behavior": "deny"})).fails("t1", "no").then("Oh.");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn()).answer(turn())]).start();
    let session = bridge.create_session();
    for _ in 0..2 {
        let said = bridge.say(&session, "Make it");
        let [requested] = said.events_of("permissionRequested")[..] else { panic!("{:?}", said.kinds()) };
        let permission = &requested["permission"];
        assert_eq!((&permission["title"], &permission["turnId"]), (&json!("Run make"), &said.turn["id"]));
        let [event] = said.events_of("permissionResolved")[..] else { panic!("{:?}", said.kinds()) };
        assert_eq!((&event["permissionId"], resolved(&said)), (&permission["id"], by("deny", "nobody")));
        assert!(said.events_of("status").iter().all(|event| event["status"] != "waitingForPermission"));
    }
    assert_eq!((list(&bridge), bridge.history_file().open_permissions()), (Vec::new(), 0));
    let mut replay = bridge.subscribe(&session, 0);
    let end = replay.last_seq();
    replay.until_seq(end);
    let denials = replay.events.iter().filter(|event| event["kind"] == "permissionResolved");
    assert_eq!(denials.map(|event| &event["behavior"]).collect::<Vec<_>>(), ["deny", "deny"]);
}

#[test]
fn the_one_client_there_is_is_asked_on_when_it_stops_following() {
    let turn = calls("t1", "make").ask_permission("t1", allowed("make")).returns("t1", "made").then("Done.");
    let (bridge, session) = answering("request", [Script::new().answer(turn)]);
    bridge.subscribe(&session, 0).end();
    let saying = bridge.start_saying(&session, "Make it");
    asked(&bridge).answer(&json!({"behavior": "allow"}));
    assert_eq!(saying.end().text(), "Done.");
}

#[test]
fn a_client_that_polls_finds_what_waits_and_answers_it_once() {
    let turn = calls("t1", "make").ask_permission("t1", json!({"behavior": "deny", "message": "not today"}));
    let (bridge, session) = answering("poll", [Script::new().answer(turn.fails("t1", "no").then("Oh."))]);
    let mut saying = bridge.start_saying(&session, "Make it");
    let id = saying.until("permissionRequested")["permission"]["id"].clone();
    let of_session = bridge.request("permission/list", json!({"sessionId": session}))["permissions"].take();
    assert_eq!(of_session[0]["id"], id);
    assert_eq!(bridge.refusal("permission/list", json!({"sessionId": UNKNOWN})).kind(), "sessionNotFound");

    // What makes no sense leaves it open.
    for nonsense in [
        json!({"behavior": "allow", "suggestionId": "1"}),
        json!({"behavior": "allow", "scope": "forever"}),
        json!({"behavior": "allow", "updatedInput": "make"}),
        json!({"behavior": "allow", "answers": {"Why?": "So"}}),
        json!({}),
    ] {
        assert_eq!(refused(&bridge, &id, &nonsense).0, -32602);
    }
    assert_eq!(refused(&bridge, &json!(UNKNOWN), &json!({"behavior": "allow"})), not_found());
    answer(&bridge, &id, &json!({"behavior": "deny", "message": "not today"}));
    assert_eq!(refused(&bridge, &id, &json!({"behavior": "allow"})), not_found());
    assert_eq!(saying.end().text(), "Oh.");
}

#[test]
fn what_the_cli_takes_back_is_withdrawn_and_a_late_answer_harms_nobody() {
    let back = json!({"type": "control_cancel_request", "request_id": "ask_t1"});
    let turn = calls("t1", "make").ask("t1").hold("taken back").emit(back).fails("t1", "gone").then("Oh.");
    let (bridge, session) = answering("request", [Script::new().answer(turn).answer("Next")]);
    let saying = bridge.start_saying(&session, "Make it");
    let request = asked(&bridge);
    let id = request.params["permission"]["id"].clone();
    bridge.cli().release("taken back");
    let said = saying.end();
    assert_eq!(resolved(&said), by("withdrawn", "cli"));
    request.answer(&json!({"behavior": "allow"}));
    assert_eq!(refused(&bridge, &id, &json!({"behavior": "allow"})), not_found());
    assert_eq!(bridge.say(&session, "Go on").text(), "Next");
    assert!(bridge.cli().received().iter().all(|line| line["type"] != "control_response"), "it was answered");
}

#[test]
fn an_interrupt_withdraws_what_waits() {
    let turn = calls("t1", "make").ask("t1").until_interrupted();
    let (bridge, session) = answering("poll", [Script::new().answer(turn).answer("Next")]);
    let mut saying = bridge.start_saying(&session, "Make it");
    let id = saying.until("permissionRequested")["permission"]["id"].clone();
    bridge.request("session/interrupt", json!({"sessionId": session}));
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), resolved(&said)), ("interrupted", by("withdrawn", "interrupt")));
    assert_eq!(refused(&bridge, &id, &json!({"behavior": "allow"})), not_found());
    assert_eq!(bridge.say(&session, "Go on").text(), "Next");
}

#[test]
fn an_answer_after_the_turns_end_finds_nothing_and_the_chat_lives() {
    let (bridge, session) = answering("poll", [Script::new().answer(calls("t1", "make").ask("t1")).answer("Next")]);
    let said = bridge.say(&session, "Make it");
    assert_eq!(resolved(&said), by("withdrawn", "turnEnd"));
    let id = &said.events_of("permissionRequested")[0]["permission"]["id"];
    assert_eq!(refused(&bridge, id, &json!({"behavior": "allow"})), not_found());
    assert_eq!(bridge.say(&session, "Go on").text(), "Next");
}

#[test]
fn a_process_that_dies_takes_its_questions_along() {
    let dies = calls("t1", "make").ask("t1").hold("die").exit(3);
    let (bridge, session) = answering("poll", [Script::new().answer(dies), Script::echo()]);
    let mut saying = bridge.start_saying(&session, "Make it");
    saying.until("permissionRequested");
    bridge.cli().release("die");
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), resolved(&said)), ("failed", by("withdrawn", "processEnd")));
    assert_eq!(bridge.say(&session, "Go on").text(), "echo: Go on");
}

#[test]
fn several_wait_at_once_each_for_its_own_answer() {
    let turn = ["a", "b", "c"].into_iter().fold(Turn::silent(), |turn, id| {
        let input = json!({"command": id});
        turn.call(id, "Bash", input)
    });
    let turn = turn.ask("a").ask("b").ask("c");
    let turn = turn.expect(told("b", &json!({"behavior": "deny"}))).expect(told("c", &allowed("c")));
    let turn = turn.expect(told("a", &allowed("a"))).returns("a", "1").fails("b", "2").returns("c", "3").then("Done.");
    let (bridge, session) = answering("request", [Script::new().answer(turn)]);
    let saying = bridge.start_saying(&session, "All of it");
    let [a, b, c] = [asked(&bridge), asked(&bridge), asked(&bridge)];
    let titles = list(&bridge).into_iter().map(|mut permission| permission["title"].take());
    assert_eq!(titles.collect::<Vec<_>>(), ["Run a", "Run b", "Run c"]);
    b.answer(&json!({"behavior": "deny"}));
    wait_for("one answer", || (list(&bridge).len() == 2).then_some(()));
    assert_eq!(bridge.session(&session)["state"], "waiting");
    c.answer(&json!({"behavior": "allow"}));
    wait_for("two answers", || (list(&bridge).len() == 1).then_some(()));
    a.answer(&json!({"behavior": "allow"}));
    assert_eq!(saying.end().text(), "Done.");
}

#[test]
fn what_nobody_answers_in_time_is_denied() {
    let denied = json!({"behavior": "deny"});
    let turn = calls("t1", "make").ask_permission("t1", denied).fails("t1", "no").then("Oh.");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)])
        .capabilities(support("request"))
        .config("[permissions]\ndeadline = \"200ms\"\n")
        .start();
    let session = bridge.create_session();
    let saying = bridge.start_saying(&session, "Make it");
    // It is withdrawn, and so needs no answer.
    let permission = &asked(&bridge).params["permission"];
    assert!(permission["expiresAt"].as_str().unwrap() > permission["createdAt"].as_str().unwrap());
    let said = saying.end();
    assert_eq!((said.text().as_str(), resolved(&said)), ("Oh.", by("deny", "deadline")));
}

#[test]
fn a_client_that_is_gone_abstains() {
    let denied = json!({"behavior": "deny"});
    let turn = calls("t1", "make").ask_permission("t1", denied).fails("t1", "no").then("Oh.");
    let (mut bridge, session) = answering("request", [Script::new().answer(turn)]);
    let mut saying = bridge.start_saying(&session, "Make it");
    saying.until("permissionRequested");
    bridge.close_stdin();
    let said = saying.end();
    assert_eq!((said.text().as_str(), resolved(&said)), ("Oh.", by("deny", "nobody")));
    bridge.wait_for_exit();
}

#[test]
fn a_bridge_that_is_killed_while_it_asks_withdraws_it_at_its_next_start() {
    let scripts = [Script::new().answer(calls("t1", "make").ask("t1").hang()), Script::echo()];
    let (mut bridge, session) = answering("request", scripts);
    let mut saying = bridge.start_saying(&session, "Make it");
    let id = saying.until("permissionRequested")["permission"]["id"].clone();
    saying.until("status");
    let cli = bridge.cli_pid(&session);
    bridge.kill_in_mid_turn();
    drop(saying);
    bridge.wait_for_exit();
    process::wait_until_gone(cli);

    bridge.restart();
    assert_eq!(refused(&bridge, &id, &json!({"behavior": "allow"})), not_found());
    assert_eq!(bridge.say(&session, "Go on").text(), "echo: Go on");
    assert_eq!(list(&bridge), [Value::Null; 0]);
    let history = bridge.history_file();
    assert_eq!((history.open_permissions(), history.open_turns(&session)), (0, 0));
    let ends = history.events(&session).into_iter().filter(|event| {
        event["kind"] == "permissionResolved" || (event["kind"] == "turnCompleted" && event["turn"]["text"] == "")
    });
    let ends: Vec<Value> = ends.collect();
    assert_eq!((&ends[0]["permissionId"], &ends[0]["by"]), (&id, &json!("processEnd")));
    assert_eq!(ends[1]["turn"]["stopReason"], "interrupted");
}

/// A question with a rule and a mode that would answer it from then on.
fn ask_with_suggestions(id: &str) -> Value {
    let rule = json!({"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "make (all)"}],
        "behavior": "allow", "destination": "userSettings"});
    let mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
    let request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "make"},
        "tool_use_id": id, "permission_suggestions": [rule, mode]});
    json!({"type": "control_request", "request_id": format!("ask_{id}"), "request": request})
}

#[test]
fn what_is_allowed_for_longer_is_given_back_at_each_start_and_stays_in_the_process_that_asked() {
    let granted = |update: Value| json!({"behavior": "allow", "updatedPermissions": [update]});
    let rule = json!({"type": "addRules", "destination": "session", "behavior": "allow",
        "rules": [{"toolName": "Bash", "ruleContent": "make (all)"}]});
    let mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
    let turn = Turn::silent()
        .emit(ask_with_suggestions("t1"))
        .expect(told("t1", &granted(rule)))
        .emit(ask_with_suggestions("t2"))
        .expect(told("t2", &granted(mode)))
        .then("Done.");
    let scripts = [Script::new().answer(turn), Script::echo(), Script::echo(), Script::echo()];
    let (mut bridge, session) = answering("request", scripts);
    let saying = bridge.start_saying(&session, "Make it");
    let request = asked(&bridge);
    let suggestions = json!([
        {"id": "1", "label": "Allow Bash(make (all))", "scope": "project"},
        {"id": "2", "label": "Accept all edits", "scope": "session"},
    ]);
    assert_eq!(request.params["permission"]["suggestions"], suggestions);
    request.answer(&json!({"behavior": "allow", "scope": "project"}));
    asked(&bridge).answer(&json!({"behavior": "allow", "suggestionId": "2"}));
    assert_eq!(saying.end().text(), "Done.");

    bridge.kill();
    bridge.restart();
    bridge.say(&session, "Go on");
    let other = bridge.create_session();
    bridge.say(&other, "Hi");
    let elsewhere = bridge.folders().home.to_string_lossy().into_owned();
    let elsewhere = bridge.create_session_with(json!({"cwd": elsewhere}))["id"].as_str().unwrap().to_owned();
    bridge.say(&elsewhere, "Hi");
    let starts = bridge.cli().starts();
    let settings =
        |start: usize| starts[start].files.get("--settings").map(|file| (file.text.clone(), file.mode.clone()));
    let expected = (json!({"permissions": {"allow": [r"Bash(make \(all\))"]}}).to_string(), "600".to_owned());
    assert_eq!([0, 1, 2, 3].map(settings), [None, Some(expected.clone()), Some(expected), None]);
    let modes: Vec<_> = starts.iter().map(|start| start.flag("--permission-mode").unwrap()).collect();
    assert_eq!(modes, ["default", "acceptEdits", "default", "default"]);
}

#[test]
fn a_deleted_session_takes_what_was_allowed_in_it_along() {
    let turn = Turn::silent().emit(ask_with_suggestions("t1")).expect(told("t1", &json!({}))).then("Done.");
    let (bridge, session) = answering("request", [Script::new().answer(turn)]);
    let saying = bridge.start_saying(&session, "Make it");
    asked(&bridge).answer(&json!({"behavior": "allow", "scope": "session"}));
    saying.end();
    assert_eq!(bridge.history_file().rows()["grants"], 1);
    bridge.request("session/delete", json!({"sessionId": session}));
    let rows = bridge.history_file().rows();
    assert_eq!((rows["grants"], rows["permissions"]), (0, 0));
}

fn grants(bridge: &Bridge, params: Value) -> Vec<Value> {
    bridge.request("permission/grants", params)["grants"].as_array().unwrap().clone()
}

#[test]
fn what_was_allowed_for_longer_can_be_seen_and_taken_back() {
    let turn = Turn::silent()
        .emit(ask_with_suggestions("t1"))
        .expect(told("t1", &json!({})))
        .emit(ask_with_suggestions("t2"))
        .expect(told("t2", &json!({})))
        .then("Done.");
    let scripts = [Script::new().answer(turn), Script::echo(), Script::echo(), Script::echo()];
    let (bridge, session) = answering("request", scripts);
    let saying = bridge.start_saying(&session, "Make it");
    asked(&bridge).answer(&json!({"behavior": "allow", "scope": "project"}));
    asked(&bridge).answer(&json!({"behavior": "allow", "suggestionId": "2"}));
    saying.end();
    let other = bridge.create_session();
    bridge.say(&other, "Hi");

    let all = grants(&bridge, json!({}));
    let told: Vec<_> = all.iter().map(|grant| (&grant["label"], &grant["scope"], &grant["sessionId"])).collect();
    let labels = [json!("Allow Bash(make (all))"), json!("Accept all edits")];
    let (project, once) = (json!("project"), json!("session"));
    assert_eq!(told, [(&labels[0], &project, &Value::Null), (&labels[1], &once, &json!(session))]);
    assert_eq!(all[0]["project"], bridge.folders().workspace.canonicalize().unwrap().to_string_lossy().into_owned());
    assert_eq!(grants(&bridge, json!({"sessionId": other})), all[..1]);
    assert_eq!(bridge.refusal("permission/grants", json!({"sessionId": UNKNOWN})).kind(), "sessionNotFound");

    // Both sessions work in the folder: both get another process, to which nothing is allowed in it.
    let revoke = |id: &Value| bridge.request("permission/revoke", json!({"grantId": id}))["revoked"].clone();
    assert_eq!([revoke(&all[0]["id"]), revoke(&all[0]["id"])], [json!(true), json!(false)]);
    assert_eq!(grants(&bridge, json!({})), all[1..]);
    for id in [&session, &other] {
        bridge.say(id, "Go on");
    }
    let starts = bridge.cli().starts();
    let settings: Vec<bool> = starts.iter().map(|start| start.files.contains_key("--settings")).collect();
    assert_eq!(settings, [false, true, false, false]);

    let listed = bridge.run(&["permissions", "list"]).text();
    let cells: Vec<&str> = listed.trim_end().split('\t').collect();
    assert_eq!((cells[2], cells[3]), ("Accept all edits", format!("session {session}").as_str()));
    assert_eq!(bridge.run(&["permissions", "list", "--session", &other]).text(), "");
    assert_eq!(bridge.run(&["permissions", "revoke", cells[0]]).text(), "Revoked 1 permission.\n");
    let unknown = bridge.run(&["permissions", "revoke", cells[0]]);
    assert!(unknown.complaint().contains(cells[0]), "{}", unknown.complaint());
    assert_eq!(bridge.run(&["permissions", "list", "--json"]).json(), json!({"grants": []}));
}
