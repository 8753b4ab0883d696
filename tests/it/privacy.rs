//! What nobody else may see: neither in the log, nor in arguments, nor in files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Setup};
use crate::support::process;
use crate::support::script::{Script, Turn};

/// One secret for each way that one can come in.
const SECRETS: [&str; 10] = [
    "s3cret-api-key",
    "s3cret-of-mcp-server",
    "s3cret-of-http-header",
    "s3cret-cli-env",
    "s3cret-prompt",
    "s3cret-answer",
    "s3cret-thought",
    "s3cret-tool-input",
    "s3cret-tool-output",
    "s3cret-stderr",
];

const CONFIG: &str = r#"
    [cli.env.set]
    ADDED = "s3cret-cli-env"
    [mcp_servers.one]
    command = "true"
    env = { TOKEN = "s3cret-of-mcp-server" }
    [mcp_servers.two]
    type = "http"
    url = "http://127.0.0.1:9/"
    headers = { Authorization = "s3cret-of-http-header" }
"#;

/// A bridge in whose session all of the secrets come up.
fn secretive(log: &str) -> Setup {
    let turn = Turn::silent()
        .think("s3cret-thought")
        .call("t1", "Read", json!({"file_path": "s3cret-tool-input"}))
        .returns("t1", "s3cret-tool-output")
        .then("s3cret-answer")
        .stderr_repeated("s3cret-stderr\n", 3);
    // The next one dies, so that its stderr becomes an error.
    let dying = Turn::text("s3cret-answer").stderr_repeated("s3cret-stderr\n", 1).exit(3);
    let scripts = [Script::new().answer(turn).answer(dying), Script::echo()];
    Bridge::with_scripted_cli(scripts)
        .config(&format!("{log}\n{CONFIG}"))
        .env("CLAUDE_BRIDGE_LOG", "trace")
        .env("ANTHROPIC_API_KEY", "s3cret-api-key")
}

/// Says things, also wrong ones, and gives the arguments that could be seen meanwhile.
fn converse(bridge: &Bridge) -> String {
    let session = bridge.create_session();
    bridge.say(&session, "s3cret-prompt");
    let seen = arguments_of(&[bridge.pid().into(), bridge.cli_pid(&session)]);
    assert_eq!(bridge.say(&session, "s3cret-prompt").stop_reason(), "failed");
    bridge.refusal("message/send", json!({"sessionId": session, "content": {"s3cret-prompt": 1}}));
    bridge.refusal("session/rename", json!({"sessionId": session, "title": "s3cret-prompt\nx"}));
    bridge.notify("$/setTrace", &json!({"value": "s3cret-prompt"}));
    bridge.notify("initialized", &json!(["s3cret-prompt"]));
    bridge.notify("textDocument/didOpen", &json!({"textDocument": "s3cret-prompt"}));
    assert_eq!(bridge.say(&session, "s3cret-prompt").text(), "echo: s3cret-prompt");
    seen
}

fn arguments_of(pids: &[u64]) -> String {
    pids.iter().flat_map(|pid| process::arguments(*pid)).collect::<Vec<_>>().join("\n")
}

fn expect_none(text: &str, place: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {place}:\n{text}");
    }
}

#[test]
fn no_secret_and_nothing_said_is_in_the_log_or_in_arguments_at_any_level() {
    let mut bridge = secretive("").start();
    let arguments = converse(&bridge);
    expect_none(&arguments, "the arguments");
    bridge.shutdown();
    let log = bridge.stderr();
    expect_none(&log, "the log");
    assert!(log.contains("from the client: (") && log.contains("from the CLI: ("), "{log}");
    assert!(log.contains("from the CLI's stderr: ("), "{log}");
}

#[test]
fn what_is_said_is_in_the_log_where_the_person_asks_for_it() {
    let mut bridge = secretive("log.content = true").start();
    converse(&bridge);
    bridge.shutdown();
    let log = bridge.stderr();
    for secret in ["s3cret-prompt", "s3cret-answer", "s3cret-tool-input", "s3cret-tool-output", "s3cret-stderr"] {
        assert!(log.contains(secret), "{secret} is missing in {log}");
    }
}

#[test]
fn whatever_the_umask_is_no_file_is_for_others() {
    let place = "log.file = \"~/logs/bridge.log\"";
    let mut bridge = secretive(place).through(&["/bin/sh", "-c", "umask 0; exec \"$0\" \"$@\""]).start();
    converse(&bridge);
    let home = bridge.folders().home.clone();
    let made = [home.join("data"), home.join("logs")];
    for path in made.iter().flat_map(|folder| everything_in(folder)) {
        let metadata = fs::metadata(&path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", path.display());
    }
    let names: Vec<_> = everything_in(&home).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    for name in ["history.db", "history.db-wal", "bridge.log", "mcp.json", "system-prompt.md"] {
        assert!(names.iter().any(|found| found == name), "{name} is missing: {names:?}");
    }
    expect_none(&fs::read_to_string(home.join("logs/bridge.log")).unwrap(), "the log file");
    expect_none(&bridge.stderr(), "stderr");
    bridge.shutdown();
    // What others could read, wherever it is, says nothing.
    for path in everything_in(home.parent().unwrap()) {
        let metadata = fs::metadata(&path).unwrap();
        let is_configuration = path.ends_with("claude-bridge.toml");
        if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 && !is_configuration {
            expect_none(&String::from_utf8_lossy(&fs::read(&path).unwrap()), &path.display().to_string());
        }
    }
}

#[test]
fn the_real_cli_gets_its_credential_by_the_environment_alone() {
    let api = Api::start();
    api.reply(Reply::text("Hello"));
    let mut bridge = Bridge::with_real_cli(&api).env("CLAUDE_BRIDGE_LOG", "trace").start();
    let session = bridge.create_session();
    bridge.say(&session, "s3cret-prompt");
    let arguments = arguments_of(&[bridge.pid().into(), bridge.cli_pid(&session)]);
    bridge.shutdown();
    for text in [arguments, bridge.stderr()] {
        assert!(!text.contains("sk-ant-test") && !text.contains("s3cret-prompt"), "{text}");
    }
}

/// A folder and all that is in it.
fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { everything_in(&path) } else { vec![path] });
    std::iter::once(folder.to_owned()).chain(below).collect()
}
