//! The life of sessions: when a process is kept, given up and brought back, and who runs a session.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Said};
use crate::support::script::{Script, Turn};
use crate::support::{process, wait_for};

/// The notices among events, as text.
fn notices(events: &[Value]) -> Vec<String> {
    let notices = events.iter().filter(|event| event["kind"] == "notice");
    notices.map(|notice| notice["text"].as_str().unwrap_or_default().to_owned()).collect()
}

fn statuses(said: &Said) -> Vec<&str> {
    said.events_of("status").iter().filter_map(|event| event["status"].as_str()).collect()
}

/// Another bridge on the same history.
fn beside(first: &Bridge) -> Bridge {
    let options = json!({"dataDir": first.folders().data});
    Bridge::with_scripted_cli([Script::echo()]).options(options).start()
}

fn state(bridge: &Bridge, session: &str) -> Value {
    bridge.session(session)["state"].clone()
}

#[test]
fn a_session_with_nothing_to_do_is_parked_and_its_next_message_brings_it_back() {
    let options = json!({"sessions": {"idleTimeout": "50ms"}});
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).options(options).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    let parked = bridge.wait_for_session(&session, "parked", |session| session["state"] == "parked");
    assert_eq!(parked.get("process"), None);
    assert_eq!(bridge.cli().wait_for_ends(1), ["EndOfInput"]);
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
    let starts = bridge.cli().starts();
    assert_eq!(starts[1].flag("--resume"), starts[0].flag("--session-id"));
}

#[test]
fn a_session_is_not_parked_while_a_turn_runs_or_a_background_task_goes_on() {
    let options = json!({"sessions": {"idleTimeout": "1ms"}});
    let tasks = |tasks: Value| json!({"type": "system", "subtype": "background_tasks_changed", "tasks": tasks});
    let script = Script::new()
        .answer(Turn::text("Half").hold("rest").then(" and half").emit(tasks(json!([{"task_id": "t"}]))))
        .hold("task")
        .emit(tasks(json!([])));
    let bridge = Bridge::with_scripted_cli([script]).options(options).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "1");
    saying.until_text("Half");
    // A request that is answered after a timer of a millisecond had its time, many times over.
    (0..20).for_each(|_| assert_eq!(state(&bridge, &session), "running"));
    bridge.cli().release("rest");
    assert_eq!(saying.end().text(), "Half and half");
    (0..20).for_each(|_| assert_eq!(state(&bridge, &session), "idle"));
    bridge.cli().release("task");
    bridge.wait_for_session(&session, "parked", |session| session["state"] == "parked");
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn the_session_that_rests_longest_gives_way_where_there_are_too_many() {
    let options = json!({"sessions": {"maxLive": 2}});
    let scripts = (0..4).map(|_| Script::echo());
    let bridge = Bridge::with_scripted_cli(scripts).options(options).start();
    let sessions = [(); 3].map(|()| bridge.create_session());
    // The third was made when there was no room left, so it has no process.
    for session in [&sessions[1], &sessions[0], &sessions[2]] {
        bridge.say(session, "Hi");
    }
    bridge.wait_for_session(&sessions[1], "parked", |session| session["state"] == "parked");
    assert_eq!([&sessions[0], &sessions[2]].map(|session| state(&bridge, session)), ["idle", "idle"]);
    assert_eq!(bridge.say(&sessions[1], "Back").text(), "echo: Back");
    bridge.wait_for_session(&sessions[0], "parked", |session| session["state"] == "parked");
}

#[test]
fn a_message_waits_visibly_where_all_are_busy_and_goes_on_when_one_has_ended() {
    let options = json!({"sessions": {"maxLive": 1}});
    let busy = Script::new().answer(Turn::text("Half").hold("end").then("!"));
    let bridge = Bridge::with_scripted_cli([busy, Script::echo()]).options(options).start();
    let (first, second) = (bridge.create_session(), bridge.create_session());
    let mut busy = bridge.start_saying(&first, "1");
    busy.until_text("Half");
    let mut waiting = bridge.start_saying(&second, "2");
    let queued = waiting.until("status");
    assert_eq!((&queued["status"], queued["detail"].is_string()), (&json!("starting"), false), "{queued}");
    let queued = waiting.until("status");
    assert_eq!(queued["status"], "queued");
    assert!(queued["detail"].as_str().unwrap().contains("other sessions are at work"), "{queued}");
    bridge.cli().release("end");
    assert_eq!(busy.end().text(), "Half!");
    let said = waiting.end();
    assert_eq!(said.text(), "echo: 2");
    assert_eq!(statuses(&said)[..3], ["starting", "queued", "starting"]);
}

