//! Whether the scripted CLI obeys its script.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

use super::{Script, ScriptedCli, Turn};

/// A started scripted CLI, and its pipes.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(cli: &ScriptedCli) -> Self {
        let mut child = Command::new(ScriptedCli::path())
            .args(["--session-id=5e551011", "--model", "m1"])
            .envs(cli.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { stdin: child.stdin.take(), stdout, child }
    }

    fn send(&mut self, frame: &Value) {
        writeln!(self.stdin.as_mut().unwrap(), "{frame}").unwrap();
    }

    fn say(&mut self, text: &str) {
        self.send(&json!({"type": "user", "message": {"role": "user", "content": text}}));
    }

    fn control(&mut self, subtype: &str) {
        self.send(&json!({"type": "control_request", "request_id": "r", "request": {"subtype": subtype}}));
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.stdout.next().expect("one more line").unwrap()).unwrap()
    }

    /// The frames up to one of this type.
    fn until(&mut self, frame_type: &str) -> Vec<Value> {
        let mut frames = vec![self.next()];
        while frames.last().unwrap()["type"] != frame_type {
            frames.push(self.next());
        }
        frames
    }

    fn end(mut self) -> (ExitStatus, String) {
        drop(self.stdin.take());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap(), stderr)
    }
}

/// What kind of frame it is, in a word.
fn kind(frame: &Value) -> String {
    let of_event = frame["event"]["type"].as_str().or(frame["subtype"].as_str());
    of_event.or(frame["type"].as_str()).unwrap_or_default().to_owned()
}

fn kinds(frames: &[Value]) -> Vec<String> {
    frames.iter().map(kind).collect()
}

fn cli(script: Script) -> ScriptedCli {
    ScriptedCli::new([script])
}

#[test]
fn a_turn_has_the_frames_of_the_real_cli_in_its_order() {
    let cli = cli(Script::new().answer(["Hel", "lo"]));
    let mut process = Process::start(&cli);
    process.say("hi");
    let frames = process.until("result");
    let expected = [
        "init",
        "status",
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "assistant",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "success",
    ];
    assert_eq!(kinds(&frames), expected);
    assert_eq!(frames[10]["result"], "Hello");
    assert!(frames.iter().all(|frame| frame["session_id"] == "5e551011"));
    assert_eq!(process.end().0.code(), Some(0));
}

#[test]
fn a_tool_call_ends_its_message_and_its_answer_begins_the_next() {
    let reads = Turn::text("Reading").call("t1", "Read", json!({"file_path": "a"})).returns("t1", "text").then("Done");
    let cli = cli(Script::new().answer(reads));
    let mut process = Process::start(&cli);
    process.say("read a");
    let frames = process.until("result");
    let stops: Vec<_> = frames.iter().filter_map(|frame| frame["event"]["delta"]["stop_reason"].as_str()).collect();
    assert_eq!(stops, ["tool_use", "end_turn"]);
    let answer = frames.iter().find(|frame| frame["type"] == "user").unwrap();
    assert_eq!(answer["message"]["content"][0]["content"], "text");
    let result = frames.last().unwrap();
    assert_eq!((&result["result"], &result["num_turns"]), (&json!("Done"), &json!(2)));
}

#[test]
fn an_interrupt_is_acknowledged_and_aborts_the_turn_with_the_part_that_was_said() {
    let cli = cli(Script::new().answer(Turn::text("par").until_interrupted()).answer("next"));
    let mut process = Process::start(&cli);
    process.control("interrupt");
    assert_eq!(process.next()["type"], "control_response");
    process.say("go");
    process.until("stream_event");
    process.next();
    process.next();
    process.control("interrupt");
    let frames = process.until("result");
    let expected = [
        "control_response",
        "assistant",
        "user",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error_during_execution",
    ];
    assert_eq!(kinds(&frames), expected);
    assert_eq!(frames[1]["message"]["content"][0]["text"], "par");
    process.say("again");
    assert_eq!(process.until("result").last().unwrap()["result"], "next");
}

#[test]
fn an_answer_waits_until_the_test_releases_its_gate() {
    let cli = cli(Script::new().answer(Turn::text("one").hold("gate").then("two")));
    let mut process = Process::start(&cli);
    process.say("go");
    process.until("stream_event");
    process.next();
    assert_eq!(process.next()["event"]["delta"]["text"], "one");
    // The control request is answered at once: nothing comes in between.
    process.control("initialize");
    assert_eq!(process.next()["type"], "control_response");
    cli.release("gate");
    assert_eq!(process.next()["event"]["delta"]["text"], "two");
}

#[test]
fn control_requests_are_answered_unless_the_script_expects_them() {
    let asked = Script::new().expect_control("set_model").respond_error("no such model");
    let cli = cli(asked);
    let mut process = Process::start(&cli);
    for (subtype, outcome) in [("initialize", "success"), ("set_model", "error"), ("mcp_status", "success")] {
        process.control(subtype);
        let answer = process.next();
        assert_eq!((&answer["response"]["subtype"], &answer["response"]["request_id"]), (&json!(outcome), &json!("r")));
    }
    process.control("make_coffee");
    assert_eq!(process.next()["response"]["error"], "Unsupported control request subtype: make_coffee");
    assert_eq!(cli.controls(), ["initialize", "set_model", "mcp_status", "make_coffee"]);
}

