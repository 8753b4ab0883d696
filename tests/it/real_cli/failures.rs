//! What the API refuses.

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said};

/// How the CLI is told to try again: twice.
fn retries(said: &Said) -> Vec<String> {
    let statuses = said.events_of("status").into_iter().filter(|event| event["status"] == "retrying");
    statuses.map(|event| event["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_request_that_the_api_refuses_fails_the_turn_and_the_session_goes_on() {
    let api = Api::start();
    api.reply(Reply::bad_request("scripted refusal"));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Do it");
    let error = &said.turn["error"];
    assert_eq!((said.stop_reason().as_str(), &error["kind"]), ("failed", &"apiError".into()));
    assert_eq!((&error["httpStatus"], &error["retryable"]), (&400.into(), &false.into()));
    assert!(error["message"].as_str().unwrap().contains("scripted refusal"), "{error}");
    assert_eq!(said.events_of("error")[0]["error"], *error);
    assert_eq!(bridge.session(&session)["state"], "idle");
    assert_eq!(bridge.say(&session, "Go on").text(), "echo: Go on");
    bridge.shutdown();
}

#[test]
fn an_overloaded_api_is_asked_again_and_the_turn_succeeds() {
    let api = Api::start();
    api.reply(Reply::overloaded().times(2));
    api.reply("At last.");
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Please");
    assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("completed", "At last."));
    let retries = retries(&said);
    assert_eq!(retries.len(), 2, "{retries:?}");
    assert!(retries[0].contains("(529): attempt 1 of 2"), "{retries:?}");
    bridge.shutdown();
}

#[test]
fn an_api_that_stays_overloaded_fails_the_turn_as_worth_another_try() {
    let api = Api::start();
    api.reply(Reply::overloaded().times(3));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Please");
    let error = &said.turn["error"];
    assert_eq!((said.stop_reason().as_str(), &error["kind"]), ("failed", &"overloadedApi".into()));
    assert_eq!((&error["httpStatus"], &error["retryable"]), (&529.into(), &true.into()));
    assert_eq!(retries(&said).len(), 2);
    assert_eq!(bridge.say(&session, "Again").text(), "echo: Again");
    bridge.shutdown();
}

#[test]
fn a_credential_that_the_api_does_not_take_is_an_authentication_error() {
    let api = Api::start();
    api.reply(Reply::unauthorized());
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hello");
    let error = &said.turn["error"];
    assert_eq!((said.stop_reason().as_str(), &error["kind"]), ("failed", &"authentication".into()));
    assert_eq!(error["httpStatus"], 401);
    assert!(error["hint"].as_str().unwrap().contains("ANTHROPIC_API_KEY"), "{error}");
    bridge.shutdown();
}
