//! Sessions that outlive the bridge.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::stored;
use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;
use crate::support::process;

#[test]
fn a_killed_bridge_goes_on_with_the_conversation_after_its_restart() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    let before = bridge.session(&session);

    bridge.kill();
    process::wait_until_gone(before["process"]["pid"].as_u64().unwrap());
    bridge.restart();

    assert_eq!(bridge.session(&session)["state"], "parked");
    bridge.say(&session, "Who am I?");
    assert_eq!(api.last_request().conversation_texts(), ["My name is Ada", "echo: My name is Ada", "Who am I?"]);
    let after = bridge.session(&session);
    assert!(before["providerSessionId"].is_string(), "{before}");
    assert_eq!(after["providerSessionId"], before["providerSessionId"]);
    assert_ne!(after["process"]["pid"], before["process"]["pid"]);
    assert_eq!(bridge.history(&session).len(), 4);
    bridge.shutdown();
}

#[test]
fn a_session_whose_bridge_died_in_a_turn_keeps_what_was_stored_and_goes_on() {
    let api = Api::start();
    let gate = Gate::new();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "first");
    api.reply_to("second", Reply::text("half").wait_for(&gate).then(" of it"));
    let mut second = bridge.start_saying(&session, "second");
    second.until_text("half");
    bridge.wait_until_noted("second");
    let before = bridge.session(&session);

    bridge.kill();
    assert_eq!(stored::turns(&bridge).pop(), Some(("client".to_owned(), None)));
    bridge.restart();

    let stored = ["user: first", "assistant: echo: first", "user: second"];
    assert_eq!(bridge.history(&session), stored);
    assert_eq!(bridge.say(&session, "third").text(), "echo: third");
    let texts = api.last_request().conversation_texts();
    assert_eq!(texts[..3], ["first", "echo: first", "second"], "{texts:?}");
    let after = bridge.session(&session);
    assert_eq!(after["providerSessionId"], before["providerSessionId"]);
    assert!(after["lastSeq"].as_u64() > before["lastSeq"].as_u64());
    bridge.shutdown();
    // The CLI of the bridge that died waits for the rest of its answer.
    gate.open();
    process::wait_until_gone(before["process"]["pid"].as_u64().unwrap());
}

#[test]
fn a_cli_that_dies_in_a_turn_fails_it_and_the_next_message_goes_on() {
    let api = Api::start();
    let gate = Gate::new();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "first");
    api.reply_to("second", Reply::text("half").wait_for(&gate));
    let mut second = bridge.start_saying(&session, "second");
    second.until_text("half");
    bridge.wait_until_noted("second");

    process::kill(bridge.cli_pid(&session));

    let second = second.end();
    assert_eq!((second.stop_reason().as_str(), second.text().as_str()), ("failed", "half"));
    assert_eq!((&second.turn["error"]["kind"], &second.turn["error"]["signal"]), (&json!("cliExited"), &json!(9)));
    assert_eq!(bridge.say(&session, "third").text(), "echo: third");
    let texts = api.last_request().conversation_texts();
    assert_eq!(
        (&texts[..3], texts.last().unwrap().as_str()),
        (&["first", "echo: first", "second"].map(str::to_owned)[..], "third")
    );
    let history = bridge.history(&session);
    assert_eq!(history[2..], ["user: second", "assistant: half", "user: third", "assistant: echo: third"]);
    bridge.shutdown();
}

#[test]
fn what_the_cli_had_not_noted_when_it_was_killed_is_told_again() {
    let api = Api::start();
    let gate = Gate::new();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "first");
    api.reply_to("second", Reply::text("half").wait_for(&gate));
    let mut second = bridge.start_saying(&session, "second");
    second.until_text("half");

    process::kill(bridge.cli_pid(&session));

    assert_eq!(second.end().stop_reason(), "failed");
    assert_eq!(bridge.say(&session, "third").stop_reason(), "completed");
    let told = api.last_request().conversation_texts().concat();
    let places = ["first", "second", "third"].map(|text| told.find(text).unwrap_or_else(|| panic!("{text}: {told}")));
    assert!(places.is_sorted(), "{told}");
    bridge.shutdown();
}

