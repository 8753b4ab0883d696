//! Whether the stand-in is one: for the real CLI, and in what it answers and records.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use serde_json::{Value, json};

use super::{Api, Gate, Reply};
use crate::support::{DEADLINE, real_cli};

/// Runs the real CLI on one prompt and gives all the frames it printed.
fn print(api: &Api, prompt: &str) -> Vec<Value> {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(real_cli::path())
        .args(["-p", prompt, "--output-format=stream-json", "--verbose", "--include-partial-messages"])
        .arg("--allowedTools=Bash(echo:*)")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(real_cli::environment(api, home.path()))
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Asks the API as the CLI does, and gives its answer's lines.
fn ask(api: &Api, body: &Value) -> Lines<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(api.url().trim_start_matches("http://")).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    BufReader::new(stream).lines()
}

fn conversation(text: &str, stream: bool) -> Value {
    let tools = [json!({"name": "Read"})];
    json!({"model": "m", "stream": stream, "tools": tools, "messages": [{"role": "user", "content": text}]})
}

/// The next event of a stream.
fn next_event(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Value {
    let data = lines.find_map(|line| line.unwrap().strip_prefix("data: ").map(str::to_owned)).expect("one more event");
    serde_json::from_str(&data).unwrap()
}

#[test]
fn the_stand_in_api_satisfies_the_real_cli() {
    let api = Api::start();
    let thinks_and_calls = Reply::thinking("hmm").then("Grüße ").then("日本語 ✓");
    api.reply(thinks_and_calls.then_tool("Bash", json!({"command": "echo 4 + 3", "description": "adds"})));
    api.reply("done");

    let frames = print(&api, "hello");

    let deltas = frames.iter().filter_map(|frame| frame["event"]["delta"]["text"].as_str());
    assert_eq!(deltas.collect::<Vec<_>>(), ["Grüße ", "日本語 ✓", "done"]);
    let result = frames.last().unwrap();
    assert_eq!(
        (&result["type"], &result["is_error"], &result["result"]),
        (&json!("result"), &json!(false), &json!("done"))
    );
    assert_eq!(api.requests().len(), 2);
    assert_eq!(api.last_request().conversation_texts(), ["hello", "Grüße 日本語 ✓", "4 + 3"]);
    assert!(api.last_request().tools().contains(&"Bash"));
    assert!(api.last_request().system_prompt().contains("Claude"));
}

#[test]
fn an_error_of_the_stand_in_api_reaches_the_user_of_the_real_cli() {
    let api = Api::start();
    api.reply(Reply::bad_request("scripted refusal"));
    let frames = print(&api, "hello");
    let result = frames.last().unwrap();
    assert_eq!((&result["is_error"], &result["api_error_status"]), (&json!(true), &json!(400)));
    assert!(result["result"].as_str().unwrap().contains("scripted refusal"), "{result}");
}

#[test]
fn a_reply_waits_at_its_gate() {
    let api = Api::start();
    let gate = Gate::new();
    api.reply(Reply::text("before").wait_for(&gate).then("after"));

    let mut answer = ask(&api, &conversation("go", true));
    let before: Vec<_> = (0..3).map(|_| next_event(&mut answer)["type"].clone()).collect();
    assert_eq!(before, ["message_start", "content_block_start", "content_block_delta"]);

    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || sender.send(next_event(&mut answer)));
    // A whole round trip later the rest would have come, had the gate not held it.
    ask(&api, &conversation("meanwhile", true)).last();
    assert!(received.try_recv().is_err());
    gate.open();
    assert_eq!(received.recv_timeout(DEADLINE).unwrap()["delta"]["text"], "after");
}

#[test]
fn an_error_is_given_as_often_as_was_said_and_then_the_person_is_echoed() {
    let api = Api::start();
    api.reply(Reply::overloaded().times(2));
    let statuses: Vec<_> = (0..3).map(|_| ask(&api, &conversation("go", true)).next().unwrap().unwrap()).collect();
    assert!(statuses[0].contains("529") && statuses[1].contains("529"), "{statuses:?}");
    assert!(statuses[2].contains("200"), "{statuses:?}");
    assert_eq!(api.last_request().last_user_text(), "go");
}

#[test]
fn a_reply_to_certain_words_waits_for_them() {
    let api = Api::start();
    api.reply_to("second", "to the second");
    api.reply("to the first");
    let said = |text: &str| ask(&api, &conversation(text, false)).last().unwrap().unwrap();
    assert!(said("the first").contains("to the first"));
    assert!(said("the second").contains("to the second"));
}

#[test]
fn a_request_that_offers_no_tools_takes_no_scripted_reply() {
    let api = Api::start();
    api.reply("for the conversation");
    let mut title = conversation("a title, please", false);
    title["tools"] = json!([]);

    let side = ask(&api, &title).last().unwrap().unwrap();
    let own = ask(&api, &conversation("go", false)).last().unwrap().unwrap();

    assert!(!side.contains("for the conversation") && own.contains("for the conversation"), "{side} {own}");
    assert_eq!((api.side_requests().len(), api.requests().len()), (1, 1));
}

#[test]
#[should_panic(expected = "1 scripted replies were never asked for")]
fn a_scripted_reply_that_nobody_asked_for_fails_the_test() {
    Api::start().reply("never");
}
