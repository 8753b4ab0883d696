//! What a client sees of a turn while it runs, and how it ends one. That progress comes only under tokens that are
//! open, that `seq` rises, that deltas join up, that the work-done progress ends behind the turn and before the
//! response: the harness sees to it in every test, here and elsewhere.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::client::Pending;
use crate::support::script::{Script, Turn};

/// A turn that has said `Hel` and goes on until it is interrupted.
fn endless() -> Script {
    Script::new().answer(Turn::text("Hel").until_interrupted())
}

/// Sends a message with both tokens, `work` and `events`.
fn send(bridge: &Bridge, session: &str) -> Pending {
    let params = json!({
        "sessionId": session, "content": "Hi", "workDoneToken": "work", "partialResultToken": "events"
    });
    bridge.start_request("message/send", params)
}

fn until_first_text(bridge: &Bridge) {
    bridge.events_until("events", |event| event["kind"] == "textDelta");
}

/// The work-done progress that comes, up to its end.
fn work_done(bridge: &Bridge, token: &str) -> Vec<Value> {
    let mut values = vec![bridge.next_progress(token)];
    while values.last().is_some_and(|value| value["kind"] != "end") {
        values.push(bridge.next_progress(token));
    }
    values
}

#[test]
fn a_turn_is_streamed_from_its_start_to_its_end_and_the_work_beside_it() {
    let turn = Turn::silent()
        .think("Hm")
        .call("toolu_1", "Read", json!({"file_path": "src/main.rs"}))
        .returns("toolu_1", "fn main() {}")
        .then("Gr\u{fc}")
        .then("\u{df}e");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)]).start();
    let session = bridge.create_session();
    let sent = send(&bridge, &session);
    let turn = sent.result();

    let events = bridge.events_until("events", |event| event["kind"] == "turnCompleted");
    let of_turn: Vec<_> = events.iter().filter(|event| event["turnId"] == turn["id"]).collect();
    let mut kinds: Vec<_> =
        of_turn.iter().map(|event| event["kind"].as_str().unwrap()).filter(|kind| *kind != "status").collect();
    kinds.dedup();
    let expected = [
        "turnStarted",
        "message",
        "thinkingDelta",
        "message",
        "toolCall",
        "toolResult",
        "textDelta",
        "message",
        "usage",
        "turnCompleted",
    ];
    assert_eq!(kinds, expected);
    let offsets: Vec<_> =
        of_turn.iter().filter(|event| event["kind"] == "textDelta").map(|delta| &delta["offset"]).collect();
    assert_eq!(offsets, [0, 4], "in bytes");
    assert_eq!(events.last().unwrap()["turn"], turn);

    let expected = [
        json!({"kind": "begin", "title": "Claude", "cancellable": true}),
        json!({"kind": "report", "message": "Thinking"}),
        json!({"kind": "report", "message": "Read src/main.rs"}),
        json!({"kind": "report", "message": "Thinking"}),
        json!({"kind": "end"}),
    ];
    assert_eq!(work_done(&bridge, "work"), expected);
}

#[test]
fn a_client_that_shows_progress_is_asked_and_needs_no_token_of_its_own() {
    let bridge = shows_progress([Script::new().answer(Turn::text("Hel").hold("agreed").then("lo"))]);
    let session = bridge.create_session();
    let sent = bridge.start_request("message/send", json!({"sessionId": session, "content": "Hi"}));
    let asked = bridge.next_server_request("window/workDoneProgress/create");
    let token = asked.params["token"].as_str().unwrap().to_owned();
    asked.answer(&Value::Null);
    assert_eq!(bridge.next_progress(&token)["kind"], "begin");
    bridge.cli().release("agreed");
    assert_eq!(sent.result()["text"], "Hello");
    assert_eq!(work_done(&bridge, &token).last().unwrap(), &json!({"kind": "end"}));
}

#[test]
fn a_client_that_refuses_the_work_done_progress_gets_its_turn_all_the_same() {
    let bridge = shows_progress([Script::new().answer(Turn::text("Hel").hold("refused").then("lo"))]);
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    bridge.next_server_request("window/workDoneProgress/create").refuse(-32603, "no room on the screen");
    saying.until_text("Hel");
    bridge.cli().release("refused");
    assert_eq!(saying.end().text(), "Hello");
}

