//! A conversation that is carried to another machine, and one that is to be gone.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::api::{Api, Reply};
use crate::support::bridge::Bridge;

/// A session in which a tool has found the code.
fn with_the_code(api: &Api) -> (Bridge, String) {
    let bridge = Bridge::with_real_cli(api).workspace_file("notes.txt", "the code is 7319").start();
    let session = bridge.create_session();
    let notes = bridge.folders().workspace.join("notes.txt");
    api.reply_to("Read the notes", Reply::tool("Read", json!({"file_path": notes})));
    bridge.say(&session, "Read the notes");
    (bridge, session)
}

#[test]
fn an_imported_conversation_goes_on_with_its_full_memory_in_another_home() {
    let api = Api::start();
    let (mut first, session) = with_the_code(&api);
    let archive = first.folders().home.join("archive.json");
    first.run(&["sessions", "export", &session, "--output", archive.to_str().unwrap()]).text();
    first.shutdown();
    let mut second = Bridge::with_real_cli(&api).start();
    let workspace = second.folders().workspace.clone();
    let import = ["sessions", "import", archive.to_str().unwrap(), "--json", "--cwd", workspace.to_str().unwrap()];

    assert_eq!(second.run(&import).json()["imported"][0]["outcome"], "imported");
    let said = second.say(&session, "What was the code?");

    assert_eq!(said.text(), "echo: What was the code?");
    let request = api.last_request();
    assert_eq!(request.conversation_texts()[0], "Read the notes");
    assert!(request.mentions("the code is 7319"), "the tool's answer is lost");
    let session = second.session(&session);
    assert_eq!(session["cwd"], workspace.to_str().unwrap());
    second.shutdown();
}

#[test]
fn a_deleted_session_takes_the_clis_own_transcript_along() {
    let api = Api::start();
    let (mut bridge, session) = with_the_code(&api);
    let other = bridge.create_session();
    bridge.say(&other, "Another conversation");
    let projects = bridge.folders().home.join(".claude/projects");
    assert!(mentions(&projects, "7319"), "the CLI keeps no transcript there");

    bridge.request("session/delete", json!({"sessionId": session}));

    assert!(!mentions(&projects, "7319"));
    assert!(mentions(&projects, "Another conversation"));
    bridge.shutdown();
}

/// Whether a file in the folder has the text.
fn mentions(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() { mentions(&path, text) } else { fs::read_to_string(&path).unwrap().contains(text) }
    })
}
