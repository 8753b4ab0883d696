//! What must not run, and what must not be seen.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::calc;
use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Setup};
use crate::support::{orphans, process, wait_for};

/// A repository whose own settings run a command when a session starts.
fn with_hook(setup: Setup) -> Setup {
    let hook = json!({"type": "command", "command": "touch \"$CLAUDE_PROJECT_DIR/hook-ran\""});
    let settings = json!({"hooks": {"SessionStart": [{"hooks": [hook]}]}});
    setup.workspace_file(".claude/settings.json", &settings.to_string())
}

fn hook_ran(bridge: &Bridge) -> bool {
    bridge.folders().workspace.join("hook-ran").exists()
}

#[test]
fn a_repositorys_hooks_do_not_run() {
    let api = Api::start();
    let mut bridge = with_hook(Bridge::with_real_cli(&api)).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    assert!(!hook_ran(&bridge));
    bridge.shutdown();
    assert!(!hook_ran(&bridge));
}

#[test]
fn the_hooks_of_a_trusted_folder_run() {
    let api = Api::start();
    let mut bridge = with_hook(Bridge::with_real_cli(&api)).options(json!({"trust": ["."]})).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    assert!(hook_ran(&bridge));
    bridge.shutdown();
}

#[test]
fn no_secret_stands_in_the_arguments_of_the_cli() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).config(&calc::config()).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    let arguments = process::arguments(bridge.cli_pid(&session));
    let system_prompt = fs::read_to_string(orphans::files(&bridge).pop().unwrap()).unwrap();
    let first_line = system_prompt.lines().find(|line| !line.is_empty()).expect("a system prompt");
    assert!(api.last_request().system_prompt().contains(first_line));
    assert!(arguments.iter().any(|argument| argument.starts_with("--mcp-config=")), "{arguments:?}");
    for secret in [calc::TOKEN, "sk-ant-test", first_line, "Hello"] {
        assert!(arguments.iter().all(|argument| !argument.contains(secret)), "{secret} is in {arguments:?}");
    }
    bridge.shutdown();
}

#[test]
fn an_mcp_server_gets_its_secret() {
    let api = Api::start();
    api.reply(Reply::tool("mcp__calc__token", json!({})));
    let allowed = json!({"modes": {"user": {"allowedTools": ["mcp__calc__token"]}}});
    let mut bridge = Bridge::with_real_cli(&api).config(&calc::config()).options(allowed).start();
    let session = bridge.create_session();
    assert!(bridge.say(&session, "Your token?").text().contains(calc::TOKEN));
    bridge.shutdown();
}

#[test]
fn private_files_are_the_owners_alone_and_go_with_the_process() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).config(&calc::config()).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    let files = wait_for("the three private files", || {
        let files = orphans::files(&bridge);
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
        (names == ["mcp.json", "processes", "system-prompt.md"]).then_some(files)
    });
    let folder = files[0].parent().unwrap().to_owned();
    assert_eq!([&folder, &files[0], &files[1], &files[2]].map(|path| mode(path)), [0o700, 0o600, 0o600, 0o600]);

    bridge.request("session/close", json!({"sessionId": session}));

    assert!(!folder.exists());
    bridge.shutdown();
    assert_eq!(orphans::files(&bridge), Vec::<PathBuf>::new());
}

#[test]
fn a_session_tells_which_credential_pays() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hello");
    assert_eq!(bridge.session(&session)["credential"], "ANTHROPIC_API_KEY");
    bridge.shutdown();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
