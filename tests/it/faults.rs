//! Faults: a CLI that dies, hangs or takes no notice, and a client that does not read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::flood::flood;
use crate::support::script::{Script, Turn};

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// How much memory the bridge may take while its client does not read, in KiB.
const MEMORY_LIMIT: u64 = 60 * 1024;

#[test]
fn a_cli_that_dies_in_mid_turn_fails_the_turn_and_is_started_again_for_the_next() {
    let dying = Script::new().answer(Turn::text("Half").stderr_repeated("out of luck\n", 1).exit(3));
    let bridge = Bridge::with_scripted_cli([dying, Script::echo()]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hi");
    let error = &said.turn["error"];
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("failed", "Half"));
    assert_eq!(
        (&error["kind"], &error["exitCode"], &error["retryable"]),
        (&json!("cliExited"), &json!(3), &json!(true))
    );
    assert_eq!(error["stderr"], json!(["out of luck"]));
    assert!(error["message"].as_str().unwrap().contains("exit code 3: out of luck"), "{error}");
    assert_eq!(said.events_of("error")[0]["error"], *error);
    assert_eq!(bridge.say(&session, "Again").text(), "echo: Again");
    let starts = bridge.cli().starts();
    assert_eq!(starts[1].flag("--resume"), starts[0].flag("--session-id"));
    let history = ["user: Hi", "assistant: Half", "user: Again", "assistant: echo: Again"];
    assert_eq!(bridge.history(&session), history);
}

#[test]
fn a_cli_that_a_signal_ends_in_mid_turn_fails_the_turn_with_the_signal() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(Turn::text("Half").signal(SIGKILL))]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hi");
    let error = &said.turn["error"];
    assert_eq!((&error["kind"], &error["signal"]), (&json!("cliExited"), &json!(SIGKILL)));
    assert_eq!(error.get("exitCode"), None);
    assert_eq!(bridge.session(&session)["state"], "parked");
}

