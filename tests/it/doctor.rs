//! `claude-bridge doctor` and `bridge/health`: what is as it should be, and each thing that is not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::real_cli::calc;
use crate::support::api::Api;
use crate::support::bridge::{Bridge, Setup};
use crate::support::process;
use crate::support::script::Script;
use crate::support::wait_for;

/// What the doctor said: its exit code, and each check by its name.
struct Said {
    code: Option<i32>,
    checks: Vec<Value>,
}

impl Said {
    fn check(&self, name: &str) -> &Value {
        check(&self.checks, name)
    }

    fn status(&self, name: &str) -> &str {
        self.check(name)["status"].as_str().unwrap()
    }
}

fn check<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {checks:#?}"))
}

fn text<'a>(check: &'a Value, field: &str) -> &'a str {
    check[field].as_str().unwrap_or_else(|| panic!("no {field} in {check}"))
}

fn doctor(setup: &Setup) -> Said {
    let output = setup.command().args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    Said { code: output.status.code(), checks: report["checks"].as_array().unwrap().clone() }
}

fn health(bridge: &Bridge) -> Vec<Value> {
    bridge.request("bridge/health", json!({}))["checks"].as_array().unwrap().clone()
}

fn scripted() -> Setup {
    Bridge::with_scripted_cli([Script::echo(), Script::echo()])
}

#[test]
fn with_the_real_cli_and_its_server_all_is_well_and_nothing_is_left() {
    let api = Api::start();
    let setup = Bridge::with_real_cli(&api).config(&calc::config());
    let said = doctor(&setup);
    let found: Vec<(&str, &str)> =
        said.checks.iter().map(|check| (text(check, "name"), text(check, "status"))).collect();
    let names = ["configuration", "folders", "leftovers", "history", "cli", "credential", "mcp.calc"];
    assert_eq!(found, names.map(|name| (name, "ok")), "{:#?}", said.checks);
    assert_eq!(said.code, Some(0));
    assert!(text(said.check("configuration"), "detail").contains("claude-bridge.toml"));
    assert!(text(said.check("cli"), "detail").starts_with("2."), "{}", said.check("cli"));
    assert!(text(said.check("credential"), "detail").starts_with("ANTHROPIC_API_KEY"));
    assert!(text(said.check("mcp.calc"), "detail").contains("add"), "{}", said.check("mcp.calc"));
    let run = setup.folders().data.join("run");
    assert_eq!(fs::read_dir(run).unwrap().count(), 0, "something is left");
    assert!(api.requests().is_empty(), "the model was asked");
}

#[test]
fn with_the_real_cli_servers_that_die_or_never_answer_fail_and_are_ended() {
    let api = Api::start();
    let setup = Bridge::with_real_cli(&api);
    let file = setup.folders().home.join("never.pid");
    let never = format!("echo $$ > '{}'; exec sleep 300", file.display());
    let setup = setup.config(&format!(
        "mcp.timeout = '2s'\n[mcp_servers]\ndead = {{ command = 'false', args = ['s3cret'] }}\n\
         never = {{ command = 'sh', args = ['-c', {}] }}\n",
        json!(never)
    ));
    let said = doctor(&setup);
    assert_eq!((said.code, said.status("cli")), (Some(1), "ok"), "{:#?}", said.checks);
    assert_eq!((said.status("mcp.dead"), said.status("mcp.never")), ("failed", "failed"));
    assert!(text(said.check("mcp.dead"), "hint").contains("run false by itself"), "{}", said.check("mcp.dead"));
    assert!(!json!(said.checks).to_string().contains("s3cret"));
    assert!(text(said.check("mcp.never"), "detail").contains("timed out"), "{}", said.check("mcp.never"));
    let pid = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    process::wait_until_gone(pid);
}

#[test]
fn a_bridge_that_runs_says_the_same_of_itself() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).config(&calc::config()).start();
    let checks = health(&bridge);
    assert!(checks.iter().all(|check| check["status"] == "ok"), "{checks:#?}");
    assert_eq!(checks.len(), 7);
    assert!(text(check(&checks, "history"), "detail").contains("0 sessions, "));
    bridge.shutdown();
}

#[test]
fn where_there_is_no_cli_the_hint_says_how_to_get_one() {
    let setup = Bridge::without_cli().config("cli.path = '/nowhere/claude'\nmcp_servers.a = { command = 'a' }");
    let said = doctor(&setup);
    assert_eq!((said.code, said.status("cli"), said.status("history")), (Some(1), "failed", "ok"));
    assert!(text(said.check("cli"), "hint").contains("install Claude Code"));
    assert_eq!((said.status("credential"), said.status("mcp.a")), ("warning", "warning"));
}

