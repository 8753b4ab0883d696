//! How the CLI is started: when, how often, and with what.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

const PROMPT: &str = "--append-system-prompt-file";
const MCP: &str = "--mcp-config";

#[test]
fn a_new_session_warms_its_cli_before_any_message() {
    let bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    let warm = bridge.wait_until_warm(&session);
    let starts = bridge.cli().wait_for_starts(1);
    assert_eq!((bridge.cli().controls(), bridge.cli().messages()), (vec!["initialize".to_owned()], vec![]));
    assert_eq!((&warm["state"], &warm["process"]["pid"]), (&json!("idle"), &json!(starts[0].pid)));
    assert_eq!(warm["process"]["cliVersion"], "2.1.330");
    assert_eq!(warm["credential"], "ANTHROPIC_API_KEY");
    let prompt = &starts[0].files[PROMPT].text;
    assert_eq!(warm["context"], json!({"hash": format!("{:x}", Sha256::digest(prompt)), "bytes": prompt.len()}));
}

#[test]
fn one_process_serves_all_messages_of_a_session() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    let pid = bridge.wait_until_warm(&session)["process"]["pid"].take();
    for message in ["one", "two", "three", "four", "five"] {
        assert_eq!(bridge.say(&session, message).text(), format!("echo: {message}"));
    }
    assert_eq!(bridge.session(&session)["process"]["pid"], pid);
    assert_eq!(bridge.cli().starts().len(), 1);
    assert_eq!(bridge.cli().messages(), ["one", "two", "three", "four", "five"]);
}

#[test]
fn each_session_has_a_process_of_its_own() {
    let bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let sessions = [bridge.create_session(), bridge.create_session()];
    let pids = sessions.each_ref().map(|session| bridge.wait_until_warm(session)["process"]["pid"].take());
    assert_ne!(pids[0], pids[1]);
}

#[test]
fn the_cli_is_started_with_exactly_these_arguments() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    let start = bridge.cli().starts().remove(0);
    let id = bridge.session(&session)["providerSessionId"].as_str().unwrap().to_owned();
    let prompt = start.flag(PROMPT).unwrap();
    let expected = [
        "--output-format=stream-json",
        "--input-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--session-mirror",
        "--permission-prompt-tool=stdio",
        "--strict-mcp-config",
        &format!("--session-id={id}"),
        "--permission-mode=default",
        "--setting-sources=user",
        &format!("{PROMPT}={prompt}"),
    ];
    assert_eq!(start.argv[1..], expected);
    assert_eq!(start.cwd, bridge.folders().workspace);
}

#[test]
fn what_a_session_asks_for_reaches_the_cli() {
    let config = "[modes.user]\nallowed_tools = ['Bash(git log:*)']\ndisallowed_tools = ['WebFetch']\n";
    let bridge = Bridge::with_scripted_cli([Script::new()]).config(config).start();
    bridge.create_session_with(json!({"model": "opus", "effort": "high", "maxTurns": 7, "maxBudgetUsd": 1.5}));
    let start = bridge.cli().wait_for_starts(1).remove(0);
    let flags = [
        ("--model", "opus"),
        ("--effort", "high"),
        ("--max-turns", "7"),
        ("--max-budget-usd", "1.5"),
        ("--allowedTools", "Bash(git log:*)"),
        ("--disallowedTools", "WebFetch"),
    ];
    for (flag, value) in flags {
        assert_eq!(start.flag(flag), Some(value), "{flag}");
    }
}

#[test]
fn a_restarted_bridge_goes_on_in_the_same_conversation_with_the_same_prompt() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "one");
    bridge.shutdown();
    bridge.restart();
    assert_eq!(bridge.say(&session, "two").text(), "echo: two");
    let starts = bridge.cli().starts();
    let conversation = starts[0].flag("--session-id").unwrap();
    assert!(!starts[0].has_flag("--resume"));
    assert_eq!((starts[1].flag("--resume"), starts[1].has_flag("--session-id")), (Some(conversation), false));
    assert_eq!(starts[0].files[PROMPT].text, starts[1].files[PROMPT].text);
}

