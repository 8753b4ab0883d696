//! Sessions: made, found, listed, renamed, interrupted, closed, deleted.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

/// No session has this id.
const NOBODY: &str = "0193a5f0-0000-7000-8000-000000000000";

fn titles(page: &Value) -> Vec<&str> {
    let sessions = page["sessions"].as_array().into_iter().flatten();
    sessions.map(|session| session["title"].as_str().unwrap_or_default()).collect()
}

fn listed(bridge: &Bridge, params: Value) -> Vec<String> {
    let page = bridge.request("session/list", params);
    titles(&page).into_iter().map(str::to_owned).collect()
}

fn create_titled(bridge: &Bridge, title: &str) -> String {
    bridge.create_session_with(json!({"title": title}))["id"].as_str().unwrap_or_default().to_owned()
}

fn scripts(count: usize) -> Vec<Script> {
    vec![Script::echo(); count]
}

#[test]
fn a_new_session_is_stored_when_its_answer_comes() {
    let mut bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let created = bridge.create_session_with(json!({"title": "Kept", "model": "opus"}));
    bridge.kill();
    bridge.restart();
    let found = bridge.session(created["id"].as_str().unwrap());
    for field in ["id", "title", "model", "mode", "cwd", "createdAt"] {
        assert_eq!(found[field], created[field], "{field}");
    }
    assert_eq!((&found["state"], &found["messageCount"]), (&json!("parked"), &json!(0)));
    assert_eq!(bridge.session_ids(), [created["id"].as_str().unwrap()]);
}

#[test]
fn a_new_session_does_not_wait_for_its_cli() {
    let held = Script::new().expect_control("initialize").hold("ready").respond(json!({"account": {}})).answer("Hi");
    let bridge = Bridge::with_scripted_cli([held]).start();
    let session = bridge.create_session();
    bridge.cli().wait_for_starts(1);
    assert_eq!(bridge.session(&session)["state"], "idle");
    let saying = bridge.start_saying(&session, "Hello");
    bridge.cli().release("ready");
    assert_eq!(saying.end().text(), "Hi");
}

#[test]
fn a_session_works_in_the_workspace_unless_it_names_a_folder() {
    let bridge = Bridge::with_scripted_cli(scripts(2)).workspace_file("sub/a.txt", "").start();
    let workspace = bridge.folders().workspace.clone();
    let sub = workspace.join("sub");
    assert_eq!(bridge.create_session_with(json!({}))["cwd"], workspace.to_str().unwrap());
    bridge.cli().wait_for_starts(1);
    assert_eq!(bridge.create_session_with(json!({"cwd": sub}))["cwd"], sub.to_str().unwrap());
    let starts = bridge.cli().wait_for_starts(2);
    assert_eq!([&starts[0].cwd, &starts[1].cwd], [&workspace, &sub]);
}

#[test]
fn a_session_is_resumed_by_its_id() {
    let mut bridge = Bridge::with_scripted_cli(scripts(2)).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    bridge.shutdown();
    bridge.restart();
    let params = json!({"resumeSessionId": session, "cwd": bridge.folders().workspace});
    assert_eq!(bridge.create_session_with(params)["id"], session);
    // It warms its CLI, as a new one does.
    assert_eq!(bridge.wait_until_warm(&session)["state"], "idle");
    assert_eq!(bridge.session_ids(), [session.as_str()]);
    assert_eq!(bridge.say(&session, "Again").text(), "echo: Again");
    assert_eq!(bridge.messages(&session).len(), 4);
}

#[test]
fn a_session_is_not_resumed_in_another_folder_or_where_there_is_none() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    let refused = |params: Value| bridge.refusal("session/create", params);
    let elsewhere = refused(json!({"resumeSessionId": session, "cwd": bridge.folders().home}));
    assert_eq!(elsewhere.kind(), "invalidParams");
    assert!(elsewhere.message.contains(bridge.folders().home.to_str().unwrap()), "{}", elsewhere.message);
    assert_eq!(refused(json!({"resumeSessionId": NOBODY})).kind(), "sessionNotFound");
    assert_eq!(bridge.session_ids(), [session]);
}

