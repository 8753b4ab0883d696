use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn decoded(line: &str) -> Frame {
    decode(line.as_bytes()).unwrap()
}

/// Every frame of every recording, by the recording's name.
fn recordings() -> BTreeMap<String, Vec<Frame>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/frames");
    let recordings = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let frames = std::fs::read(&path).unwrap().split(|byte| *byte == b'\n').filter_map(decode).collect();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), frames)
    });
    recordings.collect()
}

fn recording(name: &str) -> Vec<Frame> {
    recordings().remove(name).unwrap()
}

fn results(frames: &[Frame]) -> Vec<&TurnResult> {
    let results = frames.iter().filter_map(|frame| match frame {
        Frame::Result(result) => Some(result.as_ref()),
        _ => None,
    });
    results.collect()
}

fn questions(frames: &[Frame]) -> Vec<&CanUseTool> {
    let questions = frames.iter().filter_map(|frame| match frame {
        Frame::ControlRequest { request: ControlRequest::CanUseTool(question), .. } => Some(question.as_ref()),
        _ => None,
    });
    questions.collect()
}

#[test]
fn every_recorded_frame_is_read_and_only_these_types_are_unknown() {
    let recordings = recordings();
    let mut unknown = BTreeMap::<String, usize>::new();
    for (name, frame) in recordings.iter().flat_map(|(name, frames)| frames.iter().map(move |frame| (name, frame))) {
        match frame {
            Frame::Unknown { frame_type, .. } => *unknown.entry(frame_type.clone()).or_default() += 1,
            Frame::Malformed { .. } | Frame::Oversize { .. } => panic!("{name}: {frame:?}"),
            _ => {}
        }
    }
    let expected = [("system/task_notification", 1), ("system/task_started", 1), ("system/task_updated", 1)];
    assert_eq!(unknown, expected.map(|(name, count)| (name.to_owned(), count)).into());
    let results: usize = recordings.values().map(|frames| results(frames).len()).sum();
    assert_eq!((recordings.len(), results), (14, 19));
}

#[test]
fn the_deltas_of_a_block_add_up_to_the_finished_block() {
    let frames = recording("compact");
    let mut texts = Vec::new();
    let mut finished = Vec::new();
    for frame in frames {
        match frame {
            Frame::BlockStart { kind: BlockKind::Text, .. } => texts.push(String::new()),
            Frame::TextDelta { text, .. } => texts.last_mut().unwrap().push_str(&text),
            Frame::Assistant(Assistant { blocks, .. }) => finished.extend(blocks.into_iter().filter_map(|block| {
                let Block::Text(text) = block else { return None };
                Some(text)
            })),
            _ => {}
        }
    }
    assert!(!texts.is_empty());
    assert_eq!(texts, finished);
}

#[test]
fn a_turn_begins_with_what_it_runs_with() {
    let frames = recording("editor-tools-sdk-mcp");
    let init = frames.iter().find_map(|frame| match frame {
        Frame::Init(init) => Some(init),
        _ => None,
    });
    let init = init.unwrap();
    assert!(init.provider_session_id.is_some());
    assert_eq!(init.version.as_deref(), Some("2.1.330"));
    assert_eq!(init.api_key_source.as_deref(), Some("ANTHROPIC_API_KEY"));
    assert_eq!(init.permission_mode.as_deref(), Some("default"));
    assert_eq!(init.mcp_servers, [McpServerStatus { name: "editor".into(), status: "connected".into() }]);
    assert!(init.tools.contains(&"Bash".to_owned()) && !init.slash_commands.is_empty());
}

#[test]
fn an_api_failure_is_a_success_that_is_an_error() {
    let frames = recording("api-overloaded");
    let retry = frames.iter().find_map(|frame| match frame {
        Frame::ApiRetry(retry) => Some(retry),
        _ => None,
    });
    let expected = ApiRetry {
        attempt: 1,
        max_retries: 2,
        delay_ms: 597,
        error_status: Some(529),
        error: Some("overloaded".into()),
    };
    assert_eq!(retry, Some(&expected));
    let result = results(&frames)[0];
    assert_eq!((result.subtype.as_str(), result.is_error), ("success", true));
    assert_eq!((result.api_error_status, result.api_error_type.as_deref()), (Some(529), Some("overloaded_error")));
    let synthetic = frames
        .iter()
        .any(|frame| matches!(frame, Frame::Assistant(said) if said.synthetic && said.api_error_status == Some(529)));
    assert!(synthetic);
}

