//! Events: what each frame of the CLI's becomes, in which order, and what does not stop the stream.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Said};
use crate::support::script::{Script, Turn};

/// A bridge whose CLI plays one script, and a session in it.
fn playing(script: Script) -> (Bridge, String) {
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    (bridge, session)
}

/// What one turn comes to.
fn said(turn: impl Into<Turn>) -> Said {
    let (bridge, session) = playing(Script::new().answer(turn));
    bridge.say(&session, "Hi")
}

fn fields(events: &[&Value], name: &str) -> Vec<String> {
    events.iter().map(|event| event[name].as_str().unwrap_or_default().to_owned()).collect()
}

fn message_texts(said: &Said) -> Vec<String> {
    let contents = said.events_of("message").into_iter().map(|event| &event["message"]["content"][0]["text"]);
    contents.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A frame of the conversation's, or of the agent's that this tool call started.
fn frame(frame_type: &str, role: &str, content: &Value, parent: Option<&str>) -> Value {
    let message = json!({"id": "msg_x", "role": role, "model": "claude-opus-5-5", "content": content});
    json!({"type": frame_type, "message": message, "parent_tool_use_id": parent, "session_id": "$session_id"})
}

fn delta(text: &str) -> String {
    let delta = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    format!("{}\n", json!({"type": "stream_event", "event": delta, "parent_tool_use_id": null}))
}

#[test]
fn a_turn_begins_streams_is_told_whole_and_ends() {
    let said = said(["Grü", "ße ✓"]);
    let kinds =
        ["turnStarted", "message", "sessionChanged", "status", "textDelta", "message", "usage", "turnCompleted"];
    assert_eq!(said.kinds(), kinds);
    assert_eq!(fields(&said.events_of("textDelta"), "text"), ["Grü", "ße ✓"]);
    assert_eq!(message_texts(&said), ["Hi", "Grüße ✓"]);
    assert_eq!(said.events_of("turnStarted")[0]["origin"], "client");
    assert!(said.events.iter().all(|event| event["turnId"] == said.turn["id"] || event["kind"] == "sessionChanged"));
}

#[test]
fn a_turn_costs_what_the_clis_total_rose_by_and_the_session_their_sum() {
    let (bridge, session) = playing(Script::new().answer("1").answer("2"));
    for _ in 0..2 {
        let said = bridge.say(&session, "Hi");
        assert_eq!((&said.turn["usage"]["inputTokens"], &said.turn["usage"]["outputTokens"]), (&json!(12), &json!(7)));
        assert!((said.turn["costUsd"].as_f64().unwrap() - 0.000_188).abs() < 1e-9, "{}", said.turn["costUsd"]);
        assert_eq!(said.events_of("usage")[0]["usage"], said.turn["usage"]);
    }
    let session = bridge.session(&session);
    assert_eq!(session["usage"]["inputTokens"], 24);
    assert!((session["costUsd"].as_f64().unwrap() - 0.000_376).abs() < 1e-9, "{}", session["costUsd"]);
}

#[test]
fn a_thought_is_told_apart_from_the_text() {
    let (bridge, session) = playing(Script::new().answer(Turn::silent().think("Hm. ").think("So:").then("Yes.")));
    let said = bridge.say(&session, "Hi");
    assert_eq!(fields(&said.events_of("thinkingDelta"), "text"), ["Hm. ", "So:"]);
    assert_eq!((said.streamed_text().as_str(), said.text().as_str()), ("Yes.", "Yes."));
    let messages = bridge.messages(&session);
    assert_eq!(messages[1]["content"], json!([{"type": "thinking", "text": "Hm. So:"}]));
    assert_eq!(messages[2]["content"], json!([{"type": "text", "text": "Yes."}]));
    assert_eq!(said.events_of("thinkingDelta")[0]["itemId"], messages[1]["id"]);
}

#[test]
fn a_tool_is_called_and_answers() {
    let input = json!({"file_path": "src/a.rs"});
    let turn = Turn::text("Let me look.").call("t1", "Read", input.clone()).returns("t1", "fn a() {}").then("Done.");
    let (bridge, session) = playing(Script::new().answer(turn));
    let said = bridge.say(&session, "Look");
    let call = said.events_of("toolCall")[0];
    assert_eq!((&call["name"], &call["title"], &call["input"]), (&json!("Read"), &json!("Read src/a.rs"), &input));
    let result = said.events_of("toolResult")[0];
    assert_eq!((&result["toolUseId"], &result["isError"]), (&json!("t1"), &json!(false)));
    assert_eq!((&result["content"], result.get("truncatedBytes")), (&json!("fn a() {}"), None));
    assert_eq!(said.turn["toolCalls"], json!([{"toolUseId": "t1", "name": "Read", "isError": false}]));
    assert_eq!(said.text(), "Done.");
    let messages = bridge.messages(&session);
    let stored = [&messages[2]["content"][0], &messages[3]["content"][0]];
    assert_eq!(*stored[0], json!({"type": "toolUse", "toolUseId": "t1", "name": "Read", "input": input}));
    assert_eq!(stored[1]["content"], "fn a() {}");
    assert_eq!([&call["messageId"], &result["messageId"]], [&messages[2]["id"], &messages[3]["id"]]);
}

#[test]
fn a_tool_that_fails_is_told_as_such() {
    let said = said(Turn::silent().call("t1", "Bash", json!({"command": "false"})).fails("t1", "exit 1").then("Oh."));
    assert_eq!(said.events_of("toolResult")[0]["isError"], true);
    assert_eq!(said.turn["toolCalls"][0]["isError"], true);
}

#[test]
fn a_long_tool_result_is_cut_in_its_event_and_whole_in_the_list() {
    let long = "ü".repeat(100_000);
    let turn = Turn::silent().call("t1", "Read", json!({})).returns("t1", long.as_str()).then("Done.");
    let (bridge, session) = playing(Script::new().answer(turn));
    let said = bridge.say(&session, "Read it");
    let result = said.events_of("toolResult")[0];
    let (shown, cut) = (result["content"].as_str().unwrap(), result["truncatedBytes"].as_u64().unwrap());
    assert!(shown.len() <= 64 * 1024 && long.starts_with(shown), "{} bytes are shown", shown.len());
    assert_eq!(shown.len() as u64 + cut, long.len() as u64);
    assert_eq!(bridge.messages(&session)[2]["content"][0]["content"], long);
}

#[test]
fn what_an_agent_says_and_does_carries_the_call_that_started_it() {
    let agent = Some("task1");
    let grep = json!([{"type": "tool_use", "id": "t2", "name": "Grep", "input": {"pattern": "x"}}]);
    let found = json!([{"type": "tool_result", "tool_use_id": "t2", "content": "2 lines"}]);
    let turn = Turn::silent()
        .call("task1", "Task", json!({"description": "Look around"}))
        .emit(frame("user", "user", &json!([{"type": "text", "text": "Find x"}]), agent))
        .emit(frame("assistant", "assistant", &grep, agent))
        .emit(frame("user", "user", &found, agent))
        .emit(frame("assistant", "assistant", &json!([{"type": "text", "text": "Found"}]), agent))
        .returns("task1", "Found")
        .then("There are two.");
    let (bridge, session) = playing(Script::new().answer(turn));
    let said = bridge.say(&session, "How many?");
    let of_agent: Vec<&Value> = said.events.iter().filter(|event| event["parentToolUseId"] == "task1").collect();
    assert_eq!(fields(&of_agent, "kind"), ["message", "toolCall", "toolResult", "message"]);
    assert_eq!(said.text(), "There are two.");
    // The turn's own calls, not those of its agents.
    assert_eq!(said.turn["toolCalls"], json!([{"toolUseId": "task1", "name": "Task", "isError": false}]));
    let marked = bridge.messages(&session).into_iter().filter(|message| message["parentToolUseId"] == "task1");
    assert_eq!(marked.count(), 4);
}

#[test]
fn what_the_cli_waits_for_is_told() {
    let retry = json!({"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 10,
        "retry_delay_ms": 1500, "error_status": 529, "error": "overloaded_error"});
    let compacting = json!({"type": "system", "subtype": "status", "status": "compacting"});
    let said = said(Turn::silent().emit(retry).emit(compacting).then("Done"));
    let statuses = said.events_of("status");
    assert_eq!(fields(&statuses, "status"), ["requesting", "retrying", "compacting"]);
    let detail = statuses[1]["detail"].as_str().unwrap();
    assert_eq!(detail, "overloaded_error (529): attempt 1 of 10 in 1.5 s");
}

#[test]
fn a_frame_of_an_unknown_type_passes_untouched() {
    let strange = json!({"type": "system", "subtype": "task_started", "deep": {"b": [1, null, "ü"], "a": 1.5}});
    let newer = json!({"type": "rate_limit_event", "rate_limit_info": {"status": "allowed"}});
    let said = said(Turn::text("Hel").emit(strange.clone()).emit(newer.clone()).then("lo"));
    let unknown = said.events_of("unknown");
    assert_eq!(fields(&unknown, "type"), ["system/task_started", "rate_limit_event"]);
    assert_eq!([&unknown[0]["frame"], &unknown[1]["frame"]], [&strange, &newer]);
    assert_eq!(said.text(), "Hello");
}

#[test]
fn a_line_that_is_no_frame_is_skipped_with_a_notice() {
    let lines: [&[u8]; 3] = [b"Debugger listening\n", b"{\"type\":\"user\"\n", b"\xff\xfe{}\n"];
    let turn = lines.into_iter().fold(Turn::text("Hel"), Turn::emit_bytes);
    let said = said(turn.then("lo"));
    let notices = said.events_of("notice");
    assert_eq!(fields(&notices, "level"), ["warning"; 3]);
    assert!(notices[0]["text"].as_str().unwrap().contains("Debugger listening"), "{}", notices[0]);
    assert_eq!(said.text(), "Hello");
}

#[test]
fn an_empty_line_means_nothing() {
    let said = said(Turn::text("Hel").emit_bytes(b"\n\r\n  \n").then("lo"));
    assert_eq!((said.events_of("notice").len(), said.text().as_str()), (0, "Hello"));
}

#[test]
fn a_line_past_the_limit_is_skipped_with_a_notice_and_the_session_goes_on() {
    let script = Script::new().answer(Turn::text("Hel").emit_repeated("x", 300_000).emit_bytes(b"\n").then("lo"));
    let setup = Bridge::with_scripted_cli([script.answer("Next")]);
    let bridge = setup.config("[cli]\nmax_line_bytes = 100000\n").start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hi");
    let notices = said.events_of("notice");
    assert_eq!((notices.len(), &notices[0]["level"]), (1, &json!("error")));
    let text = notices[0]["text"].as_str().unwrap();
    assert!(text.contains("300000 bytes") && text.contains("cli.max_line_bytes"), "{text}");
    assert_eq!(said.text(), "Hello");
    assert_eq!(bridge.say(&session, "Hi").text(), "Next");
}

#[test]
fn a_line_of_a_megabyte_is_no_problem() {
    let long = "x".repeat(3 << 20);
    let said =
        said(Turn::text("First").emit(frame("assistant", "assistant", &json!([{"type": "text", "text": long}]), None)));
    assert_eq!(message_texts(&said)[1].len(), long.len());
}

#[test]
fn a_character_that_is_split_between_two_writes_arrives_whole() {
    let line = delta("日本語 ✓");
    // Within the first character, which has three bytes.
    let cut = line.find('日').unwrap() + 1;
    let mut first_write = delta("Sag: ").into_bytes();
    first_write.extend(&line.as_bytes()[..cut]);
    let turn = Turn::silent().emit_bytes(&first_write).hold("rest").emit_bytes(&line.as_bytes()[cut..]);
    let (bridge, session) = playing(Script::new().answer(turn));
    let mut saying = bridge.start_saying(&session, "Hi");
    // The delta came with the first half in one write, so that half has been read by now.
    saying.until_text("Sag: ");
    bridge.cli().release("rest");
    saying.until_text("Sag: 日本語 ✓");
    assert_eq!(saying.end().text(), "Sag: 日本語 ✓");
}

#[test]
fn a_cli_that_floods_its_stderr_is_not_held_up() {
    let said = said(Turn::text("Hel").stderr_repeated("a line of noise\n", 1 << 16).then("lo"));
    assert_eq!(said.text(), "Hello");
}

#[test]
fn text_that_no_delta_announced_is_told_all_the_same() {
    let told = frame("assistant", "assistant", &json!([{"type": "text", "text": "At once"}]), None);
    let said = said(Turn::silent().emit(told));
    assert_eq!((message_texts(&said)[1].as_str(), said.text().as_str()), ("At once", "At once"));
}

#[test]
fn a_turn_that_nobody_asked_for_is_kept_as_a_background_turn() {
    let (bridge, session) = playing(Script::new().answer("Started").unasked("The build is done").answer("Next"));
    bridge.say(&session, "Build it");
    bridge.wait_for_session(&session, "at rest after two turns", |session| {
        session["messageCount"] == 3 && session["state"] == "idle"
    });
    let next = bridge.say(&session, "Go on");
    assert_eq!(next.text(), "Next");
    let history = ["user: Build it", "assistant: Started", "assistant: The build is done"];
    assert_eq!(bridge.history(&session)[..3], history);
    let events = bridge.history_file().events(&session);
    let started = events.iter().filter(|event| event["kind"] == "turnStarted");
    let origins: Vec<&str> = started.map(|event| event["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["client", "background", "client"]);
}

#[test]
fn what_straggles_in_after_a_turn_belongs_to_it_and_begins_none() {
    let late = frame("assistant", "assistant", &json!([{"type": "text", "text": "Late"}]), Some("task1"));
    let (bridge, session) = playing(Script::new().answer("One").emit(late).answer("Two"));
    let first = bridge.say(&session, "1");
    bridge.wait_for_session(&session, "told what came late", |session| session["messageCount"] == 3);
    assert_eq!(bridge.session(&session)["state"], "idle");
    let second = bridge.say(&session, "2");
    assert_eq!((second.text().as_str(), message_texts(&second)), ("Two", vec!["2".to_owned(), "Two".to_owned()]));
    let messages = bridge.messages(&session);
    assert_eq!((&messages[2]["content"][0]["text"], &messages[2]["turnId"]), (&json!("Late"), &first.turn["id"]));
}

#[test]
fn a_delta_without_a_turn_is_dropped() {
    let (bridge, session) = playing(Script::new().answer("One").emit_text(&delta("stray")).answer("Two"));
    bridge.say(&session, "1");
    let said = bridge.say(&session, "2");
    assert_eq!((said.streamed_text().as_str(), said.text().as_str()), ("Two", "Two"));
}

#[test]
fn a_turn_that_the_cli_ends_with_an_error_has_failed_and_the_session_goes_on() {
    let failed = json!({"is_error": true, "result": "API Error: 529 Overloaded", "api_error_status": 529});
    let (bridge, session) = playing(Script::new().answer(Turn::silent().result(failed)).answer("Fine"));
    let said = bridge.say(&session, "Hi");
    let error = &said.turn["error"];
    assert_eq!((said.stop_reason().as_str(), &error["kind"]), ("failed", &json!("overloadedApi")));
    assert_eq!((&error["retryable"], &error["httpStatus"]), (&json!(true), &json!(529)));
    assert_eq!(said.events_of("error")[0]["error"], *error);
    assert_eq!(bridge.say(&session, "Again").text(), "Fine");
    assert_eq!(bridge.cli().starts().len(), 1);
}

#[test]
fn a_turn_ends_for_the_reason_that_the_cli_gives() {
    let ends = [
        (json!({"subtype": "error_max_turns", "is_error": true}), "maxTurns", Value::Null),
        (json!({"stop_reason": "refusal"}), "refused", Value::Null),
        (json!({"subtype": "error_max_budget_usd", "is_error": true}), "failed", json!("budgetExceeded")),
        (json!({"is_error": true, "api_error_status": 401}), "failed", json!("authentication")),
        (json!({"is_error": true, "result": "API Error: 400"}), "failed", json!("apiError")),
    ];
    let script =
        ends.iter().fold(Script::new(), |script, (end, ..)| script.answer(Turn::text("…").result(end.clone())));
    let (bridge, session) = playing(script);
    for (end, reason, kind) in ends {
        let said = bridge.say(&session, "Hi");
        assert_eq!((said.stop_reason().as_str(), &said.turn["error"]["kind"]), (reason, &kind), "{end}");
    }
}