#[test]
fn a_cli_that_dies_at_its_start_fails_with_what_it_said() {
    let setup = Bridge::without_cli().env("PATH", &std::env::var("PATH").unwrap());
    let cli = setup.folders().home.join("claude");
    let script =
        "#!/bin/sh\n[ \"$1\" = --version ] && { echo '2.1.330 (Claude Code)'; exit; }\necho broken >&2\nexit 9\n";
    fs::write(&cli, script).unwrap();
    fs::set_permissions(&cli, fs::Permissions::from_mode(0o700)).unwrap();
    let said = doctor(&setup.env("CLAUDE_BRIDGE_CLI", &cli.to_string_lossy()));
    assert_eq!(said.status("cli"), "failed");
    assert!(text(said.check("cli"), "detail").contains("broken"), "{}", said.check("cli"));
}

#[test]
fn the_demo_has_no_credential_which_is_a_warning() {
    let said = doctor(&Bridge::without_cli().arg("--demo"));
    assert_eq!((said.code, said.status("cli"), said.status("credential")), (Some(0), "ok", "warning"));
    assert_eq!(said.status("mcp"), "ok");
}

#[test]
fn a_history_that_cannot_be_written_fails() {
    let bridge = scripted().start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    assert_eq!(check(&health(&bridge), "history")["status"], "ok");
    let lock = bridge.lock_history();
    let checks = health(&bridge);
    let history = check(&checks, "history");
    assert_eq!(history["status"], "failed", "{history}");
    assert!(text(history, "detail").contains("cannot write the history"), "{history}");
    drop(lock);
    wait_for("a history that can be written", || (check(&health(&bridge), "history")["status"] == "ok").then_some(()));
}

/// Overwrites the first page of the table of messages.
fn spoil_the_messages(file: &Path) {
    let db = rusqlite::Connection::open(file).unwrap();
    let number = |sql| db.query_row(sql, [], |row| row.get::<_, usize>(0)).unwrap();
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'");
    let size = number("PRAGMA page_size");
    db.close().unwrap();
    let mut bytes = fs::read(file).unwrap();
    bytes[(page - 1) * size..page * size].fill(0xaa);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_history_that_is_damaged_fails_and_one_that_was_moved_aside_is_told_of() {
    let setup = scripted();
    let mut bridge = setup.start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    bridge.shutdown();
    let setup = bridge.setup();
    let file = setup.folders().data.join("history.db");
    spoil_the_messages(&file);
    let said = doctor(setup);
    assert_eq!((said.code, said.status("history")), (Some(1), "failed"), "{:#?}", said.checks);

    fs::write(&file, "Dear diary, ".repeat(1_000)).unwrap();
    let said = doctor(setup);
    assert_eq!(said.status("history"), "warning", "{:#?}", said.checks);
    assert!(text(said.check("history"), "hint").contains("history.damaged-"));
}

#[test]
fn rights_of_others_and_what_dead_bridges_left_are_told_once_and_put_in_order() {
    let setup = scripted();
    let data = setup.folders().data.clone();
    let dead = data.join("run/019b2c3d-0000-7000-8000-000000000009");
    fs::create_dir_all(dead.join("session")).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let said = doctor(&setup);
    assert_eq!((said.code, said.status("folders"), said.status("leftovers")), (Some(0), "warning", "warning"));
    assert!(text(said.check("folders"), "hint").contains("chmod"));
    assert!(!dead.exists());
    fs::set_permissions(data.join("run"), fs::Permissions::from_mode(0o700)).unwrap();
    let said = doctor(&setup);
    assert_eq!((said.status("folders"), said.status("leftovers")), ("ok", "ok"), "{:#?}", said.checks);
}

#[test]
fn what_of_the_configuration_is_ignored_or_wrong_is_told() {
    let setup = scripted().workspace_file("claude-bridge.toml", "modes.power.enabled = true");
    let said = doctor(&setup);
    let configuration = said.check("configuration");
    assert_eq!((said.code, text(configuration, "status")), (Some(0), "warning"));
    assert!(text(configuration, "detail").contains("workspace/claude-bridge.toml"), "{configuration}");
    assert!(text(configuration, "hint").contains("modes.power"), "{configuration}");

    let said = doctor(&setup.config("modes = 3"));
    assert_eq!((said.code, said.status("configuration"), said.checks.len()), (Some(1), "failed", 1));
    assert!(text(said.check("configuration"), "detail").contains("modes"));
}

#[test]
fn a_person_reads_a_line_for_each_without_colours_in_a_pipe() {
    let setup = Bridge::without_cli().config("cli.path = '/nowhere/claude'");
    let output = setup.command().arg("doctor").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("✓ history ") && text.contains("✗ cli "), "{text}");
    assert!(text.contains("install Claude Code") && !text.contains('\u{1b}'), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn it_works_beside_a_bridge_that_runs_on_the_same_history() {
    let bridge = scripted().start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    let output = bridge.setup().command().args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert!(text(check(checks, "history"), "detail").contains("1 session, "), "{checks:#?}");
    assert_eq!(check(checks, "leftovers")["status"], "ok");
    assert_eq!(bridge.say(&session, "More").text(), "echo: More");
}
