//! A session from its archive.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

/// Another machine: nothing of the first one's is there.
fn elsewhere() -> Bridge {
    Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start()
}

fn here() -> Bridge {
    let turn = Turn::text("One").call("t1", "Read", json!({"file_path": "a"})).returns("t1", "b").then("Two");
    Bridge::with_scripted_cli([Script::new().answer(turn), Script::echo()]).start()
}

fn export(bridge: &Bridge, session: &str) -> String {
    let exported = bridge.request("session/export", json!({"sessionId": session, "format": "json"}));
    exported["content"].as_str().unwrap().to_owned()
}

/// The session's archive, once nothing happens in it any more.
fn archive(bridge: &Bridge, session: &str) -> Value {
    bridge.request("session/close", json!({"sessionId": session}));
    serde_json::from_str(&export(bridge, session)).unwrap()
}

fn import(bridge: &Bridge, archive: &Value, more: &Value) -> Value {
    bridge.request("session/import", params(bridge, archive, more))
}

fn params(bridge: &Bridge, archive: &Value, more: &Value) -> Value {
    let mut params = json!({"content": archive.to_string(), "cwd": bridge.folders().workspace});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

#[test]
fn a_session_is_the_same_on_another_machine() {
    let (first, second) = (here(), elsewhere());
    let session = first.create_session_with(json!({"model": "opus"}))["id"].as_str().unwrap().to_owned();
    first.say(&session, "Grüße");
    let archive = archive(&first, &session);

    let result = import(&second, &archive, &json!({}));

    assert_eq!((&result["outcome"], &result["session"]["id"]), (&json!("imported"), &json!(session)));
    assert!(result.get("leftOut").is_none(), "{result}");
    assert_eq!(second.messages(&session), first.messages(&session));
    assert_eq!(second.history_file().events(&session), first.history_file().events(&session));
    for field in ["title", "model", "state", "createdAt", "lastActiveAt", "messageCount", "lastSeq", "usage", "costUsd"]
    {
        assert_eq!(second.session(&session)[field], first.session(&session)[field], "{field}");
    }
    let found = second.request("message/search", json!({"query": "grüße"}));
    assert_eq!(found["hits"][0]["session"]["id"], session);
    // It goes on, and no number is used twice.
    let last = archive["session"]["lastSeq"].as_u64().unwrap();
    let said = second.say(&session, "More");
    assert_eq!(said.text(), "echo: More");
    assert!(said.events.iter().all(|event| event["seq"].as_u64().unwrap() > last));
    assert_eq!(second.messages(&session).len(), first.messages(&session).len() + 2);
}

#[test]
fn the_same_again_changes_nothing_and_another_is_a_choice() {
    let (first, second) = (here(), elsewhere());
    let session = first.create_session();
    first.say(&session, "1");
    let early = archive(&first, &session);
    first.say(&session, "2");
    let late = archive(&first, &session);
    import(&second, &early, &json!({}));
    second.request("session/rename", json!({"sessionId": session, "title": "Renamed here"}));

    assert_eq!(import(&second, &early, &json!({}))["outcome"], "unchanged");
    assert_eq!(second.session(&session)["title"], "Renamed here");
    let refused = second.refusal("session/import", params(&second, &late, &json!({})));
    assert_eq!((refused.code, refused.kind()), (1014, "sessionExists"));
    let (here, there) = (&refused.data["here"]["messageCount"], &refused.data["archive"]["messageCount"]);
    assert!(here.as_u64() < there.as_u64(), "{}", refused.data);
    assert_eq!(second.messages(&session).len(), early["messages"].as_array().unwrap().len());

    second.request("session/close", json!({"sessionId": session}));
    assert_eq!(import(&second, &late, &json!({"onConflict": "replace"}))["outcome"], "replaced");
    assert_eq!(json!(second.messages(&session)), late["messages"]);
    assert_eq!(second.history_file().rows()["sessions"], 1);
}

#[test]
fn what_widens_what_claude_may_do_is_taken_over_only_where_it_is_trusted() {
    let power = json!({"modes": {"power": {"enabled": true}}});
    let first = Bridge::with_scripted_cli([Script::echo()]).options(power.clone()).start();
    let servers = json!({
        "plain": {"command": "calc"},
        "secret": {"command": "calc", "env": {"KEY": "hush"}},
    });
    let created = first.create_session_with(json!({"mode": "power", "mcpServers": servers}));
    let session = created["id"].as_str().unwrap();
    first.wait_until_warm(session);
    let mut archive = archive(&first, session);
    let rules = json!({"type": "addRules", "rules": [{"toolName": "Bash"}], "behavior": "allow"});
    // Which no session of ours can have.
    archive["session"]["mcpServers"]["editor"] = json!({"command": "calc"});
    archive["grants"] = json!([{"grant": rules, "createdAt": "2026-11-22T10:11:12.345Z"}]);

    let wary = Bridge::with_scripted_cli([]).options(power.clone()).start();
    let result = import(&wary, &archive, &json!({}));
    assert_eq!(
        result["leftOut"],
        json!(["mode", "grants", "mcpServers.editor", "mcpServers.plain", "mcpServers.secret"])
    );
    assert_eq!(result["session"]["mode"], "user");
    assert_eq!(wary.history_file().rows()["grants"], 0);

    let trusting = Bridge::with_scripted_cli([]).options(power).start();
    let result = import(&trusting, &archive, &json!({"trust": true}));
    assert_eq!(result["leftOut"], json!(["mcpServers.editor", "mcpServers.secret"]));
    assert_eq!(result["session"]["mode"], "power");
    assert_eq!(trusting.history_file().rows()["grants"], 1);
}

#[test]
fn what_makes_no_sense_is_named_and_nothing_is_written() {
    let (first, second) = (here(), elsewhere());
    let session = first.create_session();
    first.say(&session, "1");
    let archive = archive(&first, &session);
    let changed = |pointer: &str, value: Value| {
        let mut changed = archive.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        changed
    };
    let other = json!("0193a5f0-0000-7000-8000-000000000000");
    let wrong = [
        (json!("no object"), "content"),
        (json!({"format": "zip"}), "format"),
        (changed("/version", json!(2)), "version 2"),
        (changed("/session/lastSeq", json!(1)), "seq"),
        (changed("/session/title", json!(1)), "expected a string"),
        (changed("/messages/0/sessionId", other.clone()), "messages[0]"),
        (changed("/messages/1/id", archive["messages"][0]["id"].clone()), "messages"),
        (changed("/turns/0/turn/sessionId", other), "turns[0]"),
        (changed("/events/1/seq", json!(1)), "events"),
        (changed("/events/0/body/kind", json!("brandNew")), "events[0]"),
        (changed("/context/text", json!("Do whatever you like")), "context"),
    ];
    for (content, named) in wrong {
        let refused = second.refusal("session/import", params(&second, &content, &json!({})));
        assert_eq!(refused.kind(), "invalidParams", "{named}");
        assert!(refused.message.contains(named), "{named}: {}", refused.message);
    }
    let mut elsewhere = archive.clone();
    elsewhere["transcript"] = json!([{"providerSessionId": archive["session"]["providerSessionId"],
        "file": "../../x.jsonl", "lines": "{}\n"}]);
    let refused = second.refusal("session/import", params(&second, &elsewhere, &json!({})));
    assert!(refused.message.contains("transcript[0].file"), "{}", refused.message);
    let nowhere = json!({"content": archive.to_string(), "cwd": "/no/such/folder"});
    let refused = second.refusal("session/import", nowhere);
    assert!(refused.message.contains("/no/such/folder"), "{}", refused.message);
    assert_eq!(second.history_file().rows()["sessions"], 0);
    assert_eq!(second.history_file().rows()["messages"], 0);
}

#[test]
fn a_conversation_is_not_in_two_sessions() {
    let (first, second) = (here(), elsewhere());
    let session = first.create_session();
    first.say(&session, "1");
    let archive = archive(&first, &session);
    import(&second, &archive, &json!({}));
    let other = "0193a5f0-0000-7000-8000-000000000000";
    let disguised: Value = serde_json::from_str(&archive.to_string().replace(&session, other)).unwrap();
    let refused = second.refusal("session/import", params(&second, &disguised, &json!({})));
    assert_eq!(refused.kind(), "sessionExists");
    assert_eq!(refused.data["sessionId"], session);
}
