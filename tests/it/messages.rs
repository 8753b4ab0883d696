//! Messages: queued in order, told to Claude as they were sent, listed as they were said.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

/// One pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A turn that says something and waits to be let go.
fn held(text: &str) -> Turn {
    Turn::text(text).hold("end")
}

/// A bridge with room for two messages that wait.
fn with_small_queue(script: Script) -> Bridge {
    Bridge::with_scripted_cli([script, Script::echo()]).config("[sessions]\nqueue = 2\n").start()
}

fn texts(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().into_iter().flatten();
    messages.map(|message| message["content"][0]["text"].as_str().unwrap_or_default()).collect()
}

#[test]
fn messages_of_a_busy_session_run_in_the_order_they_came() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(held("one")).answer("two").answer("three")]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("one");
    let [second, third] = ["2", "3"].map(|content| bridge.start_saying(&session, content));
    bridge.cli().release("end");
    assert_eq!([third.end().text(), second.end().text(), first.end().text()], ["three", "two", "one"]);
    assert_eq!(bridge.cli().messages(), ["1", "2", "3"]);
    let history = ["user: 1", "assistant: one", "user: 2", "assistant: two", "user: 3", "assistant: three"];
    assert_eq!(bridge.history(&session), history);
}

#[test]
fn a_message_that_waits_is_told_so_and_gets_the_events_of_its_own_turn_alone() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(held("one")).answer("two")]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("one");
    let mut second = bridge.start_saying(&session, "2");
    let queued = second.until("status");
    assert_eq!((&queued["status"], &queued["detail"]), (&json!("queued"), &json!("next")));
    bridge.cli().release("end");
    let (first, second) = (first.end(), second.end());
    for said in [&first, &second] {
        let others =
            said.events.iter().filter(|event| !event["turnId"].is_null() && event["turnId"] != said.turn["id"]);
        assert_eq!(others.count(), 0);
        assert_eq!(said.events_of("turnStarted").len(), 1);
    }
    assert_eq!(queued["turnId"], second.turn["id"]);
    assert_ne!(first.turn["id"], second.turn["id"]);
}

#[test]
fn a_session_whose_queue_is_full_is_busy_and_takes_messages_again_when_there_is_room() {
    let bridge = with_small_queue(Script::new().answer(held("one")).answer("two").answer("three").answer("four"));
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("one");
    let waiting = ["2", "3"].map(|content| bridge.start_saying(&session, content));
    let refused = bridge.refusal("message/send", json!({"sessionId": session, "content": "refused"}));
    assert_eq!((refused.code, refused.kind()), (1010, "sessionBusy"));
    assert_eq!((&refused.data["limit"], &refused.data["retryable"]), (&json!(2), &json!(true)));
    bridge.cli().release("end");
    first.end();
    for saying in waiting {
        saying.end();
    }
    assert_eq!(bridge.say(&session, "4").text(), "four");
    assert_eq!(bridge.cli().messages(), ["1", "2", "3", "4"]);
}

#[test]
fn a_client_with_too_many_requests_under_way_is_told_to_wait_and_served_again_later() {
    const LIMIT: usize = 1024;
    let config = "sessions.queue = 2000";
    let script = Script::new().answer(held("one")).times(1);
    let bridge = Bridge::with_scripted_cli([script]).config(config).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("one");
    let send = || bridge.start_request("message/send", json!({"sessionId": session, "content": "x"}));
    let waiting: Vec<_> = (1..LIMIT).map(|_| send()).collect();
    for _ in 0..3 {
        let refused = bridge.refusal("session/get", json!({"sessionId": session}));
        assert_eq!((refused.code, refused.kind()), (1050, "overloaded"));
        assert_eq!((&refused.data["limit"], &refused.data["retryable"]), (&json!(LIMIT), &json!(true)));
    }
    waiting[0].cancel();
    assert_eq!(waiting[0].error().kind(), "requestCancelled");
    assert_eq!(bridge.session(&session)["state"], "running");
    bridge.cli().release("end");
    for request in &waiting[1..] {
        request.cancel();
        request.error();
    }
    first.end();
}

