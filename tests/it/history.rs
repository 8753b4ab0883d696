//! The history's file: what was streamed is what is stored, and it was stored first.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, merged};
use crate::support::script::{Script, Turn};

/// A turn with a bit of everything.
fn colourful() -> Turn {
    Turn::silent()
        .think("Hm")
        .then("Grü")
        .then("ße")
        .call("t1", "Read", json!({"file_path": "a.rs"}))
        .returns("t1", "ü".repeat(50_000))
        .emit(json!({"type": "system", "subtype": "task_started", "n": 1.5}))
        .deltas(3_000, "wörd ")
        .emit(json!({"type": "system", "subtype": "status", "status": "compacting"}))
        .then("✓")
}

#[test]
fn what_was_streamed_is_what_is_stored() {
    let mut bridge = Bridge::with_scripted_cli([Script::new().answer(colourful()).answer("Next")]).start();
    let session = bridge.create_session();
    let mut streamed = Vec::new();
    for message in ["1", "2"] {
        streamed.extend(bridge.say(&session, message).events);
    }
    bridge.shutdown();
    let of_turns = |event: &Value| !event["turnId"].is_null();
    streamed.retain(of_turns);
    let mut stored = bridge.history_file().events(&session);
    stored.retain(of_turns);
    assert_eq!(stored, merged(streamed));
}

#[test]
fn many_deltas_are_stored_as_few() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(Turn::silent().deltas(3_000, "wörd "))]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hi");
    let (deltas, rows) = (said.events_of("textDelta").len(), bridge.history_file().rows()["events"]);
    assert!(rows < 100, "{deltas} deltas became {rows} rows");
    let stored = bridge.history_file().events(&session);
    let delta = stored.iter().find(|event| event["kind"] == "textDelta").unwrap();
    assert_eq!((delta["text"].as_str().unwrap(), &delta["offset"]), (said.text().as_str(), &json!(0)));
    assert_eq!(delta["seq"].as_u64().unwrap() - delta["firstSeq"].as_u64().unwrap(), 2_999);
}

#[test]
fn an_event_is_in_the_file_when_it_reaches_the_client() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(colourful()).times(5)]).start();
    let session = bridge.create_session();
    let file = bridge.history_file();
    for _ in 0..5 {
        let mut saying = bridge.start_saying(&session, "Hi");
        for kind in ["turnStarted", "message", "toolCall", "toolResult", "unknown", "status", "turnCompleted"] {
            let event = saying.until(kind);
            assert!(file.has_event(&session, &event["seq"]), "{kind} was sent and not stored");
        }
        saying.end();
    }
}

#[test]
fn while_the_file_is_locked_deltas_flow_and_nothing_else_is_sent() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(Turn::text("Hel").hold("locked").then("lo"))]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Hel");
    let lock = bridge.lock_history();
    bridge.cli().release("locked");
    saying.until_text("Hello");
    // All that the turn still has to say has left the CLI by now; it waits for the store.
    for _ in 0..20 {
        bridge.session(&session);
    }
    assert!(!saying.is_answered());
    assert_eq!(saying.so_far().kinds(), ["turnStarted", "message", "sessionChanged", "status", "textDelta"]);
    drop(lock);
    assert_eq!(saying.end().text(), "Hello");
}

#[test]
fn what_was_sent_outlives_a_bridge_that_is_killed_in_mid_turn() {
    let turn = Turn::text("Half").call("t1", "Read", json!({})).hold("more").then("more").hold("never");
    let dying = Script::new().answer("One").answer(turn);
    let mut bridge = Bridge::with_scripted_cli([dying, Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    let mut saying = bridge.start_saying(&session, "2");
    saying.until("toolCall");
    let before = merged(saying.so_far().events);
    // No commit follows this one, so that only its number may be known to the bridge that comes after.
    bridge.cli().release("more");
    let sent = saying.until("textDelta")["seq"].as_u64().unwrap();
    drop(saying);
    bridge.kill();
    bridge.restart();
    let found = bridge.session(&session);
    assert_eq!((&found["state"], &found["messageCount"]), (&json!("parked"), &json!(5)));
    let history = ["user: 1", "assistant: One", "user: 2", "assistant: Half", "assistant: "];
    assert_eq!(bridge.history(&session), history);
    let stored = bridge.history_file().events(&session);
    let lost: Vec<_> = before.into_iter().filter(|event| !stored.contains(event)).collect();
    assert_eq!(lost, [Value::Null; 0]);
    assert!(found["lastSeq"].as_u64().unwrap() >= sent, "{found}");
    let said = bridge.say(&session, "3");
    assert_eq!(said.text(), "echo: 3");
    // Numbers may be skipped, never used twice.
    assert!(said.events.iter().all(|event| event["seq"].as_u64().unwrap() > sent));
    assert!(bridge.cli().starts()[1].has_flag("--resume"));
}

#[test]
fn an_orderly_end_skips_no_numbers() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    bridge.shutdown();
    let stored = bridge.history_file().events(&session);
    bridge.restart();
    let last = stored.last().unwrap()["seq"].as_u64().unwrap();
    assert_eq!(bridge.session(&session)["lastSeq"], last);
    bridge.say(&session, "2");
    let numbers = bridge.history_file().events(&session).into_iter().map(|event| event["seq"].as_u64().unwrap());
    assert!(numbers.into_iter().any(|seq| seq == last + 1));
}

#[test]
fn two_bridges_share_a_data_folder() {
    let first = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let options = json!({"dataDir": first.folders().data});
    let second = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).options(options).start();
    let of_first = first.create_session();
    let of_second = second.create_session();
    first.say(&of_first, "from the first");
    second.say(&of_second, "from the second");
    for bridge in [&first, &second] {
        let mut ids = bridge.session_ids();
        ids.sort();
        assert_eq!(ids, [of_first.as_str(), of_second.as_str()]);
        assert_eq!(bridge.history(&of_first), ["user: from the first", "assistant: echo: from the first"]);
        assert_eq!(bridge.history(&of_second), ["user: from the second", "assistant: echo: from the second"]);
    }
}

#[test]
fn two_bridges_that_write_at_once_lose_nothing() {
    let flood = || Script::new().answer(Turn::silent().deltas(2_000, "wörd ")).times(10);
    let first = Bridge::with_scripted_cli([flood()]).start();
    let options = json!({"dataDir": first.folders().data});
    let second = Bridge::with_scripted_cli([flood()]).options(options).start();
    let write = |bridge: &Bridge| {
        let session = bridge.create_session();
        for _ in 0..10 {
            assert_eq!(bridge.say(&session, "Hi").text(), "wörd ".repeat(2_000));
        }
        session
    };
    let sessions = std::thread::scope(|scope| {
        let writing = [&first, &second].map(|bridge| scope.spawn(move || write(bridge)));
        writing.map(|thread| thread.join().unwrap())
    });
    for session in &sessions {
        assert_eq!(first.messages(session).len(), 20);
        assert_eq!(first.history_file().ended_turns(session), 10);
    }
}
