//! The built-in agent: `--demo` through the whole bridge, and the agent itself where the bridge cannot show it yet.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::demo_agent::DemoAgent;
use crate::support::editor_tools::{capabilities, text};

const ID: &str = "0193a5f0-0000-7000-8000-000000000001";

/// A bridge with the demo agent, on a machine that has no CLI.
fn demo() -> Bridge {
    Bridge::without_cli().arg("--demo").start()
}

/// A turn's tool calls: which tool, and whether it failed.
fn tools(turn: &Value) -> Vec<(&str, bool)> {
    let calls = turn["toolCalls"].as_array().into_iter().flatten();
    calls.map(|call| (call["name"].as_str().unwrap_or_default(), call["isError"] == true)).collect()
}

#[test]
fn with_demo_a_message_is_answered_without_any_cli() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let said = bridge.say(&session, "What is a monad? fast");
    assert_eq!(said.stop_reason(), "completed");
    assert_eq!(said.text(), said.streamed_text());
    for part in ["## You said “What is a monad? fast”", "\n- ", "```python\n"] {
        assert!(said.text().contains(part), "{}", said.text());
    }
    assert!(said.turn["costUsd"].as_f64().unwrap() > 0.0 && said.turn["usage"]["outputTokens"].as_u64().unwrap() > 50);
    assert_eq!(bridge.session(&session)["process"]["cliVersion"], "2.1.330");
    bridge.shutdown();
}

#[test]
fn an_answer_streams_word_by_word() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    let whole = agent.turn("long 20 fast")["result"].take();
    let deltas: Vec<&str> = agent.frames.iter().filter_map(|frame| frame["event"]["delta"]["text"].as_str()).collect();
    assert_eq!((deltas.len(), deltas[0], json!(deltas.concat())), (20, "words ", whole));
}

#[test]
fn thoughts_come_before_the_words() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Please think about it, fast");
    let kinds = said.kinds();
    let at = |kind: &str| kinds.iter().position(|found| found == kind).unwrap();
    assert!(at("thinkingDelta") < at("textDelta"), "{kinds:?}");
    bridge.shutdown();
}

#[test]
fn tools_are_called_and_answer() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let said = bridge.say(&session, "read src/main.rs, then use a tool; fast");
    assert_eq!(tools(&said.turn), [("Read", false), ("Read", false), ("Bash", false)]);
    assert_eq!(said.events_of("toolCall")[0]["title"], "Read src/main.rs");
    assert_eq!(said.events_of("toolResult")[0]["structured"]["file"]["numLines"], 4);
    bridge.shutdown();
}

#[test]
fn the_editors_own_tools_are_called_on_a_word_with_arguments_given_or_made_up() {
    let mut bridge = Bridge::without_cli().arg("--demo").capabilities(capabilities(json!({}))).start();
    let session = bridge.create_session();
    let given = json!({"path": "src/a b.rs", "line": 7});
    let saying = bridge.start_saying(&session, format!("editor open_file {given} fast"));
    let request = bridge.next_server_request("tool/call");
    assert_eq!((&request.params["name"], &request.params["arguments"]), (&json!("open_file"), &given));
    request.answer(&text("opened"));
    let said = saying.end();
    assert_eq!(tools(&said.turn), [("mcp__editor__open_file", false)]);
    assert!(said.text().contains("`open_file` answered:\n\n> opened"), "{}", said.text());

    let saying = bridge.start_saying(&session, "editor open_file fast");
    let request = bridge.next_server_request("tool/call");
    assert_eq!(request.params["arguments"], json!({"path": "notes.md"}));
    request.refuse(-32603, "no such file");
    let said = saying.end();
    assert_eq!(tools(&said.turn), [("mcp__editor__open_file", true)]);
    assert!(said.text().contains("no such file"), "{}", said.text());

    let said = bridge.say(&session, "editor dance fast");
    assert!(said.text().contains("It declared: `open_file`, `get_diagnostics`."), "{}", said.text());
    let report = bridge.request("mcp/status", json!({"sessionId": session}));
    let server = json!({"name": "editor", "status": "connected", "tools": ["open_file", "get_diagnostics"]});
    assert_eq!(report["servers"], json!([server]));
    bridge.shutdown();
}