#[test]
fn no_session_is_made_of_parameters_that_make_no_sense() {
    let bridge = Bridge::with_scripted_cli([]).workspace_file("a.txt", "").start();
    let file = bridge.folders().workspace.join("a.txt");
    let missing = bridge.folders().workspace.join("missing");
    let wrong = [
        json!({"cwd": "relative"}),
        json!({"cwd": file}),
        json!({"cwd": missing}),
        json!({"title": ""}),
        json!({"maxTurns": 0}),
        json!({"maxBudgetUsd": 0}),
    ];
    for params in wrong {
        let refused = bridge.refusal("session/create", params.clone());
        assert_eq!((refused.code, refused.kind()), (-32602, "invalidParams"), "{params}");
        let field = params.as_object().unwrap().keys().next().unwrap();
        assert!(refused.message.contains(field.as_str()), "{params}: {}", refused.message);
    }
    assert_eq!(bridge.refusal("session/create", json!({"mode": "power"})).kind(), "modeNotAllowed");
    assert_eq!(bridge.refusal("session/create", json!({"resumeSessionId": "../../x"})).kind(), "invalidParams");
    assert_eq!(bridge.session_ids(), [""; 0]);
}

#[test]
fn a_list_is_read_in_pages_while_sessions_are_added() {
    let bridge = Bridge::with_scripted_cli(scripts(7)).start();
    for title in ["a", "b", "c", "d", "e"] {
        create_titled(&bridge, title);
    }
    let first = bridge.request("session/list", json!({"limit": 2}));
    create_titled(&bridge, "f");
    let second = bridge.request("session/list", json!({"limit": 2, "cursor": first["nextCursor"]}));
    create_titled(&bridge, "g");
    let third = bridge.request("session/list", json!({"limit": 2, "cursor": second["nextCursor"]}));
    assert_eq!([titles(&first), titles(&second), titles(&third)], [vec!["e", "d"], vec!["c", "b"], vec!["a"]]);
    assert_eq!(third.get("nextCursor"), None);
}

#[test]
fn the_session_that_was_active_last_is_listed_first() {
    let bridge = Bridge::with_scripted_cli(scripts(2)).start();
    let older = create_titled(&bridge, "older");
    create_titled(&bridge, "newer");
    assert_eq!(listed(&bridge, json!({})), ["newer", "older"]);
    bridge.say(&older, "Hi");
    assert_eq!(listed(&bridge, json!({})), ["older", "newer"]);
}

#[test]
fn a_list_is_narrowed_by_what_sessions_are_doing() {
    let mut bridge = Bridge::with_scripted_cli(scripts(3)).start();
    let parked = create_titled(&bridge, "parked");
    bridge.wait_until_warm(&parked);
    bridge.shutdown();
    bridge.restart();
    let closed = create_titled(&bridge, "closed");
    bridge.wait_until_warm(&closed);
    bridge.request("session/close", json!({"sessionId": closed}));
    let idle = create_titled(&bridge, "idle");
    bridge.wait_until_warm(&idle);
    for state in ["parked", "closed", "idle"] {
        assert_eq!(listed(&bridge, json!({"state": state})), [state]);
    }
    for state in ["running", "waiting", "failed"] {
        assert_eq!(listed(&bridge, json!({"state": state})), [""; 0]);
    }
}

#[test]
fn a_running_and_a_failed_session_are_listed_as_such() {
    let failing = Script::new().expect_control("initialize").exit(3);
    let bridge = Bridge::with_scripted_cli([Script::new().answer(Turn::text("…").hold("end")), failing]).start();
    let running = create_titled(&bridge, "running");
    let mut saying = bridge.start_saying(&running, "Hi");
    saying.until_text("…");
    let failed = create_titled(&bridge, "failed");
    bridge.wait_for_session(&failed, "failed", |session| session["state"] == "failed");
    for state in ["running", "failed"] {
        assert_eq!(listed(&bridge, json!({"state": state})), [state]);
    }
    // Pages are filled although a session's state is known to its task alone.
    let page = bridge.request("session/list", json!({"state": "running", "limit": 1}));
    assert_eq!((titles(&page), page.get("nextCursor")), (vec!["running"], None));
    bridge.cli().release("end");
    saying.end();
    assert_eq!(listed(&bridge, json!({"state": "running"})), [""; 0]);
}