#[test]
fn usage_is_counted_by_turn_and_cost_by_process() {
    let frames = recording("queued-message");
    let tokens = Tokens { input: 12, output: 7, cache_read: 0, cache_write: 0 };
    let [first, second] = results(&frames)[..] else { panic!("two turns") };
    assert_eq!((first.usage, second.usage), (tokens, tokens));
    assert_eq!((first.total_cost_usd, second.total_cost_usd), (0.000_188, 0.000_376));
    let model = second.model_usage["claude-opus-5-5"];
    assert_eq!((model.tokens.input, model.tokens.output, model.cost_usd), (24, 14, 0.000_376));
    let model = second.model_usage_since_last.as_ref().unwrap()["claude-opus-5-5"];
    assert_eq!((model.tokens, model.cost_usd), (tokens, 0.000_188));
}

#[test]
fn a_turn_that_was_cut_short_says_why() {
    let frames = recording("max-turns");
    let result = results(&frames)[0];
    assert_eq!((result.subtype.as_str(), result.terminal_reason.as_deref()), ("error_max_turns", Some("max_turns")));
    assert_eq!(result.errors, ["Reached maximum number of turns (1)"]);
}

#[test]
fn a_background_task_that_ends_begins_a_turn_of_its_own() {
    let frames = recording("subagent");
    let origins: Vec<_> = results(&frames).iter().map(|result| result.origin_kind.as_deref()).collect();
    assert_eq!(origins, [None, Some("task-notification")]);
    let agents = frames.iter().filter(|frame| matches!(frame, Frame::Assistant(said) if said.parent.is_some())).count();
    assert_eq!(agents, 1);
}

#[test]
fn a_question_names_the_tool_and_what_would_answer_it_for_good() {
    let frames = recording("write-allowed");
    let question = questions(&frames)[0];
    assert_eq!((question.tool_name.as_str(), question.requires_user_interaction), ("Write", false));
    assert!(question.input["file_path"].is_string() && question.suggestions.len() == 1);
    assert!(question.tool_use_id.is_some());
    let frames = recording("ask-user-question");
    assert!(questions(&frames)[0].requires_user_interaction);
}

#[test]
fn a_tools_answer_comes_with_its_call_and_its_own_terms() {
    let frames = recording("edit-file");
    let user = frames.iter().find_map(|frame| match frame {
        Frame::User(user) if user.structured.as_ref().is_some_and(|value| value.get("structuredPatch").is_some()) => {
            Some(user)
        }
        _ => None,
    });
    let user = user.unwrap();
    assert_eq!((user.results.len(), user.results[0].is_error, user.replay), (1, false, false));
    assert!(user.results[0].tool_use_id.starts_with("toolu_"));
}

#[test]
fn a_denied_tool_answers_with_an_error() {
    let frames = recording("permission-deny");
    let failed = frames
        .iter()
        .any(|frame| matches!(frame, Frame::User(user) if user.results.iter().any(|result| result.is_error)));
    assert!(failed);
}

#[test]
fn echoes_and_summaries_are_told_from_what_was_said() {
    let frames = recording("compact");
    let users: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::User(user) => Some((user.text.is_some(), user.replay, user.synthetic)),
            _ => None,
        })
        .collect();
    assert_eq!(users, [(true, false, true), (true, true, false)]);
}

#[test]
fn a_text_delta_is_read_whatever_the_order_of_its_fields() {
    let usual = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"a\n✓"}},"parent_tool_use_id":null}"#;
    let other = r#" {"parent_tool_use_id":"p","event":{"delta":{"text":"a\n✓","type":"text_delta"},"index":2,"type":"content_block_delta"},"type":"stream_event"}"#;
    assert_eq!(decoded(usual), Frame::TextDelta { index: 2, text: "a\n✓".into(), parent: None });
    assert_eq!(decoded(other), Frame::TextDelta { index: 2, text: "a\n✓".into(), parent: Some("p".into()) });
}

#[test]
fn a_line_that_gives_its_type_twice_is_of_the_last_one() {
    let line = r#"{"type":"stream_event","event":{"type":"message_stop"},"type":"result"}"#;
    assert_eq!(decoded(line), Frame::Result(Box::default()));
}

