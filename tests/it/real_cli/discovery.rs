//! A CLI that is not there, or not fit.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::api::Api;
use crate::support::bridge::Bridge;
use crate::support::real_cli;

/// The error that the first message gets, which the session tells too.
fn first_error(bridge: &Bridge, session: &str) -> Value {
    let error = bridge.refusal("message/send", json!({"sessionId": session, "content": "Hello"}));
    let failed = bridge.session(session);
    assert_eq!((&failed["state"], &failed["error"]["kind"]), (&json!("failed"), &error.data["kind"]));
    error.data
}

#[test]
fn a_cli_that_is_not_there_is_told_at_the_first_message_and_found_once_it_is() {
    let api = Api::start();
    let setup = Bridge::with_real_cli(&api);
    let path = setup.folders().home.join("bin/claude");
    let mut bridge = setup.env("CLAUDE_BRIDGE_CLI", &path.to_string_lossy()).start();
    let session = bridge.create_session();

    let error = first_error(&bridge, &session);
    assert_eq!(error["kind"], "cliNotFound");
    assert_eq!(error["searched"], json!([path]));
    assert!(error["hint"].as_str().unwrap().contains("CLAUDE_BRIDGE_CLI"), "{error}");

    fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(real_cli::path(), &path).unwrap();
    assert_eq!(bridge.say(&session, "Hello?").text(), "echo: Hello?");
    assert_eq!(bridge.session(&session)["state"], "idle");
    bridge.shutdown();
}

#[test]
fn a_machine_without_a_cli_is_told_every_place_that_was_searched() {
    let mut bridge = Bridge::without_cli().start();
    let session = bridge.create_session();
    let error = first_error(&bridge, &session);
    assert_eq!(error["kind"], "cliNotFound");
    let in_home = bridge.folders().home.join(".local/bin/claude");
    assert!(error["searched"].as_array().unwrap().contains(&json!(in_home)), "{error}");
    bridge.shutdown();
}

#[test]
fn a_cli_that_is_too_old_is_told_with_what_was_found_and_what_is_needed() {
    let api = Api::start();
    let setup = Bridge::with_real_cli(&api).workspace_file("bin/claude", "#!/bin/sh\necho '2.0.1 (Claude Code)'\n");
    let path = setup.folders().workspace.join("bin/claude");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let mut bridge = setup.env("CLAUDE_BRIDGE_CLI", &path.to_string_lossy()).start();
    let session = bridge.create_session();
    let error = first_error(&bridge, &session);
    assert_eq!(error["kind"], "cliUnsupported");
    assert_eq!((&error["found"], &error["needed"]), (&json!("2.0.1"), &json!("2.1.197")));
    bridge.shutdown();
}
