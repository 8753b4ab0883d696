//! `session/fork`: a session that goes on from another one, which stays as it is.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

fn fork(bridge: &Bridge, session: &str) -> Value {
    bridge.request("session/fork", json!({"sessionId": session}))["session"].take()
}

fn id(session: &Value) -> String {
    session["id"].as_str().unwrap().to_owned()
}

fn hits(bridge: &Bridge, params: Value) -> Vec<Value> {
    let page = bridge.request("message/search", params);
    page["hits"].as_array().unwrap().iter().map(|hit| hit["session"]["id"].clone()).collect()
}

#[test]
fn a_fork_has_the_history_and_goes_on_by_itself() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "One");
    let before = bridge.session(&session);
    let forked = fork(&bridge, &session);
    assert_eq!((&forked["forkedFrom"], &forked["title"]), (&json!(session), &before["title"]));
    assert_eq!((&forked["messageCount"], &forked["costUsd"]), (&before["messageCount"], &json!(0.0)));
    let fork = id(&forked);
    assert_eq!(bridge.history(&fork), ["user: One", "assistant: echo: One"]);
    assert_eq!(bridge.say(&fork, "Two").text(), "echo: Two");
    assert_eq!(bridge.history(&fork).len(), 4);
    assert_eq!(bridge.history(&session), ["user: One", "assistant: echo: One"]);
    let starts = bridge.cli().starts();
    let of = before["providerSessionId"].as_str().unwrap();
    assert_eq!(starts[1].flag("--resume"), Some(of));
    assert!(starts[1].has_flag("--fork-session"), "{:?}", starts[1]);
    assert_eq!(bridge.session(&fork)["providerSessionId"].as_str(), starts[1].flag("--session-id"));
    assert_ne!(bridge.session(&fork)["providerSessionId"].as_str(), Some(of));
}

#[test]
fn what_a_fork_took_along_is_replayed_and_numbered_before_what_it_says() {
    let tools = Turn::text("Look").call("t1", "Read", json!({"file_path": "a.rs"})).returns("t1", "content");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(tools), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "One");
    let fork = id(&fork(&bridge, &session));
    let messages = bridge.messages(&fork);
    let mut subscription = bridge.subscribe(&fork, 0);
    bridge.say(&fork, "Two");
    subscription.until_kind("turnCompleted");
    let events = subscription.end();
    let said: Vec<&Value> = events.iter().filter(|event| event["turnId"] == messages[0]["turnId"]).collect();
    let kinds: Vec<&str> = said.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "message", "toolCall", "toolResult"]);
    let ids = said.iter().map(|event| event["message"]["id"].as_str().or(event["messageId"].as_str()));
    let listed = messages.iter().map(|message| message["id"].as_str());
    assert!(ids.eq(listed), "{said:?} {messages:?}");
    assert!(messages.iter().all(|message| message["sessionId"] == fork.as_str()));
}

#[test]
fn what_was_said_before_a_fork_is_found_once_and_in_the_fork_where_that_is_looked_through() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Zebra");
    let fork = id(&fork(&bridge, &session));
    for order in ["newest", "best"] {
        let all = hits(&bridge, json!({"query": "zebra", "role": "user", "order": order}));
        assert_eq!(all, [json!(session)], "{order}");
        let within = hits(&bridge, json!({"query": "zebra", "role": "user", "order": order, "sessionId": fork}));
        assert_eq!(within, [json!(fork)], "{order}");
    }
    bridge.request("session/delete", json!({"sessionId": session}));
    assert_eq!(hits(&bridge, json!({"query": "zebra", "role": "user"})), [json!(fork)]);
    assert_eq!(bridge.history(&fork), ["user: Zebra", "assistant: echo: Zebra"]);
}

#[test]
fn a_session_that_runs_is_forked_where_it_is() {
    let running = Script::new().answer("Done").answer(Turn::text("Half").hold("more").then(" and half"));
    let bridge = Bridge::with_scripted_cli([running, Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "One");
    let mut saying = bridge.start_saying(&session, "Two");
    saying.until_text("Half");
    let fork = id(&fork(&bridge, &session));
    assert_eq!(bridge.history(&fork), ["user: One", "assistant: Done", "user: Two"]);
    assert_eq!(bridge.say(&fork, "Three").text(), "echo: Three");
    bridge.cli().release("more");
    assert_eq!(saying.end().text(), "Half and half");
    assert_eq!(bridge.history(&session).len(), 4);
}

#[test]
fn a_fork_of_nothing_and_a_title_that_is_none_are_refused() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    let nobody = bridge.refusal("session/fork", json!({"sessionId": uuid::Uuid::now_v7()}));
    assert_eq!(nobody.kind(), "sessionNotFound");
    let untitled = bridge.refusal("session/fork", json!({"sessionId": session, "title": " "}));
    assert_eq!(untitled.kind(), "invalidParams");
    let titled = bridge.request("session/fork", json!({"sessionId": session, "title": "Another way"}));
    assert_eq!(titled["session"]["title"], "Another way");
}