#[test]
fn a_list_is_narrowed_by_title_in_any_case() {
    let bridge = Bridge::with_scripted_cli(scripts(3)).start();
    for title in ["Träger 100%", "träger two", "Other"] {
        create_titled(&bridge, title);
    }
    assert_eq!(listed(&bridge, json!({"query": "TRÄGER"})), ["träger two", "Träger 100%"]);
    assert_eq!(listed(&bridge, json!({"query": "0%"})), ["Träger 100%"]);
    assert_eq!(listed(&bridge, json!({"query": "none"})), [""; 0]);
}

#[test]
fn a_cursor_or_limit_that_is_none_is_refused() {
    let bridge = Bridge::with_scripted_cli([]).start();
    for params in [json!({"cursor": "x"}), json!({"cursor": "-"}), json!({"limit": 0}), json!({"limit": 1001})] {
        assert_eq!(bridge.refusal("session/list", params.clone()).kind(), "invalidParams", "{params}");
    }
}

#[test]
fn a_session_is_renamed_for_good() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    let renamed = bridge.request("session/rename", json!({"sessionId": session, "title": "  Flügel ✓ "}));
    assert_eq!(renamed["session"]["title"], "Flügel ✓");
    bridge.say(&session, "A message does not rename it");
    bridge.kill();
    bridge.restart();
    assert_eq!(bridge.session(&session)["title"], "Flügel ✓");
}

#[test]
fn a_title_is_one_line_of_1_to_200_characters() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    for title in ["", "  ", "a\nb", "a\u{0}b", &"ü".repeat(201)] {
        let refused = bridge.refusal("session/rename", json!({"sessionId": session, "title": title}));
        assert_eq!(refused.kind(), "invalidParams", "{title:?}");
    }
    let longest = "ü".repeat(200);
    let renamed = bridge.request("session/rename", json!({"sessionId": session, "title": longest}));
    assert_eq!(renamed["session"]["title"], longest);
}

#[test]
fn a_closed_session_has_no_process_and_keeps_its_history() {
    let mut bridge = Bridge::with_scripted_cli(scripts(2)).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    let closed = bridge.request("session/close", json!({"sessionId": session}))["session"].take();
    // The answer comes when the process is gone: it ended by itself, at the end of its stdin.
    assert_eq!(bridge.cli().wait_for_ends(1), ["EndOfInput"]);
    assert_eq!((&closed["state"], closed.get("process")), (&json!("closed"), None));
    bridge.kill();
    bridge.restart();
    assert_eq!(bridge.session(&session)["state"], "closed");
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: echo: Hi"]);
}

#[test]
fn a_session_that_is_closed_in_mid_turn_ends_the_turn() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(Turn::text("Half").until_interrupted())]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Half");
    let closed = bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(closed["session"]["state"], "closed");
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Half"));
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: Half"]);
}

#[test]
fn a_closed_session_can_be_closed_again() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    for _ in 0..2 {
        let closed = bridge.request("session/close", json!({"sessionId": session}));
        assert_eq!(closed["session"]["state"], "closed");
    }
}

#[test]
fn a_deleted_session_is_gone_from_everywhere() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    assert_eq!(bridge.request("session/delete", json!({"sessionId": session})), json!({}));
    bridge.cli().wait_for_ends(1);
    let check = |bridge: &Bridge| {
        let named = json!({"sessionId": session});
        for method in ["session/get", "session/close", "session/interrupt", "session/delete", "message/list"] {
            let refused = bridge.refusal(method, named.clone());
            assert_eq!((refused.code, refused.kind()), (1001, "sessionNotFound"), "{method}");
        }
        let said = bridge.refusal("message/send", json!({"sessionId": session, "content": "Hi"}));
        assert_eq!(said.kind(), "sessionNotFound");
        let resumed = bridge.refusal("session/create", json!({"resumeSessionId": session}));
        assert_eq!(resumed.kind(), "sessionNotFound");
        assert_eq!(bridge.session_ids(), [""; 0]);
        assert!(bridge.history_file().rows().values().all(|rows| *rows == 0), "{:?}", bridge.history_file().rows());
    };
    check(&bridge);
    bridge.shutdown();
    bridge.restart();
    check(&bridge);
}

