//! What is said reaches the model, what the model says comes back, and the next turn knows of it.

use serde_json::{Value, json};

use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;

/// A picture of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[test]
fn a_turn_streams_multi_byte_text_and_is_found_in_the_history() {
    let api = Api::start();
    api.reply(Reply::chunks(["Grü", "ße, ", "日本", "語 ✓"]));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Sag etwas");
    assert_eq!(said.streamed_text(), "Grüße, 日本語 ✓");
    assert_eq!(said.text(), "Grüße, 日本語 ✓");
    assert_eq!(bridge.history(&session), ["user: Sag etwas", "assistant: Grüße, 日本語 ✓"]);
    bridge.shutdown();
}

#[test]
fn a_second_turn_remembers_the_first_and_runs_in_the_same_process() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    let first = bridge.session(&session)["process"].clone();
    bridge.say(&session, "Who am I?");
    assert_eq!(api.last_request().conversation_texts(), ["My name is Ada", "echo: My name is Ada", "Who am I?"]);
    assert!(first["pid"].is_u64(), "{first}");
    assert_eq!(bridge.session(&session)["process"], first);
    bridge.shutdown();
}

#[test]
fn messages_to_a_busy_session_run_one_after_the_other_in_order() {
    let api = Api::start();
    let gate = Gate::new();
    api.reply(Reply::text("on").wait_for(&gate).then("e"));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let mut first = bridge.start_saying(&session, "first");
    first.until_text("on");
    let mut second = bridge.start_saying(&session, "second");
    let mut third = bridge.start_saying(&session, "third");
    assert_eq!([second.until("status"), third.until("status")].map(|event| event["status"].clone()), ["queued"; 2]);
    assert_eq!(api.requests().len(), 1);
    gate.open();
    let texts = [first.end().text(), second.end().text(), third.end().text()];
    assert_eq!(texts, ["one", "echo: second", "echo: third"]);
    let expected = [
        "user: first",
        "assistant: one",
        "user: second",
        "assistant: echo: second",
        "user: third",
        "assistant: echo: third",
    ];
    assert_eq!(bridge.history(&session), expected);
    bridge.shutdown();
}

#[test]
fn an_image_and_a_file_reach_the_model() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let range = json!({"start": {"line": 9, "character": 0}, "end": {"line": 11, "character": 1}});
    let content = json!([
        {"type": "text", "text": "What is this?"},
        {"type": "image", "mediaType": "image/png", "data": PIXEL},
        {"type": "file", "path": "src/a.rs", "range": range, "text": "fn a() {\n    b();\n}"},
    ]);
    bridge.say(&session, content.clone());

    let request = api.last_request();
    let said: Vec<&Value> =
        request.messages().iter().filter_map(|message| message["content"].as_array()).flatten().collect();
    let image = said.iter().find(|block| block["type"] == "image").expect("an image block");
    assert_eq!((&image["source"]["type"], &image["source"]["media_type"]), (&json!("base64"), &json!("image/png")));
    assert!(image["source"]["data"].as_str().is_some_and(|data| !data.is_empty()));
    let file = "<file path=\"src/a.rs\" lines=\"10-12\">\nfn a() {\n    b();\n}\n</file>";
    let texts = request.conversation_texts();
    assert!(texts.iter().any(|text| text.trim_end() == file), "{texts:?}");
    assert_eq!(bridge.messages(&session)[0]["content"], content);
    bridge.shutdown();
}

#[test]
fn thoughts_are_streamed_and_stored_apart_from_the_text() {
    let api = Api::start();
    api.reply(Reply::thinking("Let me see…").then("Yes."));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Is it?");
    assert_eq!(said.text(), "Yes.");
    assert_eq!(said.events_of("thinkingDelta")[0]["text"], "Let me see…");
    let messages = bridge.messages(&session);
    assert_eq!(messages[1]["content"], json!([{"type": "thinking", "text": "Let me see…"}]));
    assert_eq!(messages[2]["content"], json!([{"type": "text", "text": "Yes."}]));
    bridge.shutdown();
}

#[test]
fn what_the_model_refuses_ends_as_refused_and_nothing_is_put_into_the_persons_mouth() {
    let api = Api::start();
    // The CLI asks once more, in words of its own.
    api.reply(Reply::text("I cannot").stop("refusal").times(2));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Do harm");
    assert_eq!(said.stop_reason(), "refused");
    assert!(said.text().contains("safeguards"), "{}", said.text());
    assert!(said.turn.get("error").is_none(), "{}", said.turn);
    let history = bridge.history(&session);
    assert_eq!(history[..2], ["user: Do harm", "assistant: I cannot"]);
    assert_eq!(history.iter().filter(|said| said.starts_with("user: ")).count(), 1, "{history:?}");
    assert_eq!(bridge.say(&session, "Do good").stop_reason(), "completed");
    bridge.shutdown();
}

#[test]
fn tokens_are_counted_by_turn_and_by_session_also_after_a_restart() {
    let api = Api::start();
    let usage = |counts: [u64; 4]| {
        let [input, output, read, write] = counts;
        json!({"inputTokens": input, "outputTokens": output, "cacheReadTokens": read, "cacheWriteTokens": write})
    };
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    api.reply(Reply::text("one").usage(100, 10, 1000, 7));
    assert_eq!(bridge.say(&session, "1").turn["usage"], usage([100, 10, 1000, 7]));
    api.reply(Reply::text("two").usage(200, 20, 2000, 0));
    assert_eq!(bridge.say(&session, "2").turn["usage"], usage([200, 20, 2000, 0]));
    bridge.shutdown();
    bridge.restart();
    api.reply(Reply::text("three").usage(300, 30, 3000, 0));
    let third = bridge.say(&session, "3").turn;
    assert_eq!(third["usage"], usage([300, 30, 3000, 0]));
    assert!(third["costUsd"].as_f64().is_some_and(|cost| cost > 0.0), "{third}");
    let session = bridge.session(&session);
    assert_eq!(session["usage"], usage([600, 60, 6000, 7]));
    assert!(session["costUsd"].as_f64() > third["costUsd"].as_f64());
    bridge.shutdown();
}

#[test]
fn a_slash_command_is_a_turn_that_asks_no_model() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "/cost");
    assert_eq!(said.stop_reason(), "completed");
    assert!(said.text().contains("Total duration"), "{}", said.text());
    assert_eq!(api.requests().len(), 0);
    assert_eq!(bridge.say(&session, "and now?").text(), "echo: and now?");
    bridge.shutdown();
}

#[test]
fn control_characters_reach_the_model_as_they_were_sent() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let odd = "a\u{0}b\u{1b}[31mc\u{7f}\u{85}\u{2028}\u{feff}d\r\n\te";
    bridge.say(&session, odd);
    assert_eq!(api.last_request().last_user_text(), odd);
    assert_eq!(bridge.messages(&session)[0]["content"][0]["text"], odd);
    bridge.shutdown();
}

#[test]
fn a_message_of_five_megabytes_fails_in_the_clis_words_and_the_session_goes_on() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "word ".repeat(1 << 20));
    assert_eq!(said.stop_reason(), "failed");
    assert_eq!(said.turn["error"]["kind"], "apiError");
    assert!(said.turn["error"]["message"].as_str().unwrap().contains("too long"), "{}", said.turn["error"]);
    let second = bridge.say(&session, "short");
    assert_eq!((second.stop_reason().as_str(), second.text().as_str()), ("completed", "echo: short"));
    bridge.shutdown();
}