#[test]
fn a_cli_that_dies_with_messages_waiting_is_started_again_for_them() {
    let dying = Script::new().answer(Turn::text("Half").hold("die").exit(1));
    let bridge = Bridge::with_scripted_cli([dying, Script::echo()]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("Half");
    let waiting = ["2", "3"].map(|content| bridge.start_saying(&session, content));
    bridge.cli().release("die");
    assert_eq!(first.end().stop_reason(), "failed");
    assert_eq!(waiting.map(|saying| saying.end().text()), ["echo: 2", "echo: 3"]);
    assert_eq!(bridge.cli().starts().len(), 2);
}

#[test]
fn a_cli_that_dies_while_idle_is_started_again_by_the_next_message() {
    let dying = Script::new().answer("One").hold("die").signal(SIGTERM);
    let bridge = Bridge::with_scripted_cli([dying, Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    bridge.cli().release("die");
    let parked = bridge.wait_for_session(&session, "parked", |session| session["state"] == "parked");
    assert_eq!(parked.get("process"), None);
    assert_eq!(bridge.cli().starts().len(), 1);
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
    assert!(bridge.cli().starts()[1].has_flag("--resume"));
    let events = bridge.history_file().events(&session);
    let notice = events.iter().find(|event| event["kind"] == "notice").unwrap();
    assert!(notice["text"].as_str().unwrap().contains("signal 15"), "{notice}");
}

#[test]
fn a_cli_that_dies_at_its_start_is_the_answer_of_those_who_wait() {
    let dying = Script::new().expect_control("initialize").hold("die").stderr("bad flag\n").exit(1);
    let bridge = Bridge::with_scripted_cli([dying, Script::echo()]).start();
    let session = bridge.create_session();
    let waiting = ["1", "2"].map(|content| bridge.start_saying(&session, content));
    bridge.cli().release("die");
    for saying in waiting {
        let error = saying.error();
        assert_eq!((error.code, error.kind()), (1022, "cliExited"));
        assert_eq!((&error.data["exitCode"], &error.data["stderr"]), (&json!(1), &json!(["bad flag"])));
    }
    assert_eq!(bridge.session(&session)["state"], "failed");
    assert_eq!(bridge.messages(&session), [Value::Null; 0]);
    assert_eq!(bridge.say(&session, "3").text(), "echo: 3");
}

#[test]
fn a_cli_that_refuses_to_initialize_is_ended_and_the_message_told_why() {
    let refusing = Script::new().expect_control("initialize").hold("refuse").respond_error("not today");
    let bridge = Bridge::with_scripted_cli([refusing, Script::echo()]).start();
    let session = bridge.create_session();
    let saying = bridge.start_saying(&session, "1");
    bridge.cli().release("refuse");
    let error = saying.error();
    assert_eq!((error.code, error.kind()), (1024, "cliProtocol"));
    assert!(error.message.contains("not today"), "{}", error.message);
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
}

#[test]
fn a_conversation_that_the_cli_already_has_is_resumed() {
    // As after a crash between the start of a conversation and its record.
    let known = Script::new().expect_control("initialize").stderr("Error: Session ID 1 is already in use.\n").exit(1);
    let bridge = Bridge::with_scripted_cli([known, Script::echo()]).start();
    let session = bridge.create_session();
    assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
    let starts = bridge.cli().starts();
    assert!(starts[0].has_flag("--session-id"));
    assert_eq!(starts[1].flag("--resume"), starts[0].flag("--session-id"));
}

#[test]
fn a_cli_that_ignores_an_interrupt_is_ended_after_5_seconds() {
    let deaf = Script::new().answer(Turn::text("Half").ignore_interrupts_until("never"));
    let bridge = Bridge::with_scripted_cli([deaf, Script::echo()]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "1");
    saying.until_text("Half");
    let waiting = bridge.start_saying(&session, "2");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Half"));
    assert!(said.events_of("notice")[0]["text"].as_str().unwrap().contains("ignored the interrupt for 5 s"));
    assert_eq!(waiting.end().text(), "echo: 2");
    assert_eq!(bridge.cli().controls(), ["initialize", "interrupt", "initialize"]);
    assert!(bridge.cli().starts()[1].has_flag("--resume"));
}

#[test]
fn a_cli_that_says_nothing_can_be_interrupted() {
    let silent = Script::new().expect(json!({"type": "user"})).hang();
    let bridge = Bridge::with_scripted_cli([silent, Script::echo()]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "1");
    saying.until("turnStarted");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    // It never took the first message up, so the next one is told what was said.
    let said = bridge.say(&session, "2").text();
    assert!(said.contains("User: 1") && said.ends_with('2'), "{said}");
}

#[test]
fn a_cli_that_neither_reads_nor_heeds_signals_is_ended_with_its_session() {
    let stubborn = Script::new().ignore_term().answer(Turn::text("Half").hang());
    let bridge = Bridge::with_scripted_cli([stubborn]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "1");
    saying.until_text("Half");
    let pid = bridge.cli().starts()[0].pid;
    bridge.request("session/close", json!({"sessionId": session}));
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} lives");
    assert_eq!(saying.end().stop_reason(), "interrupted");
}

#[test]
fn two_sessions_stream_at_once() {
    let script = |text: &str, gate: &str| Script::new().answer(Turn::text(text).hold(gate).then("!"));
    let bridge = Bridge::with_scripted_cli([script("a", "a"), script("b", "b")]).start();
    let sessions = ["a", "b"].map(|text| {
        let session = bridge.create_session();
        let mut saying = bridge.start_saying(&session, "Hi");
        saying.until_text(text);
        saying
    });
    // Both are in mid-turn; the one that began last ends first.
    let [first, second] = sessions;
    bridge.cli().release("b");
    assert_eq!(second.end().text(), "b!");
    bridge.cli().release("a");
    assert_eq!(first.end().text(), "a!");
}

#[test]
fn a_session_whose_cli_hangs_does_not_hold_up_another() {
    let hung = Script::new().answer(Turn::text("Half").hang());
    let bridge = Bridge::with_scripted_cli([hung, Script::echo()]).start();
    let hanging = bridge.create_session();
    let mut saying = bridge.start_saying(&hanging, "Hi");
    saying.until_text("Half");
    let other = bridge.create_session();
    assert_eq!(bridge.say(&other, "Hi").text(), "echo: Hi");
    bridge.request("session/close", json!({"sessionId": hanging}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
}

#[test]
#[cfg(target_os = "linux")]
fn a_client_that_does_not_read_costs_no_memory_and_misses_nothing() {
    const DELTAS: u64 = 200_000;
    let strange = json!({"type": "system", "subtype": "task_started"});
    let tool = Turn::text("Go: ").call("t1", "Read", json!({"file_path": "a"})).returns("t1", "found");
    let turn = tool.deltas(DELTAS, "word ").emit(strange).then("end");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let history = bridge.history_file();
    bridge.stop_reading();
    let saying = bridge.start_saying(&session, "Hi");
    crate::support::wait_for("the end of the flood in the store", || {
        (history.ended_turns(&session) == 1).then_some(())
    });
    let (peak, now) = bridge.resident_kib();
    assert!(peak < MEMORY_LIMIT, "{peak} KiB at the peak, {now} KiB now");
    bridge.read_on();
    let said = saying.end();
    let expected = "word ".repeat(DELTAS as usize) + "end";
    assert!(said.text() == expected, "{} bytes came", said.text().len());
    assert!(said.streamed_text() == format!("Go: {expected}"), "{} bytes streamed", said.streamed_text().len());
    assert!((said.events_of("textDelta").len() as u64) < DELTAS / 2, "deltas are merged");
    let kinds = [
        ["turnStarted", "message", "sessionChanged", "status", "textDelta", "message", "toolCall", "toolResult"]
            .as_slice(),
        ["status", "textDelta", "unknown", "textDelta", "message", "usage", "turnCompleted"].as_slice(),
    ];
    assert_eq!(said.kinds(), kinds.concat());
}

#[test]
#[cfg(target_os = "linux")]
fn a_client_that_stops_reading_in_a_flood_gets_its_deltas_merged_and_all_else_in_order() {
    let peak = flood(40, Duration::ZERO);
    assert!(peak < MEMORY_LIMIT, "{peak} KiB at the peak");
}