#[test]
fn a_session_that_is_deleted_in_mid_turn_is_gone_once_the_turn_has_ended() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(Turn::text("Half").until_interrupted())]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Half");
    bridge.request("session/delete", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    assert!(bridge.history_file().rows().values().all(|rows| *rows == 0));
}

#[test]
fn deleting_a_session_leaves_the_others_alone() {
    let bridge = Bridge::with_scripted_cli(scripts(2)).start();
    let (deleted, kept) = (bridge.create_session(), bridge.create_session());
    bridge.say(&deleted, "one");
    bridge.say(&kept, "two");
    bridge.request("session/delete", json!({"sessionId": deleted}));
    assert_eq!(bridge.session_ids(), [kept.as_str()]);
    assert_eq!(bridge.history(&kept), ["user: two", "assistant: echo: two"]);
    // Both were told the same about their surroundings: that text is still referred to.
    assert_eq!(bridge.history_file().rows()["contexts"], 1);
}

#[test]
fn an_interrupt_ends_the_turn_and_says_so() {
    let script = Script::new().answer(Turn::text("Half").until_interrupted()).answer("Whole");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Half");
    assert_eq!(bridge.request("session/interrupt", json!({"sessionId": session})), json!({"interrupted": true}));
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Half"));
    assert_eq!(bridge.request("session/interrupt", json!({"sessionId": session})), json!({"interrupted": false}));
    // The next turn is not one frame behind.
    assert_eq!(bridge.say(&session, "Again").text(), "Whole");
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: Half", "user: Again", "assistant: Whole"]);
    assert_eq!(bridge.cli().controls(), ["initialize", "interrupt"]);
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn an_interrupt_waits_until_the_cli_listens() {
    // Before `system/init` the real CLI acknowledges an interrupt and does nothing.
    let script =
        Script::new().expect(json!({"type": "user"})).hold("listen").unasked(Turn::silent().until_interrupted());
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until("turnStarted");
    assert_eq!(bridge.request("session/interrupt", json!({"sessionId": session}))["interrupted"], true);
    assert_eq!(bridge.cli().controls(), ["initialize"]);
    bridge.cli().release("listen");
    assert_eq!(saying.end().stop_reason(), "interrupted");
}

#[test]
fn a_session_that_is_closed_before_its_turn_is_taken_up_is_closed() {
    // The CLI takes the message up only after it was told to end.
    let script = Script::new().expect(json!({"type": "user"})).expect_control("interrupt").unasked("Too late");
    let bridge = Bridge::with_scripted_cli([script, Script::echo()]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until("turnStarted");
    let closed = bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(closed["session"]["state"], "closed");
    assert_eq!(saying.end().stop_reason(), "interrupted");
    assert_eq!(bridge.history(&session), ["user: Hi"]);
    assert_eq!(bridge.say(&session, "Again").text(), "echo: Again");
    assert!(bridge.cli().starts()[1].has_flag("--resume"));
}

#[test]
fn a_message_that_comes_while_the_session_closes_opens_it_again() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let closing = bridge.start_request("session/close", json!({"sessionId": session}));
    let saying = bridge.start_saying(&session, "Hi");
    assert_eq!(saying.end().text(), "echo: Hi");
    closing.result();
    assert_eq!(bridge.cli().starts().len(), 2);
}

#[test]
fn a_message_that_comes_while_the_session_is_deleted_finds_none() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let deleting = bridge.start_request("session/delete", json!({"sessionId": session}));
    let saying = bridge.start_saying(&session, "Hi");
    assert_eq!(saying.error().kind(), "sessionNotFound");
    assert_eq!(deleting.result(), json!({}));
    assert_eq!(bridge.session_ids(), [""; 0]);
}