#[test]
fn thoughts_are_told_from_texts() {
    let start = r#"{"type":"stream_event","event":{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}}"#;
    let delta = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}}"#;
    assert_eq!(decoded(start), Frame::BlockStart { index: 0, kind: BlockKind::Thinking, parent: None });
    assert_eq!(decoded(delta), Frame::ThinkingDelta { index: 0, text: "hm".into(), parent: None });
}

#[test]
fn parts_that_tell_nothing_new_are_dropped() {
    for line in [
        "",
        " \r",
        r#"{"type":"keep_alive"}"#,
        r#"{"type":"system","subtype":"thinking_tokens","estimated_tokens":4,"estimated_tokens_delta":2}"#,
        r#"{"type":"stream_event","event":{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{"}}}"#,
        r#"{"type":"stream_event","event":{"type":"message_stop"}}"#,
    ] {
        assert_eq!(decode(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_line_that_is_no_frame_spoils_only_itself() {
    for line in
        [&b"Debugger listening"[..], b"{\"type\":", b"42", b"[]", b"{\"text\":\"\xff\"}", b"{\"a\":1} {\"b\":2}"]
    {
        assert!(matches!(decode(line), Some(Frame::Malformed { .. })), "{line:?}");
    }
    let Frame::Malformed { problem, sample } = decoded(&"é".repeat(300)) else { panic!("malformed") };
    assert_eq!((problem.is_empty(), sample), (false, "é".repeat(SAMPLE)));
}

#[test]
fn a_string_that_javascript_cut_in_the_middle_of_a_character_is_read() {
    let result = decoded(r#"{"type":"result","subtype":"success","result":"cut \ud83d"}"#);
    assert!(matches!(result, Frame::Result(result) if result.result == "cut \u{fffd}"));
    let delta = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ude00"}}}"#;
    assert_eq!(decoded(delta), Frame::TextDelta { index: 0, text: "\u{fffd}".into(), parent: None });
}

#[test]
fn frames_of_a_shape_not_seen_before_are_read_as_far_as_they_go() {
    assert_eq!(decoded(r#"{"type":"assistant","message":null}"#), Frame::Assistant(Assistant::take(&mut Map::new())));
    assert_eq!(decoded(r#"{"type":"result","usage":[],"num_turns":"x"}"#), Frame::Result(Box::default()));
    assert_eq!(decoded(r#"{"type":"system","subtype":"init","tools":{}}"#), Frame::Init(Box::default()));
}

#[test]
fn unknown_frames_are_passed_on_untouched() {
    for (line, expected) in [
        (r#"{"type":"system","subtype":"new_thing","z":1,"a":[null]}"#, "system/new_thing"),
        (r#"{"type":"rate_limit_event"}"#, "rate_limit_event"),
        (r#"{"type":"control_request","request":{"subtype":"can_use_tool"}}"#, "control_request"),
        (r#"{"type":"control_response","response":null}"#, "control_response"),
        (r#"{"type":"stream_event","event":null}"#, "stream_event"),
        (r#"{"neither":true}"#, ""),
    ] {
        let Frame::Unknown { frame_type, frame } = decoded(line) else { panic!("{line}") };
        assert_eq!((frame_type.as_str(), frame.to_string().as_str()), (expected, line));
    }
}

#[test]
fn the_control_channel_is_matched_by_id() {
    let response =
        decoded(r#"{"type":"control_response","response":{"subtype":"success","request_id":"r","response":{"a":1}}}"#);
    assert_eq!(response, Frame::ControlResponse { request_id: "r".into(), response: Ok(json!({"a": 1})) });
    let acknowledged = decoded(r#"{"type":"control_response","response":{"subtype":"success","request_id":"r"}}"#);
    assert_eq!(acknowledged, Frame::ControlResponse { request_id: "r".into(), response: Ok(Value::Null) });
    let refused =
        decoded(r#"{"type":"control_response","response":{"subtype":"error","request_id":"r","error":"no"}}"#);
    assert_eq!(refused, Frame::ControlResponse { request_id: "r".into(), response: Err("no".into()) });
    let cancelled = decoded(r#"{"type":"control_cancel_request","request_id":"r"}"#);
    assert_eq!(cancelled, Frame::ControlCancel { request_id: "r".into() });
    let other = decoded(r#"{"type":"control_request","request_id":"r","request":{"subtype":"hook_callback","x":1}}"#);
    let request =
        ControlRequest::Other { subtype: "hook_callback".into(), raw: json!({"subtype": "hook_callback", "x": 1}) };
    assert_eq!(other, Frame::ControlRequest { request_id: "r".into(), request });
}
