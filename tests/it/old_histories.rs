//! Histories as earlier versions wrote them: whatever became of their tables since, all that is in them is there.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::bridge::Bridge;

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

/// In which of these sessions something is found, each once, in their order.
fn found_in(bridge: &Bridge, ids: &[String], query: Value) -> Vec<usize> {
    let found = bridge.request("message/search", query);
    let hits = found["hits"].as_array().unwrap();
    let has = |id: &String| hits.iter().any(|hit| hit["session"]["id"] == **id);
    (0..ids.len()).filter(|at| has(&ids[*at])).collect()
}

#[test]
fn all_that_a_history_of_migration_9_has_is_there_and_stays() {
    let mut bridge = on("0009.db");
    for _ in 0..2 {
        let (ids, facts) = sessions(&bridge);
        let expected = [
            json!(["The beam", 7, "beam"]),
            json!(["fast think, then read results.csv", 6, null]),
            json!(["The beam", 7, "beam"]),
        ];
        assert_eq!(facts, expected);
        let [fork, plain, beam] = &ids[..] else { panic!("{ids:?}") };
        assert_eq!(bridge.session(fork)["forkedFrom"], **beam);
        assert_eq!(bridge.session(plain)["usage"]["cacheReadTokens"], 87);

        let said = bridge.history(beam);
        assert_eq!((said.len(), said[0].as_str()), (7, "user: fast hello to the 日本 bracket"));
        assert!(said[6].starts_with("assistant: `notes.md` would now be changed."), "{said:?}");
        assert_eq!(bridge.history(fork), said);
        // Deltas, tools, the permission: in order. Of the seven messages two are told as call and result of the tool.
        let mut follower = bridge.subscribe(beam, 0);
        follower.until_seq(130);
        let events = follower.end();
        let kinds = |kind: &str| events.iter().filter(|event| event["kind"] == kind).count();
        let counted = ["turnStarted", "message", "toolCall", "toolResult", "permissionRequested", "permissionResolved"]
            .map(kinds);
        assert_eq!(counted, [2, 5, 1, 1, 1, 1]);
        assert!(events.is_sorted_by_key(|event| event["seq"].as_u64()));

        // What a fork has from the session it came from is found there.
        assert_eq!(found_in(&bridge, &ids, json!({"query": "日本"})), [2]);
        assert_eq!(found_in(&bridge, &ids, json!({"query": "results.csv"})), [1]);
        assert_eq!(found_in(&bridge, &ids, json!({"query": "notes.md", "studyId": "beam", "include": ["tools"]})), [2]);
        let used = bridge.request("usage/summary", json!({"groupBy": "study"}));
        let costs: Vec<_> = used["rows"].as_array().unwrap().iter().map(|row| (&row["key"], &row["costUsd"])).collect();
        assert_eq!(costs, [(&json!("beam"), &json!(0.004_116_8)), (&json!(""), &json!(0.001_886_8))]);
        bridge.shutdown();
        bridge.restart();
    }
    bridge.shutdown();
}
