//! Turns that are ended before their time.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;
use crate::support::process;

#[test]
fn an_interrupted_turn_keeps_its_text_and_the_next_one_is_clean() {
    let api = Api::start();
    let gate = Gate::new();
    api.reply(Reply::text("One, two").wait_for(&gate).then(", three"));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let mut counting = bridge.start_saying(&session, "Count");
    counting.until_text("One, two");
    assert_eq!(bridge.request("session/interrupt", json!({"sessionId": session})), json!({"interrupted": true}));
    let counted = counting.end();
    assert_eq!((counted.stop_reason().as_str(), counted.text().as_str()), ("interrupted", "One, two"));
    assert!(counted.turn.get("error").is_none(), "{}", counted.turn);

    gate.open();
    let next = bridge.say(&session, "And now?");
    assert_eq!((next.stop_reason().as_str(), next.text().as_str()), ("completed", "echo: And now?"));
    assert!(next.events.iter().all(|event| event["turnId"].is_null() || event["turnId"] == next.turn["id"]));
    let expected = ["user: Count", "assistant: One, two", "user: And now?", "assistant: echo: And now?"];
    assert_eq!(bridge.history(&session), expected);
    bridge.shutdown();
}

#[test]
fn a_message_that_is_interrupted_before_the_cli_listens_ends_as_interrupted() {
    let (api, gate) = (Api::start(), Gate::new());
    // Held back, so that the turn cannot end before the interrupt is heard. Where the CLI is interrupted before it asks
    // for this answer, the next turn gets it.
    api.reply(Reply::text("half").wait_for(&gate).then(" of it"));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let saying = bridge.start_saying(&session, "never");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    gate.open();
    assert_eq!(bridge.say(&session, "again").stop_reason(), "completed");
    bridge.shutdown();
}

#[test]
fn interrupts_are_heard_within_100_ms_and_nothing_of_an_interrupted_turn_is_in_the_next() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let mut times: Vec<Duration> = (0..20).map(|_| interrupt_one_of_two(&api, &bridge, &session)).collect();
    times.sort();
    let median = times[times.len() / 2];
    assert!(median < Duration::from_millis(100), "{times:?}");
    bridge.shutdown();
}

/// Interrupts a turn behind which another message waits; says how long it took from the request to the turn's end.
fn interrupt_one_of_two(api: &Api, bridge: &Bridge, session: &str) -> Duration {
    let gate = Gate::new();
    api.reply(Reply::text("One, two").wait_for(&gate).then(", three"));
    let mut first = bridge.start_saying(session, "Count");
    first.until_text("One, two");
    let second = bridge.start_saying(session, "And now?");
    let began = Instant::now();
    let interrupt = bridge.start_request("session/interrupt", json!({"sessionId": session}));
    let first = first.end();
    let took = began.elapsed();
    assert_eq!((first.stop_reason().as_str(), first.text().as_str()), ("interrupted", "One, two"));
    assert_eq!(interrupt.result(), json!({"interrupted": true}));
    gate.open();
    let second = second.end();
    assert_eq!(second.streamed_text(), "echo: And now?");
    assert_eq!(second.turn["text"], "echo: And now?");
    assert_eq!(second.events_of("message").len(), 2, "{:?}", second.events);
    took
}

#[test]
fn a_cancelled_request_and_cancelled_work_end_the_turn_as_interrupted() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    for work in [false, true] {
        let gate = Gate::new();
        api.reply(Reply::text("One, two").wait_for(&gate).then(", three"));
        let params = json!({"sessionId": session, "content": "Count", "partialResultToken": "e", "workDoneToken": "w"});
        let sent = bridge.start_request("message/send", params);
        bridge.events_until("e", |event| event["kind"] == "textDelta");
        let turn = if work {
            bridge.notify("window/workDoneProgress/cancel", &json!({"token": "w"}));
            sent.result()
        } else {
            sent.cancel();
            let mut error = sent.error();
            assert_eq!(error.code, -32800);
            error.data["turn"].take()
        };
        assert_eq!((&turn["stopReason"], &turn["text"]), (&json!("interrupted"), &json!("One, two")));
        gate.open();
        assert_eq!(bridge.say(&session, "And now?").text(), "echo: And now?");
    }
    bridge.shutdown();
}

#[test]
fn an_interrupt_takes_the_queue_along_where_it_is_told_so() {
    let (api, gate) = (Api::start(), Gate::new());
    api.reply(Reply::text("One, two").wait_for(&gate).then(", three"));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "Count");
    first.until_text("One, two");
    let second = bridge.start_saying(&session, "never said");
    bridge.request("session/interrupt", json!({"sessionId": session, "includeQueued": true}));
    assert_eq!(first.end().stop_reason(), "interrupted");
    assert_eq!(second.error().code, -32800);
    gate.open();
    assert_eq!(bridge.say(&session, "And now?").text(), "echo: And now?");
    assert!(!api.last_request().mentions("never said"));
    bridge.shutdown();
}

#[test]
fn an_interrupt_ends_a_command_that_runs() {
    let api = Api::start();
    let script = "echo $$ > pid; exec sleep 300";
    api.reply(Reply::tool("Bash", json!({"command": "sh ./slow.sh", "description": "waits"})));
    let allowed = json!({"modes": {"user": {"allowedTools": ["Bash(sh:*)"]}}});
    let mut bridge = Bridge::with_real_cli(&api).options(allowed).workspace_file("slow.sh", script).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Wait");
    saying.until("toolCall");
    let command = process::pid_in(&bridge.folders().workspace.join("pid"));

    bridge.request("session/interrupt", json!({"sessionId": session}));

    assert_eq!(saying.end().stop_reason(), "interrupted");
    process::wait_until_gone(command);
    assert_eq!(bridge.say(&session, "And now?").text(), "echo: And now?");
    bridge.shutdown();
}

#[test]
fn a_session_that_is_closed_while_it_streams_keeps_the_text_once() {
    let api = Api::start();
    let gate = Gate::new();
    api.reply(Reply::text("One, two").wait_for(&gate));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let mut counting = bridge.start_saying(&session, "Count");
    counting.until_text("One, two");
    bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(counting.end().stop_reason(), "interrupted");
    assert_eq!(bridge.history(&session), ["user: Count", "assistant: One, two"]);
    assert_eq!(bridge.say(&session, "again").text(), "echo: again");
    bridge.shutdown();
}

#[test]
fn a_session_that_is_closed_as_its_turn_begins_takes_the_next_message() {
    let (api, gate) = (Api::start(), Gate::new());
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "warm up");
    // Held back, so that the turn cannot end before the session is closed. Where the CLI ends before it asks for this
    // answer, the next turn gets it.
    api.reply(Reply::text("half").wait_for(&gate).then(" of it"));
    let mut saying = bridge.start_saying(&session, "never");
    saying.until("turnStarted");
    bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    assert_eq!(bridge.session(&session)["state"], "closed");
    gate.open();
    assert_eq!(bridge.say(&session, "again").stop_reason(), "completed");
    bridge.shutdown();
}