#[test]
fn a_conversation_that_the_cli_has_lost_is_put_back_with_all_that_its_tools_found() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).workspace_file("notes.txt", "the code is 7319").start();
    let session = bridge.create_session();
    let notes = bridge.folders().workspace.join("notes.txt");
    api.reply_to("Read the notes", Reply::tool("Read", json!({"file_path": notes})));
    bridge.say(&session, "Read the notes");
    let before = bridge.session(&session);
    bridge.shutdown();
    fs::remove_dir_all(transcripts(&bridge)).unwrap();
    bridge.restart();

    let said = bridge.say(&session, "What was the code?");

    assert_eq!(said.text(), "echo: What was the code?");
    let request = api.last_request();
    assert_eq!(request.conversation_texts()[0], "Read the notes");
    assert!(request.mentions("the code is 7319"), "the tool's answer is lost");
    assert_eq!(bridge.session(&session)["providerSessionId"], before["providerSessionId"]);
    let events = bridge.history_file().events(&session);
    let notice = events.iter().find(|event| event["kind"] == "notice").unwrap();
    assert!(notice["text"].as_str().unwrap().contains("put back from the copy"), "{notice}");
    bridge.shutdown();
}

#[test]
fn a_transcript_that_the_cli_cannot_use_any_more_is_replaced_by_our_copy() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    bridge.shutdown();
    let transcript = transcript(&bridge);
    fs::write(&transcript, "").unwrap();
    bridge.restart();

    bridge.say(&session, "Who am I?");

    assert_eq!(api.last_request().conversation_texts(), ["My name is Ada", "echo: My name is Ada", "Who am I?"]);
    bridge.shutdown();
}

#[test]
fn a_conversation_of_which_no_transcript_is_left_is_told_again() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    let before = bridge.session(&session);
    bridge.shutdown();
    fs::remove_dir_all(transcripts(&bridge)).unwrap();
    bridge.history_file_to_change().forget_transcripts();
    bridge.restart();

    let said = bridge.say(&session, "Who am I?");

    assert_eq!(said.stop_reason(), "completed");
    let told = api.last_request().conversation_texts().concat();
    let expected = ["User: My name is Ada", "You: echo: My name is Ada", "Who am I?"];
    let places = expected.map(|text| told.find(text).unwrap_or_else(|| panic!("{text} is not in {told}")));
    assert!(places.is_sorted(), "{told}");
    let after = bridge.session(&session);
    assert_ne!(after["providerSessionId"], before["providerSessionId"]);
    assert_eq!(bridge.history(&session)[2], "user: Who am I?");
    let events = bridge.history_file().events(&session);
    let notice = events.iter().find(|event| event["kind"] == "notice").unwrap();
    assert!(notice["text"].as_str().unwrap().contains("2 of 2 messages are told to it again"), "{notice}");
    // From here on it is an ordinary conversation.
    bridge.say(&session, "And now?");
    bridge.shutdown();
    bridge.restart();
    bridge.say(&session, "Still?");
    assert_eq!(bridge.session(&session)["providerSessionId"], after["providerSessionId"]);
    assert_eq!(api.last_request().conversation_texts().concat().matches("My name is Ada").count(), 2);
    bridge.shutdown();
}

/// Where the CLI keeps its conversations: a folder for each folder it works in, a file for each conversation.
fn transcripts(bridge: &Bridge) -> PathBuf {
    bridge.folders().home.join(".claude/projects")
}

/// The one conversation that it has.
fn transcript(bridge: &Bridge) -> PathBuf {
    let folder = fs::read_dir(transcripts(bridge)).unwrap().next().unwrap().unwrap().path();
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "jsonl")).unwrap()
}