#[test]
fn what_needs_a_permission_is_refused_and_the_agent_says_so() {
    let mut bridge = demo();
    let session = bridge.create_session();
    for (word, tool, words) in [
        ("edit", "Edit", "it stays as it is"),
        ("ask", "AskUserQuestion", "I got no answer"),
        ("plan", "ExitPlanMode", "The plan was not approved"),
    ] {
        let said = bridge.say(&session, format!("{word} fast"));
        assert_eq!((said.stop_reason().as_str(), tools(&said.turn)), ("completed", vec![(tool, true)]));
        let text = said.text();
        assert!(text.contains(words) && text.contains("no client is there that could ask"), "{text}");
    }
    bridge.shutdown();
}

#[test]
fn a_long_silence_can_be_interrupted() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "slow");
    while saying.until("status")["status"] != "requesting" {}
    bridge.request("session/interrupt", json!({"sessionId": session}));
    let said = saying.end();
    assert_eq!(said.stop_reason(), "interrupted");
    assert!(said.turn["durationMs"].as_u64().unwrap() < 8_000, "{}", said.turn);
    assert_eq!(bridge.say(&session, "long 3 fast").text(), "words come and ");
    bridge.shutdown();
}

#[test]
fn an_interrupted_answer_is_kept_as_far_as_it_came() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "long 1000");
    saying.until("textDelta");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    let said = saying.end();
    assert_eq!((said.stop_reason(), said.text()), ("interrupted".to_owned(), said.streamed_text()));
    assert!(said.text().starts_with("words ") && said.text().len() < 1000);
    bridge.shutdown();
}

#[test]
fn an_agent_that_dies_fails_its_turn_and_the_next_message_goes_on() {
    let mut bridge = demo();
    let session = bridge.create_session();
    bridge.say(&session, "remember the bees; fast");
    let said = bridge.say(&session, "die fast");
    assert_eq!((said.stop_reason().as_str(), &said.turn["error"]["kind"]), ("failed", &json!("cliExited")));
    assert!(said.turn["error"].to_string().contains("ended in the middle of a sentence"), "{}", said.turn);
    let said = bridge.say(&session, "recall");
    assert_eq!(said.text(), "You said before:\n\n- remember the bees; fast\n- die fast");
    bridge.shutdown();
}

#[test]
fn the_conversation_is_remembered_when_the_bridge_was_started_again() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let first = bridge.say(&session, "one fast");
    bridge.shutdown();
    bridge.restart();
    let said = bridge.say(&session, "two fast");
    assert!(said.text().contains("message 2 of ours; before it you said “one fast”"), "{}", said.text());
    let costs = [&first.turn, &said.turn].map(|turn| turn["costUsd"].as_f64().unwrap());
    assert!(costs[1] < costs[0] * 2.0, "the second turn is charged for the first: {costs:?}");
    bridge.shutdown();
}

#[test]
fn a_failing_api_is_asked_again_and_answers_in_the_end() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let said = bridge.say(&session, "retry fast");
    let retries = said.events_of("status").iter().filter(|event| event["status"] == "retrying").count();
    assert_eq!((said.stop_reason().as_str(), retries), ("completed", 2));
    bridge.shutdown();
}

#[test]
fn an_api_that_fails_for_good_fails_the_turn_with_its_status() {
    let mut bridge = demo();
    let session = bridge.create_session();
    for (word, kind, status) in [("overloaded", "overloadedApi", 529), ("error", "apiError", 400)] {
        let said = bridge.say(&session, format!("{word} fast"));
        let error = &said.turn["error"];
        assert_eq!((&error["kind"], &error["httpStatus"]), (&json!(kind), &json!(status)), "{}", said.turn);
    }
    assert_eq!(bridge.say(&session, "long 1 fast").stop_reason(), "completed");
    bridge.shutdown();
}

