//! Sessions that go on from others.

use serde_json::{Value, json};

use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;

fn fork(bridge: &Bridge, session: &str) -> String {
    let forked = bridge.request("session/fork", json!({"sessionId": session}))["session"].take();
    forked["id"].as_str().unwrap().to_owned()
}

fn provider_id(bridge: &Bridge, session: &str) -> Value {
    bridge.session(session)["providerSessionId"].clone()
}

#[test]
fn a_fork_remembers_and_the_original_knows_nothing_of_it() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    let fork = fork(&bridge, &session);
    bridge.say(&fork, "Who am I?");
    let told = ["My name is Ada", "echo: My name is Ada", "Who am I?"];
    assert_eq!(api.last_request().conversation_texts(), told);
    bridge.say(&session, "And now?");
    assert_eq!(api.last_request().conversation_texts(), ["My name is Ada", "echo: My name is Ada", "And now?"]);
    assert_ne!(provider_id(&bridge, &fork), provider_id(&bridge, &session));
    // The fork's own transcript is whole: it goes on without the other one.
    bridge.shutdown();
    bridge.restart();
    bridge.request("session/delete", json!({"sessionId": session}));
    bridge.say(&fork, "Still?");
    let told = ["My name is Ada", "echo: My name is Ada", "Who am I?", "echo: Who am I?", "Still?"];
    assert_eq!(api.last_request().conversation_texts(), told);
    bridge.shutdown();
}

#[test]
fn a_fork_goes_on_from_where_the_original_was_though_that_went_on_since() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "first");
    let fork = fork(&bridge, &session);
    bridge.request("session/close", json!({"sessionId": fork}));
    bridge.say(&session, "second");
    bridge.say(&fork, "another second");
    assert_eq!(api.last_request().conversation_texts(), ["first", "echo: first", "another second"]);
    // It was put where the CLI looks for it, and its copy is whole: it can be put back once more.
    bridge.shutdown();
    std::fs::remove_dir_all(bridge.folders().home.join(".claude/projects")).unwrap();
    bridge.restart();
    bridge.say(&fork, "third");
    let told = ["first", "echo: first", "another second", "echo: another second", "third"];
    assert_eq!(api.last_request().conversation_texts(), told);
    bridge.shutdown();
}

#[test]
fn a_fork_of_a_conversation_that_the_cli_has_lost_remembers() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "My name is Ada");
    bridge.shutdown();
    std::fs::remove_dir_all(bridge.folders().home.join(".claude/projects")).unwrap();
    bridge.restart();
    let fork = fork(&bridge, &session);
    bridge.say(&fork, "Who am I?");
    let told = ["My name is Ada", "echo: My name is Ada", "Who am I?"];
    assert_eq!(api.last_request().conversation_texts(), told);
    bridge.shutdown();
}

#[test]
fn a_session_is_forked_while_it_runs() {
    let api = Api::start();
    let gate = Gate::new();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "first");
    api.reply_to("second", Reply::text("half").wait_for(&gate).then(" of it"));
    let mut second = bridge.start_saying(&session, "second");
    second.until_text("half");
    let fork = fork(&bridge, &session);
    assert_eq!(bridge.say(&fork, "third").text(), "echo: third");
    let told = api.last_request().conversation_texts().concat();
    let places = ["first", "second", "third"].map(|text| told.find(text).unwrap_or_else(|| panic!("{text}: {told}")));
    assert!(places.is_sorted(), "{told}");
    gate.open();
    assert_eq!(second.end().text(), "half of it");
    bridge.say(&session, "fourth");
    assert!(!api.last_request().conversation_texts().concat().contains("third"));
    bridge.shutdown();
}