#[test]
fn messages_that_wait_when_the_session_is_closed_are_told_so_and_never_run() {
    let bridge = with_small_queue(Script::new().answer(Turn::text("Half").until_interrupted()));
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("Half");
    let waiting = ["2", "3"].map(|content| bridge.start_saying(&session, content));
    bridge.request("session/close", json!({"sessionId": session}));
    for saying in waiting {
        let refused = saying.error();
        assert_eq!((refused.code, refused.kind()), (1013, "sessionClosed"));
    }
    assert_eq!(first.end().stop_reason(), "interrupted");
    assert_eq!(bridge.cli().messages(), ["1"]);
    assert_eq!(bridge.say(&session, "4").text(), "echo: 4");
    assert_eq!(bridge.history(&session), ["user: 1", "assistant: Half", "user: 4", "assistant: echo: 4"]);
}

#[test]
fn an_interrupt_leaves_the_queue_alone_unless_it_is_included() {
    let held = || Turn::text("Half").until_interrupted();
    let bridge = with_small_queue(Script::new().answer(held()).answer(held()).answer("Whole"));
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("Half");
    let mut second = bridge.start_saying(&session, "2");
    let third = bridge.start_saying(&session, "3");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(first.end().stop_reason(), "interrupted");
    second.until_text("Half");
    let params = json!({"sessionId": session, "includeQueued": true});
    assert_eq!(bridge.request("session/interrupt", params)["interrupted"], true);
    assert_eq!(second.end().stop_reason(), "interrupted");
    assert_eq!((third.error().code, bridge.cli().messages().len()), (-32800, 2));
    assert_eq!(bridge.say(&session, "4").text(), "Whole");
}

#[test]
fn a_message_that_is_cancelled_while_it_waits_never_runs() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer(held("one")).answer("three")]).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "1");
    first.until_text("one");
    let second = bridge.start_saying(&session, "2");
    let third = bridge.start_saying(&session, "3");
    second.cancel();
    let cancelled = second.error();
    assert_eq!((cancelled.code, cancelled.data.get("turn")), (-32800, None));
    bridge.cli().release("end");
    first.end();
    assert_eq!(third.end().text(), "three");
    assert_eq!(bridge.cli().messages(), ["1", "3"]);
}

#[test]
fn a_message_opens_a_parked_session() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    bridge.shutdown();
    bridge.restart();
    assert_eq!(bridge.session(&session)["state"], "parked");
    assert_eq!(bridge.cli().starts().len(), 1);
    let said = bridge.say(&session, "2");
    assert_eq!((said.text().as_str(), &said.events[0]["status"]), ("echo: 2", &json!("starting")));
    assert_eq!(bridge.session(&session)["state"], "idle");
}

#[test]
fn a_message_opens_a_closed_session() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    bridge.request("session/close", json!({"sessionId": session}));
    assert_eq!(bridge.say(&session, "2").text(), "echo: 2");
    assert_eq!(bridge.session(&session)["state"], "idle");
    assert!(bridge.cli().starts()[1].has_flag("--resume"));
}

#[test]
fn a_message_tries_a_failed_session_again() {
    let bridge =
        Bridge::with_scripted_cli([Script::new().expect_control("initialize").exit(7), Script::echo()]).start();
    let session = bridge.create_session();
    let failed = bridge.wait_for_session(&session, "failed", |session| session["state"] == "failed");
    assert_eq!((&failed["error"]["kind"], &failed["error"]["exitCode"]), (&json!("cliExited"), &json!(7)));
    assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
    let idle = bridge.session(&session);
    assert_eq!((&idle["state"], idle.get("error")), (&json!("idle"), None));
}

