//! `claude-bridge sessions`: the history as a person deals with it, also while a bridge runs on it.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

/// A word that is nowhere else.
const MARK: &str = "zebrafinkmarkierung";

fn echo() -> Bridge {
    Bridge::with_scripted_cli([Script::echo(), Script::echo(), Script::echo()]).start()
}

#[test]
fn sessions_are_listed_and_shown_by_the_beginning_of_their_ids() {
    let bridge = echo();
    let session = bridge.create_session_with(json!({"title": "First"}))["id"].as_str().unwrap().to_owned();
    bridge.say(&session, "Hello **there**");
    let listed = bridge.run(&["sessions", "list", "--json"]).json();
    assert_eq!(listed["sessions"][0]["id"], session);
    assert_eq!(listed["sessions"][0]["heldBy"]["pid"], bridge.pid());
    let listed = bridge.run(&["sessions", "list"]).text();
    let cells: Vec<&str> = listed.trim_end().split('\t').collect();
    assert_eq!((cells[0], cells[2], cells[3], cells[5]), (session.as_str(), "in use", "2", "First"));
    assert_eq!(bridge.run(&["sessions", "list", "nothing like it"]).text(), "");

    let shown = bridge.run(&["sessions", "show", &session[..20]]).text();
    assert!(shown.contains("Hello there") && shown.contains("echo: Hello there"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let shown = bridge.run(&["sessions", "show", &session.to_uppercase().replace('-', ""), "--json"]).json();
    assert_eq!(shown["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn an_id_that_is_not_clear_is_refused() {
    let bridge = echo();
    let sessions = [bridge.create_session(), bridge.create_session()];
    let ambiguous = bridge.run(&["sessions", "show", "0"]);
    assert_eq!(ambiguous.code(), 1);
    assert!(sessions.iter().all(|id| ambiguous.complaint().contains(id.as_str())), "{}", ambiguous.complaint());
    for (id, complaint) in [("ffff", "no session has an id"), ("../x", "is no id of a session")] {
        let refused = bridge.run(&["sessions", "show", id]);
        assert!(refused.code() == 1 && refused.complaint().contains(complaint), "{}", refused.complaint());
    }
}

#[test]
fn a_session_is_exported_to_a_file_of_ones_own_and_imported_again() {
    let bridge = echo();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    bridge.request("session/close", json!({"sessionId": session}));
    assert!(bridge.run(&["sessions", "export", &session]).text().contains("> Hello"));
    let file = bridge.folders().home.join("session.json");
    let name = file.to_str().unwrap();
    let export = ["sessions", "export", session.as_str(), "-o", name];
    bridge.run(&export).text();
    let again = bridge.run(&export);
    assert!(again.code() == 1 && again.complaint().contains("--force"), "{}", again.complaint());

    assert!(bridge.run(&["sessions", "import", name]).text().contains("unchanged"));
    bridge.run(&["sessions", "delete", &session]).text();
    assert_eq!(bridge.refusal("session/get", json!({"sessionId": session})).kind(), "sessionNotFound");
    assert!(bridge.run(&["sessions", "import", name]).text().starts_with("Imported"));
    assert_eq!(bridge.history(&session), ["user: Hello", "assistant: echo: Hello"]);

    let refused = bridge.run(&["sessions", "import", name, "--cwd", "/no/such/folder"]);
    assert!(refused.code() == 1 && refused.complaint().contains("/no/such/folder"), "{}", refused.complaint());
    fs::write(&file, "{}").unwrap();
    let refused = bridge.run(&["sessions", "import", name]);
    assert!(refused.complaint().contains("session.json: it is no session"), "{}", refused.complaint());
}

#[test]
fn what_a_bridge_has_in_its_hands_is_left_to_it() {
    let bridge = echo();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    let refused = bridge.run(&["sessions", "delete", &session]);
    assert_eq!(refused.code(), 1);
    assert!(refused.complaint().contains(&format!("pid {}", bridge.pid())), "{}", refused.complaint());
    assert_eq!(bridge.say(&session, "Still there").text(), "echo: Still there");
}

#[test]
fn nothing_is_left_in_the_files_of_what_was_purged_also_while_a_bridge_runs() {
    let marked = Turn::text(MARK)
        .think(MARK)
        .call("t1", "Read", json!({"file_path": MARK}))
        .returns("t1", MARK.repeat(3000))
        .then(MARK);
    let bridge = Bridge::with_scripted_cli([Script::new().answer(marked), Script::echo()]).start();
    let session = bridge.create_session_with(json!({"title": MARK}))["id"].as_str().unwrap().to_owned();
    bridge.say(&session, MARK);
    bridge.request("session/close", json!({"sessionId": session}));
    let other = bridge.create_session();
    bridge.say(&other, "kept");
    assert!(mentions(&bridge.folders().data, MARK));

    let purged = bridge.run(&["sessions", "purge", &session, "--json"]).json();

    assert_eq!(
        (&purged["deleted"], &purged["kept"], &purged["logStays"]),
        (&json!([session]), &json!([]), &json!(false))
    );
    assert!(purged["bytesAfter"].as_u64() < purged["bytesBefore"].as_u64(), "{purged}");
    assert!(!mentions(&bridge.folders().data, MARK));
    assert_eq!(bridge.say(&other, "and found").text(), "echo: and found");
    assert_eq!(bridge.request("message/search", json!({"query": "found"}))["hits"].as_array().unwrap().len(), 2);
}

/// What is of no session alone is named, and goes with all of them.
#[test]
fn purging_a_session_says_where_more_may_be_and_purging_all_leaves_nothing() {
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("bridge.log");
    let config = format!("[log]\nlevel = \"trace\"\ncontent = true\nfile = {log:?}");
    let bridge = Bridge::with_scripted_cli([Script::echo()]).config(&config).start();
    let data = &bridge.folders().data;
    let session = bridge.create_session();
    bridge.say(&session, MARK);
    bridge.request("session/close", json!({"sessionId": session}));
    let files = ["chat-history", "history.damaged-2026-01-01.db", "history.damaged-2026-01-01.db-wal"];
    for file in files {
        fs::write(data.join(file), MARK).unwrap();
    }
    fs::write(logs.path().join("bridge.log.1"), MARK).unwrap();
    assert!(mentions(data, MARK) && fs::read_to_string(&log).unwrap().contains(MARK));

    let told = bridge.run(&["sessions", "purge", &session, "-y"]).text();

    assert!(files.iter().chain(&["bridge.log (", "bridge.log.1 ("]).all(|file| told.contains(file)), "{told}");
    assert!(told.starts_with("Deleted 1 session;") && data.join("chat-history").exists(), "{told}");
    let purged = bridge.run(&["sessions", "purge", "--all", "-y", "--json"]).json();
    assert_eq!((purged["removedFiles"].as_array().unwrap().len(), &purged["leftFiles"]), (5, &json!([])), "{purged}");
    assert!(!mentions(data, MARK) && !mentions(logs.path(), MARK));
    // Whoever has the log open goes on with it.
    bridge.create_session();
    assert!(fs::metadata(&log).unwrap().len() > 0);
}

#[test]
fn the_built_in_agents_notes_go_with_their_session() {
    let bridge = Bridge::without_cli().arg("--demo").start();
    let session = bridge.create_session();
    bridge.say(&session, MARK);
    bridge.wait_for_session(&session, "the agent's notes", |_| mentions(&bridge.folders().data.join("demo"), MARK));
    bridge.request("session/delete", json!({"sessionId": session}));
    assert!(!mentions(&bridge.folders().data.join("demo"), MARK));
}

#[test]
fn sessions_go_when_they_are_older_than_they_are_kept_and_never_by_themselves() {
    let mut bridge = echo();
    let (old, new) = (bridge.create_session(), bridge.create_session());
    bridge.say(&old, "Hello");
    bridge.say(&new, "Hello");
    bridge.shutdown();
    bridge.history_file_to_change().make_older(&old, 31);
    bridge.restart();
    // The rounds are made at the start; this one removes nothing.
    bridge.say(&new, "Still there");
    assert_eq!(bridge.session(&old)["state"], "closed");
    bridge.shutdown();
    bridge.restart_with(json!({"store": {"retentionDays": 30}}));
    wait_for("the end of the old session", || (bridge.session_ids() == [new.as_str()]).then_some(()));
    assert_eq!(bridge.history_file().rows()["turns"], 2);
}

/// Whether a file in the folder has the text.
fn mentions(folder: &Path, text: &str) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let has = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    entries
        .map(|entry| entry.unwrap().path())
        .any(|path| if path.is_dir() { mentions(&path, text) } else { path.is_file() && has(&path) })
}
