//! From the start of the process to its end, and what of its configuration a client sees.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

/// What an end must never take; an editor's patience is 2 s, a loaded machine's tests get more.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The only line of the bridge's own on stderr: it logs warnings and worse, and there are none.
fn last_words(bridge: &Bridge) -> String {
    let stderr = bridge.stderr();
    assert!(stderr.lines().count() <= 1, "more than one line: {stderr}");
    stderr.trim_end().to_owned()
}

#[test]
fn plain_and_with_stdio_it_serves() {
    let scripted = || Bridge::with_scripted_cli([Script::echo()]);
    for mut bridge in [scripted().start(), scripted().arg("--stdio").start()] {
        let session = bridge.create_session();
        assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
        bridge.shutdown();
        assert_eq!(last_words(&bridge), "");
    }
}

#[test]
fn requests_are_refused_before_initialize_and_served_after_it() {
    let mut bridge = Bridge::without_cli().uninitialized().start();
    for method in ["session/list", "shutdown", "no/such"] {
        let error = bridge.refusal(method, json!({}));
        assert_eq!((error.code, error.kind()), (-32002, "serverNotInitialized"), "{method}");
        assert!(error.data["hint"].is_string(), "{error:?}");
    }
    bridge.initialize();
    assert_eq!(bridge.request("session/list", json!({})), json!({"sessions": []}));
    let again = bridge.refusal("initialize", json!({"capabilities": {}}));
    assert_eq!((again.code, again.kind()), (-32600, "invalidRequest"));
}

#[test]
fn after_shutdown_only_exit_is_taken_and_ends_it_with_code_0() {
    let mut bridge = Bridge::with_scripted_cli([Script::new()]).start();
    let session = bridge.create_session();
    bridge.cli().wait_for_starts(1);
    assert_eq!(bridge.request("shutdown", Value::Null), Value::Null);
    for (method, params) in
        [("session/get", json!({"sessionId": session})), ("shutdown", Value::Null), ("initialize", json!({}))]
    {
        let error = bridge.refusal(method, params);
        assert_eq!((error.code, error.kind()), (-32600, "invalidRequest"), "{method}");
    }
    bridge.notify("exit", &Value::Null);
    assert_eq!(bridge.wait_for_exit().code(), Some(0));
    assert_eq!(bridge.cli().wait_for_ends(1), ["EndOfInput"]);
    assert_eq!(last_words(&bridge), "");
}

#[test]
fn exit_without_shutdown_ends_it_with_code_1_and_a_word() {
    let mut bridge = Bridge::without_cli().start();
    bridge.notify("exit", &Value::Null);
    assert_eq!(bridge.wait_for_exit().code(), Some(1));
    assert_eq!(last_words(&bridge), "claude-bridge: ended by `exit` without `shutdown`");
}

#[test]
fn the_end_of_stdin_ends_an_idle_bridge_and_its_cli_with_code_0() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    bridge.close_stdin();
    assert_eq!(bridge.wait_for_exit().code(), Some(0));
    assert_eq!(bridge.cli().wait_for_ends(1), ["EndOfInput"]);
    assert_eq!(last_words(&bridge), "");
}

#[test]
fn the_end_of_stdin_before_initialize_ends_it_with_code_0() {
    let mut bridge = Bridge::without_cli().uninitialized().start();
    bridge.close_stdin();
    assert_eq!(bridge.wait_for_exit().code(), Some(0));
    assert_eq!(last_words(&bridge), "");
}

#[test]
fn the_end_of_stdin_in_mid_turn_answers_the_turn_and_says_why_it_ends() {
    let script = Script::new().answer(Turn::text("Hel").until_interrupted());
    let mut bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let began = {
        let mut saying = bridge.start_saying(&session, "Hi");
        saying.until_text("Hel");
        let began = Instant::now();
        bridge.close_stdin();
        let said = saying.end();
        assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Hel"));
        began
    };
    assert_eq!(bridge.wait_for_exit().code(), Some(3));
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(last_words(&bridge), "claude-bridge: ended with work in progress: stdin ended");
    bridge.restart();
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: Hel"]);
}

#[test]
fn the_end_of_stdin_while_the_cli_hangs_answers_the_turn_all_the_same() {
    let script = Script::new().ignore_term().answer(Turn::text("Hel").hang());
    let mut bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let began = {
        let mut saying = bridge.start_saying(&session, "Hi");
        saying.until_text("Hel");
        let began = Instant::now();
        bridge.close_stdin();
        assert_eq!(saying.end().stop_reason(), "interrupted");
        began
    };
    assert_eq!(bridge.wait_for_exit().code(), Some(3));
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    bridge.restart();
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: Hel"]);
}

#[test]
fn what_a_script_pipes_in_is_answered_before_the_end() {
    let mut bridge = Bridge::without_cli().uninitialized().start();
    let initialize = bridge.start_request("initialize", json!({"capabilities": {}}));
    bridge.notify("initialized", &json!({}));
    let list = bridge.start_request("session/list", json!({}));
    bridge.close_stdin();
    assert!(initialize.result().is_object());
    assert_eq!(list.result(), json!({"sessions": []}));
    assert_eq!(bridge.wait_for_exit().code(), Some(0));
}

