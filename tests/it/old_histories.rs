//! Histories as earlier versions wrote them: whatever became of their tables since, all that is in them is there.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::wait_for;

/// A bridge on a copy of the history in this file of `tests/fixtures/history`.
fn on(file: &str) -> Bridge {
    let setup = Bridge::with_scripted_cli([]);
    let data = &setup.folders().data;
    fs::create_dir_all(data).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/history");
    fs::copy(fixtures.join(file), data.join("history.db")).unwrap();
    setup.start()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Title, number of messages and study of each session, the latest first.
fn sessions(bridge: &Bridge) -> (Vec<String>, Vec<Value>) {
    let mut listed = bridge.request("session/list", json!({}));
    let sessions: Vec<Value> = listed["sessions"].as_array_mut().unwrap().drain(..).collect();
    let ids = sessions.iter().map(|session| text(&session["id"]).to_owned()).collect();
    let facts = sessions.iter().map(|session| json!([session["title"], session["messageCount"], session["studyId"]]));
    (ids, facts.collect())
}

/// In which of these sessions something is found, each once, in their order. A history from before there was an index is
/// indexed behind.
fn found_in(bridge: &Bridge, ids: &[String], query: &Value) -> Vec<usize> {
    let found = wait_for("the index", || {
        let found = bridge.request("message/search", query.clone());
        found["unindexed"].is_null().then_some(found)
    });
    let hits = found["hits"].as_array().unwrap();
    let has = |id: &String| hits.iter().any(|hit| hit["session"]["id"] == **id);
    (0..ids.len()).filter(|at| has(&ids[*at])).collect()
}

/// Events of a session up to this one, in their order, and how many there are of these kinds.
fn counted(bridge: &Bridge, session: &str, last: u64, kinds: [&str; 6]) -> [usize; 6] {
    let mut follower = bridge.subscribe(session, 0);
    follower.until_seq(last);
    let events = follower.end();
    assert!(events.is_sorted_by_key(|event| event["seq"].as_u64()));
    kinds.map(|kind| events.iter().filter(|event| event["kind"] == kind).count())
}

/// Of the messages of a session that used a tool, two are told as call and result of the tool.
const TOLD: [&str; 6] =
    ["turnStarted", "message", "toolCall", "toolResult", "permissionRequested", "permissionResolved"];

/// What each of them holds: a conversation about a beam, and one about results. Gives what was said last of the beam.
fn said(bridge: &Bridge, beam: &str, plain: &str) -> String {
    assert_eq!(bridge.session(plain)["usage"]["cacheReadTokens"], 87);
    let plain = bridge.history(plain);
    assert_eq!((plain.len(), plain[0].as_str()), (6, "user: fast think, then read results.csv"));
    let mut beam = bridge.history(beam);
    assert_eq!((beam.len(), beam[0].as_str()), (7, "user: fast hello to the 日本 bracket"));
    assert_eq!(beam[2], "user: fast edit notes.md");
    beam.remove(6)
}

/// Looks at a copy of this history as it is found, and again once this version has written to it.
fn twice(file: &str, look: impl Fn(&Bridge)) {
    let mut bridge = on(file);
    look(&bridge);
    bridge.shutdown();
    bridge.restart();
    look(&bridge);
    bridge.shutdown();
}

#[test]
fn all_that_a_history_of_migration_1_has_is_there_and_stays() {
    twice("0001.db", |bridge| {
        let (ids, facts) = sessions(bridge);
        let expected = [json!(["fast think, then read results.csv", 6, null]), json!(["The beam", 7, null])];
        assert_eq!(facts, expected);
        let [plain, beam] = &ids[..] else { panic!("{ids:?}") };
        assert!(said(bridge, beam, plain).starts_with("assistant: I may not edit `notes.md`, so it stays as it is."));
        assert_eq!(counted(bridge, beam, 163, TOLD), [2, 5, 1, 1, 0, 0]);

        assert_eq!(found_in(bridge, &ids, &json!({"query": "日本"})), [1]);
        assert_eq!(found_in(bridge, &ids, &json!({"query": "notes.md", "include": ["tools"]})), [1]);
        let used = bridge.request("usage/summary", json!({"groupBy": "session"}));
        let costs: Vec<_> = used["rows"].as_array().unwrap().iter().map(|row| (&row["key"], &row["costUsd"])).collect();
        assert_eq!(costs, [(&json!(beam), &json!(0.004_828_799_999_999_999)), (&json!(plain), &json!(0.001_886_8))]);
    });
}

#[test]
fn all_that_a_history_of_migration_5_has_is_there_and_stays() {
    twice("0005.db", |bridge| {
        let (ids, facts) = sessions(bridge);
        let expected = [json!(["fast think, then read results.csv", 6, null]), json!(["The beam", 7, null])];
        assert_eq!(facts, expected);
        let [plain, beam] = &ids[..] else { panic!("{ids:?}") };
        assert!(said(bridge, beam, plain).starts_with("assistant: `notes.md` would now be changed."));
        assert_eq!(counted(bridge, beam, 131, TOLD), [2, 5, 1, 1, 1, 1]);

        assert_eq!(found_in(bridge, &ids, &json!({"query": "日本"})), [1]);
        assert_eq!(found_in(bridge, &ids, &json!({"query": "results.csv", "role": "user"})), [0]);
        let asked = bridge.request("permission/list", json!({}));
        assert_eq!(asked["permissions"], json!([]));
    });
}

#[test]
fn all_that_a_history_of_migration_9_has_is_there_and_stays() {
    twice("0009.db", |bridge| {
        let (ids, facts) = sessions(bridge);
        let expected = [
            json!(["The beam", 7, "beam"]),
            json!(["fast think, then read results.csv", 6, null]),
            json!(["The beam", 7, "beam"]),
        ];
        assert_eq!(facts, expected);
        let [fork, plain, beam] = &ids[..] else { panic!("{ids:?}") };
        assert_eq!(bridge.session(fork)["forkedFrom"], **beam);
        assert!(said(bridge, beam, plain).starts_with("assistant: `notes.md` would now be changed."));
        assert_eq!(bridge.history(fork), bridge.history(beam));
        assert_eq!(counted(bridge, beam, 130, TOLD), [2, 5, 1, 1, 1, 1]);

        // What a fork has from the session it came from is found there.
        assert_eq!(found_in(bridge, &ids, &json!({"query": "日本"})), [2]);
        assert_eq!(found_in(bridge, &ids, &json!({"query": "results.csv"})), [1]);
        assert_eq!(found_in(bridge, &ids, &json!({"query": "notes.md", "studyId": "beam", "include": ["tools"]})), [2]);
        let used = bridge.request("usage/summary", json!({"groupBy": "study"}));
        let costs: Vec<_> = used["rows"].as_array().unwrap().iter().map(|row| (&row["key"], &row["costUsd"])).collect();
        assert_eq!(costs, [(&json!("beam"), &json!(0.004_116_8)), (&json!(""), &json!(0.001_886_8))]);
    });
}