#[test]
fn blocks_are_stored_as_sent_and_told_in_the_clis_own_form() {
    let blocks = json!([
        {"type": "text", "text": "Look: ✓"},
        {"type": "image", "mediaType": "image/png", "data": PNG},
        {"type": "file", "path": "src/a.rs", "text": "fn a() {}\n",
            "range": {"start": {"line": 9, "character": 0}, "end": {"line": 10, "character": 0}}},
        {"type": "file", "path": "b.rs"},
    ]);
    let bridge = Bridge::with_scripted_cli([Script::new().answer("Seen")]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, blocks.clone());
    assert_eq!(bridge.messages(&session)[0]["content"], blocks);
    assert_eq!(said.events_of("message")[0]["message"]["content"], blocks);
    let told = bridge.cli().messages().remove(0);
    assert_eq!(told[0], json!({"type": "text", "text": "Look: ✓"}));
    let source = json!({"type": "base64", "media_type": "image/png", "data": PNG});
    assert_eq!(told[1], json!({"type": "image", "source": source}));
    let file = told[2]["text"].as_str().unwrap();
    assert!(file.starts_with("<file path=\"src/a.rs\" lines=\"10-10\">\nfn a() {}\n"), "{file}");
    assert_eq!(told[3]["text"], "<file path=\"b.rs\"/>");
}

#[test]
fn a_message_that_cannot_be_sent_changes_nothing() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    for content in [json!(""), json!([]), json!([{"type": "image", "mediaType": "image/png", "data": "?"}]), json!(7)] {
        let refused = bridge.refusal("message/send", json!({"sessionId": session, "content": content}));
        assert_eq!((refused.code, refused.kind()), (-32602, "invalidParams"), "{content}");
    }
    assert_eq!(bridge.messages(&session), [Value::Null; 0]);
    assert_eq!(bridge.session(&session)["title"], "");
}

#[test]
fn messages_are_read_in_pages_from_either_end_while_some_are_added() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    bridge.say(&session, "2");
    let page = |order: &str, cursor: &Value| {
        let mut params = json!({"sessionId": session, "limit": 3, "order": order});
        if !cursor.is_null() {
            params["cursor"] = cursor.clone();
        }
        bridge.request("message/list", params)
    };
    let (oldest, newest) = (page("asc", &Value::Null), page("desc", &Value::Null));
    assert_eq!(texts(&oldest), ["1", "echo: 1", "2"]);
    assert_eq!(texts(&newest), ["echo: 2", "2", "echo: 1"]);
    bridge.say(&session, "3");
    let (newer, older) = (page("asc", &oldest["nextCursor"]), page("desc", &newest["nextCursor"]));
    assert_eq!((texts(&newer), newer.get("nextCursor")), (vec!["echo: 2", "3", "echo: 3"], None));
    assert_eq!((texts(&older), older.get("nextCursor")), (vec!["1"], None));
}

#[test]
fn a_cursor_or_limit_that_is_none_is_refused() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    for (name, value) in [("cursor", json!("no")), ("limit", json!(0)), ("limit", json!(1001)), ("order", json!("up"))]
    {
        let mut params = json!({"sessionId": session});
        params[name] = value;
        assert_eq!(bridge.refusal("message/list", params.clone()).kind(), "invalidParams", "{params}");
    }
}

#[test]
fn messages_are_counted_and_the_first_lends_its_title() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    let count = || bridge.session(&session)["messageCount"].as_u64().unwrap();
    let mut counts = vec![count()];
    for message in ["\n  Fix the Träger  \nplease", "And then?"] {
        bridge.say(&session, message);
        counts.push(count());
    }
    assert_eq!(counts, [0, 2, 4]);
    assert_eq!(bridge.session(&session)["title"], "Fix the Träger");
    assert_eq!(bridge.messages(&session).len(), 4);
}

#[test]
fn each_message_names_its_turn_and_the_event_that_announced_it() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hi");
    let announced: Vec<Value> = said.events_of("message").into_iter().map(|event| event["message"].clone()).collect();
    assert_eq!(bridge.messages(&session), announced);
    for (event, message) in said.events_of("message").into_iter().zip(&announced) {
        assert_eq!((&message["seq"], &message["turnId"]), (&event["seq"], &said.turn["id"]));
    }
    assert_eq!(said.events_of("turnStarted")[0]["messageId"], announced[0]["id"]);
    assert_eq!(said.events_of("textDelta")[0]["itemId"], announced[1]["id"]);
}