#[test]
fn a_message_that_waits_too_long_for_others_is_told_that_there_are_too_many() {
    let options = json!({"sessions": {"maxLive": 1, "waitTimeout": "50ms"}});
    let busy = Script::new().answer(Turn::text("Half").hold("end").then("!"));
    let bridge = Bridge::with_scripted_cli([busy, Script::echo()]).options(options).start();
    let (first, second) = (bridge.create_session(), bridge.create_session());
    let mut busy = bridge.start_saying(&first, "1");
    busy.until_text("Half");
    let error = bridge.refusal("message/send", json!({"sessionId": second, "content": "2"}));
    assert_eq!((error.code, error.kind()), (1050, "overloaded"));
    assert_eq!((&error.data["retryable"], error.data["hint"].is_string()), (&json!(true), true));
    bridge.wait_for_session(&second, "parked", |session| session["state"] == "parked");
    bridge.cli().release("end");
    busy.end();
    assert_eq!(bridge.say(&second, "2").text(), "echo: 2");
}

#[test]
fn a_session_that_is_closed_while_it_waits_for_others_lets_its_messages_go() {
    let options = json!({"sessions": {"maxLive": 1}});
    let busy = Script::new().answer(Turn::text("Half").hold("end").then("!"));
    let bridge = Bridge::with_scripted_cli([busy]).options(options).start();
    let (first, second) = (bridge.create_session(), bridge.create_session());
    let mut busy = bridge.start_saying(&first, "1");
    busy.until_text("Half");
    let mut waiting = bridge.start_saying(&second, "2");
    waiting.until("status");
    let closed = bridge.request("session/close", json!({"sessionId": second}));
    assert_eq!(closed["session"]["state"], "closed");
    assert_eq!(waiting.error().kind(), "sessionClosed");
    bridge.cli().release("end");
    busy.end();
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn a_turn_in_which_the_cli_falls_silent_is_shown_as_stalled_and_ended() {
    let options = json!({"sessions": {"stallTimeout": "100ms"}});
    let silent = Script::new().answer(Turn::text("Half").until_interrupted());
    let bridge = Bridge::with_scripted_cli([silent.answer("Whole")]).options(options).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "1");
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("failed", "Half"));
    assert_eq!(said.turn["error"]["kind"], "cliTimeout");
    assert!(statuses(&said).contains(&"stalled"), "{:?}", said.events);
    assert!(notices(&said.events)[0].contains("the turn is ended"), "{:?}", said.events);
    assert_eq!(bridge.say(&session, "2").text(), "Whole");
    assert_eq!(bridge.cli().starts().len(), 1, "a CLI that takes the interrupt is kept");
}

#[test]
fn a_silent_cli_that_ignores_the_interrupt_is_started_again() {
    let options = json!({"sessions": {"stallTimeout": "100ms"}});
    let deaf = Script::new().answer(Turn::text("Half").hang());
    let bridge = Bridge::with_scripted_cli([deaf, Script::echo()]).options(options).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "1");
    assert_eq!((said.stop_reason().as_str(), &said.turn["error"]["kind"]), ("failed", &json!("cliTimeout")));
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
    assert_eq!(bridge.cli().starts().len(), 2);
}

#[test]
fn a_tool_that_takes_long_is_shown_as_stalled_and_left_alone() {
    let options = json!({"sessions": {"stallTimeout": "50ms"}});
    let turn = Turn::silent().call("t", "Bash", json!({"command": "sleep 600"})).hold("tool").returns("t", "slept");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn.then("Done"))]).options(options).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "1");
    while saying.until("status")["status"] != "stalled" {}
    bridge.cli().release("tool");
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("completed", "Done"));
    assert_eq!(bridge.cli().controls(), ["initialize"]);
}