#[test]
fn the_death_of_the_process_that_started_it_ends_it() {
    let mut editor = Parent::start();
    let mut bridge = Bridge::with_scripted_cli([Script::new()]).uninitialized().start();
    bridge.request("initialize", json!({"processId": editor.0.id(), "capabilities": {}}));
    let session = bridge.create_session_with(json!({"cwd": bridge.folders().workspace}));
    bridge.cli().wait_for_starts(1);
    assert_eq!(
        bridge.session(session["id"].as_str().unwrap())["id"],
        session["id"],
        "the parent lives, and so does it"
    );
    editor.end();
    assert_eq!(bridge.wait_for_exit().code(), Some(0));
    assert_eq!(bridge.cli().wait_for_ends(1), ["EndOfInput"]);
}

#[test]
fn the_death_of_the_process_that_started_it_ends_it_in_mid_turn() {
    let mut editor = Parent::start();
    let script = Script::new().answer(Turn::text("Hel").until_interrupted());
    let mut bridge = Bridge::with_scripted_cli([script]).uninitialized().start();
    bridge.request("initialize", json!({"processId": editor.0.id(), "capabilities": {}}));
    let session = bridge.create_session();
    {
        let mut saying = bridge.start_saying(&session, "Hi");
        saying.until_text("Hel");
        editor.end();
        assert_eq!(saying.end().stop_reason(), "interrupted");
    }
    assert_eq!(bridge.wait_for_exit().code(), Some(3));
    assert_eq!(last_words(&bridge), "claude-bridge: ended with work in progress: the client's process is gone");
}

/// A process that stands for the editor.
struct Parent(Child);

impl Parent {
    fn start() -> Self {
        Self(Command::new("sleep").arg("300").spawn().unwrap())
    }

    fn end(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        // Both fail where it has ended, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn whatever_is_logged_stdout_carries_frames_and_nothing_else() {
    // The harness fails a test whose bridge writes anything else to stdout.
    let script = Script::new().stderr("noise of the CLI\n").answer(["Hel", "lo"]).emit_text("noise on its stdout\n");
    let mut bridge = Bridge::with_scripted_cli([script]).env("CLAUDE_BRIDGE_LOG", "trace").start();
    let session = bridge.create_session();
    assert_eq!(bridge.say(&session, "Hi").text(), "Hello");
    bridge.notify("no/such", &json!({}));
    bridge.shutdown();
    assert!(bridge.stderr().contains("the connection ends"), "nothing was logged: {}", bridge.stderr());
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_library_prints_goes_to_stderr() {
    let bridge = Bridge::without_cli().start();
    let stream = |number: u8| std::fs::read_link(format!("/proc/{}/fd/{number}", bridge.pid())).unwrap();
    assert_eq!(stream(1), stream(2));
}

#[test]
fn an_option_that_does_not_exist_fails_initialize_with_the_one_that_was_meant() {
    let mut bridge = Bridge::without_cli().uninitialized().start();
    let options = json!({"sessions": {"queu": 3}});
    let error = bridge.refusal("initialize", json!({"capabilities": {}, "initializationOptions": options}));
    assert_eq!((error.code, error.kind()), (-32602, "invalidParams"));
    assert_eq!(error.message, "initializationOptions: sessions.queu is not a key");
    assert_eq!(
        (&error.data["key"], &error.data["hint"]),
        (&json!("sessions.queu"), &json!("did you mean sessions.queue?"))
    );
    bridge.initialize();
    bridge.shutdown();
}

#[test]
fn a_key_of_the_users_file_that_does_not_exist_fails_initialize_with_file_and_line() {
    let bridge = Bridge::without_cli().config("# mine\n[sessions]\nqueu = 3\n").uninitialized().start();
    let file = bridge.folders().home.join(".config/claude-bridge/claude-bridge.toml");
    let error = bridge.refusal("initialize", json!({"capabilities": {}}));
    assert_eq!((error.code, error.kind()), (-32602, "invalidParams"));
    assert_eq!(error.message, format!("{}, line 3: sessions.queu is not a key", file.display()));
    assert_eq!(error.data["hint"], "did you mean sessions.queue?");
}

#[test]
fn what_an_untrusted_workspace_may_not_set_is_ignored_with_a_notice() {
    let toml = "[cli]\npath = \"/bin/false\"\n[modes.power]\nenabled = true\n[sessions]\nqueue = 1\n";
    let bridge = Bridge::with_scripted_cli([Script::echo()]).workspace_file("claude-bridge.toml", toml).start();
    let notice = bridge.next_notification("window/logMessage");
    assert_eq!(notice["type"], 2, "a warning");
    let text = notice["message"].as_str().unwrap();
    for part in ["claude-bridge.toml: ignored", "not trusted: cli, modes.power.", "add", "`trust`"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("sessions"), "{text}");
    let refused = bridge.refusal("session/create", json!({"mode": "power"}));
    assert_eq!((refused.code, refused.kind()), (1011, "modeNotAllowed"));
    let session = bridge.create_session();
    assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
}

#[test]
fn what_a_trusted_workspace_sets_counts() {
    let toml = "[modes.power]\nenabled = true\n";
    let setup = Bridge::with_scripted_cli([Script::echo()]).workspace_file("claude-bridge.toml", toml);
    let trust = json!([setup.folders().workspace]);
    let bridge = setup.options(json!({"trust": trust})).start();
    assert_eq!(bridge.create_session_with(json!({"mode": "power"}))["mode"], "power");
}

#[test]
fn history_goes_where_data_dir_says_and_nowhere_else() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    let (data, usual) = (bridge.folders().data.clone(), bridge.folders().home.join(".local"));
    assert!(data.is_dir() && !usual.exists());
    bridge.shutdown();
    bridge.restart();
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: echo: Hi"]);
}
