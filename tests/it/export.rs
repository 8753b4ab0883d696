//! A session as a document.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, merged};
use crate::support::schema::Schemas;
use crate::support::script::{Script, Turn};

fn export(bridge: &Bridge, session: &str, format: &str) -> (String, String) {
    let result = bridge.request("session/export", json!({"sessionId": session, "format": format}));
    let text = |field: &str| result[field].as_str().unwrap().to_owned();
    (text("content"), text("mediaType"))
}

fn archive(bridge: &Bridge, session: &str) -> Value {
    let (content, media_type) = export(bridge, session, "json");
    assert_eq!(media_type, "application/json");
    serde_json::from_str(&content).unwrap()
}

fn reading() -> Script {
    let turn = Turn::silent()
        .think("Hm")
        .call("t1", "Read", json!({"file_path": "a.rs"}))
        .returns("t1", "fn main() {}\n```".to_owned())
        .emit(json!({"type": "system", "subtype": "task_started", "n": 1.5}))
        .then("It is *empty*.");
    Script::new().answer(turn).answer("Bye")
}

#[test]
fn a_session_is_exported_for_people() {
    let bridge = Bridge::with_scripted_cli([reading()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "What is in a.rs?");
    let (content, media_type) = export(&bridge, &session, "markdown");
    assert_eq!(media_type, "text/markdown; charset=utf-8");
    let parts = [
        "# What is in a.rs?",
        "## User · ",
        "> What is in a.rs?",
        "## Claude · ",
        "<summary>Thoughts</summary>",
        "<summary>Read a.rs</summary>",
        "````text\nfn main() {}\n```\n````",
        "It is *empty*.",
        "## Usage",
    ];
    let places = parts.map(|part| content.find(part).unwrap_or_else(|| panic!("{part}\n{content}")));
    assert!(places.is_sorted(), "{content}");
}

#[test]
fn a_session_is_exported_with_all_that_is_stored_as_the_schema_says() {
    let bridge = Bridge::with_scripted_cli([reading()]).start();
    let servers = json!({"calc": {"command": "calc", "env": {"KEY": "hush"}}});
    let session = bridge.create_session_with(json!({"mcpServers": servers, "model": "opus"}))["id"].take();
    let session = session.as_str().unwrap();
    bridge.say(session, "What is in a.rs?");
    bridge.say(session, "Bye");
    bridge.request("session/close", json!({"sessionId": session}));
    let archive = archive(&bridge, session);
    Schemas::check_document("archive", &archive).unwrap();

    assert_eq!(archive["messages"], json!(bridge.messages(session)));
    let of_events = |event: &Value| {
        let mut event = event.clone();
        let fields = event.as_object_mut().unwrap();
        fields.remove("at");
        if let Some(Value::Object(body)) = fields.remove("body") {
            fields.extend(body);
        }
        if !fields.contains_key("kind") {
            let id = fields.remove("messageId").unwrap();
            let all = archive["messages"].as_array().unwrap();
            let message = all.iter().find(|message| message["id"] == id).unwrap();
            fields.insert("kind".to_owned(), json!("message"));
            fields.insert("message".to_owned(), message.clone());
        }
        event
    };
    let events: Vec<Value> = archive["events"].as_array().unwrap().iter().map(of_events).collect();
    assert_eq!(merged(events), bridge.history_file().events(session));
    let turns = archive["turns"].as_array().unwrap();
    assert_eq!(turns.iter().map(|turn| &turn["turn"]["text"]).collect::<Vec<_>>(), ["It is *empty*.", "Bye"]);
    assert!(turns.iter().all(|turn| turn["endedAt"].is_string()), "{turns:?}");
    let told = &archive["session"];
    assert_eq!((&told["id"], &told["closed"], &told["model"]), (&json!(session), &json!(true), &json!("opus")));
    assert!(archive["context"]["text"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(told["mcpServers"]["calc"], json!({"command": "calc", "env": {"KEY": ""}}));
    assert!(!archive.to_string().contains("hush"));
}

#[test]
fn what_is_not_there_and_forms_that_are_not_known_are_refused() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    let nobody = json!({"sessionId": "0193a5f0-0000-7000-8000-000000000000", "format": "json"});
    assert_eq!(bridge.refusal("session/export", nobody).kind(), "sessionNotFound");
    let refused = bridge.refusal("session/export", json!({"sessionId": session, "format": "pdf"}));
    assert_eq!(refused.kind(), "invalidParams");
    assert!(refused.message.contains("format"), "{}", refused.message);
}