#[test]
fn a_client_that_gave_a_token_or_cannot_show_progress_is_not_asked() {
    let bridge = shows_progress([Script::echo()]);
    let session = bridge.create_session();
    // The harness fails a test that leaves a request of the server's unanswered.
    send(&bridge, &session).result();
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
}

fn shows_progress(scripts: impl IntoIterator<Item = Script>) -> Bridge {
    Bridge::with_scripted_cli(scripts).capabilities(json!({"window": {"workDoneProgress": true}})).start()
}

#[test]
fn a_token_in_use_is_refused_and_the_message_never_runs() {
    let bridge =
        Bridge::with_scripted_cli([Script::new().answer(Turn::text("Hel").hold("refused").then("lo")).answer("Again")])
            .start();
    let session = bridge.create_session();
    let sent = send(&bridge, &session);
    until_first_text(&bridge);
    let second = |tokens: Value| {
        let mut params = json!({"sessionId": session, "content": "Second"});
        params.as_object_mut().unwrap().extend(tokens.as_object().unwrap().clone());
        bridge.refusal("message/send", params)
    };
    for tokens in [
        json!({"partialResultToken": "events"}),
        json!({"workDoneToken": "work"}),
        json!({"workDoneToken": "events"}),
        json!({"workDoneToken": "both", "partialResultToken": "both"}),
    ] {
        let error = second(tokens);
        assert_eq!((error.code, error.kind()), (-32602, "invalidParams"));
        assert!(error.message.contains("token") && error.data["hint"].is_string(), "{error:?}");
    }
    bridge.cli().release("refused");
    assert_eq!(sent.result()["text"], "Hello");
    assert_eq!(send(&bridge, &session).result()["text"], "Again", "with the same tokens, now that they are free");
    assert_eq!(bridge.cli().messages(), ["Hi", "Hi"]);
}

#[test]
fn a_cancelled_request_ends_the_turn_and_answers_with_it() {
    let bridge = Bridge::with_scripted_cli([endless()]).start();
    let session = bridge.create_session();
    let sent = send(&bridge, &session);
    until_first_text(&bridge);
    sent.cancel();
    let error = sent.error();
    assert_eq!((error.code, error.kind()), (-32800, "requestCancelled"));
    let turn = &error.data["turn"];
    assert_eq!((&turn["stopReason"], &turn["text"]), (&json!("interrupted"), &json!("Hel")));
    let last = bridge.events_until("events", |event| event["kind"] == "turnCompleted").pop().unwrap();
    assert_eq!(last["turn"], *turn);
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: Hel"]);
}

#[test]
fn a_queued_message_that_is_cancelled_has_no_turn_and_never_reaches_the_cli() {
    let script = Script::new().answer(Turn::text("Hel").hold("cancelled").then("lo")).answer("Third");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "First");
    first.until_text("Hel");
    let mut second = bridge.start_saying(&session, "Second");
    assert_eq!(second.until("status")["status"], "queued");
    let third = bridge.start_saying(&session, "Third");
    second.cancel();
    let error = second.error();
    assert_eq!((error.code, error.kind(), error.data.get("turn")), (-32800, "requestCancelled", None));
    bridge.cli().release("cancelled");
    assert_eq!((first.end().text(), third.end().text()), ("Hello".to_owned(), "Third".to_owned()));
    assert_eq!(bridge.cli().messages(), ["First", "Third"]);
    assert_eq!(bridge.history(&session), ["user: First", "assistant: Hello", "user: Third", "assistant: Third"]);
}

#[test]
fn a_message_cancelled_while_the_cli_is_starting_never_reaches_it() {
    let script = Script::new().expect_control("initialize").hold("cancelled").respond(json!({})).answer("Second");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "First");
    assert_eq!(first.until("status")["status"], "starting");
    first.cancel();
    let error = first.error();
    assert_eq!((error.code, error.data.get("turn")), (-32800, None));
    let second = bridge.start_saying(&session, "Second");
    bridge.cli().release("cancelled");
    assert_eq!(second.end().text(), "Second");
    assert_eq!(bridge.cli().messages(), ["Second"]);
}