#[test]
fn a_line_that_was_not_expected_ends_the_process_with_what_was() {
    let cli = cli(Script::new().expect(json!({"type": "user", "message": {"content": "this"}})));
    let mut process = Process::start(&cli);
    process.say("that");
    let (status, stderr) = process.end();
    assert_eq!(status.code(), Some(99));
    assert!(stderr.contains(r#"expected {"type":"user","message":{"content":"this"}}, got {"#), "{stderr}");
    assert!(stderr.contains("that"), "{stderr}");
}

#[test]
fn a_message_after_the_end_of_the_script_was_not_expected_either() {
    let cli = cli(Script::new());
    let mut process = Process::start(&cli);
    process.say("anyone?");
    assert_eq!(process.end().0.code(), Some(99));
}

#[test]
fn a_permission_is_asked_for_after_the_message_and_its_answer_can_be_insisted_on() {
    let writes = Turn::silent().call("t1", "Write", json!({"file_path": "a"}));
    let asks = writes.ask_permission("t1", json!({"behavior": "deny"})).fails("t1", "denied");
    let cli = cli(Script::new().answer(asks));
    let mut process = Process::start(&cli);
    process.say("write");
    let frames = process.until("control_request");
    assert_eq!(kind(&frames[frames.len() - 2]), "message_stop");
    assert_eq!(frames.last().unwrap()["request"]["tool_name"], "Write");
    let deny = json!({"subtype": "success", "request_id": "ask_t1", "response": {"behavior": "deny", "message": "no"}});
    process.send(&json!({"type": "control_response", "response": deny}));
    assert_eq!(process.until("user").last().unwrap()["message"]["content"][0]["is_error"], true);
}

#[test]
fn a_deaf_turn_acknowledges_an_interrupt_and_goes_on() {
    let cli = cli(Script::new().answer(Turn::text("par").ignore_interrupts_until("hears").then("tial").hold("end")));
    let mut process = Process::start(&cli);
    process.say("go");
    process.until("stream_event");
    process.control("interrupt");
    process.until("control_response");
    cli.release("hears");
    assert_eq!(kinds(&process.until("result")).last().unwrap(), "error_during_execution");
}

#[test]
fn a_flood_has_every_delta_and_the_whole_text_behind_it() {
    let cli = cli(Script::new().answer(Turn::text("<").deltas(5_000, "ab").then(">")));
    let mut process = Process::start(&cli);
    process.say("go");
    let frames = process.until("result");
    assert_eq!(frames.iter().filter(|frame| frame["event"]["delta"]["text"] == "ab").count(), 5_000);
    assert_eq!(frames.last().unwrap()["result"], format!("<{}>", "ab".repeat(5_000)));
}

#[test]
fn bytes_frames_and_stderr_come_as_they_are_written() {
    let script = Script::new()
        .stderr("a warning\n")
        .emit_text("no JSON\n")
        .emit_bytes(b"\"\xff\"\n")
        .emit_repeated("ab", 3)
        .emit_text("\n")
        .emit(json!({"type": "news", "of": "$session_id"}));
    let cli = cli(script);
    let mut process = Process::start(&cli);
    assert_eq!(process.stdout.next().unwrap().unwrap(), "no JSON");
    assert!(process.stdout.next().unwrap().is_err(), "a line that is not UTF-8");
    assert_eq!(process.stdout.next().unwrap().unwrap(), "ababab");
    assert_eq!(process.next()["of"], "5e551011");
    assert_eq!(process.end().1, "a warning\n");
}

#[test]
fn every_start_plays_the_next_script_and_one_too_many_is_an_error() {
    let cli = ScriptedCli::new([Script::new().exit(7), Script::new().signal(9)]);
    let ends: Vec<_> = (0..3).map(|_| Process::start(&cli).end()).collect();
    assert_eq!(ends[0].0.code(), Some(7));
    assert_eq!(ends[1].0.signal(), Some(9));
    assert_eq!(ends[2].0.code(), Some(99));
    assert!(ends[2].1.contains("no script for this start"), "{}", ends[2].1);
}

#[test]
fn a_process_that_ignores_sigterm_and_hangs_ends_with_the_test() {
    let cli = cli(Script::new().ignore_term().emit(json!({"type": "ready"})).hang());
    let mut process = Process::start(&cli);
    process.next();
    let pid = rustix::process::Pid::from_child(&process.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(cli.starts().len(), 1);
    drop(cli);
    assert_eq!(process.end().0.code(), Some(99));
}

#[test]
fn the_log_has_arguments_environment_files_and_lines() {
    let cli = cli(Script::echo());
    let mut process = Process::start(&cli);
    process.say("hi");
    assert_eq!(process.until("result").last().unwrap()["result"], "echo: hi");
    process.end();
    let start = &cli.wait_for_starts(1)[0];
    assert_eq!(start.flag("--session-id"), Some("5e551011"));
    assert!(start.env.contains_key("SCRIPTED_CLI"));
    assert_eq!(cli.messages(), ["hi"]);
    assert_eq!(cli.wait_for_ends(1), ["EndOfInput"]);
}

#[test]
fn it_tells_its_version() {
    let version = |name, value| Command::new(ScriptedCli::path()).arg("--version").env(name, value).output().unwrap();
    assert_eq!(version("X", "").stdout, b"2.1.330 (Claude Code)\n");
    assert_eq!(version("SCRIPTED_CLI_VERSION", "1.0.0 (Claude Code)").stdout, b"1.0.0 (Claude Code)\n");
}