#[test]
fn a_line_that_is_no_json_is_noticed_and_the_turn_goes_on() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let said = bridge.say(&session, "garbage fast");
    assert_eq!(said.stop_reason(), "completed");
    let notices = said.events_of("notice");
    assert!(notices.iter().any(|notice| notice.to_string().contains("This line is not JSON")), "{notices:?}");
    bridge.shutdown();
}

#[test]
fn an_agent_that_hangs_is_ended_by_an_interrupt_and_the_next_message_goes_on() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "hang fast");
    saying.until_text("From now on I answer nothing.");
    bridge.request("session/interrupt", json!({"sessionId": session}));
    assert_eq!(saying.end().stop_reason(), "interrupted");
    assert_eq!(bridge.say(&session, "long 1 fast").stop_reason(), "completed");
    bridge.shutdown();
}

#[test]
fn a_helper_speaks_under_its_call_and_comes_back_in_a_turn_of_its_own() {
    let mut bridge = demo();
    let session = bridge.create_session();
    let said = bridge.say(&session, "subagent fast");
    assert_eq!(tools(&said.turn), [("Task", false)]);
    let call = &said.events_of("toolCall")[0]["toolUseId"];
    let by_helper = said.events_of("message").into_iter().filter(|event| event["parentToolUseId"] == *call).count();
    assert_eq!(by_helper, 2);
    // Nobody follows that turn, so it is looked for in the history, which grows at least by what is said meanwhile.
    while !bridge.history(&session).iter().any(|line| line.contains("The helper is back")) {
        bridge.say(&session, "long 1 fast");
    }
    bridge.shutdown();
}

#[test]
fn help_lists_words_and_each_of_them_does_something() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    let help = agent.turn("help fast")["result"].take();
    let words: Vec<String> = help
        .as_str()
        .unwrap()
        .lines()
        .filter_map(|line| Some(line.strip_prefix("- `")?.split_once('`')?.0.to_owned()))
        .collect();
    assert_eq!(words.len(), 19, "{words:?}");
    for word in words.iter().filter(|word| !["fast", "help"].contains(&word.as_str())) {
        let mut agent = DemoAgent::start(folder.path(), &[]);
        agent.say(&format!("{} fast", word.replace("FILE", "a.txt").replace(" N", " 3")));
        let does_something = |frame: &Value| {
            let said = frame["event"]["delta"]["text"].as_str().unwrap_or_default();
            assert_ne!(said, "## ", "{word} is answered as if it meant nothing");
            matches!(frame["type"].as_str(), Some("result" | "control_request") | None)
                || frame["event"]["delta"]["type"] == "thinking_delta"
                || frame["status"] == "requesting" && word == "slow"
                || said.starts_with("nothing.") && word == "hang"
                || said.starts_with("that ") && word == "die"
        };
        agent.until(does_something);
    }
}

#[test]
fn an_edit_is_made_as_the_person_changed_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    agent.say("edit fast");
    let question = agent.until_type("control_request");
    assert_eq!(question["request"]["tool_name"], "Edit");
    let mut input = question["request"]["input"].clone();
    input["new_string"] = json!("- changed by hand");
    agent.answer(&question, &json!({"behavior": "allow", "updatedInput": input}));
    let result = agent.until(|frame| !frame["tool_use_result"].is_null());
    let patch = &result["tool_use_result"]["structuredPatch"][0]["lines"];
    assert_eq!(patch[4], "+- changed by hand", "{patch}");
    assert_eq!(agent.until_type("result")["is_error"], false);
    assert!(!folder.path().join("notes.md").exists(), "the demo agent wrote a file");
}