#[test]
fn the_prompt_is_frozen_although_the_client_changed() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).uninitialized().start();
    let greet = |bridge: &Bridge, name: &str| {
        let root = format!("file://{}", bridge.folders().workspace.display());
        let params = json!({"processId": null, "rootUri": root, "clientInfo": {"name": name}, "capabilities": {}});
        bridge.request("initialize", params);
        bridge.notify("initialized", &json!({}));
    };
    greet(&bridge, "Neovim");
    let session = bridge.create_session();
    bridge.say(&session, "one");
    bridge.shutdown();
    bridge.restart();
    greet(&bridge, "Emacs");
    bridge.say(&session, "two");
    let prompts = bridge.cli().starts().into_iter().map(|mut start| start.files.remove(PROMPT).unwrap().text);
    let prompts: Vec<String> = prompts.collect();
    assert!(prompts[0].contains("Neovim"), "{}", prompts[0]);
    assert_eq!(prompts[0], prompts[1]);
}

#[test]
fn a_cli_that_never_had_a_turn_is_not_resumed() {
    // It has no transcript of a conversation in which nothing was said.
    let mut bridge = Bridge::with_scripted_cli([Script::new(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    bridge.shutdown();
    bridge.restart();
    bridge.say(&session, "Hi");
    let starts = bridge.cli().starts();
    assert!(starts[0].flag("--session-id").is_some());
    assert_eq!(starts[0].flag("--session-id"), starts[1].flag("--session-id"));
}

#[test]
fn private_files_are_the_users_alone_and_go_with_the_process() {
    let servers = json!({"db": {"command": "db", "args": ["-x"], "env": {"TOKEN": "s3cret"}}});
    let mut bridge = Bridge::with_scripted_cli([Script::new()]).start();
    bridge.create_session_with(json!({"mcpServers": servers}));
    let start = bridge.cli().wait_for_starts(1).remove(0);
    for flag in [PROMPT, MCP] {
        assert_eq!(start.files[flag].mode, "600", "{flag}");
    }
    let config: Value = serde_json::from_str(&start.files[MCP].text).unwrap();
    assert_eq!(config, json!({"mcpServers": servers}));
    let told = start.argv.join(" ") + &format!("{:?}", start.env);
    assert!(!told.contains("s3cret"), "{told}");
    bridge.shutdown();
    for flag in [PROMPT, MCP] {
        assert!(!start.files[flag].path.exists(), "{flag}");
    }
}

#[test]
fn a_sessions_own_mcp_server_replaces_the_configured_one_of_that_name() {
    let config =
        "[mcp_servers.db]\ncommand = 'theirs'\n[mcp_servers.web]\ntype = 'http'\nurl = 'http://127.0.0.1:9/'\n";
    let bridge = Bridge::with_scripted_cli([Script::new()]).config(config).start();
    bridge.create_session_with(json!({"mcpServers": {"db": {"command": "mine"}}}));
    let start = bridge.cli().wait_for_starts(1).remove(0);
    let servers: Value = serde_json::from_str(&start.files[MCP].text).unwrap();
    let expected = json!({"db": {"command": "mine"}, "web": {"type": "http", "url": "http://127.0.0.1:9/"}});
    assert_eq!(servers["mcpServers"], expected);
}

#[test]
fn a_tool_that_nobody_allowed_is_denied_in_words() {
    let denied = json!({"behavior": "deny"});
    let turn = Turn::silent().call("t1", "Bash", json!({"command": "rm -rf /"})).ask_permission("t1", denied);
    let turn = turn.fails("t1", "denied").then("I may not.");
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Do it");
    assert_eq!(said.text(), "I may not.");
    assert_eq!(said.turn["toolCalls"], json!([{"toolUseId": "t1", "name": "Bash", "isError": true}]));
    let answer = bridge.cli().received().into_iter().find(|line| line["type"] == "control_response").unwrap();
    let words = answer["response"]["response"]["message"].as_str().unwrap().to_owned();
    assert!(words.contains("Bash needs the person's permission"), "{words}");
}

#[test]
fn a_request_of_the_clis_that_is_unknown_is_refused_and_the_turn_goes_on() {
    let ask = json!({"type": "control_request", "request_id": "q1", "request": {"subtype": "hook_callback"}});
    let refused = json!({"type": "control_response", "response": {"subtype": "error", "request_id": "q1"}});
    let script = Script::new().expect(json!({"type": "user"})).emit(ask).expect(refused).unasked("Done");
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    assert_eq!(bridge.say(&session, "Hi").text(), "Done");
}

#[test]
fn a_session_stored_in_power_mode_starts_nothing_where_that_mode_is_not_enabled() {
    let enabled = "modes.power.enabled = true";
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).config(enabled).start();
    let session = bridge.create_session_with(json!({"mode": "power"}))["id"].as_str().unwrap().to_owned();
    assert_eq!(bridge.say(&session, "1").text(), "echo: 1");
    bridge.shutdown();
    bridge.configure("");
    bridge.restart();
    let saying = bridge.start_saying(&session, "2");
    let refused = saying.error();
    assert_eq!((refused.code, refused.kind()), (1011, "modeNotAllowed"));
    assert!(refused.data["hint"].as_str().unwrap().contains("modes.power.enabled"), "{refused:?}");
    // Resumed without a mode, it is warmed, which must start nothing either.
    bridge.request("session/create", json!({"resumeSessionId": session}));
    bridge.wait_for_session(&session, "refused", |session| session["error"]["kind"] == "modeNotAllowed");
    assert_eq!(bridge.session(&session)["mode"], "power");
    assert_eq!(bridge.cli().starts().len(), 1);
    assert_eq!(bridge.history(&session), ["user: 1", "assistant: echo: 1"]);
    bridge.shutdown();
    bridge.configure(enabled);
    bridge.restart();
    assert_eq!(bridge.say(&session, "3").text(), "echo: 3");
}

#[test]
fn a_session_whose_folder_is_gone_is_told_so_and_starts_nothing() {
    let setup = Bridge::with_scripted_cli([Script::echo()]).workspace_file("sub/x", "");
    let folder = setup.folders().workspace.join("sub");
    let mut bridge = setup.start();
    let session = bridge.create_session_with(json!({"cwd": folder}))["id"].as_str().unwrap().to_owned();
    bridge.say(&session, "1");
    bridge.shutdown();
    std::fs::remove_dir_all(&folder).unwrap();
    bridge.restart();
    let refused = bridge.start_saying(&session, "2").error();
    assert_eq!((refused.code, refused.kind()), (-32602, "invalidParams"));
    assert!(refused.message.contains(folder.to_str().unwrap()), "{}", refused.message);
    assert_eq!(bridge.cli().starts().len(), 1);
    assert!(!folder.exists());
}

#[test]
fn the_cli_sees_of_the_environment_what_the_configuration_lets_through() {
    let config = r#"
        [cli.env]
        pass = ["ANTHROPIC_*", "SCRIPTED_*", "KEPT"]
        remove = ["ANTHROPIC_API_KEY"]
        set = { ADDED = "by the file", KEPT = "changed" }
    "#;
    let setup = Bridge::with_scripted_cli([Script::echo()]).config(config);
    let variables = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", "u"), ("KEPT", "k"), ("OTHER", "o")];
    let setup = variables.into_iter().fold(setup, |setup, (name, value)| setup.env(name, value));
    let bridge = setup.start();
    bridge.create_session();
    let env = &bridge.cli().wait_for_starts(1)[0].env;
    let seen = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "KEPT", "OTHER", "ADDED"];
    let seen = seen.map(|name| env.get(name).map(String::as_str));
    assert_eq!(seen, [None, Some("u"), Some("changed"), None, Some("by the file")]);
    assert!(env.contains_key("PATH") && env.contains_key("HOME"), "{env:?}");
}