#[test]
fn a_session_that_was_not_used_for_long_is_closed_and_keeps_its_history() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    bridge.shutdown();
    bridge.restart_with(json!({"sessions": {"closeAfter": "0s"}}));
    bridge.wait_for_session(&session, "closed", |session| session["state"] == "closed");
    assert_eq!(bridge.history(&session), ["user: 1", "assistant: echo: 1"]);
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
}

#[test]
fn a_session_that_another_bridge_runs_can_be_read_but_not_used() {
    let first = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = first.create_session();
    first.say(&session, "1");
    let second = beside(&first);
    let held = &second.session(&session)["heldBy"];
    assert_eq!((&held["pid"], &held["client"]), (&json!(first.pid()), &json!("tests")));
    assert_eq!(second.request("session/list", json!({}))["sessions"][0]["heldBy"], *held);
    assert_eq!(second.history(&session).len(), 2);
    for (method, params) in [
        ("message/send", json!({"sessionId": session, "content": "2"})),
        ("session/rename", json!({"sessionId": session, "title": "Mine"})),
        ("session/setMode", json!({"sessionId": session, "mode": "user"})),
        ("session/setModel", json!({"sessionId": session, "model": "opus"})),
        ("session/close", json!({"sessionId": session})),
        ("session/delete", json!({"sessionId": session})),
    ] {
        let error = second.refusal(method, params);
        assert_eq!((error.code, error.kind()), (1012, "sessionHeld"), "{method}");
        assert_eq!((&error.data["pid"], &error.data["client"]), (&json!(first.pid()), &json!("tests")), "{method}");
    }
    assert_eq!(second.cli().starts().len(), 0);
    assert_eq!(first.session(&session).get("heldBy"), None);
    // Its holder lets go of it.
    first.request("session/close", json!({"sessionId": session}));
    second.wait_for_session(&session, "free", |session| session.get("heldBy").is_none());
    assert_eq!(second.say(&session, "2").text(), "echo: 2");
}

#[test]
fn a_session_of_a_bridge_that_was_killed_is_taken_over() {
    let mut first = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = first.create_session();
    first.say(&session, "1");
    let second = beside(&first);
    first.kill();
    assert_eq!(second.say(&session, "2").text(), "echo: 2");
    assert_eq!(second.session(&session).get("heldBy"), None);
    assert_eq!(second.history(&session).len(), 4);
}

#[test]
fn a_turn_that_was_cut_by_the_bridges_death_ends_interrupted_with_its_partial_text() {
    let cut = Script::new().answer(Turn::silent().think("Well").then("Half").hold("never"));
    let mut bridge = Bridge::with_scripted_cli([cut, Script::echo()]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "1");
    saying.until_text("Half");
    let last = saying.so_far().events.last().unwrap()["seq"].as_u64().unwrap();
    wait_for("the deltas in the history", || bridge.history_file().has_event(&session, &json!(last)).then_some(()));
    let cli = bridge.cli_pid(&session);
    bridge.kill();
    process::wait_until_gone(cli);
    bridge.restart();
    // Without anybody asking for it.
    wait_for("the end of the turn", || (bridge.history_file().ended_turns(&session) == 1).then_some(()));
    let contents: Vec<_> = bridge.messages(&session).iter().map(|message| message["content"][0].clone()).collect();
    let expected = [("text", "1"), ("thinking", "Well"), ("text", "Half")];
    assert_eq!(contents, expected.map(|(kind, text)| json!({"type": kind, "text": text})));
    let events = bridge.history_file().events(&session);
    let completed = events.iter().find(|event| event["kind"] == "turnCompleted").unwrap();
    assert_eq!((&completed["turn"]["stopReason"], &completed["turn"]["text"]), (&json!("interrupted"), &json!("Half")));
    assert!(completed["seq"].as_u64().unwrap() > last);
    assert!(notices(&events)[0].contains("claude-bridge ended before this turn did"), "{events:?}");
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
    assert_eq!(bridge.cli().starts()[1].flag("--resume"), bridge.cli().starts()[0].flag("--session-id"));
}
