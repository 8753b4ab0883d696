//! `claude-bridge chat`: over pipes, and in a terminal.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Setup};
use crate::support::script::{Script, ScriptedCli, Turn};
use crate::support::terminal::{CTRL_C, CTRL_D, Terminal};

/// What a run over pipes came to.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn command(setup: &Setup, arguments: &[&str]) -> Command {
    let mut command = setup.command();
    command.arg("chat").args(arguments);
    command
}

fn chat(setup: &Setup, arguments: &[&str]) -> Ran {
    chat_with(setup, arguments, "")
}

fn chat_with(setup: &Setup, arguments: &[&str], stdin: &str) -> Ran {
    let mut command = command(setup, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!stdout.contains('\u{1b}') && !stderr.contains('\u{1b}'), "{stdout:?}\n{stderr:?}");
    Ran { code: output.status.code(), stdout, stderr }
}

fn in_terminal(setup: &Setup, arguments: &[&str]) -> Terminal {
    Terminal::start(&command(setup, arguments))
}

fn cli(setup: &Setup) -> &ScriptedCli {
    setup.scripted_cli().unwrap()
}

fn session_of(ran: &Ran) -> String {
    let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    first["sessionId"].as_str().unwrap().to_owned()
}

#[test]
fn the_answer_goes_to_stdout_as_claude_wrote_it_and_the_rest_to_stderr() {
    let turn = Turn::text("**Look").then("ing**.").call("1", "Read", json!({"file_path": "a.rs"}));
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn.returns("1", "x\ny").then("Done."))]);
    let ran = chat(&setup, &["what", "is it?"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "**Looking**.\n\nDone.\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("✓ Read a.rs · 2 lines\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains(" in · "), "{}", ran.stderr);
    assert_eq!(cli(&setup).messages(), ["what is it?"]);
}

#[test]
fn a_message_on_stdin_is_answered() {
    let setup = Bridge::with_scripted_cli([Script::echo()]);
    let ran = chat_with(&setup, &[], "one\ntwo\n");
    assert_eq!((ran.code, ran.stdout.trim()), (Some(0), "echo: one\ntwo"), "{}", ran.stderr);
    let nothing = chat_with(&setup, &[], " \n");
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.stderr.contains("there is nothing to say"), "{}", nothing.stderr);
}