#[test]
fn an_answer_that_settles_the_mode_is_the_last_question_about_edits() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    agent.say("edit fast");
    let question = agent.until_type("control_request");
    let request = &question["request"];
    let updates = &request["permission_suggestions"];
    let answer = json!({"behavior": "allow", "updatedInput": request["input"], "updatedPermissions": updates});
    agent.answer(&question, &answer);
    agent.until_type("result");
    agent.frames.clear();
    let result = agent.turn("edit fast");
    assert_eq!(result["permission_denials"], json!([]));
    assert!(agent.frames.iter().all(|frame| frame["type"] != "control_request"), "it asked again");
}

#[test]
fn an_interrupt_withdraws_an_open_question() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    agent.say("ask fast");
    let question = agent.until_type("control_request");
    assert_eq!(question["request"]["requires_user_interaction"], true);
    agent.interrupt();
    let result = agent.until_type("result");
    assert_eq!(
        (&result["subtype"], &result["terminal_reason"]),
        (&json!("error_during_execution"), &json!("aborted_tools"))
    );
    let withdrawn =
        |frame: &Value| frame["type"] == "control_cancel_request" && frame["request_id"] == question["request_id"];
    assert!(agent.frames.iter().any(withdrawn));
    // An answer that comes too late means nothing.
    agent.allow(&question);
    assert_eq!(agent.turn("long 2 fast")["result"], "words come ");
}

#[test]
fn messages_wait_for_their_turn_and_costs_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    agent.say("long 5");
    agent.say("long 3 fast");
    let results = [agent.until_type("result"), agent.until_type("result")];
    assert_eq!(results.each_ref().map(|result| &result["result"]), ["words come and go like ", "words come and "]);
    let [first, second] = results.map(|result| {
        let of_this = &result["model_usage_since_last_result"]["demo"]["costUSD"];
        (result["total_cost_usd"].as_f64().unwrap(), of_this.as_f64().unwrap())
    });
    assert!((first.0 + second.1 - second.0).abs() < 1e-12, "{first:?} {second:?}");
}

#[test]
fn an_interrupt_that_nothing_runs_for_is_acknowledged_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    agent.interrupt();
    assert_eq!(agent.turn("long 1 fast")["is_error"], false);
}

#[test]
fn what_nobody_knows_is_refused_in_the_clis_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    let answer = agent.control(json!({}), "dance");
    assert_eq!(
        (&answer["subtype"], &answer["error"]),
        (&json!("error"), &json!("Unsupported control request subtype: dance"))
    );
    agent.send_raw("not JSON");
    let (code, stderr) = agent.end();
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("Error parsing streaming input line: not JSON"), "{stderr}");
}

#[test]
fn a_conversation_is_resumed_by_its_id_and_begun_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let session = format!("--session-id={ID}");
    let mut agent = DemoAgent::start(folder.path(), &[&session]);
    agent.turn("one fast");
    assert_eq!(agent.end(), (Some(0), String::new()));

    let (code, stderr) = DemoAgent::start(folder.path(), &[&session]).end();
    assert_eq!((code, stderr), (Some(1), format!("Error: Session ID {ID} is already in use.\n")));
    let mut resumed = DemoAgent::start(folder.path(), &[&format!("--resume={ID}")]);
    assert_eq!(resumed.turn("recall fast")["result"], "You said before:\n\n- one fast");

    let mut lost = DemoAgent::start(folder.path(), &["--resume=0193a5f0-0000-7000-8000-00000000000f"]);
    let (code, stderr) = lost.end();
    assert_eq!(
        (code, stderr.lines().next().unwrap()),
        (Some(1), "No conversation found with session ID: 0193a5f0-0000-7000-8000-00000000000f")
    );
    assert_eq!(lost.frames[0]["is_error"], true);
}

#[test]
fn what_is_under_way_is_finished_when_the_input_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = DemoAgent::start(folder.path(), &[]);
    agent.say("long 5");
    agent.say("long 2");
    assert_eq!(agent.end(), (Some(0), String::new()));
    let results = agent.frames.iter().filter(|frame| frame["type"] == "result").count();
    assert_eq!(results, 2);
}
