//! `message/search`, over the wire.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

/// The texts of what was found, with what is marked in brackets.
fn marked(result: &Value) -> Vec<String> {
    result["hits"].as_array().unwrap().iter().map(bracketed).collect()
}

fn bracketed(hit: &Value) -> String {
    let units: Vec<u16> = hit["snippet"].as_str().unwrap().encode_utf16().collect();
    let text = |from: usize, to: usize| String::from_utf16(&units[from..to]).unwrap();
    let (mut out, mut at) = (String::new(), 0);
    for range in hit["ranges"].as_array().unwrap() {
        let [start, end] = [0, 1].map(|side: usize| range[side].as_u64().unwrap() as usize);
        out += &format!("{}[{}]", text(at, start), text(start, end));
        at = end;
    }
    out + &text(at, units.len())
}

fn search(bridge: &Bridge, params: Value) -> Value {
    bridge.request("message/search", params)
}

#[test]
fn what_was_said_is_found_as_soon_as_it_was_said() {
    let turn =
        Turn::text("Die Größe ").then("zählt 🎉: parseConfig").call("t1", "Bash", json!({"command": "grep nadel"}));
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn.returns("t1", "nadel im Heu"))]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Wie groß ist 数据库?");
    assert_eq!(marked(&search(&bridge, json!({"query": "groesse OR grösse"}))), ["Die [Größe] zählt 🎉: parseConfig"]);
    assert_eq!(marked(&search(&bridge, json!({"query": "数据"}))), ["Wie groß ist [数据]库?"]);
    assert_eq!(marked(&search(&bridge, json!({"query": "config"}))), ["Die Größe zählt 🎉: parse[Config]"]);
    assert_eq!(
        marked(&search(&bridge, json!({"query": "gro*"}))),
        ["Die [Größe] zählt 🎉: parseConfig", "Wie [groß] ist 数据库?"]
    );
    assert_eq!(marked(&search(&bridge, json!({"query": "gro*", "role": "user"}))), ["Wie [groß] ist 数据库?"]);
    assert_eq!(marked(&search(&bridge, json!({"query": "nadel"}))), [""; 0]);
    let tools = search(&bridge, json!({"query": "nadel", "include": ["tools"], "order": "best"}));
    assert_eq!(marked(&tools), ["[nadel] im Heu", "Bash grep [nadel]"]);
    let hit = &search(&bridge, json!({"query": "数据库"}))["hits"][0];
    assert_eq!(hit["message"], bridge.messages(&session)[0]);
    assert_eq!(hit["session"], json!({"id": session, "title": "Wie groß ist 数据库?"}));
}

#[test]
fn pages_are_stable_while_messages_are_added() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    for number in 0..5 {
        bridge.say(&session, format!("word {number}"));
    }
    for order in ["newest", "best"] {
        let all = marked(&search(&bridge, json!({"query": "word", "order": order})));
        let (mut pages, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let mut params = json!({"query": "word", "order": order, "limit": 3});
            if !cursor.is_null() {
                params["cursor"] = cursor;
            }
            let page = search(&bridge, params);
            pages.extend(marked(&page));
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                break;
            }
            bridge.say(&session, "another word");
        }
        assert_eq!(pages, all, "{order}");
    }
}

#[test]
fn a_search_is_narrowed_by_session_and_by_time() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let (one, other) = (bridge.create_session(), bridge.create_session());
    bridge.say(&one, "word one");
    bridge.say(&other, "word other");
    let found = |params: Value| marked(&search(&bridge, params));
    assert_eq!(found(json!({"query": "word", "sessionId": one})), ["echo: [word] one", "[word] one"]);
    let at = bridge.messages(&other)[0]["createdAt"].clone();
    assert_eq!(found(json!({"query": "word", "since": at})), ["echo: [word] other", "[word] other"]);
    assert_eq!(found(json!({"query": "word", "until": at})), ["echo: [word] one", "[word] one"]);
    bridge.request("session/delete", json!({"sessionId": one}));
    assert_eq!(found(json!({"query": "one"})), [""; 0]);
    let gone = bridge.refusal("message/search", json!({"query": "word", "sessionId": one}));
    assert_eq!(gone.kind(), "sessionNotFound");
}

#[test]
fn what_cannot_be_searched_for_is_refused_with_its_place() {
    let bridge = Bridge::without_cli().start();
    let refused = |params: Value| {
        let error = bridge.refusal("message/search", params);
        (error.code, error.kind().to_owned(), error.data)
    };
    let (code, kind, data) = refused(json!({"query": "🎉 \"open"}));
    assert_eq!((code, kind.as_str(), &data["position"]), (1004, "invalidQuery", &json!(3)));
    assert!(data["hint"].as_str().unwrap().contains("close"), "{data}");
    for query in ["", "-word", "::", "OR", "a OR"] {
        assert_eq!(refused(json!({"query": query})).1, "invalidQuery", "{query}");
    }
    for params in [
        json!({"query": "a", "limit": 0}),
        json!({"query": "a", "limit": 201}),
        json!({"query": "a", "cursor": "?"}),
        json!({"query": "a", "cursor": "MQ", "order": "best"}),
        json!({"query": "a", "order": "worst"}),
        json!({}),
    ] {
        assert_eq!(refused(params.clone()).1, "invalidParams", "{params}");
    }
    for query in ["a* b\" c\"* -(d) AND ^e NEAR(f, 2) {g} : h", "said : a", "\u{0} a", "'; DROP TABLE messages; --"] {
        assert_eq!(search(&bridge, json!({"query": query})), json!({"hits": []}), "{query}");
    }
}

#[test]
fn a_history_from_before_there_was_an_index_is_indexed_while_it_is_used() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    bridge.shutdown();
    bridge.history_file_to_change().forget_index();
    bridge.restart();
    let found = crate::support::wait_for("the index", || {
        let result = search(&bridge, json!({"query": "hello"}));
        result["unindexed"].is_null().then_some(result)
    });
    assert_eq!(marked(&found), ["echo: [Hello]", "[Hello]"]);
}