#[test]
fn json_has_a_line_per_event_and_then_the_turn() {
    let setup = Bridge::with_scripted_cli([Script::new().answer("Hi")]);
    let ran = chat(&setup, &["--json", "hello"]);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (turn, events) = lines.split_last().unwrap();
    assert_eq!((ran.code, &turn["stopReason"], &turn["text"]), (Some(0), &json!("completed"), &json!("Hi")));
    assert_eq!(events.last().unwrap()["turn"], *turn);
    assert!(events.iter().any(|event| event["kind"] == "textDelta"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_turn_that_fails_is_told_and_is_exit_code_1() {
    let failed = json!({"is_error": true, "result": "API Error: 529 overloaded"});
    let answer = || Script::new().answer(Turn::silent().result(failed.clone()));
    let setup = Bridge::with_scripted_cli([answer(), answer()]);
    let ran = chat(&setup, &["hello"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("✗ ") && ran.stderr.contains("529"), "{}", ran.stderr);
    assert_eq!(chat(&setup, &["--json", "hello"]).code, Some(1));
}

#[test]
fn where_there_is_no_cli_the_person_learns_how_to_get_one_and_how_to_do_without() {
    let setup = Bridge::without_cli().config("cli.path = \"/nowhere/claude\"");
    let ran = chat(&setup, &["hello"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    for part in ["/nowhere/claude", "install Claude Code", "claude-bridge chat --demo"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let ran = chat(&setup, &["--json", "hello"]);
    let last: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((ran.code, &last["error"]["kind"]), (Some(1), &json!("cliNotFound")));
}

#[test]
fn a_session_goes_on_and_one_that_is_not_there_is_named() {
    let setup = Bridge::with_scripted_cli([Script::new().answer("one"), Script::new().answer("two")]);
    let session = session_of(&chat(&setup, &["--json", "hello"]));
    let ran = chat(&setup, &["--session", &session, "more"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "two\n"), "{}", ran.stderr);
    assert!(cli(&setup).starts()[1].has_flag("--resume"));

    let unknown = "01890000-0000-7000-8000-000000000000";
    let ran = chat(&setup, &["--session", unknown, "more"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains(&format!("there is no session {unknown}")), "{}", ran.stderr);
}

#[test]
fn folder_and_model_reach_the_cli() {
    let setup = Bridge::with_scripted_cli([Script::echo()]).workspace_file("inner folder/x", "");
    let ran = chat(&setup, &["--cwd", "inner folder", "--model", "opus", "hello"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let start = &cli(&setup).starts()[0];
    assert_eq!((start.cwd.file_name().unwrap().to_str(), start.flag("--model")), (Some("inner folder"), Some("opus")));
    let ran = chat(&setup, &["--cwd", "gone", "hello"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("the folder gone cannot be used"), "{}", ran.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let turn = Turn::text("one\n").hold("gone").then("two\n").then("three\n");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn)]);
    let mut command = command(&setup, &["hello"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    cli(&setup).release("gone");
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((line.as_str(), child.wait().unwrap().code(), stderr.as_str()), ("one\n", Some(141), ""));
}

#[test]
fn a_terminal_shows_a_spinner_and_readable_markdown() {
    let turn = Turn::silent().hold("spinning").then("# Title\n\n- **bo").then("ld** `code`\n");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn)]);
    let mut terminal = in_terminal(&setup, &["hello"]);
    terminal.wait_for("⠋ waiting for Claude");
    terminal.wait_for("⠹");
    cli(&setup).release("spinning");
    terminal.wait_for("\r\u{1b}[K\u{1b}[1m\u{1b}[35mTitle\u{1b}[0m\r\n\r\n• \u{1b}[1mbold\u{1b}[0m \u{1b}[36mcode");
    terminal.wait_for(" in · ");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_terminal_without_colours_gets_none() {
    let setup = Bridge::with_scripted_cli([Script::new().answer("**bold**")]).env("NO_COLOR", "1");
    let mut terminal = in_terminal(&setup, &["hello"]);
    terminal.wait_for("**bold**\r\n");
    assert_eq!(terminal.wait_for_exit(), 0);
    let written = terminal.written();
    assert!(!written.replace("\u{1b}[K", "").contains('\u{1b}'), "{written:?}");
}

#[test]
fn ctrl_c_interrupts_the_turn_and_is_exit_code_130() {
    let setup = Bridge::with_scripted_cli([Script::new().answer(Turn::text("Wait\n").until_interrupted())]);
    let mut terminal = in_terminal(&setup, &["hello"]);
    terminal.wait_for("Wait");
    terminal.type_in(CTRL_C);
    terminal.wait_for("interrupted");
    assert_eq!(terminal.wait_for_exit(), 130);
    assert!(cli(&setup).controls().contains(&"interrupt".to_owned()));
}

#[test]
fn a_second_ctrl_c_leaves_a_turn_that_does_not_end() {
    let setup = Bridge::with_scripted_cli([Script::new().answer(Turn::text("Wait\n").hang())]);
    let mut terminal = in_terminal(&setup, &["hello"]);
    terminal.wait_for("Wait");
    terminal.type_in(CTRL_C);
    terminal.wait_for("interrupting");
    terminal.type_in(CTRL_C);
    assert_eq!(terminal.wait_for_exit(), 130);
}

#[test]
fn in_a_conversation_ctrl_c_brings_the_prompt_back_and_the_next_one_leaves() {
    let script = Script::new().answer("first").answer(Turn::text("Wait\n").until_interrupted()).answer("third");
    let setup = Bridge::with_scripted_cli([script]);
    let mut terminal = in_terminal(&setup, &[]);
    for (line, answer) in [("one\r", "first"), ("two\r", "Wait")] {
        terminal.wait_for("›");
        terminal.type_in(line);
        terminal.wait_for(answer);
    }
    terminal.type_in(CTRL_C);
    terminal.wait_for("interrupted");
    terminal.wait_for("›");
    terminal.type_in("three\r");
    terminal.wait_for("third");
    terminal.wait_for("›");
    terminal.type_in(CTRL_C);
    terminal.wait_for("Ctrl-C again leaves");
    terminal.wait_for("›");
    terminal.type_in(CTRL_C);
    terminal.wait_for("continue with: claude-bridge chat --session ");
    assert_eq!(terminal.wait_for_exit(), 130);
    assert_eq!(cli(&setup).messages(), ["one", "two", "three"]);
}

#[test]
fn what_was_typed_is_remembered_for_this_user_alone() {
    let setup = Bridge::with_scripted_cli([Script::echo(), Script::echo()]);
    for (keys, answer) in [("an old line\r", "an old line"), ("\u{1b}[A!\r", "an old line!")] {
        let mut terminal = in_terminal(&setup, &[]);
        terminal.wait_for("›");
        terminal.type_in(keys);
        terminal.wait_for(&format!("echo: {answer}"));
        terminal.wait_for("›");
        terminal.type_in(CTRL_D);
        assert_eq!(terminal.wait_for_exit(), 0);
    }
    let file = setup.folders().data.join("chat-history");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn several_lines_are_one_message() {
    let setup = Bridge::with_scripted_cli([Script::echo()]);
    let mut terminal = in_terminal(&setup, &[]);
    for keys in ["one\\\rtwo\r", "\u{1b}[200~three\nfour\u{1b}[201~\r"] {
        terminal.wait_for("›");
        terminal.type_in(keys);
        terminal.wait_for(" in · ");
    }
    terminal.wait_for("›");
    terminal.type_in(CTRL_D);
    assert_eq!(terminal.wait_for_exit(), 0);
    assert_eq!(cli(&setup).messages(), ["one\ntwo", "three\nfour"]);
}

#[test]
fn a_conversation_has_commands_of_its_own_and_leaves_the_others_to_claude() {
    let setup = Bridge::with_scripted_cli([Script::echo(), Script::echo()]);
    let mut terminal = in_terminal(&setup, &[]);
    for (line, answer) in [
        ("/help\r", "/rename TITLE"),
        ("/review\r", "echo: /review"),
        ("/rename A talk\r", "this session is “A talk” now"),
        ("/new\r", "continue with: "),
    ] {
        terminal.wait_for("›");
        terminal.type_in(line);
        terminal.wait_for(answer);
    }
    terminal.wait_for("/help lists the commands");
    terminal.wait_for("›");
    terminal.type_in("/quit\r");
    assert_eq!(terminal.wait_for_exit(), 0);

    // The second one, in which nothing was said, is not kept.
    let bridge = setup.start();
    let sessions = bridge.request("session/list", json!({}))["sessions"].take();
    let titles: Vec<&str> = sessions.as_array().unwrap().iter().filter_map(|one| one["title"].as_str()).collect();
    assert_eq!(titles, ["A talk"]);
}

#[test]
fn the_picture_shows_the_final_screen_and_is_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |name: &str| {
        let path = folder.path().join(name);
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/picture.py"));
        script.arg(&path).args(["--columns", "20", "--shown", "chat <it>", "--", "printf"]);
        let drawn = script.arg(r"\033[2mwaiting\r\033[K\033[0;1mdone\033[0m 日本\n").status().unwrap();
        assert!(drawn.success());
        std::fs::read_to_string(path).unwrap()
    };
    let picture = draw("a.svg");
    assert_eq!(picture, draw("b.svg"));
    for part in [" chat &lt;it&gt;</text>", "font-weight=\"bold\">done</text>", "> 日本</text>"] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    assert!(!picture.contains("waiting"), "{picture}");
}

#[test]
fn the_real_cli_is_talked_to() {
    let api = Api::start();
    api.reply(Reply::chunks(["Grü", "ße, ", "日本"]));
    let setup = Bridge::with_real_cli(&api);
    let ran = chat(&setup, &["Sag etwas"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "Grüße, 日本\n"), "{}", ran.stderr);
}