#[test]
fn a_turn_cancelled_before_the_cli_listens_is_interrupted_as_soon_as_it_does() {
    // The CLI acknowledges an interrupt before its first frame of a turn, and does nothing.
    let script = Script::new()
        .expect(json!({"type": "user"}))
        .hold("cancelled")
        .unasked(Turn::text("Hel").until_interrupted())
        .answer("More");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let sent = send(&bridge, &session);
    bridge.events_until("events", |event| event["kind"] == "turnStarted");
    sent.cancel();
    // Goes through the session as well, so that the cancellation has most likely reached it.
    bridge.request("session/rename", json!({"sessionId": session, "title": "Cancelled"}));
    bridge.cli().release("cancelled");
    let error = sent.error();
    assert_eq!((error.code, &error.data["turn"]["stopReason"]), (-32800, &json!("interrupted")));
    assert_eq!(bridge.cli().controls(), ["initialize", "interrupt"]);
    assert_eq!(bridge.say(&session, "Go on").text(), "More", "by the same process, which took the interrupt");
}

#[test]
fn a_person_who_cancels_the_work_gets_the_interrupted_turn_as_a_result() {
    let bridge = Bridge::with_scripted_cli([endless()]).start();
    let session = bridge.create_session();
    let sent = send(&bridge, &session);
    until_first_text(&bridge);
    bridge.notify("window/workDoneProgress/cancel", &json!({"token": "work"}));
    let turn = sent.result();
    assert_eq!((&turn["stopReason"], &turn["text"]), (&json!("interrupted"), &json!("Hel")));
    assert_eq!(work_done(&bridge, "work").last().unwrap(), &json!({"kind": "end"}));
}

#[test]
fn a_person_can_cancel_the_work_under_a_token_of_the_servers() {
    let bridge = shows_progress([endless()]);
    let session = bridge.create_session();
    let sent = bridge.start_request("message/send", json!({"sessionId": session, "content": "Hi"}));
    let asked = bridge.next_server_request("window/workDoneProgress/create");
    let token = asked.params["token"].clone();
    asked.answer(&Value::Null);
    assert_eq!(bridge.next_progress(token.as_str().unwrap())["kind"], "begin");
    bridge.notify("window/workDoneProgress/cancel", &json!({"token": token}));
    assert_eq!(sent.result()["stopReason"], "interrupted");
}

#[test]
fn an_interrupted_session_answers_the_request_with_the_turn_and_goes_on() {
    let bridge = Bridge::with_scripted_cli([endless().answer("More")]).start();
    let session = bridge.create_session();
    let interrupt = || bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(interrupt(), json!({"interrupted": false}), "nothing runs yet");
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Hel");
    assert_eq!(interrupt(), json!({"interrupted": true}));
    let said = saying.end();
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Hel"));
    assert_eq!(bridge.say(&session, "Go on").text(), "More");
}

#[test]
fn what_the_cli_still_says_of_an_interrupted_turn_is_in_no_other() {
    let late = |event: Value| json!({"type": "stream_event", "event": event, "parent_tool_use_id": null});
    let delta = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "late"}});
    let whole = json!({"id": "msg_late", "content": [{"type": "text", "text": "late"}]});
    let script = endless()
        .emit(late(delta))
        .emit(json!({"type": "assistant", "message": whole, "parent_tool_use_id": null}))
        .answer("Second");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "First");
    first.until_text("Hel");
    let second = bridge.start_saying(&session, "Second");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(first.end().text(), "Hel");
    let second = second.end();
    assert_eq!((second.streamed_text().as_str(), second.text().as_str()), ("Second", "Second"));
    let history = ["user: First", "assistant: Hel", "user: Second", "assistant: Second"];
    assert_eq!(bridge.history(&session), history);
}

#[test]
fn an_interrupt_takes_the_queue_along_only_if_told_so() {
    for (include_queued, reaches_the_cli) in [(false, vec!["First", "Second"]), (true, vec!["First"])] {
        let script = endless().answer("Second");
        let bridge = Bridge::with_scripted_cli([script]).start();
        let session = bridge.create_session();
        let mut first = bridge.start_saying(&session, "First");
        first.until_text("Hel");
        let mut second = bridge.start_saying(&session, "Second");
        second.until("status");
        bridge.request("session/interrupt", json!({"sessionId": session, "includeQueued": include_queued}));
        assert_eq!(first.end().stop_reason(), "interrupted");
        if include_queued {
            assert_eq!(second.error().data.get("turn"), None);
        } else {
            assert_eq!(second.end().text(), "Second");
        }
        assert_eq!(bridge.cli().messages(), reaches_the_cli);
    }
}
